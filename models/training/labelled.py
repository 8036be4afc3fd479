"""Labelled recordings as training material: windows of face crops, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from models.preprocessing import align_face
from models.training.face_store import FaceStore
from models.training.loop.devices import prepare_worker
from models.training.loop.errors import TrainingError
from models.training.presets import LabelledPreset

Batch = tuple[Tensor, Tensor]
"""Crops uint8 ``(B, T, S, S, 3)`` RGB and labels int64 ``(B, T)``, 1 for synthetic."""


class Windows(Protocol):
    """Sequences with a label, by number."""

    def __len__(self) -> int:
        """How many there are."""

    def crops(self, number: int) -> NDArray[np.uint8]:
        """RGB uint8 ``(T, S, S, 3)`` of one."""

    def labels(self) -> NDArray[np.int64]:
        """1 for synthetic and 0 for authentic, int64 ``(N,)``."""

    def recordings(self) -> NDArray[np.intp]:
        """Number of the recording each is from, intp ``(N,)``."""


@dataclass(frozen=True)
class StoredWindows:
    """Windows of a face-crop store, cut as the network sees faces.

    Args:
        store: The store.
        rows: Where each window begins in it, intp ``(N,)``.
        fake: Whether each is manipulated, int64 ``(N,)``.
        clips: Number of the recording each is from, intp ``(N,)``.
        preset: Length, size and margin.
    """

    store: FaceStore
    rows: NDArray[np.intp]
    fake: NDArray[np.int64]
    clips: NDArray[np.intp]
    preset: LabelledPreset

    def __len__(self) -> int:
        return len(self.rows)

    def crops(self, number: int) -> NDArray[np.uint8]:
        """RGB uint8 ``(T, S, S, 3)`` of one window."""
        first = int(self.rows[number])
        chosen = slice(first, first + self.preset.sequence_length)
        crops = np.array(self.store.crops[chosen])
        if _as_stored(self.store, self.preset):
            return crops
        pairs = zip(crops, self.store.facts["landmarks"][chosen], strict=True)
        size, margin = self.preset.size, self.preset.margin
        return np.stack([align_face(crop, marks, size, margin) for crop, marks in pairs])

    def labels(self) -> NDArray[np.int64]:
        """1 for synthetic and 0 for authentic, int64 ``(N,)``."""
        return self.fake

    def recordings(self) -> NDArray[np.intp]:
        """Number of the recording each is from, intp ``(N,)``."""
        return self.clips


def open_windows(store: FaceStore, preset: LabelledPreset, side: str) -> StoredWindows:
    """The windows of one side of the split.

    Args:
        store: The face-crop store.
        preset: Length, size and margin.
        side: "train", "validation" or "test".

    Raises:
        TrainingError: The store's crops are too narrow, or the side lacks one of the classes.
    """
    if not _as_stored(store, preset) and store.protocol.margin < preset.margin:
        raise TrainingError(
            f"The store's crops span {store.protocol.margin} face sizes, this preset needs "
            f"{preset.margin}. Make the store anew with --protocol ours."
        )
    sequences = list(store.sequences(preset.sequence_length, side=side))
    fake = np.array([sequence.clip.recording.fake for sequence in sequences], np.int64)
    for label, kind in ((0, "authentic"), (1, "manipulated")):
        if not (fake == label).any():
            raise TrainingError(
                f"The {side} side holds no {kind} sequence of {preset.sequence_length} frames. Add "
                f"{kind} recordings, or give a smaller --sequence-length."
            )
    keys = [sequence.clip.recording.key for sequence in sequences]
    clips = np.unique(keys, return_inverse=True)[1].astype(np.intp)
    rows = np.array([sequence.first for sequence in sequences], np.intp)
    return StoredWindows(store, rows, fake, clips, preset)


def _as_stored(store: FaceStore, preset: LabelledPreset) -> bool:
    """Whether the store's crops have the size and margin wanted."""
    stored = store.protocol
    return stored.size == preset.size and abs(stored.margin - preset.margin) < 1e-6


def class_weights(labels: NDArray[np.int64]) -> Tensor:
    """What each class counts in the loss so that both weigh alike, float32 ``(2,)``."""
    counts = np.bincount(labels, minlength=2)
    return torch.from_numpy((len(labels) / (2.0 * counts)).astype(np.float32))


class _Batches(Dataset[Batch]):
    """Batches by the numbers of their windows and whether each is mirrored."""

    def __init__(self, windows: Windows) -> None:
        self._windows, self._labels = windows, windows.labels()

    def __getitem__(self, chosen: Sequence[tuple[int, bool]]) -> Batch:
        made = []
        for number, mirrored in chosen:
            crops = self._windows.crops(number)
            made.append(np.ascontiguousarray(crops[:, :, ::-1]) if mirrored else crops)
        crops = np.stack(made)
        labels = self._labels[[number for number, _ in chosen]]
        spread = np.repeat(labels[:, None], crops.shape[1], axis=1)
        return torch.from_numpy(crops), torch.from_numpy(spread)


def batches_in(windows: Windows, per_batch: int) -> int:
    """How many batches an epoch has; the last one may be smaller."""
    return -(-len(windows) // per_batch)


def training_batches(
    windows: Windows, per_batch: int, *, epoch: int, skip: int, seed: int, workers: int
) -> Iterator[Batch]:
    """The batches of an epoch in the order that seed and epoch give, from the one after `skip` on.

    Args:
        windows: The supply.
        per_batch: Windows to a batch.
        epoch: Which.
        skip: How many batches were used already.
        seed: Of the training.
        workers: Processes that make batches, 0 for none.
    """
    rng = np.random.default_rng((seed, 11, epoch))
    order, mirrored = rng.permutation(len(windows)), rng.random(len(windows)) < 0.5
    chosen = [(int(number), bool(mirrored[number])) for number in order]
    groups = [chosen[first : first + per_batch] for first in range(0, len(chosen), per_batch)]
    return _load(windows, groups[skip:], workers)


def plain_batches(windows: Windows, per_batch: int, workers: int) -> Iterator[Batch]:
    """All windows in order, as they are."""
    chosen = [(number, False) for number in range(len(windows))]
    groups = [chosen[first : first + per_batch] for first in range(0, len(chosen), per_batch)]
    return _load(windows, groups, workers)


def _load(
    windows: Windows, groups: Sequence[Sequence[tuple[int, bool]]], workers: int
) -> Iterator[Batch]:
    loader = DataLoader(
        _Batches(windows),
        batch_size=None,
        sampler=groups,
        num_workers=workers,
        prefetch_factor=3 if workers else None,
        pin_memory=torch.cuda.is_available(),
        worker_init_fn=prepare_worker,
        # Its own, so that the loader does not draw from the numbers that dropout uses.
        generator=torch.Generator(),
    )
    return iter(loader)
