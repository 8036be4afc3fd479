"""`workstation benchmark`, on clips as short as they can be."""

import json
import subprocess
import sys

import av
import pytest
from PIL import Image

from tests.commands.conftest import FRAMES
from tests.videos import make_video
from workstation.commands.benchmark import measuring, straightforward


@pytest.fixture(autouse=True)
def brief(monkeypatch):
    monkeypatch.setattr(measuring, "_SAMPLE", 3)
    monkeypatch.setattr(measuring, "_LEAST_SECONDS", 0.05)
    monkeypatch.setattr(straightforward, "_MOST_SECONDS", 0.1)
    monkeypatch.setattr(straightforward, "_LEAST_FRAMES", 2)


def test_a_given_clip_beside_the_straightforward_pipeline(
    random_detector, clip, tmp_path, capsys, call
):
    out = tmp_path / "out"
    status, text, _ = call(
        "benchmark", "--video", clip, "--compare", "--workers", "1", "--out", out, "--json"
    )
    assert status == 0
    data = json.loads(text)
    assert {"frames_per_second", "stages", "limit_share", "memory_mb", "ratio"} <= set(data)
    (measured,) = data["clips"]
    assert (measured["frames"], measured["width"], measured["height"]) == (FRAMES, 640, 360)
    assert measured["faces"] >= FRAMES
    assert {"verify", "decode", "faces", "crops", "embeddings", "store"} <= set(data["stages"])
    assert sum(stage["share"] for stage in data["stages"].values()) == pytest.approx(1, abs=0.02)
    plain = measured["straightforward"]
    assert plain["frames"] >= 2
    ours = data["frames_per_second"]
    assert data["ratio"] == pytest.approx(ours * plain["seconds"] / plain["frames"], rel=0.05)
    alone = {
        name: stage["alone_frames_per_second"]
        for name, stage in data["stages"].items()
        if "alone_frames_per_second" in stage
    }
    assert measured["slowest_stage"] == min(alone, key=lambda name: alone[name])
    slowest = alone[measured["slowest_stage"]]
    assert measured["limit_share"] == pytest.approx(ours / slowest, rel=0.02)
    in_turns = sum(1 / speed for speed in alone.values())
    assert measured["together"] == pytest.approx(1 / in_turns, rel=0.02)
    assert measured["together_share"] == pytest.approx(ours * in_turns, rel=0.02)
    assert json.loads((out / "benchmark.json").read_text(encoding="utf-8")) == data
    with Image.open(out / "benchmark.png") as picture:
        assert picture.size[0] > 400


@pytest.mark.parametrize("kind", ["raw", "picture", "tiny", "one frame", "upright"])
def test_an_odd_file_is_measured_and_compared(random_detector, tmp_path, call, kind):
    look = {"frames": 1 if kind in ("picture", "one frame") else 3, "size": (96, 64)}
    if kind == "tiny":
        look["size"] = (16, 16)
    if kind == "upright":
        look["rotation"] = 90
    name = {"raw": "clip.h264", "picture": "still.jpg"}.get(kind, "clip.mp4")
    if kind == "picture":
        Image.new("RGB", look["size"], "grey").save(tmp_path / name)
    else:
        make_video(tmp_path / name, **look)
    words = ("benchmark", "--video", tmp_path / name, "--compare", "--workers", "1")
    status, text, _ = call(*words, "--json")
    assert status == 0
    (clip,) = json.loads(text)["clips"]
    assert (clip["frames"], clip["faces"]) == (look["frames"], 0)
    assert 1 <= clip["straightforward"]["frames"] <= look["frames"]
    assert "ratio" in clip  # how it is worked out is tested above


def test_what_the_straightforward_pipeline_cannot_read_is_said(
    random_detector, tmp_path, call, monkeypatch
):
    def unreadable(_):
        raise av.InvalidDataError(1, "Invalid data found")
        yield

    monkeypatch.setattr(straightforward, "_pictures", unreadable)
    clip = make_video(tmp_path / "clip.mp4", frames=2, size=(64, 64))
    words = ("benchmark", "--video", clip, "--compare", "--workers", "1")
    status, _, err = call(*words)
    assert status == 1
    assert "cannot read clip.mp4 (Invalid data found)" in err


def test_a_clip_made_for_it_as_a_table(random_detector, call):
    status, text, _ = call(
        "benchmark", "--sizes", "720p", "--faces", "4", "--seconds", "1", "--workers", "1"
    )
    assert status == 0
    row = next(line for line in text.splitlines() if line.startswith("720p, 4 faces  "))
    assert float(row[24:33]) > 0
    assert "MB" in row


def test_a_file_that_is_not_there_is_a_sentence(random_detector, call, tmp_path):
    status, _, err = call("benchmark", "--video", tmp_path / "none.mp4")
    assert status == 1
    assert "There is no file" in err


TAKING = """
import time
import numpy as np
from workstation.commands.benchmark.memory import MemoryWatch

with MemoryWatch() as before:
    pass
with MemoryWatch() as watch:
    taken = np.ones(40 * 2**20, np.uint8)
    time.sleep(0.5)
print((watch.peak - before.peak) / taken.nbytes)
"""


def test_memory_is_seen_while_it_is_taken():
    # In a process of its own: those of other tests begin and end beside this one.
    done = subprocess.run(
        [sys.executable, "-c", TAKING], capture_output=True, text=True, check=True
    )
    assert 0.6 < float(done.stdout) < 1.5
