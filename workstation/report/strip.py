"""A questioned track among its references, as a vector drawing that reads without colour."""

import math

from reportlab.graphics.shapes import Circle, Drawing, Line, Polygon, Rect, String

from workstation.analysis.comparison import Comparison
from workstation.report import fonts, style

HEIGHT = 46.0
_SIDE, _MIDDLE, _AXIS, _BAND = 12.0, 32.0, 17.0, 16.0
_LABELLED = (0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.999)
_ROOM = 26.0


def strip(found: Comparison) -> Drawing:
    """Draw interval, references and questioned track over one axis of logits.

    Args:
        found: With at least one reference.
    """
    drawing = Drawing(style.TEXT_WIDTH, HEIGHT)
    ends = [logit for logit in (found.low, found.high) if logit is not None]
    shown = [found.questioned, *found.references, *ends]
    room = max(0.08 * (max(shown) - min(shown)), 0.25)
    low, high = min(shown) - room, max(shown) + room

    def x(logit: float) -> float:
        return float(_SIDE + (logit - low) / (high - low) * (style.TEXT_WIDTH - 2 * _SIDE))

    if len(ends) == 2:
        drawing.add(_interval(x(ends[0]), x(ends[1])))
    drawing.add(_line(_SIDE, _AXIS, style.TEXT_WIDTH - _SIDE, _AXIS))
    free = -_ROOM
    for score in _LABELLED:
        logit = math.log(score / (1 - score))
        if low <= logit <= high:
            drawing.add(_line(x(logit), _AXIS, x(logit), _AXIS - 3))
            if x(logit) - free >= _ROOM:
                drawing.add(_label(x(logit), f"{score:g}"))
                free = x(logit)
    for logit in found.references:
        drawing.add(Circle(x(logit), _MIDDLE, 3, fillColor=None, strokeColor=style.INK))
    at, size = x(found.questioned), 4.5
    corners = [at, _MIDDLE + size, at + size, _MIDDLE, at, _MIDDLE - size, at - size, _MIDDLE]
    drawing.add(Polygon(corners, fillColor=style.HIGH, strokeColor=style.INK, strokeWidth=0.5))
    return drawing


def _interval(left: float, right: float) -> Rect:
    return Rect(
        left,
        _MIDDLE - _BAND / 2,
        right - left,
        _BAND,
        fillColor=style.SURFACE,
        strokeColor=style.MIDDLE,
        strokeWidth=0.7,
    )


def _line(x0: float, y0: float, x1: float, y1: float) -> Line:
    return Line(x0, y0, x1, y1, strokeColor=style.INK, strokeWidth=0.5)


def _label(x: float, text: str) -> String:
    place = {"fontName": fonts.SANS, "fontSize": 7, "textAnchor": "middle"}
    return String(x, _AXIS - 11, text, fillColor=style.MUTED, **place)
