import csv
import json
import math
import os
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from models.card import Architecture, read_card
from models.sequence_network import SequenceNetwork
from models.training import epochs, recordings
from models.training.__main__ import main
from models.training.epochs import Epochs, Judged, Material, clip_means, judge, train_epochs
from models.training.face_store import FaceStore
from models.training.faces import faces
from models.training.labelled import class_weights, open_windows, plain_batches, training_batches
from models.training.loop.errors import TrainingError, TrainingStopped
from models.training.presets import LABELLED_PRESETS
from models.training.request import settings_of
from models.training.search import SEARCHED, draw_trial, read_trials, search
from models.weights import load_network
from tests.models import layouts, stub_faces
from tests.models.quick import CPU

SMALL = replace(
    LABELLED_PRESETS["seed"],
    network="mobilenetv2_lstm",
    size=32,
    hidden_size=8,
    sequence_length=8,
    sequences_per_batch=8,
    init="scratch",
    epochs=1,
    trial_epochs=1,
    workers=0,
)
TINY = replace(SMALL, sequences_per_batch=4, epochs=3, learning_rate=0.02)


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class Drawn:
    """Sequences in which manipulated ones flicker."""

    def __init__(self, count, seed):
        self.rng_seed, self.count = seed, count

    def __len__(self):
        return self.count

    def crops(self, number):
        rng = np.random.default_rng((self.rng_seed, number))
        grey = rng.uniform(90, 160, (6, 1, 1, 3))
        if number % 3 == 0:
            grey[::2] += 60
        return (grey + rng.normal(0, 5, (6, 8, 8, 3))).clip(0, 255).astype(np.uint8)

    def labels(self):
        return (np.arange(self.count) % 3 == 0).astype(np.int64)

    def recordings(self):
        return np.arange(self.count) // 6 * 2 + self.labels()


def tiny_state(preset=TINY):
    torch.manual_seed(0)
    network = SequenceNetwork(nn.Conv2d(3, 6, 4, 4), Architecture(6, 8, 1, 0.3, False))
    optimiser = torch.optim.Adam(network.parameters(), preset.learning_rate)
    return Epochs(network, optimiser, settings_of(preset, ("epochs",)), preset.learning_rate)


def drawn_material():
    return Material(Drawn(42, 1), Drawn(18, 2), CPU, 0)


def test_what_flickers_is_learned_along_time(tmp_path):
    state, preset = tiny_state(), replace(TINY, epochs=12)
    train_epochs(state, drawn_material(), preset, tmp_path, None)
    assert state.best.clip_auc > 0.9
    assert judge(state.network, drawn_material(), preset) == state.best
    with (tmp_path / "epochs.csv").open() as stream:
        losses = [float(row["validation_loss"]) for row in csv.DictReader(stream)]
    assert min(losses) == pytest.approx(state.best.loss, abs=1e-4)
    assert losses[0] > state.best.loss
    assert (tmp_path / "epochs.png").exists()


def test_stopped_anywhere_it_goes_on_as_if_nothing_had_happened(tmp_path, monkeypatch):
    whole = tiny_state()
    train_epochs(whole, drawn_material(), TINY, tmp_path / "whole", None)
    learn = epochs.learn
    again = tiny_state()
    for stop_at in (3, 11, 12):
        with monkeypatch.context() as patch:

            def interrupted(state, *rest, at=stop_at):
                loss = learn(state, *rest)
                if state.step == at:
                    os.kill(os.getpid(), signal.SIGTERM)
                return loss

            patch.setattr(epochs, "learn", interrupted)
            with pytest.raises(TrainingStopped, match=f"step {stop_at}"):
                train_epochs(again, drawn_material(), TINY, tmp_path / "parts", None)
        torch.manual_seed(99)
        again = tiny_state()
        again.load(tmp_path / "parts" / "epochs.pt")
        assert again.step == stop_at
    train_epochs(again, drawn_material(), TINY, tmp_path / "parts", None)
    wanted, given = whole.network.state_dict(), again.network.state_dict()
    assert all(torch.equal(given[name], wanted[name]) for name in wanted)
    tables = []
    for name in ("whole", "parts"):
        with (tmp_path / name / "epochs.csv").open() as stream:
            tables.append([(row["step"], row["loss"]) for row in csv.DictReader(stream)])
    assert tables[0] == tables[1]


