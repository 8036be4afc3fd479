"""How well scores tell two classes apart, and how sure of that one can be."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Interval:
    """An estimate and the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


def auc(real: NDArray[np.floating], fake: NDArray[np.floating]) -> float:
    """Area under the ROC curve: how often a fake scores above a real one, ties counted half.

    The Mann-Whitney statistic (Hanley and McNeil, Radiology 1982).

    Args:
        real: Scores of authentic material, ``(N,)``.
        fake: Scores of synthetic material, ``(M,)``.

    Returns:
        0..1.

    Raises:
        ValueError: One side is empty.
    """
    if len(real) == 0 or len(fake) == 0:
        raise ValueError("an AUC needs scores on both sides")
    ordered = np.sort(real)
    below = np.searchsorted(ordered, fake, side="left")
    not_above = np.searchsorted(ordered, fake, side="right")
    return float((below + not_above).sum() / (2 * len(real) * len(fake)))


def bootstrap_auc(
    scores: NDArray[np.floating],
    fake: NDArray[np.bool_],
    groups: NDArray[np.str_],
    draws: int = 2000,
    seed: int = 0,
) -> Interval:
    """AUC with a percentile interval from a bootstrap over groups of dependent scores.

    Groups (people, say) are drawn with replacement, each with all its scores: clips of one person
    are no independent evidence. Real and fake groups are drawn separately where a group holds one
    kind only. Draws that lack a side are passed over.

    Args:
        scores: ``(N,)``.
        fake: Which of them are synthetic, bool ``(N,)``.
        groups: To whom each belongs, ``(N,)``.
        draws: How many resamples.
        seed: Seed of the resampling.

    Raises:
        ValueError: One side is empty.
    """
    value = auc(scores[~fake], scores[fake])
    rng = np.random.default_rng(seed)
    members = [np.flatnonzero(groups == name) for name in np.unique(groups)]
    values = []
    for _ in range(draws):
        chosen = rng.integers(len(members), size=len(members))
        rows = np.concatenate([members[i] for i in chosen])
        if fake[rows].any() and not fake[rows].all():
            values.append(auc(scores[rows][~fake[rows]], scores[rows][fake[rows]]))
    if not values:
        return Interval(value, 0.0, 1.0)
    low, high = np.quantile(values, [0.025, 0.975])
    return Interval(value, float(low), float(high))


def exact_interval(count: int, total: int) -> Interval:
    """A share with its exact 95 % binomial interval (Clopper and Pearson, Biometrika 1934).

    Takes the cases as independent; clips of one person are not, so the interval is rather narrow.

    Args:
        count: Cases that count, 0..total.
        total: All cases.

    Raises:
        ValueError: There is no case, or `count` lies outside.
    """
    if total < 1 or not 0 <= count <= total:
        raise ValueError("a share needs cases, and no more of them than there are")

    def at_most(successes: int, share: float) -> float:
        terms = (  # in logarithms: the binomial coefficients of thousands of cases overflow
            math.lgamma(total + 1)
            - math.lgamma(k + 1)
            - math.lgamma(total - k + 1)
            + k * math.log(share)
            + (total - k) * math.log1p(-share)
            for k in range(successes + 1)
        )
        return sum(math.exp(term) for term in terms)

    def share_where(successes: int, tail: float) -> float:
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if at_most(successes, middle) > tail else (low, middle)
        return (low + high) / 2

    lower = share_where(count - 1, 0.975) if count else 0.0
    upper = share_where(count, 0.025) if count < total else 1.0
    return Interval(count / total, lower, upper)
