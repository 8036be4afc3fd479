"""Forged faces made from real ones: a region of one picture blended into another.

After Li et al., "Face X-ray for More General Face Forgery Detection", CVPR 2020, and Shiohara and
Yamasaki, "Detecting Deepfakes with Self-Blended Images", CVPR 2022.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
"""RGB float32 ``(S, S, 3)``, 0..255."""

_OVAL = [
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
]
_JAW = _OVAL[8:29]
_CHIN = _OVAL[11:26]
_BROWS = [70, 63, 105, 66, 107, 336, 296, 334, 293, 300]
_LIPS = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185]
_LEFT_EYE = [33, 7, 163, 145, 153, 155, 133, 173, 157, 159, 160, 246]
_RIGHT_EYE = [263, 249, 390, 374, 380, 382, 362, 398, 384, 386, 387, 466]
_NOSE_WINGS = [98, 327, 205, 425]

REGIONS: dict[str, tuple[float, tuple[list[int], ...]]] = {
    "face": (0.28, (_OVAL,)),
    "brows to jaw": (0.26, (_BROWS + _JAW,)),
    "centre": (0.10, (_BROWS + _LIPS,)),
    "lower face": (0.22, (_NOSE_WINGS + _CHIN,)),
    "mouth": (0.09, (_LIPS,)),
    "eyes": (0.05, (_LEFT_EYE, _RIGHT_EYE)),
}
"""Region -> how often it is drawn, and the outline points whose hulls make it up."""

_SMALL = {"mouth": 1.5, "eyes": 1.6}


def draw_region(rng: np.random.Generator) -> str:
    """One of `REGIONS`, by its share."""
    shares = np.array([share for share, _ in REGIONS.values()])
    return str(rng.choice(list(REGIONS), p=shares / shares.sum()))


def region_mask(
    rng: np.random.Generator, region: str, outline: NDArray[np.float32], size: int
) -> NDArray[np.float32]:
    """A soft mask over one region of the face: scaled, deformed, sometimes eroded, blurred.

    Args:
        rng: Source of chance.
        region: Key of `REGIONS`.
        outline: float32 ``(478, 2)``, x and y in pixels.
        size: Side of the mask in pixels.

    Returns:
        float32 ``(size, size)``, 0..1; exactly 0 outside the region and its soft edge.
    """
    mask = np.zeros((size, size), np.uint8)
    for points in REGIONS[region][1]:
        shape = outline[points]
        scale = _SMALL.get(region, 1.0) * rng.uniform(0.85, 1.12, size=2)
        shape = (shape - shape.mean(axis=0)) * scale + shape.mean(axis=0)
        hull = cv2.convexHull(shape.astype(np.int32))
        cv2.fillConvexPoly(mask, hull, 255)
    soft = warp_locally(rng, mask.astype(np.float32), rng.uniform(0.0, 0.04) * size, cells=6)
    if rng.random() < 0.3:
        width = int(rng.integers(3, max(4, size // 17)))
        kernel = np.ones((width, width), np.uint8)
        soft = np.asarray(cv2.erode(soft, kernel), dtype=np.float32)
    soft = soften(soft, rng.uniform(0.01, 0.06) * size)
    if rng.random() < 0.5:
        soft = soften(
            np.where(soft > rng.uniform(60, 220), 255, 0).astype(np.float32), 0.012 * size
        )
    return np.asarray(np.clip(soft / 255.0, 0.0, 1.0), dtype=np.float32)


def blend(
    background: Pixels, foreground: Pixels, mask: NDArray[np.float32], ratio: float
) -> Pixels:
    """Lay the foreground over the background where the mask says so.

    Args:
        background: RGB float32 ``(S, S, 3)``, 0..255.
        foreground: Likewise.
        mask: float32 ``(S, S)``, 0..1; where it is 0 the background stays as it is.
        ratio: Weight of the foreground where the mask is 1, 0..1.
    """
    weight = (mask * np.float32(ratio))[:, :, None]
    return background + weight * (foreground - background)


def warp_locally(
    rng: np.random.Generator, picture: NDArray[np.float32], strength: float, cells: int
) -> NDArray[np.float32]:
    """Deform a picture smoothly.

    Args:
        rng: Source of chance.
        picture: float32 ``(S, S)`` or ``(S, S, 3)``.
        strength: Typical displacement in pixels.
        cells: How many independent displacements per side.
    """
    size = picture.shape[0]
    coarse = rng.normal(0.0, strength, size=(cells, cells, 2)).astype(np.float32)
    shifts = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
    return displace(picture, np.asarray(shifts, dtype=np.float32))


def displace(picture: NDArray[np.float32], shifts: NDArray[np.float32]) -> NDArray[np.float32]:
    """Move every pixel: ``out[y, x] = picture[y + shifts[y, x, 1], x + shifts[y, x, 0]]``."""
    rows, columns = np.indices(picture.shape[:2], dtype=np.float32)
    return np.asarray(
        cv2.remap(
            picture,
            columns + shifts[:, :, 0],
            rows + shifts[:, :, 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )
    )


def soften(picture: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Gaussian blur; pixels further than three sigma from anything bright stay exactly 0."""
    width = 2 * max(1, round(3 * sigma)) + 1
    return np.asarray(cv2.GaussianBlur(picture, (width, width), max(sigma, 0.1)))
