"""Whether scores and likelihood ratios mean what they say, and what a wider zone would cost."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.commands.evaluation.figures import Cases, clip_cases, interval, plain
from workstation.commands.evaluation.running import ClipResult

DRAWS = 500


def reliability(results: Sequence[ClipResult], card: dict[str, Any]) -> dict[str, Any]:
    """Calibration error, Cllr and the reliability diagram before and after calibration.

    Before calibration a score is read as though it were a posterior at even odds.

    Args:
        results: All clips.
        card: The detector's; its `calibration` is used where there is one.

    Returns:
        `before`; `after`, None without a calibration; `fitted_on`, what the calibration rests on;
        `left_out`, by likelihood ratios fitted on these very clips without the person measured and
        everybody that shares a recording with them, or None and the reason in `left_out_note`.
    """
    from models.training.calibrating import CalibrationError
    from models.training.reliability import logit

    cases = clip_cases(results)
    calibration = card.get("calibration")
    found: dict[str, Any] = {
        "before": _figures(logit(cases[0]), cases),
        "after": None,
        "fitted_on": None,
        "left_out": None,
        "left_out_note": "",
    }
    if calibration:
        found["after"] = _figures(log_ratios(results, calibration), cases)
        found["fitted_on"] = calibration["material"]
    quality = bool(calibration and calibration["quality_slope"])
    try:
        found["left_out"] = _figures(_left_out(results, cases, quality=quality), cases)
    except CalibrationError as error:
        found["left_out_note"] = str(error)
    return found


def _left_out(results: Sequence[ClipResult], cases: Cases, *, quality: bool) -> NDArray[np.float64]:
    """Natural-log likelihood ratios, each person's fitted on the others, ``(N,)``."""
    from models.training.calibrating import Recordings, check, cross_fit

    scores, fake, people = cases
    scored = [result for result in results if result.score() is not None]
    sharp = [result.quality.sharpness for result in scored]
    known = np.array([np.nan if value is None else value for value in sharp], np.float64)
    donors = np.array([result.clip.recording.donor for result in scored], np.str_)
    recordings = Recordings(scores, fake, people, donors, known)
    check(recordings)
    return cross_fit(recordings, quality=quality and bool(np.isfinite(known).all()))


def log_ratios(results: Sequence[ClipResult], calibration: dict[str, Any]) -> NDArray[np.float64]:
    """Natural-log likelihood ratios of the clips with a score, ``(N,)``."""
    from models.calibration import weigh

    given = [
        weigh(calibration, score, result.quality.sharpness).log10_lr * math.log(10.0)
        for result in results
        if (score := result.score()) is not None
    ]
    return np.array(given, np.float64)


def _figures(llr: NDArray[np.float64], cases: Cases) -> dict[str, Any] | None:
    from models.training.reliability import (
        calibration_error_by_chance,
        cllr,
        even_odds,
        expected_calibration_error,
        min_cllr,
        reliability_bins,
    )
    from models.training.resampling import PersonBootstrap

    _, fake, people = cases
    if len(set(fake.tolist())) < 2:
        return None
    posterior = even_odds(llr)
    again = PersonBootstrap(people, DRAWS, fake=fake)
    unit = again.intervals(
        lambda w: {
            "ece": expected_calibration_error(posterior, fake, w),
            "min_cllr": min_cllr(llr, fake, w),
        }
    )
    cost = again.intervals(lambda w: {"cllr": cllr(llr, fake, w)}, (0.0, math.inf))["cllr"]
    bins = [
        {name: plain(value) if name != "cases" else value for name, value in row.items()}
        for row in reliability_bins(posterior, fake)
    ]
    return {
        "ece": interval(unit["ece"]),
        "ece_by_chance": interval(calibration_error_by_chance(posterior, fake)),
        "cllr": interval(cost),
        "min_cllr": interval(unit["min_cllr"]),
        "bins": bins,
    }


def coverage(results: Sequence[ClipResult], card: dict[str, Any]) -> dict[str, Any]:
    """What is still concluded, and how much of it wrongly, as the inconclusive zone widens.

    The zone reaches equally far to both sides, on the scale of log odds: of the middle of the
    card's own zone, and of the likelihood ratio 1 where the card has a calibration.

    Args:
        results: All clips.
        card: The detector's.

    Returns:
        `scores` and `calibrated` (None without a calibration), curves from no zone to the widest;
        `card`, the zone that is shipped, on the first curve's scale.
    """
    from models.training.reliability import coverage_curve, logit

    scores, fake, _ = clip_cases(results)
    decision, calibration = card["decision"], card.get("calibration")
    low, high = logit(np.array([decision["low"], decision["high"]])).tolist()
    if not len(scores):
        return {"scores": [], "calibrated": None, "card": None}
    curve = coverage_curve(logit(scores) - (low + high) / 2, fake)
    other = coverage_curve(log_ratios(results, calibration), fake) if calibration else None
    return {
        "scores": [_rounded(point) for point in curve],
        "calibrated": other and [_rounded(point) for point in other],
        "card": {"centre": plain((low + high) / 2), "half_width": plain((high - low) / 2)},
    }


def _rounded(point: dict[str, float]) -> dict[str, float | None]:
    return {n: value if isinstance(value, int) else plain(value) for n, value in point.items()}
