"""Runs of frames out of videos, and the faces cut from them."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from models.preprocessing import template_points
from models.training import face_cutting
from models.training.datasets import Recording, list_recordings
from models.training.face_cutting import (
    DAMAGED,
    NO_FACE,
    PROTOCOLS,
    UNREADABLE,
    Protocol,
    cut_faces,
)
from models.training.face_finding import Face, follow_face
from models.training.face_store import FaceStore
from models.training.faces import faces
from models.training.likeness import ALIKE_BITS, distances
from models.training.video_runs import Damage, Frame, read_runs, run_starts
from tests.analysis.clips import clip, moving, portrait, with_cut
from tests.models import layouts
from tests.videos import cut_off, make_video, read_code, uneven_times, without_contents, zero_bytes

SMALL = Protocol("small", size=96, margin=1.6, runs=2, run_length=6)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def recording(path, member=""):
    return Recording(
        key=path, path=path, fake=False, method="-", source="here", compression="?",
        target="somebody", donor="", clip=path, member=member,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("frames", "starts"),
    [(100, [0, 28, 56, 84]), (64, [0, 16, 32, 48]), (40, [0, 24]), (16, [0]), (5, [0])],
)
def test_runs_reach_from_the_first_frame_to_the_last_and_do_not_overlap(frames, starts):
    assert run_starts(frames, 4, 16) == starts


def test_the_seed_protocol_is_the_first_150_frames():
    seed = PROTOCOLS["seed"]
    assert (seed.size, run_starts(900, seed.runs, seed.run_length)) == (112, [0])
    assert seed.run_length == 150


@pytest.mark.parametrize("group", [7, 250])
@pytest.mark.parametrize("times_ms", [None, uneven_times(60)], ids=["even", "uneven"])
def test_frames_are_those_of_their_numbers_and_times(tmp_path, group, times_ms):
    path = make_video(tmp_path / "a.mp4", frames=60, group=group, times_ms=times_ms)
    damage = Damage()
    frames = list(read_runs(path, 3, 8, damage))
    assert [frame.number for frame in frames] == [
        start + place for start in run_starts(60, 3, 8) for place in range(8)
    ]
    for frame in frames:
        assert read_code(frame.pixels) == frame.number
        expected = times_ms[frame.number] / 1000 if times_ms else frame.number / 25
        assert frame.time == pytest.approx(expected, abs=2e-3)
    assert damage.frames == set()


def test_a_video_of_a_turned_phone_comes_upright(tmp_path):
    path = make_video(tmp_path / "a.mp4", frames=3, rotation=90)
    frames = list(read_runs(path, 1, 3, Damage()))
    assert [frame.pixels.shape for frame in frames] == [(320, 180, 3)] * 3
    assert read_code(np.ascontiguousarray(np.rot90(frames[1].pixels, -1))) == 1


def test_damaged_frames_are_missing_and_counted(tmp_path):
    sound = make_video(tmp_path / "a.mp4", frames=90, group=10)
    broken = zero_bytes(sound, tmp_path / "b.mp4", at=0.4, length=4000)
    damage = Damage()
    numbers = [frame.number for frame in read_runs(broken, 1, 90, damage)]
    assert numbers[0] == 0
    assert numbers[-1] == 89
    assert 0 < len(damage.frames) < 60
    assert sorted({*numbers, *damage.frames}) == list(range(90))


def test_faces_are_followed_and_a_cut_begins_a_new_run(tmp_path):
    clip(tmp_path / "a.mp4", with_cut, 40)
    protocol = replace(SMALL, runs=1, run_length=12)
    first = cut_faces(tmp_path, recording("a.mp4"), protocol)
    assert (first.problem, len(first.crops)) == ("", 12)
    assert first.facts["number"].tolist() == list(range(12))
    assert set(first.facts["run"]) == {0}
    wanted = template_points(protocol.size, protocol.margin)
    assert np.abs(first.facts["landmarks"] - wanted).mean() < 4
    np.testing.assert_allclose(first.facts["time"], np.arange(12) / 25, atol=1e-6)
    assert (first.facts["box"][:, 2:] > 30).all()
    both = cut_faces(tmp_path, recording("a.mp4"), replace(SMALL, runs=2, run_length=6))
    assert both.facts["number"].tolist() == [*range(6), *range(34, 40)]
    assert both.facts["run"].tolist() == [0] * 6 + [1] * 6


def test_hashes_know_a_face_again_in_the_other_protocol(tmp_path):
    clip(tmp_path / "a.mp4", moving, 8)
    wide = cut_faces(tmp_path, recording("a.mp4"), replace(SMALL, size=208, runs=1))
    tight = cut_faces(tmp_path, recording("a.mp4"), replace(SMALL, size=112, margin=1.0, runs=1))
    assert distances(wide.hashes, tight.hashes).diagonal().max() <= ALIKE_BITS


def test_the_face_is_followed_and_not_the_larger_one_beside_it(monkeypatch):
    def face(left, side):
        box = np.array([left, 10, left + side, 10 + side], np.float32)
        return Face(box, np.zeros((5, 2), np.float32))

    black = np.zeros((9, 9, 3), np.uint8)
    found = {
        0: [face(50, 60), face(10, 30)],
        1: [face(150, 90), face(54, 62)],
        2: [],
        3: [face(150, 90), face(58, 60)],
        4: [face(150, 90), face(10, 30)],
        5: [face(151, 90), face(60, 60)],
    }
    monkeypatch.setattr(
        "models.training.face_finding.find_faces",
        lambda frames, border, device: ((frame, found[frame.number]) for frame in frames),
    )
    frames = [Frame(number, number / 25, black) for number in found]
    followed = [(run, f.number, face.box[0]) for run, f, face in follow_face(frames)]
    assert followed == [(0, 0, 50), (0, 1, 54), (1, 3, 58), (2, 4, 150), (2, 5, 151)]


def test_files_that_are_none_and_videos_without_a_face_are_answers(tmp_path):
    make_video(tmp_path / "codes.mp4", frames=8)
    clip(tmp_path / "face.mp4", moving, 12)
    cut_off(tmp_path / "face.mp4", tmp_path / "short.mp4", share=0.2)
    without_contents(make_video(tmp_path / "late.mp4"), tmp_path / "open.mp4")
    (tmp_path / "text.mp4").write_text("no video")
    said = {
        name: cut_faces(tmp_path, recording(name), SMALL)
        for name in ("codes.mp4", "short.mp4", "open.mp4", "text.mp4", "missing.mp4")
    }
    kinds = {name: cut.problem for name, cut in said.items()}
    assert kinds == {"codes.mp4": NO_FACE} | dict.fromkeys(list(said)[1:], UNREADABLE)
    assert all(cut.detail for cut in said.values())
    assert all(cut.crops.shape == (0, 96, 96, 3) for cut in said.values())


def test_a_damaged_video_keeps_its_sound_frames(tmp_path):
    clip(tmp_path / "a.mp4", moving, 40)
    zero_bytes(tmp_path / "a.mp4", tmp_path / "b.mp4", at=0.7, length=3000)
    cut = cut_faces(tmp_path, recording("b.mp4"), replace(SMALL, runs=1, run_length=40))
    assert cut.problem == DAMAGED
    assert "frames could not be decoded" in cut.detail
    assert 10 < len(cut.crops) < 40


def test_stills_are_runs_of_one(tmp_path):
    _, data = cv2.imencode(".png", portrait()[:, :, ::-1])
    layouts.archive(tmp_path / "lfw.tar", {"lfw/A/1.png": data.tobytes(), "lfw/A/2.png": b"none"})
    good, bad = list_recordings(tmp_path / "lfw.tar").recordings
    cut = cut_faces(tmp_path, good, SMALL)
    assert (cut.crops.shape, cut.problem) == ((1, 96, 96, 3), "")
    assert cut_faces(tmp_path, bad, SMALL).problem == UNREADABLE
    face_cutting._archive(tmp_path / "lfw.tar").close()
    face_cutting._archive.cache_clear()


@pytest.mark.shared_data
def test_a_few_of_the_labelled_clips(shared_data, tmp_path, monkeypatch):
    short = Protocol("seed", size=112, margin=1.0, runs=1, run_length=3)
    monkeypatch.setitem(PROTOCOLS, "seed", short)
    summary = faces(
        shared_data / "videos", tmp_path / "store", protocol="seed", limit=2, split="none"
    )
    assert (summary.dataset, summary.clips, summary.faces) == ("manifest", 2, 6)
    store = FaceStore(tmp_path / "store")
    assert {clip.side for clip in store.clips} == {"test"}
    assert [len(run.clip.recording.people) for run in store.runs()] == [1, 1]
