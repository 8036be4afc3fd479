"""Stage one: trunk and frame head, on pairs of stills."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as group
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from models.preprocessing import normalise
from models.sequence_network import SequenceNetwork, synthetic_score
from models.training.metrics import auc
from models.training.pairs import Pairs
from models.training.presets import Preset
from models.training.regions import RegionHead, region_loss, region_map

SAVE_EVERY_S = 180.0
VALIDATE_EVERY_S = 600.0
VALIDATION_PAIRS = 200
REGION_WEIGHT = 2.0
_COLUMNS = ("seconds", "step", "samples", "learning_rate", "hardness", "loss", "validation_auc")


@dataclass
class State:
    """Everything a training needs to go on where it stopped."""

    network: SequenceNetwork
    average: SequenceNetwork
    region_head: RegionHead
    optimiser: torch.optim.AdamW
    step: int = 0
    seconds: float = 0.0

    def save(self, path: Path) -> None:
        """Write a checkpoint; the one before survives a crash half way."""
        content = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "region_head": self.region_head.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
        }
        torch.save(content, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def load(self, path: Path) -> None:
        """Go back to a checkpoint."""
        content = torch.load(path, map_location="cpu", weights_only=True)
        self.network.load_state_dict(content["network"])
        self.average.load_state_dict(content["average"])
        self.region_head.load_state_dict(content["region_head"])
        self.optimiser.load_state_dict(content["optimiser"])
        self.step, self.seconds = content["step"], content["seconds"]

    def learned(self) -> list[nn.Parameter]:
        """All that stage one changes."""
        return [*self.network.parameters(), *self.region_head.parameters()]


class Batches(Dataset[tuple[NDArray[np.uint8], NDArray[np.float32]]]):
    """Batches of N pairs by number.

    Crops uint8 ``(2 N, S, S, 3)``, first the real ones, then the forged ones in the same order; and
    where they are forged, float32 ``(2 N, h, w)``, 0..1.
    """

    def __init__(self, pairs: Pairs, per_batch: int, hardness: Synchronized[float]) -> None:
        self._pairs, self._per_batch, self._hardness = pairs, per_batch, hardness

    def __getitem__(self, number: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        first = number * self._per_batch
        hardness = self._hardness.value
        made = [self._pairs.make(first + i, hardness) for i in range(self._per_batch)]
        crops = np.stack([pair.real for pair in made] + [pair.forged for pair in made])
        forged = np.stack([region_map(pair.region) for pair in made])
        return crops, np.concatenate([np.zeros_like(forged), forged])


def hardness_at(progress: float) -> float:
    """Plain forgeries first; the full range from two thirds of the time on."""
    return min(1.0, 0.2 + 1.2 * progress)


def rate_at(progress: float, highest: float) -> float:
    """Learning rate: a short warm-up, then half a cosine down to a hundredth."""
    if progress < 0.03:
        return highest * (0.05 + 0.95 * progress / 0.03)
    along = (progress - 0.03) / 0.97
    return highest * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * min(along, 1.0))))


def make_optimiser(
    network: nn.Module, region_head: RegionHead, preset: Preset
) -> torch.optim.AdamW:
    """AdamW that decays matrices and kernels, and leaves biases and normalisation alone."""
    parameters = [*network.parameters(), *region_head.parameters()]
    values = [value for value in parameters if value.requires_grad]
    groups = [
        {"params": [v for v in values if v.ndim > 1], "weight_decay": preset.weight_decay},
        {"params": [v for v in values if v.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=preset.learning_rate)


def follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Let a running average of weights and statistics follow the network."""
    theirs = network.state_dict()
    for name, value in average.state_dict().items():
        if value.is_floating_point():
            value.lerp_(theirs[name], 1.0 - decay)
        else:
            value.copy_(theirs[name])


def frame_logits(network: SequenceNetwork, pixels: Tensor, dropout: float = 0.0) -> Tensor:
    """Logits ``(N, 2)`` of single crops, float ``(N, 3, S, S)``."""
    assert network.frame_head is not None, "stage one needs a frame head"
    with torch.autocast(pixels.device.type, torch.bfloat16):
        embeddings = network.embed(pixels)
    embeddings = nn.functional.dropout(embeddings.float(), dropout, network.training)
    logits: Tensor = network.frame_head(embeddings)
    return logits


def train_frames(
    state: State, pairs: Pairs, check: NDArray[np.uint8], preset: Preset, folder: Path
) -> None:
    """Train until the preset's time is used up; saves, validates and logs on the way.

    Args:
        state: Goes on from here; changed in place. In a process group each process holds its own,
            all alike, and the first one saves.
        pairs: The supply.
        check: Validation crops, uint8 ``(2 N, S, S, 3)``, real ones first.
        preset: How.
        folder: Gets `frames.pt` and `frames.csv`.

    Raises:
        OSError: The folder cannot be written.
    """
    torch.set_num_threads(1)
    rank, processes = place_in_group()
    hardness = torch.multiprocessing.get_context().Value("d", 0.0, lock=False)
    made = Batches(pairs, preset.pairs_per_batch, hardness)
    batches = _supply(made, state.step * processes + rank, processes, preset)
    clock = time.monotonic() - state.seconds
    saved = validated = state.seconds
    losses: list[float] = []
    while state.seconds < preset.frame_minutes * 60:
        progress = state.seconds / (preset.frame_minutes * 60)
        hardness.value = hardness_at(progress)
        rate = rate_at(progress, preset.learning_rate)
        losses.append(_step(state, next(batches), rate, preset, time.monotonic() - clock))
        if rank > 0:
            continue
        if state.seconds - validated > VALIDATE_EVERY_S:
            _log(state, preset, losses, check, folder)
            validated, losses = state.seconds, []
        if state.seconds - saved > SAVE_EVERY_S:
            state.save(folder / "frames.pt")
            saved = state.seconds
            print(f"{state.seconds:.0f} s, step {state.step}", flush=True)
    if rank == 0:
        _log(state, preset, losses, check, folder)
        state.save(folder / "frames.pt")


