"""What the window shows of an open case: exhibits, stage, and the panels at the right."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QSplitter, QTabWidget, QVBoxLayout, QWidget

from ui import PANELS, Panel, preferences
from ui.stage import Stage
from ui.status_bar import StatusBar
from ui.top_bar import TopBar
from ui.workbench import Workbench


class Workspace(QWidget):
    """Top bar, three columns, status bar; the sizes of the columns are kept."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panels = {panel.name: _make(panel, workbench) for panel in PANELS}
        self.stage = Stage(workbench)
        self.top_bar = TopBar(workbench)
        self.status_bar = StatusBar(workbench)
        self._left, self._right = self._tabs("left"), self._tabs("right")
        self._columns = QSplitter(Qt.Orientation.Horizontal)
        for number, (column, stretch) in enumerate(
            ((self._left, 0), (self.stage, 1), (self._right, 0))
        ):
            self._columns.addWidget(column)
            self._columns.setStretchFactor(number, stretch)
            self._columns.setCollapsible(number, number != 1)
        self._columns.setSizes([272, 1200, 336])
        self._columns.restoreState(preferences.layout("columns"))
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.top_bar)
        rows.addWidget(self._columns, 1)
        rows.addWidget(self.status_bar)
        self.top_bar.custody_pressed.connect(lambda: self.show_panel("custody"))

    def show_panel(self, name: str) -> None:
        """Bring a panel to the front and give it the keyboard."""
        panel = self.panels[name]
        for column in (self._left, self._right):
            if isinstance(column, QTabWidget) and column.indexOf(panel) >= 0:
                column.setCurrentWidget(panel)
        panel.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Hand keys that nothing with the focus uses to the player."""
        self.stage.player.keyPressEvent(event)

    def close_down(self) -> None:
        """Keep the sizes and end the threads that panels own."""
        preferences.keep_layout("columns", self._columns.saveState())
        self.stage.close_down()
        for panel in self.panels.values():
            end: Callable[[], None] | None = getattr(panel, "close_down", None)
            if end is not None:
                end()

    def _tabs(self, side: str) -> QWidget:
        here = [panel for panel in PANELS if panel.side == side]
        if len(here) == 1:
            return self.panels[here[0].name]
        tabs = QTabWidget()
        tabs.setDocumentMode(True)
        tabs.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        tabs.setAccessibleName("Panels")
        tabs.tabBar().setAccessibleName("Panels")
        tabs.tabBar().setDrawBase(False)
        for panel in here:
            tabs.addTab(self.panels[panel.name], panel.title.upper())
        return tabs


def _make(panel: Panel, workbench: Workbench) -> Any:
    module, name = panel.place.split(":")
    return getattr(import_module(module), name)(workbench)
