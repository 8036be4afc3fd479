"""Fitting a calibration, leaving one person out, and how far it may be trusted.

The line is logistic regression by Newton's method with classes weighted alike (see
`models.calibration`). Its targets are not 0 and 1 but Platt's (Advances in Large Margin
Classifiers, 1999), which stand for one more recording of either kind: with recordings that the
scores separate without error the line would otherwise be infinitely steep.

How far a likelihood ratio may go is bounded empirically (Vergeer, van Es, de Jongh, Alberink and
Stoel, Science & Justice 2016): to the prior odds at which acting on it still costs less than acting
without it, had there been one more misleading recording on either side. Errors are counted by
person, for recordings of one person are no independent evidence; with P authentic people no ratio
can exceed P + 1.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.calibration import Calibration, held, line, log_odds
from models.fields import JsonValue
from models.training.reliability import cllr, even_odds, expected_calibration_error, logit

MINIMUM_RECORDINGS = 10
MINIMUM_PEOPLE = 5
WORTH_IT = 0.02
"""By how many bits picture quality has to lower Cllr to be used."""

_STEPS = 100
_SCAN = 0.01


class CalibrationError(Exception):
    """Recordings do not allow a calibration; says why and what to do."""


@dataclass(frozen=True)
class Recordings:
    """Scored recordings to calibrate with, N of them.

    `scores` float64 ``(N,)``, mean scores 0..1; `fake` bool ``(N,)``; `people` and `donors` text
    ``(N,)``: who was filmed, and whose face was put in ("" for nobody known); `sharpness` float64
    ``(N,)``, median over the faces, NaN where it was not measured.
    """

    scores: NDArray[np.float64]
    fake: NDArray[np.bool_]
    people: NDArray[np.str_]
    donors: NDArray[np.str_]
    sharpness: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.scores)

    def rows(self, chosen: NDArray[np.bool_]) -> Recordings:
        """The chosen ones.

        Args:
            chosen: bool ``(N,)``.
        """
        return Recordings(
            self.scores[chosen],
            self.fake[chosen],
            self.people[chosen],
            self.donors[chosen],
            self.sharpness[chosen],
        )

    def groups(self) -> NDArray[np.intp]:
        """Number of the group each belongs to, ``(N,)``; no person is in two of them."""
        group = np.arange(len(self))
        for name in {*self.people.tolist(), *self.donors.tolist()} - {""}:
            same = (self.people == name) | (self.donors == name)
            group[np.isin(group, group[same])] = group[same].min()
        return np.unique(group, return_inverse=True)[1]


def check(recordings: Recordings) -> None:
    """Refuse recordings that are too few to calibrate with.

    Raises:
        CalibrationError: Fewer recordings or people of a kind than the minimum.
    """
    for kind, here in (("authentic", ~recordings.fake), ("manipulated", recordings.fake)):
        count, people = int(here.sum()), len(np.unique(recordings.people[here]))
        if count < MINIMUM_RECORDINGS or people < MINIMUM_PEOPLE:
            raise CalibrationError(
                f"There are {count} {kind} recordings of {people} people; a calibration needs at "
                f"least {MINIMUM_RECORDINGS} of {MINIMUM_PEOPLE}. Add recordings."
            )


def calibrate(recordings: Recordings, material: str) -> Calibration:
    """Fit a calibration, with picture quality where that lowers the cross-fitted Cllr.

    Args:
        recordings: None of their people may have been trained on.
        material: What they are, for the card.

    Raises:
        CalibrationError: They are too few, or the scores do not order them.
    """
    check(recordings)
    plain, choices = cross_fit(recordings, quality=False), {}
    choices["without picture quality"] = cost(plain, recordings.fake)
    llr, quality = plain, False
    if np.isfinite(recordings.sharpness).all():
        with_quality = cross_fit(recordings, quality=True)
        choices["with picture quality"] = cost(with_quality, recordings.fake)
        quality = cost(with_quality, recordings.fake) < cost(plain, recordings.fake) - WORTH_IT
        llr = with_quality if quality else plain
    made = fit(recordings, quality=quality)
    if made.slope <= 0.0:
        raise CalibrationError(
            "The scores do not rise from authentic to manipulated recordings, so they cannot be "
            "calibrated. See the evaluation."
        )
    raw = _raw(replace(made, log10_bounds=_UNBOUNDED), recordings)
    figures = _figures(recordings, llr) | {
        "Cllr cross-fitted, by choice": {name: round(value, 3) for name, value in choices.items()}
    }
    bounds = empirical_bounds(raw, recordings)
    return replace(made, log10_bounds=bounds, material=material, figures=figures)


def fit(recordings: Recordings, *, quality: bool) -> Calibration:
    """Fit the line and bound it by the very recordings it was fitted on.

    Args:
        recordings: At least one of each kind.
        quality: Whether sharpness takes part; then it is known of every recording.

    Returns:
        Without material and figures.
    """
    columns = [np.ones(len(recordings)), log_odds(recordings.scores)]
    if quality:
        columns.append(np.log(recordings.sharpness))
    fake = recordings.fake
    real_count, fake_count = int((~fake).sum()), int(fake.sum())
    target = np.where(fake, (fake_count + 1) / (fake_count + 2), 1 / (real_count + 2))
    weight = np.where(fake, 0.5 / fake_count, 0.5 / real_count)
    fitted = _regress(np.stack(columns, axis=1), target, weight)
    known = recordings.sharpness[np.isfinite(recordings.sharpness)]
    clear = known if len(known) else np.ones(1)
    unbounded = Calibration(
        intercept=float(fitted[0]),
        slope=float(fitted[1]),
        quality_slope=float(fitted[2]) if quality else 0.0,
        score_range=(float(recordings.scores.min()), float(recordings.scores.max())),
        sharpness_range=(float(clear.min()), float(clear.max())),
        log10_bounds=_UNBOUNDED,
        real=real_count,
        fake=fake_count,
        people=len({*recordings.people.tolist(), *recordings.donors.tolist()} - {""}),
        material="",
        figures={},
    )
    bounds = empirical_bounds(_raw(unbounded, recordings), recordings)
    return replace(unbounded, log10_bounds=bounds)


_UNBOUNDED = (-1000.0, 1000.0)


def cross_fit(recordings: Recordings, *, quality: bool) -> NDArray[np.float64]:
    """Bounded likelihood ratios of recordings whose people had no part in the fit.

    Args:
        recordings: To be calibrated.
        quality: Whether sharpness takes part.

    Returns:
        Natural logarithms, float64 ``(N,)``.

    Raises:
        CalibrationError: Without one group of people a kind is missing.
    """
    groups = recordings.groups()
    out = np.zeros(len(recordings))
    for group in np.unique(groups).tolist():
        mine = groups == group
        others = recordings.rows(~mine)
        if not others.fake.any() or others.fake.all():
            raise CalibrationError(
                "All recordings of one kind share their people, so none can be held out. Add "
                "recordings of other people."
            )
        out[mine] = _raw(fit(others, quality=quality), recordings.rows(mine))
    return out


def empirical_bounds(llr: NDArray[np.float64], recordings: Recordings) -> tuple[float, float]:
    """How far likelihood ratios may go, see the module's text.

    Args:
        llr: Natural logarithms, float64 ``(N,)``.
        recordings: Whose they are.

    Returns:
        Decimal logarithms, the lower at most 0 and the upper at least 0.
    """
    fake = recordings.fake
    misses, alarms = (_by_person(recordings.people, kind) for kind in (fake, ~fake))
    scan = np.arange(0.0, math.log10(len(recordings) + 2) + _SCAN, _SCAN)

    def reach(thresholds: NDArray[np.float64]) -> float:
        over = llr[:, None] > thresholds * math.log(10.0)
        missed = (misses[0] @ ~over + 1) / (misses[1] + 1)
        alarmed = (alarms[0] @ over + 1) / (alarms[1] + 1)
        odds = 10.0**thresholds
        # Without the system one would act always below even odds, and never above.
        worse = np.flatnonzero(missed + alarmed * odds > np.minimum(1.0, odds))
        end = int(worse[0]) if len(worse) else len(scan)
        return float(thresholds[max(0, end - 1)])

    return min(0.0, reach(-scan)), reach(scan)


def cost(llr: NDArray[np.float64], fake: NDArray[np.bool_]) -> float:
    """Cllr, in bits.

    Args:
        llr: Natural logarithms, float64 ``(N,)``.
        fake: bool ``(N,)``.
    """
    return float(cllr(llr, fake, np.ones((1, len(fake))))[0])


def _figures(recordings: Recordings, llr: NDArray[np.float64]) -> dict[str, JsonValue]:
    """Before and after, the latter by likelihood ratios whose people had no part in the fit."""
    fake, even = recordings.fake, np.ones((1, len(recordings)))
    before = logit(recordings.scores)
    ece = [float(expected_calibration_error(even_odds(v), fake, even)[0]) for v in (before, llr)]
    return {
        "Cllr of the scores as they are": round(cost(before, fake), 3),
        "Cllr cross-fitted": round(cost(llr, fake), 3),
        "calibration error of the scores as they are": round(ece[0], 3),
        "calibration error cross-fitted": round(ece[1], 3),
        "held out": "each person with everybody they share a recording with",
    }


def _raw(calibration: Calibration, recordings: Recordings) -> NDArray[np.float64]:
    section = asdict(calibration)
    raw = line(section, *held(section, recordings.scores, recordings.sharpness))
    low, high = calibration.log10_bounds
    return np.clip(raw, low * math.log(10.0), high * math.log(10.0))


def _by_person(
    people: NDArray[np.str_], kind: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], int]:
    """A weight for each recording of a kind, such that every person's sum to one; and how many."""
    names, place, counts = np.unique(people[kind], return_inverse=True, return_counts=True)
    weights = np.zeros(len(people))
    weights[kind] = 1.0 / counts[place]
    return weights, len(names)


def _regress(
    columns: NDArray[np.float64], target: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weighted logistic regression with soft targets, by Newton's method with halved steps."""
    found = np.zeros(columns.shape[1])
    ridge = 1e-9 * np.eye(len(found))

    def loss(at: NDArray[np.float64]) -> float:
        z = columns @ at
        return float(weight @ (np.logaddexp(0.0, z) - target * z) + at @ ridge @ at / 2)

    for _ in range(_STEPS):
        share = even_odds(columns @ found)
        slope = columns.T @ (weight * (share - target)) + ridge @ found
        bend = (columns.T * (weight * share * (1 - share))) @ columns + ridge
        step = np.linalg.solve(bend, slope)
        while loss(found - step) > loss(found) and np.abs(step).max() > 1e-12:
            step /= 2
        found = found - step
        if np.abs(step).max() < 1e-10:
            break
    return found
