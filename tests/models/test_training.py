import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models import NETWORKS
from models.card import read_card
from models.preprocessing import normalise
from models.training import stages
from models.training.__main__ import main
from models.training.describe import architecture_of
from models.training.frames import score_crops, take_step
from models.training.material import STORE
from models.training.presets import PRESETS
from models.training.request import Request
from models.training.schedule import along_schedule, hardness_at, progress_of, rate_at
from models.training.supply import PairBatch
from models.training.temporal import Embedded, track_scores, train_temporal
from models.weights import load_network
from tests.models.faces import drawn_store
from tests.models.quick import QUICK, room, small_state


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def out(tmp_path, monkeypatch):
    monkeypatch.setitem(PRESETS, "cpu", replace(QUICK, average_states=2, steps=4))
    monkeypatch.setattr("models.training.stage_one.STATISTICS_PAIRS", 4)
    drawn_store(tmp_path / STORE)
    return tmp_path


def test_the_whole_way_from_stills_to_weights(out, capsys):
    main(["--preset", "cpu", "--data", str(out), "--out", str(out), "--device", "cpu"])
    card_path = stages.card_path(Request("cpu", out, out))
    assert capsys.readouterr().out.splitlines()[-1] == str(card_path)
    card, network = read_card(card_path), load_network(card_path)
    assert network(torch.zeros(1, 3, 3, 32, 32)).shape == (1, 3, 2)
    assert card.training["samples"] >= 4
    assert card.training["seed"] == QUICK.seed
    assert card.training["trunk_from"] == "scratch (random weights)"
    assert card.training["command"].endswith("--data DATA --out OUT all")
    assert "mean of 2 states" in card.training["recipe"]
    assert {entry["source"] for entry in card.training["data"]} == {"ffhq_real", "stylegan_fake"}
    assert "held out" in card.decision.chosen
    assert any("not evidence of authenticity" in line for line in card.not_covered)
    outcome = json.loads((out / stages.OUTCOME).read_text())
    assert outcome["track_auc"] >= outcome["track_auc_alone"]
    assert outcome["frame_auc"] >= outcome["frame_auc_alone"]
    assert (out / "frames.png").stat().st_size > 1000
    before = (out / "frames.pt").stat().st_mtime_ns
    main(["--preset", "cpu", "--data", str(out), "--out", str(out), "--device", "cpu", "frames"])
    assert "done" in capsys.readouterr().out
    assert (out / "frames.pt").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["temporal"], "Stage one is not done"),
        (["--size", "16", "frames"], "between 32 and 640"),
        (["--epochs", "3", "frames"], "has no --epochs"),
        (["--batch", "3", "--echo", "2", "frames"], "multiple of --echo"),
        (["--learning-rate", "0", "frames"], "must be above 0"),
        (["--init", "nowhere.pth", "frames"], "neither there nor below"),
        (["--preset", "seed", "frames"], "one step only"),
    ],
)
def test_what_cannot_be_done_is_said(out, capsys, words, said):
    with pytest.raises(SystemExit) as stopped:
        main(["--data", str(out), "--out", str(out), "--device", "cpu", *words])
    assert stopped.value.code == 1
    assert said in capsys.readouterr().err


def test_stills_that_are_missing_are_named(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["--data", str(tmp_path / "none"), "--out", str(tmp_path / "out")])
    assert "face_landmarker.task is missing" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--data", str(tmp_path), "--out", str(tmp_path / "other"), "frames"])
    assert "no prepared stills" in capsys.readouterr().err


def test_the_network_learns_to_tell_plain_forgeries():
    state = small_state()
    rng = np.random.default_rng(0)
    smooth = rng.integers(100, 140, (8, 1, 1, 3)) + rng.normal(0, 2, (8, 32, 32, 3))
    rough = rng.integers(100, 140, (8, 1, 1, 3)) + rng.normal(0, 40, (8, 32, 32, 3))
    crops = np.concatenate([smooth, rough]).clip(0, 255).astype(np.uint8)
    batch = PairBatch(torch.from_numpy(crops), torch.zeros(16, 2, 2))
    preset = replace(QUICK, learning_rate=2e-3)
    losses = [float(take_step(state, batch, 0.03, room(), preset)[0]) for _ in range(12)]
    assert losses[-1] < 0.7 * losses[0]
    scores = score_crops(state.network, crops, QUICK)
    assert scores.shape == (16,)
    assert state.step == 12


def test_the_region_head_learns_where_the_forgery_is():
    torch.set_num_threads(1)
    state = small_state()
    rng = np.random.default_rng(0)
    crops = rng.integers(100, 140, (16, 1, 1, 3)) + rng.normal(0, 2, (16, 32, 32, 3))
    crops[8:, :, 16:] += rng.normal(0, 40, (8, 32, 16, 3))
    regions = torch.zeros(16, 2, 2)
    regions[8:, :, 1] = 1.0
    batch = PairBatch(torch.from_numpy(crops.clip(0, 255).astype(np.uint8)), regions)
    preset = replace(QUICK, learning_rate=2e-3)
    for _ in range(25):
        take_step(state, batch, 0.03, room(), preset)
    state.network.train()
    state.network.embed(normalise(batch.crops.numpy(), QUICK.mean, QUICK.std))
    where = torch.sigmoid(state.region_head()).detach()
    assert where[8:, :, 1].mean() > 2 * where[8:, :, 0].mean()
    assert where[8:, :, 1].mean() > 2 * where[:8].mean()


