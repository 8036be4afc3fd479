"""What a face crop looks like in numbers, and whether training covered it.

A network says little about faces unlike those it learned from: turned away, smaller, softer. Seven
measures of pose and picture are compared with the ranges that the training faces had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.fields import Fields

Bounds = tuple[float | None, float | None]

MEASURES = ("turn", "width", "nod", "size", "sharpness", "noise", "brightness")
"""In this order everywhere; see `measure`."""

MIRRORED = ("turn",)
"""Measures whose sign only says left or right; their size counts."""

POSE, PICTURE = MEASURES[:3], MEASURES[4:]
"""What `pose` and `picture` give."""

_NOISE_MASK = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_LARGEST = 1e6


@dataclass(frozen=True)
class Domain:
    """The ranges of the faces a network was trained on.

    `ranges` gives lowest and highest value of each of `MEASURES`, None for no bound; at least
    `share` of the training faces, 0..1, lies within each range; `crops` were measured, of
    `material`.
    """

    material: str
    crops: int
    share: float
    ranges: dict[str, Bounds]


def pose(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """Where a face looks, as far as five points say; blind to scale, place and tilt of the head.

    Args:
        landmarks: Left eye, right eye, nose, left and right mouth corner, float ``(..., 5, 2)``,
            x and y in pixels.

    Returns:
        float64 ``(..., 3)``, in parts of the distance from between the eyes to the mouth: how far
        the nose lies to the side (turn), how far the eyes lie apart (width, small when the head is
        turned), how far the nose lies below the eyes (nod). NaN where eyes and mouth coincide.
    """
    points = np.asarray(landmarks, np.float64)
    eyes, mouth = points[..., :2, :].mean(axis=-2), points[..., 3:, :].mean(axis=-2)
    length = np.linalg.norm(mouth - eyes, axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        down = (mouth - eyes) / length
        across = np.stack([down[..., 1], -down[..., 0]], axis=-1)
        nose, apart = points[..., 2, :] - eyes, points[..., 1, :] - points[..., 0, :]
        parts = [(nose * across).sum(-1), (apart * across).sum(-1), (nose * down).sum(-1)]
        return np.asarray(np.stack(parts, axis=-1) / length)


def picture(crop: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Sharpness, noise and brightness of a crop.

    Args:
        crop: RGB, uint8 ``(S, S, 3)``, 0..255.

    Returns:
        float64 ``(3,)``: variance of the Laplacian of the luma (Pech-Pacheco et al., ICPR 2000);
        standard deviation of the noise in grey levels (Immerkaer, CVIU 1996), which strong
        compression brings near zero; mean luma.
    """
    luma = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    deviation = float(cv2.meanStdDev(cv2.Laplacian(luma, cv2.CV_16S))[1][0, 0])
    residue = cv2.norm(cv2.filter2D(luma, cv2.CV_16S, _NOISE_MASK), cv2.NORM_L1)
    noise = np.sqrt(np.pi / 2) * residue / (6 * luma.size)
    return np.array([deviation**2, noise, cv2.mean(luma)[0]])


def measure(
    crop: NDArray[np.uint8], landmarks: NDArray[np.floating], margin: float
) -> NDArray[np.float32]:
    """The seven measures of one face; a fifth of a millisecond.

    Args:
        crop: RGB, uint8 ``(S, S, 3)``, 0..255, cut by `models.preprocessing.align_face`.
        landmarks: The five points it was cut by, float ``(5, 2)``, pixels of the frame.
        margin: How many face sizes the crop's side spans.

    Returns:
        float32 ``(7,)``, in the order of `MEASURES`; size is the face's in pixels of the frame, on
        the scale of `models.preprocessing.FACE_SIZE`.

    Raises:
        ValueError: The landmarks are unusable.
    """
    from models.preprocessing import face_transform

    matrix = face_transform(landmarks, crop.shape[0], margin)
    size = crop.shape[0] / margin / float(np.hypot(matrix[0, 0], matrix[1, 0]))
    return np.concatenate([pose(landmarks), [size], picture(crop)]).astype(np.float32)


def outside(
    values: NDArray[np.floating], ranges: Mapping[str, Sequence[float | None]]
) -> NDArray[np.int16]:
    """Which measures lie outside their ranges.

    Args:
        values: Measures, float ``(..., 7)``.
        ranges: As on the card.

    Returns:
        int16 ``(...)``, a sum of bits: measure i gives 2 ** (2 i) below its range and
        2 ** (2 i + 1) above it; 0 is inside all of them. A measure that is NaN counts as below.
    """
    bits = np.zeros(values.shape[:-1], np.int16)
    for number, name in enumerate(MEASURES):
        low, high = ranges.get(name, (None, None))
        value = values[..., number]
        if low is not None:
            bits |= np.where(value >= low, 0, 1 << (2 * number)).astype(np.int16)
        if high is not None:
            bits |= np.where(value > high, 1 << (2 * number + 1), 0).astype(np.int16)
    return bits


def find_ranges(
    values: Mapping[str, NDArray[np.floating]], share: float, smallest: float | None
) -> dict[str, Bounds]:
    """Ranges that hold a share of the training faces each.

    Args:
        values: For each of `MEASURES` but size what training faces have, float ``(N,)``, each with
            an N of its own.
        share: Part of the faces within each range, 0..1.
        smallest: Size of the smallest faces trained on, pixels, or None when it is not known.
            There is no largest: larger faces are reduced to the crop.

    Raises:
        ValueError: A measure is missing or not finite.
    """
    ranges: dict[str, Bounds] = {}
    for name in MEASURES:
        if name == "size":
            ranges[name] = (smallest, None)
            continue
        column = values.get(name, np.zeros(0))
        if not len(column) or not np.isfinite(column).all():
            raise ValueError(f"the range of {name} needs faces with finite measures")
        if name in MIRRORED:
            most = float(np.quantile(np.abs(column), share))
            ranges[name] = (_rounded(-most), _rounded(most))
        else:
            low, high = np.quantile(column, [(1 - share) / 2, (1 + share) / 2]).tolist()
            ranges[name] = (_rounded(low), _rounded(high))
    return ranges


def read_domain(fields: Fields) -> Domain:
    """Read the card's section.

    Args:
        fields: The section.

    Raises:
        CardError: A field is missing, unknown or out of bounds.
    """
    ranges = fields.section("ranges")
    return fields.finished(
        Domain(
            material=fields.text("material"),
            crops=fields.whole("crops", 1, 1_000_000_000),
            share=fields.number("share", 0.5, 1.0),
            ranges=ranges.finished({name: _bounds(ranges, name) for name in MEASURES}),
        )
    )


def _bounds(fields: Fields, name: str) -> Bounds:
    low, high = fields.bounds(name, -_LARGEST, _LARGEST)
    if low is not None and high is not None and low > high:
        raise fields.wrong(name, "two bounds, the lower one first")
    return low, high


def _rounded(value: float) -> float:
    """To three significant figures, which is more than a percentile is known to."""
    return float(f"{value:.3g}")
