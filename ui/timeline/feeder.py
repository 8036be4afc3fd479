"""Brings the timeline what is not part of the run shown: pictures, sound, shots, other runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import sleep

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QMenu

from ui.background import Background
from ui.jobs import CallJob, Desk, Job
from ui.reading import ExhibitView
from ui.timeline.content import OtherRun
from ui.timeline.pyramid import Pyramid
from ui.timeline.scores import TrackScores
from ui.timeline.timeline import TimelineWidget
from ui.wording import percent
from ui.workbench import Workbench
from workstation.analysis.counterparts import counterparts
from workstation.analysis.cuts import known_cuts, look_for_cuts
from workstation.cases.case import Case
from workstation.cases.records import FaceTable, FrameIndex, Run
from workstation.errors import WorkstationError
from workstation.evidence.sound import end_of, waveform

MOST_OTHERS = 3  # runs laid over the one shown; more colours and shapes could not be told apart
PARTS_PER_SECOND = 200  # of the waveform
MOST_PARTS = 1_500_000
REST = 0.1  # seconds after which it is looked again whether others need the processors
WAITS = "read when playing stops"
NO_OTHERS = "There is no other run on this exhibit"


@dataclass
class _Reading:
    """One reading of the sound; `cancelled` is asked on its thread."""

    exhibit: str
    cancelled: bool = False


class Feeder(QObject):
    """Listens to the workbench and fills the timeline, on threads of its own.

    Args:
        workbench: the open case.
        timeline: what is filled.
        busy: whether the player needs the processors now; asked from any thread.
    """

    sound_read = Signal(object, float)  # _Reading, share from 0 to 1; from the sound's thread
    sound_waits = Signal(object)  # the same: it waits for the player

    def __init__(
        self,
        workbench: Workbench,
        timeline: TimelineWidget,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(timeline)
        self._busy = busy
        self._workbench, self._timeline = workbench, timeline
        self._view: ExhibitView | None = None
        self._chosen: tuple[int, ...] = ()
        self._sound = Background("sound", self)
        self._reading: _Reading | None = None
        workbench.run_changed.connect(self._show)
        workbench.case_opened.connect(self._case_opened)
        workbench.marks.changed.connect(lambda _: self._show_marks())
        timeline.mark_picked.connect(workbench.marks.chosen.emit)
        timeline.track_picked.connect(workbench.select_track)
        timeline.compare_wanted.connect(self._offer_runs)
        self.sound_read.connect(self._sound_goes_on)
        self.sound_waits.connect(self._sound_rests)

    def close_down(self) -> None:
        """End the threads."""
        self._stop_sound()
        self._sound.close()

    def look_for_shots(self) -> None:
        """Queue a look for shot changes in the exhibit shown."""
        if self._view is not None and self._workbench.writable:
            self._workbench.add_job(shots_job(self._view.exhibit.number))

    # the exhibit

    def _show(self, view: ExhibitView | None) -> None:
        before, self._view = self._view, view
        if view is None:
            self._chosen = ()
            self._stop_sound()
            return
        if before is None or before.exhibit.number != view.exhibit.number:
            self._show_pictures(view)
            self._read_sound(view)
        self._read_shots()
        self._show_marks()
        if view.run is not None:
            self._chosen = tuple(run for run in self._chosen if run != view.run.id)
            self._lay_over()

    def _show_pictures(self, view: ExhibitView) -> None:
        facts = view.exhibit.facts
        if view.exhibit.media_type != "video" or len(view.index) < 2:
            self._timeline.set_pictures(None)
            return
        size = (int(facts.get("width", 16)), int(facts.get("height", 9)))
        self._timeline.set_pictures((view.path, view.index, *size))

    def _show_marks(self) -> None:
        if self._view is not None:
            number = self._view.exhibit.number
            self._timeline.set_marks(self._workbench.marks.of_exhibit(number))

    def _read_shots(self) -> None:
        view = self._view
        if view is None:
            return
        exhibit = view.exhibit

        def show(cuts: NDArray[np.int64] | None) -> None:
            if self._view is not None and self._view.exhibit.number == exhibit.number:
                self._timeline.set_shots(cuts)

        self._workbench.ask(lambda case: known_cuts(case, exhibit), show)

    def _case_opened(self, _view: object) -> None:
        jobs = self._workbench.jobs
        if jobs is not None:
            jobs.job_ended.connect(self._job_ended)

    def _job_ended(self, job: Job) -> None:
        if job.kind == "shots":
            self._read_shots()

    # sound

    def _read_sound(self, view: ExhibitView) -> None:
        self._stop_sound()
        if view.exhibit.media_type != "video" or "sound" in self._timeline.arrangement.hidden:
            return
        reading = self._reading = _Reading(view.exhibit.number)
        path, index = view.path, view.index
        self._sound.ask(
            lambda: self._read(reading, path, index),
            lambda found: self._sound_arrived(reading, found),
            lambda error: self._sound_failed(reading, path.name, error),
        )

    def _read(self, reading: _Reading, path: Path, index: FrameIndex) -> Pyramid | None:
        """On the sound's thread."""
        self._wait(reading)
        if reading.cancelled:
            return None
        parts = int(min(max(end_of(index) * PARTS_PER_SECOND, 1000), MOST_PARTS))
        peaks = waveform(
            path,
            index,
            parts,
            lambda share: self._went_on(reading, share),
            lambda: reading.cancelled,
        )
        return sound_pyramid(peaks, end_of(index))

    def _went_on(self, reading: _Reading, share: float) -> None:
        """On the sound's thread; what decodes the sound waits until this returns."""
        self.sound_read.emit(reading, share)
        self._wait(reading)

    def _wait(self, reading: _Reading) -> None:
        """Let the player have the processors."""
        if self._busy():
            self.sound_waits.emit(reading)
        while self._busy() and not reading.cancelled:
            sleep(REST)

    def _sound_rests(self, reading: _Reading) -> None:
        if reading is self._reading and self._timeline.content.sound_waiting:
            self._timeline.say_sound(WAITS)

    def _sound_goes_on(self, reading: _Reading, share: float) -> None:
        if reading is self._reading and self._timeline.content.sound is None:
            self._timeline.say_sound(f"reading the sound: {percent(share)}")

    def _sound_arrived(self, reading: _Reading, found: Pyramid | None) -> None:
        if reading is self._reading:
            self._timeline.set_sound(found, "it has no sound")

    def _sound_failed(self, reading: _Reading, name: str, error: Exception) -> None:
        if not isinstance(error, WorkstationError | OSError):
            raise error
        if reading is self._reading:
            said = str(error).rstrip(".").replace(f"“{name}”", "the exhibit")
            self._timeline.set_sound(None, said)

    def _stop_sound(self) -> None:
        if self._reading is not None:
            self._reading.cancelled = True
            self._reading = None

    # other runs

    def _offer_runs(self, place: QPoint) -> None:
        view = self._view
        if view is None:
            return
        number = view.exhibit.number
        self._workbench.ask(
            lambda case: case.runs.of_exhibit(number), lambda runs: self._pop_up(runs, place)
        )

    def _pop_up(self, runs: Sequence[Run], place: QPoint) -> None:
        shown = self._view.run if self._view is not None else None
        others = [run for run in runs if run.frames_done and shown and run.id != shown.id]
        menu = QMenu(self._timeline)
        menu.setAccessibleName("Runs to lay over the one shown")
        for run in others:
            action = menu.addAction(run_words(run))
            action.setCheckable(True)
            action.setChecked(run.id in self._chosen)
            full = len(self._chosen) >= MOST_OTHERS and run.id not in self._chosen
            action.setEnabled(not full)
            action.toggled.connect(lambda on, run=run.id: self._choose(run, on))
        if not others:
            menu.addAction(NO_OTHERS).setEnabled(False)
        menu.popup(place)

    def _choose(self, run: int, on: bool) -> None:
        without = tuple(one for one in self._chosen if one != run)
        self._chosen = (*without, run) if on else without
        self._lay_over()

    def _lay_over(self) -> None:
        view, chosen = self._view, self._chosen
        if view is None or view.run is None or view.faces is None:
            return
        run, faces, times = view.run, view.faces, view.index.times
        if not chosen:
            self._timeline.set_runs(run_words(run))
            return

        def show(others: tuple[OtherRun, ...]) -> None:
            if self._view is view and self._chosen == chosen:
                self._timeline.set_runs(run_words(run), others)

        self._workbench.ask(lambda case: read_others(case, run, faces, times, chosen), show)


