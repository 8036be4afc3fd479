"""What the window shows of an open case: the picture, the docks around it, and two lines."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui import PANELS, Panel, preferences
from ui.docks import Dock, DockArea
from ui.player_place import PlayerPlace
from ui.stage import Stage
from ui.status_bar import StatusBar
from ui.top_bar import TopBar
from ui.workbench import Workbench

LOW = 460  # logical pixels


class Workspace(QWidget):
    """Top bar, docks around the picture, status bar; where the docks are is kept."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = Stage(workbench, self)
        self.panels = {panel.name: _make(panel, workbench) for panel in PANELS}
        docks = [_dock(one, self.panels[one.name]) for one in PANELS]
        timeline = self.stage.timeline
        docks.append(Dock("timeline", "Timeline", "bottom", timeline, timeline.readout))
        self.place = PlayerPlace(self.stage.player)
        self.area = DockArea(self.place, docks)
        self.area.begin_with(preferences.layout("docks"))
        self.top_bar = TopBar(workbench)
        self.status_bar = StatusBar(workbench)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.top_bar)
        rows.addWidget(self.area, 1)
        rows.addWidget(self.status_bar)
        self.top_bar.custody_pressed.connect(lambda: self.show_panel("custody"))
        self.area.key_left.connect(self.keyPressEvent)
        workbench.case_closed.connect(self.place.bring_back)
        self.stage.player.show_boxes(preferences.boxes())
        people = self.panels["tracks"]
        people.follow_wanted.connect(self.stage.player.follow)
        self.stage.player.frame_shown.connect(people.at_frame)

    def show_panel(self, name: str) -> None:
        """Bring a panel to the front and give it the keyboard."""
        dock = self.area.bring(name)
        if dock.isFloating():
            dock.activateWindow()
        dock.widget().setFocus(Qt.FocusReason.ShortcutFocusReason)
        if not self._has_keyboard(dock):  # an empty list takes none
            dock.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def detach_panel(self) -> None:
        """Detach the panel that has the keyboard, or put it back."""
        for dock in self.area.docks.values():
            if self._has_keyboard(dock):
                dock.detach()
                return

    def reset(self) -> None:
        """Put every panel, and the player, where it is at first."""
        self.place.bring_back()
        self.area.reset()

    def _has_keyboard(self, dock: Dock) -> bool:
        focused = dock.focusWidget() if dock.isFloating() else self.window().focusWidget()
        return focused is not None and (focused is dock or dock.isAncestorOf(focused))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the picture the room of the top bar where there is little; it is said below, too.

        The custody state is in the status bar too, the case's number in the title of the window.
        """
        super().resizeEvent(event)
        self.top_bar.setVisible(self.height() >= LOW)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Hand keys that nothing with the focus uses to the player."""
        self.stage.player.keyPressEvent(event)

    def close_down(self) -> None:
        """Keep where the docks and the player are and end the threads that panels own."""
        self.place.close_down()
        if self.area.shown:
            preferences.keep_layout("docks", self.area.keep())
        self.stage.close_down()
        for panel in self.panels.values():
            end: Callable[[], None] | None = getattr(panel, "close_down", None)
            if end is not None:
                end()


def _dock(panel: Panel, widget: QWidget) -> Dock:
    return Dock(panel.name, panel.title, panel.side, widget, getattr(widget, "head", None))


def _make(panel: Panel, workbench: Workbench) -> Any:
    module, name = panel.place.split(":")
    return getattr(import_module(module), name)(workbench)