def test_the_rate_falls_where_validation_stalls_and_training_ends(tmp_path, monkeypatch):
    judged = iter([0.5, 0.4, 0.6, 0.6, 0.6, 0.6, 0.3, *[0.5] * 20])
    monkeypatch.setattr(epochs, "judge", lambda *_: Judged(next(judged), 0.5, 0.5))
    state, preset = tiny_state(), replace(TINY, epochs=50, patience=2, stop_after=5)
    train_epochs(state, drawn_material(), preset, tmp_path, None)
    with (tmp_path / "epochs.csv").open() as stream:
        rates = [float(row["learning_rate"]) for row in csv.DictReader(stream)]
    assert rates[:8] == pytest.approx([0.02, 0.02, 0.02, 2e-3, 2e-3, 2e-4, 2e-4, 2e-4])
    assert state.epoch == len(rates) == 7 + 5
    assert state.best.loss == 0.3


def test_time_that_is_up_ends_it(tmp_path):
    state = tiny_state()
    train_epochs(state, drawn_material(), TINY, tmp_path, 1e-6)
    assert (state.step, state.epoch) == (1, 1)


def test_a_loss_that_is_no_number_is_said(tmp_path):
    state = tiny_state()
    state.network.output.weight.data.fill_(math.nan)
    with pytest.raises(TrainingError, match="stopped being a number"):
        train_epochs(state, drawn_material(), TINY, tmp_path, None)
    assert not (tmp_path / "epochs.pt").exists()
    with pytest.raises(TrainingError, match="stopped being numbers"):
        state.save(tmp_path / "epochs.pt")


def test_each_epoch_sees_everything_once_in_an_order_of_its_own():
    def order(epoch, skip):
        found = training_batches(Drawn(10, 1), 4, epoch=epoch, skip=skip, seed=1, workers=0)
        return [crops for crops, _ in found]

    first, second = order(0, 0), order(1, 0)
    assert [len(crops) for crops in first] == [4, 4, 2]
    assert not torch.equal(first[0], second[0])
    assert all(torch.equal(a, b) for a, b in zip(first[1:], order(0, 1), strict=True))
    brightness = sorted(float(c.float().mean()) for crops in first for c in crops)
    plain = sorted(
        float(c.float().mean()) for crops, _ in plain_batches(Drawn(10, 1), 4, 0) for c in crops
    )
    assert brightness == pytest.approx(plain)


def test_classes_weigh_alike():
    weights = class_weights(np.array([0, 0, 0, 1]))
    assert (weights * torch.tensor([3.0, 1.0])).tolist() == pytest.approx([2.0, 2.0])


def test_a_clip_is_the_mean_of_its_sequences():
    scores = np.array([[0.1, 0.3], [0.5, 0.7], [0.9, 0.9]], np.float32)
    means, fake = clip_means(scores, np.array([0, 0, 1]), np.array([0, 0, 1], np.intp))
    assert means.tolist() == pytest.approx([0.4, 0.9])
    assert fake.tolist() == [False, True]


def test_trials_lie_in_their_ranges():
    first = draw_trial(SMALL, 0)
    assert [getattr(first, name) for name in SEARCHED] == [getattr(SMALL, n) for n in SEARCHED]
    drawn = [draw_trial(SMALL, number) for number in range(1, 40)]
    assert drawn[3] == draw_trial(SMALL, 4)
    ranges = SMALL.ranges
    for trial in drawn:
        assert ranges.learning_rate[0] <= trial.learning_rate <= ranges.learning_rate[1]
        assert ranges.dropout[0] <= trial.dropout <= ranges.dropout[1]
        assert trial.hidden_size in ranges.hidden_size
        assert trial.epochs == SMALL.trial_epochs
    assert len({trial.hidden_size for trial in drawn}) == 3
    assert min(trial.learning_rate for trial in drawn) < 1e-4
    assert max(trial.learning_rate for trial in drawn) > 1e-3


