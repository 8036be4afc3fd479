"""Panels that move, detach to another screen and come back, around the picture in the middle."""

from collections.abc import Iterable
from itertools import pairwise

from PySide6.QtCore import QByteArray, QChildEvent, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QMainWindow, QTabBar, QTabWidget, QWidget

from ui import focus, theme
from ui.widgets import IconButton, heading

OFFSET = QPoint(48, 48)
VERSION = 1  # rises when kept layouts no longer fit
AREAS = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}
WIDTHS = {"left": 272, "right": 344}
BOTTOM = 236
BOTTOM_SHARES = (0.3, 0.38)  # of the height, at least and at most
LOW_SHARE = 0.28  # of the height, where that is little: the picture comes first
LEAST_WIDTHS = {"left": 200, "right": 264}  # narrower, numbers would be cut off
LOW = 460  # logical pixels; when the window gets lower, the picture keeps its share
NARROW = 1100  # logical pixels; below this all side panels share the left side


class Dock(QDockWidget):
    """One panel; keys that it has no use for are handed on even while it floats."""

    key_left = Signal(object)  # QKeyEvent

    def __init__(
        self, name: str, title: str, side: str, panel: QWidget, head: QWidget | None = None
    ) -> None:
        """Take a panel; `head` stands beside its title, and is dragged like it."""
        super().__init__(title)
        self.side = side
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setMinimumWidth(LEAST_WIDTHS.get(side, 0))
        self.head = _TitleBar(title, self, head)
        self.setTitleBarWidget(self.head)
        self.setWidget(panel)
        self.visibilityChanged.connect(lambda seen: self.setProperty(focus.IN_SIGHT, seen))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Hand the key on."""
        self.key_left.emit(event)

    def focusNextPrevChild(self, on: bool) -> bool:
        """Stay within the panel while it is a window of its own."""
        return focus.step(self, on) if self.isFloating() else super().focusNextPrevChild(on)

    def detach(self) -> None:
        """Make it a window of its own, or put it back where it was; the keyboard goes with it."""
        self.setFloating(not self.isFloating())
        if self.isFloating():
            here = self.screen()
            others = [one for one in QGuiApplication.screens() if one is not here]
            room = others[0].availableGeometry().topLeft() if others else self.pos()
            self.move(room + OFFSET if others else room - OFFSET)  # seen to be detached
            self.activateWindow()
        self.raise_()
        self.widget().setFocus(Qt.FocusReason.OtherFocusReason)


class _TitleBar(QWidget):
    """The title, and buttons to detach and to close; it is dragged to move the panel."""

    def __init__(self, title: str, dock: Dock, head: QWidget | None) -> None:
        super().__init__(dock)
        alone = head is not None and dock.side == "bottom"  # the timeline's speaks for itself
        self._title = heading("" if alone else title)
        self._title.setContentsMargins(theme.GRID + 4, 0, 0, 0)
        self._words = self._title.text()
        self._detach = IconButton("dock-window", f"Detach {title}", dock.detach)
        self._close = IconButton("close", f"Close {title}; the menu “View” opens it", dock.close)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 2, 4, 0)
        row.setSpacing(0)
        row.addWidget(self._title)
        if head is not None:
            row.addWidget(head, 1)
        row.addStretch()
        for button in (self._detach, self._close):
            button.setIconSize(QSize(14, 14))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        dock.topLevelChanged.connect(lambda floats: self._floats(title, floats))
        dock.visibilityChanged.connect(lambda _: self.name(dock))

    def name(self, dock: Dock) -> None:
        """Say the title, unless a tab right above says it."""
        area = dock.parent()
        tabbed = isinstance(area, QMainWindow) and bool(area.tabifiedDockWidgets(dock))
        self._title.setText("" if tabbed and not dock.isFloating() else self._words)
        self._title.setVisible(bool(self._title.text()))

    def _floats(self, title: str, floats: bool) -> None:
        self._detach.say(f"Put {title} back" if floats else f"Detach {title}")
        self._detach.show_icon("dock-left" if floats else "dock-window")


class DockArea(QMainWindow):
    """The picture in the middle, docks around it.

    Attributes:
        shown: Whether it was ever on screen; before, docks have no sizes worth keeping.
    """

    key_left = Signal(object)  # QKeyEvent

    def __init__(self, middle: QWidget, docks: Iterable[Dock]) -> None:
        super().__init__()
        self.setWindowFlags(Qt.WindowType.Widget)
        self.docks = {dock.objectName(): dock for dock in docks}
        options = QMainWindow.DockOption
        self.setDockOptions(options.AllowNestedDocks | options.AllowTabbedDocks)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        corner = Qt.Corner
        self.setCorner(corner.BottomLeftCorner, AREAS["left"])
        self.setCorner(corner.BottomRightCorner, AREAS["right"])
        self.setCentralWidget(middle)
        for dock in self.docks.values():
            dock.key_left.connect(self.key_left)
        self.shown = self._sized = False
        self._wide: QByteArray | None = None  # where the docks are once there is room again
        self._hidden: QByteArray | None = None  # where they were when they left the screen
        self.reset()

    def reset(self) -> None:
        """Put every dock where it is at first."""
        self._wide = None
        groups: dict[str, list[Dock]] = {}
        for dock in self.docks.values():
            dock.setFloating(False)
            self.addDockWidget(AREAS[dock.side], dock)
            groups.setdefault(dock.side, []).append(dock)
        for group in groups.values():
            for one, other in pairwise(group):
                self.tabifyDockWidget(one, other)
            for dock in group:
                dock.show()
            group[0].raise_()
        self._size()
        self._fold()

    def _size(self) -> None:
        for side, width in WIDTHS.items():
            here = [one for one in self.docks.values() if self.dockWidgetArea(one) is AREAS[side]]
            self.resizeDocks(here, [width] * len(here), Qt.Orientation.Horizontal)
        self._size_below()

    def _size_below(self) -> None:
        below = [one for one in self.docks.values() if self.dockWidgetArea(one) is AREAS["bottom"]]
        shares = (0.0, LOW_SHARE) if self.height() < LOW else BOTTOM_SHARES
        least, most = (round(self.height() * share) for share in shares)
        height = min(max(BOTTOM, least), most)
        self.resizeDocks(below, [height] * len(below), Qt.Orientation.Vertical)

    def showEvent(self, event: QShowEvent) -> None:
        """Put the docks where they were; at first, size them once there is room to share out."""
        super().showEvent(event)
        self.shown = True
        # Not before the window is there: what is detached would lie below it, or stay blank.
        QTimer.singleShot(0, self, self._come_back)

    def _come_back(self) -> None:
        state = self._hidden if self.isVisible() else None
        if state is not None:
            self._hidden = None
            self.put_back(state)
            for dock in self._detached():
                dock.raise_()
        if not self._sized:
            self._sized = True
            self._size()

    def hideEvent(self, event: QHideEvent) -> None:
        """Take detached docks along: they show what is no longer open."""
        super().hideEvent(event)
        if not event.spontaneous() and self._hidden is None:
            self._hidden = self.keep()
            for dock in self._detached():
                dock.hide()

    def _detached(self) -> list[Dock]:
        return [one for one in self.docks.values() if one.isFloating() and not one.isHidden()]

    def part_of(self, one: QWidget) -> int:
        """Which part a widget belongs to: left, middle, below or right, from 1; 0 outside."""
        order = [AREAS["left"], None, AREAS["bottom"], AREAS["right"]]
        for dock in self.docks.values():
            if dock.isAncestorOf(one):
                area = self.dockWidgetArea(dock)
                return 1 + (order.index(area) if area in order else 0)
        if not self.isAncestorOf(one):
            return 0
        middle = self.centralWidget().geometry()
        if isinstance(one, QTabBar):
            spot = one.mapTo(self, one.rect().center())
            return 1 if spot.x() < middle.left() else 4 if spot.x() > middle.right() else 3
        return 2

    def bring(self, name: str) -> Dock:
        """Show a dock before those that share its place."""
        dock = self.docks[name]
        dock.show()
        dock.raise_()
        return dock

    def keep(self) -> QByteArray:
        """Where everything is, to be given to `put_back`."""
        if self._hidden is not None:
            return self._hidden
        return self.saveState(VERSION) if self._wide is None else self._wide

    def begin_with(self, state: QByteArray) -> None:
        """Put everything where it was as soon as there is something to show."""
        if not state.isEmpty():
            self._hidden = state

    def put_back(self, state: QByteArray) -> bool:
        """Put everything where it was; False where the state is of another kind."""
        done = not state.isEmpty() and self.restoreState(state, VERSION)
        self._sized = self._sized or done
        if done:
            self._wide = None
            self._fold()
        for dock in self.docks.values():  # some were shown before those that share their place
            dock.head.name(dock)
        return done

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the side panels share one side while there is no room for both."""
        super().resizeEvent(event)
        if (self.width() < NARROW) != (self._wide is not None):
            QTimer.singleShot(0, self, self._fold)
        if self.height() < LOW < event.oldSize().height():
            QTimer.singleShot(0, self, self._size_below)

    def _fold(self) -> None:
        narrow = self.isVisible() and self.width() < NARROW
        if not narrow and self._wide is not None:
            self.put_back(self._wide)
            self._size()
        elif narrow and self._wide is None:
            self._wide = self.saveState(VERSION)
            beside = [dock for dock in self.docks.values() if self._is_beside(dock)]
            for dock in beside:
                self.addDockWidget(AREAS["left"], dock)
            for one, other in pairwise(beside):
                self.tabifyDockWidget(one, other)
            for dock in beside[:1]:
                dock.raise_()
            self.resizeDocks(beside[:1], [WIDTHS["left"]], Qt.Orientation.Horizontal)

    def _is_beside(self, dock: Dock) -> bool:
        here = self.dockWidgetArea(dock) in (AREAS["left"], AREAS["right"])
        return here and not dock.isFloating() and not dock.isHidden()

    def childEvent(self, event: QChildEvent) -> None:
        """Name the tabs that Qt makes where docks share a place."""
        bar = event.child()
        if event.polished() and isinstance(bar, QTabBar):
            bar.setAccessibleName("Panels")
            bar.setDrawBase(False)
            bar.setExpanding(False)
            bar.setElideMode(Qt.TextElideMode.ElideNone)
        super().childEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Hand the key on."""
        self.key_left.emit(event)