def place_in_group() -> tuple[int, int]:
    """This process's number and how many train together."""
    if group.is_available() and group.is_initialized():
        return group.get_rank(), group.get_world_size()
    return 0, 1


def share_gradients(values: list[nn.Parameter], seconds: float) -> float:
    """Average gradients over the process group, and the time gone by; gives the latter."""
    _, processes = place_in_group()
    if processes == 1:
        return seconds
    gradients = [value.grad for value in values if value.grad is not None]
    flat = torch.cat([g.reshape(-1) for g in gradients] + [torch.tensor([seconds])])
    group.all_reduce(flat)
    flat /= processes
    parts = torch.split(flat, [*(g.numel() for g in gradients), 1])
    for gradient, part in zip(gradients, parts[:-1], strict=True):
        gradient.copy_(part.reshape(gradient.shape))
    return float(parts[-1])


def score_crops(
    network: SequenceNetwork, crops: NDArray[np.uint8], preset: Preset, batch: int = 64
) -> NDArray[np.float32]:
    """Frame scores ``(N,)`` of crops uint8 ``(N, S, S, 3)``."""
    network.eval()
    scores = []
    with torch.inference_mode():
        for first in range(0, len(crops), batch):
            pixels = normalise(crops[first : first + batch], preset.mean, preset.std)
            scores.append(synthetic_score(frame_logits(network, pixels)).numpy())
    return np.concatenate(scores)


def validation_crops(pairs: Pairs, count: int = VALIDATION_PAIRS) -> NDArray[np.uint8]:
    """The first pairs of a validation supply at full hardness, real crops first."""
    made = [pairs.make(number, 1.0) for number in range(count)]
    return np.stack([pair.real for pair in made] + [pair.forged for pair in made])


def _supply(batches: Batches, start: int, stride: int, preset: Preset) -> Iterator[Any]:
    """Every `stride`-th batch from a number on, made in worker processes."""

    def numbers() -> Iterator[int]:
        number = start
        while True:
            yield number
            number += stride

    return iter(
        DataLoader(
            batches,
            batch_size=None,
            sampler=numbers(),
            num_workers=preset.workers,
            prefetch_factor=3 if preset.workers else None,
        )
    )


def _step(
    state: State, batch: tuple[Tensor, Tensor], rate: float, preset: Preset, seconds: float
) -> float:
    """One step of the optimiser; gives the loss over whole crops."""
    crops, regions = batch
    for values in state.optimiser.param_groups:
        values["lr"] = rate
    pixels = normalise(crops.numpy(), preset.mean, preset.std)
    labels = torch.arange(2).repeat_interleave(len(pixels) // 2)
    state.network.train()
    logits = frame_logits(state.network, pixels, dropout=0.2)
    loss = nn.functional.cross_entropy(logits, labels, label_smoothing=0.02)
    state.optimiser.zero_grad(set_to_none=True)
    where = region_loss(state.region_head(), regions)
    (loss + REGION_WEIGHT * where).backward()  # type: ignore[no-untyped-call]
    state.seconds = share_gradients(state.learned(), seconds)
    nn.utils.clip_grad_norm_(state.learned(), 2.0)
    state.optimiser.step()
    state.step += 1
    decay = min(preset.average_decay, (1 + state.step) / (10 + state.step))
    follow(state.average, state.network, decay)
    return float(loss.detach())


def _log(
    state: State, preset: Preset, losses: list[float], check: NDArray[np.uint8], folder: Path
) -> None:
    """Validate the averaged network and add a line to the curve."""
    scores = score_crops(state.average, check, preset)
    half = len(check) // 2
    progress = min(1.0, state.seconds / (preset.frame_minutes * 60))
    row = (
        round(state.seconds),
        state.step,
        state.step * preset.pairs_per_batch * 2 * place_in_group()[1],
        f"{rate_at(progress, preset.learning_rate):.2e}",
        f"{hardness_at(progress):.2f}",
        f"{float(np.mean(losses)) if losses else math.nan:.4f}",
        f"{auc(scores[:half], scores[half:]):.4f}",
    )
    path = folder / "frames.csv"
    new = not path.exists()
    with path.open("a", newline="") as stream:
        writer = csv.writer(stream)
        if new:
            writer.writerow(_COLUMNS)
        writer.writerow(row)
    print(dict(zip(_COLUMNS, row, strict=True)), flush=True)
