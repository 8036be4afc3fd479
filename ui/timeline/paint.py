"""What several lanes draw: curves, the inconclusive zone, frame states, hatching, plates."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPaintDevice, QPainter, QPen, QPolygonF

from ui import theme
from ui.timeline import graphs
from ui.timeline.pyramid import Curve, Pyramid, envelope
from ui.timeline.scores import Mark
from ui.timeline.sight import Sight

PATTERNS = {
    Mark.NO_FACE: ("not_scored", 0.9, Qt.BrushStyle.HorPattern),
    Mark.UNSUITABLE: ("inconclusive", 0.9, Qt.BrushStyle.FDiagPattern),
    Mark.NOT_ANALYSED: ("not_scored", 0.55, Qt.BrushStyle.Dense6Pattern),
    Mark.UNDECODABLE: ("danger", 1.0, Qt.BrushStyle.DiagCrossPattern),
}

DOT = 3.0  # pixels; a part of a curve smaller than that could not be seen
_DOT_SIZE, _DOT_CORNER = QSizeF(DOT, DOT), QPointF(DOT / 2, DOT / 2)


@contextmanager
def painting(device: QPaintDevice) -> Iterator[QPainter]:
    """A painter that lets go of its device whatever happens; Qt ends the program otherwise."""
    painter = QPainter(device)
    try:
        yield painter
    finally:
        painter.end()


def polylines(curve: Curve, sight: Sight, plot: QRectF) -> Iterator[QPolygonF]:
    """A curve in pixels, its value 1 at the top of a part and its value 0 at the bottom."""
    functions = graphs.functions()
    if functions is None:
        return
    x = sight.xs(curve.x)
    y = plot.top() + plot.height() * (1.0 - curve.y.astype(np.float64))
    starts = [0, *(np.flatnonzero(~curve.joined[:-1]) + 1).tolist()]
    for start, stop in zip(starts, [*starts[1:], len(x)], strict=True):
        yield functions.arrayToQPolygonF(x[start:stop], y[start:stop])


def draw_curve(painter: QPainter, values: Pyramid, sight: Sight, plot: QRectF, pen: QPen) -> None:
    """Draw values from 0 to 1 over the part in sight; every peak keeps its height."""
    curve = envelope(values, sight.left, sight.right, sight.columns)
    draw_points(painter, curve, sight, plot, pen)


def draw_points(painter: QPainter, curve: Curve, sight: Sight, plot: QRectF, pen: QPen) -> None:
    """Draw a curve that was worked out for what is in sight; what would be a speck as a dot."""
    if not len(curve.x):
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(curve.x) < sight.columns)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen)
    for line in polylines(curve, sight, plot):
        bounds = line.boundingRect()
        if max(bounds.width(), bounds.height()) < DOT:
            painter.fillRect(QRectF(bounds.center() - _DOT_CORNER, _DOT_SIZE), pen.color())
        else:
            painter.drawPolyline(line)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def curve_pen(colour: QColor, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A line of one pixel, whatever the scale."""
    pen = QPen(colour, 1.0, style)
    pen.setCosmetic(True)
    return pen


def level_line(
    painter: QPainter, part: QRectF, y: float, colour: QColor, style: Qt.PenStyle
) -> None:
    """A sharp horizontal line through a part."""
    painter.setPen(QPen(colour, 1.0, style))
    sharp = round(y) + 0.5
    painter.drawLine(QPointF(part.left(), sharp), QPointF(part.right(), sharp))


def draw_zone(painter: QPainter, part: QRectF) -> None:
    """Paint a piece of the inconclusive zone."""
    colours = theme.current()
    painter.fillRect(part, colours.colour("inconclusive", 0.14))
    line = colours.colour("inconclusive")
    level_line(painter, part, part.top(), line, Qt.PenStyle.DashLine)
    level_line(painter, part, part.bottom(), line, Qt.PenStyle.DotLine)


def draw_mark(painter: QPainter, part: QRectF, mark: Mark) -> None:
    """Paint a frame state by pattern and tone; a scored frame is left clear."""
    if mark not in PATTERNS:
        return
    token, alpha, pattern = PATTERNS[mark]
    colours = theme.current()
    painter.fillRect(part, colours.colour(token, 0.18 * alpha))
    painter.fillRect(part, QBrush(colours.colour(token, alpha), pattern))


def draw_hatch(painter: QPainter, region: QRectF, colour: QColor, number: int) -> None:
    """Hatch a region in a track's colour, neighbouring numbers leaning differently."""
    leaning = Qt.BrushStyle.BDiagPattern if number % 2 else Qt.BrushStyle.FDiagPattern
    faint, line = QColor(colour), QColor(colour)
    faint.setAlphaF(0.10)
    line.setAlphaF(0.30)
    painter.fillRect(region, faint)
    painter.fillRect(region, QBrush(line, leaning))
    painter.fillRect(QRectF(region.left(), region.top(), region.width(), 2), colour)


def draw_ticks(painter: QPainter, xs: Iterable[float], part: QRectF, colour: QColor) -> None:
    """Sharp vertical strokes, one for each pixel that holds any."""
    painter.setPen(QPen(colour, 1.0))
    top, bottom = part.top(), part.bottom()
    strokes = [QLineF(x + 0.5, top, x + 0.5, bottom) for x in sorted({int(x) for x in xs})]
    if strokes:
        painter.drawLines(strokes)


def draw_words(painter: QPainter, part: QRectF, words: str, token: str = "text") -> None:
    """Words in the small face, cut with an ellipsis where there is no room for them."""
    font = theme.text_font(theme.SMALL)
    painter.setFont(font)
    shown = QFontMetricsF(font).elidedText(words, Qt.TextElideMode.ElideRight, part.width())
    painter.setPen(theme.current().colour(token))
    left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(part, left, shown)


def draw_plate(
    painter: QPainter, place: QPointF, words: str, within: QRectF, frame: QColor
) -> QRectF:
    """A number on a plate beside a point, kept inside a part; returns where it is."""
    font = theme.mono_font(theme.SMALL)
    metrics = QFontMetricsF(font)
    width, height = metrics.horizontalAdvance(words) + 8, metrics.height()
    left = place.x() + 6 if place.x() + 6 + width <= within.right() else place.x() - 6 - width
    top = min(max(place.y() - height / 2, within.top()), within.bottom() - height)
    plate = QRectF(max(left, within.left()), top, width, height)
    painter.setPen(QPen(frame, 1.0))
    painter.setBrush(theme.current().colour("surface_1"))
    painter.drawRect(plate)
    painter.setPen(theme.current().colour("text"))
    painter.setFont(font)
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)
    return plate


def held(begins: NDArray[np.float64], ends: NDArray[np.float64], sight: Sight) -> NDArray[np.bool_]:
    """Which device pixel columns hold a part of any stretch.

    Args:
        begins: float64 (N,), seconds, increasing.
        ends: float64 (N,), seconds, increasing; the same as `begins` for moments.
        sight: what is in sight.

    Returns:
        bool (columns,).
    """
    edges = np.linspace(sight.left, sight.right, sight.columns + 1)
    # A moment on an edge belongs to the column that begins there.
    side = "left" if ends is begins else "right"
    return np.searchsorted(begins, edges[1:]) > np.searchsorted(ends, edges[:-1], side=side)


def stretches(columns: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Runs of true columns as first and behind the last."""
    padded = np.concatenate([[False], columns, [False]])
    turns = np.flatnonzero(np.diff(padded.astype(np.int8)))
    return [(int(a), int(b)) for a, b in turns.reshape(-1, 2)]
