"""What the timeline shows, and how it is brought onto the screen."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QTimer
from PySide6.QtWidgets import QWidget

from ui.marks import words
from ui.timeline.arrangement import Arrangement, make_lanes
from ui.timeline.content import Content, MarkLine, OtherRun
from ui.timeline.paint import PATTERNS
from ui.timeline.pyramid import Pyramid
from ui.timeline.readout import Readout, RunsLegend, reading
from ui.timeline.scores import ExhibitScores, Mark
from ui.timeline.thumbnails import Thumbnails
from ui.timeline.view import LanesView
from workstation.cases.marks import Mark as CaseMark
from workstation.cases.marks import MarkKind
from workstation.cases.records import FaceTable, FrameIndex, Segment, Stretch

FILLING_MS = 100  # least time between two drawings while something fills the timeline
EMPTY = "No exhibit is open"
NOT_ANALYSED = "Not analysed yet"
NO_FACE = "No face was found"
READING = "Reading the scores from the case"


class Board(QWidget):
    """Holds the content of the timeline and draws it; what hands do on it, `TimelineWidget` adds.

    Attributes:
        playhead_frame: the frame on screen, None without an exhibit.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.content = Content()
        self.playhead_frame: int | None = None
        self.arrangement = Arrangement()
        self.view = LanesView(self)
        self.readout = Readout(self)
        self.runs_legend = RunsLegend(self)
        self._pictures = Thumbnails(self)
        self._pointer: QPointF | None = None
        self._waiting = False
        self._filling = QTimer(self, singleShot=True, interval=FILLING_MS)
        self._filling.timeout.connect(self.redraw)
        self._pictures.arrived.connect(self.view.refresh)

    @property
    def scores(self) -> ExhibitScores:
        """Scores and frame states of the exhibit."""
        return self.content.scores

    @property
    def selected_track(self) -> int | None:
        """The face track pointed out."""
        return self.content.selected_track

    def show_exhibit(self, index: FrameIndex) -> None:
        """Show another exhibit, of which nothing is analysed yet."""
        self.clear()
        scores = ExhibitScores(index)
        self.content = Content(index, scores, key_times=index.times[index.key])
        self.playhead_frame = 0 if len(index) else None
        self.view.place_playhead(0.0 if len(index) else None)
        self.view.fit(scores.end)
        self.redraw()

    def clear(self) -> None:
        """Show no exhibit."""
        self._pictures.forget()
        self.content = Content()
        self._waiting = False
        self.playhead_frame = None
        self._show_thresholds(None)
        self.view.place_playhead(None)
        self.view.fit(self.scores.end)
        self.redraw()

    def set_faces(self, faces: FaceTable, committed_to: int | None = None) -> None:
        """Show these faces instead of any before.

        Args:
            faces: faces of the run.
            committed_to: frames analysed so far; all of them where it is left out.
        """
        self.scores.clear()
        self._waiting = False
        stop = len(self.scores.times) if committed_to is None else committed_to
        self.scores.append(0, stop, faces)
        self.redraw()

    def set_scores(self, scores: ExhibitScores) -> None:
        """Show scores that were worked out off the window's thread, instead of any before."""
        self.content.scores = scores
        self._waiting = False
        self.redraw()

    def wait_for_faces(self) -> None:
        """Say that there are scores, which are still being read."""
        self._waiting = True
        self.redraw()

    def append_faces(
        self, first: int, stop: int, faces: FaceTable, undecodable: Sequence[Stretch] = ()
    ) -> None:
        """Take over frames `first`..`stop`-1 of a run that goes on; drawn a little later."""
        self.scores.append(first, stop, faces, undecodable)
        self.content.lost = (*self.content.lost, *undecodable)
        self._draw_soon()

    def set_undecodable(self, stretches: Sequence[Stretch]) -> None:
        """Mark the frames that could not be decoded; call after `set_faces`."""
        self.scores.mark_undecodable(stretches)
        self.content.lost = tuple(stretches)
        self.redraw()

    def set_segments(self, segments: Sequence[Segment]) -> None:
        """Show the flagged segments, numbered in this order."""
        self.content.segments = tuple(segments)
        self.redraw()

    def set_thresholds(self, low: float, high: float) -> None:
        """Show the inconclusive zone from `low` to `high`; scores above `high` are flagged."""
        self._show_thresholds((low, high))
        self.redraw()

    def set_marks(self, marks: Sequence[CaseMark]) -> None:
        """Show the markers and clips among these marks of the exhibit."""
        self.set_mark_lines(
            [
                MarkLine(one, one.first, one.last, words.title(one), one.colour, one.track)
                for one in marks
                if one.kind in (MarkKind.MARKER, MarkKind.CLIP)
                and one.first is not None
                and one.last is not None
            ]
        )

    def set_mark_lines(self, marks: Sequence[MarkLine]) -> None:
        """Show what the examiner marked, instead of any before."""
        last = len(self.scores.times) - 1
        self.content.marks = tuple(one for one in marks if 0 <= one.first <= one.last <= last)
        self.redraw()

    def set_shots(self, frames: NDArray[np.int64] | None) -> None:
        """Show where shots begin; None where nobody has looked."""
        self.content.shot_times = None if frames is None else self.scores.times[frames]
        self.redraw()

    def set_sound(self, sound: Pyramid | None, why: str = "") -> None:
        """Show a waveform, or remember why there is none."""
        self.content.sound, self.content.no_sound = sound, why
        self.content.sound_waiting = ""
        self.redraw()

    def say_sound(self, words: str) -> None:
        """Say how far the sound has been read."""
        fresh = not self.content.sound_waiting
        self.content.sound_waiting = words
        self._arrange() if fresh else self.view.refresh()

    def set_pictures(self, pictures: tuple[object, ...] | None) -> None:
        """Show small pictures; the arguments of `Thumbnails.show`, or None for none."""
        if pictures is None:
            self._pictures.forget()
            self.content.thumbnails = None
        else:
            self._pictures.show(*pictures)
            self.content.thumbnails = self._pictures
        self.redraw()

    def wait_while(self, busy: Callable[[], bool]) -> None:
        """Decode no small pictures while others need the processors."""
        self._pictures.waits = busy

    def set_runs(self, shown: str, others: Sequence[OtherRun] = ()) -> None:
        """Name the run shown, and lay others over it."""
        self.content.run, self.content.others = shown, tuple(others)
        self.runs_legend.show_runs(self.content)
        self.redraw()

    def set_playhead(self, frame: int) -> None:
        """Mark the frame on screen; not while the examiner drags the playhead."""
        if self.view.picking or not 0 <= frame < len(self.scores.times):
            return
        self.playhead_frame = frame
        seconds = self.content.begin(frame)
        self.view.place_playhead(seconds)
        self.view.bring_in_sight(seconds)
        self._read()

    def select_track(self, track: int | None) -> None:
        """Point out one face track; None none."""
        self.content.selected_track = self.view.chosen_track = track
        self.redraw()

    def close_down(self) -> None:
        """End the thread that decodes small pictures."""
        self._pictures.close()

    # drawing

    def redraw(self) -> None:
        """Draw everything anew, after the scores, the selection or the theme changed."""
        self._filling.stop()
        self._explain()
        self._arrange()
        self._read()

    def _arrange(self) -> None:
        self.view.set_rows(self.arrangement.rows(make_lanes(self.content)))

    def _draw_soon(self) -> None:
        if not self._filling.isActive():
            self._filling.start()

    def _explain(self) -> None:
        present = self.scores.kinds
        known = present if self.scores.analysed else np.zeros(len(Mark), np.bool_)
        self.readout.legend.show_marks(tuple(mark for mark in PATTERNS if known[mark]))
        exhibit = bool(len(self.scores.times))
        waiting = NO_FACE if self.scores.analysed else NOT_ANALYSED if exhibit else EMPTY
        waiting = READING if self._waiting else waiting
        self.content.message = waiting
        self.view.times_shown = exhibit
        tracks = ", ".join(str(number) for number in self.scores.tracks)
        words = f"Face tracks with scores: {tracks}" if tracks else waiting
        self.setAccessibleDescription(words)

    def _show_thresholds(self, thresholds: tuple[float, float] | None) -> None:
        self.content.thresholds = thresholds
        self.readout.legend.show_thresholds(thresholds)

    # the readout

    def _read(self) -> None:
        """Say what is at the pointer, or else at the playhead."""
        place, frame = self._pointer, self.playhead_frame
        self.view.hover = None
        if frame is None or not len(self.scores.times):
            self.readout.show_nothing()
            return
        more = ""
        if place is not None:
            frame = self.scores.nearest(place.x())
            row = self.view.row_at(place.y() + self.view.shift)
            more = row.lane.words(frame) if row is not None else ""
            self.view.viewport().setToolTip("")
            values = [(one, one.lane.value(frame)) for one in self.view.rows if not one.collapsed]
            known = [(one, value) for one, value in values if value is not None]
            self.view.hover = (self.content.begin(frame), known)
        self.view.viewport().update()
        self.readout.show_reading(reading(self.content, frame, more))
