"""What a report says, gathered from the case before anything is laid out."""

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

from workstation import __version__
from workstation.analysis.export import scores_digest
from workstation.analysis.references import RelativeAnswer, relative_answer
from workstation.analysis.states import frame_states, state_counts
from workstation.cases.agreement import disagreements
from workstation.cases.case import Case
from workstation.cases.custody import ChainCheck
from workstation.cases.marks import Mark
from workstation.cases.records import (
    CaseFacts,
    CustodyEntry,
    Exhibit,
    FaceTable,
    FindingRecord,
    FrameIndex,
    FrameState,
    Reference,
    Run,
    Segment,
    Stretch,
    Verification,
    chosen_run,
)
from workstation.cases.soundness import as_recorded
from workstation.errors import ExhibitError
from workstation.evidence.verification import VerificationProgress, verify_exhibit
from workstation.report.signing import SigningIdentity


@dataclass(frozen=True)
class ReportProgress:
    """How far the writing of a report is: a step in words, and its count."""

    step: str
    done: int
    total: int


Announce = Callable[[ReportProgress], None]


@dataclass(frozen=True)
class RunEvidence:
    """One run with everything it stored."""

    run: Run
    faces: FaceTable
    undecodable: tuple[Stretch, ...]
    segments: tuple[Segment, ...]
    findings: tuple[FindingRecord, ...]
    scores_digest: str

    @cached_property
    def tracks(self) -> list[int]:
        """Numbers of the run's face tracks, ascending."""
        return sorted({int(track) for track in self.faces.track})

    def of_track(self, track: int) -> FaceTable:
        """The faces of one track."""
        return self.faces.where(self.faces.track == track)

    def finding(self, track: int | None) -> FindingRecord | None:
        """The finding on a track, or with None on the whole exhibit."""
        return next((f for f in self.findings if f.track == track), None)

    @property
    def card(self) -> Mapping[str, Any]:
        """The detector's card as it was used."""
        return self.run.detector

    @property
    def weights_sha256(self) -> str:
        """SHA-256 of the weights, from the card."""
        return str(self.card.get("weights", {}).get("sha256", "not stated"))

    @property
    @as_recorded("a detector's card")
    def thresholds(self) -> tuple[float, float]:
        """The decision thresholds, low and high; `CaseError` where the card states none."""
        decision = self.card["decision"]
        return float(decision["low"]), float(decision["high"])


@dataclass(frozen=True)
class ExhibitEvidence:
    """One exhibit, its verification just now, and the run that the report rests on, if any."""

    exhibit: Exhibit
    index: FrameIndex
    path: Path
    verification: Verification
    evidence: RunEvidence | None
    all_runs: tuple[Run, ...]

    @property
    def anchor(self) -> str:
        """Link target of the exhibit's part of the report."""
        return f"exhibit-{self.exhibit.number}"

    @cached_property
    def counts(self) -> dict[FrameState, int]:
        """Frames per state; without a run every frame is "not analysed"."""
        if self.evidence is None:
            counted = {str(FrameState.NOT_ANALYSED): self.exhibit.frames}
        else:
            counted = state_counts(
                frame_states(
                    self.exhibit.frames,
                    self.evidence.run.frames_done,
                    self.evidence.faces,
                    self.evidence.undecodable,
                )
            )
        return {state: counted.get(str(state), 0) for state in FrameState}


