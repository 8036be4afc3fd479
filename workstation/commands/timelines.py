"""The report's timeline drawings for the face tracks of a run, and all of them as one SVG."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from reportlab.graphics import renderSVG
from reportlab.graphics.shapes import Drawing, Rect, String
from reportlab.lib import colors

from workstation.cases.soundness import as_recorded
from workstation.report import fonts, style
from workstation.report.plot import nothing_scored, sentence, timeline

if TYPE_CHECKING:
    from workstation.cases.case import Case
    from workstation.cases.records import Run


def timelines(case: "Case", run: "Run") -> "list[tuple[str, Drawing]]":
    """A title and a drawing for every face track, in the order of their numbers."""
    tracks = np.unique(case.runs.faces(run.id).track).tolist()
    times = case.exhibits.index(run.exhibit).times
    with as_recorded("a detector's card"):
        decision = run.detector["decision"]
        thresholds = (float(decision["low"]), float(decision["high"]))
    segments = case.runs.segments(run.id)
    findings = {record.track: record.finding.value for record in case.runs.findings(run.id)}
    blind = [(stretch.first, stretch.last) for stretch in case.runs.undecodable(run.id)]
    drawings = []
    for track in tracks:
        title = f"{run.exhibit} · face track {track} · {run.detector.get('title')}"
        if track in findings:
            title += f" · {findings[track]}"
        own = [segment for segment in segments if segment.track == track]
        faces = case.runs.faces(run.id, track=track)
        drawn = (
            timeline(faces, times, thresholds, own, blind)
            if faces.scored.any()
            else sentence(nothing_scored(faces, times))
        )
        drawings.append((title, drawn))
    return drawings


def timelines_svg(drawings: Sequence[tuple[str, Drawing]], foot: str) -> bytes:
    """Titled timelines below each other on white, as vectors.

    Args:
        drawings: From `timelines`, at least one.
        foot: A line that says what scores are and what they belong to.
    """
    fonts.register()
    margin, title = 16.0, 20.0
    width = max(drawing.width for _, drawing in drawings) + 2 * margin
    height = sum(drawing.height + title for _, drawing in drawings) + 3 * margin
    whole = Drawing(width, height)
    whole.add(Rect(0, 0, width, height, fillColor=colors.white, strokeColor=None))
    top = height - margin
    for words, drawing in drawings:
        whole.add(_words(margin, top - 12.0, words, 10.0))
        top -= title + drawing.height
        moved = drawing.asGroup()
        moved.translate(margin, top)
        whole.add(moved)
    whole.add(_words(margin, margin - 6.0, foot, 7.0))
    return bytes(renderSVG.drawToString(whole).encode("utf-8"))


def _words(x: float, y: float, text: str, size: float) -> String:
    return String(x, y, text, fontName=fonts.SANS, fontSize=size, fillColor=style.INK)
