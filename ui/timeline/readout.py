"""The line above the plot: what is below the pointer, or at the playhead; what patterns mean."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QWidget

from ui import theme
from ui.player.readings import frame_text, score_text, time_text
from ui.timeline.layers import draw_mark, draw_zone
from ui.timeline.scores import ExhibitScores, Mark

SWATCH = 16
NOTHING = "track –   frame ––– –––   ––:––:––.–––   score –.––"
TIP = (
    "Track, frame, time and score below the pointer, else at the playhead. A score is the "
    "detector's output from 0 to 1, "
    "higher where it resembles synthetic material; it is not a probability."
)


def reading(scores: ExhibitScores, frame: int, track: int | None) -> str:
    """Track, frame, time and score in words of fixed width."""
    digits = max(6, len(str(len(scores.times))))
    where = f"frame {frame_text(frame, digits)}   {time_text(float(scores.times[frame]))}"
    score = scores.tracks[track].at(frame) if track is not None else float("nan")
    if score == score:
        return f"track {track}   {where}   score {score_text(score)}"
    state = Mark(int(scores.marks[frame])).state
    return f"track –   {where}   {state}"


class Legend(QWidget):
    """The patterns of the frame states that occur, with their words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._marks: tuple[Mark, ...] = ()
        self._thresholds: tuple[float, float] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setAccessibleName("Legend of the timeline")
        self.setToolTip(
            "Scores in the inconclusive zone support no finding. The lane below says what "
            "became of frames without a score; where several frames share a pixel, it shows the "
            "least favourable state."
        )
        theme.keeper().changed.connect(self._theme_changed)

    def show_marks(self, marks: tuple[Mark, ...]) -> None:
        """Explain these."""
        if marks != self._marks:
            self._marks = marks
            self.setAccessibleDescription(", ".join(str(mark.state) for mark in marks))
            self.update()

    def show_thresholds(self, thresholds: tuple[float, float] | None) -> None:
        """Explain the inconclusive zone too."""
        self._thresholds = thresholds
        self.update()

    def _entries(self) -> list[tuple[Mark | None, str]]:
        """Swatches and words; None stands for the inconclusive zone."""
        entries: list[tuple[Mark | None, str]] = []
        if self._thresholds is not None:
            low, high = self._thresholds
            entries.append((None, f"inconclusive {low:.2f} to {high:.2f}"))
        return entries + [(mark, str(mark.state)) for mark in self._marks]

    def sizeHint(self) -> QSize:
        """As wide as the words."""
        metrics = QFontMetricsF(theme.text_font(theme.SMALL))
        width = sum(_width(metrics, words) for _, words in self._entries())
        return QSize(round(width), 24)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint from the right, as many as there is room for."""
        painter = QPainter(self)
        painter.setFont(theme.text_font(theme.SMALL))
        metrics = QFontMetricsF(painter.font())
        right = float(self.width())
        for mark, words in reversed(self._entries()):
            left = right - _width(metrics, words)
            if left < 0:
                break
            middle = self.height() / 2
            box = QRectF(left + 12, middle - 5, SWATCH, 10)
            if mark is None:
                draw_zone(painter, box)
            else:
                draw_mark(painter, box, mark)
            painter.setPen(theme.current().colour("muted"))
            place = QRectF(box.right() + 4, 0, right - box.right() - 4, self.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, words)
            right = left
        painter.end()

    def _theme_changed(self) -> None:
        self.update()


class Readout(QFrame):
    """Fixed height and fixed decimals, so that nothing jumps."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "bar")
        self.setFixedHeight(24)
        self.words = QLabel(NOTHING, self)
        self.words.setFont(theme.mono_font(theme.SMALL))
        self.words.setAccessibleName("Score below the pointer or at the playhead")
        self.words.setToolTip(TIP)
        self.legend = Legend(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GRID, 0, theme.GRID, 0)
        row.addWidget(self.words)
        row.addWidget(self.legend, 1)

    def show_reading(self, words: str) -> None:
        """Show what is below the pointer or at the playhead."""
        self.words.setText(words.replace(" ", "\u00a0"))

    def show_nothing(self) -> None:
        """There is nothing to read."""
        self.show_reading(NOTHING)


def _width(metrics: QFontMetricsF, words: str) -> float:
    return 12 + SWATCH + 4 + metrics.horizontalAdvance(words)