def test_looking_without_training_leaves_nothing_behind():
    state = small_state()
    state.network.eval()
    state.network.embed(torch.zeros(1, 3, 32, 32))
    with pytest.raises(AssertionError):
        state.region_head()


def test_rates_rise_then_fall_and_forgeries_get_harder():
    rates = [rate_at(progress, 1.0) for progress in np.linspace(0, 1, 101)]
    top = int(np.argmax(rates))
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[top] == pytest.approx(1.0, abs=0.01)
    assert rates[-1] == pytest.approx(0.01)
    assert hardness_at(0.0) < hardness_at(0.5) < hardness_at(0.9) == 1.0


def test_stage_one_goes_by_the_clock_or_by_steps():
    assert progress_of(replace(QUICK, frame_minutes=2.0), 5, 60.0) == 0.5
    assert progress_of(replace(QUICK, steps=20), 5, 60.0) == 0.25
    assert progress_of(replace(QUICK, steps=20), 25, 60.0) == 1.0


def test_a_schedule_may_be_longer_than_stage_one():
    early = replace(QUICK, steps=20, pace=100)
    assert (progress_of(early, 20, 60.0), along_schedule(early, 20, 60.0)) == (1.0, 0.2)
    assert along_schedule(replace(QUICK, steps=20), 5, 60.0) == 0.25
    by_clock = Request(preset="cpu", data=Path(), out=Path(), minutes=5.0).stills_preset()
    assert (by_clock.frame_minutes, by_clock.steps, by_clock.pace) == (5.0, None, None)
    by_steps = Request(preset="cpu", data=Path(), out=Path(), steps=50).stills_preset()
    assert (by_steps.steps, by_steps.pace) == (50, PRESETS["cpu"].pace)


def embedded(count, generator, hint):
    """Forged sequences flicker every other step, real ones every fourth."""
    steps, size = 8, 1280
    values = 0.5 * torch.randn(count, 2, steps, size, generator=generator)
    values[:, 0, :, :640] += hint * torch.tensor([1.0, 1, -1, -1, 1, 1, -1, -1])[:, None]
    values[:, 1, :, :640] += hint * torch.tensor([1.0, -1, 1, -1, 1, -1, 1, -1])[:, None]
    forged = torch.zeros(count, 2, steps, dtype=torch.bool)
    forged[:, 1] = True
    return Embedded(values.half(), forged)


def added_to_frames(network, held_out):
    """Mean square of what the LSTM adds to the log odds of a frame."""
    with torch.inference_mode():
        added = network.eval().along_time(held_out.values.flatten(0, 1).float())
    return float((added[..., 1] - added[..., 0]).square().mean())


def test_what_the_lstm_adds_has_its_price(tmp_path, monkeypatch):
    generator = torch.Generator().manual_seed(0)
    preset = replace(QUICK, hidden_size=32, temporal_steps=60)
    training, held_out = (embedded(count, generator, 1.5) for count in (64, 32))
    added = []
    for price in (0.0, 0.3, 3.0):
        monkeypatch.setattr("models.training.temporal.ADDED_WEIGHT", price)
        torch.manual_seed(1)
        network = NETWORKS[QUICK.network](architecture_of(preset))
        assert train_temporal(network, training, held_out, preset, tmp_path).step > 0
        added.append(added_to_frames(network, held_out))
    assert added == sorted(added, reverse=True)
    assert added[0] > 3 * added[2] > 0


def test_the_lstm_learns_what_single_frames_do_not_show(tmp_path):
    generator = torch.Generator().manual_seed(0)
    preset = replace(QUICK, hidden_size=32, temporal_steps=80)
    network = NETWORKS[QUICK.network](architecture_of(preset))
    torch.nn.init.zeros_(network.frame_head.weight)
    training, held_out = (embedded(count, generator, 1.5) for count in (64, 32))
    outcome = train_temporal(network, training, held_out, preset, tmp_path)
    assert outcome.step > 0
    assert outcome.track_auc > 0.8
    assert outcome.track_auc > outcome.track_auc_alone
    assert added_to_frames(network, held_out) > 0.01
    scores = track_scores(network, held_out)
    assert scores.shape == (32, 2, 8)
    assert ((scores >= 0) & (scores <= 1)).all()


def test_the_lstm_never_ends_worse_than_the_mean_of_frames(tmp_path):
    generator = torch.Generator().manual_seed(0)
    network = small_state().network
    training, held_out = (embedded(count, generator, 0.0) for count in (16, 16))
    outcome = train_temporal(network, training, held_out, QUICK, tmp_path)
    assert outcome.track_auc >= outcome.track_auc_alone
    assert outcome.frame_auc >= outcome.frame_auc_alone
    assert (tmp_path / "temporal.csv").read_text().startswith("step,")
