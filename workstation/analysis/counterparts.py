"""Which face track of one run is the same face as which of another run on the same exhibit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.cases.records import FaceTable

LEAST_OVERLAP = 0.5
"""Intersection over union from which two boxes in one frame are taken for the same face."""


def counterparts(shown: FaceTable, other: FaceTable) -> dict[int, int]:
    """Match face tracks by where their boxes lie.

    Two tracks belong together when they overlap in more frames than either does with any track
    still free; pairs are taken in the order of that number. Each track has one counterpart at most.

    Args:
        shown: Faces of the run shown.
        other: Faces of another run on the same exhibit.

    Returns:
        Track numbers of `other` by track number of `shown`.
    """
    pairs = _shared_frames(shown, other)
    found: dict[int, int] = {}
    for (one, another), _ in sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0])):
        if one not in found and another not in found.values():
            found[one] = another
    return dict(sorted(found.items()))


def _shared_frames(shown: FaceTable, other: FaceTable) -> dict[tuple[int, int], int]:
    """In how many frames each pair of tracks overlaps."""
    counts: dict[tuple[int, int], int] = {}
    others = [(int(n), np.flatnonzero(other.track == n)) for n in np.unique(other.track)]
    for track in np.unique(shown.track):
        rows = np.flatnonzero(shown.track == track)
        for number, there in others:
            _, one, another = np.intersect1d(
                shown.frame[rows], other.frame[there], assume_unique=True, return_indices=True
            )
            overlap = _overlap(shown.box[rows[one]], other.box[there[another]])
            shared = int((overlap >= LEAST_OVERLAP).sum())
            if shared:
                counts[int(track), number] = shared
    return counts


def _overlap(one: NDArray[np.float32], another: NDArray[np.float32]) -> NDArray[np.float64]:
    """Intersection over union, box by box, 0..1; x, y, width, height, float32 ``(N, 4)`` each."""
    a, b = one.astype(np.float64), another.astype(np.float64)
    low = np.maximum(a[:, :2], b[:, :2])
    high = np.minimum(a[:, :2] + a[:, 2:], b[:, :2] + b[:, 2:])
    inside = np.clip(high - low, 0.0, None).prod(axis=1)
    union = a[:, 2:].prod(axis=1) + b[:, 2:].prod(axis=1) - inside
    share: NDArray[np.float64] = inside / np.maximum(union, 1e-9)
    return share
