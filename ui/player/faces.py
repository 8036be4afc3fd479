"""The faces of a run, looked up by frame."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from workstation.cases.records import FaceTable

Scores = NDArray[np.float32]

COLUMNS = tuple(column.name for column in fields(FaceTable))


def rows(faces: FaceTable, chosen: slice | np.ndarray) -> FaceTable:
    """The chosen rows of a face table, without copying where `chosen` is a slice."""
    return FaceTable(**{name: getattr(faces, name)[chosen] for name in COLUMNS})


def no_faces() -> FaceTable:
    """A face table without rows."""
    return FaceTable(
        frame=np.zeros(0, np.int64),
        track=np.zeros(0, np.int32),
        scored=np.zeros(0, np.bool_),
        score=np.zeros(0, np.float32),
        box=np.zeros((0, 4), np.float32),
        landmarks=np.zeros((0, 5, 2), np.float32),
    )


class FacesByFrame:
    """Face tables of consecutive stretches of an exhibit; adding one copies nothing."""

    def __init__(self) -> None:
        self._tables: list[FaceTable] = []
        self._firsts: list[int] = []

    def set(self, faces: FaceTable) -> None:
        """Forget everything and hold `faces`."""
        self.clear()
        self.append(faces)

    def clear(self) -> None:
        """Forget everything."""
        self._tables, self._firsts = [], []

    def append(self, faces: FaceTable) -> None:
        """Add the faces of further frames; frames held already are replaced.

        Args:
            faces: rows ordered by frame, as of one committed stretch.
        """
        if not len(faces):
            return
        first, last = int(faces.frame[0]), int(faces.frame[-1])
        kept = [piece for table in self._tables for piece in _without(table, first, last)]
        self._tables = sorted([*kept, faces], key=lambda table: int(table.frame[0]))
        self._firsts = [int(table.frame[0]) for table in self._tables]

    def at(self, frame: int) -> FaceTable:
        """The faces of one frame, by track; empty where there are none."""
        place = bisect_right(self._firsts, frame) - 1
        if place < 0:
            return no_faces()
        table = self._tables[place]
        start, stop = np.searchsorted(table.frame, [frame, frame + 1])
        return rows(table, slice(start, stop))

    def most(self, measure: Callable[[Scores], Scores]) -> int | None:
        """The first frame with the scored face for which a measure is greatest, or None.

        Args:
            measure: from scores to what is compared, float32 (N,) both.
        """
        best: tuple[float, int] | None = None
        for table in self._tables:
            chosen = np.flatnonzero(table.scored)
            if len(chosen):
                measured = measure(table.score[chosen])
                place = int(np.argmax(measured))
                if best is None or float(measured[place]) > best[0]:
                    best = float(measured[place]), int(table.frame[chosen[place]])
        return best[1] if best else None


def _without(table: FaceTable, first: int, last: int) -> list[FaceTable]:
    start, stop = np.searchsorted(table.frame, [first, last + 1])
    if start == stop and (start in (0, len(table))):
        return [table]
    parts = (rows(table, slice(0, start)), rows(table, slice(stop, None)))
    return [part for part in parts if len(part)]
