"""Cutting an exhibit into chunks along a grid of frames that never moves."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from workstation.analysis.settings import AnalysisSettings
from workstation.cases.records import FrameIndex

_SHORTEST_LAST = 1 / 3
_SHORT_SECONDS = 2.0
_AT_LEAST = 4
_NEAR, _NEAR_IN_SHORT = 1 / 2, 1 / 16
"""So far off, in lengths of a chunk, a key frame may lie for a chunk to begin there."""


@dataclass(frozen=True)
class ChunkSpan:
    """Frames first..stop-1, owned by one chunk, which also looks at frame `stop`.

    Both numbers lie on the grid, but for a `stop` that is the exhibit's frame count.
    """

    first: int
    stop: int


def plan_chunks(index: FrameIndex, settings: AnalysisSettings) -> list[ChunkSpan]:
    """Divide an exhibit's frames into chunks, without gap or overlap.

    A chunk begins at the first grid frame at or behind a key frame where one is near, so that
    hardly a frame is decoded for nothing. A short exhibit gets shorter chunks of nearly the same
    length, so that several workers have something to do, and end at about the same time: that is
    worth more than the frames decoded for nothing.

    Args:
        index: The exhibit's frames.
        settings: Grid and wished length.

    Returns:
        Chunks in order; empty for an exhibit without frames.
    """
    count, grid = len(index), settings.grid
    if not count:
        return []
    times = index.times
    starts = _grid_at_or_after(np.flatnonzero(index.key), grid, count)
    length = min(settings.chunk_seconds, max(_SHORT_SECONDS, float(times[-1]) / _AT_LEAST))
    near = _NEAR_IN_SHORT if length < settings.chunk_seconds else _NEAR
    edges = [0]
    while True:
        first = edges[-1]
        wished = _frame_at(times, float(times[first]) + length)
        tail = float(times[-1] - times[first])
        if wished >= count or tail < length * (1 + _SHORTEST_LAST):
            break
        stop = _start(starts, wished, first, grid, near)
        if stop >= count:
            break
        edges.append(stop)
    edges.append(count)
    return [ChunkSpan(first, stop) for first, stop in pairwise(edges)]


def _frame_at(times: np.ndarray, second: float) -> int:
    """Number of the first frame at or after a second; the frame count when there is none."""
    return int(np.searchsorted(times, second - 1e-9))


def _grid_at_or_after(frames: np.ndarray, grid: int, count: int) -> np.ndarray:
    starts = -(-frames // grid) * grid
    return np.unique(starts[starts < count])


def _start(starts: np.ndarray, wished: int, first: int, grid: int, near: float) -> int:
    """The start nearest to the wished frame, if it is near in chunks' lengths; else the grid's."""
    fit = starts[(np.abs(starts - wished) <= (wished - first) * near) & (starts > first)]
    if len(fit):
        return int(fit[np.argmin(np.abs(fit - wished))])
    return max(first + grid, -(-wished // grid) * grid)
