"""Brightness, contrast, gamma and channel of the display; the exhibit is not touched."""

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from ui.player.decoding import to_picture, to_pixels

CHANNELS = ("all", "red", "green", "blue", "luma")
LUMA = (0.2126, 0.7152, 0.0722)  # ITU-R BT.709


@dataclass(frozen=True)
class Tone:
    """How the display departs from the recording.

    Attributes:
        brightness: -100..100, added; 100 makes black white.
        contrast: -100..100, around middle grey; 0 leaves it.
        gamma: 0.2..5; above 1 lifts the dark parts.
        channel: one of `CHANNELS`; a single one is shown as grey.
    """

    brightness: int = 0
    contrast: int = 0
    gamma: float = 1.0
    channel: str = "all"

    @property
    def plain(self) -> bool:
        """Whether the display is as recorded."""
        return self == Tone()

    def words(self) -> str:
        """What is adjusted, "" where nothing is."""
        parts = []
        if self.brightness:
            parts.append(f"brightness {self.brightness:+d}")
        if self.contrast:
            parts.append(f"contrast {self.contrast:+d}")
        if self.gamma != 1.0:
            parts.append(f"gamma {self.gamma:.2f}")
        if self.channel != "all":
            parts.append(f"{self.channel} only")
        return ", ".join(parts)

    def apply(self, picture: QImage) -> QImage:
        """The picture as it is to be displayed."""
        if self.plain:
            return picture
        pixels = to_pixels(picture)
        if self.channel == "luma":
            grey = cv2.transform(pixels, np.array([LUMA], np.float32))
            pixels = np.repeat(grey.reshape(*pixels.shape[:2], 1), 3, axis=2)
        elif self.channel != "all":
            place = CHANNELS.index(self.channel) - 1
            pixels = np.repeat(pixels[:, :, place : place + 1], 3, axis=2)
        return to_picture(cv2.LUT(np.ascontiguousarray(pixels), _table(self)))


@lru_cache(maxsize=64)
def _table(tone: Tone) -> NDArray[np.uint8]:
    """What every value 0..255 becomes, uint8 (256,)."""
    value = np.arange(256) / 255
    slope = math.tan((min(tone.contrast, 99) / 100 + 1) * math.pi / 4)
    value = (value - 0.5) * slope + 0.5 + tone.brightness / 100
    value = np.clip(value, 0, 1) ** (1 / tone.gamma)
    return np.round(value * 255).astype(np.uint8)
