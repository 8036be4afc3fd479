"""What the order of scores and a threshold on them are worth: ROC, errors, precision and recall."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.training.resampling import Weights

Figures = dict[str, NDArray[np.float64]]


class Curve:
    """Scores in falling order, ready to be counted under any weights.

    Args:
        scores: ``(N,)``, higher is more likely synthetic.
        fake: Which are synthetic, bool ``(N,)``.

    Raises:
        ValueError: The two do not go together, or a score is not a number.
    """

    def __init__(self, scores: NDArray[np.floating], fake: NDArray[np.bool_]) -> None:
        if len(scores) != len(fake) or not np.isfinite(scores).all():
            raise ValueError("a curve needs one finite score and one label for each case")
        self._order = np.argsort(-scores, kind="stable")
        falling = scores[self._order]
        last_of_tie = np.append(np.flatnonzero(np.diff(falling)), len(falling) - 1)
        self._ends = last_of_tie[: len(falling)]
        self._fake = fake[self._order].astype(np.float64)
        self.thresholds = falling[self._ends]

    def counts(self, weights: Weights) -> tuple[Weights, Weights]:
        """Synthetic and authentic weight at or above each distinct score, from none to all.

        Args:
            weights: ``(B, N)``, in the order of the scores given.

        Returns:
            Two arrays ``(B, K + 1)`` for K distinct scores.
        """
        ordered = weights[:, self._order]
        start = np.zeros((len(weights), 1))
        hits = np.cumsum(ordered * self._fake, axis=1)[:, self._ends]
        alarms = np.cumsum(ordered * (1.0 - self._fake), axis=1)[:, self._ends]
        return np.hstack([start, hits]), np.hstack([start, alarms])

    def roc(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Points of the ROC curve: false and true positive rate, 0..1, ``(K + 1,)`` each.

        Raises:
            ValueError: One class is missing.
        """
        hits, alarms = self.counts(np.ones((1, len(self._order))))
        if hits[0, -1] == 0 or alarms[0, -1] == 0:
            raise ValueError("a ROC curve needs both classes")
        return alarms[0] / alarms[0, -1], hits[0] / hits[0, -1]

    def figures(self, weights: Weights) -> Figures:
        """AUC, average precision and equal error rate under each row of weights.

        Args:
            weights: ``(B, N)``.

        Returns:
            `auc`, `average_precision`, `equal_error_rate`, ``(B,)`` each; NaN where a class is
            missing.
        """
        hits, alarms = self.counts(weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            rate, false_rate = hits / hits[:, -1:], alarms / alarms[:, -1:]
        return {
            "auc": area(false_rate, rate),
            "average_precision": average_precision(hits, alarms),
            "equal_error_rate": equal_error_rate(false_rate, rate),
        }


def area(false_rate: Weights, rate: Weights) -> NDArray[np.float64]:
    """Area under ROC curves by the trapezoid rule, which counts ties half (Fawcett, PRL 2006).

    Args:
        false_rate: Rising, 0..1, ``(B, K)``.
        rate: Rising, 0..1, ``(B, K)``.
    """
    return np.asarray(np.trapezoid(rate, false_rate, axis=1), np.float64)


def average_precision(hits: Weights, alarms: Weights) -> NDArray[np.float64]:
    """Precision averaged over the steps of recall, without interpolation.

    Zhu, "Recall, precision and average precision", Waterloo 2004.

    Args:
        hits: Synthetic weight at or above each threshold, rising, ``(B, K)``.
        alarms: Authentic weight likewise.

    Returns:
        0..1, ``(B,)``; NaN where there is nothing synthetic or nothing authentic.
    """
    called = hits + alarms
    precision = np.divide(hits, called, out=np.ones_like(hits), where=called > 0)
    both = (hits[:, -1] > 0) & (alarms[:, -1] > 0)
    steps = np.diff(hits, axis=1)
    value = (steps * precision[:, 1:]).sum(axis=1)
    out = np.full(len(hits), np.nan)
    np.divide(value, hits[:, -1], out=out, where=both)
    return out


def equal_error_rate(false_rate: Weights, rate: Weights) -> NDArray[np.float64]:
    """Where as many authentic cases are called synthetic as synthetic ones are missed.

    Between two points of the ROC curve the rates are taken as straight lines (as in Brümmer and de
    Villiers, "The BOSARIS toolkit", 2011, without its convex hull).

    Args:
        false_rate: Rising, 0..1, ``(B, K)``.
        rate: Rising, 0..1, ``(B, K)``.

    Returns:
        0..1, ``(B,)``; NaN where a class is missing.
    """
    apart = false_rate + rate - 1.0
    rows = np.arange(len(apart))
    after = np.argmax(apart >= 0, axis=1)
    before = np.maximum(after - 1, 0)
    span = apart[rows, after] - apart[rows, before]
    share = np.divide(-apart[rows, before], span, out=np.zeros(len(apart)), where=span > 0)
    low, high = false_rate[rows, before], false_rate[rows, after]
    return np.asarray(low + share * (high - low), np.float64) + 0.0 * apart[:, -1]


def decision_figures(
    called: NDArray[np.bool_], fake: NDArray[np.bool_], weights: Weights
) -> Figures:
    """What calling some cases synthetic is worth.

    Args:
        called: Which were called synthetic, bool ``(N,)``.
        fake: Which are, bool ``(N,)``.
        weights: ``(B, N)``.

    Returns:
        `accuracy`, `balanced_accuracy`, `precision`, `recall`, `f1` and `false_positive_rate`,
        0..1, ``(B,)`` each; NaN where a figure divides by nothing.
    """
    hits = weights @ (called & fake)
    alarms = weights @ (called & ~fake)
    fakes, reals = weights @ fake, weights @ ~fake
    recall, false_rate = _share(hits, fakes), _share(alarms, reals)
    return {
        "accuracy": _share(hits + reals - alarms, fakes + reals),
        "balanced_accuracy": (recall + 1.0 - false_rate) / 2,
        "precision": _share(hits, hits + alarms),
        "recall": recall,
        "f1": _share(2 * hits, hits + alarms + fakes),
        "false_positive_rate": false_rate,
    }


def confusion(called: NDArray[np.bool_], fake: NDArray[np.bool_]) -> dict[str, int]:
    """The four counts of a decision.

    Args:
        called: Which were called synthetic, bool ``(N,)``.
        fake: Which are, bool ``(N,)``.
    """
    return {
        "true_positives": int((called & fake).sum()),
        "false_positives": int((called & ~fake).sum()),
        "true_negatives": int((~called & ~fake).sum()),
        "false_negatives": int((~called & fake).sum()),
    }


def ranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Ranks from 1, ties sharing the mean of theirs.

    Args:
        values: ``(N,)``.
    """
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2)[place], np.float64)


def spearman(
    one: NDArray[np.floating], other: NDArray[np.floating], weights: Weights
) -> NDArray[np.float64]:
    """Rank correlation (Spearman, Am. J. Psychol. 1904): Pearson's, of the ranks.

    Ranks are those among all cases; weights count cases more or less often.

    Args:
        one: ``(N,)``.
        other: ``(N,)``.
        weights: ``(B, N)``.

    Returns:
        -1..1, ``(B,)``; NaN where one side does not vary.
    """
    total = weights.sum(axis=1, keepdims=True)
    first, second = (
        ranked - (weights @ ranked)[:, None] / total for ranked in (ranks(one), ranks(other))
    )
    together = (weights * first * second).sum(axis=1)
    alone = (weights * first**2).sum(axis=1) * (weights * second**2).sum(axis=1)
    return _share(together, np.sqrt(alone))


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    out = np.full(len(whole), np.nan)
    np.divide(part, whole, out=out, where=whole > 0)
    return out
