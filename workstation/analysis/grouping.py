"""What the machine's scores say of people as the examiner grouped the face tracks.

The numbers are those of the machine, counted over the pieces of a person; nothing is scored anew,
and no finding is made of them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.cases.people import Extents, Person
from workstation.cases.records import FaceTable

LARGE = 160.0  # pixels; a larger face shows nobody better


@dataclass(frozen=True)
class PersonFigures:
    """Figures of one person in one run.

    Attributes:
        frames: frames in which a face of the person is.
        seconds: how long those frames are on screen together.
        scored: faces with a score; mean and peak are over them, NaN where there is none.
        peak_row: row of the face table with the highest score, None where none is scored.
        best_row: the face to show: one that findings rest on where there is one, else a scored
            one; among these a large one that looks into the camera.
    """

    frames: int
    seconds: float
    scored: int
    mean: float
    peak: float
    peak_row: int | None
    best_row: int | None


def extents(faces: FaceTable) -> Extents:
    """First and last frame of every face track."""
    return {
        int(track): (int(frames.min()), int(frames.max()))
        for track in np.unique(faces.track)
        if len(frames := faces.frame[faces.track == track])
    }


def figures(person: Person, faces: FaceTable, times: NDArray[np.float64]) -> PersonFigures:
    """Count over the pieces of a person.

    Args:
        person: pieces of the run's face tracks.
        faces: every face of the run.
        times: float64 (frames,), seconds since the first frame.
    """
    here = rows(person, faces)
    scored = here[faces.scored[here]]
    values = faces.score[scored]
    frames = faces.frame[here]  # ascending, as the table is
    shown = frames[np.append(True, np.diff(frames) > 0)[: len(frames)]]
    lengths = durations(times)
    return PersonFigures(
        frames=len(shown),
        seconds=float(lengths[shown[shown < len(lengths)]].sum()),
        scored=len(scored),
        mean=float(values.mean()) if len(values) else float("nan"),
        peak=float(values.max()) if len(values) else float("nan"),
        peak_row=int(scored[np.argmax(values)]) if len(values) else None,
        best_row=int(here[np.argmax(_showing(faces.where(here)))]) if len(here) else None,
    )


def _showing(faces: FaceTable) -> NDArray[np.float64]:
    """How well each face shows a person, float64 (N,); only the order means anything.

    A face turned to the side has its nose away from the middle of its eyes, along their line.
    """
    right, left, nose = (faces.landmarks[:, place].astype(np.float64) for place in range(3))
    across = left - right
    length = np.maximum((across**2).sum(1), 1e-9)
    aside = np.abs(((nose - (left + right) / 2) * across).sum(1)) / length
    # What lies left of the picture or above it cannot be seen.
    width, height = (faces.box[:, 2:] + np.minimum(faces.box[:, :2], 0)).astype(np.float64).T
    size = np.minimum(np.sqrt(np.maximum(width * height, 0.0)), LARGE)
    rank = np.where(faces.counted, 1e12, np.where(faces.scored, 1e6, 1.0))
    worth: NDArray[np.float64] = rank * size * (1.0 - np.minimum(aside, 0.9)) ** 2
    return worth


def rows(person: Person, faces: FaceTable) -> NDArray[np.int64]:
    """Rows of the face table that belong to a person, int64 (n,), ascending."""
    taken = np.zeros(len(faces), np.bool_)
    for piece in person.pieces:
        inside = (faces.frame >= piece.first) & (faces.frame <= piece.last)
        taken |= inside & (faces.track == piece.track)
    return np.flatnonzero(taken)


def durations(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """How long each frame is on screen, float64 (frames,); the last as long as most are."""
    if len(times) < 2:
        return np.zeros(len(times))
    lengths = np.diff(times)
    return np.append(lengths, np.median(lengths))
