"""`workstation export`: what leaves a case is hashed, recorded and never over another file."""

import hashlib
import os
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PIL import Image

from workstation.cases.case import Case


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def last(answer, case):
    return answer("custody", case)["entries"][-1]


def test_a_frame_and_its_sidecar(filled, call, answer, tmp_path):
    target = tmp_path / "frame.png"
    data = answer("export", "frame", filled, "E001", 7, "--output", target)
    assert data["sha256"] == sha(target)
    assert (data["frame"], data["exhibit"]) == (7, "E001")
    assert last(answer, filled)["act"] == "frame exported"
    status, _, err = call("export", "frame", filled, "E001", 7, "--output", target)
    assert status == 1
    assert "exists already" in err
    assert sha(target) == data["sha256"]
    assert call("export", "frame", filled, "E001", 7, "--output", target, "--overwrite")[0] == 0
    assert "frames 0 to 35" in call("export", "frame", filled, "E001", 99, "--output", target)[2]


def test_a_clip_and_its_frames(filled, call, answer, tmp_path):
    target = tmp_path / "clip.mp4"
    status, out, _ = call("export", "clip", filled, "E001", 5, 20, "--output", target)
    assert status == 0
    assert "byte for byte" in out
    assert last(answer, filled)["details"]["sha256"] == sha(target)
    folder = tmp_path / "frames"
    data = answer("export", "frames", filled, "E001", 5, 8, "--output", folder)
    assert data["pictures"] == 4
    assert len(list(folder.glob("*.png"))) == 4
    assert last(answer, filled)["details"]["sidecar_sha256"] == sha(folder / "frames.json")


@pytest.mark.parametrize("form", ["png", "svg"])
def test_a_timeline(analysed, call, answer, tmp_path, form):
    target = tmp_path / f"timeline.{form}"
    data = answer("export", "timeline", analysed, "E001", "--output", target)
    assert data["sha256"] == sha(target)
    if form == "png":
        with Image.open(target) as picture:
            assert picture.size[0] > 600
    else:
        words = " ".join(ET.parse(target).getroot().itertext())
        assert "face track 1" in words
        assert "not probabilities" in words
    entry = last(answer, analysed)
    assert (entry["act"], entry["subject"]) == ("timeline exported", "E001")
    assert entry["details"]["runs"] == [1]
    assert "exists already" in call("export", "timeline", analysed, "E001", "--output", target)[2]


def test_what_cannot_be_drawn_is_said(filled, call, tmp_path):
    target = tmp_path / "timeline.svg"
    status, _, err = call("export", "timeline", filled, "E001", "--output", target)
    assert status == 1
    assert "was not analysed" in err
    err = call("export", "timeline", filled, "E001", "--output", tmp_path / "timeline.pdf")[2]
    assert ".png or .svg" in err
    assert not list(tmp_path.glob("timeline*"))


def test_scores_are_not_written_over_a_file(analysed, call, answer, tmp_path):
    target = tmp_path / "scores.csv"
    target.write_text("mine")
    status, _, err = call("scores", analysed, "E001", "--output", target)
    assert status == 1
    assert "exists already" in err
    assert target.read_text() == "mine"
    answer("scores", analysed, "E001", "--output", target, "--overwrite")
    assert last(answer, analysed)["details"]["sha256"] == sha(target)


@pytest.mark.parametrize(
    "place", ["pipe", "circle", ".", "other/exhibits/x.png", "other/case.sqlite"]
)
def test_nothing_is_written_where_no_file_belongs(call, filled, tmp_path, place):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    Case.create(tmp_path / "other", number="2", examiner="A. Examiner").close()
    before = (tmp_path / "other" / "case.sqlite").read_bytes()
    to = Path() if place == "." else tmp_path / place
    for words in (
        ["export", "frame", filled, "E001", "0", "--output"],
        ["export", "clip", filled, "E001", "0", "3", "--output"],
        ["scores", filled, "E001", "--output"],
        ["report", filled, "--output"],
        ["problem-report", "--out"],
    ):
        status, out, err = call(*words, to, "--overwrite")
        assert (status, out) == (1, "")
        assert err.count("\n") == 1
    assert (tmp_path / "pipe").is_fifo()
    assert (tmp_path / "other" / "case.sqlite").read_bytes() == before
    assert list((tmp_path / "other" / "exhibits").iterdir()) == []
