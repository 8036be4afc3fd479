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
        units: Number of the unit that each case belongs to, from 0, ``(N,)``: cases of one unit, a
            person say, share a weight. Each case is a unit of its own when None.

    Raises:
        ValueError: The three do not go together, or a score is not a number.
    """

    def __init__(
        self,
        scores: NDArray[np.floating],
        fake: NDArray[np.bool_],
        units: NDArray[np.intp] | None = None,
    ) -> None:
        if units is None:
            units = np.arange(len(scores))
        if not len(scores) == len(fake) == len(units) or not np.isfinite(scores).all():
            raise ValueError("a curve needs one finite score and one label for each case")
        values, place = np.unique(-scores, return_inverse=True)
        self.thresholds = -values
        self._hits = np.zeros((int(units.max(initial=-1)) + 1, len(values) + 1))
        self._alarms = np.zeros_like(self._hits)
        np.add.at(self._hits, (units[fake], place[fake] + 1), 1.0)
        np.add.at(self._alarms, (units[~fake], place[~fake] + 1), 1.0)
        np.cumsum(self._hits, axis=1, out=self._hits)
        np.cumsum(self._alarms, axis=1, out=self._alarms)

    def counts(self, weights: Weights) -> tuple[Weights, Weights]:
        """Synthetic and authentic weight at or above each distinct score, from none to all.

        Args:
            weights: ``(B, U)``, one for each unit.

        Returns:
            Two arrays ``(B, K + 1)`` for K distinct scores.
        """
        return weights @ self._hits, weights @ self._alarms

    def roc(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Points of the ROC curve: false and true positive rate, 0..1, ``(K + 1,)`` each.

        Raises:
            ValueError: One class is missing.
        """
        hits, alarms = self.counts(np.ones((1, len(self._hits))))
        if hits[0, -1] == 0 or alarms[0, -1] == 0:
            raise ValueError("a ROC curve needs both classes")
        return alarms[0] / alarms[0, -1], hits[0] / hits[0, -1]

    def figures(self, weights: Weights) -> Figures:
        """AUC, average precision and equal error rate under each row of weights.

        Args:
            weights: ``(B, U)``.

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

    def decisions(self, threshold: float, weights: Weights) -> Figures:
        """What calling every case above a threshold synthetic is worth.

        Args:
            threshold: Cases that score more are called synthetic.
            weights: ``(B, U)``.

        Returns:
            `accuracy`, `balanced_accuracy`, `precision`, `recall`, `f1` and `false_positive_rate`,
            0..1, ``(B,)`` each; NaN where a figure divides by nothing.
        """
        above = int((self.thresholds > threshold).sum())
        hits, alarms = weights @ self._hits[:, above], weights @ self._alarms[:, above]
        fakes, reals = weights @ self._hits[:, -1], weights @ self._alarms[:, -1]
        recall, false_rate = _share(hits, fakes), _share(alarms, reals)
        return {
            "accuracy": _share(hits + reals - alarms, fakes + reals),
            "balanced_accuracy": (recall + 1.0 - false_rate) / 2,
            "precision": _share(hits, hits + alarms),
            "recall": recall,
            "f1": _share(2 * hits, hits + alarms + fakes),
            "false_positive_rate": false_rate,
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
