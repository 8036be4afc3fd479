"""The centre of the window: the player above the timeline, kept at the same frame."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QWidget

from ui import preferences
from ui.player.player import PlayerWidget
from ui.reading import ExhibitView
from ui.timeline.timeline import TimelineWidget
from ui.workbench import Workbench
from workstation.cases.records import FaceTable, Stretch


class Stage(QSplitter):
    """Shows the selected exhibit and its run, and fills while the run goes on."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.player = PlayerWidget(self)
        self.timeline = TimelineWidget(self)
        self._workbench = workbench
        self._shown: str | None = None
        self.addWidget(self.player)
        self.addWidget(self.timeline)
        self.setStretchFactor(0, 3)
        self.setStretchFactor(1, 1)
        self.setCollapsible(0, False)
        self.setCollapsible(1, False)
        self.setSizes([600, 220])
        self.restoreState(preferences.layout("stage"))
        self.timeline.pass_keys_to(self.player)
        self.timeline.seek_requested.connect(self.player.seek)
        self.player.frame_shown.connect(self.timeline.set_playhead)
        workbench.run_changed.connect(self._show)
        workbench.faces_committed.connect(self._append)
        workbench.frame_wanted.connect(self.player.seek)
        workbench.track_selected.connect(self.timeline.select_track)
        workbench.case_closed.connect(lambda: self._show(None))

    def close_down(self) -> None:
        """Keep the sizes and end the player's thread."""
        preferences.keep_layout("stage", self.saveState())
        self.player.shut_down()

    def _show(self, view: ExhibitView | None) -> None:
        if view is None:
            self._shown = None
            self.player.clear()
            self.timeline.clear()
            return
        if view.exhibit.number != self._shown:
            self._shown = view.exhibit.number
            self.player.show_exhibit(view.path, view.index)
            self.timeline.show_exhibit(view.index)
        if view.run is None or view.faces is None:
            return
        decision = view.run.detector.get("decision", {})
        if "low" in decision and "high" in decision:
            self.timeline.set_thresholds(float(decision["low"]), float(decision["high"]))
        self.timeline.set_faces(view.faces, view.run.frames_done)
        self.timeline.set_undecodable(view.undecodable)
        self.timeline.set_segments(view.segments)
        self.player.set_faces(view.faces)

    def _append(
        self, first: int, stop: int, faces: FaceTable, undecodable: Sequence[Stretch]
    ) -> None:
        self.timeline.append_faces(first, stop, faces, undecodable)
        self.player.append_faces(faces)
