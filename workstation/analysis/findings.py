"""Findings: what scores say, in the words of SWGDE 23-V-001, with the reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.analysis import trust
from workstation.analysis.quality import outside_words
from workstation.analysis.segments import flag_segments, frame_length
from workstation.cases.records import FaceTable, Finding, FindingRecord, Segment, Stretch
from workstation.cases.soundness import as_recorded

_LONG_SEGMENT_SECONDS = 1.0
_STRENGTH = (Finding.SUPPORTS, Finding.INCONCLUSIVE, Finding.DOES_NOT_SUPPORT)


@dataclass(frozen=True)
class Thresholds:
    """The card's decision rule.

    Attributes:
        low: A mean score under this does not support manipulation, 0..1.
        high: A mean score over this supports it, 0..1.
        minimum_frames: With fewer scored frames a track is inconclusive: the card's number, and
            never less than one whole sequence, for the network was neither trained nor measured on
            tracks that it cannot see for that long.
        not_covered: Sentences about what the detector was not made for.
        card: The whole card; where it has a calibration, a mean score outside the zone must have a
            likelihood ratio that supports something.
    """

    low: float
    high: float
    minimum_frames: int
    not_covered: tuple[str, ...]
    card: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    @as_recorded("a detector's card")
    def of_card(cls, card: Mapping[str, Any]) -> Thresholds:
        """The rule on a card.

        Args:
            card: Plain JSON.

        Raises:
            CaseError: The card, kept with a run, states none.
        """
        decision = card["decision"]
        return cls(
            float(decision["low"]),
            float(decision["high"]),
            max(int(decision["minimum_frames"]), int(card["sequence"]["length"])),
            tuple(card["not_covered"]),
            card,
        )


def conclude(
    faces: FaceTable,
    times: NDArray[np.float64],
    undecodable: Sequence[Stretch],
    rule: Thresholds,
) -> tuple[list[Segment], list[FindingRecord]]:
    """Draw the findings of a run.

    Args:
        faces: All faces of the run.
        times: Seconds of every frame, float64 ``(frames,)``.
        undecodable: Frames that could not be decoded.
        rule: From the detector's card.

    Returns:
        Segments; and findings, the exhibit's first, then each track's.
    """
    segments = flag_segments(faces, times, rule.low, rule.high)
    tracks = [
        _of_track(number, faces, times, segments, rule)
        for number in np.unique(faces.track).tolist()
    ]
    return segments, [_of_exhibit(tracks, faces, times, undecodable, rule), *tracks]


def _of_track(
    number: int,
    faces: FaceTable,
    times: NDArray[np.float64],
    segments: Sequence[Segment],
    rule: Thresholds,
) -> FindingRecord:
    mine = faces.where(faces.track == number)
    flagged = [segment for segment in segments if segment.track == number]
    statistics = _statistics(mine, len(mine), rule) | {"segments": len(flagged)}
    finding, reasons = _judge(number, statistics, flagged, times, rule)
    unsuitable = len(mine) - statistics["scored"]
    if unsuitable * 2 > len(mine):
        # That nothing was found says little where most was not looked at.
        if finding is Finding.DOES_NOT_SUPPORT:
            finding = Finding.INCONCLUSIVE
        shown = f"{len(mine)} frames that show" if len(mine) > 1 else "1 frame that shows"
        reasons.append(
            f"In {_part(unsuitable, len(mine), shown)} it, the face of track "
            f"{number} was too small or blurred to score."
        )
    if finding is Finding.DOES_NOT_SUPPORT:
        reasons += _not_covered(rule)
    return FindingRecord(number, finding, tuple(reasons), statistics)


def _judge(
    number: int,
    statistics: dict[str, Any],
    flagged: Sequence[Segment],
    times: NDArray[np.float64],
    rule: Thresholds,
) -> tuple[Finding, list[str]]:
    """Finding and main reasons of one track; its likelihood ratio joins the statistics."""
    scored, counted = statistics["scored"], statistics["counted"]
    if not scored:
        return Finding.INCONCLUSIVE, [f"No frame of track {number} could be scored."]
    unlike = _unlike_reason(number, statistics)
    if (scored - counted) * 2 > scored:
        return Finding.INCONCLUSIVE, unlike
    mean = statistics["mean"]
    said = f"Mean score {mean:.2f} over {_frames(counted)} of track {number}"
    if counted < rule.minimum_frames:
        few = f"{said}; fewer than {rule.minimum_frames} scored frames are too few for a finding."
        return Finding.INCONCLUSIVE, [few, *unlike]
    strength = trust.weigh(rule.card, mean, statistics["sharpness"])
    weight = [] if strength is None else trust.strength_sentences(rule.card, strength)
    if strength is not None:
        statistics |= {
            "log10_lr": strength.log10_lr,
            "lr_bounded": strength.bounded,
            "lr_outside": strength.outside,
        }
    finding, reasons = _by_mean(said, mean, flagged, times, rule)
    side = {Finding.SUPPORTS: 1, Finding.DOES_NOT_SUPPORT: -1}.get(finding)
    if strength is not None and side and not trust.supports(side * strength.log10_lr):
        finding = Finding.INCONCLUSIVE
        reasons[0] = f"{reasons[0][:-1]}, but the likelihood ratio does not bear it out."
    return finding, [reasons[0], *weight, *reasons[1:], *unlike]


def _by_mean(
    said: str,
    mean: float,
    flagged: Sequence[Segment],
    times: NDArray[np.float64],
    rule: Thresholds,
) -> tuple[Finding, list[str]]:
    if mean > rule.high:
        return Finding.SUPPORTS, [f"{said}, above {rule.high:.2f}.", *_flag_reason(flagged, times)]
    if mean >= rule.low:
        zone = f"{said}, in the inconclusive zone from {rule.low:.2f} to {rule.high:.2f}."
        return Finding.INCONCLUSIVE, [zone, *_flag_reason(flagged, times)]
    long = [s for s in flagged if _seconds(s, times) >= _LONG_SEGMENT_SECONDS - 1e-9]
    if long:
        mixed = f"{said}, below {rule.low:.2f}, but part of the track scores high."
        return Finding.INCONCLUSIVE, [mixed, *_flag_reason(long, times)]
    return Finding.DOES_NOT_SUPPORT, [f"{said}, below {rule.low:.2f}."]


def _unlike_reason(number: int, statistics: Mapping[str, Any]) -> list[str]:
    """That scores of faces unlike those of the training do not count, and how they differ."""
    unlike = statistics["scored"] - statistics["counted"]
    if not unlike:
        return []
    how = ", ".join(f"{words} in {count}" for words, count in statistics["unlike"].items())
    scored = statistics["scored"]
    return [
        f"In {_part(unlike, scored, _frames(scored))} of track {number} the face is unlike "
        f"those the detector was trained on ({how}); their scores do not count."
    ]


def _part(some: int, of: int, counted: str) -> str:
    if some < of:
        return f"{some} of the {counted}"
    return f"{'all' if of > 1 else 'the'} {counted}"


def _flag_reason(flagged: Sequence[Segment], times: NDArray[np.float64]) -> list[str]:
    if not flagged:
        return []
    longest = max(flagged, key=lambda segment: (_seconds(segment, times), -segment.first))
    count = "1 segment is" if len(flagged) == 1 else f"{len(flagged)} segments are"
    return [
        f"{count} flagged; the longest lasts {_seconds(longest, times):.1f} s, frames "
        f"{longest.first} to {longest.last}, mean score {longest.mean:.2f}."
    ]


def _of_exhibit(
    tracks: Sequence[FindingRecord],
    faces: FaceTable,
    times: NDArray[np.float64],
    undecodable: Sequence[Stretch],
    rule: Thresholds,
) -> FindingRecord:
    """The strongest of the tracks' findings, with what was not seen."""
    lost = sum(stretch.last - stretch.first + 1 for stretch in undecodable)
    statistics = _statistics(faces, len(np.unique(faces.frame)), rule) | {
        "tracks": len(tracks),
        "frames": len(times),
        "undecodable": lost,
    }
    if not statistics["scored"]:
        finding, reasons = Finding.INCONCLUSIVE, ["No face could be scored."]
    else:
        finding, reasons = _strongest(tracks, rule, statistics)
        if finding is Finding.DOES_NOT_SUPPORT and lost * 2 > len(times):
            finding = Finding.INCONCLUSIVE
    reasons += _unseen(faces, times, lost)
    if finding is Finding.DOES_NOT_SUPPORT:
        reasons += _not_covered(rule)
    return FindingRecord(None, finding, tuple(reasons), statistics)


