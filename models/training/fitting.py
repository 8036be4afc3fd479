"""A donor's face laid onto another's, as face swapping programs lay it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.blending import Pixels, displace
from models.training.store import Portrait

_CELLS = 32
_REACH = 0.9
"""How far an outline point moves its surroundings, in cells."""


def lay_onto(donor: Portrait, face: Portrait, *, fitted: bool) -> Pixels:
    """Lay a donor's face onto another.

    By a similarity transform alone, features stay where the donor has them and contours show twice.
    Fitted, every point of the donor's outline comes to lie where the other face has it, after
    Kowalski's FaceSwap and Perov et al., "DeepFaceLab", 2020, which fit a mesh.

    Args:
        donor: Whose face it will be.
        face: Where it goes; of the same size.
        fitted: Whether features are moved too.

    Returns:
        RGB float32 ``(S, S, 3)``, 0..255; `donor` as it is where the outlines admit no transform.
    """
    matrix, _ = cv2.estimateAffinePartial2D(donor.outline, face.outline)
    if matrix is None:
        return donor.pixels
    size = (face.size, face.size)
    laid = cv2.warpAffine(donor.pixels, matrix, size, borderMode=cv2.BORDER_REFLECT_101)
    pixels = np.asarray(laid, dtype=np.float32)
    if not fitted:
        return pixels
    outline = (donor.outline @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    return displace(pixels, _shifts(outline, face.outline, face.size))


def _shifts(
    found: NDArray[np.float32], wanted: NDArray[np.float32], size: int
) -> NDArray[np.float32]:
    """Where each pixel is taken from so that points come to lie as wanted, ``(size, size, 2)``."""
    places = np.clip((wanted * (_CELLS / size)).astype(int), 0, _CELLS - 1)
    sums = np.zeros((_CELLS, _CELLS, 3), np.float32)
    counted = np.concatenate([found - wanted, np.ones((len(found), 1), np.float32)], axis=1)
    np.add.at(sums, (places[:, 1], places[:, 0]), counted)
    sums = np.asarray(cv2.GaussianBlur(sums, (0, 0), _REACH))
    # The small number lets the movement fade where no point is near.
    coarse = sums[:, :, :2] / (sums[:, :, 2:] + 0.01)
    return np.asarray(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC))
