"""The lanes with a scale: scores of one face track, and differences between two runs."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen

from ui import theme
from ui.timeline.content import Content
from ui.timeline.lanes import SLIM, Lane
from ui.timeline.paint import (
    curve_pen,
    draw_curve,
    draw_hatch,
    draw_words,
    draw_zone,
    held,
    level_line,
    stretches,
)
from ui.timeline.pyramid import Pyramid, envelope
from ui.timeline.runs import draw_run
from ui.timeline.scores import TrackScores, holds
from ui.timeline.sight import Sight

MARGIN = 4  # pixels above a score of 1 and below a score of 0


class TrackLane(Lane):
    """The scores of one face track with the inconclusive zone and its flagged segments."""

    kind = "tracks"
    height = 56
    scale = ("1", "0")

    def __init__(self, content: Content, track: int) -> None:
        super().__init__(content)
        self.track = track
        self.title = f"Track {track}"
        self.tip = (
            f"Scores of face track {track}, 0 below and 1 above; a score is the detector's output, "
            "higher where the face resembles synthetic material, and not a probability. The "
            "shaded zone is inconclusive. Hatched: flagged by the analysis. Dotted: the face is "
            "unlike those that the detector was trained on."
        )

    @property
    def name(self) -> str:
        """The track."""
        return f"track {self.track}"

    @property
    def scores(self) -> TrackScores:
        """The scores of the run shown; empty where it scored nothing."""
        return self.content.scores.tracks.get(self.track) or TrackScores()

    def draw(self, painter: QPainter, sight: Sight, part: QRectF) -> None:
        """Paint from the back to the front."""
        if part.height() <= SLIM:
            self._draw_slim(painter, sight, part)
            return
        plot = part.adjusted(0, MARGIN, 0, -MARGIN)
        self._draw_ground(painter, sight, plot)
        others = self.content.others
        for place, other in enumerate(others, start=1):
            if self.track in other.tracks:
                draw_run(painter, other.tracks[self.track].pyramid, sight, plot, place)
        if others:
            draw_run(painter, self.scores.pyramid, sight, plot, 0)
        else:
            pen = curve_pen(theme.current().track(self.track))
            draw_curve(painter, self.scores.pyramid, sight, plot, pen)
        if not len(self.scores.frames):
            draw_words(painter, plot.adjusted(8, 0, 0, 0), "a face, but nothing scored", "muted")

    def _draw_ground(self, painter: QPainter, sight: Sight, plot: QRectF) -> None:
        colours = theme.current()
        for y in (plot.top(), plot.bottom()):
            level_line(painter, plot, y, colours.colour("line"), Qt.PenStyle.SolidLine)
        if self.content.thresholds is not None and len(self.scores.frames):
            low, high = self.content.thresholds
            top = plot.bottom() - high * plot.height()
            draw_zone(painter, QRectF(plot.left(), top, plot.width(), (high - low) * plot.height()))
        for segment in self.content.segments:
            if segment.track == self.track:
                region = self._region(sight, plot, segment.first, segment.last)
                draw_hatch(painter, region, colours.track(self.track), self.track)
        self._draw_outside(painter, sight, plot)

    def _draw_outside(self, painter: QPainter, sight: Sight, plot: QRectF) -> None:
        """Dots where the face is unlike those that the detector was trained on."""
        scores = self.content.scores
        if self.track not in scores.outside:
            return
        dots = QBrush(theme.current().colour("not_scored", 0.8), Qt.BrushStyle.Dense6Pattern)
        for first, stop in stretches(held(*scores.spans(self.track, outside=True), sight)):
            left, right = (sight.start + edge / sight.ratio for edge in (first, stop))
            painter.fillRect(QRectF(left, plot.top(), right - left, plot.height()), dots)

    def _region(self, sight: Sight, plot: QRectF, first: int, last: int) -> QRectF:
        left = max(sight.x(self.content.begin(first)), sight.start - 2)
        right = min(sight.x(self.content.until(last)), sight.stop + 2)
        wide = max(right - left, 2.0) if right >= sight.start and left <= sight.stop else 0.0
        return QRectF(left, plot.top(), wide, plot.height())

    def _draw_slim(self, painter: QPainter, sight: Sight, part: QRectF) -> None:
        """Only the highest score of each pixel, by colour, with a bar where it would be flagged."""
        strip = part.adjusted(0, 3, 0, -3)
        highest = _highest(self.scores.pyramid, sight)
        _draw_ramp(painter, strip, highest, sight)
        if self.content.thresholds is None:
            return
        over = np.flatnonzero(highest > self.content.thresholds[1])
        painter.setPen(QPen(theme.current().colour("text"), 2.0))
        top = part.top() + 1
        for column in over:
            x = sight.start + column / sight.ratio
            painter.drawLine(QPointF(x, top), QPointF(x + 1, top))

    def words(self, frame: int) -> str:
        """What the score itself does not say: why there is none, or that it counts for nothing."""
        scores = self.content.scores
        if self.value(frame) is not None:
            unlike = holds(scores.outside.get(self.track), frame)
            return f"track {self.track} outside the training range" if unlike else ""
        there = holds(scores.present.get(self.track), frame)
        return f"track {self.track} " + ("too small or blurred to score" if there else "no face")

    def value(self, frame: int) -> float | None:
        """The score."""
        score = self.scores.at(frame)
        return score if score == score else None

    def swatch(self) -> QColor:
        """The identity colour of the track."""
        return theme.current().track(self.track)

    def note(self) -> str:
        """The highest score."""
        peak = self.scores.pyramid.peak
        return f"peak {peak:.2f}" if peak == peak else "not scored"


class WaitingLane(Lane):
    """Stands where scores will be, and says why there are none."""

    kind = "tracks"
    title = "Scores"
    tip = "Scores of face tracks appear here when the exhibit is analysed."
    height = 56

    @property
    def name(self) -> str:
        """No track has this name."""
        return "scores"

    def draw(self, painter: QPainter, sight: Sight, part: QRectF) -> None:  # noqa: ARG002
        """Write the reason in the middle."""
        painter.setFont(theme.text_font())
        painter.setPen(theme.current().colour("muted"))
        painter.drawText(part, Qt.AlignmentFlag.AlignCenter, self.content.message)


class DifferenceLane(Lane):
    """By how much other runs score a face track higher or lower than the run shown."""

    kind = "difference"
    height = 40
    scale = ("+1", "−1")

    def __init__(self, content: Content, track: int) -> None:
        super().__init__(content)
        self.track = track
        self.title = f"Difference {track}"
        scale = "Scores of different detectors are not on one scale. "
        self.tip = (
            f"Score of each other run less the score of the run shown, on frames of track {track} "
            "that both scored; above the middle line the other run scored higher. "
            + ("" if all(one.same_detector for one in content.others) else scale)
            + "A difference says where they disagree, not which of them is right."
        )
        self._curves = [
            (place, difference(content.scores.tracks[track], other.tracks[track]))
            for place, other in enumerate(content.others, start=1)
            if track in other.tracks and track in content.scores.tracks
        ]

    @property
    def name(self) -> str:
        """The track."""
        return f"difference {self.track}"

    def draw(self, painter: QPainter, sight: Sight, part: QRectF) -> None:
        """Paint a curve around the middle for each other run."""
        plot = part.adjusted(0, 2, 0, -2)
        if part.height() <= SLIM:
            for _, curve in self._curves[:1]:
                _draw_ramp(
                    painter, part.adjusted(0, 3, 0, -3), _highest(curve.pyramid, sight), sight
                )
            return
        line = theme.current().colour("edge")
        level_line(painter, plot, plot.center().y(), line, Qt.PenStyle.DashLine)
        for place, curve in self._curves:
            draw_run(painter, curve.pyramid, sight, plot, place)

    def words(self, frame: int) -> str:
        """Every difference at the frame."""
        found = [(place, 2 * curve.at(frame) - 1) for place, curve in self._curves]
        runs = [self.content.others[place - 1].run for place, _ in found]
        return ", ".join(
            f"run {run} {value:+.2f}"
            for run, (_, value) in zip(runs, found, strict=True)
            if value == value
        )

    def note(self) -> str:
        """How far apart they are on average."""
        values = [
            2 * float(curve.scores.mean()) - 1 for _, curve in self._curves if len(curve.scores)
        ]
        return f"mean {values[0]:+.2f}" if values else "none shared"


def difference(shown: TrackScores, other: TrackScores) -> TrackScores:
    """The other run's scores less those shown, on frames that both scored, as 0..1 around 0.5."""
    _, here, there = np.intersect1d(
        shown.frames, other.frames, assume_unique=True, return_indices=True
    )
    result = TrackScores()
    halves = (other.scores[there] - shown.scores[here] + 1.0) / 2.0
    result.put(shown.frames[here], shown.times[here], halves.astype(np.float32))
    return result


def _highest(values: Pyramid, sight: Sight) -> np.ndarray:
    """Highest value in each device pixel column, float32 (columns,), NaN where there is none."""
    curve = envelope(values, sight.left, sight.right, sight.columns)
    found = np.full(sight.columns, np.nan, np.float32)
    column = np.floor((sight.xs(curve.x) - sight.start) * sight.ratio).astype(np.int64)
    inside = (column >= 0) & (column < sight.columns)
    np.fmax.at(found, column[inside], curve.y[inside])
    return found


def _draw_ramp(painter: QPainter, part: QRectF, values: np.ndarray, sight: Sight) -> None:
    """Values as colours of the score ramp; nothing where there is no value."""
    ramp = np.array(
        [theme.current().score(step / 63).rgba() for step in range(64)] + [0], np.uint32
    )
    steps = np.where(np.isnan(values), 64, np.clip(np.nan_to_num(values) * 63, 0, 63))
    row = np.ascontiguousarray(ramp[steps.astype(np.int64)])
    image = QImage(row.data, len(row), 1, 4 * len(row), QImage.Format.Format_ARGB32)
    painter.drawImage(QRectF(sight.start, part.top(), sight.width, part.height()), image)
