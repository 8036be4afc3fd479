"""Stage one: trunk and frame head, on pairs of stills."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.sequence_network import SequenceNetwork, synthetic_score
from models.training.averaging import Weights, add_state, follow
from models.training.distillation import Teacher, lesson_loss
from models.training.loop.checkpoint import (
    chance,
    read_checkpoint,
    restore_chance,
    same_settings,
    write_checkpoint,
)
from models.training.loop.curves import Curve, Panel
from models.training.loop.devices import to_pixels
from models.training.loop.errors import TrainingError, TrainingStopped
from models.training.loop.portions import Portions
from models.training.loop.progress import Progress
from models.training.loop.steps import LOST, Losses, all_finite
from models.training.loop.stopping import StopRequest
from models.training.metrics import auc
from models.training.presets import Preset
from models.training.processes import place_in_group, share
from models.training.regions import RegionHead, region_loss
from models.training.schedule import (
    along_schedule,
    hardness_at,
    lesson_weight_at,
    progress_of,
    rate_at,
    seconds_left,
)
from models.training.supply import PairBatch, Supply

STATE, CURVE = "frames.pt", "frames.csv"
SAVE_EVERY_S = 120.0
ROWS, VALIDATIONS = 120, 12
"""How many rows the curve has in the end, and in how many of them the network is validated."""
REGION_WEIGHT = 2.0
_COLUMNS = (
    "step",
    "seconds",
    "samples",
    "learning_rate",
    "hardness",
    "loss",
    "region_loss",
    "lesson_loss",
    "waiting",
    "validation_auc",
)
_PANELS = (
    Panel("loss", ("loss", "region_loss", "lesson_loss")),
    Panel("AUC of frames, validation people", ("validation_auc",)),
    Panel("share of the time spent waiting for pairs", ("waiting",)),
    Panel("learning rate", ("learning_rate",)),
)


@dataclass
class State:
    """Everything stage one needs to go on where it stopped.

    `average` follows the network; `mean` is the mean of `averaged` of its states. `projection` is
    there with a teacher. `origin` says where the trunk's first weights are from, `noted` how hard
    the batches are that come next.
    """

    network: SequenceNetwork
    average: SequenceNetwork
    region_head: RegionHead
    optimiser: torch.optim.AdamW
    settings: dict[str, Any] = field(default_factory=dict)
    projection: nn.Linear | None = None
    portions: Portions = field(default_factory=Portions)
    mean: Weights | None = None
    averaged: int = 0
    origin: str = ""
    step: int = 0
    seconds: float = 0.0
    noted: list[float] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write the state.

        Raises:
            TrainingError: Weights are no numbers any more, or the disk is full; the state before
                is kept.
        """
        if not all_finite(self.network):
            raise TrainingError(LOST.format(step=self.step, path=path))
        content = {name: getattr(self, name) for name in _PLAIN}
        content |= {name: part.state_dict() for name, part in self._parts().items()}
        content |= {"parts": self.portions.parts, "chance": chance()}
        write_checkpoint(path, content)

    def load(self, path: Path) -> None:
        """Go back to a saved state.

        Raises:
            TrainingError: It is damaged, or of a training with other settings.
        """
        content = read_checkpoint(path)
        same_settings(path, content["settings"], self.settings)
        for name, part in self._parts().items():
            part.load_state_dict(content[name])
        for name in _PLAIN:
            setattr(self, name, content[name])
        self.portions.parts = content["parts"]
        restore_chance(content["chance"])

    def learned(self) -> list[nn.Parameter]:
        """All that stage one changes."""
        extras = [] if self.projection is None else list(self.projection.parameters())
        return [*self.network.parameters(), *self.region_head.parameters(), *extras]

    def _parts(self) -> dict[str, Any]:
        parts: dict[str, Any] = {
            "network": self.network,
            "average": self.average,
            "region_head": self.region_head,
            "optimiser": self.optimiser,
        }
        return parts if self.projection is None else parts | {"projection": self.projection}


_PLAIN = ("settings", "mean", "averaged", "origin", "step", "seconds", "noted")


@dataclass(frozen=True)
class Classroom:
    """Where stage one happens.

    `check` are the validation crops, uint8 ``(2 N, S, S, 3)``, real ones first; a teacher is there
    where one was asked for.
    """

    device: torch.device
    check: NDArray[np.uint8]
    teacher: Teacher | None = None


