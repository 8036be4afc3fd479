"""Where the player is: in the middle of the docks, in a window of its own, or on a whole screen."""

from PySide6.QtCore import QByteArray, QRect, Qt, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QGuiApplication, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from ui import preferences, theme
from ui.player.player import PlayerWidget
from ui.widgets import button, label

AWAY = "The player is in a window of its own."
TITLE = "Player"


class PlayerWindow(QWidget):
    """Holds the player while it is away from the docks; Escape leaves the whole screen."""

    def __init__(self, place: "PlayerPlace") -> None:
        super().__init__(place, Qt.WindowType.Window)
        self._place = place
        self.setWindowTitle(TITLE)
        self.setAccessibleName(TITLE)
        self.setMinimumSize(480, 320)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)

    def take(self, player: PlayerWidget) -> None:
        """Hold the player."""
        self.layout().addWidget(player)
        player.show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave the whole screen."""
        if event.key() == Qt.Key.Key_Escape and self.isFullScreen():
            self._place.toggle_whole_screen()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Put the player back."""
        self._place.bring_back()
        super().closeEvent(event)


class PlayerPlace(QStackedWidget):
    """The middle of the docks: the player, or a word on where it is.

    Attributes:
        player: is shown here or in its window.
    """

    def __init__(self, player: PlayerWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.player = player
        self._window: PlayerWindow | None = None
        self._was_detached = False  # before it took the whole screen
        self._actions: list[QAction] = []
        self._again = preferences.layout("player away") == QByteArray(b"1")
        self._away = self._note()
        self.addWidget(player)
        self.addWidget(self._away)
        self.setAccessibleName("Place of the player")

    @property
    def detached(self) -> bool:
        """Whether the player is in a window of its own."""
        return self._window is not None

    @property
    def whole_screen(self) -> bool:
        """Whether the player has a screen to itself."""
        return self._window is not None and self._window.isFullScreen()

    def share_actions(self, actions: list[QAction]) -> None:
        """Let the keys of these actions be heard in the player's window, too."""
        self._actions = actions

    def detach(self) -> None:
        """Give the player a window of its own, on another screen if there is one; or back."""
        if self._window is not None:
            self.bring_back()
            return
        window = self._lend()
        if not window.restoreGeometry(preferences.layout("player")):
            window.setGeometry(self._room())
        window.show()
        self._focus()

    def toggle_whole_screen(self) -> None:
        """Give the player a screen to itself, or put it where it was before."""
        window = self._window
        if window is not None and window.isFullScreen():
            if self._was_detached:
                window.showNormal()
                self._focus()
            else:
                self.bring_back()
            return
        self._was_detached = window is not None
        if window is None:
            window = self._lend()
            window.setGeometry(self.window().geometry())  # on the screen that it came from
        window.showFullScreen()
        self._focus()

    def bring_back(self) -> None:
        """Put the player back in the middle of the docks."""
        window, self._window = self._window, None
        if window is None:
            return
        if not window.isFullScreen():
            preferences.keep_layout("player", window.saveGeometry())
        self.insertWidget(0, self.player)
        self.setCurrentWidget(self.player)
        window.hide()
        window.deleteLater()
        self._focus()

    def close_down(self) -> None:
        """Keep where the player is, and close its window."""
        away = self.detached and (self._was_detached or not self.whole_screen)
        preferences.keep_layout("player away", QByteArray(b"1" if away else b"0"))
        self.bring_back()

    def showEvent(self, event: QShowEvent) -> None:
        """Detach the player again if it was when the program ended."""
        super().showEvent(event)
        if self._again:
            self._again = False
            QTimer.singleShot(0, self, self.detach)

    def _lend(self) -> PlayerWindow:
        self._window = PlayerWindow(self)
        self._window.addActions(self._actions)
        self._window.take(self.player)
        self.setCurrentWidget(self._away)
        return self._window

    def _focus(self) -> None:
        self.player.window().activateWindow()
        self.player.setFocus(Qt.FocusReason.OtherFocusReason)

    def _room(self) -> QRect:
        here = self.screen()
        others = [one for one in QGuiApplication.screens() if one is not here]
        room = (others[0] if others else here).availableGeometry()
        edge = 0 if others else min(room.width(), room.height()) // 8
        return room.adjusted(edge, edge, -edge, -edge)

    def _note(self) -> QWidget:
        note = QWidget()
        column = QVBoxLayout(note)
        column.setSpacing(theme.GRID)
        said = label(AWAY, "muted", wrap=True)
        said.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addStretch()
        column.addWidget(said)
        column.addWidget(button("Put it back", self.bring_back), 0, Qt.AlignmentFlag.AlignCenter)
        column.addStretch()
        return note
