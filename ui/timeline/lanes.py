"""The lanes that say where something is: states, faces, segments, marks, cuts, sound."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from ui import theme
from ui.timeline.content import NOT_LOOKED_FOR, Content, MarkLine
from ui.timeline.paint import (
    curve_pen,
    draw_curve,
    draw_hatch,
    draw_mark,
    draw_ticks,
    draw_words,
    held,
    level_line,
    stretches,
)
from ui.timeline.scores import Mark, holds, mark_runs
from ui.timeline.sight import Sight

SLIM = 14  # pixels of a lane that is collapsed
DIAMOND_NAME = 160  # pixels for the name of a marker
LEAST_NAME = 20  # pixels; a name that has less is left out
MOST_STRIPES = 6  # face tracks shown as stripes of their own; more share them


class Lane:
    """One row of the timeline; it draws itself into whatever room it is given.

    Attributes:
        kind: what the preferences know it by; several lanes may be of one kind.
        name: what tells it from the others.
        title: what its heading says.
        tip: what it shows, in plain words.
        height: pixels while it is open.
        scale: what its upper and its lower edge stand for, () in lanes without a scale.
    """

    kind = ""
    title = ""
    tip = ""
    height = 18
    scale: tuple[str, ...] = ()

    def __init__(self, content: Content) -> None:
        self.content = content

    @property
    def name(self) -> str:
        """What tells this lane from the others."""
        return self.kind

    @property
    def absent(self) -> str:
        """Why there is nothing to show, as a sentence part; "" where there is something."""
        return ""

    def draw(self, painter: QPainter, sight: Sight, part: QRectF) -> None:
        """Paint the part in sight."""
        raise NotImplementedError

    def words(self, frame: int) -> str:  # noqa: ARG002
        """What is at a frame, "" where nothing is."""
        return ""

    def value(self, frame: int) -> float | None:  # noqa: ARG002
        """The value whose height the pointer reads at a frame, None in lanes without a scale."""
        return None

    def swatch(self) -> QColor | None:
        """The colour that stands beside the title."""
        return None

    def note(self) -> str:
        """A few words below the title, where the lane is high enough."""
        return ""


class StatesLane(Lane):
    """Frame states, a pattern for each; scored frames are left clear."""

    kind = "states"
    title = "Frame states"
    tip = (
        "What became of frames without a score. Where several frames share a pixel, the least "
        "favourable state is shown."
    )

    @property
    def absent(self) -> str:
        """Nothing is to be said where every frame is scored."""
        if not self.content.scores.analysed:
            return "not analysed yet"
        return "" if self.content.scores.marks.any() else "every frame is scored"

    def draw(self, painter: QPainter, sight: Sight, part: QRectF) -> None:
        """Paint runs of one state."""
        scores, strip = self.content.scores, part.adjusted(0, 2, 0, -2)
        columns = round(sight.width)
        runs = mark_runs(scores.times, scores.marks, sight.left, sight.right, columns)
        for first, last, mark in runs:
            draw_mark(
                painter,
                QRectF(strip.left() + first, strip.top(), last - first + 1, strip.height()),
                mark,
            )

    def words(self, frame: int) -> str:
        """The state in words."""
        return str(Mark(int(self.content.scores.marks[frame])).state)


class FacesLane(Lane):
    """One stripe per face track while its face is in the picture."""

    kind = "faces"
    title = "Faces"
    tip = "When each face is in the picture, one stripe per face track; scored or not."

    @property
    def absent(self) -> str:
        """There may be no face."""
        return "" if self.content.scores.present else "no face was found"

    def draw(self, painter: QPainter, sight: Sight, part: QRectF) -> None:
        """Paint the stripes below each other."""
        scores = self.content.scores
        present = scores.present
        rows = min(len(present), MOST_STRIPES)
        high = (part.height() - 4) / max(rows, 1)
        for place, number in enumerate(present):
            top = part.top() + 2 + (place % rows) * high
            colour = theme.current().track(number)
            for first, stop in stretches(held(*scores.spans(number), sight)):
                left, right = (sight.start + edge / sight.ratio for edge in (first, stop))
                thick = max(high - 1, 1.0)
                painter.fillRect(QRectF(left, top, max(right - left, 1.0), thick), colour)

    def words(self, frame: int) -> str:
        """Which tracks are in the picture."""
        here = [n for n, frames in self.content.scores.present.items() if holds(frames, frame)]
        listed = ", ".join(map(str, here))
        return f"face tracks {listed}" if here else "no face"


class SegmentsLane(Lane):
    """What the analysis flagged."""

    kind = "segments"
    title = "Segments"
    tip = "Stretches that the analysis flagged: scores of one face track above the upper threshold."

    @property
    def absent(self) -> str:
        """Most exhibits have none."""
        return "" if self.content.segments else "no stretch was flagged"

    def draw(self, painter: QPainter, sight: Sight, part: QRectF) -> None:
        """Paint a numbered block for each."""
        free_from = part.left()
        for number, segment in enumerate(self.content.segments, start=1):
            block = _block(self.content, segment.first, segment.last, sight, part)
            if block is None:
                continue
            draw_hatch(painter, block, theme.current().track(segment.track), segment.track)
            free_from = _name(painter, block, f"{number} · track {segment.track}", free_from)

    def words(self, frame: int) -> str:
        """Mean and peak of the segment."""
        for number, one in enumerate(self.content.segments, start=1):
            if one.first <= frame <= one.last:
                figures = f"mean {one.mean:.2f}, peak {one.peak:.2f}"
                return f"segment {number}, track {one.track}: {figures}"
        return ""


class MarksLane(Lane):
    """Clips and markers that the examiner set."""

    kind = "marks"
    title = "Marks"
    tip = "Clips and markers set by the examiner."
    height = 20

    @property
    def absent(self) -> str:
        """None may have been set."""
        return "" if self.content.marks else "none was set"

    def draw(self, painter: QPainter, sight: Sight, part: QRectF) -> None:
        """Paint clips as named blocks and markers as diamonds."""
        free_from = part.left()
        marks = sorted(self.content.marks, key=lambda one: one.first)
        for mark, after in zip(marks, [*marks[1:], *marks[-1:]], strict=True):
            block = _block(self.content, mark.first, mark.last, sight, part)
            if block is None:
                continue
            colours = theme.current()
            colour = colours.mark(mark.colour) if mark.colour else colours.colour("accent")
            if mark.last > mark.first:
                faint = QColor(colour)
                faint.setAlphaF(0.22)
                painter.fillRect(block, faint)
                painter.setPen(QPen(colour, 1.0))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(block.adjusted(0.5, 0.5, -0.5, -0.5))
                named = block
            else:
                named = _diamond(painter, sight.x(self.content.begin(mark.first)), part, colour)
            if after.first > mark.first:  # a name ends before the next sign begins
                named.setRight(min(named.right(), sight.x(self.content.begin(after.first)) - 6))
            free_from = _name(painter, named, mark.words, free_from)

    def words(self, frame: int) -> str:
        """The names of what is marked here."""
        return "; ".join(one.words for one in self.content.marks if one.first <= frame <= one.last)

    def at(self, sight: Sight, x: float) -> MarkLine | None:
        """The mark below a pixel, the shortest where several are."""
        near = [
            one
            for one in self.content.marks
            if sight.x(self.content.begin(one.first)) - 6
            <= x
            <= max(
                sight.x(self.content.until(one.last)), sight.x(self.content.begin(one.first)) + 6
            )
        ]
        return min(near, key=lambda one: one.last - one.first) if near else None


class SoundLane(Lane):
    """The waveform."""

    kind = "sound"
    title = "Sound"
    tip = "The waveform of the sound track: lowest and highest sample in each pixel."
    height = 32

    @property
    def absent(self) -> str:
        """The exhibit may have no sound."""
        there = self.content.sound is not None or self.content.sound_waiting
        return "" if there else self.content.no_sound

    def draw(self, painter: QPainter, sight: Sight, part: QRectF) -> None:
        """Paint the envelope around the middle."""
        colours = theme.current()
        middle = part.center().y()
        if self.content.sound is not None:
            level_line(painter, part, middle, colours.colour("line"), Qt.PenStyle.SolidLine)
            pen = curve_pen(colours.colour("muted"))
            draw_curve(painter, self.content.sound, sight, part.adjusted(0, 1, 0, -1), pen)
        elif self.content.sound_waiting:
            draw_words(painter, part.adjusted(8, 0, 0, 0), self.content.sound_waiting, "muted")


class TicksLane(Lane):
    """Places in time, one stroke each."""

    height = SLIM
    token = "muted"

    def times(self) -> np.ndarray:
        """Seconds, float64 (N,)."""
        raise NotImplementedError

    def draw(self, painter: QPainter, sight: Sight, part: QRectF) -> None:
        """Paint the strokes; where they are too dense to be told apart, a grey band."""
        times = self.times()
        columns = held(times, times, sight)
        band = part.adjusted(0, 2, 0, -2)
        colour = theme.current().colour(self.token)
        if columns.mean() > 0.4:
            faint = QColor(colour)
            faint.setAlphaF(0.18)
            painter.fillRect(band, faint)
            draw_words(painter, part.adjusted(4, 0, 0, 0), "too many to tell apart: zoom in")
            return
        places = sight.start + np.flatnonzero(columns) / sight.ratio
        draw_ticks(painter, places.tolist(), band, colour)


class ShotsLane(TicksLane):
    """Where one shot ends and another begins."""

    kind = "shots"
    title = "Shots"
    tip = (
        "Where the picture changes at once, as after a cut. Found by comparing neighbouring frames."
    )
    token = "text"

    @property
    def absent(self) -> str:
        """Nobody may have looked, or none was found."""
        if self.content.shot_times is None:
            return NOT_LOOKED_FOR
        return "" if len(self.content.shot_times) else "no shot change was found"

    def times(self) -> np.ndarray:
        """Where shots begin."""
        shots = self.content.shot_times
        return np.zeros(0) if shots is None else shots


class KeysLane(TicksLane):
    """Key frames."""

    kind = "keys"
    title = "Key frames"
    tip = "Frames that are stored whole; decoding can begin there and nowhere else."

    def times(self) -> np.ndarray:
        """Where the key frames are."""
        return self.content.key_times


class LostLane(Lane):
    """What could not be decoded."""

    kind = "lost"
    title = "Undecodable"
    tip = "Stretches that could not be decoded; the reason is read out below the pointer."
    height = SLIM

    @property
    def absent(self) -> str:
        """Sound exhibits have none."""
        if not self.content.scores.analysed:
            return "not analysed yet"
        return "" if self.content.lost else "every frame could be decoded"

    def draw(self, painter: QPainter, sight: Sight, part: QRectF) -> None:
        """Paint each stretch."""
        for one in self.content.lost:
            block = _block(self.content, one.first, one.last, sight, part)
            if block is not None:
                draw_mark(painter, block, Mark.UNDECODABLE)

    def words(self, frame: int) -> str:
        """The reason."""
        reasons = [one.reason for one in self.content.lost if one.first <= frame <= one.last]
        return f"could not be decoded: {reasons[0]}" if reasons else ""


def _block(content: Content, first: int, last: int, sight: Sight, part: QRectF) -> QRectF | None:
    """Frames first..last in a part, at least two pixels wide; None where out of sight."""
    left, right = sight.x(content.begin(first)), sight.x(content.until(last))
    if right < sight.start - 8 or left > sight.stop + 8:
        return None
    left, right = max(left, sight.start - 2), min(right, sight.stop + 2)
    return QRectF(left, part.top() + 2, max(right - left, 2.0), part.height() - 4)


def _diamond(painter: QPainter, x: float, part: QRectF, colour: QColor) -> QRectF:
    middle, size = part.center().y(), min(5.0, part.height() / 2 - 1)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(
        [
            QPointF(x - size, middle),
            QPointF(x, middle - size),
            QPointF(x + size, middle),
            QPointF(x, middle + size),
        ]
    )
    return QRectF(x + size - 2, part.top(), DIAMOND_NAME, part.height())


def _name(painter: QPainter, block: QRectF, words: str, free_from: float) -> float:
    """Name a block where no other name stands; returns the pixel from which there is room again."""
    font = theme.text_font(theme.SMALL)
    start = max(block.left() + 4, free_from)
    room = block.right() - start
    if room < LEAST_NAME:
        return free_from
    draw_words(painter, QRectF(start, block.top(), room, block.height()), words)
    return start + min(QFontMetricsF(font).horizontalAdvance(words), room) + 6
