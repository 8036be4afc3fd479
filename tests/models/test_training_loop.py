import csv
import io
import os
import signal

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from models.training.loop.checkpoint import (
    chance,
    read_checkpoint,
    restore_chance,
    same_settings,
    write_checkpoint,
)
from models.training.loop.curves import Curve, Panel, draw_curves
from models.training.loop.devices import choose_device, to_pixels
from models.training.loop.errors import TrainingError
from models.training.loop.portions import Portions
from models.training.loop.progress import Progress
from models.training.loop.steps import all_finite, require_number
from models.training.loop.stopping import StopRequest


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_state_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "state.pt"
    write_checkpoint(path, {"step": 1, "weights": torch.ones(3)})

    def full_disk(_content, stream):
        stream.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(TrainingError, match="No space left"):
        write_checkpoint(path, {"step": 2})
    content = read_checkpoint(path)
    assert content["step"] == 1
    assert content["weights"].tolist() == [1, 1, 1]
    assert [p.name for p in tmp_path.iterdir()] == ["state.pt"]


@pytest.mark.parametrize("content", [b"", b"not a state", b"PK\x03\x04" + bytes(40)])
def test_a_damaged_state_is_named(tmp_path, content):
    path = tmp_path / "state.pt"
    path.write_bytes(content)
    with pytest.raises(TrainingError, match=r"state\.pt cannot be read"):
        read_checkpoint(path)


def test_a_state_that_would_run_code_is_refused(tmp_path):
    torch.save({"step": os.getcwd}, tmp_path / "state.pt")
    with pytest.raises(TrainingError, match="cannot be read"):
        read_checkpoint(tmp_path / "state.pt")


def test_other_settings_are_named(tmp_path):
    same_settings(tmp_path, {"size": 112}, {"size": 112})
    with pytest.raises(TrainingError, match="size 112 there, 160 here"):
        same_settings(tmp_path, {"size": 112, "seed": 1}, {"size": 160, "seed": 1})


def test_random_numbers_go_on():
    state = chance()
    first = torch.rand(4)
    restore_chance(state)
    assert torch.equal(torch.rand(4), first)


def test_pixels_are_normalised_as_everywhere_else():
    from models.preprocessing import normalise

    crops = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3)).astype(np.uint8)
    mean, std = (0.4, 0.5, 0.6), (0.2, 0.3, 0.4)
    pixels = to_pixels(torch.from_numpy(crops), torch.device("cpu"), mean, std)
    torch.testing.assert_close(pixels, normalise(crops, mean, std))
    assert pixels.is_contiguous(memory_format=torch.channels_last)


def test_a_gpu_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto").type == "cpu"
    with pytest.raises(TrainingError, match="No GPU"):
        choose_device("cuda")


def quadratic(largest):
    """A network whose loss is only computed for so many rows at a time."""
    torch.manual_seed(0)
    layer = nn.Linear(3, 1)
    rows = torch.randn(12, 3)

    def loss_of(first, last):
        if last - first > largest:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return layer(rows[first:last]).square().mean()

    return layer, loss_of


def test_out_of_memory_halves_the_batch_and_the_gradient_is_the_same(capsys):
    whole, loss_of = quadratic(12)
    loss = Portions().backward(12, loss_of, lambda: whole.zero_grad(set_to_none=True))
    split, tight = quadratic(3)
    portions = Portions()
    cleared = []

    def clear():
        cleared.append(portions.parts)
        split.zero_grad(set_to_none=True)

    again = portions.backward(12, tight, clear)
    assert (portions.parts, cleared) == (4, [1, 2, 4])
    torch.testing.assert_close(again, loss)
    torch.testing.assert_close(split.weight.grad, whole.weight.grad)
    assert "3 at a time" in capsys.readouterr().out
    portions.backward(12, tight, clear)
    assert cleared[-1] == 4


def test_not_even_one_pair_fits():
    _, loss_of = quadratic(0)
    with pytest.raises(TrainingError, match="single pair"):
        Portions().backward(5, loss_of, lambda: None)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_stops(value):
    assert require_number(torch.tensor(0.5), 3) == 0.5
    with pytest.raises(TrainingError, match="step 7"):
        require_number(torch.tensor(value), 7)


def test_weights_that_are_no_numbers_are_seen():
    layer = nn.BatchNorm2d(2)
    assert all_finite(layer)
    layer.running_var[1] = float("nan")
    assert not all_finite(layer)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_noted_the_second_interrupts(number, capsys):
    before = signal.getsignal(number)
    with StopRequest() as stop:
        os.kill(os.getpid(), number)
        assert stop.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before
    assert "saved" in capsys.readouterr().out


def test_a_bar_on_a_terminal_lines_elsewhere():
    terminal, log = Terminal(), io.StringIO()
    for stream in (terminal, log):
        progress = Progress("frames", stream)
        progress.show(0.5, 600, "step 7")
        progress.show(0.6, 500, "step 8")
        progress.say("saved")
        progress.close()
    assert terminal.getvalue().startswith("\rframes [##############..............]  50.0 %")
    assert "10 min left  step 7" in terminal.getvalue()
    assert log.getvalue() == "frames  50.0 %  10 min left  step 7\nsaved\n"


def test_time_left_in_words():
    log = io.StringIO()
    for left in (None, 42, 3600, 4 * 3600 + 125):
        Progress("t", log).show(0.0, left)
    said = [line[11:] for line in log.getvalue().splitlines()]
    assert said == ["time left unknown", "42 s left", "60 min left", "4 h 2 min left"]


PANELS = (Panel("loss", ("loss",)), Panel("AUC", ("auc", "other")))


def test_a_curve_is_a_table_and_a_picture(tmp_path):
    curve = Curve(tmp_path / "c.csv", ("step", "loss", "auc", "other"), PANELS)
    for step in range(1, 5):
        curve.add({"step": step, "loss": 1 / step, "auc": 0.5 + 0.1 * step, "ignored": 3})
    with (tmp_path / "c.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["step"] for row in rows] == ["1", "2", "3", "4"]
    assert cv2.imread(str(tmp_path / "c.png")).shape == (34 + 2 * 240, 900, 3)
    again = Curve(tmp_path / "c.csv", ("step", "loss", "auc", "other"), PANELS)
    again.rewind(2)
    again.add({"step": 3, "loss": 0.1})
    with (tmp_path / "c.csv").open() as stream:
        assert [row["loss"] for row in csv.DictReader(stream)] == ["1.0", "0.5", "0.1"]


def test_a_falling_line_falls_in_the_picture():
    rows = [{"step": str(step), "loss": str(10 - step)} for step in range(10)]
    picture = draw_curves([*rows, {"step": "10", "loss": "nan"}], PANELS[:1], "t").astype(int)
    drawn = (np.abs(picture - (160, 82, 20)).sum(axis=2) < 12) & (np.indices((274, 900))[0] > 60)
    heights = [np.flatnonzero(drawn[:, column]).mean() for column in (100, 480, 860)]
    assert heights == sorted(heights)
    assert heights[2] - heights[0] > 100


def test_a_curve_without_figures_says_so():
    empty = draw_curves([], PANELS, "t")
    assert empty.shape == (34 + 480, 900, 3)
    assert (empty < 128).any()
