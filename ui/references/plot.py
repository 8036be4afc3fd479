"""A strip that shows a questioned track among its references."""

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui import theme
from workstation.analysis.comparison import Comparison

HEIGHT = 62
MARGIN = 14
BAND = 20.0
LABELLED = (0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.999)
ROOM = 34.0  # pixels that the label of a score needs
TIP = (
    "Filled diamond: the questioned track. Circles: its references. Framed band: where one more "
    "authentic recording like them is expected, 95 % prediction interval. The axis gives scores, "
    "spaced by their logits."
)


def span(found: Comparison) -> tuple[float, float]:
    """The logits that the axis reaches from and to, with some room at both ends."""
    shown = [
        found.questioned,
        *found.references,
        *(x for x in (found.low, found.high) if x is not None),
    ]
    low, high = min(shown), max(shown)
    room = max(0.08 * (high - low), 0.25)
    return low - room, high + room


def ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Logits in reach that have a round score, with that score."""
    told = [(math.log(score / (1 - score)), f"{score:g}") for score in LABELLED]
    return [(logit, text) for logit, text in told if low <= logit <= high]


class ReferencePlot(QWidget):
    """Drawn on one axis of logits: interval, references, questioned track."""

    def __init__(self, found: Comparison, sentence: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found = found
        self._low, self._high = span(found)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Questioned track among its references")
        self.setAccessibleDescription(sentence)
        self.setToolTip(f"{sentence}\n\n{TIP}")
        theme.keeper().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """One strip with its axis."""
        return QSize(240, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Draw axis, interval, references and the questioned track."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = MARGIN + BAND / 2
        self._draw_interval(painter, middle)
        self._draw_axis(painter)
        self._draw_references(painter, middle)
        self._draw_questioned(painter, middle)

    def _x(self, logit: float) -> float:
        part = (logit - self._low) / (self._high - self._low)
        return MARGIN + part * (self.width() - 2 * MARGIN)

    def _draw_interval(self, painter: QPainter, middle: float) -> None:
        found, tokens = self._found, theme.current()
        if found.low is None or found.high is None:
            return
        left, right = self._x(found.low), self._x(found.high)
        band = QRectF(left, middle - BAND / 2, right - left, BAND)
        painter.fillRect(band, tokens.colour("inconclusive", 0.22))
        painter.setPen(QPen(tokens.colour("edge"), 1))
        for x in (left, right):
            painter.drawLine(QPointF(x, band.top() - 3), QPointF(x, band.bottom() + 3))

    def _draw_axis(self, painter: QPainter) -> None:
        tokens = theme.current()
        y = MARGIN + BAND + 8
        painter.setPen(QPen(tokens.colour("edge"), 1))
        painter.drawLine(QPointF(MARGIN, y), QPointF(self.width() - MARGIN, y))
        painter.setFont(theme.mono_font(theme.SMALL))
        free = -ROOM
        for logit, text in ticks(self._low, self._high):
            x = self._x(logit)
            painter.setPen(QPen(tokens.colour("edge"), 1))
            painter.drawLine(QPointF(x, y), QPointF(x, y + 3))
            if x - free >= ROOM:
                painter.setPen(tokens.colour("muted"))
                place = QRectF(x - 30, y + 3, 60, 16)
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
                free = x

    def _draw_references(self, painter: QPainter, middle: float) -> None:
        painter.setPen(QPen(theme.current().colour("text"), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for logit in self._found.references:
            painter.drawEllipse(QPointF(self._x(logit), middle), 4.0, 4.0)

    def _draw_questioned(self, painter: QPainter, middle: float) -> None:
        tokens = theme.current()
        x, size = self._x(self._found.questioned), 6.5
        painter.setPen(QPen(tokens.colour("surface_1"), 1))
        painter.setBrush(tokens.colour("accent"))
        corners = ((0, -size), (size, 0), (0, size), (-size, 0))
        painter.drawPolygon(QPolygonF([QPointF(x + a, middle + b) for a, b in corners]))
