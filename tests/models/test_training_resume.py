import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.training import corruption, frames, processes
from models.training.__main__ import main
from models.training.loop.errors import TrainingError, TrainingStopped
from models.training.presets import PRESETS
from models.training.processes import run_together, share
from models.training.supply import PairBatch
from tests.models.faces import drawn_store
from tests.models.quick import CPU, QUICK, STEPS, room, small_state

KILLED = """
import os, signal, sys
import torch
from models.training import frames, presets
from models.training.__main__ import main
from tests.models.quick import STEPS

torch.set_num_threads(1)
presets.PRESETS["cpu"] = STEPS
frames.SAVE_EVERY_S, frames.VALIDATIONS = 0.0, 2
save, step = frames.State.save, frames.take_step

def save_only_early(self, path):
    if self.step <= 3:
        save(self, path)

def die_in_the_fifth(state, *rest):
    if state.step == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return step(state, *rest)

frames.State.save, frames.take_step = save_only_early, die_in_the_fifth
main(sys.argv[1:])
"""


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setitem(PRESETS, "cpu", STEPS)
    monkeypatch.setattr(frames, "VALIDATIONS", 2)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def store(tmp_path):
    drawn_store(tmp_path / "whole" / "store")
    for name in ("killed", "stopped"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "store").symlink_to(tmp_path / "whole" / "store")
    return tmp_path


def words(folder):
    return ["--data", str(folder), "--out", str(folder), "--device", "cpu", "frames"]


def weights(folder):
    return torch.load(folder / "trunk.pt", weights_only=True)["network"]


def test_killed_or_stopped_it_goes_on_as_if_nothing_had_happened(store, monkeypatch, capsys):
    main(words(store / "whole"))
    root = str(Path(__file__).parents[2])
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, *words(store / "killed")],
        cwd=root,
        env=os.environ | {"PYTHONPATH": root},
        capture_output=True,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert torch.load(store / "killed" / "frames.pt", weights_only=True)["step"] == 3
    main(words(store / "killed"))
    with monkeypatch.context() as patch:
        step = frames.take_step

        def interrupted(state, *rest):
            if state.step == 2:
                os.kill(os.getpid(), signal.SIGINT)
            return step(state, *rest)

        patch.setattr(frames, "take_step", interrupted)
        with pytest.raises(SystemExit) as stopped:
            main(words(store / "stopped"))
    assert stopped.value.code == 130
    said = capsys.readouterr()
    assert "saved at step 3. The same command goes on" in said.err
    main(words(store / "stopped"))
    wanted = weights(store / "whole")
    for name in ("killed", "stopped"):
        given = weights(store / name)
        assert all(torch.equal(given[key], wanted[key]) for key in wanted)
        rows = (store / name / "frames.csv").read_text().splitlines()
        assert [row.split(",")[0] for row in rows] == ["step", *"123456"]


def test_other_settings_do_not_go_on(store, capsys):
    main([*words(store / "whole")[:-1], "--steps", "2", "frames"])
    for change, said in (
        (["--seed", "9"], f"seed {PRESETS['cpu'].seed} there, 9 here"),
        (["--batch", "4"], "2 there"),
    ):
        with pytest.raises(SystemExit):
            main([*words(store / "whole")[:-1], *change, "frames"])
        assert said in capsys.readouterr().err
    main([*words(store / "whole")[:-1], "--steps", "3", "--learning-rate", "1e-4", "frames"])
    assert torch.load(store / "whole" / "frames.pt", weights_only=True)["step"] == 3


def test_a_loss_that_is_no_number_keeps_the_last_good_state(store, monkeypatch, capsys):
    monkeypatch.setattr(frames, "SAVE_EVERY_S", 0.0)
    region_loss = frames.region_loss
    steps = []

    def broken(logits, wanted):
        steps.append(len(steps))
        return region_loss(logits, wanted) * (float("nan") if len(steps) == 3 else 1.0)

    monkeypatch.setattr(frames, "region_loss", broken)
    with pytest.raises(SystemExit):
        main(words(store / "whole"))
    assert "The loss stopped being a number at or just before step 3" in capsys.readouterr().err
    kept = torch.load(store / "whole" / "frames.pt", weights_only=True)
    assert kept["step"] == 2
    assert all(torch.isfinite(value).all() for value in kept["network"].values())
    main(words(store / "whole"))
    assert (store / "whole" / "trunk.pt").exists()


