"""What the window shows, read from a case in one go and handed over as frozen records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ui.bounds import bounded
from ui.timeline.scores import ExhibitScores
from workstation.cases.agreement import altered_run
from workstation.cases.case import Case
from workstation.cases.custody import Act, ChainCheck
from workstation.cases.records import (
    CaseFacts,
    CustodyEntry,
    Exhibit,
    FaceTable,
    FindingRecord,
    FrameIndex,
    Run,
    RunOutcome,
    Segment,
    Stretch,
    Verification,
    chosen_run,
)
from workstation.errors import CaseLocked, CaseNotWritable

MOST_COMPARED = 100_000  # faces; half a second


@dataclass(frozen=True)
class CaseView:
    """The open case as the top bar shows it.

    Attributes:
        locked_by: the sentence that says why it is open for reading only, or "".
        held: whether that is because another program has it open for writing.
        unfinished: exhibits whose analysis was begun and not brought to an end.
    """

    folder: Path
    facts: CaseFacts
    read_only: bool
    locked_by: str = ""
    held: bool = False
    unfinished: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExhibitLine:
    """One exhibit as the list shows it.

    Attributes:
        run: the run that counts, as in the report (`chosen_run`).
        verification: "intact", "altered", "missing", or "" if never verified.
        undecodable: frames of the run that could not be decoded.
        reference_for: questioned exhibits that it is known authentic for.
    """

    exhibit: Exhibit
    run: Run | None = None
    finding: FindingRecord | None = None
    verification: str = ""
    undecodable: int = 0
    reference_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class CustodyView:
    """The custody log and the state of its chain.

    Attributes:
        harmed: exhibits whose last verification found them altered or missing, and which.
        changed: exhibits whose run turned out to be changed when it was shown.
    """

    entries: tuple[CustodyEntry, ...]
    chain: ChainCheck
    harmed: tuple[tuple[str, str], ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing is known to be wrong, neither with the log nor with an exhibit."""
        return self.chain.intact and not self.harmed and not self.changed


@dataclass(frozen=True)
class ExhibitView:
    """One exhibit with a run, as player, timeline and inspector show it.

    Attributes:
        path: the copy in the case.
        run: the one under way, else the one that counts, as in the report (`chosen_run`).
        faces: None without a run, and while those of a long one are being read.
        findings: the whole exhibit's first, then by track; empty until the run is concluded.
        newer: a run that was begun after `run` and does not count because it did not end.
        scores: the faces as the timeline draws them, worked out where they were read; it goes on
            filling them.
        altered: what is wrong with what the case records of the run, as a sentence, or "".
        under_way: whether its analysis is queued or goes on in this program.
    """

    exhibit: Exhibit
    path: Path
    index: FrameIndex
    run: Run | None
    faces: FaceTable | None
    undecodable: tuple[Stretch, ...]
    segments: tuple[Segment, ...]
    findings: tuple[FindingRecord, ...]
    newer: Run | None = None
    scores: ExhibitScores | None = field(default=None, compare=False, repr=False)
    altered: str = ""
    under_way: bool = False

    @property
    def goes_on(self) -> bool:
        """Whether this program works on the run now, and so finds itself what others change."""
        running = self.run is not None and self.run.outcome is RunOutcome.RUNNING
        return running and self.under_way

    @property
    def compared(self) -> bool:
        """Whether the run is held against the custody log when it is shown; not the longest."""
        return self.run is not None and len(self.faces or ()) <= MOST_COMPARED and not self.goes_on

    @property
    def faces_waited_for(self) -> bool:
        """Whether there are faces that have not been read yet."""
        return self.run is not None and self.faces is None


def read_case(case: Case, refused: CaseNotWritable | None, waiting: Sequence[str]) -> CaseView:
    """The facts of a case, and which of its exhibits wait to be analysed to the end.

    Args:
        case: just opened.
        refused: why it is open for reading only; None where it is not, or was asked for so.
        waiting: exhibits that were queued when the window last had it open.
    """
    unfinished = [run.exhibit for run in case.runs.interrupted()]
    present = {exhibit.number for exhibit in case.exhibits.all()}
    # As the examiner had put them in the queue; what was begun elsewhere comes after.
    both = dict.fromkeys(one for one in [*waiting, *unfinished] if one in present)
    said = f"{refused.why} Here it can be looked at, but not changed." if refused else ""
    held = isinstance(refused, CaseLocked)
    return CaseView(case.folder, bounded(case.facts), case.read_only, said, held, tuple(both))


