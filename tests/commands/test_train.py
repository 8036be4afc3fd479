"""`workstation train`: weights with a card, figures of speed, sentences, a stop that saves."""

import json
from dataclasses import replace

import pytest
import torch

from models.training import frames
from models.training.loop.errors import TrainingStopped
from models.training.presets import LABELLED_PRESETS, PRESETS
from tests.models.faces import drawn_store
from tests.models.quick import QUICK


@pytest.fixture
def out(tmp_path, monkeypatch):
    monkeypatch.setitem(PRESETS, "cpu", replace(QUICK, steps=2, temporal_steps=0, sequences=6))
    monkeypatch.setattr("models.training.measure.SECONDS", 0.01)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    drawn_store(tmp_path / "store")
    yield tmp_path
    torch.set_num_threads(threads)


def words(out, *more):
    return ("train", "--preset", "cpu", "--data", out, "--out", out, "--device", "cpu", *more)


def test_it_ends_with_a_card_and_begins_with_its_speed(out, call):
    status, said, err = call(*words(out, "--json", "--measure"))
    assert status == 0, err
    speed = json.loads(said)
    assert speed["pairs_per_second_per_worker"] > 0
    assert speed["supply_over_use"] > 0
    assert not (out / "frames.pt").exists()
    status, said, err = call(*words(out, "--json"))
    assert status == 0, err
    answer = json.loads(said)
    card = json.loads((out / "weights" / "mobilenetv2_lstm.card.json").read_text())
    assert answer["card"].endswith("mobilenetv2_lstm.card.json")
    assert answer["weights_sha256"] == card["weights"]["sha256"]
    assert "stage one" in err


def test_what_cannot_be_is_one_sentence(out, call):
    status, said, err = call(*words(out, "--size", "7"))
    assert (status, said) == (1, "")
    assert err.endswith("--size must lie between 32 and 640 pixels, not 7.\n")
    status, _, err = call("train", "--preset", "seed", "--data", out / "none", "--out", out / "o")
    assert status == 1
    assert "none" in err.splitlines()[-1]
    (out / "file").write_text("")
    status, _, err = call("train", "--preset", "cpu", "--data", out, "--out", out / "file")
    assert status == 1
    assert "cannot go on" in err


def test_a_stop_is_130_and_says_that_it_was_saved(out, call, monkeypatch):
    def stopped(*_arguments):
        raise TrainingStopped("Stopped and saved at step 7.")

    monkeypatch.setattr("models.training.stage_one.train_frames", stopped)
    status, said, err = call(*words(out))
    assert (status, said) == (130, "")
    assert "Stopped and saved at step 7. The same command goes on from there." in err
    assert frames.STATE == "frames.pt"


def test_every_preset_is_offered(call):
    status, said, _ = call("train", "-h")
    assert status == 0
    for name in PRESETS | LABELLED_PRESETS:
        assert name in said
