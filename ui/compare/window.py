"""The window in which two exhibits, or two moments of one, are held against each other."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from ui import theme, wording
from ui.compare.pair import Half, Pair, Side
from ui.compare.view import AMPLIFIED, WIPE_STEP, CompareView, Mode
from ui.player.readings import frame_text, time_text
from ui.player.sight import STEP
from ui.widgets import ElidedLabel, IconButton, keep_off_the_border, label

SLIDER = 10_000
SHARE = 0.92  # of the main window, at first
NARROW = 1000  # logical pixels; below this the controls take two lines
OFFSET_TIP = (
    "Seconds by which the right side is ahead of the left. Comma and full stop move it by one "
    "frame of the right side."
)
KEYS = (
    ("Space", "play or pause both"),
    ("Left, Right", "one frame back or forward; with Shift ten"),
    ("Home, End", "beginning or end"),
    ("Comma, full stop", "right side one frame earlier or later"),
    ("1, 2, 3", "side by side, wipe, difference"),
    ("[, ]", "wipe to the left or right"),
    ("-, +", "less or more amplification of the difference"),
    ("Z, Shift+Z, F", "enlarge, reduce, whole pictures"),
    ("Escape", "close"),
)


class CompareWindow(QWidget):
    """Two pictures in step, their readings, and the controls for both."""

    right_wanted = Signal(str)  # number of an exhibit to be shown on the right

    def __init__(self, parent: QWidget | None = None, *, pair: Pair | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.pair = pair or Pair(self)
        self.view = CompareView(self)
        self.mode = _choice("How they are compared", [str(mode) for mode in Mode])
        self.factor = _choice("Amplification", [f"× {factor}" for factor in AMPLIFIED])
        self.factor.setCurrentIndex(AMPLIFIED.index(self.view.factor))
        self.right = _choice("Exhibit on the right", [])
        self.offset = _offset_field()
        self.place = _place_slider()
        self.readings = (_reading("Left side"), _reading("Right side"))
        self.note = ElidedLabel("small")
        self.play_button = IconButton("play", "Play both (Space)", self.toggle)
        self.closed = False
        self._numbers: list[str] = []
        self._keys_do = self._key_table()
        self._build()

    def show_pair(self, left: Side, right: Side, seconds: float = 0.0, offset: float = 0.0) -> None:
        """Compare two sides, from a time of the left one.

        Args:
            left: sets the pace.
            right: follows it.
            seconds: presentation time on the left.
            offset: seconds by which the right side is ahead.
        """
        self._name(left, right)
        self.pair.open(left, right, seconds, offset)
        self._show_offset()

    def show_right(self, right: Side) -> None:
        """Show another exhibit on the right, from its first frame on the left's first."""
        self._name(None, right)
        self.pair.open_right(right, 0.0)
        self._show_offset()

    def offer(self, exhibits: Sequence[tuple[str, str]], chosen: str) -> None:
        """Let the right side be chosen among exhibits: their numbers, and how they are listed."""
        self._numbers = [number for number, _ in exhibits]
        self.right.blockSignals(True)
        self.right.clear()
        self.right.addItems([words for _, words in exhibits])
        self.right.view().setMinimumWidth(self.right.view().sizeHintForColumn(0) + 4 * theme.GRID)
        if chosen in self._numbers:
            self.right.setCurrentIndex(self._numbers.index(chosen))
        self.right.blockSignals(False)

    def say(self, sentence: str) -> None:
        """Put a sentence into the lower row."""
        self.note.say(sentence)

    def toggle(self) -> None:
        """Play or pause both."""
        if self.pair.playing:
            self.pair.pause()
        else:
            self.pair.play()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Everything that the controls do, by keyboard."""
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        key = Qt.Key(event.key())
        act = self._keys_do.get((key, shift)) or self._keys_do.get((key, None))
        if act is None:
            super().keyPressEvent(event)
        else:
            act()

    def closeEvent(self, event: QCloseEvent) -> None:
        """End the threads with the window."""
        self.closed = True
        self.pair.shut_down()
        super().closeEvent(event)

    def _key_table(self) -> dict[tuple[Qt.Key, bool | None], Callable[[], object]]:
        key, pair, view = Qt.Key, self.pair, self.view
        modes = dict(zip((key.Key_1, key.Key_2, key.Key_3), Mode, strict=True))
        choose = {(one, None): lambda m=mode: self.choose(m) for one, mode in modes.items()}
        return {
            **choose,
            (key.Key_Space, None): self.toggle,
            (key.Key_Left, False): lambda: pair.step(-1),
            (key.Key_Right, False): lambda: pair.step(1),
            (key.Key_Left, True): lambda: pair.step(-10),
            (key.Key_Right, True): lambda: pair.step(10),
            (key.Key_Home, None): lambda: pair.go(0.0),
            (key.Key_End, None): lambda: pair.go(pair.ends),
            (key.Key_Comma, None): lambda: self._shift(-1),
            (key.Key_Period, None): lambda: self._shift(1),
            (key.Key_BracketLeft, None): lambda: view.set_wipe(view.wipe - WIPE_STEP),
            (key.Key_BracketRight, None): lambda: view.set_wipe(view.wipe + WIPE_STEP),
            (key.Key_Minus, None): lambda: self._amplify(-1),
            (key.Key_Plus, None): lambda: self._amplify(1),
            (key.Key_Equal, None): lambda: self._amplify(1),
            (key.Key_Z, False): lambda: view.zoom(STEP),
            (key.Key_Z, True): lambda: view.zoom(1 / STEP),
            (key.Key_F, None): view.fit,
            (key.Key_Escape, None): self.close,
        }

    def choose(self, mode: Mode) -> None:
        """Hold the pictures against each other in another way."""
        self.mode.setCurrentText(str(mode))

    def _build(self) -> None:
        self.setWindowTitle("Comparison")
        self.setAccessibleName("Comparison")
        self.setObjectName("comparison")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet("#comparison { background: palette(window); }")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        parent = self.parentWidget()
        self.resize(QSize(1120, 640) if parent is None else parent.window().size() * SHARE)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.view, 1)
        column.addWidget(self._readings_row())
        column.addWidget(self._controls_row())
        self.mode.currentIndexChanged.connect(self._mode_chosen)
        self.factor.currentIndexChanged.connect(
            lambda place: self.view.set_factor(AMPLIFIED[place])
        )
        self.right.activated.connect(lambda place: self.right_wanted.emit(self._numbers[place]))
        self.offset.valueChanged.connect(self.pair.set_offset)
        self.place.valueChanged.connect(lambda value: self.pair.go(value / SLIDER * self.pair.ends))
        self.pair.shown.connect(self._shown)
        self.pair.playing_changed.connect(self._playing_changed)
        self._mode_chosen()

    def _readings_row(self) -> QFrame:
        row, layout = _bar()
        for reading in self.readings:
            layout.addWidget(reading, 1)
        return row

    def _controls_row(self) -> QFrame:
        row, self._controls = _bar()
        for parts in (
            (self.play_button, self.place, self.mode, self.factor),
            (label("right is ahead by", "small"), self.offset, self.right, self.note),
        ):
            group = QHBoxLayout()
            group.setSpacing(theme.GRID)
            for part in parts:
                group.addWidget(part, 1 if part in (self.place, self.note) else 0)
            self._controls.addLayout(group, 1)
        return row

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Two lines of controls where there is little room."""
        super().resizeEvent(event)
        direction = QBoxLayout.Direction
        narrow = self.width() < NARROW
        self._controls.setDirection(direction.TopToBottom if narrow else direction.LeftToRight)

    def _name(self, left: Side | None, right: Side) -> None:
        first = left.title if left is not None else self.view.titles[0]
        self.view.titles = (first, right.title)
        self.setWindowTitle(f"Comparison · {first} · {right.title}")

    def _mode_chosen(self) -> None:
        mode = list(Mode)[self.mode.currentIndex()]
        self.view.set_mode(mode)
        self.factor.setEnabled(mode is Mode.DIFFERENCE)

    def _amplify(self, way: int) -> None:
        place = min(max(self.factor.currentIndex() + way, 0), len(AMPLIFIED) - 1)
        self.factor.setCurrentIndex(place)

    def _shift(self, frames: int) -> None:
        self.pair.shift(frames)
        self._show_offset()

    def _show_offset(self) -> None:
        self.offset.blockSignals(True)
        self.offset.setValue(self.pair.offset)
        self.offset.blockSignals(False)

    def _shown(self, left: Half, right: Half) -> None:
        self.view.show_halves(left, right)
        for half, reading in zip((left, right), self.readings, strict=True):
            place = "no frame at this time"
            if half.frame is not None:
                place = f"frame {frame_text(half.frame)}   {time_text(half.seconds)}"
            reading.setText(place)
        self.place.blockSignals(True)
        self.place.setValue(round(self.pair.seconds / (self.pair.ends or 1.0) * SLIDER))
        self.place.blockSignals(False)
        out = self.pair.left_out
        self.note.say(f"{wording.number(out)} moments not shown" if out else "")

    def _playing_changed(self, playing: bool) -> None:
        self.play_button.show_icon("pause" if playing else "play")
        self.play_button.say("Pause both (Space)" if playing else "Play both (Space)")


