"""Area averages of any part of a picture, from its sums.

Crow, "Summed-area tables for texture mapping", SIGGRAPH 1984. The parts are those of torch's
`adaptive_avg_pool2d`, which facenet-pytorch resamples by, so that the same faces are found.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]


class Averages:
    """The sums of some pictures of one size.

    Args:
        pictures: Each uint8 ``(H, W, 3)``.

    Attributes:
        size: Height and width of each, pixels.
    """

    def __init__(self, pictures: Sequence[NDArray[np.uint8]]) -> None:
        self.size = height, width = pictures[0].shape[0], pictures[0].shape[1]
        # Sums of large pictures may overflow; their differences are right all the same.
        self._sums = np.empty((len(pictures), height + 1, width + 1, 3), np.int32)
        for picture, sums in zip(pictures, self._sums, strict=True):
            cv2.integral(picture, sums, sdepth=cv2.CV_32S)

    def __len__(self) -> int:
        return len(self._sums)

    def whole(self, picture: int, height: int, width: int) -> NDArray[np.float32]:
        """A whole picture at another size.

        Args:
            picture: Which.
            height: Pixels.
            width: Pixels.

        Returns:
            float32 ``(height, width, 3)``, 0..255.
        """
        top, bottom = _edges(np.arange(height), self.size[0], height)
        left, right = _edges(np.arange(width), self.size[1], width)
        sums = self._sums[picture]
        bands = np.take(sums, bottom, axis=0) - np.take(sums, top, axis=0)
        sums = np.take(bands, right, axis=1) - np.take(bands, left, axis=1)
        return _divided(sums, (bottom - top)[:, None] * (right - left))

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
        """Tiles of pictures at other sizes: what `whole` gives there; its edges are drawn out.

        Args:
            picture: Which picture each tile belongs to, int64 ``(N,)``.
            whole: Height and width of the whole picture at its other size, int64 ``(N, 2)``.
            corner: Left and top of each tile there, int64 ``(N, 2)``.
            size: Of the tiles, pixels.

        Returns:
            float32 ``(N, size, size, 3)``, 0..255.
        """
        columns = np.clip(corner[:, :1] + np.arange(size), 0, whole[:, 1:] - 1)
        rows = np.clip(corner[:, 1:] + np.arange(size), 0, whole[:, :1] - 1)
        across = _edges(columns, self.size[1], whole[:, 1:])
        down = _edges(rows, self.size[0], whole[:, :1])
        return self._averages(picture, down, across)

    def _averages(
        self, picture: Places, down: tuple[Places, Places], across: tuple[Places, Places]
    ) -> NDArray[np.float32]:
        """Between rows and columns, each ``(N, S)``; ``(N, S, S, 3)``."""
        height, width = self.size
        flat = self._sums.reshape(-1, 3)
        top, bottom = ((picture[:, None] * (height + 1) + rows) * (width + 1) for rows in down)
        left, right = across

        def at(rows: Places, columns: Places) -> NDArray[np.int32]:
            return np.asarray(np.take(flat, rows[:, :, None] + columns[:, None, :], axis=0))

        sums = at(bottom, right)
        sums -= at(top, right)
        sums -= at(bottom, left)
        sums += at(top, left)
        return _divided(sums, (down[1] - down[0])[:, :, None] * (right - left)[:, None, :])


def _divided(sums: NDArray[np.int32], areas: Places) -> NDArray[np.float32]:
    averages = sums.astype(np.float32)
    averages /= areas[..., None].astype(np.float32)
    return averages


def _edges(steps: Places, length: Places | int, parts: Places | int) -> tuple[Places, Places]:
    """Where some of the parts into which a length is divided begin and end."""
    return steps * length // parts, -(-(steps + 1) * length // parts)
