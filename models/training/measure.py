"""How fast pairs are made and how fast they are used: whether the network will have to wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import torch

from models.training import stage_one
from models.training.corruption import codec_note
from models.training.frames import take_step
from models.training.loop.devices import choose_device
from models.training.loop.errors import TrainingError
from models.training.material import STORE, open_material
from models.training.pairs import Pairs
from models.training.presets import Preset
from models.training.request import Request
from models.training.supply import Batches, PairBatch

SECONDS = 8.0


@dataclass(frozen=True)
class Speed:
    """What was measured.

    `made` pairs a second by one worker of `workers`; `steps` a second of `pairs` pairs each, of
    which one part in `echo` is new.
    """

    made: float
    workers: int
    steps: float
    pairs: int
    echo: int
    device: str

    @property
    def ratio(self) -> float:
        """Pairs made over new pairs used; under 1 the network waits."""
        return self.made * max(1, self.workers) / (self.steps * self.pairs / self.echo)

    def lines(self) -> list[str]:
        """The figures in words."""
        supply, use = self.made * max(1, self.workers), self.steps * self.pairs / self.echo
        balanced = max(1, round(self.steps * self.pairs / supply))
        lines = [
            f"one worker makes {self.made:.1f} pairs/s, {self.workers} workers about {supply:.0f}",
            f"{self.device} takes {self.steps:.2f} steps/s of {self.pairs} pairs, "
            f"{use:.0f} new pairs/s with --echo {self.echo}",
            f"supply over use: {self.ratio:.2f}",
        ]
        if self.ratio < 1.0:
            lines.append(
                f"The network will wait {1 - self.ratio:.0%} of the time; --echo {balanced} would "
                "keep it busy."
            )
        note = codec_note()
        return lines if note is None else [*lines, note]


def measure(request: Request, seconds: float = SECONDS) -> Speed:
    """Make pairs in this process, and train a network that is thrown away.

    Args:
        request: Its output folder holds the prepared stills.
        seconds: How long each of the two is measured, after a warm-up.

    Raises:
        TrainingError: No stills were prepared, or the preset does not use them.
        OSError: The store cannot be read.
    """
    if request.labelled or not (request.out / STORE / "index.npz").exists():
        raise TrainingError("To measure, prepare stills first: preset cpu or gpu30, “prepare”.")
    cv2.setNumThreads(0)
    preset, device = stage_one.preset_for(request), choose_device(request.device)
    pairs = Pairs(open_material(request), False, preset.size, preset.margin, preset.seed)
    batches = Batches(pairs, min(8, preset.pairs_per_batch))
    rate = _rate(lambda number: batches[number, 0.7], seconds)
    steps = _steps(request, preset, pairs, device, seconds)
    return Speed(
        made=rate * min(8, preset.pairs_per_batch),
        workers=request.workers_for(preset, preset.processes) * preset.processes,
        steps=steps * preset.processes,
        pairs=preset.pairs_per_batch,
        echo=preset.echo,
        device=stage_one.device_name(device),
    )


def _steps(
    request: Request, preset: Preset, pairs: Pairs, device: torch.device, seconds: float
) -> float:
    """Steps a second on one batch that lies on the device already."""
    state, room = stage_one.open_state(request, preset, pairs, device, fresh=True)
    few = Batches(pairs, 4)[0, 0.7]
    times = -(-preset.pairs_per_batch // 4)
    crops, regions = (torch.from_numpy(part).to(device) for part in few)
    halves = [
        torch.cat([part.reshape(2, 4, *part.shape[1:])] * times, dim=1)[:, : preset.pairs_per_batch]
        for part in (crops, regions)
    ]
    batch = PairBatch(*(half.flatten(0, 1) for half in halves))

    def step(_number: int) -> None:
        take_step(state, batch, 0.3, room, preset)
        if device.type == "cuda":
            torch.cuda.synchronize()

    return _rate(step, seconds)


def _rate(work: Callable[[int], object], seconds: float) -> float:
    """Calls a second, after two to warm up."""
    work(0)
    work(1)
    began, done = time.monotonic(), 0
    while time.monotonic() - began < seconds or done == 0:
        done += 1
        work(1 + done)
    return done / (time.monotonic() - began)
