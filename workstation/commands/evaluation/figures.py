"""The figures: how well scores tell the classes apart, and what was concluded from them."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.cases.records import Finding
from workstation.commands.evaluation.clips import LabelledClip
from workstation.commands.evaluation.groups import Group, groups
from workstation.commands.evaluation.running import ClipResult

DRAWS = 2000
FRAME_DRAWS = 500
HALF = 0.5

Cases = tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.str_]]
"""Scores, whether they are of fakes, and of whom: ``(N,)`` each."""


def plain(value: float | None) -> float | None:
    """A figure for JSON: four decimals, None where it could not be computed."""
    return None if value is None or not math.isfinite(value) else round(float(value), 4)


def interval(found: Any) -> list[float | None]:
    """A `metrics.Interval` as value, low, high."""
    return [plain(found.value), plain(found.low), plain(found.high)]


def clip_cases(members: Sequence[ClipResult], way: str = "") -> Cases:
    """Clips as cases; those without a score are passed over."""
    scored = [(result, result.score(way)) for result in members]
    kept = [(result.clip, score) for result, score in scored if score is not None]
    return (
        np.array([score for _, score in kept], np.float64),
        np.array([clip.fake for clip, _ in kept], np.bool_),
        np.array([clip.person for clip, _ in kept], np.str_),
    )


def frame_cases(members: Sequence[ClipResult], way: str = "") -> Cases:
    """Frames as cases: the highest score of a frame to three decimals, and its clip's label."""
    scores = [np.round(result.frame_scores(way), 3) for result in members]
    counts = [len(some) for some in scores]
    return (
        np.concatenate([np.zeros(0), *scores]),
        np.repeat(np.array([r.clip.fake for r in members], np.bool_), counts),
        np.repeat(np.array([r.clip.person for r in members], np.str_), counts),
    )


def rows(
    results: Sequence[ClipResult],
    thresholds: tuple[float, float],
    cases: Callable[[Sequence[ClipResult]], Cases],
    draws: int,
) -> list[dict[str, Any]]:
    """One row of figures for every group.

    Args:
        results: All clips.
        thresholds: The card's lower and upper one.
        cases: `clip_cases` or `frame_cases`.
        draws: Resamples behind each interval.
    """
    scored = [result for result in results if result.score() is not None]
    return [row(group, thresholds, cases(group.members), draws) for group in groups(scored)]


def row(group: Group, thresholds: tuple[float, float], cases: Cases, draws: int) -> dict[str, Any]:
    """The figures of one group.

    Args:
        group: Whose.
        thresholds: The card's lower and upper one.
        cases: Its clips or frames.
        draws: Resamples behind each interval.
    """
    from models.training.ranking import Curve, confusion
    from models.training.resampling import PersonBootstrap

    scores, fake, people = cases
    again = PersonBootstrap(people, draws, fake=fake)
    curve = Curve(scores, fake, again.person)
    ordered = again.intervals(curve.figures, per_person=True)
    found: dict[str, Any] = {
        "kind": group.kind,
        "name": group.name,
        "real": int((~fake).sum()),
        "fake": int(fake.sum()),
        "real_people": len(set(people[~fake].tolist())),
        "people": again.people,
        **{name: interval(value) for name, value in ordered.items()},
    }
    for name, threshold in (("at_upper", thresholds[1]), ("at_half", HALF)):
        decided = again.intervals(partial(curve.decisions, threshold), per_person=True)
        found[name] = {
            "threshold": threshold,
            **{figure: interval(value) for figure, value in decided.items()},
            "confusion": confusion(scores > threshold, fake),
        }
    return found


