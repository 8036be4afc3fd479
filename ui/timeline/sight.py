"""Which part of the exhibit is in sight, and at which pixel a time lies."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEPS = (
    *(part * 10.0**power for power in (-3, -2, -1) for part in (1, 2, 5)),
    *(1.0, 2.0, 5.0, 10.0, 15.0, 30.0),
    *(60.0 * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(3600.0 * hours for hours in (1, 2, 6, 12, 24)),
)


@dataclass(frozen=True)
class Sight:
    """A stretch of time laid over a stretch of pixels.

    Attributes:
        left: seconds at the left edge.
        right: seconds at the right edge.
        start: pixel of the left edge.
        width: pixels between the edges, at least 1.
        ratio: device pixels per pixel.
    """

    left: float
    right: float
    start: float
    width: float
    ratio: float = 1.0

    @property
    def columns(self) -> int:
        """Device pixels between the edges."""
        return max(math.ceil(self.width * self.ratio), 1)

    @property
    def stop(self) -> float:
        """Pixel of the right edge."""
        return self.start + self.width

    @property
    def pixel(self) -> float:
        """Seconds that one pixel lasts."""
        return (self.right - self.left) / self.width

    def x(self, seconds: float) -> float:
        """Pixel of a time."""
        return self.start + (seconds - self.left) / self.pixel

    def xs(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Pixels of times, both float64 (N,)."""
        return self.start + (seconds - self.left) / self.pixel

    def seconds(self, x: float) -> float:
        """Time of a pixel."""
        return self.left + (x - self.start) * self.pixel


def round_step(least: float) -> float:
    """The smallest round number of seconds that is not below `least`."""
    return next((step for step in STEPS if step >= least), STEPS[-1])
