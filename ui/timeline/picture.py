"""The timeline as a picture to take along: every lane in full, on white paper's colours."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from PySide6.QtCore import QBuffer, QIODevice, QRect, QRectF, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from ui import theme
from ui.player.readings import time_text
from ui.timeline import graphs
from ui.timeline.headings import (
    HEADING,
    RULER,
    draw_headings,
    draw_rows,
    draw_ruler,
    draw_selection,
)
from ui.timeline.paint import draw_words, painting
from ui.timeline.runs import draw_key
from ui.timeline.sight import Sight
from ui.timeline.timeline import TimelineWidget

WIDTH = 1400  # pixels
SCALE = 2.0  # device pixels per pixel of a PNG
MARGIN, LINE, GAP = 16, 16, 8
FOOT = "Scores are the detector's output from 0 to 1 and not probabilities."


def timeline_picture(timeline: TimelineWidget, form: str, facts: Sequence[str]) -> bytes:
    """Draw the lanes as they are arranged and the stretch that is in sight.

    Args:
        timeline: what is drawn.
        form: ".png" or ".svg".
        facts: lines that stand above it: case, exhibit with its hash, and the like.

    Returns:
        The file's content.
    """
    graphs.load()  # a picture to take along lacks no curve
    lines = [*facts, _what(timeline), FOOT]
    rows = timeline.view.rows
    lanes = rows[-1].top + rows[-1].height + 1 if rows else 0.0
    runs = LINE + 6 if timeline.content.others else 0
    height = 2 * MARGIN + LINE * len(lines) + runs + GAP + lanes + RULER
    size = QSize(WIDTH, round(height))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    with on_paper():
        if form == ".svg":
            device = QSvgGenerator()
            device.setOutputDevice(buffer)
            device.setSize(size)
            device.setViewBox(QRect(0, 0, size.width(), size.height()))
            device.setTitle(facts[0] if facts else "Timeline")
            device.setDescription(" ".join(lines))
            with painting(device) as painter:
                _paint(painter, timeline, lines, size)
        else:
            image = QImage(size * SCALE, QImage.Format.Format_RGB32)
            image.setDevicePixelRatio(SCALE)
            with painting(image) as painter:
                _paint(painter, timeline, lines, size)
            image.save(buffer, "PNG")
    return bytes(buffer.data().data())


@contextmanager
def on_paper() -> Iterator[None]:
    """Draw in the light theme, whatever theme is in force, without telling anybody."""
    keeper = theme.keeper()
    kept, keeper.theme = keeper.theme, theme.load("light")
    try:
        yield
    finally:
        keeper.theme = kept


def _what(timeline: TimelineWidget) -> str:
    """Which runs and which stretch."""
    content = timeline.content
    left, right = timeline.view.span
    said = [content.run or "no run"]
    said += [f"run {other.run}: {other.title}" for other in content.others]
    if content.thresholds is not None:
        said.append("inconclusive {:.2f} to {:.2f}".format(*content.thresholds))
    said.append(f"from {time_text(left)} to {time_text(right)}")
    return " · ".join(said)


def _paint(painter: QPainter, timeline: TimelineWidget, lines: Sequence[str], size: QSize) -> None:
    painter.fillRect(QRect(0, 0, size.width(), size.height()), theme.current().colour("surface_2"))
    top = float(MARGIN)
    for line in lines:
        draw_words(painter, QRectF(MARGIN, top, size.width() - 2 * MARGIN, LINE), line)
        top += LINE
    if timeline.content.others:
        _draw_runs(painter, timeline, top, size.width() - 2 * MARGIN)
        top += LINE + 6
    top += GAP
    painter.translate(MARGIN, 0)
    sight = Sight(
        *timeline.view.span, float(HEADING), float(size.width() - 2 * MARGIN - HEADING), SCALE
    )
    rows = timeline.view.rows
    draw_rows(painter, rows, sight, top)
    draw_headings(painter, rows, top, timeline.view.chosen_track)
    bottom = top + (rows[-1].top + rows[-1].height + 1 if rows else 0.0)
    if timeline.view.selection is not None:
        left, right = (sight.x(time) for time in timeline.view.selection)
        left, right = max(left, sight.start), min(right, sight.stop)
        if left < right:
            draw_selection(painter, left, right, top, bottom)
    ruler = QRectF(0, bottom, sight.stop, RULER)
    draw_ruler(painter, sight, ruler, timeline.scores.end)


def _draw_runs(painter: QPainter, timeline: TimelineWidget, top: float, width: float) -> None:
    content = timeline.content
    names = [content.run, *(f"run {other.run}: {other.title}" for other in content.others)]
    share = width / len(names)
    for place, name in enumerate(names):
        left = MARGIN + place * share
        draw_key(painter, QRectF(left, top, 28, LINE), place)
        draw_words(painter, QRectF(left + 34, top, share - 42, LINE), name)