def roc(cases: Cases) -> dict[str, Any]:
    """The ROC curve of some cases, and where it would lie with other people.

    Returns:
        `points`, false and true positive rate at every score; `band`, at false positive rates from
        0 to 1 the 95 % interval of the true one. Both are empty where a class is missing.
    """
    from models.training.ranking import Curve
    from models.training.resampling import PersonBootstrap, Weights

    scores, fake, people = cases
    if len(set(fake.tolist())) < 2:
        return {"points": [], "band": []}
    again = PersonBootstrap(people, FRAME_DRAWS, fake=fake)
    curve, grid = Curve(scores, fake, again.person), np.linspace(0.0, 1.0, 21)

    def rates(weights: Weights) -> dict[str, NDArray[np.float64]]:
        hits, alarms = curve.counts(weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            pairs = zip(alarms / alarms[:, -1:], hits / hits[:, -1:], strict=True)
            lines = np.array([np.interp(grid, false, true) for false, true in pairs])
        return {str(i): lines[:, i] for i in range(len(grid))}

    band = again.intervals(rates, per_person=True)
    points = zip(*curve.roc(), strict=True)
    return {
        "points": [[plain(x), plain(y)] for x, y in points],
        "band": [[plain(x), *interval(band[str(i)])[1:]] for i, x in enumerate(grid.tolist())],
    }


def called_manipulated(results: Sequence[ClipResult]) -> dict[str, dict[str, Any]]:
    """How many clips of each label were called manipulated, with exact binomial intervals."""
    found = {}
    for label in ("real", "fake"):
        given = [result for result in results if result.clip.label == label]
        if given:
            found[label] = supported(given)
    return found


def supported(results: Sequence[ClipResult]) -> dict[str, Any]:
    """How many of some clips were found to support manipulation."""
    from models.training.metrics import exact_interval

    count = sum(result.finding == Finding.SUPPORTS.value for result in results)
    share = exact_interval(count, len(results))
    return {
        "count": count,
        "clips": len(results),
        "people": len({result.clip.person for result in results}),
        "low": plain(share.low),
        "high": plain(share.high),
    }


def false_positives(results: Sequence[ClipResult]) -> list[dict[str, Any]]:
    """Authentic clips called manipulated at the shipped threshold, by source and compression."""
    reals = [result for result in results if not result.clip.fake]
    listed = [
        {"source": name, **supported([real for real in reals if place(real.clip) == name])}
        for name in sorted({place(real.clip) for real in reals})
    ]
    return [*listed, {"source": "all", **supported(reals)}] if reals else []


def place(clip: LabelledClip) -> str:
    """Source and compression in words."""
    recording = clip.recording
    said = "" if recording.compression == "?" else f" {recording.compression}"
    return f"{recording.source}{said}"


def kind_of(clip: LabelledClip) -> str:
    """What a clip is: its method, or "real" and where from."""
    if not clip.fake:
        return f"real, {place(clip)}"
    said = "" if clip.recording.compression == "?" else f" {clip.recording.compression}"
    return f"{clip.recording.method}{said}"


def count_findings(results: Sequence[ClipResult]) -> list[dict[str, Any]]:
    """How often each finding was given, per source and method: the confusion with three answers."""
    counts: dict[tuple[bool, str], Counter[str]] = {}
    for result in results:
        key = (result.clip.fake, kind_of(result.clip))
        counts.setdefault(key, Counter())[result.finding or "no result"] += 1
    words = [*(finding.value for finding in Finding), "no result"]
    return [
        {"name": name, "label": "fake" if fake else "real", **{w: count[w] for w in words}}
        for (fake, name), count in sorted(counts.items())
    ]


def above_original(results: Sequence[ClipResult]) -> dict[str, Any]:
    """How often a fake scores above the very recording it was made from."""
    from models.training.resampling import PersonBootstrap

    reals = [result for result in results if not result.clip.fake and result.score() is not None]
    pairs = []
    for fake in results:
        score = fake.score() if fake.clip.fake else None
        own = [real for real in reals if fake.clip.made_from(real.clip)]
        if score is not None and own:
            original = own[0].score() or 0.0
            pairs.append((kind_of(fake.clip), fake.clip.person, score > original))
    if not pairs:
        return {"pairs": 0, "above": 0, "share": None, "by_method": []}
    above = np.array([won for _, _, won in pairs])
    share = PersonBootstrap(np.array([person for _, person, _ in pairs])).intervals(
        lambda w: {"share": (w @ above) / w.sum(axis=1)}
    )["share"]
    kinds = sorted({kind for kind, _, _ in pairs})
    by_method = [
        {
            "name": kind,
            "pairs": sum(k == kind for k, _, _ in pairs),
            "above": sum(won for k, _, won in pairs if k == kind),
        }
        for kind in kinds
    ]
    return {
        "pairs": len(pairs),
        "above": int(above.sum()),
        "share": interval(share),
        "by_method": by_method,
    }


def against_sharpness(results: Sequence[ClipResult]) -> dict[str, Any]:
    """Rank correlation of score and sharpness among authentic clips: blur must not read as forged.

    Below zero, softer faces score higher.
    """
    from models.training.ranking import spearman
    from models.training.resampling import PersonBootstrap

    seen = [
        (score, result.quality.sharpness, result.clip.person)
        for result in results
        if not result.clip.fake
        and (score := result.score()) is not None
        and result.quality.sharpness is not None
    ]
    points = [[round(float(sharp), 2), round(score, 4)] for score, sharp, _ in seen]
    if len(seen) < 3:
        return {"clips": len(seen), "spearman": None, "points": points}
    one, other = np.array([s for s, _, _ in seen]), np.array([q for _, q, _ in seen])
    found = PersonBootstrap(np.array([person for _, _, person in seen])).intervals(
        lambda w: {"rho": spearman(one, other, w)}, (-1.0, 1.0)
    )["rho"]
    return {"clips": len(seen), "spearman": interval(found), "points": points}