def _unseen(faces: FaceTable, times: NDArray[np.float64], lost: int) -> list[str]:
    """What of an exhibit the finding does not rest on."""
    reasons = []
    seen = len(np.unique(faces.frame[faces.counted]))
    if 0 < seen < len(times):
        share = 100 * seen / len(times)
        alike = " like those of the training" if (faces.outside > 0).any() else ""
        reasons.append(
            f"{seen} of {len(times)} frames ({share:.1f} %) have a scored face{alike}; the finding "
            "says nothing about the others."
        )
    if lost:
        share = 100 * lost / len(times)
        reasons.append(f"{lost} of {len(times)} frames ({share:.1f} %) could not be decoded.")
    return reasons


def _strongest(
    tracks: Sequence[FindingRecord], rule: Thresholds, statistics: dict[str, Any]
) -> tuple[Finding, list[str]]:
    """The strongest finding among tracks, and the main reason of the track that speaks loudest.

    Its likelihood ratio joins the exhibit's statistics.
    """
    finding = next(kind for kind in _STRENGTH if any(track.finding is kind for track in tracks))
    same = [track for track in tracks if track.finding is finding]
    # A track of hardly any scored frames is inconclusive for want of data; another says more.
    loudest = max(
        same,
        key=lambda track: (
            min(track.statistics["counted"], rule.minimum_frames),
            track.statistics["mean"] or 0.0,
        ),
    )
    reasons = [loudest.reasons[0]]
    if "log10_lr" in loudest.statistics:
        names = ("log10_lr", "lr_bounded", "lr_outside")
        statistics |= {name: loudest.statistics[name] for name in names} | {
            "lr_track": loudest.track
        }
        reasons += loudest.reasons[1:3]
    if len(tracks) > 1:
        counts = [(kind, sum(t.finding is kind for t in tracks)) for kind in _STRENGTH]
        listed = ", ".join(f"{count} “{kind}”" for kind, count in counts if count)
        reasons.append(f"Of {len(tracks)} face tracks: {listed}.")
    if finding is Finding.SUPPORTS and len(tracks) > 1:
        reasons.append(
            "The more faces are scored, the more often one of them scores high by chance: see "
            "whether the track named here matters to the case."
        )
    return finding, reasons


