import csv
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from models import NETWORKS
from models.card import read_card
from models.preprocessing import normalise
from models.training import stages
from models.training.__main__ import main
from models.training.describe import architecture_of
from models.training.frames import (
    Batches,
    State,
    follow,
    hardness_at,
    make_optimiser,
    rate_at,
    score_crops,
    train_frames,
    validation_crops,
)
from models.training.pairs import Pairs
from models.training.presets import PRESETS
from models.training.regions import RegionHead, region_map
from models.training.temporal import Embedded, track_scores, train_temporal
from models.weights import load_network
from tests.models.faces import drawn_store

QUICK = replace(
    PRESETS["cpu"],
    size=32,
    hidden_size=8,
    pairs_per_batch=2,
    frame_minutes=0.01,
    temporal_steps=20,
    sequences=9,
    sequence_length=4,
    processes=1,
    workers=0,
)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    drawn_store(folder / stages.STORE)
    return folder


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setitem(PRESETS, "cpu", QUICK)
    monkeypatch.setattr(stages, "_STATISTICS_PAIRS", 2)
    monkeypatch.setattr("models.training.backbone.load_imagenet", lambda *_: None)
    monkeypatch.setattr("models.training.frames.VALIDATION_PAIRS", 4)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def small_state(seed=0):
    torch.manual_seed(seed)
    network = NETWORKS[QUICK.network](architecture_of(QUICK))
    average = NETWORKS[QUICK.network](architecture_of(QUICK))
    average.load_state_dict(network.state_dict())
    head = RegionHead(network)
    return State(network, average, head, make_optimiser(network, head, QUICK))


def test_the_whole_way_from_stills_to_weights(quick, out, capsys):
    main(["--preset", "cpu", "--data", str(out), "--out", str(out), "train"])
    card_path = stages.card_path("cpu", out)
    assert capsys.readouterr().out.splitlines()[-1] == str(card_path)
    card, network = read_card(card_path), load_network(card_path)
    assert network(torch.zeros(1, 3, 3, 32, 32)).shape == (1, 3, 2)
    assert card.training["samples"] >= 4
    assert card.training["seed"] == QUICK.seed
    assert {entry["source"] for entry in card.training["data"]} == {"ffhq_real", "stylegan_fake"}
    assert "held out" in card.decision.chosen
    assert any("not evidence of authenticity" in line for line in card.not_covered)
    outcome = json.loads((out / stages.OUTCOME).read_text())
    assert outcome["track_auc"] >= outcome["track_auc_alone"]
    assert outcome["frame_auc"] >= outcome["frame_auc_alone"]


def test_training_goes_on_where_it_stopped(out, tmp_path, capsys):
    torch.set_num_threads(1)
    store = stages.open_store(out / stages.STORE)
    pairs = Pairs(store, False, QUICK.size, QUICK.margin, QUICK.seed)
    check = validation_crops(pairs, 4)
    first = small_state()
    train_frames(first, pairs, check, QUICK, tmp_path)
    second = small_state(seed=1)
    second.load(tmp_path / stages.FRAMES)
    assert (second.step, second.seconds) == (first.step, first.seconds)
    train_frames(second, pairs, check, replace(QUICK, frame_minutes=0.03), tmp_path)
    assert second.step > first.step
    with (tmp_path / "frames.csv").open() as stream:
        steps = [int(row["step"]) for row in csv.DictReader(stream)]
    assert steps == [first.step, second.step]
    assert "step" in capsys.readouterr().out


def test_the_network_learns_to_tell_plain_forgeries(tmp_path):
    torch.set_num_threads(1)
    state = small_state()
    rng = np.random.default_rng(0)
    smooth = rng.integers(100, 140, (8, 1, 1, 3)) + rng.normal(0, 2, (8, 32, 32, 3))
    rough = rng.integers(100, 140, (8, 1, 1, 3)) + rng.normal(0, 40, (8, 32, 32, 3))
    crops = np.concatenate([smooth, rough]).clip(0, 255).astype(np.uint8)
    from models.training.frames import _step

    batch = (torch.from_numpy(crops), torch.zeros(16, 2, 2))
    losses = [_step(state, batch, 2e-3, QUICK, 0.0) for _ in range(12)]
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
    from models.training.frames import _step

    batch = (torch.from_numpy(crops.clip(0, 255).astype(np.uint8)), regions)
    for _ in range(25):
        _step(state, batch, 2e-3, QUICK, 0.0)
    state.network.train()
    state.network.embed(normalise(batch[0].numpy(), QUICK.mean, QUICK.std))
    where = torch.sigmoid(state.region_head()).detach()
    assert where[8:, :, 1].mean() > 2 * where[8:, :, 0].mean()
    assert where[8:, :, 1].mean() > 2 * where[:8].mean()


