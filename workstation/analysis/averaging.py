"""Area averages of any part of a picture, from its sums.

Crow, "Summed-area tables for texture mapping", SIGGRAPH 1984. The parts are those of torch's
`adaptive_avg_pool2d`, which facenet-pytorch resamples by, so that the same faces are found.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


class Averages:
    """A picture's sums.

    Args:
        frame: uint8 ``(H, W, 3)``.
    """

    def __init__(self, frame: NDArray[np.uint8]) -> None:
        # Sums of large pictures may overflow; their differences are right all the same.
        self._sums = np.asarray(cv2.integral(frame, sdepth=cv2.CV_32S))

    def whole(self, height: int, width: int) -> NDArray[np.float32]:
        """The whole picture at another size.

        Args:
            height: Pixels.
            width: Pixels.

        Returns:
            float32 ``(height, width, 3)``, 0..255.
        """
        top, bottom = _edges(np.array([self._sums.shape[0] - 1]), height)
        left, right = _edges(np.array([self._sums.shape[1] - 1]), width)
        bands = np.take(self._sums, bottom[0], axis=0) - np.take(self._sums, top[0], axis=0)
        sums = np.take(bands, right[0], axis=1) - np.take(bands, left[0], axis=1)
        areas = (bottom - top)[0][:, None] * (right - left)[0]
        return np.asarray(sums / areas[..., None].astype(np.float32), np.float32)

    def parts(self, boxes: NDArray[np.int64], size: int) -> NDArray[np.float32]:
        """Parts of the picture, each at the same size.

        Args:
            boxes: Left, top, right, bottom, int64 ``(N, 4)``, within the picture, not empty.
            size: Pixels.

        Returns:
            float32 ``(N, size, size, 3)``, 0..255.
        """
        left, right = _edges(boxes[:, 2] - boxes[:, 0], size)
        top, bottom = _edges(boxes[:, 3] - boxes[:, 1], size)
        areas = (bottom - top)[:, :, None] * (right - left)[:, None, :]
        left, right = left + boxes[:, :1], right + boxes[:, :1]
        top, bottom = top + boxes[:, 1:2], bottom + boxes[:, 1:2]
        across = self._sums.shape[1]
        flat = self._sums.reshape(-1, 3)

        def at(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.int32]:
            places = rows[:, :, None] * across + columns[:, None, :]
            return np.asarray(np.take(flat, places, axis=0))

        sums = at(bottom, right)
        sums -= at(top, right)
        sums -= at(bottom, left)
        sums += at(top, left)
        return np.asarray(sums / areas[..., None].astype(np.float32), np.float32)


def _edges(lengths: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each of `size` parts of some lengths begins and ends, int64 ``(N, size)`` each."""
    steps = np.arange(size)[None]
    lengths = lengths[:, None]
    return steps * lengths // size, -(-(steps + 1) * lengths // size)
