import io
import tarfile

import cv2
import numpy as np
import pytest
import torch

from models.preprocessing import template_points
from models.training import clips, stills, store
from models.training.clips import RUN_LENGTH, RUNS, clip_runs
from models.training.stills import Archive, read_stills
from tests.models.faces import drawn_outline, drawn_still, drawn_store
from tests.videos import make_video, read_code
from tests.weights import random_card


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """Three pictures of two people, and something that is no picture."""
    monkeypatch.setitem(stills.ARCHIVES, "drawn", Archive("drawn.tar", True, False, 0.1, "none"))
    with tarfile.open(tmp_path / "drawn.tar", "w") as stream:
        for number, name in enumerate(["drawn/a/1.png", "drawn/a/2.png", "drawn/b/1.png"]):
            _, data = cv2.imencode(".png", drawn_still(number).pixels[:, :, ::-1])
            add(stream, name, data.tobytes())
        add(stream, "drawn/b/2.png", b"no picture")
    return tmp_path


def add(stream, name, data):
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    stream.addfile(entry, io.BytesIO(data))


def test_stills_come_in_order_with_their_person(archive):
    read = list(read_stills(archive, "drawn"))
    assert [still.identity for still in read] == ["drawn/a", "drawn/a", "drawn/b"]
    for number, still in enumerate(read):
        np.testing.assert_array_equal(still.pixels, drawn_still(number).pixels)


def test_a_missing_archive_is_an_error(tmp_path):
    with pytest.raises(OSError, match="utkface"):
        next(read_stills(tmp_path, "utkface"))


@pytest.mark.shared_data
def test_real_stills_are_found_aligned_and_outlined(shared_data, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(store, "ARCHIVES", {"lfw": stills.ARCHIVES["lfw"]})
    made = store.prepare_store(shared_data, tmp_path, limit=6)
    assert "lfw" in capsys.readouterr().out
    assert made.counts() == {"lfw": 6}
    wanted = template_points(store.STORE_SIZE, store.STORE_MARGIN)
    assert np.abs(made.landmarks - wanted).mean() < 8
    eyes = made.outlines[:, [468, 473]]
    assert np.linalg.norm(eyes - made.landmarks[:, :2], axis=2).mean() < 8


def test_one_picture_under_two_names_is_on_one_side(tmp_path):
    made = drawn_store(tmp_path / "plain", 12)
    assert len(set(made.validation)) == 2
    stills = [drawn_still(number) for number in range(12)]
    landmarks = template_points(store.STORE_SIZE, store.STORE_MARGIN).astype(np.float32)
    facts = [(landmarks, drawn_outline(i), still) for i, still in enumerate(stills)]
    brighter = np.clip(stills[3].pixels * 0.9 + 20, 0, 255).astype(np.uint8)
    pictures = [brighter if i == 4 else still.pixels for i, still in enumerate(stills)]
    store.write_store(tmp_path / "double", pictures, facts)
    double = store.open_store(tmp_path / "double").validation
    assert made.validation[3] != made.validation[4]
    assert double[3] == double[4]
    assert (np.delete(double, [3, 4]) == np.delete(made.validation, [3, 4])).all()


@pytest.mark.parametrize(("frames", "last"), [(100, 99), (41, 40), (32, 31)])
def test_runs_are_consecutive_and_reach_both_ends(tmp_path, frames, last):
    make_video(tmp_path / "a.mp4", frames=frames)
    runs = list(clips._frame_runs(tmp_path / "a.mp4"))
    numbers = [[read_code(frame) for frame in run] for run in runs]
    for run in numbers:
        assert run == list(range(run[0], run[0] + len(run)))
    assert numbers[0][0] == 0
    assert numbers[-1][-1] == last
    assert [len(run) for run in numbers] == [RUN_LENGTH] * RUNS


def test_a_clip_shorter_than_a_run_is_taken_whole(tmp_path):
    make_video(tmp_path / "a.mp4", frames=5)
    (run,) = clips._frame_runs(tmp_path / "a.mp4")
    assert len(run) == 5


def test_a_clip_without_a_face_gives_no_run_and_is_cached(tmp_path):
    make_video(tmp_path / "a.mp4", frames=9)
    torch.set_num_threads(1)
    preprocessing = random_card().preprocessing
    assert clip_runs(tmp_path / "a.mp4", preprocessing, tmp_path / "cache") == []
    assert len(list((tmp_path / "cache").iterdir())) == 1
    (tmp_path / "a.mp4").unlink()
    assert clip_runs(tmp_path / "a.mp4", preprocessing, tmp_path / "cache") == []


def test_the_face_is_followed_and_not_the_larger_one_beside_it():
    class Finder:
        def detect(self, frame, landmarks):
            boxes = np.array([[10.0, 10, 30, 30], [50.0, 10, 110, 80], [0.0, 0, 9, 9]])
            return boxes, np.array([0.99, 0.99, 0.5]), np.arange(30.0).reshape(3, 5, 2)

    frame = np.zeros((120, 120, 3), np.uint8)
    first = clips._find(Finder(), frame, None)
    assert first[0].tolist() == [50, 10, 110, 80]
    followed = clips._find(Finder(), frame, np.array([12, 12, 32, 32], np.float32))
    assert followed[0].tolist() == [10, 10, 30, 30]
    assert followed[1].shape == (5, 2)
