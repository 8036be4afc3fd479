"""What lies behind and before the curves, painted in pixels so that patterns keep their size."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPen

from ui import theme
from ui.timeline.scores import ExhibitScores, Mark, lane
from workstation.cases.records import Segment

LANE = 18  # pixels, the lane of frame states below the scores
TOP = 20  # pixels, room for segment labels above a score of 1
LABEL_MOVES = 6
PATTERNS = {
    Mark.NO_FACE: ("not_scored", 0.9, Qt.BrushStyle.HorPattern),
    Mark.UNSUITABLE: ("inconclusive", 0.9, Qt.BrushStyle.FDiagPattern),
    Mark.NOT_ANALYSED: ("not_scored", 0.55, Qt.BrushStyle.Dense6Pattern),
    Mark.UNDECODABLE: ("danger", 1.0, Qt.BrushStyle.DiagCrossPattern),
}


@dataclass(frozen=True)
class Sight:
    """Which part of the exhibit is in sight, and where on the plot.

    Attributes:
        area: the plot without its axes, in pixels.
        left: seconds at its left edge.
        right: seconds at its right edge.
        floor: score at its lower edge.
        ceiling: score at its upper edge.
    """

    area: QRectF
    left: float
    right: float
    floor: float
    ceiling: float

    def x(self, seconds: float) -> float:
        """Pixel of a time."""
        span = self.right - self.left
        return self.area.left() + (seconds - self.left) / span * self.area.width()

    def y(self, score: float) -> float:
        """Pixel of a score."""
        part = (self.ceiling - score) / (self.ceiling - self.floor)
        return self.area.top() + part * self.area.height()

    @property
    def lane(self) -> QRectF:
        """Where the frame states are drawn."""
        area = self.area
        return QRectF(area.left(), area.bottom() - LANE + 4, area.width(), LANE - 5)


class Layer(pg.GraphicsObject):
    """Covers the plot and paints in its pixels."""

    def sight(self) -> Sight:
        """What is in sight now."""
        box = self.getViewBox()
        (left, right), (floor, ceiling) = box.viewRange()
        return Sight(box.mapRectToDevice(box.rect()), left, right, floor, ceiling)

    def boundingRect(self) -> QRectF:
        """The whole plot."""
        return self.viewRect()

    def viewRangeChanged(self) -> None:
        """The plot moved below the layer."""
        self.prepareGeometryChange()
        self.update()

    def paint(self, painter: QPainter, *_: object) -> None:
        """Paint in pixels, whatever the plot's own scale."""
        painter.resetTransform()
        sight = self.sight()
        painter.setClipRect(sight.area)
        self.draw(painter, sight)

    def draw(self, painter: QPainter, sight: Sight) -> None:
        """Paint what this layer shows."""
        raise NotImplementedError


class Backdrop(Layer):
    """Inconclusive band, flagged segments and frame states, behind the curves."""

    def __init__(self) -> None:
        super().__init__()
        self.scores = ExhibitScores()
        self.segments: Sequence[Segment] = ()
        self.thresholds: tuple[float, float] | None = None
        self.setZValue(-10)

    def draw(self, painter: QPainter, sight: Sight) -> None:
        """Paint from the back to the front."""
        if not len(self.scores.times):
            return
        self._draw_band(painter, sight)
        self._draw_segments(painter, sight)
        self._draw_lane(painter, sight)

    def _draw_band(self, painter: QPainter, sight: Sight) -> None:
        colours = theme.current()
        area = sight.area
        painter.setPen(QPen(colours.colour("line"), 1.0))
        for score in (0.0, 1.0):
            y = round(sight.y(score)) + 0.5
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        if self.thresholds is None:
            return
        low, high = self.thresholds
        top, bottom = sight.y(high), sight.y(low)
        draw_zone(painter, QRectF(area.left(), top, area.width(), bottom - top))

    def _draw_segments(self, painter: QPainter, sight: Sight) -> None:
        painter.setFont(theme.text_font(theme.SMALL))
        metrics = QFontMetricsF(painter.font())
        free_from = sight.area.left()
        for number, segment in enumerate(self.segments, start=1):
            begin = float(self.scores.times[segment.first])
            left, right = sight.x(begin), sight.x(self.scores.until(segment.last))
            if right < sight.area.left() or left > sight.area.right():
                continue
            left, right = max(left, sight.area.left() - 2), min(right, sight.area.right() + 2)
            region = QRectF(left, sight.area.top(), max(right - left, 2.0), 0)
            region.setBottom(sight.y(0.0))
            _hatch(painter, region, theme.current().track(segment.track), segment.track)
            text = f"segment {number} · track {segment.track}"
            if metrics.horizontalAdvance(text) > region.width():
                text = str(number)
            start = max(left, sight.area.left()) + 4
            if start >= free_from:
                painter.setPen(theme.current().colour("text"))
                painter.drawText(QPointF(start, sight.area.top() + TOP - 6), text)
                free_from = start + metrics.horizontalAdvance(text) + 6

    def _draw_lane(self, painter: QPainter, sight: Sight) -> None:
        strip = sight.lane
        scores = self.scores
        columns = round(strip.width())
        runs = lane(scores.times, scores.marks, sight.left, sight.right, columns)
        for first, last, mark in runs:
            part = QRectF(strip.left() + first, strip.top(), last - first + 1, strip.height())
            draw_mark(painter, part, mark)


