"""The timeline of one face track as a vector drawing.

It reads without colour: the curve is solid, the thresholds are dashed and dotted and labelled, the
inconclusive band is a grey field, flagged segments are hatched, and a strip below the axis tells
scored frames from those whose score does not count and those that could not be scored.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from reportlab.graphics.shapes import Circle, Drawing, Group, Line, PolyLine, Rect, String

from workstation.cases.records import FaceTable, Segment
from workstation.report import fonts, style, words

HEIGHT = 122.0
_LEFT, _RIGHT, _BOTTOM, _TOP = 24.0, 62.0, 22.0, 16.0
_STRIP = 4.0
_COLUMN = 0.5
_LABEL = 7.0
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)


@dataclass(frozen=True)
class _Scale:
    """From seconds and scores to points of the drawing."""

    width: float
    seconds: float

    def x(self, seconds: float) -> float:
        return _LEFT + self.width * (seconds / self.seconds if self.seconds else 0.5)

    def y(self, score: float) -> float:
        return _BOTTOM + (HEIGHT - _BOTTOM - _TOP) * score


def timeline(
    faces: FaceTable,
    times: NDArray[np.float64],
    thresholds: tuple[float, float],
    segments: Sequence[Segment],
    blind: Sequence[tuple[int, int]] = (),
) -> Drawing:
    """Draw one track's scores over the time of the whole exhibit.

    Args:
        faces: The faces of one track.
        times: float64 (N,), seconds of every frame of the exhibit.
        thresholds: Decision thresholds, low and high, 0..1.
        segments: The track's flagged segments.
        blind: First and last frames of stretches that could not be decoded.
    """
    drawing = Drawing(style.TEXT_WIDTH, HEIGHT)
    scale = _Scale(style.TEXT_WIDTH - _LEFT - _RIGHT, float(times[-1]) if len(times) else 0.0)
    for part in (
        _band(scale, thresholds),
        _flags(scale, times, segments),
        _curve(scale, faces, times),
        _threshold_lines(scale, thresholds),
        _axes(scale),
        _strip(scale, faces, times),
        _blind(scale, times, blind),
    ):
        drawing.add(part)
    return drawing


def nothing_scored(faces: FaceTable, times: NDArray[np.float64]) -> str:
    """What stands where the plot of a track would be of which no frame has a score.

    Args:
        faces: The faces of one track, at least one.
        times: float64 (N,), seconds of every frame of the exhibit.
    """
    first, last = (words.clock(float(times[faces.frame[end]])) for end in (0, -1))
    return (
        f"No frame of this track could be scored, so there is nothing to plot. The face is seen "
        f"between {first} and {last}, too small or too blurred throughout."
    )


def sentence(text: str) -> Drawing:
    """A line of text in the place of a plot."""
    drawing = Drawing(style.TEXT_WIDTH, 2 * _LABEL + 4)
    drawing.add(_text(0.0, _LABEL, text))
    return drawing


def _text(x: float, y: float, text: str, anchor: str = "start", size: float = _LABEL) -> String:
    return String(
        x, y, text, fontName=fonts.SANS, fontSize=size, fillColor=style.MUTED, textAnchor=anchor
    )


def _line(x0: float, y0: float, x1: float, y1: float, **look: object) -> Line:
    return Line(x0, y0, x1, y1, **({"strokeColor": style.MUTED, "strokeWidth": 0.5} | look))


def _band(scale: _Scale, thresholds: tuple[float, float]) -> Group:
    low, high = (scale.y(value) for value in thresholds)
    field = Rect(_LEFT, low, scale.width, high - low, fillColor=style.SURFACE, strokeColor=None)
    return Group(field)


def _threshold_lines(scale: _Scale, thresholds: tuple[float, float]) -> Group:
    group = Group()
    right = _LEFT + scale.width
    low, high = (scale.y(value) for value in thresholds)
    group.add(_line(_LEFT, low, right, low, strokeColor=style.LOW, strokeDashArray=[1, 2]))
    group.add(_line(_LEFT, high, right, high, strokeColor=style.HIGH, strokeDashArray=[4, 2]))
    spread = max(0.0, (2 * (_LABEL + 1) - (high - low)) / 2)
    group.add(_text(right + 5, high + spread - 2.4, f"{words.score(thresholds[1])} upper"))
    group.add(_text(right + 5, low - spread - 2.4, f"{words.score(thresholds[0])} lower"))
    if high - low > 3 * _LABEL:
        group.add(_text(right + 5, (low + high) / 2 - 2.4, "inconclusive"))
    return group


def _axes(scale: _Scale) -> Group:
    group = Group()
    right, floor = _LEFT + scale.width, scale.y(0)
    group.add(_line(_LEFT, floor, right, floor, strokeColor=style.INK))
    group.add(_line(_LEFT, floor, _LEFT, scale.y(1), strokeColor=style.INK))
    for value in (0.0, 0.5, 1.0):
        group.add(_line(_LEFT - 3, scale.y(value), _LEFT, scale.y(value), strokeColor=style.INK))
        group.add(_text(_LEFT - 6, scale.y(value) - 2.4, f"{value:.1f}", "end"))
    below = floor - _STRIP - 7
    for moment in _ticks(scale.seconds):
        x = scale.x(moment)
        group.add(_line(x, below + 4, x, below + 1.5, strokeColor=style.INK))
        anchor = "middle" if _LEFT + 20 < x < right - 10 else "start" if x <= _LEFT + 20 else "end"
        group.add(_text(x, below - 6, _moment(moment, scale.seconds), anchor))
    return group


def _ticks(seconds: float) -> list[float]:
    """Round moments, at most eight of them."""
    step = next((step for step in _STEPS if seconds / step <= 7), seconds / 7 or 1.0)
    return [step * i for i in range(int(seconds / step + 1e-9) + 1)]


def _moment(moment: float, seconds: float) -> str:
    text = words.clock(moment)
    if seconds < 7:
        return f"{moment:.1f} s"
    return text[:8] if seconds >= 3600 else text[3:8]


def _flags(scale: _Scale, times: NDArray[np.float64], segments: Sequence[Segment]) -> Group:
    """Hatched bars over the flagged segments, numbered as in the table."""
    group = Group()
    bottom, top = scale.y(1) + 2, scale.y(1) + 8
    free = _LEFT - 20.0
    for position, segment in enumerate(segments, 1):
        x0 = scale.x(float(times[segment.first]))
        x1 = max(scale.x(float(times[segment.last])), x0 + 1.5)
        group.add(
            Rect(
                x0,
                bottom,
                x1 - x0,
                top - bottom,
                fillColor=None,
                strokeColor=style.HIGH,
                strokeWidth=0.5,
            )
        )
        for start in np.arange(x0 - (top - bottom), x1, 2.5):
            group.add(_hatch(float(start), bottom, top, x0, x1))
        if x0 > free:
            group.add(_text(x0, top + 1.5, f"S{position}", size=6))
            free = x0 + 12
    return group


def _hatch(start: float, bottom: float, top: float, x0: float, x1: float) -> Line:
    """A 45° stroke through a bar, cut off at its ends."""
    left, right = max(start, x0), min(start + top - bottom, x1)
    return _line(left, bottom + left - start, right, bottom + right - start, strokeColor=style.HIGH)


def _curve(scale: _Scale, faces: FaceTable, times: NDArray[np.float64]) -> Group:
    group = Group()
    for run in _unbroken(faces):
        points = reduce_to_columns(
            np.array([scale.x(t) for t in times[faces.frame[run]]]), faces.score[run]
        )
        flat = [value for x, s in points for value in (x, scale.y(s))]
        if len(points) == 1:
            group.add(Circle(flat[0], flat[1], 0.8, fillColor=style.INK, strokeColor=None))
        else:
            group.add(PolyLine(flat, strokeColor=style.INK, strokeWidth=0.75, strokeLineJoin=1))
    return group


def _unbroken(faces: FaceTable) -> list[NDArray[np.int64]]:
    """Positions of scored faces, split where a frame in between has no score."""
    positions = np.flatnonzero(faces.scored)
    if not len(positions):
        return []
    breaks = np.flatnonzero(np.diff(faces.frame[positions]) > 1) + 1
    return list(np.split(positions, breaks))


def reduce_to_columns(
    x: NDArray[np.float64], scores: NDArray[np.float32]
) -> list[tuple[float, float]]:
    """At most four points per half-point column: first, lowest, highest, last, in their order.

    Peaks and troughs survive however long the track is.

    Args:
        x: float64 (N,), positions in points, ascending.
        scores: float32 (N,), 0..1.
    """
    column = np.floor(x / _COLUMN).astype(np.int64)
    if len(np.unique(column)) * 4 >= len(x):
        return [(float(a), float(b)) for a, b in zip(x, scores, strict=True)]
    points = []
    for part in np.split(np.arange(len(x)), np.flatnonzero(np.diff(column)) + 1):
        values = scores[part]
        keep = {0, int(values.argmin()), int(values.argmax()), len(part) - 1}
        points += [(float(x[part[i]]), float(values[i])) for i in sorted(keep)]
    return points


def _strip(scale: _Scale, faces: FaceTable, times: NDArray[np.float64]) -> Group:
    """Below the axis what became of the face.

    Solid where its score counts, low where it does not, outlined where the face was seen only.
    """
    group = Group()
    bottom = scale.y(0) - _STRIP - 2
    unlike = faces.scored & ~faces.counted
    kinds = ((faces.counted, 1.0, True), (unlike, 0.4, True), (~faces.scored, 1.0, False))
    for chosen, height, solid in kinds:
        frames = faces.frame[chosen]
        if not len(frames):
            continue
        for stretch in np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1):
            x0 = scale.x(float(times[stretch[0]]))
            after = min(int(stretch[-1]) + 1, len(times) - 1)
            width = max(scale.x(float(times[after])) - x0, 0.4)
            group.add(
                Rect(
                    x0,
                    bottom,
                    width,
                    height * _STRIP,
                    fillColor=style.LOW if solid else None,
                    strokeColor=None if solid else style.LOW,
                    strokeWidth=0.4,
                )
            )
    return group


def _blind(
    scale: _Scale, times: NDArray[np.float64], stretches: Sequence[tuple[int, int]]
) -> Group:
    """A crossed-out field where frames could not be decoded."""
    group = Group()
    bottom, top = scale.y(0), scale.y(1)
    for first, last in stretches:
        x0 = scale.x(float(times[first]))
        x1 = max(scale.x(float(times[min(last + 1, len(times) - 1)])), x0 + 1)
        for x in np.arange(x0, x1, 3.0):
            group.add(
                _line(float(x), bottom, float(x), top, strokeColor=style.RULE, strokeWidth=0.4)
            )
        if x1 - x0 > 50:
            group.add(_text((x0 + x1) / 2, bottom + 4, "not decoded", "middle"))
    return group
