"""The one object that holds the open case and announces what changes in it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from ui import messages, preferences, reading
from ui.analysis_job import AnalysisJob
from ui.background import Background
from ui.job_queue import JobQueue
from ui.jobs import IntakeJob, Job, JobState, VerificationJob
from ui.marks.desk import MarkDesk
from ui.reading import CaseView, CustodyView, ExhibitLine, ExhibitView
from workstation.cases.case import Case
from workstation.cases.records import FaceTable, RunOutcome, Stretch
from workstation.errors import CaseNotWritable, DetectorError

if TYPE_CHECKING:
    from workstation.analysis.detector import DetectorInfo

CUSTODY_MS = 700  # the lane enters an act in the log a little after the window asks for it
READ_AT_ONCE = 20_000  # frames whose faces are read before an exhibit is shown at all
ALL_ANALYSED = "Every exhibit is analysed. Select one and analyse it to begin another run on it."
NONE_TO_ANALYSE = "There is no exhibit to analyse yet. Add one first."
NO_DETECTOR = "No detector weights are installed; nothing will be scored."


class Place(NamedTuple):
    """Somewhere in the case that the window can go to."""

    exhibit: str
    frame: int | None = None
    track: int | None = None


class Workbench(QObject):
    """The open case, the selected exhibit and its run; widgets listen to it.

    The case is read on a thread of its own, so that no slow disk stops the window; what widgets
    get are frozen records.
    """

    case_opening = Signal(bool)  # whether one is being opened
    case_opened = Signal(object)  # CaseView
    case_closed = Signal()
    exhibits_changed = Signal(object)  # tuple[ExhibitLine, ...]
    exhibit_selected = Signal(object)  # str | None
    run_changed = Signal(object)  # ExhibitView | None: show this exhibit and its run
    run_altered = Signal(object)  # ExhibitView: it turned out that somebody changed its run
    faces_committed = Signal(object, object, object, object)  # first, stop, FaceTable, stretches
    findings_changed = Signal(object)  # ExhibitView
    custody_changed = Signal(object)  # CustodyView
    track_selected = Signal(object)  # int | None
    frame_wanted = Signal(object)  # int: the player should show this frame
    entry_wanted = Signal(object)  # int: the custody log should show this entry
    detector_found = Signal(object, str)  # DetectorInfo | None, what to say about it
    saved = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.view: CaseView | None = None
        self.exhibits: tuple[ExhibitLine, ...] = ()
        self.selected: str | None = None
        self.shown: ExhibitView | None = None
        self.jobs: JobQueue | None = None
        self.detector: DetectorInfo | None = None
        self._case: Case | None = None
        self._going_to: Place | None = None
        self._changed: set[int] = set()  # runs that were not as entered when they were shown
        self._opening: Path | None = None
        self._background = Background("reading", self)
        self._custody_due = QTimer(self, singleShot=True, interval=CUSTODY_MS)
        self._custody_due.timeout.connect(self._read_custody)
        self.marks = MarkDesk(self)
        self.marks.recorded.connect(self._act_recorded)

    # the case

    def create_case(self, folder: Path, **facts: str) -> None:
        """Make a case in `folder` and open it; `facts` as `Case.create` takes them."""
        self._open(lambda: (Case.create(folder, **facts), None))

    def open_case(self, folder: Path) -> None:
        """Open a case; for reading only where it is open elsewhere or cannot be written."""
        if folder != self._opening:  # asked for twice, it would find itself open elsewhere
            self._opening = folder
            self._open(lambda: _open_or_read(folder))

    def close_case(self) -> None:
        """Close the case; every job must have ended (`JobQueue.stop`)."""
        if self._case is None:
            return
        case, self._case = self._case, None
        if self.jobs is not None:
            self.jobs.close()
            self.jobs.deleteLater()
            self.jobs = None
        self.view, self.exhibits, self.selected, self.shown = None, (), None, None
        self._changed.clear()
        self._background.ask(case.close, lambda _: None)
        self.case_closed.emit()

    def close(self) -> None:
        """Close the case and end the reading thread."""
        case = self._case
        self.close_case()
        self._background.close()
        if case is not None:
            case.close()

    @property
    def writable(self) -> bool:
        """Whether a case is open and may be written."""
        return self.view is not None and not self.view.read_only

    # selection

    def select(self, number: str | None) -> None:
        """Select an exhibit; its run follows as `run_changed` when it has been read."""
        if number == self.selected:
            return
        self.selected, self.shown = number, None
        self.exhibit_selected.emit(number)
        self.run_changed.emit(None)
        if number is not None:
            self._read_selected()

    def select_beside(self, step: int) -> None:
        """Select the exhibit after (1) or before (-1) the one selected."""
        numbers = [line.exhibit.number for line in self.exhibits]
        if self.selected in numbers:
            place = numbers.index(self.selected) + step
            if 0 <= place < len(numbers):
                self.select(numbers[place])

    def select_track(self, track: int | None) -> None:
        """Point out one face track everywhere."""
        self.track_selected.emit(track)

    def want_frame(self, frame: int) -> None:
        """Ask the player to show a frame of the selected exhibit."""
        self.frame_wanted.emit(frame)

    def go_to(self, place: Place) -> None:
        """Show an exhibit, then point out the track and show the frame."""
        self._going_to = place
        if place.exhibit != self.selected:
            self.select(place.exhibit)
        elif self.shown is not None:
            self._arrive()

    # jobs

    def add_exhibits(self, files: Sequence[Path]) -> None:
        """Queue files for intake."""
        for file in files:
            self._add(IntakeJob(file))

    def analyse(self, numbers: Sequence[str]) -> None:
        """Queue exhibits for analysis, those already queued left where they are."""
        for number in numbers:
            if self.jobs is not None and self.jobs.find("analysis", number) is None:
                job = AnalysisJob(number)
                job.stretch_scored.connect(self._stretch_scored)
                self._add(job)
        self._remember_waiting()

    def analyse_all(self) -> None:
        """Queue every exhibit without a complete run."""
        complete = RunOutcome.COMPLETE
        left = [one for one in self.exhibits if one.run is None or one.run.outcome is not complete]
        if not left:
            messages.say(ALL_ANALYSED if self.exhibits else NONE_TO_ANALYSE)
        self.analyse([line.exhibit.number for line in left])

    def verify(self, number: str | None = None) -> VerificationJob:
        """Queue the verification of one exhibit, or of the whole case."""
        job = VerificationJob(number)
        self._add(job)
        return job

    def stop_jobs(self) -> None:
        """Stop every job so that analysis can go on when the case is opened again."""
        if self.jobs is not None:
            self._remember_waiting()
            self.jobs.stop()

    def add_job(self, job: Job) -> None:
        """Queue any other job."""
        self._add(job)

    def ask(
        self,
        question: Callable[[Case], Any],
        answered: Callable[[Any], None],
        failed: Callable[[Exception], None] = messages.tell,
    ) -> None:
        """Ask the case something off the window's thread; dropped if the case changes."""
        case = self._case
        if case is None:
            return

        def still_wanted(answer: Any) -> None:
            if self._case is case:
                answered(answer)

        self._background.ask(lambda: question(case), still_wanted, failed)

    def aside(self, question: Callable[[], Any], answered: Callable[[Any], None]) -> None:
        """Do something that concerns no case off the window's thread."""
        self._background.ask(question, answered)

    def refresh(self) -> None:
        """Read the exhibits and the custody log anew."""
        self.ask(reading.read_exhibits, self._exhibits_read, self._exhibits_unread)

    def look_for_detectors(self) -> None:
        """Find out which detector scores; `detector_found` follows."""
        self._background.ask(_default_detector, self._detector_read)

    # what comes back

    def _open(self, question: Callable[[], tuple[Case, CaseNotWritable | None]]) -> None:
        self.close_case()

        def open_and_view() -> tuple[Case, CaseView]:
            case, refused = question()
            try:
                waiting = preferences.waiting_exhibits(case.folder)
                return case, reading.read_case(case, refused, waiting)
            except BaseException:
                case.close()
                raise

        self.case_opening.emit(True)
        self._background.ask(open_and_view, lambda answer: self._opened(*answer), self._not_opened)

    def _not_opened(self, error: Exception) -> None:
        self._opening = None
        self.case_opening.emit(False)
        messages.tell(error)

    def _opened(self, case: Case, view: CaseView) -> None:
        self.close_case()
        self._case, self.view, self._opening = case, view, None
        self.case_opening.emit(False)
        self.jobs = JobQueue(
            case.another,
            workers=preferences.workers(),
            device=preferences.device(),
            parent=self,
        )
        self.jobs.changed.connect(self._custody_due.start)
        self.jobs.job_ended.connect(self._job_ended)
        preferences.remember_case(view.folder)
        self.case_opened.emit(view)
        self.refresh()

    def _detector_read(self, answer: "tuple[DetectorInfo | None, str]") -> None:
        self.detector = answer[0]
        self.detector_found.emit(*answer)

    def _exhibits_read(self, lines: tuple[ExhibitLine, ...]) -> None:
        self.exhibits = lines
        self.exhibits_changed.emit(lines)
        if self.selected is None and lines:
            self.select(lines[0].exhibit.number)
        self._read_custody()  # last: a long log is walked while the first exhibit is looked at

    def _exhibits_unread(self, error: Exception) -> None:
        messages.tell(error)
        self._read_custody()

    def _read_custody(self) -> None:
        def tell(view: CustodyView) -> None:
            wrong = [one for one in self.exhibits if one.run and one.run.id in self._changed]
            numbers = tuple(line.exhibit.number for line in wrong)
            self.custody_changed.emit(replace(view, changed=numbers))

        self.ask(reading.read_custody, tell)

    def _read_selected(self) -> None:
        number = self.selected
        if number is None or self.jobs is None:
            return
        under_way = self.jobs.find("analysis", number) is not None
        self.ask(
            lambda case: reading.read_exhibit(case, number, under_way=under_way, most=READ_AT_ONCE),
            self._exhibit_read,
        )

    def _exhibit_read(self, view: ExhibitView) -> None:
        if view.exhibit.number != self.selected:
            return
        self.shown = view
        if view.faces_waited_for:  # millions of faces take seconds; what is known is shown before
            self.ask(lambda case: reading.read_faces(case, view), self._exhibit_read)
        else:
            self.ask(
                lambda case: reading.read_altered(case, view), lambda said: self._warn(view, said)
            )
        self.run_changed.emit(view)
        self.findings_changed.emit(view)
        self._arrive()

    def _warn(self, view: ExhibitView, said: str) -> None:
        if view.run is None or view.goes_on:  # not held against the log
            return
        before = set(self._changed)
        (self._changed.add if said else self._changed.discard)(view.run.id)
        if self._changed != before:
            self._read_custody()
        if said and self.shown is view:
            self.shown = replace(view, altered=said)
            self.run_altered.emit(self.shown)

    def _arrive(self) -> None:
        place, self._going_to = self._going_to, None
        if place is None or place.exhibit != self.selected:
            return
        if place.track is not None:
            self.select_track(place.track)
        if place.frame is not None:
            self.want_frame(place.frame)

    def _act_recorded(self) -> None:
        self.saved.emit()
        self._custody_due.start()

    def _stretch_scored(self, event: Any) -> None:
        self.saved.emit()
        if event.exhibit != self.selected:
            return
        if self.shown is None or self.shown.run is None or self.shown.run.id != event.run:
            self._read_selected()
            self._custody_due.start()
            return

        def show(answer: tuple[FaceTable, list[Stretch]]) -> None:
            if self.selected == event.exhibit:
                self.faces_committed.emit(event.first, event.stop, *answer)

        self.ask(lambda case: reading.read_stretch(case, event.run, event.first, event.stop), show)

    def _add(self, job: Job) -> None:
        if self.jobs is None:
            raise RuntimeError("no case is open")
        self.jobs.add(job)

    def _job_ended(self, job: Job) -> None:
        if self.view is None:
            return
        self._remember_waiting()
        if job.state is not JobState.FAILED:
            self.saved.emit()
        self.refresh()
        if job.kind == "analysis" and job.subject == self.selected:
            self._read_selected()

    def _remember_waiting(self) -> None:
        if self.jobs is None or self.view is None or not self.writable or self.jobs.stopping:
            return
        waiting = [job.subject for job in self.jobs.jobs() if job.kind == "analysis"]
        preferences.remember_waiting(self.view.folder, waiting)


def _open_or_read(folder: Path) -> tuple[Case, CaseNotWritable | None]:
    try:
        return Case.open(folder), None
    except CaseNotWritable as refused:
        return Case.open(folder, read_only=True), refused


def _default_detector() -> "tuple[DetectorInfo | None, str]":
    from workstation.analysis.detector import (
        available_detectors,
        default_detector,
        weights_folders,
    )

    try:
        found = default_detector()
    except DetectorError as error:
        if available_detectors():
            return None, f"{error} Nothing will be scored."
        place = weights_folders()[0]
        return None, f"{NO_DETECTOR} Put a card and its weights into {place}, then start again."
    return found, f"Detector: {found.title}"
