"""The packed store of face crops from videos, as a training reads it.

It is made by `models.training.faces`; what lies in its files, `models.training.face_files` says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.training.datasets.recording import DataError, Recording
from models.training.face_cutting import FACT
from models.training.face_files import CROPS, FACTS, read_head, read_journal, read_sides
from models.training.splits import LEFT_OUT


@dataclass(frozen=True)
class Problem:
    """A recording that gave no faces, or not all of them."""

    key: str
    kind: str
    detail: str


@dataclass(frozen=True)
class StoredClip:
    """A recording with its side of the split and its rows [first, stop) of the store."""

    recording: Recording
    side: str
    first: int
    stop: int


@dataclass(frozen=True)
class FaceRun:
    """Consecutive frames of one face: rows [first, stop) of the store."""

    clip: StoredClip
    first: int
    stop: int


@dataclass(frozen=True)
class FaceSequence:
    """Consecutive frames of one face, cut to a length.

    `first` is the row of the store it begins at; `crops` RGB uint8 ``(T, S, S, 3)`` and `facts`
    `FACT` ``(T,)`` are views of the files on disk.
    """

    clip: StoredClip
    first: int
    crops: NDArray[np.uint8]
    facts: NDArray[np.void]


class FaceStore:
    """A finished store; the pixels stay on disk.

    Pickling carries the folder only, so that it can be handed to worker processes.

    Attributes:
        folder: Where it lies.
        protocol: How faces were cut.
        clips: The recordings with at least one face.
        crops: RGB uint8 ``(N, S, S, 3)``.
        facts: `FACT` ``(N,)``.
        problems: Recordings that gave no faces, or not all of them.

    Args:
        folder: Where `models.training.faces.faces` put it.

    Raises:
        DataError: There is no store, it is not finished, or it is damaged.
        OSError: A file cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.protocol = read_head(folder)
        entries, _ = read_journal(folder)
        sides = read_sides(folder)
        rows = max((entry.stop for entry in entries.values()), default=0)
        side = self.protocol.size
        self.crops: NDArray[np.uint8] = _mapped(
            folder / CROPS, np.dtype(np.uint8), (rows, side, side, 3)
        )
        self.facts: NDArray[np.void] = _mapped(folder / FACTS, FACT, (rows,))
        ordered = sorted(entries.values(), key=lambda entry: entry.first)
        self.clips = tuple(
            StoredClip(e.recording, sides.get(e.recording.key, LEFT_OUT), e.first, e.stop)
            for e in ordered
            if e.stop > e.first
        )
        self.problems = tuple(
            Problem(e.recording.key, e.problem, e.detail) for e in ordered if e.problem
        )

    def __reduce__(self) -> tuple[type[FaceStore], tuple[Path]]:
        return FaceStore, (self.folder,)

    def chosen(self, *, side: str | None = None, fake: bool | None = None) -> list[StoredClip]:
        """The clips of one side, or of all but those left out, real, fake or both."""
        return [
            clip
            for clip in self.clips
            if (clip.side == side if side else clip.side != LEFT_OUT)
            and fake in (None, clip.recording.fake)
        ]

    def rows(self, *, side: str | None = None, fake: bool | None = None) -> NDArray[np.intp]:
        """Row numbers of single crops, intp ``(K,)``."""
        clips = self.chosen(side=side, fake=fake)
        parts = [np.arange(clip.first, clip.stop) for clip in clips]
        return np.concatenate(parts) if parts else np.zeros(0, np.intp)

    def runs(self, *, side: str | None = None, fake: bool | None = None) -> list[FaceRun]:
        """Every run of consecutive frames of one face, in the order of the store."""
        found = []
        for clip in self.chosen(side=side, fake=fake):
            runs = self.facts["run"][clip.first : clip.stop]
            cuts = np.flatnonzero(np.diff(runs)) + 1
            edges = [clip.first, *(clip.first + int(cut) for cut in cuts), clip.stop]
            found += [FaceRun(clip, a, b) for a, b in pairwise(edges)]
        return found

    def sequences(
        self,
        length: int,
        *,
        side: str | None = None,
        fake: bool | None = None,
        step: int | None = None,
        seed: int | None = None,
    ) -> Iterator[FaceSequence]:
        """Every sequence of `length` consecutive frames, once.

        Args:
            length: Frames T of a sequence; runs shorter than that give none.
            side: "train", "validation" or "test"; all of them when None.
            fake: Only fakes, only real ones, or both.
            step: Frames from one sequence's start to the next within a run; `length` when None.
            seed: Shuffles them; the same seed gives the same order. In store order when None.
        """
        starts = [
            (run.clip, row)
            for run in self.runs(side=side, fake=fake)
            for row in range(run.first, run.stop - length + 1, step or length)
        ]
        order = np.arange(len(starts))
        if seed is not None:
            np.random.default_rng(seed).shuffle(order)
        for place in order:
            clip, row = starts[int(place)]
            stop = row + length
            yield FaceSequence(clip, row, self.crops[row:stop], self.facts[row:stop])


def open_face_store(folder: Path) -> FaceStore:
    """Open a finished store.

    Args:
        folder: Where it lies.

    Raises:
        DataError: There is no store, it is not finished, or it is damaged.
        OSError: A file cannot be read.
    """
    return FaceStore(folder)


def _mapped(path: Path, kind: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """A file as an array, read only."""
    needed = int(np.prod(shape)) * kind.itemsize
    if path.stat().st_size < needed:
        raise DataError(f"{path} is shorter than its journal says. Make the store anew.")
    if needed == 0:
        return np.zeros(shape, kind)
    return np.memmap(path, dtype=kind, mode="r", shape=shape)
