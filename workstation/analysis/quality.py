"""Whether a face is large and sharp enough for its score to mean anything."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class FaceLimits:
    """The card's limits.

    Attributes:
        minimum_size: Shorter side of the face box, pixels of the upright frame.
        minimum_sharpness: Variance of the Laplacian of the crop's luma, 0..255.
    """

    minimum_size: float
    minimum_sharpness: float


def is_placed(
    box: NDArray[np.float32],
    landmarks: NDArray[np.float32],
    frame_size: tuple[int, int],
    limits: FaceLimits,
) -> bool:
    """Whether a face is large enough, with most of its landmarks inside the frame.

    Args:
        box: x, y, width, height, float ``(4,)``, pixels.
        landmarks: float ``(5, 2)``, pixels.
        frame_size: Width and height of the frame, pixels.
        limits: From the detector's card.
    """
    if float(box[2:].min()) < limits.minimum_size:
        return False
    inside = (landmarks >= 0).all(axis=1) & (landmarks < np.array(frame_size)).all(axis=1)
    spread = float(np.ptp(landmarks, axis=0).max())
    return int(inside.sum()) >= 3 and spread >= 2.0


def sharpness(crop: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian of a crop's luma.

    Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000.

    Args:
        crop: RGB, uint8 ``(S, S, 3)``.

    Returns:
        0 for a flat picture; larger is sharper.
    """
    luma = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(luma, cv2.CV_32F).var())
