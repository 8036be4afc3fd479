"""Overlap and pairing of face boxes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def overlaps(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    """Intersection over union of every box with every other.

    Args:
        one: x, y, width, height, float ``(N, 4)``.
        other: x, y, width, height, float ``(M, 4)``.

    Returns:
        float64 ``(N, M)``, 0..1.
    """
    a = one.astype(np.float64)[:, None, :]
    b = other.astype(np.float64)[None, :, :]
    start = np.maximum(a[..., :2], b[..., :2])
    stop = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
    shared = np.clip(stop - start, 0, None).prod(axis=-1)
    union = a[..., 2:].prod(axis=-1) + b[..., 2:].prod(axis=-1) - shared
    return np.asarray(shared / np.maximum(union, 1e-9), dtype=np.float64)


def size_ratios(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    """How many times the larger of two boxes is as large as the smaller, by the root of the area.

    Args:
        one: Boxes, float ``(N, 4)``.
        other: Boxes, float ``(M, 4)``.

    Returns:
        float64 ``(N, M)``, 1 or more.
    """
    a = np.sqrt(one[:, 2:].astype(np.float64).prod(axis=1))[:, None]
    b = np.sqrt(other[:, 2:].astype(np.float64).prod(axis=1))[None, :]
    return np.asarray(np.maximum(a, b) / np.maximum(np.minimum(a, b), 1e-9), dtype=np.float64)


def spread_out(boxes: NDArray[np.float32], most: float) -> list[int]:
    """Which boxes to keep so that no two of them share more than so much.

    Args:
        boxes: Float ``(N, 4)``, the most wanted first.
        most: Intersection over union that two may share.
    """
    kept: list[int] = []
    shared = overlaps(boxes, boxes)
    for box in range(len(boxes)):
        if (shared[box, kept] <= most).all():
            kept.append(box)
    return kept


def pair_up(worth: NDArray[np.float64], least: float) -> list[tuple[int, int]]:
    """Pair rows with columns one to one, the worthiest pair first.

    Args:
        worth: How well row and column go together, float ``(N, M)``.
        least: Pairs worth less are not made.

    Returns:
        (row, column) by row; ties go to the lower row, then the lower column.
    """
    rows, columns = np.nonzero(worth >= least)
    order = np.lexsort((columns, rows, -worth[rows, columns]))
    taken_rows: set[int] = set()
    taken_columns: set[int] = set()
    pairs = []
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in taken_rows and column not in taken_columns:
            taken_rows.add(row)
            taken_columns.add(column)
            pairs.append((row, column))
    return sorted(pairs)
