"""Trials of the relative answer on labelled clips whose scores an evaluation has written.

A trial is a clip in question, fake or real, held against real clips of other recordings. Clips of
one `original` (a recording, its compressions, and everything made from it) are never references of
each other, and of several copies of a recording one is taken: the one in the compression asked for.
The spread known beforehand comes from the clips of other sources than the trial's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workstation.analysis.comparison import Comparison, Spread, compare, mean_logit


@dataclass(frozen=True)
class Recording:
    """One labelled clip, by the track that was scored in most frames."""

    file: str
    fake: bool
    method: str
    source: str
    compression: str
    person: str
    donor: str
    original: str
    logit: float


@dataclass(frozen=True)
class Trial:
    """A clip in question beside references."""

    questioned: Recording
    references: tuple[Recording, ...]
    comparison: Comparison


def recordings(clips: Iterable[Mapping[str, Any]]) -> list[Recording]:
    """The clips that have a face track long enough for a finding.

    A fake is given the source of the real clips of the person filmed, where there are any: it came
    over the same platform. Where the list of clips does not say which of them are one recording,
    all of one person from one source count as one: no copy passes for a recording of its own.

    Args:
        clips: "clips" of an evaluation's JSON, format 2.

    Raises:
        KeyError: A clip lacks a field.
    """
    listed = [clip for clip in clips if any(track["enough"] for track in clip["tracks"])]
    sources = {clip["person"]: clip["source"] for clip in listed if not clip["fake"]}
    told = len({clip["original"] for clip in listed}) < len(listed)
    return [_recording(clip, sources, told) for clip in listed]


def _recording(clip: Mapping[str, Any], sources: Mapping[str, str], told: bool) -> Recording:
    source = sources.get(clip["person"], clip["source"])
    enough = [track for track in clip["tracks"] if track["enough"]]
    longest = max(enough, key=lambda track: len(track["scores"]))
    return Recording(
        clip["file"],
        clip["fake"],
        clip["method"],
        source,
        clip["compression"],
        clip["person"],
        clip["donor"],
        clip["original"] if told else f"{source}/{clip['person']}",
        mean_logit(np.asarray(longest["scores"], np.float64)),
    )


def platform_trials(held: Sequence[Recording]) -> list[Trial]:
    """Every clip beside the real clips of other people from its source, in its compression."""
    trials = []
    for one in held:
        around = [
            real
            for real in held
            if not real.fake
            and (real.source, real.compression) == (one.source, one.compression)
            and real.original != one.original
            and real.person != one.person
        ]
        if around:
            others = [real for real in held if real.source != one.source]
            spread = estimate(others, same_platform=True)
            trials.append(_trial(one, around, spread))
    return trials


def person_trials(held: Sequence[Recording]) -> list[Trial]:
    """Every clip beside other real recordings of the person filmed, whatever their compression."""
    trials = []
    for one in held:
        around = {
            real.original: real
            for real in held
            if not real.fake and real.person == one.person and real.original != one.original
        }
        if around:
            others = [real for real in held if real.source != one.source]
            spread = estimate(others, same_platform=False)
            trials.append(_trial(one, list(around.values()), spread))
    return trials


def original_trials(held: Sequence[Recording]) -> list[Trial]:
    """Every fake beside the very recording it was made from; a real clip beside its other copy.

    No examiner's reference is that close: it shows how much an own offset of each recording
    accounts for, and how far compression alone moves a recording.
    """
    trials = []
    for one in held:
        copies = [real for real in held if not real.fake and real.original == one.original]
        beside = [real for real in copies if (real.compression == one.compression) is one.fake]
        if beside:
            others = [real for real in held if real.source != one.source]
            spread = estimate(others, same_platform=True)
            trials.append(_trial(one, beside[:1], spread))
    return trials


def _trial(one: Recording, references: Sequence[Recording], spread: Spread | None) -> Trial:
    values = [real.logit for real in references]
    return Trial(one, tuple(references), compare(one.logit, values, spread))


def estimate(held: Iterable[Recording], *, same_platform: bool) -> Spread | None:
    """How far mean logits of real recordings of different people lie apart.

    Within a platform, the variance around the mean of each source and compression, pooled; the
    compressions of one source show the same people and count once in the degrees of freedom. Over
    platforms, half the mean square of the difference between two recordings of different people
    and sources.

    Args:
        held: Recordings; fakes among them are passed over.
        same_platform: Which of the two.

    Returns:
        None where there are too few.
    """
    reals = [one for one in held if not one.fake]
    return _within(reals) if same_platform else _across(reals)


def _within(reals: Sequence[Recording]) -> Spread | None:
    groups: dict[tuple[str, str], list[Recording]] = {}
    for one in reals:
        groups.setdefault((one.source, one.compression), []).append(one)
    groups = {name: group for name, group in groups.items() if len(group) > 1}
    freedom = sum(len(group) - 1 for group in groups.values())
    if not freedom:
        return None
    squares = sum(
        (len(group) - 1) * float(np.var([one.logit for one in group], ddof=1))
        for group in groups.values()
    )
    used = [one for group in groups.values() for one in group]
    sources = {one.source for one in used}
    degrees = len({(one.source, one.person) for one in used}) - len(sources)
    return _spread(squares / freedom, degrees, used, "compared within one source and compression")


def _across(reals: Sequence[Recording]) -> Spread | None:
    squares = [
        (one.logit - other.logit) ** 2 / 2
        for position, one in enumerate(reals)
        for other in reals[:position]
        if one.person != other.person and one.source != other.source
    ]
    if not squares:
        return None
    degrees = len({one.person for one in reals}) - 1
    return _spread(float(np.mean(squares)), degrees, reals, "compared across sources")


def _spread(variance: float, degrees: int, used: Sequence[Recording], which: str) -> Spread | None:
    if degrees < 1 or variance <= 0:
        return None
    people = len({one.person for one in used})
    words = f"{len(used)} authentic recordings of {people} people, {which}"
    if people == len({one.original for one in used}):
        words += " (spread between people, not between recordings of one)"
    return Spread(variance**0.5, degrees, words)