def make_optimiser(values: list[nn.Parameter], preset: Preset) -> torch.optim.AdamW:
    """AdamW that decays matrices and kernels, and leaves biases and normalisation alone."""
    groups = [
        {"params": [v for v in values if v.ndim > 1], "weight_decay": preset.weight_decay},
        {"params": [v for v in values if v.ndim <= 1], "weight_decay": 0.0},
    ]
    fused = values[0].device.type == "cuda"
    return torch.optim.AdamW(groups, lr=preset.learning_rate, fused=fused)


def frame_logits(
    network: SequenceNetwork, pixels: Tensor, dropout: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Embeddings ``(N, D)`` and logits ``(N, 2)`` of single crops, float ``(N, 3, S, S)``."""
    assert network.frame_head is not None, "stage one needs a frame head"
    with torch.autocast(pixels.device.type, torch.bfloat16):
        embeddings = network.embed(pixels)
    embeddings = embeddings.float()
    kept = nn.functional.dropout(embeddings, dropout, network.training)
    return embeddings, network.frame_head(kept)


def train_frames(
    state: State, supply: Supply, room: Classroom, preset: Preset, folder: Path
) -> None:
    """Train until the preset's time or steps are used up; saves, validates and logs on the way.

    Args:
        state: Goes on from here; changed in place. In a process group each process holds its own,
            all alike, and the first one saves.
        supply: Batches from the state's step on.
        room: Where to compute and what to judge by.
        preset: How.
        folder: Gets `frames.pt`, `frames.csv` and `frames.png`.

    Raises:
        TrainingError: The loss is no number, or memory or disk are full.
        TrainingStopped: It was asked to stop and has saved.
    """
    first = place_in_group()[0] == 0
    log = _Log(state, room, preset, folder) if first else None
    clock, saved = time.monotonic() - state.seconds, state.seconds
    with StopRequest(patient=place_in_group()[1] > 1) as stop:
        while progress_of(preset, state.step, state.seconds) < 1.0:
            along = along_schedule(preset, state.step, state.seconds)
            began = time.monotonic()
            batch = supply.next()
            waited = time.monotonic() - began
            figures = take_step(state, batch, along, room, preset)
            seconds, asked = share([], [time.monotonic() - clock, float(stop.asked)])
            state.seconds, state.noted = seconds, supply.noted
            _keep_states(state, preset)
            if log is not None:
                log.after_step(figures, waited)
                if asked or state.seconds - saved > SAVE_EVERY_S:
                    log.losses.settle(state.step)
                    state.save(folder / STATE)
                    saved = state.seconds
            if asked:
                if log is not None:
                    log.close()
                raise TrainingStopped(f"Stopped and saved at step {state.step}.")
    if log is not None:
        log.close()
        state.save(folder / STATE)


def take_step(
    state: State, batch: PairBatch, along: float, room: Classroom, preset: Preset
) -> Tensor:
    """One step of the optimiser.

    Args:
        state: Changed in place.
        batch: On the device.
        along: Its schedule, 0..1.
        room: Device and teacher.
        preset: Rates.

    Returns:
        Loss over whole crops, over regions, and to the teacher, float ``(3,)``.
    """
    for values in state.optimiser.param_groups:
        values["lr"] = rate_at(along, preset.learning_rate)
    lesson_weight = lesson_weight_at(along, preset.distil)
    state.network.train()
    seen = torch.zeros(3, device=room.device)

    def loss_of(first: int, last: int) -> Tensor:
        part = batch.part(first, last)
        losses = _losses(state, part, room, preset, taught=lesson_weight > 0)
        seen.add_(losses.detach() * ((last - first) / batch.pairs))
        return losses[0] + REGION_WEIGHT * losses[1] + lesson_weight * losses[2]

    def clear() -> None:
        state.optimiser.zero_grad(set_to_none=True)
        seen.zero_()

    state.portions.backward(batch.pairs, loss_of, clear)
    share(state.learned(), [])
    nn.utils.clip_grad_norm_(state.learned(), 2.0)
    state.optimiser.step()
    state.step += 1
    decay = min(preset.average_decay, (1 + state.step) / (10 + state.step))
    follow(state.average, state.network, decay)
    return seen


def score_crops(
    network: SequenceNetwork, crops: NDArray[np.uint8], preset: Preset, batch: int = 64
) -> NDArray[np.float32]:
    """Frame scores ``(N,)`` of crops uint8 ``(N, S, S, 3)``."""
    network.eval()
    device = next(network.parameters()).device
    scores = []
    with torch.inference_mode():
        for part in torch.split(torch.from_numpy(crops), batch):
            pixels = to_pixels(part, device, preset.mean, preset.std)
            scores.append(synthetic_score(frame_logits(network, pixels)[1]).cpu())
    return np.asarray(torch.cat(scores).numpy())


def _losses(
    state: State, batch: PairBatch, room: Classroom, preset: Preset, *, taught: bool
) -> Tensor:
    """The three losses of a batch, float ``(3,)``; the last is 0 where nothing is taught."""
    pixels = to_pixels(batch.crops, room.device, preset.mean, preset.std)
    labels = torch.arange(2, device=room.device).repeat_interleave(batch.pairs)
    embeddings, logits = frame_logits(state.network, pixels, dropout=0.2)
    whole = nn.functional.cross_entropy(logits, labels, label_smoothing=0.1)
    where = region_loss(state.region_head(), batch.regions)
    lesson = torch.zeros((), device=room.device)
    if taught and room.teacher is not None and state.projection is not None:
        given = room.teacher(batch.crops, room.device)
        lesson = lesson_loss(state.projection(embeddings), logits, given)
    return torch.stack([whole, where, lesson])


def _keep_states(state: State, preset: Preset) -> None:
    """Take the running average into the mean at even distances along the way."""
    progress = progress_of(preset, state.step, state.seconds)
    due = int(progress * preset.average_states + 1e-9)
    if preset.average_states > 1 and due > state.averaged:
        state.mean = add_state(state.mean, state.averaged, state.average)
        state.averaged += 1


class _Log:
    """What the first process writes down while it trains."""

    def __init__(self, state: State, room: Classroom, preset: Preset, folder: Path) -> None:
        self._state, self._room, self._preset = state, room, preset
        self._curve = Curve(folder / CURVE, _COLUMNS, _PANELS)
        self._curve.rewind(state.step)
        self._progress = Progress("stage one")
        self.losses = Losses()
        self._rows = self._rows_due()
        self._waited, self._since = 0.0, state.seconds

    def after_step(self, figures: Tensor, waited: float) -> None:
        """Note a step; add a row to the curve where one is due.

        Raises:
            TrainingError: The loss is no number.
        """
        state = self._state
        self.losses.add(figures, state.step)
        self._waited += waited
        done = progress_of(self._preset, state.step, state.seconds)
        left = seconds_left(self._preset, state.step, state.seconds)
        self._progress.show(done, left, f"step {state.step}, loss {self.losses.latest:.3f}")
        due = self._rows_due()
        if due > self._rows:
            looks = due * VALIDATIONS // ROWS - self._rows * VALIDATIONS // ROWS
            self._add_row(validated=looks > 0)
            self._rows = due

    def close(self) -> None:
        """Take the bar off the terminal."""
        self._progress.close()

    def _rows_due(self) -> int:
        return int(ROWS * progress_of(self._preset, self._state.step, self._state.seconds))

    def _add_row(self, *, validated: bool) -> None:
        state, preset = self._state, self._preset
        along = along_schedule(preset, state.step, state.seconds)
        loss, region, lesson = self.losses.means(state.step)
        waiting = min(1.0, self._waited / max(state.seconds - self._since, 1e-9))
        row = {
            "step": state.step,
            "seconds": round(state.seconds),
            "samples": state.step * preset.pairs_per_batch * 2 * place_in_group()[1],
            "learning_rate": f"{rate_at(along, preset.learning_rate):.2e}",
            "hardness": f"{hardness_at(along):.2f}",
            "loss": f"{loss:.4f}",
            "region_loss": f"{region:.4f}",
            "lesson_loss": f"{lesson:.4f}" if lesson > 0 else "",
            "waiting": f"{waiting:.3f}",
        }
        if validated:
            scores = score_crops(state.average, self._room.check, preset)
            half = len(scores) // 2
            row["validation_auc"] = f"{auc(scores[:half], scores[half:]):.4f}"
            said = f"step {state.step}: loss {loss:.3f}, AUC {row['validation_auc']}"
            self._progress.say(f"{said}, waiting for pairs {waiting:.0%} of the time")
        self._curve.add(row)
        self._waited, self._since = 0.0, state.seconds
