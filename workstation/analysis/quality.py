"""Whether a face is large, sharp and familiar enough for its score to mean anything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHARPNESS = 4
"""Place of the sharpness among the measures of a face, in the order of `models.domain.MEASURES`."""

_OUTSIDE = (
    ("turned away", "turned away"),
    ("turned away", "tilted up or down"),
    ("tilted up or down", "tilted up or down"),
    ("smaller than in training", "larger than in training"),
    ("more blurred than in training", "sharper than in training"),
    ("smoother than in training, as strong compression makes it", "noisier than in training"),
    ("darker than in training", "brighter than in training"),
)
"""Below and above the training's range, for each measure."""


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


def outside_words(bits: int) -> list[str]:
    """How a face differs from those the detector was trained on, in words.

    Args:
        bits: From `FaceTable.outside`; nothing is said of a face of which it is not known.

    Returns:
        Such as "turned away"; the most important first, none twice.
    """
    said = [
        words[above]
        for number, words in enumerate(_OUTSIDE)
        for above in (0, 1)
        if bits > 0 and bits >> (2 * number + above) & 1
    ]
    return list(dict.fromkeys(said))
