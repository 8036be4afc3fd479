"""The sizes at which a picture is searched for faces, all laid out on one canvas.

One pass of the network over the canvas takes the place of one for every size.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.averaging import Averages

STEP, WINDOW = 2, 12
"""The first network looks at windows of this side, this far apart, in pixels."""

_FACTOR = 0.709


@dataclass(frozen=True)
class Level:
    """One size of the picture, and where its upper left corner lies on the canvas, in pixels."""

    scale: float
    height: int
    width: int
    top: int
    left: int


@dataclass(frozen=True)
class Pyramid:
    """All levels of pictures of one size.

    Attributes:
        levels: The largest first.
        shape: Height and width of the canvas, pixels.
        cells: int64 (C,), which of the network's answers, counted row by row over the canvas, lie
            wholly within one level.
        level: int64 (C,), the level of each.
        corner: float32 (C, 2), x and y of its window within its level, pixels.
        scale: float32 (C,), the scale of its level.
    """

    levels: tuple[Level, ...]
    shape: tuple[int, int]
    cells: NDArray[np.int64]
    level: NDArray[np.int64]
    corner: NDArray[np.float32]
    scale: NDArray[np.float32]

    def canvas(self, averages: Averages) -> NDArray[np.float32]:
        """Lay out a picture.

        Args:
            averages: Of the picture.

        Returns:
            float32 ``(1, 3, *shape)``, as the network takes it.
        """
        canvas = np.zeros((1, 3, *self.shape), np.float32)
        for level in self.levels:
            pixels = normalised(averages.whole(level.height, level.width)).transpose(2, 0, 1)
            bottom, right = level.top + level.height, level.left + level.width
            canvas[0, :, level.top : bottom, level.left : right] = pixels
            # The last pooling window may reach one pixel beyond.
            canvas[0, :, bottom, level.left : right] = pixels[:, -1]
            canvas[0, :, level.top : bottom, right] = pixels[:, :, -1]
        return canvas


def normalised(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """As MTCNN's networks want it.

    Args:
        pixels: float32 of any shape, 0..255; changed in place.

    Returns:
        The same array, -1..1.
    """
    pixels -= np.float32(127.5)
    pixels *= np.float32(0.0078125)
    return pixels


@functools.lru_cache(maxsize=32)
def pyramid(height: int, width: int, smallest: int) -> Pyramid:
    """Plan the levels for pictures of one size.

    Args:
        height: Of the picture, pixels.
        width: Of the picture, pixels.
        smallest: Shorter side of the smallest face wanted, pixels; at most the picture's.
    """
    levels, shape = _laid_out(_sizes(height, width, smallest))
    across = _answers(shape[1])
    cells, numbers, corners, scales = [], [], [], []
    for number, level in enumerate(levels):
        rows, columns = np.mgrid[0 : _answers(level.height), 0 : _answers(level.width)]
        flat = (rows + level.top // STEP) * across + columns + level.left // STEP
        cells.append(flat.ravel())
        numbers.append(np.full(flat.size, number))
        corners.append(STEP * np.stack([columns.ravel(), rows.ravel()], axis=1))
        scales.append(np.full(flat.size, level.scale))
    return Pyramid(
        levels,
        shape,
        np.concatenate(cells).astype(np.int64),
        np.concatenate(numbers).astype(np.int64),
        np.concatenate(corners).astype(np.float32),
        np.concatenate(scales).astype(np.float32),
    )


def _answers(length: int) -> int:
    """How many windows the network looks at along a side: two convolutions behind a pooling."""
    return -(-(length - 2) // 2) - 4


def _sizes(height: int, width: int, smallest: int) -> list[tuple[float, int, int]]:
    scale, sizes = WINDOW / smallest, []
    while min(height, width) * scale >= WINDOW:
        sizes.append((scale, int(height * scale + 1), int(width * scale + 1)))
        scale *= _FACTOR
    return sizes


def _laid_out(sizes: list[tuple[float, int, int]]) -> tuple[tuple[Level, ...], tuple[int, int]]:
    """In rows, each as high as its first level; with room for the network's reach between them."""
    widest = sum(_room(width) for _, _, width in sizes[:2])
    levels, top, left, bottom = [], 0, 0, 0
    for scale, height, width in sizes:
        if left + _room(width) > widest:
            top, left = bottom, 0
        levels.append(Level(scale, height, width, top, left))
        left += _room(width)
        bottom = max(bottom, top + _room(height))
    return tuple(levels), (bottom, widest)


def _room(length: int) -> int:
    """With a pixel behind it, and even, so that pooling windows stay where they are."""
    return length + 1 + (length + 1) % 2
