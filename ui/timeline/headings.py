"""The column of lane headings, the ruler, and what lies over the lanes: painted, not widgets."""

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen, QPolygonF

from ui import theme
from ui.player.readings import time_text
from ui.timeline.arrangement import Row
from ui.timeline.paint import draw_words
from ui.timeline.sight import Sight, round_step

HEADING = 108  # pixels of the column at the left
RULER = 24  # pixels of the row of times at the bottom
ARROW = 16  # pixels at the left of a heading that collapse it


def draw_heading(painter: QPainter, row: Row, part: QRectF, *, chosen: bool) -> None:
    """A lane's title with an arrow, its colour and a few words about it."""
    colours = theme.current()
    if chosen:
        painter.fillRect(part, colours.colour("surface_3"))
    _arrow(painter, QPointF(part.left() + 8, part.top() + 8), collapsed=row.collapsed)
    left = part.left() + ARROW
    swatch = row.lane.swatch()
    if swatch is not None:
        painter.fillRect(QRectF(left, part.top() + 3, 3, part.height() - 6), swatch)
        left += 6
    room = QRectF(left, part.top(), part.right() - left - 14, 16)
    draw_words(painter, room, row.lane.title, "text" if chosen else "muted")
    if part.height() >= 34:
        draw_words(painter, room.translated(0, 15), row.lane.note(), "muted")
    if row.lane.scale and part.height() >= 34:
        _draw_scale(painter, row.lane.scale, part)


def _draw_scale(painter: QPainter, ends: tuple[str, ...], part: QRectF) -> None:
    painter.setFont(theme.mono_font(theme.SMALL))
    painter.setPen(theme.current().colour("muted"))
    right = Qt.AlignmentFlag.AlignRight
    painter.drawText(part.adjusted(0, 0, -3, 0), right | Qt.AlignmentFlag.AlignTop, ends[0])
    painter.drawText(part.adjusted(0, 0, -3, 0), right | Qt.AlignmentFlag.AlignBottom, ends[1])


def _arrow(painter: QPainter, at: QPointF, *, collapsed: bool) -> None:
    x, y = at.x(), at.y()
    shape = (
        [QPointF(x - 2, y - 4), QPointF(x + 3, y), QPointF(x - 2, y + 4)]
        if collapsed
        else [QPointF(x - 4, y - 2), QPointF(x + 4, y - 2), QPointF(x, y + 3)]
    )
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.current().colour("muted"))
    painter.drawPolygon(QPolygonF(shape))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def draw_rows(painter: QPainter, rows: Sequence[Row], sight: Sight, shift: float) -> None:
    """Every row without its heading, moved down by `shift` pixels, separated by thin lines."""
    for row, part in _in_sight(painter, rows, shift, sight.start, sight.width):
        painter.save()
        painter.setClipRect(part, Qt.ClipOperation.IntersectClip)
        row.lane.draw(painter, sight, part)
        painter.restore()
        _draw_line(painter, part)


def draw_headings(painter: QPainter, rows: Sequence[Row], shift: float, chosen: int | None) -> None:
    """The headings of every row, moved down by `shift` pixels."""
    for row, part in _in_sight(painter, rows, shift, 0.0, HEADING):
        painter.save()
        painter.setClipRect(part, Qt.ClipOperation.IntersectClip)
        draw_heading(painter, row, part, chosen=row.lane.name == f"track {chosen}")
        painter.restore()
        _draw_line(painter, part)


def _in_sight(
    painter: QPainter, rows: Sequence[Row], shift: float, left: float, width: float
) -> Iterator[tuple[Row, QRectF]]:
    clip = painter.clipBoundingRect() if painter.hasClipping() else None
    for row in rows:
        part = QRectF(left, row.top + shift, width, row.height)
        if clip is None or clip.intersects(part):
            yield row, part


def _draw_line(painter: QPainter, part: QRectF) -> None:
    painter.setPen(QPen(theme.current().colour("surface_3"), 1.0))
    below = part.bottom() + 0.5
    painter.drawLine(QPointF(part.left(), below), QPointF(part.right(), below))


def draw_ruler(painter: QPainter, sight: Sight, part: QRectF, end: float) -> None:
    """Round times below the lanes, and a bar that shows which part of the exhibit is in sight."""
    colours = theme.current()
    painter.setFont(theme.mono_font(theme.SMALL))
    metrics = QFontMetricsF(painter.font())
    bar = QRectF(sight.start, part.top(), sight.width, 3)
    painter.fillRect(bar, colours.colour("surface_2"))
    whole = max(end, 1e-9)
    seen = QRectF(bar)
    seen.setLeft(bar.left() + bar.width() * sight.left / whole)
    seen.setWidth(max(bar.width() * (sight.right - sight.left) / whole, 4))
    painter.fillRect(seen, colours.colour("edge"))
    step = round_step(sight.pixel * (metrics.horizontalAdvance(time_text(0.0)) + 3 * theme.GRID))
    decimals = 0 if step >= 1.0 else 3
    count = int((sight.right - sight.left) / step) + 2
    first = int(sight.left / step)
    for number in range(first, first + count):
        x = round(sight.x(number * step)) + 0.5
        if not sight.start <= x <= sight.stop:
            continue
        painter.setPen(colours.colour("edge"))
        painter.drawLine(QPointF(x, part.top() + 3), QPointF(x, part.top() + 7))
        words = time_text(number * step, decimals)
        left = x + 3
        if left + metrics.horizontalAdvance(words) <= sight.stop:
            painter.setPen(colours.colour("muted"))
            painter.drawText(QPointF(left, part.bottom() - 6), words)


def draw_playhead(painter: QPainter, x: float, top: float, bottom: float) -> None:
    """A line with a grip at its upper end."""
    accent = theme.current().colour("accent")
    sharp = round(x) + 0.5
    painter.setPen(QPen(accent, 1.0))
    painter.drawLine(QPointF(sharp, top), QPointF(sharp, bottom))
    painter.setBrush(accent)
    grip = [QPointF(sharp - 5, top), QPointF(sharp + 5, top), QPointF(sharp, top + 7)]
    painter.drawPolygon(QPolygonF(grip))


def draw_selection(painter: QPainter, left: float, right: float, top: float, bottom: float) -> None:
    """A veil with upright edges over the stretch that is selected."""
    colours = theme.current()
    part = QRectF(left, top, max(right - left, 1.0), bottom - top)
    painter.fillRect(part, colours.colour("accent", 0.16))
    painter.setPen(QPen(colours.colour("accent"), 1.0, Qt.PenStyle.DashLine))
    for x in (part.left(), part.right()):
        painter.drawLine(QPointF(round(x) + 0.5, top), QPointF(round(x) + 0.5, bottom))
