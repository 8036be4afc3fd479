"""The line above the lanes: what is at the pointer or the playhead; what patterns mean; tools."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QResizeEvent, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from ui import theme
from ui.player.readings import frame_text, time_text
from ui.timeline.content import Content
from ui.timeline.paint import draw_mark, draw_words, draw_zone, painting
from ui.timeline.runs import draw_key
from ui.timeline.scores import Mark
from ui.widgets import ElidedLabel, IconButton
from ui.wording import counted

SWATCH = 16
NOTHING = "frame ––– –––   ––:––:––.–––"
SHORT = 480  # pixels below which the legend says the thresholds only
READING = 640  # pixels that the reading and the tools want before the legend spreads out
MOST_TRACKS = 4  # scores read out; the lanes show all of them at the pointer
TIP = (
    "Frame, time and the score of each face track at the pointer, else at the playhead. A score is "
    "the detector's output from 0 to 1, higher where it resembles synthetic material; it is not a "
    "probability."
)
SELECT_TIP = (
    "Drag to select a stretch instead of seeking. Dragging with Shift held does so at any time; "
    "Escape lets go of the selection."
)


def reading(content: Content, frame: int, more: str = "") -> str:
    """Frame, time, scores or state in words of fixed width.

    Args:
        content: what is shown.
        frame: which frame.
        more: what the lane below the pointer says about it.
    """
    scores = content.scores
    digits = max(6, len(str(len(scores.times))))
    where = f"frame {frame_text(frame, digits)}   {time_text(content.begin(frame))}"
    found = [(n, track.at(frame)) for n, track in scores.tracks.items()]
    found = [(number, score) for number, score in found if score == score]
    found.sort(key=lambda one: (one[0] != content.selected_track, one[0]))
    said = [f"track {number} {score:.2f}" for number, score in found[:MOST_TRACKS]]
    if len(found) > MOST_TRACKS:
        said.append(f"and {len(found) - MOST_TRACKS} more")
    if not found:
        said = [str(Mark(int(scores.marks[frame])).state)]
    return "   ".join([where, *said, *([more] if more and more not in said else [])])


class Legend(QWidget):
    """The patterns of the frame states that occur, with their words."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._marks: tuple[Mark, ...] = ()
        self._thresholds: tuple[float, float] | None = None
        self._short = False
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.setAccessibleName("Legend of the timeline")
        self.setToolTip(
            "Scores in the inconclusive zone support no finding. Scores are not probabilities. "
            "The lane “Frame states” says what became of frames without a score."
        )
        theme.keeper().changed.connect(self._theme_changed)

    def show_marks(self, marks: tuple[Mark, ...]) -> None:
        """Explain these."""
        if marks != self._marks:
            self._marks = marks
            self._changed()

    def show_thresholds(self, thresholds: tuple[float, float] | None) -> None:
        """Explain the inconclusive zone too."""
        self._thresholds = thresholds
        self._changed()

    def shorten(self, short: bool) -> None:
        """Say the thresholds only; the tooltip has the words."""
        if short != self._short:
            self._short = short
            self.updateGeometry()
            self.update()

    def _changed(self) -> None:
        self.setAccessibleDescription(", ".join(words for _, words in self._entries()))
        self.updateGeometry()
        self.update()
        self.changed.emit()

    def _entries(self) -> list[tuple[Mark | None, str]]:
        """Swatches and words; None stands for the inconclusive zone."""
        entries: list[tuple[Mark | None, str]] = []
        if self._thresholds is not None:
            low, high = self._thresholds
            words = (
                f"{low:.2f}–{high:.2f}" if self._short else f"inconclusive {low:.2f} to {high:.2f}"
            )
            entries.append((None, words))
        return entries + [(mark, str(mark.state)) for mark in self._marks]

    def sizeHint(self) -> QSize:
        """As wide as the words."""
        metrics = QFontMetricsF(theme.text_font(theme.SMALL))
        width = sum(_width(metrics, words) for _, words in self._entries())
        return QSize(round(width) + 1, 24)

    def minimumSizeHint(self) -> QSize:
        """Wide enough for the inconclusive zone, which must not be missed."""
        metrics = QFontMetricsF(theme.text_font(theme.SMALL))
        shown = self._entries()[:1] if self._thresholds else []
        return QSize(round(sum(_width(metrics, words) for _, words in shown)) + 1, 24)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint from the left, as many as there is room for."""
        with painting(self) as painter:
            self._draw(painter)

    def _draw(self, painter: QPainter) -> None:
        painter.setFont(theme.text_font(theme.SMALL))
        metrics = QFontMetricsF(painter.font())
        left = 0.0
        for mark, words in self._entries():
            right = left + _width(metrics, words)
            if right > self.width() + 1:
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
            left = right

    def _theme_changed(self) -> None:
        self.update()


class RunsLegend(QWidget):
    """Which curve belongs to which run, while several are laid over one another."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self.setFixedHeight(22)
        self.setAccessibleName("Runs on the timeline")
        self.hide()
        theme.keeper().changed.connect(self._theme_changed)

    def show_runs(self, content: Content) -> None:
        """Name the run shown and those laid over it."""
        names = [content.run]
        for other in content.others:
            tracks = counted(other.unmatched, "face track", "face tracks")
            lost = f" ({tracks} without counterpart)" if other.unmatched else ""
            names.append(f"run {other.run}: {other.title}{lost}")
        self._names = tuple(names) if content.others else ()
        warning = (
            ""
            if all(other.same_detector for other in content.others)
            else " Scores of different detectors are not on one scale."
        )
        self.setToolTip("; ".join(self._names) + "." + warning)
        self.setAccessibleDescription(self.toolTip())
        self.setVisible(bool(self._names))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint samples of the curves with their names, in equal shares of the width."""
        share = (self.width() - 16) / max(len(self._names), 1)
        with painting(self) as painter:
            for place, name in enumerate(self._names):
                left = 8 + place * share
                draw_key(painter, QRectF(left, 0, 28, self.height()), place)
                draw_words(painter, QRectF(left + 34, 0, share - 42, self.height()), name)

    def _theme_changed(self) -> None:
        self.update()


class Readout(QFrame):
    """Fixed height and fixed decimals, so that nothing jumps."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "bar")
        self.setFixedHeight(28)
        self.words = ElidedLabel("", self)
        self.words.setFont(theme.mono_font(theme.SMALL))
        self.words.setAccessibleName("Scores at the pointer or at the playhead")
        self.legend = Legend(self)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(theme.GRID, 0, 4, 0)
        self._row.setSpacing(0)
        self._row.addWidget(self.words, 1)
        self._row.addWidget(self.legend)
        self.legend.changed.connect(self._share)
        self.show_nothing()

    def add_tools(self, tools: Sequence[tuple[str, str, Callable[[], object]]]) -> list[IconButton]:
        """Small buttons at the right, each of an icon, words and what it does."""
        made = [IconButton(icon, words, act, self) for icon, words, act in tools]
        for button in made:
            button.setFixedSize(28, 26)
            self._row.addWidget(button)
        return made

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the legend give way to the reading where there is little room."""
        super().resizeEvent(event)
        self._share()

    def _share(self) -> None:
        self.legend.shorten(self.width() < SHORT)
        least = self.legend.minimumSizeHint().width()
        self.legend.setMaximumWidth(max(least, self.width() - READING))

    def show_reading(self, words: str) -> None:
        """Show what is at the pointer or at the playhead."""
        self.words.say(words.replace(" ", "\u00a0"))
        self.words.setToolTip(TIP)

    def show_nothing(self) -> None:
        """There is nothing to read."""
        self.show_reading(NOTHING)


def _width(metrics: QFontMetricsF, words: str) -> float:
    return 12 + SWATCH + 4 + metrics.horizontalAdvance(words)
