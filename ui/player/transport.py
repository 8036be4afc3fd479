"""The row below the picture: stepping, playing, and what frame is on screen."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QActionGroup, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from ui import icons, theme
from ui.player.playback import SPEEDS
from ui.player.readings import frame_text, time_text
from ui.widgets import ElidedLabel

NO_FRAME = "frame ––– ––– / ––– –––"
NO_TIME = "––:––:––.–––"
EXACT_TIME = (
    "Time from the first frame to this one by the exhibit's own timestamps; not the time of day."
)
COUNTED_TIME = (
    "The exhibit does not say when this frame is shown; the time is counted from the frame rate."
)
BOXES_TIP = (
    "Face boxes with track number and score (B). A score is the detector's output from 0 to 1, "
    "higher where the face resembles synthetic material; it is not a probability."
)
BUTTONS = (
    ("first", "skip-backward", "First frame", "Home"),
    ("back", "step-backward", "One frame back", "Left; Shift+Left for ten"),
    ("play", "play", "Play", "Space or K"),
    ("forward", "step-forward", "One frame forward", "Right; Shift+Right for ten"),
    ("last", "skip-forward", "Last frame", "End"),
    ("boxes", "face-recognition", "Face boxes with track and score", "B"),
)


class TransportRow(QFrame):
    """Buttons and readings; it decides nothing itself."""

    pressed = Signal(object)  # name of the button, see BUTTONS
    speed_chosen = Signal(object)  # float

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "bar")
        self.setFixedHeight(40)
        self.buttons = {name: self._button(name, text, key) for name, _, text, key in BUTTONS}
        self.buttons["boxes"].setCheckable(True)
        self.buttons["boxes"].setChecked(True)
        self.buttons["boxes"].setToolTip(BOXES_TIP)
        self.frame_reading = self._reading(
            "Frame number", "Number of the frame on screen, counted from 0, of all frames."
        )
        self.time_reading = self._reading("Presentation time", EXACT_TIME)
        self.speed = self._speed_button()
        self.note = ElidedLabel("small")
        self.note.setAccessibleName("Playing state")
        self._playing = False
        self._lay_out()
        self.show_nothing()
        theme.keeper().changed.connect(self._theme_changed)
        self._theme_changed()

    def show_frame(self, number: int, seconds: float, count: int, *, exact: bool) -> None:
        """Show which frame is on screen.

        Args:
            number: frame number from 0.
            seconds: its presentation time.
            count: frames of the exhibit.
            exact: whether the time is the exhibit's own, not counted from the frame rate.
        """
        digits = max(6, len(str(count)))
        self.frame_reading.setText(
            f"frame {frame_text(number, digits)} / {frame_text(count, digits)}"
        )
        self.time_reading.setText(time_text(seconds) if exact else f"about {time_text(seconds)}")
        self.time_reading.setToolTip(EXACT_TIME if exact else COUNTED_TIME)

    def show_nothing(self) -> None:
        """No frame is on screen."""
        self.frame_reading.setText(NO_FRAME)
        self.time_reading.setText(NO_TIME)
        self.note.say("")

    def show_playing(self, playing: bool) -> None:
        """Let the middle button say what it would do."""
        self._playing = playing
        self._theme_changed()
        text = "Pause" if playing else "Play"
        self.buttons["play"].setAccessibleName(text)
        self.buttons["play"].setToolTip(f"{text} (Space or K)")

    def show_speed(self, speed: float) -> None:
        """Show the speed in force."""
        self.speed.setText(speed_text(speed))
        for action in self.speed.menu().actions():
            action.setChecked(action.data() == speed)

    def set_usable(self, usable: bool) -> None:
        """Whether there is an exhibit to step through."""
        for name, button in self.buttons.items():
            button.setEnabled(usable or name == "boxes")

    def _button(self, name: str, text: str, key: str) -> QToolButton:
        button = QToolButton(self)
        button.setAccessibleName(text)
        button.setToolTip(f"{text} ({key})")
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the player has the keys
        button.setIconSize(QSize(20, 20))
        button.clicked.connect(lambda: self.pressed.emit(name))
        return button

    def _reading(self, name: str, tip: str) -> QLabel:
        label = QLabel(self)
        label.setFont(theme.mono_font())
        label.setAccessibleName(name)
        label.setToolTip(tip)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label

    def _speed_button(self) -> QToolButton:
        button = QToolButton(self)
        button.setFont(theme.mono_font())
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setAccessibleName("Playing speed")
        button.setToolTip("Speed of playing; 1.0× is that of the timestamps ([ slower, ] faster)")
        button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        menu = QMenu(button)
        group = QActionGroup(menu)
        for speed in SPEEDS:
            action = menu.addAction(speed_text(speed))
            action.setData(speed)
            action.setCheckable(True)
            group.addAction(action)
        menu.triggered.connect(lambda action: self.speed_chosen.emit(action.data()))
        button.setMenu(menu)
        return button

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GRID, 0, theme.GRID, 0)
        row.setSpacing(theme.GRID // 2)
        for name in ("first", "back", "play", "forward", "last"):
            row.addWidget(self.buttons[name])
        row.addSpacing(theme.GRID)
        row.addWidget(self.frame_reading)
        row.addSpacing(theme.GRID)
        row.addWidget(self.time_reading)
        row.addWidget(self.speed)
        row.addWidget(self.note, 1)
        row.addWidget(self.buttons["boxes"])

    def _theme_changed(self) -> None:
        for name, icon, _, _ in BUTTONS:
            shown = "pause" if name == "play" and self._playing else icon
            self.buttons[name].setIcon(icons.icon(shown))


def speed_text(speed: float) -> str:
    """A speed as "1.0×" or "0.25×"."""
    return f"{speed:.2f}×" if speed == 0.25 else f"{speed:.1f}×"