def run_words(run: Run) -> str:
    """A run in a few words."""
    name = f"{run.detector.get('title', 'detector')} {run.detector.get('version', '')}".strip()
    partly = "" if run.frames_done == run.frames else f", {run.frames_done} of {run.frames} frames"
    return f"run {run.id}: {name}{partly}"


def read_others(
    case: Case, shown: Run, faces: FaceTable, times: NDArray[np.float64], chosen: Sequence[int]
) -> tuple[OtherRun, ...]:
    """Other runs with their tracks matched to those of the run shown.

    Args:
        case: the case.
        shown: the run on the timeline.
        faces: its faces.
        times: float64 (N,), seconds of every frame.
        chosen: numbers of the other runs.
    """
    return tuple(_other(case.runs.get(number), shown, faces, times, case) for number in chosen)


def _other(
    run: Run, shown: Run, faces: FaceTable, times: NDArray[np.float64], case: Case
) -> OtherRun:
    table = case.runs.faces(run.id)
    pairs = counterparts(faces, table)
    tracks = {}
    for number, other in pairs.items():
        rows = (table.track == other) & table.scored & np.isfinite(table.score)
        tracks[number] = TrackScores()
        tracks[number].put(table.frame[rows], times[table.frame[rows]], table.score[rows])
    same = _weights(run) == _weights(shown)
    unmatched = len(np.unique(table.track)) - len(pairs)
    return OtherRun(run.id, run_words(run).split(": ", 1)[1], tracks, unmatched, same)


def _weights(run: Run) -> object:
    return dict(run.detector.get("weights", {})).get("sha256")


def sound_pyramid(peaks: NDArray[np.float32], end: float) -> Pyramid | None:
    """A waveform as values from 0 to 1 around 0.5; None where there is no sound at all.

    Args:
        peaks: float32 (N, 2), lowest and highest sample in -1..1, NaN where there is no sound.
        end: seconds that the N equal parts last together.
    """
    parts = np.flatnonzero(np.isfinite(peaks).all(axis=1))
    if not len(parts):
        return None
    low, high = (np.clip((peaks[parts, side] + 1) / 2, 0, 1).astype(np.float32) for side in (0, 1))
    links = np.append(np.diff(parts) == 1, False)
    return Pyramid(parts.astype(np.int64), parts * (end / len(peaks)), low, high, links)


def shots_job(exhibit: str) -> CallJob:
    """The job that looks for shot changes; its result is their frames."""

    def call(desk: Desk, job: CallJob) -> NDArray[np.int64]:
        return look_for_cuts(
            desk.case,
            exhibit,
            lambda done, total: job.announce("looking for shot changes", done, total, "frames"),
        )

    return CallJob("shots", f"Looking for shot changes in {exhibit}", call)
