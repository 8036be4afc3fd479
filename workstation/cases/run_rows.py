"""Rows of a run as records, refused where they hold what this program never writes."""

from collections.abc import Iterator
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.cases.plain_json import from_json
from workstation.cases.records import FaceTable, Finding, FindingRecord, Run, RunOutcome
from workstation.cases.run_shapes import card_of, plain_of, statistics_of
from workstation.cases.soundness import as_recorded

# Frame, track, score, box, outside, sharpness; -1 stands for what is not known.
_LEAST = np.array([0, 0, -1, *[-1e9] * 4, -1, -1])
_MOST = np.array([2**53, 2**31 - 1, 1, *[1e9] * 4, 2**15 - 1, 3e38])
_LANDMARK_BYTES = 5 * 2 * 4

REACH = (
    "SELECT max(coalesce((SELECT max(frame) FROM faces WHERE run = ?1), -1), "
    "coalesce((SELECT max(max(last, peak_frame)) FROM segments WHERE run = ?1), -1), "
    "coalesce((SELECT max(last) FROM undecodable WHERE run = ?1), -1), "
    "coalesce((SELECT max(stop) - 1 FROM committed WHERE run = ?1), -1)), "
    "min(coalesce((SELECT min(min(last - first, first)) FROM segments WHERE run = ?1), 0), "
    "coalesce((SELECT min(min(last - first, first)) FROM undecodable WHERE run = ?1), 0), "
    "coalesce((SELECT min(min(stop - first - 1, first)) FROM committed WHERE run = ?1), 0)), "
    "(SELECT exhibits.frames FROM exhibits JOIN runs ON exhibit = number WHERE id = ?1)"
)
"""Of one run: the last frame that anything recorded of it names; 0, or less where a stretch begins
before the first frame or ends before it begins; and how many frames its exhibit has."""


@as_recorded("the runs")
def run_of(row: tuple[Any, ...], frames_done: int, reach: tuple[int, int, int]) -> Run:
    """A run.

    Args:
        row: As `runs` lists its columns.
        frames_done: How many frames are committed from the first on.
        reach: What `REACH` found.

    Raises:
        CaseError: It was altered.
    """
    last, least, frames = reach
    if not last < row[11] <= frames or least < 0:
        raise ValueError("frames that the exhibit does not have")
    return Run(
        id=row[0],
        exhibit=row[1],
        detector=card_of(row[2]),
        settings=plain_of(row[3]),
        versions=plain_of(row[4]),
        device=row[5],
        precision=row[6],
        started_utc=row[7],
        finished_utc=row[8],
        outcome=RunOutcome(row[9]),
        reason=row[10],
        frames=row[11],
        frames_done=frames_done,
    )


@as_recorded("the findings")
def finding_of(row: tuple[Any, ...]) -> FindingRecord:
    """A finding, from its track, wording, reasons and statistics.

    Raises:
        CaseError: It was altered.
    """
    track, finding, reasons, figures = row
    words = tuple(map(str, from_json(reasons, list)))
    return FindingRecord(track, Finding(finding), words, statistics_of(figures))


def face_table_of(numbers: NDArray[np.float64], landmarks: bytes) -> FaceTable:
    """Faces.

    Args:
        numbers: Frame, track, score, box, outside, sharpness, float64 ``(N, 9)``; -1 where the
            score, `outside` or the sharpness is not known.
        landmarks: Their blobs joined.

    Raises:
        ValueError: They hold what no run gives.
    """
    if not ((numbers >= _LEAST) & (numbers <= _MOST)).all():
        raise ValueError("a face with numbers that no run gives")
    scored = numbers[:, 2] >= 0
    return FaceTable(
        frame=numbers[:, 0].astype(np.int64),
        track=numbers[:, 1].astype(np.int32),
        scored=scored,
        score=np.where(scored, numbers[:, 2], np.nan).astype(np.float32),
        box=numbers[:, 3:7].astype(np.float32),
        landmarks=np.frombuffer(landmarks, dtype="<f4").astype(np.float32).reshape(-1, 5, 2),
        outside=numbers[:, 7].astype(np.int16),
        sharpness=np.where(numbers[:, 8] >= 0, numbers[:, 8], np.nan).astype(np.float32),
    )


def face_rows(run_id: int, faces: FaceTable) -> Iterator[tuple[Any, ...]]:
    """A row of the table `faces` for each face of a run."""
    landmarks = np.ascontiguousarray(faces.landmarks, dtype="<f4").tobytes()
    columns = zip(
        faces.frame.tolist(),
        faces.track.tolist(),
        faces.scored.tolist(),
        faces.score.tolist(),
        faces.box.tolist(),
        faces.outside.tolist(),
        faces.sharpness.tolist(),
        strict=True,
    )
    for n, (frame, track, scored, score, box, outside, sharpness) in enumerate(columns):
        points = landmarks[n * _LANDMARK_BYTES : (n + 1) * _LANDMARK_BYTES]
        known = (None if outside < 0 else outside, None if isnan(sharpness) else sharpness)
        yield run_id, frame, track, score if scored else None, *box, points, *known
