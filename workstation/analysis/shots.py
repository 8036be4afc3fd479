"""Noticing where one shot ends and another begins."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SKETCH_SIZE = (64, 36)
_ALIKE = 0.5
_MOVED = 14.0


def sketch(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A tiny grey picture of a frame, enough to tell two shots apart.

    Args:
        frame: RGB, uint8 ``(H, W, 3)``; a reduced one does.

    Returns:
        Luma, uint8 ``(36, 64)``.
    """
    small = cv2.resize(frame, SKETCH_SIZE, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def is_cut(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> bool:
    """Whether two frames belong to different shots.

    A cut changes what is where: the sketches correlate little and differ much. A change of
    brightness alone leaves the correlation, a flat or faded picture leaves the difference small.

    Args:
        before: Sketch of the earlier frame, uint8 ``(36, 64)``.
        after: Sketch of the later frame, uint8 ``(36, 64)``.
    """
    one = before.astype(np.float32)
    other = after.astype(np.float32)
    one -= one.mean()
    other -= other.mean()
    power = float(np.sqrt((one**2).sum() * (other**2).sum()))
    alike = float((one * other).sum()) / power if power > 0 else 1.0
    return alike < _ALIKE and float(np.abs(one - other).mean()) > _MOVED