def test_weights_that_are_no_numbers_are_not_saved(tmp_path):
    state = small_state()
    state.save(tmp_path / "s.pt")
    state.step = 9
    next(state.network.parameters()).data[0] = float("inf")
    with pytest.raises(TrainingError, match="step 9"):
        state.save(tmp_path / "s.pt")
    assert torch.load(tmp_path / "s.pt", weights_only=True)["step"] == 0


def test_out_of_memory_goes_on_with_half_the_batch(monkeypatch, capsys):
    batch = PairBatch(
        torch.randint(0, 256, (8, 32, 32, 3), dtype=torch.uint8), torch.zeros(8, 2, 2)
    )
    embed = type(small_state().network).embed

    def small_memory(self, crops):
        if len(crops) > 4:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return embed(self, crops)

    state = small_state()
    monkeypatch.setattr(type(state.network), "embed", small_memory)
    losses = frames.take_step(state, batch, 0.5, room(), QUICK)
    assert state.portions.parts == 2
    assert state.step == 1
    assert torch.isfinite(losses).all()
    assert "2 at a time" in capsys.readouterr().out
    frames.take_step(state, batch, 0.5, room(), QUICK)
    assert capsys.readouterr().out == ""


def test_a_teacher_is_followed(tmp_path):
    from models.training.distillation import open_teacher, projection
    from tests.weights import random_weights

    preset = replace(QUICK, distil=1.0, margin=1.25, learning_rate=2e-3)
    teacher = open_teacher(random_weights(tmp_path), preset.margin, CPU)
    seen = replace(teacher.card.preprocessing, size=32)
    teacher = replace(teacher, card=replace(teacher.card, preprocessing=seen))
    state = small_state(preset=preset)
    state.projection = projection(state.network, teacher)
    state.optimiser = frames.make_optimiser(state.learned(), preset)
    torch.manual_seed(0)
    crops = torch.randint(0, 256, (16, 4, 4, 3), dtype=torch.uint8)
    crops = crops.repeat_interleave(8, 1).repeat_interleave(8, 2)
    batch = PairBatch(crops, torch.zeros(16, 2, 2))
    taught = room(teacher=teacher)
    lessons = [float(frames.take_step(state, batch, 0.1, taught, preset)[2]) for _ in range(15)]
    assert lessons[-1] < 0.7 * lessons[0]
    assert float(frames.take_step(state, batch, 0.9, taught, preset)[2]) == 0.0
    assert "projection" not in state.network.state_dict()


def together(rank, folder):
    """What each of two processes does: gradients and figures become their means."""
    value = torch.nn.Parameter(torch.zeros(2))
    value.grad = torch.tensor([1.0, 3.0]) * (1 + rank)
    figures = share([value], [10.0 * rank, 1.0])
    (folder / f"{rank}").write_text(f"{value.grad.tolist()} {figures}")
    raise TrainingStopped("Stopped and saved at step 1.")


def test_processes_that_train_together_share_and_stop(tmp_path):
    with pytest.raises(TrainingStopped, match="saved at step 1"):
        run_together(together, (tmp_path,), 2, tmp_path)
    said = [(tmp_path / str(rank)).read_text() for rank in range(2)]
    assert said == ["[1.5, 4.5] [5.0, 1.0]"] * 2
    assert len(list(tmp_path.iterdir())) == 2


def test_what_stops_a_process_is_told_by_its_parent(tmp_path, monkeypatch):
    def spawned(_member, arguments, _count, join):
        assert not join
        arguments[-1].write_text('["error", "The disk is full."]')
        raise processes.ProcessRaisedException("Traceback", 0, 1)

    monkeypatch.setattr(processes, "spawn", spawned)
    with pytest.raises(TrainingError, match="The disk is full"):
        run_together(together, (tmp_path,), 2, tmp_path)
    assert not list(tmp_path.iterdir())


def test_without_pyav_everything_compressed_is_a_jpeg(monkeypatch):
    rngs = [np.random.default_rng(number) for number in range(40)]
    assert any(corruption.draw_corruption(rng, 1.0).crf for rng in rngs)
    assert corruption.codec_note() is None
    monkeypatch.setattr(corruption, "av", None)
    drawn = [corruption.draw_corruption(np.random.default_rng(n), 1.0) for n in range(40)]
    assert not any(made.crf for made in drawn)
    assert sum(made.jpeg is not None for made in drawn) > 30
    assert "PyAV is not installed" in corruption.codec_note()
    with pytest.raises(RuntimeError, match="PyAV"):
        corruption.h264([np.zeros((16, 16, 3), np.uint8)], 23)
