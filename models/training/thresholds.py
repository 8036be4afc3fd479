"""Where the inconclusive zone lies: from stated error rates on held-out material."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.calibration import LEAST_LR, Calibration, score_of
from models.card import Decision
from models.training.calibrating import Recordings
from models.training.metrics import exact_interval

REAL_ABOVE = 0.02
FORGED_BELOW = 0.05
MINIMUM_FRAMES = 8
SIMULATED = (
    "simulated sequences of people held out from training",
    "Simulated sequences are not field recordings; see the findings on labelled clips.",
)


def choose_thresholds(
    real: NDArray[np.floating],
    forged: NDArray[np.floating],
    *,
    real_above: float = REAL_ABOVE,
    forged_below: float = FORGED_BELOW,
    material: tuple[str, str] = SIMULATED,
) -> Decision:
    """Put the zone where tracks seldom fall on the wrong side of it.

    Args:
        real: Mean scores of real tracks, ``(N,)``.
        forged: Mean scores of forged tracks, ``(M,)``.
        real_above: At most this share of the real tracks may lie above the zone.
        forged_below: At most this share of the forged ones below it.
        material: What they are, and a sentence about it.

    Returns:
        Where the two cross there is no zone left to be unsure in, and both become the point between
        them. Rounded outwards to the two decimals that are printed, so that no one reads another
        threshold than the one that was used.

    Raises:
        ValueError: One side is empty.
    """
    if len(real) == 0 or len(forged) == 0:
        raise ValueError("thresholds need tracks of both kinds")
    low, high = _zone(real, forged, real_above, forged_below)
    chosen = (
        f"On {len(real)} real and {len(forged)} forged {material[0]}. Upper threshold: at most "
        f"{real_above:.0%} of the real ones score above it, which {_count(real > high)} do. Lower: "
        f"at most {forged_below:.0%} of the forged ones score below it, which "
        f"{_count(forged < low)} do. Exact 95 % intervals. {material[1]}"
    )
    return Decision(low, high, MINIMUM_FRAMES, chosen)


def calibrated_thresholds(
    recordings: Recordings,
    calibration: Calibration,
    *,
    real_above: float,
    fake_below: float,
    minimum_frames: int,
) -> Decision:
    """The same on calibration recordings; beyond the zone the likelihood ratio speaks as well.

    The zone is widened until a mean score outside it has a likelihood ratio of at least 2 or at
    most 1/2. How often people whose recordings had no part in choosing the thresholds fall on the
    wrong side is stated with it.

    Args:
        recordings: What the calibration was fitted on.
        calibration: Fitted on them.
        real_above: At most this share of the authentic recordings may lie above the zone.
        fake_below: At most this share of the manipulated ones below it.
        minimum_frames: As on the card.

    Raises:
        ValueError: One kind is missing.
    """
    fake, scores = recordings.fake, recordings.scores
    material = ("calibration recordings", _held_out(recordings, real_above, fake_below))
    decision = choose_thresholds(
        scores[~fake],
        scores[fake],
        real_above=real_above,
        forged_below=fake_below,
        material=material,
    )
    high = max(decision.high, _up(score_of(calibration, LEAST_LR)))
    low = min(decision.low, _down(score_of(calibration, 1 / LEAST_LR)))
    said = decision.chosen
    if (low, high) != (decision.low, decision.high):
        said += (
            f" Widened to {low:.2f} and {high:.2f}, so that a score outside the zone has a "
            f"likelihood ratio of at least {LEAST_LR:g} or at most 1/{LEAST_LR:g}."
        )
    return replace(decision, low=low, high=high, minimum_frames=minimum_frames, chosen=said)


def _held_out(recordings: Recordings, real_above: float, fake_below: float) -> str:
    """A sentence on errors of people at thresholds chosen without them."""
    groups, fake = recordings.groups(), recordings.fake
    above, below = np.zeros(len(fake), np.bool_), np.zeros(len(fake), np.bool_)
    for group in np.unique(groups).tolist():
        held, others = groups == group, groups != group
        real, forged = recordings.scores[others & ~fake], recordings.scores[others & fake]
        if not len(real) or not len(forged):
            return "No person could be held out to check the thresholds."
        low, high = _zone(real, forged, real_above, fake_below)
        above[held] = recordings.scores[held] > high
        below[held] = recordings.scores[held] < low
    return (
        f"With thresholds chosen without the person in question, {_count(above[~fake])} of the "
        f"real ones lie above and {_count(below[fake])} of the forged ones below."
    )


def _zone(
    real: NDArray[np.floating], forged: NDArray[np.floating], above: float, below: float
) -> tuple[float, float]:
    high = float(np.quantile(real, 1.0 - above, method="higher"))
    low = float(np.quantile(forged, below, method="lower"))
    if low > high:
        low = high = (low + high) / 2
    return _down(low), _up(high)


def _up(score: float) -> float:
    return math.ceil(round(100 * score, 6)) / 100


def _down(score: float) -> float:
    return math.floor(round(100 * score, 6)) / 100


def _count(cases: NDArray[np.bool_]) -> str:
    share = exact_interval(int(cases.sum()), len(cases))
    return f"{int(cases.sum())} of {len(cases)} ({share.low:.0%} to {share.high:.0%})"
