"""The timeline: scores of every face track over the exhibit's own time."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from ui import theme
from ui.timeline.layers import PATTERNS, Backdrop, Labels, Playhead
from ui.timeline.readout import Readout, reading
from ui.timeline.scores import ExhibitScores, Mark, TrackScores, envelope
from ui.timeline.view import ZOOM_STEP, TimelineView
from workstation.cases.records import FaceTable, FrameIndex, Segment, Stretch

FILLING_MS = 100  # least time between two drawings while an analysis fills the timeline
CHOSEN = -1  # the selected track's curve; others share one per colour
EMPTY = "No exhibit is open"
NOT_ANALYSED = "Not analysed yet"

Curve = tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.int32]]
NO_CURVE: Curve = (np.zeros(0), np.zeros(0, np.float32), np.zeros(0, np.int32))


class TimelineWidget(QWidget):
    """One curve per face track, flagged segments, frame states, and a playhead to drag.

    What is drawn depends on the pixels there are, not on the length of the exhibit.
    """

    seek_requested = Signal(object)  # int, frame number

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scores = ExhibitScores()
        self.playhead_frame: int | None = None
        self.selected_track: int | None = None
        self.view = TimelineView(self)
        self.readout = Readout(self)
        self._keys_to: QWidget | None = None
        self._pointer: QPointF | None = None
        self._curves: dict[int, pg.PlotCurveItem] = {}
        self._backdrop, self._labels, self._playhead = Backdrop(), Labels(), Playhead()
        self._message = QLabel(self.view)
        self._filling = QTimer(self, singleShot=True, interval=FILLING_MS)
        self._moving = QTimer(self, singleShot=True, interval=0)
        self._build()
        self.clear()

    def show_exhibit(self, index: FrameIndex) -> None:
        """Show another exhibit, of which nothing is analysed yet."""
        self.clear()
        self.scores = ExhibitScores(index)
        self.playhead_frame = 0 if len(index) else None
        self._playhead.place(0.0 if len(index) else None)
        self.view.fit(self.scores.end)
        self.redraw()

    def clear(self) -> None:
        """Show no exhibit."""
        self.scores = ExhibitScores()
        self.playhead_frame = self.selected_track = None
        self._backdrop.segments = ()
        self._show_thresholds(None)
        self._playhead.place(None)
        self.view.fit(self.scores.end)
        self.redraw()

    def set_faces(self, faces: FaceTable, committed_to: int | None = None) -> None:
        """Show these faces instead of any before.

        Args:
            faces: faces of the run.
            committed_to: frames analysed so far; all of them where it is left out.
        """
        self.scores.marks[:] = Mark.NOT_ANALYSED
        self.scores.tracks = {}
        stop = len(self.scores.times) if committed_to is None else committed_to
        self.scores.append(0, stop, faces)
        self.redraw()

    def append_faces(
        self, first: int, stop: int, faces: FaceTable, undecodable: Sequence[Stretch] = ()
    ) -> None:
        """Take over frames `first`..`stop`-1 of a run that goes on; drawn a little later."""
        self.scores.append(first, stop, faces, undecodable)
        if not self._filling.isActive():
            self._filling.start()

    def set_undecodable(self, stretches: Sequence[Stretch]) -> None:
        """Mark the frames that could not be decoded; call after `set_faces`."""
        self.scores.mark_undecodable(stretches)
        self.redraw()

    def set_segments(self, segments: Sequence[Segment]) -> None:
        """Show the flagged segments, numbered in this order."""
        self._backdrop.segments = tuple(segments)
        self._backdrop.update()

    def set_thresholds(self, low: float, high: float) -> None:
        """Show the inconclusive zone from `low` to `high`; scores above `high` are flagged."""
        self._show_thresholds((low, high))

    def set_playhead(self, frame: int) -> None:
        """Mark the frame on screen; not while the examiner drags the playhead."""
        if self.view.picking or not 0 <= frame < len(self.scores.times):
            return
        self.playhead_frame = frame
        seconds = float(self.scores.times[frame])
        self._playhead.place(seconds)
        self.view.bring_in_sight(seconds)
        self._read()

    def select_track(self, track: int | None) -> None:
        """Draw one face track before the others; None draws all alike."""
        self.selected_track = track
        self.redraw()

    def pass_keys_to(self, widget: QWidget) -> None:
        """Hand keys that the timeline does not use, such as the arrows, to the player."""
        self._keys_to = widget

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zoom with + and -, fit with 0; other keys are the player's."""
        around = sum(self.view.span) / 2
        if self.playhead_frame is not None:
            seconds = float(self.scores.times[self.playhead_frame])
            left, right = self.view.span
            around = seconds if left <= seconds <= right else around
        if event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.view.zoom(1 / ZOOM_STEP**2, around)
        elif event.key() == Qt.Key.Key_Minus:
            self.view.zoom(ZOOM_STEP**2, around)
        elif event.key() == Qt.Key.Key_0:
            self.view.fit()
        elif self._keys_to is not None:
            QCoreApplication.sendEvent(self._keys_to, event)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the keyboard on a click."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that the keys are heard here."""
        self._labels.show_focus(True)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that the keys are heard elsewhere."""
        self._labels.show_focus(False)
        super().focusOutEvent(event)

    def redraw(self) -> None:
        """Draw everything anew, after the scores, the selection or the theme changed."""
        self._filling.stop()
        self._explain()
        self._read()
        self._backdrop.scores = self.scores
        self._draw()

    def _draw(self) -> None:
        """Draw what is in sight."""
        self._moving.stop()
        left, right = self.view.span
        columns = self.view.columns()
        self._labels.ends, self._labels.chosen = [], self.selected_track
        pieces: dict[int, list[Curve]] = {place: [] for place in self._curves}
        for number, track in self.scores.tracks.items():
            chosen = number == self.selected_track
            place = CHOSEN if chosen else number % len(theme.current().tracks)
            pieces.setdefault(place, []).append(envelope(track, left, right, columns))
            self._note_end(number, track, left, right)
        for place, curves in pieces.items():
            self._draw_curves(place, curves, columns)
        self._backdrop.update()
        self._labels.update()

    def _draw_curves(self, place: int, curves: list[Curve], columns: int) -> None:
        """Draw the tracks that share a colour as one item, however many there are."""
        item = self._curves.get(place)
        if item is None:
            item = self._curves[place] = pg.PlotCurveItem(skipFiniteCheck=True)
            item.setZValue(5 if place == CHOSEN else 0)
            self.view.addItem(item)
        x, y, joined = (np.concatenate(column) for column in zip(NO_CURVE, *curves, strict=True))
        item.setData(x, y, connect=joined, antialias=len(x) < columns)
        item.setPen(self._pen(place))

    def _pen(self, place: int) -> QPen:
        if place == CHOSEN:
            return pg.mkPen(theme.current().track(self.selected_track or 1), width=2.0)
        colour = theme.current().track(place or len(theme.current().tracks))
        if self.selected_track is not None:
            colour.setAlphaF(0.6)
        return pg.mkPen(colour, width=1.0)

    def _note_end(self, number: int, track: TrackScores, left: float, right: float) -> None:
        first, stop = np.searchsorted(track.times, [left, right])
        if stop > first:
            end = (number, float(track.times[stop - 1]), float(track.scores[stop - 1]))
            self._labels.ends.append(end)

    def _explain(self) -> None:
        present = np.bincount(self.scores.marks, minlength=len(Mark)) > 0
        self.readout.legend.show_marks(tuple(mark for mark in PATTERNS if present[mark]))
        exhibit = bool(len(self.scores.times))
        self._message.setText("" if self.scores.analysed else NOT_ANALYSED if exhibit else EMPTY)
        self._message.setVisible(not self.scores.analysed)
        self.view.show_times(exhibit)
        tracks = ", ".join(str(number) for number in self.scores.tracks) or "none"
        self.setAccessibleDescription(self._message.text() or f"Face tracks with scores: {tracks}")

    def _build(self) -> None:
        self.setAccessibleName("Timeline")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.view.setAccessibleName("Scores over time")
        self._message.setProperty("kind", "muted")
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.readout)
        column.addWidget(self.view, 1)
        for layer in (self._backdrop, self._labels, self._playhead):
            self.view.addItem(layer, ignoreBounds=True)
        self._filling.timeout.connect(self.redraw)
        self._moving.timeout.connect(self._draw)
        self.view.moved.connect(self._moved)
        self.view.picked.connect(self._picked)
        self.view.pointed.connect(self._pointed)
        theme.keeper().changed.connect(self.redraw)

    def _show_thresholds(self, thresholds: tuple[float, float] | None) -> None:
        self._backdrop.thresholds = thresholds
        self._backdrop.update()
        self.view.threshold_axis.show_thresholds(*(thresholds or ()))
        self.readout.legend.show_thresholds(thresholds)

    def _moved(self) -> None:
        self._message.setGeometry(self.view.plot_area().toRect())
        self._moving.start()

    def _picked(self, seconds: float) -> None:
        if not len(self.scores.times):
            return
        frame = self.scores.nearest(seconds)
        if not self.view.picking or frame != self.playhead_frame:
            self.playhead_frame = frame
            self._playhead.place(float(self.scores.times[frame]))
            self.seek_requested.emit(frame)

    def _pointed(self, place: QPointF | None) -> None:
        self._pointer = place
        self._read()

    def _read(self) -> None:
        """Say what is below the pointer, or else at the playhead."""
        place, frame = self._pointer, self.playhead_frame
        if frame is None or not len(self.scores.times):
            self.readout.show_nothing()
            return
        if place is not None:
            frame = self.scores.nearest(place.x())
        height = None if place is None else place.y()
        self.readout.show_reading(reading(self.scores, frame, self._track_at(frame, height)))

    def _track_at(self, frame: int, height: float | None) -> int | None:
        """The scored track nearest to a height, the selected one when two are as near."""
        found = [
            (
                abs(score - (score if height is None else height)),
                number != self.selected_track,
                number,
            )
            for number, track in self.scores.tracks.items()
            if (score := track.at(frame)) == score
        ]
        return min(found)[2] if found else None