class Labels(Layer):
    """Track numbers at the ends of the curves, before everything else."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[tuple[int, float, float]] = []  # track, seconds, score
        self.chosen: int | None = None
        self._focus = False
        self.setZValue(20)

    def show_focus(self, focus: bool) -> None:
        """Frame the plot while it has the keyboard."""
        self._focus = focus
        self.update()

    def draw(self, painter: QPainter, sight: Sight) -> None:
        """Paint the numbers, moved apart where they would cover each other."""
        font = theme.mono_font(theme.SMALL)
        painter.setFont(font)
        height = QFontMetricsF(font).height() + 2
        taken: list[QRectF] = []
        ends = sorted(self.ends, key=lambda end: (end[0] != self.chosen, -end[2]))
        for track, seconds, score in ends:
            width = QFontMetricsF(font).horizontalAdvance(str(track)) + 8
            left = min(sight.x(seconds) + 4, sight.area.right() - width - 2)
            top = min(max(sight.y(score) - height / 2, sight.area.top()), sight.lane.top() - height)
            plate = QRectF(left, top, width, height)
            if _find_room(plate, taken, sight.lane.top()):
                taken.append(plate)
                self._draw_plate(painter, plate, track)
        if self._focus:
            painter.setPen(theme.current().colour("focus"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(sight.area.adjusted(0.5, 0.5, -0.5, -0.5))

    def _draw_plate(self, painter: QPainter, plate: QRectF, track: int) -> None:
        colours = theme.current()
        strong = track == self.chosen
        painter.setPen(QPen(colours.track(track), 2.0 if strong else 1.0))
        painter.setBrush(colours.colour("surface_1"))
        painter.drawRect(plate)
        painter.setPen(colours.colour("text"))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, str(track))


class Playhead(Layer):
    """A line at the frame on screen."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: float | None = None
        self.setZValue(30)

    def place(self, seconds: float | None) -> None:
        """Put the line at a time, or take it away; only where it was and is, is painted anew."""
        before, self.seconds = self.seconds, seconds
        for time in (before, seconds):
            if time is not None:
                self.update(self._strip(time))

    def _strip(self, seconds: float) -> QRectF:
        """The line and its grip, in the plot's own units."""
        whole = self.boundingRect()
        margin = 8 * self.getViewBox().viewPixelSize()[0]
        return QRectF(seconds - margin, whole.top(), 2 * margin, whole.height())

    def draw(self, painter: QPainter, sight: Sight) -> None:
        """Paint the line with a grip at its upper end."""
        if self.seconds is None:
            return
        x = round(sight.x(self.seconds)) + 0.5
        if not sight.area.left() <= x <= sight.area.right() + 1:
            return
        accent = theme.current().colour("accent")
        painter.setPen(QPen(accent, 1.0))
        top = sight.area.top()
        painter.drawLine(QPointF(x, top), QPointF(x, sight.area.bottom()))
        painter.setBrush(accent)
        painter.drawPolygon([QPointF(x - 5, top), QPointF(x + 5, top), QPointF(x, top + 7)])


def _find_room(plate: QRectF, taken: Sequence[QRectF], floor: float) -> bool:
    """Move a plate down to where it covers no other; False when that is too far away."""
    for _ in range(LABEL_MOVES):
        if not any(plate.intersects(other) for other in taken):
            return plate.bottom() <= floor + 1
        plate.translate(0, plate.height() + 1)
    return False


def draw_mark(painter: QPainter, part: QRectF, mark: Mark) -> None:
    """Paint a frame state by pattern and tone; a scored frame is left clear."""
    if mark not in PATTERNS:
        return
    token, alpha, pattern = PATTERNS[mark]
    colours = theme.current()
    painter.fillRect(part, colours.colour(token, 0.18 * alpha))
    painter.fillRect(part, QBrush(colours.colour(token, alpha), pattern))


def draw_zone(painter: QPainter, part: QRectF) -> None:
    """Paint a piece of the inconclusive zone."""
    colours = theme.current()
    painter.fillRect(part, colours.colour("inconclusive", 0.14))
    for y, style in ((part.top(), Qt.PenStyle.DashLine), (part.bottom(), Qt.PenStyle.DotLine)):
        painter.setPen(QPen(colours.colour("inconclusive"), 1.0, style))
        painter.drawLine(
            QPointF(part.left(), round(y) + 0.5), QPointF(part.right(), round(y) + 0.5)
        )


def _hatch(painter: QPainter, region: QRectF, colour: QColor, track: int) -> None:
    leaning = Qt.BrushStyle.BDiagPattern if track % 2 else Qt.BrushStyle.FDiagPattern
    faint, line = QColor(colour), QColor(colour)
    faint.setAlphaF(0.10)
    line.setAlphaF(0.30)
    painter.fillRect(region, faint)
    painter.fillRect(region, QBrush(line, leaning))
    painter.fillRect(QRectF(region.left(), region.top(), region.width(), 3), colour)
