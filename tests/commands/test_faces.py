"""`workstation faces`: a store made, continued and described."""

import json

import pytest

from models.training import face_options
from models.training.datasets import DATASETS as KNOWN
from models.training.face_cutting import PROTOCOLS as CUTS
from models.training.face_store import FaceStore
from models.training.splits import SCHEMES
from tests.models import layouts, stub_faces
from workstation.commands import faces as command


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("models.training.faces.cut_faces", stub_faces.cut)


@pytest.fixture
def data(tmp_path):
    folder = layouts.faceforensics(tmp_path / "data")
    layouts.touch(folder / "original_sequences" / "youtube" / "c23" / "videos", "faceless.mp4")
    return folder


def test_the_words_are_those_of_the_training():
    assert set(face_options.DATASETS) == set(KNOWN)
    assert set(face_options.PROTOCOLS) == set(CUTS)
    assert set(face_options.SPLITS) == set(SCHEMES)


def test_a_store_is_made_and_then_left_alone(data, tmp_path, call, answer):
    words = ("faces", "--data", data, "--out", tmp_path / "store", "--device", "cpu")
    status, said, _ = call(*words, "--protocol", "seed")
    assert status == 0
    store = FaceStore(tmp_path / "store")
    assert f"84 recordings with {len(store.crops)} faces, protocol seed; 84 recordings done" in said
    assert "Deepfakes/c23: 12 of 1000 videos are here." in said
    assert "faceless.mp4" in said
    rows = [line.split() for line in said.splitlines() if line.startswith(("train ", "test "))]
    assert [len(row) for row in rows] == [5, 5]
    again = answer(*words, "--protocol", "seed")
    assert (again["made"], again["clips"], again["faces"]) == (0, 84, len(store.crops))
    assert [side["side"] for side in again["sides"]] == ["train", "validation", "test", "left out"]


def test_without_a_terminal_progress_is_said_now_and_then(data, tmp_path, call, monkeypatch):
    monkeypatch.setattr(command, "SAY_EVERY_S", 0.0)
    words = ("--data", data, "--out", tmp_path / "store", "--limit", 8, "--split", "none")
    _, said, _ = call("faces", *words)
    assert "7 of 8 recordings, " in said


@pytest.mark.parametrize(
    ("folder", "more", "said"),
    [
        ("nowhere", (), "There is no folder"),
        ("data", ("--dataset", "celeb_df"), "does not look like Celeb-DF"),
        ("data", ("--limit", 2, "--split", "identity"), "too few people"),
        ("data/splits", (), "laid out like no known data set"),
    ],
)
def test_what_is_wrong_is_one_sentence(data, tmp_path, call, folder, more, said):
    status, out, told = call(
        "faces", "--data", tmp_path / folder, "--out", tmp_path / "store", "--json", *more
    )
    assert (status, out) == (1, "")
    assert said in json.loads(told)["error"]


def test_a_place_that_cannot_be_written_is_one_sentence(data, tmp_path, call):
    (tmp_path / "file").write_text("in the way")
    status, _, told = call("faces", "--data", data, "--out", tmp_path / "file" / "store")
    assert status == 1
    assert told.startswith("workstation: The store could not be made: Not a directory")
