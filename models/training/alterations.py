"""What one side of a blend goes through: other colours, other sharpness, another place."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.blending import Pixels, displace, soften, warp_locally

Alteration = Callable[[Pixels], Pixels]


def draw_colour(rng: np.random.Generator, strength: float = 1.0) -> Alteration:
    """A change of channel gains, brightness, contrast, saturation and gamma."""
    gains = (1.0 + strength * rng.normal(0.0, 0.05, size=3)).astype(np.float32)
    offset = np.float32(strength * rng.normal(0.0, 7.0))
    contrast = np.float32(1.0 + strength * rng.normal(0.0, 0.07))
    saturation = np.float32(1.0 + strength * rng.normal(0.0, 0.15))
    gamma = float(np.exp(strength * rng.normal(0.0, 0.08)))

    def alter(picture: Pixels) -> Pixels:
        changed = (picture - 128.0) * (gains * contrast) + (128.0 + offset)
        grey = changed.mean(axis=2, keepdims=True)
        changed = np.clip(grey + saturation * (changed - grey), 0.0, 255.0) / 255.0
        return np.asarray(cv2.pow(changed, gamma) * 255.0, dtype=np.float32)

    return alter


def draw_quality(rng: np.random.Generator, fineness: float = 1.0) -> Alteration:
    """A change of sharpness, mostly a loss, as generators that work at a lower resolution show.

    Resampled, blurred, smoothed but for edges, seldom sharpened or noisy: what is plain to see but
    no generator does would be learned first and found nowhere.

    Args:
        rng: Source of chance.
        fineness: How many pixels of the picture become one of the crop.
    """
    kinds = ["resample", "blur", "smooth", "sharpen", "noise"]
    kind = rng.choice(kinds, p=[0.48, 0.2, 0.17, 0.1, 0.05])
    if kind == "resample":
        factor = fineness * rng.uniform(1.1, 2.6)
        up = [cv2.INTER_LINEAR, cv2.INTER_CUBIC][int(rng.integers(2))]
        amount = rng.uniform(0.0, 0.8) if rng.random() < 0.3 else 0.0
        return lambda picture: sharpen(resample(picture, factor, up), amount, fineness)
    if kind == "blur":
        sigma = fineness * rng.uniform(0.5, 1.6)
        return lambda picture: soften(picture, sigma)
    if kind == "smooth":
        spread, reach = float(rng.uniform(12.0, 40.0)), float(fineness * rng.uniform(1.0, 2.5))
        return lambda picture: np.asarray(cv2.bilateralFilter(picture, 7, spread, reach))
    if kind == "sharpen":
        amount = rng.uniform(0.3, 1.2)
        return lambda picture: sharpen(picture, amount, fineness)
    level, seed = fineness * rng.uniform(1.5, 4.5), int(rng.integers(2**31))
    return lambda picture: add_noise(np.random.default_rng(seed), picture, level)


def draw_place(rng: np.random.Generator, size: int) -> Alteration:
    """A shift by up to 4 %, a change of scale by up to 5 %, sometimes a local warp."""
    shift_x, shift_y = rng.uniform(-0.035, 0.035, size=2) * size
    scale = 1.0 + rng.uniform(-0.05, 0.05)
    turn = rng.normal(0.0, 1.5)
    matrix = cv2.getRotationMatrix2D((size / 2, size / 2), turn, scale)
    matrix += np.array([[0.0, 0.0, shift_x], [0.0, 0.0, shift_y]])
    strength = rng.uniform(0.006, 0.02) * size if rng.random() < 0.35 else 0.0
    seed = int(rng.integers(2**31))

    def alter(picture: Pixels) -> Pixels:
        edge = cv2.BORDER_REFLECT_101
        warped = cv2.warpAffine(picture, matrix, (size, size), borderMode=edge)
        moved = np.asarray(warped, dtype=np.float32)
        if strength:
            moved = warp_locally(np.random.default_rng(seed), moved, strength, cells=5)
        return moved

    return alter


def draw_expression(
    rng: np.random.Generator, landmarks: NDArray[np.float32], region: str, size: int
) -> Alteration:
    """Another expression: the mouth opened, closed, widened or drawn aside, or the eyes changed."""
    shifts = draw_expression_shifts(rng, landmarks, region, size)
    return lambda picture: displace(picture, shifts)


def draw_expression_shifts(
    rng: np.random.Generator, landmarks: NDArray[np.float32], region: str, size: int
) -> NDArray[np.float32]:
    """How far each pixel moves in another expression, float32 ``(size, size, 2)``."""
    centres = landmarks[:2] if region == "eyes" else landmarks[3:].mean(axis=0, keepdims=True)
    reach = size * (0.07 if region == "eyes" else 0.11)
    stretch = rng.uniform(-0.35, 0.35, size=2)
    drift = rng.normal(0.0, 0.012, size=2) * size
    rows, columns = np.indices((size, size), dtype=np.float32)
    shifts = np.zeros((size, size, 2), np.float32)
    for x, y in centres:
        across, down = columns - x, rows - y
        weight = np.exp(-(across**2 + down**2) / (2 * reach**2))
        shifts[:, :, 0] += weight * (across * stretch[0] + drift[0])
        shifts[:, :, 1] += weight * (down * stretch[1] + drift[1])
    return shifts


def match_colours(picture: Pixels, wanted: Pixels, mask: NDArray[np.float32]) -> Pixels:
    """Give a picture the mean and spread of colour another has under a mask.

    Args:
        picture: RGB float32 ``(S, S, 3)``, 0..255.
        wanted: Likewise.
        mask: float32 ``(S, S)``, 0..1.
    """
    where = mask > 0.3
    if not where.any():
        return picture
    mine, theirs = picture[where], wanted[where]
    gain = np.clip((theirs.std(axis=0) + 1.0) / (mine.std(axis=0) + 1.0), 0.5, 2.0)
    matched = (picture - mine.mean(axis=0)) * gain + theirs.mean(axis=0)
    return np.asarray(np.clip(matched, 0.0, 255.0), dtype=np.float32)


def resample(picture: Pixels, factor: float, interpolation: int) -> Pixels:
    """Shrink by a factor and enlarge again."""
    size = picture.shape[0]
    small = max(8, round(size / factor))
    reduced = cv2.resize(picture, (small, small), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(reduced, (size, size), interpolation=interpolation))


def sharpen(picture: Pixels, amount: float, sigma: float = 1.5) -> Pixels:
    """Unsharp mask."""
    if amount <= 0.0:
        return picture
    return np.clip(picture + np.float32(amount) * (picture - soften(picture, sigma)), 0.0, 255.0)


def add_noise(rng: np.random.Generator, picture: Pixels, level: float) -> Pixels:
    """Gaussian noise of a standard deviation in grey levels."""
    noise = rng.standard_normal(picture.shape, dtype=np.float32) * np.float32(level)
    return np.clip(picture + noise, 0.0, 255.0)
