"""The row with which the display is adjusted: brightness, contrast, gamma, channel, grid."""

import math
from dataclasses import replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSlider,
    QWidget,
)

from ui import theme
from ui.player.overlay import GRIDS
from ui.player.tone import CHANNELS, Tone
from ui.widgets import IconButton, label

GAMMA_STEPS = 100  # of the slider, to either side; the ends are a gamma of 0.2 and of 5
NARROW = 620  # logical pixels; below this the row takes two lines
_GAMMA_END = math.log(5)


class AdjustRow(QFrame):
    """Sliders and choices; they change the display and nothing else."""

    tone_chosen = Signal(object)  # Tone
    grid_chosen = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "bar")
        self.tone = Tone()
        self.brightness = _slider("Brightness", 100)
        self.contrast = _slider("Contrast", 100)
        self.gamma = _slider("Gamma", GAMMA_STEPS)
        self.channel = _choice("Channel", CHANNELS)
        self.grid = _choice("Grid", GRIDS)
        self._lay_out()
        for slider in (self.brightness, self.contrast, self.gamma):
            slider.valueChanged.connect(self._changed)
        self.channel.currentTextChanged.connect(self._changed)
        self.grid.currentTextChanged.connect(self.grid_chosen)
        self.hide()

    def reset(self) -> None:
        """Display as recorded; the grid stays."""
        self.set_tone(Tone())
        self.tone_chosen.emit(self.tone)

    def set_tone(self, tone: Tone) -> None:
        """Let the controls say this."""
        self.tone = tone
        for control, value in (
            (self.brightness, tone.brightness),
            (self.contrast, tone.contrast),
            (self.gamma, round(math.log(tone.gamma) / _GAMMA_END * GAMMA_STEPS)),
        ):
            control.blockSignals(True)
            control.setValue(value)
            control.blockSignals(False)
        self.channel.blockSignals(True)
        self.channel.setCurrentText(tone.channel)
        self.channel.blockSignals(False)

    def next_channel(self) -> None:
        """Go to the next channel, after the last to all of them."""
        place = (CHANNELS.index(self.tone.channel) + 1) % len(CHANNELS)
        self.set_tone(replace(self.tone, channel=CHANNELS[place]))
        self.tone_chosen.emit(self.tone)

    def next_grid(self) -> None:
        """Go to the next grid, after the last to none."""
        self.grid.setCurrentIndex((self.grid.currentIndex() + 1) % len(GRIDS))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Two lines where there is little room."""
        super().resizeEvent(event)
        direction = QBoxLayout.Direction
        narrow = self.width() < NARROW
        self._rows.setDirection(direction.TopToBottom if narrow else direction.LeftToRight)

    def minimumSizeHint(self) -> QSize:
        """As narrow as in two lines: one line shall not keep the window from shrinking."""
        sides = self._rows.contentsMargins()
        width = max(part.minimumSize().width() for part in self._parts)
        return QSize(sides.left() + width + sides.right(), super().minimumSizeHint().height())

    def _lay_out(self) -> None:
        self._parts = sliders, choices = QHBoxLayout(), QHBoxLayout()
        for words, control in (
            ("brightness", self.brightness),
            ("contrast", self.contrast),
            ("gamma", self.gamma),
        ):
            sliders.addWidget(_small(words))
            sliders.addWidget(control, 1)
        choices.addWidget(self.channel)
        choices.addWidget(_small("grid"))
        choices.addWidget(self.grid)
        choices.addWidget(IconButton("restore", "Display as recorded (Shift+D)", self.reset))
        choices.addWidget(IconButton("close", "Close this row (D)", self.closed.emit))
        self._rows = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._rows.setContentsMargins(theme.GRID, 2, theme.GRID, 2)
        self._rows.setSpacing(theme.GRID // 2)
        for part in (sliders, choices):
            part.setSpacing(theme.GRID // 2)
        self._rows.addLayout(sliders, 1)
        self._rows.addLayout(choices)

    def _changed(self) -> None:
        gamma = math.exp(self.gamma.value() / GAMMA_STEPS * _GAMMA_END)
        self.tone = Tone(
            self.brightness.value(),
            self.contrast.value(),
            1.0 if self.gamma.value() == 0 else round(gamma, 2),
            self.channel.currentText(),
        )
        self.tone_chosen.emit(self.tone)


def _slider(name: str, end: int) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(-end, end)
    slider.setMinimumWidth(48)
    slider.setAccessibleName(name)
    slider.setToolTip(f"{name} of the display; the exhibit is not changed")
    return slider


def _choice(name: str, words: tuple[str, ...]) -> QComboBox:
    choice = QComboBox()
    choice.addItems(words)
    choice.setAccessibleName(name)
    choice.setToolTip(f"{name} of the display; the exhibit is not changed")
    choice.setStyleSheet("QComboBox { padding: 1px 6px; }")
    choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    choice.setMinimumWidth(choice.sizeHint().width())
    return choice


def _small(words: str) -> QLabel:
    return label(words, "small")