def test_looking_without_training_leaves_nothing_behind():
    state = small_state()
    state.network.eval()
    state.network.embed(torch.zeros(1, 3, 32, 32))
    with pytest.raises(AssertionError):
        state.region_head()


def test_batches_hold_the_real_crops_first(out):
    store = stages.open_store(out / stages.STORE)
    pairs = Pairs(store, False, QUICK.size, QUICK.margin, QUICK.seed)
    hardness = torch.multiprocessing.get_context().Value("d", 1.0, lock=False)
    crops, regions = Batches(pairs, 3, hardness)[2]
    assert crops.shape == (6, 32, 32, 3)
    assert regions.shape == (6, 2, 2)
    pair = pairs.make(7, 1.0)
    np.testing.assert_array_equal(crops[1], pair.real)
    np.testing.assert_array_equal(crops[4], pair.forged)
    np.testing.assert_array_equal(regions[4], region_map(pair.region))
    assert not regions[:3].any()


def test_rates_rise_then_fall_and_forgeries_get_harder():
    rates = [rate_at(progress, 1.0) for progress in np.linspace(0, 1, 101)]
    top = int(np.argmax(rates))
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[top] == pytest.approx(1.0, abs=0.01)
    assert rates[-1] == pytest.approx(0.01)
    assert hardness_at(0.0) < hardness_at(0.5) < hardness_at(0.9) == 1.0


def test_the_average_follows():
    network, average = torch.nn.BatchNorm2d(2), torch.nn.BatchNorm2d(2)
    network.weight.data.fill_(3.0)
    network.num_batches_tracked.fill_(7)
    follow(average, network, 0.5)
    assert average.weight.tolist() == [2.0, 2.0]
    assert average.num_batches_tracked == 7


def embedded(count, generator, hint):
    """Forged sequences flicker every other step, real ones every fourth."""
    steps, size = 8, 1280
    values = 0.5 * torch.randn(count, 2, steps, size, generator=generator)
    values[:, 0, :, :640] += hint * torch.tensor([1.0, 1, -1, -1, 1, 1, -1, -1])[:, None]
    values[:, 1, :, :640] += hint * torch.tensor([1.0, -1, 1, -1, 1, -1, 1, -1])[:, None]
    forged = torch.zeros(count, 2, steps, dtype=torch.bool)
    forged[:, 1] = True
    return Embedded(values.half(), forged)


def test_the_lstm_learns_what_single_frames_do_not_show(tmp_path):
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    preset = replace(QUICK, hidden_size=32, temporal_steps=80)
    network = NETWORKS[QUICK.network](architecture_of(preset))
    training, held_out = (embedded(count, generator, 1.5) for count in (64, 32))
    outcome = train_temporal(network, training, held_out, preset, tmp_path)
    assert outcome.step > 0
    assert outcome.track_auc > 0.8
    assert outcome.track_auc > outcome.track_auc_alone
    scores = track_scores(network, held_out)
    assert scores.shape == (32, 2, 8)
    assert ((scores >= 0) & (scores <= 1)).all()


def test_the_lstm_never_ends_worse_than_the_mean_of_frames(tmp_path):
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    network = small_state().network
    training, held_out = (embedded(count, generator, 0.0) for count in (16, 16))
    outcome = train_temporal(network, training, held_out, QUICK, tmp_path)
    assert outcome.track_auc >= outcome.track_auc_alone
    assert outcome.frame_auc >= outcome.frame_auc_alone
    assert (tmp_path / "temporal.csv").read_text().startswith("step,")
