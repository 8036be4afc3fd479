"""Whether the database still says what the custody log says was recorded."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from workstation.cases.custody import GOING_ON, Act, last_acts, run_acts
from workstation.cases.marks import MARK_ACTS
from workstation.cases.own_entries import Maker, maker
from workstation.cases.records import CustodyEntry, Exhibit, Run, RunOutcome
from workstation.cases.references import logged
from workstation.cases.seals import Vouched
from workstation.errors import CaseError

if TYPE_CHECKING:
    from workstation.cases.case import Case


def disagreements(case: "Case") -> tuple[str, ...]:
    """What in the database is not what the custody log says was recorded, a sentence for each.

    Covered are the facts of the case, the exhibits with their frame indexes, the runs with their
    scores and findings as they were when each stopped or completed, every state of every mark, the
    references, and the list of reports. Of a run that is going on, or whose program was killed, the
    seals on its stretches are held against them. This says nothing about the log itself (see
    `CustodyLog.verify`) nor about files (see `workstation.evidence.verification`).

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
    about = run_acts(entries).get(run.id, [])
    if not about or about[-1].subject != run.exhibit or not _in_order(case, run.id, about):
        return False
    last = about[-1]
    if last.act in GOING_ON:
        return run.outcome is RunOutcome.RUNNING and _holds_as_sealed(case, run.id, last)
    if "seals_sha256" in last.details:
        seals, digest = case.runs.seals, last.details["seals_sha256"]
        return digest == seals.digest(run.id) and seals.whole(run.id) and seals.hold(run.id)
    return bool(last.details.get("results_sha256") == case.runs.digest(run.id))


def _in_order(case: "Case", run_id: int, about: Sequence[CustodyEntry]) -> bool:
    """Whether the entries about a run may follow on each other, and are by whom they must be.

    A complete run never goes on. One that this account began is ended by this account or, where
    its program was killed, by whoever opens the case next, who finds it under its seals.
    """
    if any(entry.act == Act.ANALYSIS_COMPLETE for entry in about[:-1]):
        return False
    last = about[-1]
    begun = next((entry for entry in reversed(about) if entry.act in GOING_ON), last)
    makers = maker(begun), maker(last)
    if Maker.FALSELY in makers:
        return False
    if makers != (Maker.HERE, Maker.ELSEWHERE):
        return True
    return last.act == Act.ANALYSIS_INTERRUPTED and _holds_as_sealed(case, run_id, begun)


def reopened(case: "Case", run: Run) -> bool:
    """Set a run that had stopped back to running, if it is as it was entered in the log.

    What is not is left alone: what it holds would else be sealed as if it had been worked out here.

    Raises:
        CaseError: the case cannot be read or written.
    """
    with case.transaction():
        same = run_agrees(case, run, case.custody.entries())
        if same:
            case.runs.reopen(run.id)
    return same


def altered_run(case: "Case", run: Run) -> str:
    """What is wrong with a run that is to be shown, as a sentence, or "".

    Every row of it is read, which takes about as long as showing them does.

    Raises:
        CaseError: the database cannot be read.
    """
    with case.snapshot():
        now = case.runs.get(run.id)  # it may have stopped or gone on since
        same = run_agrees(case, now, case.custody.about(run.exhibit))
    return "" if same else _unlike(run)


def refuse_altered_run(case: "Case", run: Run) -> None:
    """Refuse to take scores out of the case that are not those that were recorded.

    Raises:
        CaseError: the run was changed past this program.
    """
    wrong = altered_run(case, run)
    if wrong:
        raise CaseError(
            f"{wrong} Nothing of it was exported. Analyse again, or go back to a copy of the case."
        )


def _unlike(run: Run) -> str:
    return (
        f"Run {run.id} on {run.exhibit} (detector, settings, scores, segments, findings) is not as "
        "it was recorded: it was changed past this program."
    )


def _holds_as_sealed(case: "Case", run_id: int, last: CustodyEntry) -> bool:
    """Whether a run that goes on, or whose program was killed, is as far as can be told its own."""
    seals = case.runs.seals
    vouched = seals.vouched(run_id, last.details.get("account"))
    return vouched is not Vouched.FALSELY and case.runs.unconcluded(run_id) and seals.hold(run_id)


def runs_cut_short(case: "Case") -> list[Run]:
    """Runs that a program that was killed left running, oldest first.

    A run that says it is running while the log says that it stopped was altered; it is none.
    """
    last = last_acts(case.custody.entries())
    return [
        run for run in case.runs.running() if run.id not in last or last[run.id].act in GOING_ON
    ]


def left_behind(case: "Case", run_id: int) -> dict[str, str | bool]:
    """What the log is to say of the results of a run whose program was killed.

    `seals_sha256`, without reading a score, where all of them are sealed; the scores are held
    against the seals when it matters. With `not_bound` where another account sealed them, so that
    nothing here tells whether they were changed since; and `results_sha256` with it where an older
    program recorded them without. Nothing where they were changed.
    """
    seals, last = case.runs.seals, last_acts(case.custody.entries()).get(run_id)
    if last is None:  # the log never said that it began
        return {}
    vouched = seals.vouched(run_id, last.details.get("account"))
    if vouched is Vouched.FALSELY or not case.runs.unconcluded(run_id):
        return {}
    if vouched is Vouched.HERE:
        return {"seals_sha256": seals.digest(run_id)}
    if seals.whole(run_id):
        return {"seals_sha256": seals.digest(run_id), "not_bound": True}
    if seals.hold(run_id):
        return {"results_sha256": case.runs.digest(run_id), "not_bound": True}
    return {}


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
            yield _unlike(run)
    for number in sorted(last_acts(entries).keys() - {run.id for run in held}):
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