def _statistics(faces: FaceTable, shown: int, rule: Thresholds) -> dict[str, Any]:
    """Figures of a track or an exhibit; those of scores are over the faces that count."""
    scores = faces.score[faces.counted].astype(np.float64)
    sharp = faces.sharpness[faces.counted]
    unlike = Counter(
        words
        for bits in faces.outside[faces.scored & ~faces.counted].tolist()
        for words in outside_words(bits)
    )
    some = len(scores) > 0
    return {
        "mean": float(scores.mean()) if some else None,
        "peak": float(scores.max()) if some else None,
        "scored": int(faces.scored.sum()),
        "counted": len(scores),
        "unlike": dict(unlike.most_common()),
        "sharpness": float(np.median(sharp)) if some and np.isfinite(sharp).all() else None,
        "faces": shown,
        "share_above": float((scores > rule.high).mean()) if some else None,
        "low": rule.low,
        "high": rule.high,
    }


def _not_covered(rule: Thresholds) -> list[str]:
    """What keeps a low score from meaning that a recording is authentic."""
    if not rule.not_covered:
        return []
    said = "A low score says nothing about manipulation that the detector does not cover."
    return [said] + [f"Not covered by this detector: {sentence}" for sentence in rule.not_covered]


def _frames(count: int) -> str:
    return "1 scored frame" if count == 1 else f"{count} scored frames"


def _seconds(segment: Segment, times: NDArray[np.float64]) -> float:
    return float(times[segment.last] - times[segment.first]) + frame_length(times)
