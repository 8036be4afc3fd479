"""The player and the timeline, kept at the same frame and the same run."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, QSignalBlocker, QTimer

from ui.background import Background
from ui.player.player import PlayerWidget
from ui.reading import ExhibitView
from ui.timeline import graphs
from ui.timeline.feeder import Feeder
from ui.timeline.timeline import TimelineWidget
from ui.workbench import Workbench
from workstation.cases.records import FaceTable, Stretch

NO_PICTURE_MS = 3000  # after which curves are drawn although no picture came


class Stage(QObject):
    """Shows the selected exhibit and its run in both, and fills them while the run goes on."""

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.player = PlayerWidget()
        self.timeline = TimelineWidget()
        self._workbench = workbench
        self._shown: str | None = None
        self.timeline.pass_keys_to(self.player)
        self.timeline.seek_requested.connect(self.player.seek)
        self.player.frame_shown.connect(self.timeline.set_playhead)
        self.player.points_changed.connect(self._select)
        self.timeline.selection_changed.connect(self.player.set_points)
        workbench.run_changed.connect(self._show)
        workbench.faces_committed.connect(self._append)
        workbench.frame_wanted.connect(self.player.seek)
        workbench.track_selected.connect(self.timeline.select_track)
        workbench.track_selected.connect(self.player.choose_track)
        workbench.case_closed.connect(lambda: self._show(None))
        workbench.marks.changed.connect(self._show_marks)
        self.timeline.mark_picked.connect(workbench.marks.picked)
        self.timeline.track_picked.connect(workbench.select_track)
        self.timeline.wait_while(lambda: self.player.busy)
        self.feeder = Feeder(workbench, self.timeline, lambda: self.player.busy)
        self._loading = Background("curves", self)
        self._curves_due = QTimer(self, singleShot=True, interval=NO_PICTURE_MS)
        self._curves_due.timeout.connect(self._load_curves)
        self._curves_loaded = False
        self.player.frame_shown.connect(lambda _: self._load_curves())

    def close_down(self) -> None:
        """End the player's thread."""
        self._loading.close()
        self.player.shut_down()
        self.feeder.close_down()
        self.timeline.close_down()

    def _show(self, view: ExhibitView | None) -> None:
        if view is None:
            self._shown = None
            self.player.clear()
            self.timeline.clear()
            return
        if view.exhibit.number != self._shown:
            self._shown = view.exhibit.number
            self._curves_due.start()
            self.player.show_exhibit(view.path, view.index)
            self.timeline.show_exhibit(view.index)
        self._show_marks()
        if view.run is None or view.faces is None:
            if view.faces_waited_for:
                self.timeline.wait_for_faces()
            return
        decision = view.run.detector.get("decision", {})
        if "low" in decision and "high" in decision:
            zone = float(decision["low"]), float(decision["high"])
            self.timeline.set_thresholds(*zone)
            self.player.set_zone(zone)
        if view.scores is not None:
            self.timeline.set_scores(view.scores)
        self.timeline.set_undecodable(view.undecodable)
        self.timeline.set_segments(view.segments)
        self.player.set_faces(view.faces, view.run.frames_done, view.undecodable)
        self.player.set_segments(view.segments)
        self.player.set_crop(view.run.detector.get("preprocessing"))

    def _load_curves(self) -> None:
        """Once, off the window's thread: the first picture comes before."""
        if not self._curves_loaded:
            self._curves_loaded = True
            self._loading.ask(graphs.load, lambda _: self._curves_are_there())

    def _curves_are_there(self) -> None:
        self._loading.close()  # its thread had this one thing to do
        self.timeline.redraw()

    def _show_marks(self) -> None:
        if self._shown is not None:
            self.timeline.set_marks(self._workbench.marks.of_exhibit(self._shown))

    def _append(
        self, first: int, stop: int, faces: FaceTable, undecodable: Sequence[Stretch]
    ) -> None:
        self.timeline.append_faces(first, stop, faces, undecodable)
        self.player.append_faces(faces, stop, undecodable)

    def _select(self, first: int | None, last: int | None) -> None:
        """Mark what lies between in and out point, without setting the points once more."""
        both = first is not None and last is not None
        with QSignalBlocker(self.timeline):
            self.timeline.set_selection(first if both else None, last if both else None)
