"""A questioned track beside tracks of known authentic recordings: the relative answer.

Every recording moves a detector's scores by an amount of its own, so that a score says more beside
recordings that are known authentic and share the person, the camera or the platform. The questioned
track is held against Student's t prediction interval, on the logit scale, for one more recording
like its references. The variance is that of the references, pooled with what labelled recordings
taught of it, each by its degrees of freedom (the scaled inverse chi-squared prior of Gelman et al.,
Bayesian Data Analysis, 3rd ed., sections 2.6 and 3.3).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

MINIMUM_RECORDINGS = 3
"""With fewer independent recordings nothing is said: whether they agree cannot be seen."""

COVERAGE = 0.95
_FARTHEST = 1e-4


class Relation(StrEnum):
    """The relative answer; it stands beside a finding and changes nothing about it."""

    HIGHER = "higher than its references"
    LIKE = "like its references"
    LOWER = "lower than its references"
    TOO_FEW = "too few references to say"


@dataclass(frozen=True)
class Spread:
    """How far mean logits of authentic recordings lie apart, as measured on labelled recordings.

    Attributes:
        deviation: standard deviation between recordings.
        degrees: degrees of freedom it was estimated with.
        measured_on: what it was measured on, in words.
    """

    deviation: float
    degrees: int
    measured_on: str

    @classmethod
    def of_card(cls, card: Mapping[str, Any], *, same_platform: bool) -> Spread | None:
        """The spread on a detector's card, or None where it states none.

        Args:
            card: Plain JSON.
            same_platform: Whether every reference shares the platform with the questioned exhibit;
                otherwise recordings from different sources are what it may differ by.
        """
        stated = card.get("references")
        if not isinstance(stated, Mapping):
            return None
        part = stated["same_platform" if same_platform else "any_platform"]
        return cls(float(part["deviation"]), int(part["degrees"]), str(part["measured_on"]))


@dataclass(frozen=True)
class Comparison:
    """One questioned track held against its references; every figure on the logit scale.

    Attributes:
        questioned: mean logit of the questioned track.
        references: mean logit of every reference recording.
        mean: of the references; None without any.
        low: lower end of the prediction interval for one more authentic recording; None where
            nothing tells how far such recordings lie apart. `high`: its upper end.
        deviation: standard deviation the interval was made with, from `degrees` of freedom.
    """

    questioned: float
    references: tuple[float, ...]
    relation: Relation
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    deviation: float | None = None
    degrees: int = 0

    @property
    def distance(self) -> float | None:
        """How many standard deviations of prediction the questioned track lies above the mean."""
        if self.mean is None or not self.deviation:
            return None
        scale = self.deviation * math.sqrt(1 + 1 / len(self.references))
        return (self.questioned - self.mean) / scale


def compare(questioned: float, references: Sequence[float], spread: Spread | None) -> Comparison:
    """Hold a questioned track against its references.

    It is "higher" when it lies above the prediction interval and above every single reference,
    "lower" likewise; with fewer than `MINIMUM_RECORDINGS` the interval is given, but no answer.

    Args:
        questioned: Mean logit of the questioned track.
        references: Mean logit of each reference recording; copies of one recording count once.
        spread: What is known of the spread beforehand, or None.
    """
    values = np.asarray(references, dtype=np.float64)
    count = len(values)
    if not count:
        return Comparison(questioned, (), Relation.TOO_FEW)
    mean = float(values.mean())
    own, squares = count - 1, float(((values - mean) ** 2).sum())
    degrees, total = own, squares
    if spread is not None:
        degrees, total = own + spread.degrees, squares + spread.degrees * spread.deviation**2
    told = tuple(values.tolist())
    if degrees < 1 or total <= 0:
        return Comparison(questioned, told, Relation.TOO_FEW, mean)
    deviation = math.sqrt(total / degrees)
    half = t_quantile((1 + COVERAGE) / 2, degrees) * deviation * math.sqrt(1 + 1 / count)
    low, high = mean - half, mean + half
    relation = Relation.LIKE
    if count < MINIMUM_RECORDINGS:
        relation = Relation.TOO_FEW
    elif questioned > max(high, float(values.max())):
        relation = Relation.HIGHER
    elif questioned < min(low, float(values.min())):
        relation = Relation.LOWER
    return Comparison(questioned, told, relation, mean, low, high, deviation, degrees)


def mean_logit(scores: NDArray[np.floating]) -> float:
    """Mean of ln(s / (1 - s)), scores held 1e-4 away from 0 and 1.

    Args:
        scores: Scores of one track, ``(N,)``, 0..1, N at least 1.

    Raises:
        ValueError: There is no score.
    """
    if not len(scores):
        raise ValueError("a mean needs scores")
    held = np.clip(scores.astype(np.float64), _FARTHEST, 1 - _FARTHEST)
    return float(np.log(held / (1 - held)).mean())


def as_score(logit: float) -> float:
    """The score, 0..1, that has this logit."""
    return 1 / (1 + math.exp(-logit))


def t_quantile(share: float, degrees: int) -> float:
    """Quantile of Student's t distribution.

    Args:
        share: 0.5 to 1, open at 1.
        degrees: Degrees of freedom, at least 1.

    Raises:
        ValueError: An argument lies outside.
    """
    if not 0.5 <= share < 1 or degrees < 1:
        raise ValueError("a quantile needs 0.5 <= share < 1 and degrees of freedom")
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        inside = _within(middle, degrees)
        low, high = (middle, high) if (1 + inside) / 2 < share else (low, middle)
    return math.tan((low + high) / 2) * math.sqrt(degrees)


def _within(angle: float, degrees: int) -> float:
    """Share of Student's t between -t and t, angle = atan(t / sqrt(degrees)).

    Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
    """
    cosine, odd = math.cos(angle), degrees % 2
    term, total = (cosine, 0.0) if odd else (1.0, 0.0)
    for k in range(1 + odd, degrees, 2):
        total += term
        term *= cosine**2 * k / (k + 1)
    if not odd:
        return math.sin(angle) * total
    return 2 / math.pi * (angle + math.sin(angle) * total)
