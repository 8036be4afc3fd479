"""The relative answer on an exhibit: its face tracks beside its references, read from the case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.comparison import Comparison, Spread, compare, mean_logit
from workstation.analysis.findings import Thresholds
from workstation.analysis.settings import AnalysisSettings
from workstation.cases.custody import Act
from workstation.cases.records import (
    Finding,
    Reference,
    ReferenceKind,
    Run,
    RunOutcome,
    Verification,
    chosen_run,
)

if TYPE_CHECKING:
    from workstation.cases.case import Case


@dataclass(frozen=True)
class ReferenceScore:
    """One reference and what it contributes.

    Attributes:
        run: the run it is compared by, or None.
        track: its face track that was scored in most frames, or None.
        logit: mean logit of that track, or None where it cannot be compared.
        frames: scored frames of that track.
        sha256: the exhibit's acquisition hash.
        problem: why it cannot be compared and what to do, or "".
        remarks: what bears on its worth as a reference.
    """

    reference: Reference
    sha256: str
    run: Run | None = None
    track: int | None = None
    logit: float | None = None
    frames: int = 0
    problem: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def compared(self) -> bool:
        """Whether it takes part in the comparison."""
        return self.logit is not None


@dataclass(frozen=True)
class TrackComparison:
    """One face track of the questioned exhibit beside the references."""

    track: int
    frames: int
    comparison: Comparison


@dataclass(frozen=True)
class RelativeAnswer:
    """What the references say about a questioned exhibit, beside its finding.

    Attributes:
        run: the run of the questioned exhibit, or None.
        references: every reference that stands, those that cannot be compared too.
        tracks: the face tracks long enough for a finding.
        spread: what was known of the spread beforehand, or None.
        problem: why there is no answer and what to do, or "".
    """

    exhibit: str
    run: Run | None
    references: tuple[ReferenceScore, ...]
    tracks: tuple[TrackComparison, ...]
    spread: Spread | None
    problem: str = ""

    @property
    def compared(self) -> tuple[ReferenceScore, ...]:
        """The references that take part."""
        return tuple(one for one in self.references if one.compared)

    @property
    def recordings(self) -> int:
        """Number of independent recordings among them."""
        return len({one.reference.recording for one in self.compared})


def relative_answer(case: Case, number: str) -> RelativeAnswer | None:
    """Compare an exhibit with its references, or None where it has none.

    Args:
        case: the case; it is only read.
        number: the questioned exhibit's.

    Raises:
        CaseError: the case cannot be read.
    """
    with case.snapshot():
        standing = case.references.of(number)
        if not standing:
            return None
        run = chosen_run(case.runs.of_exhibit(number))
        problem = _unusable(number, run)
        if run is None or problem:
            untouched = tuple(ReferenceScore(one, _hash(case, one)) for one in standing)
            return RelativeAnswer(number, run, untouched, (), None, problem)
        verified = _last_verifications(case)
        scores = tuple(_score(case, one, run, verified) for one in standing)
        used = [one for one in scores if one.compared]
        shared = bool(used) and all(ReferenceKind.PLATFORM in one.reference.kinds for one in used)
        spread = Spread.of_card(run.detector, same_platform=shared)
        values = _by_recording(used)
        tracks = [
            TrackComparison(track, len(scores), compare(mean_logit(scores), values, spread))
            for track, scores in _tracks(case, run)
        ]
    problem = "" if tracks else f"No face track of {number} is long enough to be compared."
    return RelativeAnswer(number, run, scores, tuple(tracks), spread, problem)


def _by_recording(used: Sequence[ReferenceScore]) -> list[float]:
    """A value for each recording: copies of one recording count once, with their mean."""
    groups: dict[str, list[float]] = {}
    for one in used:
        if one.logit is not None:
            groups.setdefault(one.reference.recording, []).append(one.logit)
    return [sum(values) / len(values) for values in groups.values()]


def _score(
    case: Case, reference: Reference, questioned: Run, verified: dict[str, str]
) -> ReferenceScore:
    number = reference.reference
    run = _comparable(case.runs.of_exhibit(number), questioned)
    problem = _altered(number, verified) or _mismatch(number, run, questioned)
    if run is None or problem:
        return ReferenceScore(reference, _hash(case, reference), run, problem=problem)
    tracks = _tracks(case, run)
    if not tracks:
        short = f"No face track of {number} is long enough to be compared."
        return ReferenceScore(reference, _hash(case, reference), run, problem=short)
    track, scores = max(tracks, key=lambda one: len(one[1]))
    return ReferenceScore(
        reference,
        _hash(case, reference),
        run,
        track,
        mean_logit(scores),
        len(scores),
        remarks=tuple(_remarks(case, reference, run, questioned, [len(t) for _, t in tracks])),
    )


def _hash(case: Case, reference: Reference) -> str:
    return case.exhibits.get(reference.reference).hashes.sha256


def _tracks(case: Case, run: Run) -> list[tuple[int, NDArray[np.float32]]]:
    """The scores of every face track that is long enough for a finding, float32 (N,) each."""
    enough = Thresholds.of_card(run.detector).minimum_frames
    scores = case.runs.track_scores(run.id)
    return [(track, scores[track]) for track in sorted(scores) if len(scores[track]) >= enough]


def _comparable(runs: Sequence[Run], questioned: Run) -> Run | None:
    """The newest complete run by the same detector and settings, else the run that counts."""
    same = [run for run in runs if _complete(run) and _method(run) == _method(questioned)]
    return same[-1] if same else chosen_run(runs)


def _method(run: Run) -> tuple[object, ...]:
    """What has to agree for scores to be compared: the weights, and settings that shape results."""
    shaping = AnalysisSettings().shaping()
    weights = (run.detector.get("weights") or {}).get("sha256")
    return (weights, *(repr(run.settings.get(name)) for name in shaping))


def _complete(run: Run) -> bool:
    return run.outcome is RunOutcome.COMPLETE


def _unusable(number: str, run: Run | None) -> str:
    if run is None:
        return f"{number} was not analysed. Analyse it to compare it."
    if not _complete(run):
        return f"The analysis of {number} is not complete. Continue it to compare it."
    return ""


def _mismatch(number: str, run: Run | None, questioned: Run) -> str:
    problem = _unusable(number, run)
    if problem or run is None:
        return problem
    if _method(run)[0] != _method(questioned)[0]:
        return (
            f"{number} was scored by other weights than {questioned.exhibit}, so their scores "
            f"cannot be compared. Analyse {number} again with the detector used on "
            f"{questioned.exhibit}."
        )
    if _method(run) != _method(questioned):
        return (
            f"{number} was analysed with other settings than {questioned.exhibit}. Analyse "
            f"{number} again with the same settings."
        )
    return ""


def _altered(number: str, verified: dict[str, str]) -> str:
    said = verified.get(number, "")
    if said in (Verification.ALTERED, Verification.MISSING):
        return f"{number} was found {said} when it was last verified; it is no reference now."
    return ""


def _last_verifications(case: Case) -> dict[str, str]:
    return {
        entry.subject: str(entry.details.get("outcome", ""))
        for entry in case.custody.entries()
        if entry.act == Act.EXHIBIT_VERIFIED
    }


def _remarks(
    case: Case, reference: Reference, run: Run, questioned: Run, lengths: list[int]
) -> list[str]:
    """What an opponent would ask about a reference."""
    number, found = reference.reference, []
    whole = next((one for one in case.runs.findings(run.id) if one.track is None), None)
    if whole is not None and whole.finding is Finding.SUPPORTS:
        found.append(
            f"{number} is marked known authentic, yet its own finding is “{whole.finding}”."
        )
    if ReferenceKind.PERSON in reference.kinds and len(lengths) > 1:
        found.append(
            f"{number} has {len(lengths)} long face tracks; the one scored in most frames was "
            "taken. See that it shows the person."
        )
    if run.precision != questioned.precision:
        found.append(
            f"{number} was scored in {run.precision}, {questioned.exhibit} in "
            f"{questioned.precision}; scores differ a little by that alone."
        )
    alike = [
        other.reference
        for other in case.references.of(reference.questioned)
        if other.id < reference.id
        and other.recording != reference.recording
        and case.exhibits.get(other.reference).frames == run.frames
    ]
    if alike:
        found.append(
            f"{number} has as many frames as {', '.join(alike)}: if they are copies of one "
            "recording, say so, for copies count once."
        )
    return found
