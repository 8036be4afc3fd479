"""One set of axes of the page of plots, drawn with reportlab; it reads without colour."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from reportlab.graphics.shapes import Circle, Group, Line, Polygon, PolyLine, Rect, String
from reportlab.lib.colors import white

from workstation.report import fonts, style

SIZE = 6.5
_TICK = 2.5

Point = tuple[float, float]


@dataclass
class Panel:
    """Axes on a rectangle of the page, in points, and what is drawn on them.

    Attributes:
        left: Left edge of the axes.
        bottom: Lower edge.
        width: Of the axes.
        height: Of the axes.
        title: Printed above.
        across: Least and largest value of the horizontal axis.
        up: Likewise of the vertical axis.
    """

    left: float
    bottom: float
    width: float
    height: float
    title: str
    across: Point = (0.0, 1.0)
    up: Point = (0.0, 1.0)
    group: Group = field(default_factory=Group)

    def __post_init__(self) -> None:
        top = self.bottom + self.height
        self.group.add(_string(self.left, top + 7, self.title, font=fonts.BOLD, size=8))

    def x(self, value: float) -> float:
        """Points of the page for a value."""
        low, high = self.across
        return self.left + self.width * (value - low) / ((high - low) or 1.0)

    def y(self, value: float) -> float:
        """Points of the page for a value."""
        low, high = self.up
        return self.bottom + self.height * (value - low) / ((high - low) or 1.0)

    def axes(
        self, x_label: str, y_label: str, x_ticks: Sequence[float], y_ticks: Sequence[float]
    ) -> None:
        """Draw both axes with ticks and labels.

        Args:
            x_label: Below.
            y_label: Above the vertical axis, behind the title.
            x_ticks: Where to number the horizontal axis.
            y_ticks: Where to number the vertical one, with a faint line.
        """
        right, top = self.left + self.width, self.bottom + self.height
        for value in y_ticks:
            y = self.y(value)
            self.group.add(Line(self.left, y, right, y, strokeColor=style.RULE, strokeWidth=0.3))
            self.text((self.left - 4, y - 2.2), f"{value:g}", "end")
        for value in x_ticks:
            x = self.x(value)
            self.group.add(_ink_line(x, self.bottom, x, self.bottom - _TICK))
            self.text((x, self.bottom - 9.5), f"{value:g}", "middle")
        self.group.add(_ink_line(self.left, self.bottom, right, self.bottom))
        self.group.add(_ink_line(self.left, self.bottom, self.left, top))
        self.text((self.left + self.width / 2, self.bottom - 18), x_label, "middle")
        if y_label:
            self.text((right, top + 7), y_label, "end")

    def text(self, place: Point, said: str, anchor: str = "start", **look: Any) -> None:
        """Write at a place of the page."""
        self.group.add(_string(*place, said, anchor, **look))

    def line(self, points: Sequence[Point], **look: Any) -> None:
        """A line through values."""
        if len(points) > 1:
            flat = [v for x, y in points for v in (self.x(x), self.y(y))]
            drawn = {"strokeColor": style.INK, "strokeWidth": 0.9} | look
            self.group.add(PolyLine(flat, **drawn))

    def band(self, lows: Sequence[Point], highs: Sequence[Point]) -> None:
        """A grey field between two lines."""
        edge = [*lows, *reversed(highs)]
        if len(edge) > 3:
            flat = [v for x, y in edge for v in (self.x(x), self.y(y))]
            self.group.add(Polygon(flat, fillColor=style.RULE, strokeColor=None, fillOpacity=0.5))

    def dot(self, place: Point, hollow: bool = False, radius: float = 1.8, **look: Any) -> None:
        """A round mark at a value, filled or hollow."""
        colour = look.pop("colour", style.INK)
        self.group.add(
            Circle(
                self.x(place[0]),
                self.y(place[1]),
                radius,
                fillColor=white if hollow else colour,
                strokeColor=colour,
                strokeWidth=0.7,
                **look,
            )
        )

    def bar(self, x: float, found: Sequence[float | None] | None, hollow: bool = False) -> None:
        """Value and interval, upright at a place of the horizontal axis."""
        value, low, high = found or (None, None, None)
        if value is None:
            return
        if low is not None and high is not None:
            where = self.x(x)
            self.group.add(_ink_line(where, self.y(low), where, self.y(high)))
        self.dot((x, value), hollow, 2.1)

    def stretch(self, y: float, found: Sequence[float | None] | None, hollow: bool = False) -> None:
        """Value and interval, lying at a place of the vertical axis."""
        value, low, high = found or (None, None, None)
        if value is None:
            return
        if low is not None and high is not None:
            where = self.y(y)
            self.group.add(_ink_line(self.x(low), where, self.x(high), where))
        self.dot((value, y), hollow, 2.1)

    def upright(self, value: float, said: str, **look: Any) -> None:
        """A marked value of the horizontal axis."""
        x, top = self.x(value), self.bottom + self.height
        drawn = {"strokeColor": style.MUTED, "strokeWidth": 0.5, "strokeDashArray": [2, 2]} | look
        self.group.add(Line(x, self.bottom, x, top, **drawn))
        if said:
            self.text((x, top + 1.5), said, "middle", size=5.5)

    def field_between(self, low: float, high: float) -> None:
        """A grey field between two values of the horizontal axis."""
        x = self.x(low)
        self.group.add(
            Rect(
                x,
                self.bottom,
                self.x(high) - x,
                self.height,
                fillColor=style.SURFACE,
                strokeColor=None,
            )
        )

    def nothing(self, said: str) -> None:
        """Say why there is nothing to see."""
        place = (self.left + self.width / 2, self.bottom + self.height / 2)
        self.text(place, said, "middle", size=7.5)

    def key(self, entries: Sequence[tuple[str, bool]], left: float | None = None) -> None:
        """The legend, in one line under the label of the horizontal axis.

        Args:
            entries: What each mark means, and whether it is hollow.
            left: Where it begins; at the axes when None.
        """
        x, y = self.left if left is None else left, self.bottom - 27
        for said, hollow in entries:
            fill = white if hollow else style.INK
            look = {"fillColor": fill, "strokeColor": style.INK, "strokeWidth": 0.7}
            self.group.add(Circle(x + 2, y + 2, 2.1, **look))
            self.text((x + 7, y), said)
            x += 7 + fonts.width(fonts.plain(said), fonts.SANS, SIZE) + 9


def _string(
    x: float, y: float, text: str, anchor: str = "start", font: str = fonts.SANS, size: float = SIZE
) -> String:
    colour = style.INK if font == fonts.BOLD else style.MUTED
    shown = fonts.plain(text)
    return String(x, y, shown, fontName=font, fontSize=size, fillColor=colour, textAnchor=anchor)


def _ink_line(x0: float, y0: float, x1: float, y1: float) -> Line:
    return Line(x0, y0, x1, y1, strokeColor=style.INK, strokeWidth=0.6)
