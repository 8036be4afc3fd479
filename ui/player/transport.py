"""The rows below the picture: stepping, playing, what frame is on screen, and the tools."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QActionGroup, QFocusEvent, QKeyEvent, QResizeEvent, Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ui import icons, theme, wording
from ui.player.playback import SPEEDS
from ui.player.readings import frame_text, time_text
from ui.widgets import ElidedLabel

NO_FRAME = "––– ––– / ––– –––"
NARROW = 620  # logical pixels; below this it takes three lines
LEAST = 360  # what three lines need
WIDE = 1160  # from here on everything stands in one line
LOW = 280  # height of the player below which a narrow one takes two lines, with less in them
_LOW = -2  # such lines, among the numbers of lines
NO_TIME = "––:––:––.–––"
EXACT_TIME = (
    "Time from the first frame to this one by the exhibit's own timestamps; not the time of day."
)
COUNTED_TIME = (
    "The exhibit does not say when this frame is shown; the time is counted from the frame rate."
)
FACES_TIP = (
    "Faces: boxes, track numbers and scores. A score is the detector's output from 0 to 1, "
    "higher where the face resembles synthetic material; it is not a probability."
)
GO_TO_TIP = "A frame number such as 1234, or a time such as 41.2 or 0:41.2 (G); Enter goes there."
STEPPING = (
    ("first", "skip-backward", "First frame"),
    ("back", "step-backward", "One frame back"),
    ("play", "play", "Play"),
    ("on", "step-forward", "One frame forward"),
    ("last", "skip-forward", "Last frame"),
)
TOOLS = (
    ("in_point", "ray-start", "In point: play from this frame"),
    ("out_point", "ray-end", "Out point: play to this frame"),
    ("loop", "repeat", "Repeat between in and out point, or the whole"),
    ("sound", "volume-high", "Sound on or off"),
    ("faces", "face-recognition", FACES_TIP),
    ("crops", "account-box-multiple-outline", "What the network saw, beside the picture"),
    ("adjust", "tune-variant", "Zoom, grid, and adjustments of the display"),
)


class GoToField(QLineEdit):
    """Takes a frame number or a time; Escape gives the keyboard back."""

    left = Signal()
    lost = Signal()  # the keyboard went elsewhere in the window

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave on Escape; other keys are text."""
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell; not where only a menu or another window has the keyboard for a while."""
        super().focusOutEvent(event)
        reason = Qt.FocusReason
        if event.reason() not in (reason.PopupFocusReason, reason.ActiveWindowFocusReason):
            self.lost.emit()


class TransportRow(QFrame):
    """Buttons and readings; it decides nothing itself."""

    pressed = Signal(object)  # name of an act, see `ui.player.keys.KEYS`
    speed_chosen = Signal(object)  # float
    place_typed = Signal(str)
    volume_chosen = Signal(object)  # float 0..1

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "bar")
        self.buttons = {name: self._button(name, text) for name, _, text in STEPPING + TOOLS}
        for name in ("loop", "faces", "crops"):
            self.buttons[name].setCheckable(True)
        self.buttons["faces"].setChecked(True)
        self.frame_reading = self._reading(
            "Frame number", "Number of the frame on screen, counted from 0, of all frames."
        )
        self.time_reading = self._reading("Presentation time", EXACT_TIME)
        self.speed = self._speed_button()
        self.note = ElidedLabel("small", cut=False)
        self.note.setAccessibleName("Playing state")
        self.points = ElidedLabel("small")
        self.points.setAccessibleName("In and out point")
        self.go_to = self._go_to_field()
        self.volume = self._volume_slider()
        self._playing = self._muted = self._low = self._asking = False
        self._lines = 2
        self._place = NO_FRAME
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
        self._place = f"{frame_text(number, digits)} / {frame_text(count, digits)}"
        self._write_place()
        self.time_reading.setText(time_text(seconds) if exact else f"about {time_text(seconds)}")
        self.time_reading.setToolTip(EXACT_TIME if exact else COUNTED_TIME)

    def show_nothing(self) -> None:
        """No frame is on screen."""
        self._place = NO_FRAME
        self._write_place()
        self.time_reading.setText(NO_TIME)
        self.note.say("")
        self.points.say("")

    def show_playing(self, playing: bool, keys: str = "Space") -> None:
        """Let the middle button say what it would do."""
        self._playing = playing
        self._theme_changed()
        text = "Pause" if playing else "Play"
        self.buttons["play"].setAccessibleName(text)
        self.buttons["play"].setToolTip(f"{text} ({keys})")

    def show_speed(self, speed: float) -> None:
        """Show the speed in force, below 0 backwards."""
        self.speed.setText(speed_text(speed))
        for action in self.speed.menu().actions():
            action.setChecked(action.data() == speed)

    def show_points(self, first: int | None, last: int | None, *, repeat: bool) -> None:
        """Show in and out point, and whether playing repeats between them."""
        parts = [] if first is None else [f"in {frame_text(first)}"]
        parts += [] if last is None else [f"out {frame_text(last)}"]
        if first is not None and last is not None:
            parts.append(wording.counted(last - first + 1, "frame"))
        self.points.say(" · ".join(parts))
        self.buttons["loop"].setChecked(repeat)

    def show_sound(self, volume: float, *, muted: bool, trouble: str, usable: bool) -> None:
        """Show the volume, or why there is no sound."""
        self._muted = muted or not usable
        self.buttons["sound"].setEnabled(usable)
        self.volume.setEnabled(usable)
        self.buttons["sound"].setToolTip(trouble or "Sound on or off (S)")
        self.buttons["sound"].setAccessibleDescription(trouble)
        self.volume.blockSignals(True)
        self.volume.setValue(round(volume * 100))
        self.volume.blockSignals(False)
        self._theme_changed()

    def show_keys(self, keys: dict[str, str]) -> None:
        """Write the keys of every act into its tooltip."""
        for name, _, text in STEPPING + TOOLS:
            tip = f"{text} ({keys[name]})" if keys.get(name) else text
            self.buttons[name].setToolTip(tip)

    def set_usable(self, usable: bool) -> None:
        """Whether there is an exhibit to step through."""
        for name, button in self.buttons.items():
            if name not in ("faces", "crops", "adjust", "sound"):
                button.setEnabled(usable)
        self.go_to.setEnabled(usable)

    def add_menu(self, name: str, menu: QMenu) -> None:
        """Let a button open a menu; one that can be checked keeps its own press."""
        button = self.buttons[name]
        both = button.isCheckable()
        mode = QToolButton.ToolButtonPopupMode
        button.setPopupMode(mode.MenuButtonPopup if both else mode.InstantPopup)
        if both:
            button.setFixedWidth(52)  # the arrow has its own part beside the icon
        button.setMenu(menu)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take three lines where there is little room, one where there is much."""
        super().resizeEvent(event)
        self._take_lines()

    def set_low(self, low: bool) -> None:
        """Whether the player is so low that the picture needs the room of a third line."""
        self._low = low
        self._take_lines()

    def ask_where(self) -> None:
        """Put the keyboard into the field that takes a frame or a time."""
        self._ask(True)
        self.go_to.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.go_to.selectAll()

    def minimumSizeHint(self) -> QSize:
        """As narrow as in three lines: fewer lines shall not keep the window from shrinking."""
        least = super().minimumSizeHint()
        narrow = self._lines in (3, _LOW)
        return least if narrow else QSize(min(least.width(), LEAST), least.height())

    def _take_lines(self) -> None:
        narrow = _LOW if self._low else 3
        lines = narrow if self.width() < NARROW else 2 if self.width() < WIDE else 1
        if lines != self._lines:
            self._lines = lines
            self._arrange()
            self._write_place()

    def _ask(self, asking: bool) -> None:
        """In a low player the field is there only while it is used."""
        if asking != self._asking:
            self._asking = asking
            self._arrange()

    def _write_place(self) -> None:
        narrow = self._lines in (3, _LOW)
        self.frame_reading.setText(self._place if narrow else f"frame {self._place}")

    def _button(self, name: str, text: str) -> QToolButton:
        button = QToolButton(self)
        button.setAccessibleName(text.split(":")[0])
        button.setToolTip(text)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the player has the keys
        button.clicked.connect(lambda: self.pressed.emit(name))
        return button

    def _reading(self, name: str, tip: str) -> QLabel:
        label = QLabel(self)
        label.setFont(theme.mono_font())
        label.setAccessibleName(name)
        label.setToolTip(tip)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label

    def _go_to_field(self) -> GoToField:
        field = GoToField(self)
        field.setFont(theme.mono_font(theme.SMALL))
        field.setPlaceholderText("frame or time")
        field.setAccessibleName("Go to a frame or a time")
        field.setToolTip(GO_TO_TIP)
        field.setFixedSize(112, 24)
        field.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        field.setStyleSheet("QLineEdit { padding: 1px 6px; }")
        field.returnPressed.connect(lambda: self.place_typed.emit(field.text()))
        field.lost.connect(lambda: self._ask(False))
        return field

    def _volume_slider(self) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal, self)
        slider.setRange(0, 100)
        slider.setFixedWidth(64)
        slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        slider.setAccessibleName("Volume")
        slider.setToolTip("Volume (Shift+Up, Shift+Down)")
        slider.valueChanged.connect(lambda value: self.volume_chosen.emit(value / 100))
        return slider

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
        self._rows = (QHBoxLayout(), QHBoxLayout(), QHBoxLayout())
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, 0, theme.GRID, 4)
        column.setSpacing(0)
        for row in self._rows:
            row.setSpacing(theme.GRID // 2)
            column.addLayout(row)
        self._arrange()

    def _arrange(self) -> None:
        rows, heights = self._rows_of(), (30, 28, 0) if self._lines == _LOW else (36, 30, 30)
        low = self._lines == _LOW
        for name, button in self.buttons.items():
            side = 16 if low else 20 if name in _STEPS else 18
            button.setIconSize(QSize(side, side))
        for row, parts, height in zip(self._rows, rows, heights, strict=True):
            while row.count():
                row.takeAt(0)
            row.setSpacing(0 if low else theme.GRID // 2)
            if parts:
                row.addStrut(height)
            for part in parts:
                if isinstance(part, int):
                    row.addSpacing(part)
                else:
                    gives_way = isinstance(part, ElidedLabel)
                    row.addWidget(part, 3 * gives_way - 2 * (part is self.note))
            row.addStretch()
        shown = [part for parts in rows for part in parts]
        for part in (*self.buttons.values(), self.points, self.go_to, self.volume):
            part.setVisible(part in shown)

    def _rows_of(self) -> "tuple[list[Part], list[Part], list[Part]]":
        steps: list[Part] = [self.buttons[name] for name in _STEPS]
        readings: list[Part] = [self.frame_reading, theme.GRID, self.time_reading, self.speed]
        points: list[Part] = [self.buttons[name] for name in ("in_point", "out_point", "loop")]
        points += [self.points]
        sound: list[Part] = [self.buttons["sound"], self.volume]
        looks: list[Part] = [self.buttons[name] for name in ("faces", "crops", "adjust")]
        tools = [self.go_to, *sound, *looks]
        first = [*steps, theme.GRID, *readings, self.note]
        if self._lines == _LOW:
            acts = [self.go_to] if self._asking else [*steps, *points]
            return [*readings, self.note, self.buttons["sound"]], [*acts, *looks], []
        if self._lines == 3:
            return [*readings, self.note], [*steps, *points], tools
        if self._lines == 2:
            return first, [*points, *tools], []
        return [*first, *points, *tools], [], []

    def _theme_changed(self) -> None:
        shown = {"play": "pause" if self._playing else "play"}
        shown["sound"] = "volume-off" if self._muted else "volume-high"
        for name, icon in _ICONS:
            self.buttons[name].setIcon(icons.icon(shown.get(name, icon)))


Part = QWidget | int  # an int is room between parts, in pixels
_STEPS = tuple(name for name, _, _ in STEPPING)
_ICONS = tuple((name, icon) for name, icon, _ in STEPPING + TOOLS)


def speed_text(speed: float) -> str:
    """A speed as "1.0×", "0.25×" or, backwards, "−2.0×"."""
    sign = "−" if speed < 0 else ""
    return f"{sign}{abs(speed):.2f}×" if abs(speed) == 0.25 else f"{sign}{abs(speed):.1f}×"
