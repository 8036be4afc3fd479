"""Scores as rows and as CSV, every frame accounted for."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isnan

from workstation.analysis.quality import outside_words
from workstation.analysis.states import ORDER, frame_states
from workstation.cases.case import Case
from workstation.cases.records import FaceTable, FrameState, Run

COLUMNS = ("frame", "time_s", "track", "state", "score", "x", "y", "width", "height")
ADDED_COLUMNS = ("unlike_training", "sharpness")
"""Behind the others where a run holds them, so that the text of older runs stays as it was."""


@dataclass(frozen=True)
class ScoreRow:
    """One face in one frame, or a frame without a scored face: then `track` and the rest are None.

    Attributes:
        frame: Number, from 0.
        time_s: Seconds since the first frame.
        track: Face track, from 1.
        state: A `FrameState`.
        score: 0..1.
        x: Left edge of the face box, pixels of the upright frame.
        y: Its upper edge.
        width: Its width.
        height: Its height.
        unlike_training: How a scored face differs from those of the training, in words; "no" where
            it does not, "not known" where the detector's card states no ranges.
        sharpness: Variance of the face crop's Laplacian, None where it was not measured.
    """

    frame: int
    time_s: float
    track: int | None
    state: str
    score: float | None = None
    x: float | None = None
    y: float | None = None
    width: float | None = None
    height: float | None = None
    unlike_training: str | None = None
    sharpness: float | None = None


def score_rows(case: Case, run: Run) -> Iterator[ScoreRow]:
    """A row for every face in every frame, and one for every frame without a scored face.

    Args:
        case: The case.
        run: One of its runs.

    Raises:
        CaseError: The case cannot be read.
    """
    times = case.exhibits.index(run.exhibit).times.tolist()
    faces = case.runs.faces(run.id)
    committed = case.runs.committed_to(run.id)
    states = frame_states(run.frames, committed, faces, case.runs.undecodable(run.id)).tolist()
    row = 0
    for frame, state in enumerate(states):
        time = round(times[frame], 6)
        while row < len(faces) and faces.frame[row] == frame:
            yield _face_row(faces, row, time)
            row += 1
        if ORDER[state] is not FrameState.SCORED:
            yield ScoreRow(frame, time, None, str(ORDER[state]))


def _face_row(faces: FaceTable, row: int, time: float) -> ScoreRow:
    x, y, width, height = (round(float(value), 2) for value in faces.box[row])
    scored, sharpness = bool(faces.scored[row]), float(faces.sharpness[row])
    return ScoreRow(
        int(faces.frame[row]),
        time,
        int(faces.track[row]),
        str(FrameState.SCORED if scored else FrameState.UNSUITABLE),
        round(float(faces.score[row]), 6) if scored else None,
        x,
        y,
        width,
        height,
        _unlike(int(faces.outside[row])) if scored else None,
        None if isnan(sharpness) else round(sharpness, 2),
    )


def _unlike(outside: int) -> str:
    return "not known" if outside < 0 else "; ".join(outside_words(outside)) or "no"


def _decimal(number: float | None) -> str:
    return "" if number is None else f"{number:.2f}"


def scores_csv(rows: Iterable[ScoreRow]) -> str:
    """CSV text (RFC 4180, but lines end in a single line feed) with a heading.

    Args:
        rows: From `score_rows`.
    """
    rows = list(rows)
    more = any(row.sharpness is not None for row in rows)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*COLUMNS, *ADDED_COLUMNS) if more else COLUMNS)
    for row in rows:
        score = "" if row.score is None else f"{row.score:.6f}"
        track = "" if row.track is None else row.track
        edges = (_decimal(edge) for edge in (row.x, row.y, row.width, row.height))
        added = (row.unlike_training or "", _decimal(row.sharpness)) if more else ()
        writer.writerow([row.frame, f"{row.time_s:.6f}", track, row.state, score, *edges, *added])
    return text.getvalue()


def scores_digest(case: Case, run: Run) -> str:
    """SHA-256 over the CSV text in UTF-8, lower-case hexadecimal.

    Args:
        case: The case.
        run: One of its runs.

    Raises:
        CaseError: The case cannot be read.
    """
    return hashlib.sha256(scores_csv(score_rows(case, run)).encode()).hexdigest()
