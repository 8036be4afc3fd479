"""The report's timeline drawings for the face tracks of a run."""

from typing import TYPE_CHECKING

import numpy as np

from workstation.report.plot import timeline

if TYPE_CHECKING:
    from reportlab.graphics.shapes import Drawing

    from workstation.cases.case import Case
    from workstation.cases.records import Run


def timelines(case: "Case", run: "Run") -> "list[tuple[str, Drawing]]":
    """A title and a drawing for every face track, in the order of their numbers."""
    tracks = np.unique(case.runs.faces(run.id).track).tolist()
    times = case.exhibits.index(run.exhibit).times
    decision = run.detector["decision"]
    thresholds = (float(decision["low"]), float(decision["high"]))
    segments = case.runs.segments(run.id)
    findings = {record.track: record.finding.value for record in case.runs.findings(run.id)}
    drawings = []
    for track in tracks:
        title = f"{run.exhibit} · face track {track} · {run.detector.get('title')}"
        if track in findings:
            title += f" · {findings[track]}"
        own = [segment for segment in segments if segment.track == track]
        drawings.append(
            (title, timeline(case.runs.faces(run.id, track=track), times, thresholds, own))
        )
    return drawings
