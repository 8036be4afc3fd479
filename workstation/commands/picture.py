"""The report's timeline drawing as a PNG, for screens and for people in a hurry.

The shapes that the report prints as vectors are drawn here with Pillow: both show one picture.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from PIL import Image, ImageDraw, ImageFont
from reportlab.graphics.shapes import Circle, Drawing, Group, Line, PolyLine, Rect, Shape, String
from reportlab.lib.colors import Color
from reportlab.pdfbase import pdfmetrics

from workstation.commands.groups import write_file
from workstation.report import fonts

SCALE = 2.0  # pixels per point
_SMOOTH = 3  # drawn this much larger, then reduced
_MARGIN = 16.0
_TITLE = 20.0

Ink: TypeAlias = tuple[int, int, int] | None
Points: TypeAlias = Sequence[tuple[float, float]]


def timeline_picture(drawings: Sequence[tuple[str, Drawing]]) -> Image.Image:
    """Draw titled timelines below each other on white.

    Args:
        drawings: a title and the report's drawing for each face track.

    Returns:
        RGB picture, `SCALE` pixels per point.
    """
    fonts.register()
    width = max(drawing.width for _, drawing in drawings) + 2 * _MARGIN
    height = sum(drawing.height + _TITLE for _, drawing in drawings) + 2 * _MARGIN
    size = (round(width * SCALE), round(height * SCALE))
    canvas = _Canvas(size)
    top = _MARGIN
    for title, drawing in drawings:
        canvas.origin = (_MARGIN, top + 12.0)
        canvas.text(0.0, 0.0, title, fonts.BOLD, 10.0, (27, 31, 36), "start")
        canvas.origin = (_MARGIN, top + _TITLE + drawing.height)
        for shape in drawing.contents:
            canvas.draw(shape)
        top += _TITLE + drawing.height
    return canvas.picture.resize(size, Image.Resampling.LANCZOS)


class _Canvas:
    """A large picture that shapes are drawn on; `origin` is where their (0, 0) lies, in points."""

    def __init__(self, size: tuple[int, int]) -> None:
        large = (size[0] * _SMOOTH, size[1] * _SMOOTH)
        self.picture = Image.new("RGB", large, "white")
        self.origin = (0.0, 0.0)
        self._draw = ImageDraw.Draw(self.picture)
        self._scale = SCALE * _SMOOTH

    def draw(self, shape: Shape) -> None:
        """Draw one shape of the report's plot."""
        if isinstance(shape, Group):
            for inner in shape.contents:
                self.draw(inner)
        elif isinstance(shape, Rect):
            x, y = shape.x, shape.y
            corners = [(x, y + shape.height), (x + shape.width, y)]
            self._rectangle(corners, shape)
        elif isinstance(shape, Line):
            ends = [(shape.x1, shape.y1), (shape.x2, shape.y2)]
            self._line(dashes(ends, shape.strokeDashArray), shape)
        elif isinstance(shape, PolyLine):
            self._line([list(zip(shape.points[::2], shape.points[1::2], strict=True))], shape)
        elif isinstance(shape, Circle):
            self._circle(shape)
        elif isinstance(shape, String):
            look = (shape.fontName, shape.fontSize, ink(shape.fillColor))
            self.text(shape.x, shape.y, shape.text, *look, shape.textAnchor)
        else:
            raise TypeError(f"the timeline has a {type(shape).__name__}, which cannot be drawn")

    def text(
        self, x: float, y: float, text: str, font: str, size: float, colour: Ink, anchor: str
    ) -> None:
        """Text on the baseline `y`."""
        file = pdfmetrics.getFont(font).face.filename
        face = ImageFont.truetype(str(file), size * self._scale)
        place = {"start": "ls", "middle": "ms", "end": "rs"}[anchor]
        self._draw.text(self._at(x, y), text, fill=colour, font=face, anchor=place)

    def _rectangle(self, corners: Points, shape: Any) -> None:
        self._draw.rectangle(
            [self._at(*corner) for corner in corners],
            fill=ink(shape.fillColor),
            outline=ink(shape.strokeColor),
            width=self._width(shape),
        )

    def _circle(self, shape: Any) -> None:
        r = shape.r
        corners = [(shape.cx - r, shape.cy + r), (shape.cx + r, shape.cy - r)]
        self._draw.ellipse([self._at(*corner) for corner in corners], fill=ink(shape.fillColor))

    def _line(self, pieces: Sequence[Points], shape: Any) -> None:
        for piece in pieces:
            self._draw.line(
                [self._at(*point) for point in piece],
                fill=ink(shape.strokeColor),
                width=self._width(shape),
                joint="curve",
            )

    def _width(self, shape: Any) -> int:
        return max(1, round((shape.strokeWidth or 0.0) * self._scale))

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return (self.origin[0] + x) * self._scale, (self.origin[1] - y) * self._scale


def ink(colour: Color | None) -> Ink:
    """A reportlab colour as 0..255, or None for nothing."""
    if colour is None:
        return None
    red, green, blue = (round(255 * part) for part in colour.rgb())
    return red, green, blue


def dashes(ends: Points, pattern: Sequence[float] | None) -> list[Points]:
    """A straight line cut into the strokes of a dash pattern (lengths of stroke, gap, ...)."""
    if not pattern:
        return [ends]
    (x0, y0), (x1, y1) = ends
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5

    def point(distance: float) -> tuple[float, float]:
        share = min(1.0, distance / length)
        return x0 + share * (x1 - x0), y0 + share * (y1 - y0)

    strokes: list[Points] = []
    at, turn = 0.0, 0
    while at < length:
        step = pattern[turn % len(pattern)]
        if turn % 2 == 0:
            strokes.append([point(at), point(at + step)])
        at, turn = at + step, turn + 1
    return strokes


def save(picture: Image.Image, path: Path) -> None:
    """Write the picture as PNG.

    Raises:
        WorkstationError: the place cannot be written.
    """
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    write_file(path, buffer.getvalue(), "The picture of the timeline")