def _choice(name: str, words: list[str]) -> QComboBox:
    choice = QComboBox()
    choice.addItems(words)
    choice.setAccessibleName(name)
    choice.setToolTip(name)
    choice.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    choice.setMinimumContentsLength(max((len(one) for one in words), default=16))
    return choice


def _offset_field() -> QDoubleSpinBox:
    field = QDoubleSpinBox()
    field.setRange(-86_400, 86_400)
    field.setDecimals(3)
    field.setSingleStep(0.04)
    field.setSuffix(" s")
    field.setFont(theme.mono_font())
    field.setKeyboardTracking(False)
    field.setAccessibleName("Offset of the right side")
    field.setToolTip(OFFSET_TIP)
    field.setFixedWidth(128)
    keep_off_the_border(field)
    return field


def _place_slider() -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(0, SLIDER)
    slider.setMinimumWidth(96)
    slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    slider.setAccessibleName("Time on the left side")
    slider.setToolTip("Time on the left side; the right side follows")
    return slider


def _reading(name: str) -> QLabel:
    made = label(mono=True)
    made.setAccessibleName(name)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def _bar() -> tuple[QFrame, QHBoxLayout]:
    row = QFrame()
    row.setProperty("kind", "bar")
    layout = QHBoxLayout(row)
    layout.setContentsMargins(theme.GRID, 4, theme.GRID, 4)
    layout.setSpacing(theme.GRID)
    return row, layout
