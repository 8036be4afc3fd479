"""Whether the database still says what the custody log says was recorded."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from workstation.cases.custody import Act
from workstation.cases.marks import MARK_ACTS
from workstation.cases.records import CustodyEntry, Exhibit, Run, RunOutcome
from workstation.cases.references import logged

if TYPE_CHECKING:
    from workstation.cases.case import Case

_RUN_ACTS = (
    Act.ANALYSIS_STARTED,
    Act.ANALYSIS_RESUMED,
    Act.ANALYSIS_PAUSED,
    Act.ANALYSIS_CANCELLED,
    Act.ANALYSIS_INTERRUPTED,
    Act.ANALYSIS_COMPLETE,
    Act.ANALYSIS_FAILED,
)
_GOING_ON = (Act.ANALYSIS_STARTED, Act.ANALYSIS_RESUMED)


def disagreements(case: "Case") -> tuple[str, ...]:
    """What in the database is not what the custody log says was recorded, a sentence for each.

    Covered are the facts of the case, the exhibits with their frame indexes, the runs with their
    scores and findings as they were when each stopped or completed, every state of every mark, the
    references, and the list of reports. A run that is going on is not covered until it stops. This
    says nothing about the log itself (see `CustodyLog.verify`) nor about files (see
    `workstation.evidence.verification`).

    Raises:
        CaseError: the database cannot be read.
    """
    with case.snapshot():
        entries = case.custody.entries()
        return (
            *_facts(case, entries),
            *_exhibits(case, entries),
            *_runs(case, entries),
            *_marks(case, entries),
            *_references(case, entries),
            *_reports(case, entries),
        )


def exhibit_agrees(case: "Case", exhibit: Exhibit, entries: Sequence[CustodyEntry]) -> bool:
    """Whether an exhibit's record and frame index are those that were entered in the log."""
    logged = [
        entry.details.get("record_sha256")
        for entry in entries
        if entry.act == Act.EXHIBIT_ADDED and entry.subject == exhibit.number
    ]
    return logged == [case.exhibits.digest(exhibit.number)]


def run_agrees(case: "Case", run: Run, entries: Sequence[CustodyEntry]) -> bool:
    """Whether a run is as it was entered in the log when it last stopped, or is going on."""
    last = _last_acts(entries).get(run.id)
    if last is None or last.subject != run.exhibit:
        return False
    if last.act in _GOING_ON:
        return run.outcome is RunOutcome.RUNNING
    return bool(last.details.get("results_sha256") == case.runs.digest(run.id))


def runs_cut_short(case: "Case") -> list[Run]:
    """Runs that a program that was killed left running, oldest first.

    A run that says it is running while the log says that it stopped was altered; it is none.
    """
    last = _last_acts(case.custody.entries())
    return [
        run for run in case.runs.running() if run.id not in last or last[run.id].act in _GOING_ON
    ]


def _facts(case: "Case", entries: Sequence[CustodyEntry]) -> Iterator[str]:
    held = case.facts
    names = ("title", "examiner", "organisation")
    said = [
        (entry.subject, *(entry.details.get(name) for name in names))
        for entry in entries
        if entry.act == Act.CASE_CREATED
    ]
    if said != [(held.number, *(getattr(held, name) for name in names))]:
        yield (
            "Case number, title, examiner or organisation are not those that the custody log gives "
            "for the creation of the case."
        )


def _exhibits(case: "Case", entries: Sequence[CustodyEntry]) -> Iterator[str]:
    held = case.exhibits.all()
    for exhibit in held:
        if not exhibit_agrees(case, exhibit, entries):
            yield (
                f"What the case records of {exhibit.number} (hashes, name, facts, frame index) is "
                "not what the custody log says was recorded when it was added."
            )
    added = {entry.subject for entry in entries if entry.act == Act.EXHIBIT_ADDED}
    for number in sorted(added - {exhibit.number for exhibit in held}):
        yield f"{number} was added, says the custody log, but the case no longer lists it."


def _runs(case: "Case", entries: Sequence[CustodyEntry]) -> Iterator[str]:
    held = [run for exhibit in case.exhibits.all() for run in case.runs.of_exhibit(exhibit.number)]
    for run in held:
        if not run_agrees(case, run, entries):
            yield (
                f"Run {run.id} on {run.exhibit} (detector, settings, scores, segments, findings) "
                "is not as the custody log says it was when it stopped."
            )
    for number in sorted(_last_acts(entries).keys() - {run.id for run in held}):
        yield f"The custody log names run {number}, but the case no longer holds it."


def _marks(case: "Case", entries: Sequence[CustodyEntry]) -> Iterator[str]:
    held = [(number, mark and mark.plain()) for number, mark in case.marks.states()]
    said = [
        (entry.details.get("mark"), entry.details.get("after"))
        for entry in entries
        if entry.act in MARK_ACTS
    ]
    if held != said:
        yield (
            "The examiner's marks (markers, clips, notes, findings, groups of tracks) are not "
            "those in the custody log."
        )


def _references(case: "Case", entries: Sequence[CustodyEntry]) -> Iterator[str]:
    held = {reference.id: logged(reference) for reference in case.references.all()}
    said = {
        entry.details["id"]: dict(entry.details)
        for entry in entries
        if entry.act in (Act.REFERENCE_ADDED, Act.REFERENCE_REVOKED)
        and isinstance(entry.details.get("id"), int)
    }
    for number in sorted(held.keys() | said.keys()):
        if held.get(number) != said.get(number):
            yield (
                f"Reference {number} (an exhibit marked known authentic) is not as the custody log "
                "says it was added or revoked."
            )


def _reports(case: "Case", entries: Sequence[CustodyEntry]) -> Iterator[str]:
    fields = ("path", "sha256", "signer", "custody_head")
    held = [tuple(getattr(record, name) for name in fields) for record in case.reports.all()]
    said = [
        tuple(entry.details.get(name) for name in fields)
        for entry in entries
        if entry.act == Act.REPORT_SIGNED
    ]
    if held != said:
        yield "The list of reports is not that of the reports in the custody log."


def _last_acts(entries: Sequence[CustodyEntry]) -> dict[int, CustodyEntry]:
    """The newest entry about each run."""
    return {
        entry.details["run"]: entry
        for entry in entries
        if entry.act in _RUN_ACTS and isinstance(entry.details.get("run"), int)
    }
