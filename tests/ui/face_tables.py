"""Face tables for tests of the window."""

import numpy as np

from workstation.cases.records import FaceTable

BOX = (40.0, 30.0, 60.0, 50.0)


def table_of(rows, box=BOX, landmarks=None):
    """A face table of (frame, track, score) rows; NaN is the score of a face without one.

    Args:
        rows: in any order.
        box: x, y, width, height of every face, pixels.
        landmarks: float32 (5, 2) of every face, pixels; zeros by default.
    """
    rows = sorted(rows, key=lambda row: row[:2])
    score = np.array([row[2] for row in rows], np.float32)
    points = np.zeros((5, 2), np.float32) if landmarks is None else landmarks
    return FaceTable(
        frame=np.array([row[0] for row in rows], np.int64),
        track=np.array([row[1] for row in rows], np.int32),
        scored=np.isfinite(score),
        score=score,
        box=np.tile(np.array(box, np.float32), (len(rows), 1)),
        landmarks=np.tile(points.astype(np.float32), (len(rows), 1, 1)),
    )
