"""Curves of several runs over one another: told apart by colour, line style and marks on them."""

import functools

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPaintEngine, QPainter, QPen, QPolygonF

from ui import theme
from ui.timeline.paint import curve_pen, draw_points, painting
from ui.timeline.pyramid import Pyramid, envelope
from ui.timeline.sight import Sight

APART = 72  # pixels between two marks on a curve that tell runs apart
STYLES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
)
STAMP = 12  # pixels across the picture of a mark


def run_colour(place: int) -> QColor:
    """The colour of the run shown (0) or of one laid over it (1, 2, 3)."""
    runs = theme.current().runs
    return QColor(runs[place % len(runs)])


def draw_key(painter: QPainter, part: QRectF, place: int) -> None:
    """A sample of a run's curve, for the legend."""
    colour = run_colour(place)
    painter.setPen(QPen(colour, 2.0, STYLES[place % len(STYLES)]))
    y = part.center().y()
    painter.drawLine(QPointF(part.left(), y), QPointF(part.right(), y))
    _draw_shape(painter, part.center(), place, colour, _rim())


def draw_run(painter: QPainter, values: Pyramid, sight: Sight, plot: QRectF, place: int) -> None:
    """One of several curves: told apart by colour, by line style and by the marks on it."""
    colour = run_colour(place)
    curve = envelope(values, sight.left, sight.right, sight.columns)
    # Where several frames share a pixel a broken line could hide a peak: the marks tell it apart.
    dense = len(curve.x) >= sight.columns
    style = Qt.PenStyle.SolidLine if dense else STYLES[place % len(STYLES)]
    draw_points(painter, curve, sight, plot, curve_pen(colour, style))
    if not len(curve.x):
        return
    step = APART * sight.pixel
    begin = np.arange(np.floor(sight.left / step), sight.right / step) + place / len(STYLES)
    near = np.searchsorted(curve.x, begin * step)
    near = np.unique(near[near < len(curve.x)])
    xs, ys = sight.xs(curve.x[near]), plot.bottom() - curve.y[near] * plot.height()
    if painter.paintEngine().type() == QPaintEngine.Type.Raster:
        picture = _stamp(place, colour.name(), _rim().name(), sight.ratio)
        for x, y in zip(xs.tolist(), ys.tolist(), strict=True):
            painter.drawImage(QPointF(x - STAMP / 2, y - STAMP / 2), picture)
    else:
        for x, y in zip(xs.tolist(), ys.tolist(), strict=True):
            _draw_shape(painter, QPointF(x, y), place, colour, _rim())


def _rim() -> QColor:
    return theme.current().colour("surface_1")


@functools.lru_cache(32)
def _stamp(place: int, colour: str, rim: str, ratio: float) -> QImage:
    """A mark as a picture, because there are hundreds of them and shapes take long to fill."""
    picture = QImage(QSize(STAMP, STAMP) * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    with painting(picture) as painter:
        middle = QPointF(STAMP / 2, STAMP / 2)
        _draw_shape(painter, middle, place, QColor(colour), QColor(rim))
    return picture


def _draw_shape(painter: QPainter, at: QPointF, place: int, colour: QColor, rim: QColor) -> None:
    """Circle, triangle, square or diamond."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(rim, 1.0))
    painter.setBrush(colour)
    x, y = at.x(), at.y()
    if place % 4 == 0:
        painter.drawEllipse(at, 3.5, 3.5)
    elif place % 4 == 2:
        painter.drawRect(QRectF(x - 3, y - 3, 6, 6))
    else:
        bottom = QPointF(x, y + 4.5) if place % 4 == 3 else QPointF(x, y + 3)
        corners = [QPointF(x, y - 4.5), QPointF(x + 4.5, y if place % 4 == 3 else y + 3), bottom]
        corners.append(QPointF(x - 4.5, y if place % 4 == 3 else y + 3))
        painter.drawPolygon(QPolygonF(corners))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
