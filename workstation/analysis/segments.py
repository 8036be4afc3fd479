"""Segments: stretches of a face track that the analysis flagged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.cases.records import FaceTable, Segment

SMOOTHING_SECONDS = 0.5
SHORTEST_SECONDS = 0.5


def flag_segments(
    faces: FaceTable, times: NDArray[np.float64], low: float, high: float
) -> list[Segment]:
    """Flag where a track's scores stay high.

    Scores are averaged over half a second around each face; faces unlike those of the training do
    not count. A segment begins where the average exceeds `high`, ends where it falls below the
    middle of `low` and `high`, bridges no gap of more than half a second, and lasts at least half a
    second.

    Args:
        faces: Faces of a run.
        times: Seconds of every frame, float64 ``(frames,)``.
        low: Under this a mean score does not support manipulation, 0..1.
        high: Over this it supports it, 0..1.

    Returns:
        By first frame, then track.
    """
    found = []
    length = frame_length(times)
    for track in np.unique(faces.track[faces.counted]).tolist():
        rows = np.flatnonzero((faces.track == track) & faces.counted)
        frames, scores = faces.frame[rows], faces.score[rows].astype(np.float64)
        seconds = times[frames]
        smooth = smoothed(scores, seconds)
        for start, stop in _runs(smooth, seconds, (low + high) / 2, high):
            if seconds[stop - 1] - seconds[start] + length >= SHORTEST_SECONDS - 1e-9:
                found.append(_segment(track, frames[start:stop], scores[start:stop]))
    return sorted(found, key=lambda segment: (segment.first, segment.track))


def smoothed(scores: NDArray[np.float64], seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of the scores within a quarter of a second on either side.

    Args:
        scores: float64 ``(N,)``.
        seconds: float64 ``(N,)``, in order.

    Returns:
        float64 ``(N,)``.
    """
    half = SMOOTHING_SECONDS / 2 + 1e-9
    start = np.searchsorted(seconds, seconds - half)
    stop = np.searchsorted(seconds, seconds + half, side="right")
    sums = np.concatenate([[0.0], np.cumsum(scores)])
    return np.asarray((sums[stop] - sums[start]) / (stop - start), dtype=np.float64)


def frame_length(times: NDArray[np.float64]) -> float:
    """Seconds one frame lasts as a rule: the median step, 0 for a single frame.

    Args:
        times: Seconds of every frame, float64 ``(frames,)``.
    """
    return float(np.median(np.diff(times))) if len(times) > 1 else 0.0


def _runs(
    smooth: NDArray[np.float64], seconds: NDArray[np.float64], leave: float, enter: float
) -> list[tuple[int, int]]:
    """Start and stop of each stretch, by hysteresis."""
    runs = []
    start = -1
    for number, value in enumerate(smooth.tolist()):
        parted = number and seconds[number] - seconds[number - 1] > SMOOTHING_SECONDS
        if start >= 0 and (parted or value < leave):
            runs.append((start, number))
            start = -1
        if start < 0 and value > enter:
            start = number
    if start >= 0:
        runs.append((start, len(smooth)))
    return runs


def _segment(track: int, frames: NDArray[np.int64], scores: NDArray[np.float64]) -> Segment:
    peak = int(np.argmax(scores))
    return Segment(
        track,
        int(frames[0]),
        int(frames[-1]),
        float(scores.mean()),
        float(scores[peak]),
        int(frames[peak]),
    )