def read_exhibits(case: Case) -> tuple[ExhibitLine, ...]:
    """Every exhibit with its run, finding and last verification."""
    verified = _last_verifications(case.custody.entries())
    lines = (_line(case, exhibit, verified) for exhibit in case.exhibits.all())
    standing = [one for one in case.references.all() if one.revoked_utc is None]
    return tuple(
        replace(
            line,
            reference_for=tuple(
                one.questioned for one in standing if one.reference == line.exhibit.number
            ),
        )
        for line in lines
    )


def read_exhibit(
    case: Case, number: str, *, under_way: bool = False, most: int | None = None
) -> ExhibitView:
    """One exhibit with everything that its run has committed.

    Args:
        case: the case.
        number: the exhibit's.
        under_way: whether it is being analysed, so that the newest run is to be followed.
        most: frames up to which the faces are read too; above it, `read_faces` does.
    """
    exhibit = case.exhibits.get(number)
    latest = case.runs.latest(number)
    run = latest if under_way else chosen_run(case.runs.of_exhibit(number))
    index = case.exhibits.index(number)
    index.times  # noqa: B018  worked out here, off the window's thread, and kept
    soon = run is not None and (most is None or run.frames_done <= most)
    view = ExhibitView(
        exhibit=bounded(exhibit),
        path=case.folder / exhibit.stored_name,
        index=index,
        run=bounded(run) if run else None,
        faces=None,
        undecodable=tuple(map(bounded, case.runs.undecodable(run.id))) if run else (),
        segments=tuple(case.runs.segments(run.id)) if run else (),
        findings=_in_order(case.runs.findings(run.id)) if run else (),
        newer=bounded(latest) if latest is not None and latest != run else None,
        under_way=under_way,
    )
    return read_faces(case, view) if soon else view


def read_faces(case: Case, view: ExhibitView) -> ExhibitView:
    """The same with the faces of its run."""
    if view.run is None:
        return view
    faces = case.runs.faces(view.run.id)
    scores = ExhibitScores(view.index)
    scores.append(0, view.run.frames_done, faces, view.undecodable)
    scores.work_out()
    return replace(view, faces=faces, scores=scores)


def read_altered(case: Case, view: ExhibitView) -> str:
    """What is wrong with a run that is shown, as a sentence, or "".

    Every row of it is read, so the longest runs are left to reports, exports and verifying.
    """
    return altered_run(case, view.run) if view.run is not None and view.compared else ""


def read_stretch(case: Case, run: int, first: int, stop: int) -> tuple[FaceTable, list[Stretch]]:
    """Faces in frames first..stop-1 of a run, and the stretches there that could not be decoded."""
    lost = [bounded(part) for part in case.runs.undecodable(run) if first <= part.first < stop]
    return case.runs.faces(run, first, stop), lost


def read_custody(case: Case) -> CustodyView:
    """The custody log, walked."""
    entries = case.custody.entries()
    last = _last_verifications(entries)
    wrong = (Verification.ALTERED, Verification.MISSING)
    harmed = tuple((number, outcome) for number, outcome in last.items() if outcome in wrong)
    return CustodyView(tuple(map(bounded, entries)), case.custody.verify(), harmed)


def _line(case: Case, exhibit: Exhibit, verified: Mapping[str, str]) -> ExhibitLine:
    run = chosen_run(case.runs.of_exhibit(exhibit.number))
    whole, undecodable = None, 0
    if run is not None:
        undecodable = sum(part.last - part.first + 1 for part in case.runs.undecodable(run.id))
        if run.outcome is RunOutcome.COMPLETE:
            findings = case.runs.findings(run.id)
            whole = next((one for one in findings if one.track is None), None)
    run = bounded(run) if run is not None else None
    whole = bounded(whole) if whole is not None else None
    return ExhibitLine(bounded(exhibit), run, whole, verified.get(exhibit.number, ""), undecodable)


def _in_order(findings: list[FindingRecord]) -> tuple[FindingRecord, ...]:
    return tuple(sorted(map(bounded, findings), key=lambda one: one.track or 0))


def _last_verifications(entries: Sequence[CustodyEntry]) -> dict[str, str]:
    return {
        entry.subject: str(entry.details.get("outcome", ""))
        for entry in entries
        if entry.act == Act.EXHIBIT_VERIFIED
    }
