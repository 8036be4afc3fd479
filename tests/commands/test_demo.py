"""`workstation demo`, on a shortened clip."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workstation.commands.demo import fresh_folder


@pytest.fixture(autouse=True)
def shortened(clip, monkeypatch, tmp_path):
    monkeypatch.setattr("workstation.commands.demo.CLIP", clip)
    monkeypatch.chdir(tmp_path)


def test_the_whole_job(random_detector, call, tmp_path):
    status, out, _ = call("demo", "--device", "cpu")
    assert status == 0
    lines = out.splitlines()
    report = Path(lines[-1].removeprefix("report: "))
    assert report == tmp_path / "demo-case" / "reports" / "demonstration.pdf"
    assert call("verify", report, "--case", tmp_path / "demo-case")[0] == 0
    assert call("case", "verify", tmp_path / "demo-case")[0] == 0
    picture = next(line for line in lines if line.startswith("timeline: "))
    with Image.open(picture.removeprefix("timeline: ")) as timeline:
        assert timeline.width > 500
        assert len(np.unique(np.asarray(timeline))) > 20
    assert "not proof" in out


def test_without_a_detector_it_says_so(no_detector, call, tmp_path):
    status, out, _ = call("demo", tmp_path / "somewhere")
    assert status == 0
    assert "not analysed: no detector is installed" in out
    assert "timeline" not in out
    assert out.splitlines()[-1].startswith("report: ")


def test_in_json(no_detector, call):
    status, out, _ = call("demo", "--json")
    assert status == 0
    data = json.loads(out)
    assert (data["verified"], data["run"], data["scores"]) == (True, None, None)


def test_a_fresh_folder_each_time(tmp_path):
    wanted = tmp_path / "demo-case"
    assert fresh_folder(wanted) == wanted
    wanted.mkdir()
    assert fresh_folder(wanted) == tmp_path / "demo-case-2"
