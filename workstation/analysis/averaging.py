"""Area averages of any part of a picture, from its sums.

Crow, "Summed-area tables for texture mapping", SIGGRAPH 1984. The parts are those of torch's
`adaptive_avg_pool2d`, which facenet-pytorch resamples by, so that the same faces are found.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]

BEYOND = -1.0
"""In place of a pixel that lies beyond the edge of a picture."""

_AT_ONCE = 9216
"""Pixels worked out in one go: what that takes along the way stays in a processor's own cache."""


class Averages:
    """The sums of some pictures of one size.

    Args:
        pictures: Each uint8 ``(H, W, 3)``.
        memory: To put the sums into, int32 of any length; where it is too small, more is asked for.

    Attributes:
        size: Height and width of each, pixels.
        memory: What the sums lie in, for those of the next pictures.
    """

    def __init__(
        self, pictures: Sequence[NDArray[np.uint8]], memory: NDArray[np.int32] | None = None
    ) -> None:
        self.size = height, width = pictures[0].shape[0], pictures[0].shape[1]
        shape = (len(pictures), height + 1, width + 1, 3)
        needed = math.prod(shape)
        if memory is None or memory.size < needed:
            memory = np.empty(needed, np.int32)
        self.memory = memory
        # Sums of large pictures may overflow; their differences are right all the same.
        self._sums = memory[:needed].reshape(shape)
        for picture, sums in zip(pictures, self._sums, strict=True):
            cv2.integral(picture, sums, sdepth=cv2.CV_32S)

    def __len__(self) -> int:
        return len(self._sums)

    def whole(self, picture: int, into: NDArray[np.float32]) -> None:
        """A whole picture at another size.

        Args:
            picture: Which.
            into: Is filled with it, float32 ``(height, width, 3)``, 0..255.
        """
        height, width = into.shape[:2]
        top, bottom = _edges(np.arange(height), self.size[0], height)
        left, right = _edges(np.arange(width), self.size[1], width)
        sums = self._sums[picture]
        many = max(_AT_ONCE // sums.shape[1], 1)
        for some in (slice(start, start + many) for start in range(0, height, many)):
            bands = np.take(sums, bottom[some], axis=0)
            bands -= np.take(sums, top[some], axis=0)
            parts = np.take(bands, right, axis=1)
            parts -= np.take(bands, left, axis=1)
            into[some] = _divided(parts, bottom[some] - top[some], right - left)

    def parts(self, picture: Places, boxes: Places, size: int) -> NDArray[np.float32]:
        """Parts of pictures, each at the same size.

        Args:
            picture: Which picture each is a part of, int64 ``(N,)``.
            boxes: Left, top, right, bottom, int64 ``(N, 4)``, within the picture, not empty.
            size: Pixels.

        Returns:
            float32 ``(N, size, size, 3)``, 0..255.
        """
        steps, sides = np.arange(size)[None], boxes[:, 2:] - boxes[:, :2]
        left, right = _edges(steps, sides[:, :1], size)
        top, bottom = _edges(steps, sides[:, 1:], size)
        start = boxes[:, :2]
        across = (left + start[:, :1], right + start[:, :1])
        down = (top + start[:, 1:], bottom + start[:, 1:])
        return self._averages(picture, down, across)

    def tiles(
        self, picture: Places, whole: Places, corner: Places, size: int
    ) -> NDArray[np.float32]:
        """Tiles of pictures at other sizes: what `whole` gives there, and `BEYOND` beyond.

        Args:
            picture: Which picture each tile belongs to, int64 ``(N,)``.
            whole: Height and width of the whole picture at its other size, int64 ``(N, 2)``.
            corner: Left and top of each tile there, int64 ``(N, 2)``.
            size: Of the tiles, pixels.

        Returns:
            float32 ``(N, size, size, 3)``, 0..255 or `BEYOND`.
        """
        columns, rows = (corner[:, side, None] + np.arange(size) for side in (0, 1))
        most_across, most_down = whole[:, 1:] - 1, whole[:, :1] - 1
        across = _edges(np.minimum(columns, most_across), self.size[1], whole[:, 1:])
        down = _edges(np.minimum(rows, most_down), self.size[0], whole[:, :1])
        averages = self._averages(picture, down, across)
        averages[(columns > most_across)[:, None, :] | (rows > most_down)[:, :, None]] = BEYOND
        return averages

    def _averages(
        self, picture: Places, down: tuple[Places, Places], across: tuple[Places, Places]
    ) -> NDArray[np.float32]:
        """Between rows and columns, each ``(N, S)``; ``(N, S, S, 3)``."""
        height, width = self.size
        flat = self._sums.reshape(-1, 3)
        top, bottom = ((picture[:, None] * (height + 1) + rows) * (width + 1) for rows in down)
        left, right = across
        found = np.empty((*left.shape, left.shape[1], 3), np.float32)

        def at(rows: Places, columns: Places) -> NDArray[np.int32]:
            return np.asarray(np.take(flat, rows[:, :, None] + columns[:, None, :], axis=0))

        many = max(_AT_ONCE // max(left.shape[1] ** 2, 1), 1)
        for some in (slice(start, start + many) for start in range(0, len(left), many)):
            sums = at(bottom[some], right[some])
            sums -= at(top[some], right[some])
            sums -= at(bottom[some], left[some])
            sums += at(top[some], left[some])
            high, wide = down[1][some] - down[0][some], right[some] - left[some]
            found[some] = _divided(sums, high, wide)
        return found


def _divided(sums: NDArray[np.int32], high: Places, wide: Places) -> NDArray[np.float32]:
    """Sums ``(..., H, W, 3)`` by the areas of their parts, whose sides are given."""
    averages = sums.astype(np.float32)
    rows = averages.reshape(*averages.shape[:-2], -1)
    # Areas are whole numbers that float32 holds; three times each, as divisions in rows are fast.
    rows /= high[..., :, None].astype(np.float32) * np.repeat(wide, 3, -1)[..., None, :].astype(
        np.float32
    )
    return averages


def _edges(steps: Places, length: Places | int, parts: Places | int) -> tuple[Places, Places]:
    """Where some of the parts into which a length is divided begin and end."""
    return steps * length // parts, -(-(steps + 1) * length // parts)
