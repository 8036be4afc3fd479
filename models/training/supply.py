"""Batches of pairs from worker processes, in an order that survives an interruption."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from models.training.loop.devices import prepare_worker
from models.training.pairs import Pairs
from models.training.presets import Preset
from models.training.regions import region_map

RING = 48
"""How many batches back a pair may be seen again."""
_PREFETCH = 3


@dataclass(frozen=True)
class PairBatch:
    """N pairs.

    `crops` RGB uint8 ``(2 N, S, S, 3)``, first the real ones, then the forged ones in the same
    order; `regions` float32 ``(2 N, h, w)``, 0..1, where they are forged.
    """

    crops: Tensor
    regions: Tensor

    @property
    def pairs(self) -> int:
        """N."""
        return len(self.crops) // 2

    def part(self, first: int, last: int) -> PairBatch:
        """Pairs `first` to `last`."""
        chosen = [slice(first, last), slice(self.pairs + first, self.pairs + last)]
        return PairBatch(*(torch.cat([t[s] for s in chosen]) for t in (self.crops, self.regions)))


class Batches(Dataset[tuple[NDArray[np.uint8], NDArray[np.float32]]]):
    """Batches by number and hardness, as `PairBatch` holds them."""

    def __init__(self, pairs: Pairs, per_batch: int) -> None:
        self._pairs, self._per_batch = pairs, per_batch

    def __getitem__(
        self, asked: tuple[int, float]
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        number, hardness = asked
        first = number * self._per_batch
        made = [self._pairs.make(first + i, hardness) for i in range(self._per_batch)]
        crops = np.stack([pair.real for pair in made] + [pair.forged for pair in made])
        forged = np.stack([region_map(pair.region) for pair in made])
        return crops, np.concatenate([np.zeros_like(forged), forged])


class Supply:
    """The batches of stage one, one after the other.

    Batch number n is always made of the same pairs. How hard they are follows the training; it is
    noted when a batch is asked for, so that a training that goes on after an interruption gets the
    very batches it would have got.

    Args:
        pairs: The supply of pairs.
        preset: How many to a batch, how often each is used.
        place: This process's number, and how many train together.
        workers: Processes that make batches, 0 for none.
        device: Where batches are wanted.
        hardness: How hard a batch that is asked for now shall be, 0..1.
        step: The step that the first batch is for.
        noted: `noted` of the supply before the interruption.
    """

    def __init__(
        self,
        pairs: Pairs,
        preset: Preset,
        *,
        place: tuple[int, int],
        workers: int,
        device: torch.device,
        hardness: Callable[[], float],
        step: int = 0,
        noted: list[float] | None = None,
    ) -> None:
        self._preset, self._device, self._hardness = preset, device, hardness
        self._seen: deque[PairBatch] = deque(maxlen=RING if preset.echo > 1 else 0)
        self._kept = min(step, self._seen.maxlen or 0)
        self._noted = deque(noted or ())
        self._asked: deque[float] = deque()
        self._step = step
        fresh = Batches(pairs, preset.pairs_per_batch // preset.echo)
        self._batches = _load(fresh, self._numbers(step - self._kept, *place), workers)
        for _ in range(self._kept):
            self._seen.append(self._fresh())

    @property
    def noted(self) -> list[float]:
        """How hard the batches are that an interrupted training will ask for first."""
        return list(self._asked)

    def next(self) -> PairBatch:
        """The next batch, on the device; parts that were seen before may be mirrored."""
        fresh = self._fresh()
        if self._preset.echo == 1:
            self._asked.popleft()
            self._step += 1
            return fresh
        rng = np.random.default_rng((self._preset.seed, 17, self._step))
        again = min(self._preset.echo - 1, len(self._seen))
        chosen = rng.permutation(len(self._seen))[:again]
        parts = [fresh, *(_mirrored(self._seen[i], rng) for i in chosen)]
        if len(self._seen) == self._seen.maxlen:
            self._asked.popleft()
        self._seen.append(fresh)
        self._step += 1
        return _joined(parts)

    def close(self) -> None:
        """Let the workers go."""
        self._batches = iter(())

    def _fresh(self) -> PairBatch:
        crops, regions = next(self._batches)
        return PairBatch(
            crops.to(self._device, non_blocking=True), regions.to(self._device, non_blocking=True)
        )

    def _numbers(self, first: int, rank: int, processes: int) -> Iterator[tuple[int, float]]:
        number = first * processes + rank
        while True:
            hardness = self._noted.popleft() if self._noted else self._hardness()
            self._asked.append(hardness)
            yield number, hardness
            number += processes


def validation_crops(pairs: Pairs, count: int, workers: int = 0) -> NDArray[np.uint8]:
    """The first pairs of a supply at full hardness, uint8 ``(2 N, S, S, 3)``, real ones first."""
    made = _load(Batches(pairs, 1), [(number, 1.0) for number in range(count)], workers)
    crops = torch.stack([crops for crops, _ in made])
    return np.asarray(crops.transpose(0, 1).flatten(0, 1).numpy())


def _load(batches: Batches, numbers: Any, workers: int) -> Iterator[Any]:
    loader = DataLoader(
        batches,
        batch_size=None,
        sampler=numbers,
        num_workers=workers,
        prefetch_factor=_PREFETCH if workers else None,
        pin_memory=torch.cuda.is_available(),
        worker_init_fn=prepare_worker,
        # Its own, so that the loader does not draw from the numbers that dropout uses.
        generator=torch.Generator(),
    )
    return iter(loader)


def _mirrored(batch: PairBatch, rng: np.random.Generator) -> PairBatch:
    """Half the time left and right exchanged, crops and regions alike."""
    if rng.random() < 0.5:
        return batch
    return PairBatch(batch.crops.flip(2), batch.regions.flip(2))


def _joined(batches: list[PairBatch]) -> PairBatch:
    """Several batches as one, all real crops first."""
    crops = [b.crops[: b.pairs] for b in batches] + [b.crops[b.pairs :] for b in batches]
    regions = [b.regions[: b.pairs] for b in batches] + [b.regions[b.pairs :] for b in batches]
    return PairBatch(torch.cat(crops), torch.cat(regions))
