"""Whether likelihood ratios mean what they say: Cllr, calibration error, errors against coverage.

A likelihood ratio is read at even odds here, that is with both classes weighing the same however
many cases each has; a score without calibration is read as though it were such a posterior.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.training.metrics import Interval
from models.training.resampling import Weights

_EDGE = 1e-6


def logit(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Natural log odds of scores 0..1, which are kept 1e-6 away from both ends.

    Args:
        scores: Any shape.
    """
    inside = np.clip(np.asarray(scores, np.float64), _EDGE, 1.0 - _EDGE)
    return np.asarray(np.log(inside) - np.log1p(-inside), np.float64)


def even_odds(llr: NDArray[np.floating]) -> NDArray[np.float64]:
    """The posterior of "synthetic" at even prior odds, 0..1, for natural-log likelihood ratios."""
    return np.asarray(0.5 * (1.0 + np.tanh(np.asarray(llr, np.float64) / 2)), np.float64)


def balanced(fake: NDArray[np.bool_], weights: Weights) -> Weights:
    """Weights under which each class sums to one half; NaN where a class is missing.

    Args:
        fake: bool ``(N,)``.
        weights: ``(B, N)``.
    """
    out = np.zeros(weights.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        for side in (fake, ~fake):
            out += 0.5 * weights * side / (weights @ side)[:, None]
    return out


def cllr(
    llr: NDArray[np.floating], fake: NDArray[np.bool_], weights: Weights
) -> NDArray[np.float64]:
    """The cost of likelihood ratios, in bits.

    Brümmer and du Preez, "Application-independent evaluation of speaker detection", Computer Speech
    and Language 2006. 0 for perfect ones, 1 for a system that always says 1 : 1, more for one that
    misleads.

    Args:
        llr: Natural-log likelihood ratios, synthetic over authentic, ``(N,)``.
        fake: bool ``(N,)``.
        weights: ``(B, N)``.

    Returns:
        ``(B,)``; NaN where a class is missing.
    """
    signed = np.where(fake, -np.asarray(llr, np.float64), llr)
    cost = np.logaddexp(0.0, signed) / np.log(2.0)
    return np.asarray(balanced(fake, weights) @ cost, np.float64)


def pool_adjacent_violators(
    values: NDArray[np.floating], weights: NDArray[np.floating]
) -> NDArray[np.float64]:
    """The rising sequence nearest to some values in weighted least squares.

    Ayer et al., Ann. Math. Statist. 1955.

    Args:
        values: ``(N,)``, in the order that must rise.
        weights: ``(N,)``, above 0.

    Returns:
        ``(N,)``.
    """
    blocks: list[list[float]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        blocks.append([value, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            mean, mass, count = blocks.pop()
            other = blocks[-1]
            whole = other[1] + mass
            blocks[-1] = [(other[0] * other[1] + mean * mass) / whole, whole, other[2] + count]
    return np.repeat([block[0] for block in blocks], [int(block[2]) for block in blocks])


def min_cllr(
    scores: NDArray[np.floating], fake: NDArray[np.bool_], weights: Weights
) -> NDArray[np.float64]:
    """Cllr after the best rising calibration of these very cases: what order alone costs, in bits.

    Brümmer and du Preez 2006. The difference between Cllr and this is what calibration costs.

    Args:
        scores: ``(N,)``, any scale that rises towards synthetic.
        fake: bool ``(N,)``.
        weights: ``(B, N)``.

    Returns:
        ``(B,)``, 0..1; NaN where a class is missing.
    """
    even = balanced(fake, weights)
    _, place = np.unique(scores, return_inverse=True)
    out = np.full(len(weights), np.nan)
    for row, mass in enumerate(even):
        if not np.isfinite(mass).all():
            continue
        fakes = np.asarray(np.bincount(place, mass * fake), np.float64)
        reals = np.asarray(np.bincount(place, mass * ~fake), np.float64)
        there = fakes + reals > 0
        fakes, reals = fakes[there], reals[there]
        posterior = pool_adjacent_violators(fakes / (fakes + reals), fakes + reals)
        cost = _times_log(fakes, posterior) + _times_log(reals, 1.0 - posterior)
        out[row] = max(0.0, -float(cost.sum()))
    return out


def _times_log(mass: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """``mass * log2(share)``, 0 where there is no mass."""
    logs = np.log2(np.where(mass > 0, np.maximum(share, 1e-300), 1.0))
    return np.asarray(mass * logs, np.float64)


def expected_calibration_error(
    posterior: NDArray[np.floating], fake: NDArray[np.bool_], weights: Weights, bins: int = 10
) -> NDArray[np.float64]:
    """How far the share of synthetic cases lies from what was said, averaged over bins.

    Naeini, Cooper and Hauskrecht, AAAI 2015; bins of equal width, classes weighing the same. With
    few cases it is never near zero, even for perfect posteriors.

    Args:
        posterior: 0..1, ``(N,)``.
        fake: bool ``(N,)``.
        weights: ``(B, N)``.
        bins: How many.

    Returns:
        0..1, ``(B,)``; NaN where a class is missing.
    """
    member = np.eye(bins)[_bin_of(posterior, bins)]
    apart = (np.asarray(posterior, np.float64) - fake)[:, None] * member
    return np.asarray(np.abs(balanced(fake, weights) @ apart).sum(axis=1), np.float64)


def calibration_error_by_chance(
    posterior: NDArray[np.floating], fake: NDArray[np.bool_], draws: int = 2000, seed: int = 0
) -> Interval:
    """The calibration error that perfect posteriors would show in as few cases.

    What is said stays; which cases are synthetic is drawn from it, as often as they are among these
    (Broecker and Smith, "Increasing the Reliability of Reliability Diagrams", Weather and
    Forecasting 2007). Cases count as independent; where people recur, chance does more than this.

    Args:
        posterior: At even odds, 0..1, ``(N,)``.
        fake: bool ``(N,)``, both classes.
        draws: How often.
        seed: Of the drawing.

    Returns:
        Mean, and the range that holds 95 % of the draws.
    """
    rng = np.random.default_rng(seed)
    share = even_odds(logit(posterior) + np.log(fake.sum() / (~fake).sum()))
    drawn = rng.random((draws, len(fake))) < share
    drawn = drawn[drawn.any(axis=1) & ~drawn.all(axis=1)]
    once = np.ones((1, len(fake)))
    errors = [expected_calibration_error(posterior, labels, once)[0] for labels in drawn]
    low, high = np.quantile(errors, [0.025, 0.975])
    return Interval(float(np.mean(errors)), float(low), float(high))


def reliability_bins(
    posterior: NDArray[np.floating], fake: NDArray[np.bool_], bins: int = 10
) -> list[dict[str, float]]:
    """The points of a reliability diagram, classes weighing the same.

    Args:
        posterior: 0..1, ``(N,)``.
        fake: bool ``(N,)``.
        bins: How many, of equal width.

    Returns:
        For every bin that holds a case `low`, `high`, `cases`, `said` (mean posterior) and `share`
        (of synthetic cases).
    """
    mass = balanced(fake, np.ones((1, len(fake))))[0]
    place = _bin_of(posterior, bins)
    rows = []
    for number in np.unique(place).tolist():
        here = place == number
        whole = float(mass[here].sum())
        rows.append(
            {
                "low": number / bins,
                "high": (number + 1) / bins,
                "cases": int(here.sum()),
                "said": float((mass * posterior)[here].sum() / whole),
                "share": float((mass * fake)[here].sum() / whole),
            }
        )
    return rows


def coverage_curve(
    evidence: NDArray[np.floating], fake: NDArray[np.bool_]
) -> list[dict[str, float]]:
    """What is still concluded, and how much of it wrongly, as the inconclusive zone widens.

    El-Yaniv and Wiener, "On the foundations of noise-free selective classification", JMLR 2010.

    Args:
        evidence: ``(N,)``; above 0 speaks for synthetic, below for authentic, and the zone reaches
            equally far to both sides of 0.
        fake: bool ``(N,)``.

    Returns:
        From no zone to the widest that leaves a case outside: `half_width`, `concluded` (cases),
        `coverage`, `wrong` (cases), `error` (share of the concluded ones), `false_positives`,
        `false_negatives`.
    """
    distance = np.abs(np.asarray(evidence, np.float64))
    rows = []
    for width in [-1.0, *np.unique(distance)[:-1].tolist()]:
        outside = distance > width
        alarms = int((outside & (evidence > 0) & ~fake).sum())
        misses = int((outside & (evidence <= 0) & fake).sum())
        concluded = int(outside.sum())
        rows.append(
            {
                "half_width": max(0.0, width),
                "concluded": concluded,
                "coverage": concluded / len(distance),
                "wrong": alarms + misses,
                "error": (alarms + misses) / concluded,
                "false_positives": alarms,
                "false_negatives": misses,
            }
        )
    return rows


def _bin_of(posterior: NDArray[np.floating], bins: int) -> NDArray[np.intp]:
    return np.clip((np.asarray(posterior) * bins).astype(np.intp), 0, bins - 1)
