"""From a track's mean score to a likelihood ratio, within what the calibration recordings support.

Logistic calibration with classes weighted alike (Brümmer and du Preez, Computer Speech and Language
2006; Morrison, Australian Journal of Forensic Sciences 2013): the line is fitted as if manipulated
and authentic recordings were equally common, so that its log odds are a log likelihood ratio.
`models.training.calibrating` fits it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.fields import Fields, JsonValue

LEAST_LR = 2.0
"""Nearer to 1 a likelihood ratio supports nothing: the verbal scale of ENFSI's Guideline for
Evaluative Reporting in Forensic Science (2015) begins at 2."""

_NEAREST = 1e-4
_STEEPEST = 1000.0


@dataclass(frozen=True)
class Calibration:
    """A fitted line, and what it rests on.

    The natural logarithm of the likelihood ratio is `intercept` + `slope` * log odds of the mean
    score + `quality_slope` * logarithm of the median sharpness; a `quality_slope` of 0 means that
    picture quality plays no part. Scores and sharpness outside `score_range` and `sharpness_range`,
    those of the calibration recordings, count as the nearest inside. `log10_bounds` is how far the
    likelihood ratio may go either way with so few recordings. `real` and `fake` recordings of
    `people` persons, of `material`; `figures` is free JSON for people and reports.
    """

    intercept: float
    slope: float
    quality_slope: float
    score_range: tuple[float, float]
    sharpness_range: tuple[float, float]
    log10_bounds: tuple[float, float]
    real: int
    fake: int
    people: int
    material: str
    figures: dict[str, JsonValue]


@dataclass(frozen=True)
class Strength:
    """What a mean score weighs.

    Attributes:
        log10_lr: Decimal logarithm of the likelihood ratio, within the bounds.
        bounded: Whether the line went further than the bounds allow.
        outside: Whether score or sharpness lies outside the calibration recordings'.
    """

    log10_lr: float
    bounded: bool
    outside: bool


def log_odds(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Log odds of scores, kept finite.

    Args:
        scores: float ``(...)``, 0..1.

    Returns:
        float64 ``(...)``, -9.2..9.2.
    """
    kept = np.clip(np.asarray(scores, np.float64), _NEAREST, 1.0 - _NEAREST)
    return np.asarray(np.log(kept) - np.log1p(-kept))


def weigh(calibration: Mapping[str, Any], score: float, sharpness: float | None) -> Strength:
    """The likelihood ratio of a mean score.

    Args:
        calibration: The card's section, plain JSON.
        score: Mean score, 0..1.
        sharpness: Median sharpness of the scored faces; None or NaN where it was not measured.

    Returns:
        Never falls when the score rises.
    """
    kept, clear = held(calibration, np.array(score), np.array(sharpness, np.float64))
    outside = float(kept) != score
    if calibration["quality_slope"]:
        outside = outside or float(clear) != sharpness
    raw = float(line(calibration, kept, clear)) / math.log(10.0)
    low, high = calibration["log10_bounds"]
    bounded = min(max(raw, low), high)
    return Strength(bounded, bounded != raw, outside)


def held(
    calibration: Mapping[str, Any], scores: NDArray[np.floating], sharpness: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores and sharpness held within the ranges of the calibration recordings.

    Args:
        calibration: The card's section, plain JSON.
        scores: Mean scores, ``(...)``, 0..1.
        sharpness: ``(...)``; NaN counts as the middle of the range, as good as anything.
    """
    softest, sharpest = calibration["sharpness_range"]
    seen = np.where(np.isnan(sharpness), math.sqrt(softest * sharpest), sharpness)
    return np.clip(scores, *calibration["score_range"]), np.clip(seen, softest, sharpest)


def line(
    calibration: Mapping[str, Any], scores: NDArray[np.floating], sharpness: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Natural logarithms of likelihood ratios, before they are bounded.

    Args:
        calibration: The card's section, plain JSON.
        scores: Mean scores, ``(...)``, from `held`.
        sharpness: ``(...)``, from `held`.

    Returns:
        float64 ``(...)``.
    """
    risen = calibration["intercept"] + calibration["slope"] * log_odds(scores)
    return np.asarray(risen + calibration["quality_slope"] * np.log(sharpness), np.float64)


def score_of(calibration: Calibration, ratio: float) -> float:
    """The mean score that has a likelihood ratio, in pictures of middling sharpness.

    Args:
        calibration: Fitted.
        ratio: Above 0.

    Returns:
        0..1; 1 or 0 where bounds or range keep every score from a ratio above or below 1.
    """
    low, high = calibration.log10_bounds
    never = 1.0 if ratio > 1 else 0.0
    if not low <= math.log10(ratio) <= high or calibration.slope <= 0.0:
        return never
    middle = math.sqrt(calibration.sharpness_range[0] * calibration.sharpness_range[1])
    offset = calibration.intercept + calibration.quality_slope * math.log(middle)
    score = 1.0 / (1.0 + math.exp((offset - math.log(ratio)) / calibration.slope))
    lowest, highest = calibration.score_range
    if (score > highest) if ratio > 1 else (score < lowest):
        return never
    return min(max(score, lowest), highest)


def read_calibration(fields: Fields) -> Calibration:
    """Read the card's section.

    Args:
        fields: The section.

    Raises:
        CardError: A field is missing, unknown or out of bounds.
    """
    lowest, highest = fields.two("log10_bounds", -_STEEPEST, _STEEPEST)
    if not lowest <= 0.0 <= highest:
        raise fields.wrong("log10_bounds", "two numbers around 0")
    return fields.finished(
        Calibration(
            intercept=fields.number("intercept", -_STEEPEST, _STEEPEST),
            slope=fields.number("slope", 0.0, _STEEPEST),
            quality_slope=fields.number("quality_slope", -_STEEPEST, _STEEPEST),
            score_range=fields.two("score_range", 0.0, 1.0),
            sharpness_range=fields.two("sharpness_range", 0.01, 1e6),
            log10_bounds=(lowest, highest),
            real=fields.whole("real", 1, 1_000_000),
            fake=fields.whole("fake", 1, 1_000_000),
            people=fields.whole("people", 1, 1_000_000),
            material=fields.text("material"),
            figures=fields.mapping("figures"),
        )
    )
