"""What the timeline's tests show on it, and where things are."""

import numpy as np

from workstation.cases.records import FaceTable, FrameIndex

FRAMES = 1000


def uneven_index():
    steps = np.random.default_rng(5).choice([17, 33, 40, 90], FRAMES)
    return FrameIndex(np.cumsum(steps), np.arange(FRAMES) % 30 == 0, (1, 1000), 25.0)


def faces_between(first, stop, tracks=(1, 2)):
    frame = np.repeat(np.arange(first, stop), len(tracks))
    track = np.tile(np.array(tracks, np.int32), stop - first)
    score = (0.3 * track + 0.1 * np.sin(frame / 50)).astype(np.float32)
    count = len(frame)
    return FaceTable(
        frame,
        track,
        np.ones(count, np.bool_),
        score,
        np.zeros((count, 4), np.float32),
        np.zeros((count, 5, 2), np.float32),
    )


def names(timeline):
    return [row.lane.name for row in timeline.view.rows]


def place(timeline, seconds, score=0.5):
    return timeline.view.pixel_of(seconds, score).toPoint()
