"""What the timeline's tests show on it, and where things are."""

import numpy as np

from tests.ui.face_tables import table_of
from workstation.cases.records import FrameIndex

FRAMES = 1000


def uneven_index():
    steps = np.random.default_rng(5).choice([17, 33, 40, 90], FRAMES)
    return FrameIndex(np.cumsum(steps), np.arange(FRAMES) % 30 == 0, (1, 1000), 25.0)


def faces_between(first, stop, tracks=(1, 2)):
    return table_of(
        (frame, track, 0.3 * track + 0.1 * np.sin(frame / 50))
        for frame in range(first, stop)
        for track in tracks
    )


def names(timeline):
    return [row.lane.name for row in timeline.view.rows]


def place(timeline, seconds, score=0.5):
    return timeline.view.pixel_of(seconds, score).toPoint()