def test_a_search_keeps_its_table_and_goes_on(tmp_path):
    called = []

    def run(preset, folder):
        called.append(folder.name)
        if folder.name == "trial-001":
            raise TrainingError("The loss stopped being a number.")
        if len(called) == 3 and folder.name == "trial-002":
            raise TrainingStopped("stopped")
        return Judged(0.7 if folder.name == "trial-000" else 0.4, 0.6, 0.6)

    with pytest.raises(TrainingStopped):
        search(SMALL, 3, run, tmp_path)
    assert [row["outcome"] for row in read_trials(tmp_path)] == [
        "finished",
        "The loss stopped being a number.",
    ]
    chosen = search(SMALL, 3, run, tmp_path)
    assert called == ["trial-000", "trial-001", "trial-002", "trial-002"]
    assert chosen == replace(draw_trial(SMALL, 2), epochs=SMALL.epochs)
    assert search(SMALL, 3, run, tmp_path) == chosen
    assert len(called) == 4
    with pytest.raises(TrainingError, match="No trial finished"):
        search(SMALL, 1, lambda *_: run(SMALL, tmp_path / "trial-001"), tmp_path / "other")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Faces of many people; the manipulated ones have a coarse pattern."""

    def cut(folder, recording, protocol, device="cpu"):
        made = stub_faces.cut(folder, recording, protocol, device)
        made.facts["landmarks"][:] = [[37, 43], [75, 43], [56, 65], [40, 87], [72, 87]]
        if recording.fake:
            made.crops[:, ::4] //= 2
        return made

    folder = tmp_path_factory.mktemp("faces")
    data = layouts.faceforensics(folder / "data", official=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.training.faces.cut_faces", cut)
        faces(data, folder / "store", protocol="seed", report=lambda _: None)
    return folder / "store"


def test_the_whole_way_from_recordings_to_weights(store, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(LABELLED_PRESETS, "seed", SMALL)
    monkeypatch.setattr("models.training.search.draw_trial", lambda preset, _: preset)
    words = ["--preset", "seed", "--data", str(store), "--out", str(tmp_path), "--device", "cpu"]
    main([*words, "--search", "1"])
    card_path = tmp_path / "weights" / "mobilenetv2_lstm.card.json"
    assert capsys.readouterr().out.splitlines()[-1] == str(card_path)
    card, network = read_card(card_path), load_network(card_path)
    assert network(torch.zeros(1, 3, 3, 32, 32)).shape == (1, 3, 2)
    assert card.training["epochs"] == 1
    assert card.training["command"].endswith("--search 1 all")
    assert sum(row["recordings"] for row in card.training["data"]) == 84
    assert card.training["identities"] == sorted(set(card.training["identities"]))
    assert len(card.training["identities"]) > 1
    assert "people held out from training" in card.decision.chosen
    assert (tmp_path / "trials" / "trials.csv").exists()
    assert not list((tmp_path / "trials").rglob("*.pt"))


def test_a_store_that_leaks_is_refused(store, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(LABELLED_PRESETS, "seed", SMALL)
    leaking = tmp_path / "store"
    leaking.mkdir()
    for path in store.iterdir():
        if path.name != "sides.json":
            (leaking / path.name).symlink_to(path)
    text = (store / "sides.json").read_text()
    sides = json.loads(text)
    key = next(c.recording.key for c in FaceStore(store).clips if c.side == "test")
    found = json.loads(text.replace(f'{json.dumps(key)}: "test"', f'{json.dumps(key)}: "train"'))
    assert found != sides
    (leaking / "sides.json").write_text(json.dumps(found))
    with pytest.raises(SystemExit):
        main(["--preset", "seed", "--data", str(leaking), "--out", str(tmp_path / "out")])
    assert "The split leaks: the same person is on two sides" in capsys.readouterr().err


def test_windows_are_cut_to_the_networks_size_and_need_both_classes(store):
    whole = FaceStore(store)
    windows = open_windows(whole, SMALL, "train")
    assert windows.crops(0).shape == (8, 32, 32, 3)
    stored = open_windows(whole, replace(SMALL, size=112), "train")
    np.testing.assert_array_equal(stored.crops(0), whole.crops[stored.rows[0] :][:8])
    assert set(windows.labels()) == {0, 1}
    assert len(windows.recordings()) == len(windows)
    with pytest.raises(TrainingError, match="no authentic sequence of 9 frames"):
        open_windows(whole, replace(SMALL, sequence_length=9), "train")
    with pytest.raises(TrainingError, match=r"span 1\.0 face sizes"):
        open_windows(whole, replace(SMALL, margin=1.3), "train")


def test_data_that_is_no_store_is_cut_first(tmp_path, monkeypatch):
    from models.training.request import Request

    asked = []

    def stub(data, out, **options):
        asked.append((data, out, options["protocol"]))

    monkeypatch.setattr("models.training.faces.faces", stub)
    monkeypatch.setattr(recordings, "open_face_store", lambda folder: folder)
    request = Request("seed", tmp_path / "data", tmp_path / "out")
    found = recordings.find_store(request, SMALL, CPU)
    assert found == tmp_path / "out" / "faces"
    assert asked == [(tmp_path / "data", found, "seed")]