@dataclass
class ReportContext:
    """Everything the sections need; they read it and take figure numbers from it."""

    case: CaseFacts
    identity: str
    sequence: int
    created_utc: str
    signer: SigningIdentity
    timestamped: bool
    exhibits: tuple[ExhibitEvidence, ...]
    custody: tuple[CustodyEntry, ...]
    chain: ChainCheck
    disagreements: tuple[str, ...]
    versions: Mapping[str, str]
    relative: tuple[RelativeAnswer, ...] = ()
    revoked: tuple[Reference, ...] = ()
    marks: tuple[Mark, ...] = ()
    remarks: list[str] = field(default_factory=list)
    _figures: int = 0
    _sections: int = 0

    def figure(self) -> int:
        """The next figure number."""
        self._figures += 1
        return self._figures

    def section(self, title: str) -> str:
        """A section title with the next number before it."""
        self._sections += 1
        return f"{self._sections}\u00a0\u00a0{title}"

    @property
    def number(self) -> str:
        """The report's number and identity in one line, as on every page."""
        return f"R{self.sequence:03d} · {self.identity}"

    @property
    def analysed(self) -> list[tuple[ExhibitEvidence, RunEvidence]]:
        """The exhibits with a run, each with it."""
        return [(item, item.evidence) for item in self.exhibits if item.evidence is not None]


def gather(
    case: Case, signer: SigningIdentity, timestamped: bool, announce: Announce
) -> ReportContext:
    """Read the case and hash every exhibit again.

    Args:
        case: Open for writing: the verifications enter the custody log.
        signer: Who will sign.
        timestamped: Whether a timestamp authority takes part.
        announce: Hears of every step.

    Raises:
        CaseError: The case cannot be read or written.
    """
    verified = {one.number: _verify(case, one.number, announce) for one in case.exhibits.all()}
    with case.snapshot():  # what is printed is what is held against the log
        exhibits = tuple(
            _gather_exhibit(case, exhibit, verified[exhibit.number])
            for exhibit in case.exhibits.all()
            if exhibit.number in verified
        )
        return ReportContext(
            case=case.facts,
            identity=str(uuid4()),
            sequence=len(case.reports.all()) + 1,
            created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
            signer=signer,
            timestamped=timestamped,
            exhibits=exhibits,
            custody=tuple(case.custody.entries()),
            chain=case.custody.verify(),
            disagreements=disagreements(case),
            versions=software_versions(),
            relative=_gather_relative(case, exhibits),
            marks=tuple(case.marks.all()),
            revoked=tuple(one for one in case.references.all() if one.revoked_utc is not None),
        )


def _gather_relative(case: Case, exhibits: Sequence[ExhibitEvidence]) -> tuple[RelativeAnswer, ...]:
    """The relative answers, after every exhibit was verified: an altered one is no reference."""
    found = (relative_answer(case, item.exhibit.number) for item in exhibits)
    return tuple(answer for answer in found if answer is not None)


def _gather_exhibit(case: Case, exhibit: Exhibit, verified: Verification) -> ExhibitEvidence:
    runs = tuple(case.runs.of_exhibit(exhibit.number))
    run = chosen_run(runs)
    return ExhibitEvidence(
        exhibit=exhibit,
        index=case.exhibits.index(exhibit.number),
        path=case.folder / exhibit.stored_name,
        verification=verified,
        evidence=None if run is None else _gather_run(case, run),
        all_runs=runs,
    )


def _verify(case: Case, number: str, announce: Announce) -> Verification:
    def tell(progress: VerificationProgress) -> None:
        announce(ReportProgress(f"verifying {number}", progress.done, progress.total))

    try:
        return verify_exhibit(case, number, tell)
    except ExhibitError:
        # There but unreadable: for the report that is as good as gone, and it says so.
        return Verification.MISSING


def _gather_run(case: Case, run: Run) -> RunEvidence:
    return RunEvidence(
        run=run,
        faces=case.runs.faces(run.id),
        undecodable=tuple(case.runs.undecodable(run.id)),
        segments=tuple(case.runs.segments(run.id)),
        findings=tuple(case.runs.findings(run.id)),
        scores_digest=scores_digest(case, run),
    )


def software_versions() -> dict[str, str]:
    """Versions of the program and of what it stands on while it writes the report."""
    packages = ("av", "cryptography", "numpy", "opencv-python", "pyhanko", "reportlab")
    return {
        "this program": __version__,
        "Python": platform.python_version(),
        "operating system": f"{platform.system()} {platform.release()} {platform.machine()}",
        **{package: version(package) for package in packages},
    }
