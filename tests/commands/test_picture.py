"""The PNG of the timeline."""

import numpy as np
import pytest
from reportlab.graphics.shapes import Drawing, Ellipse
from reportlab.lib.colors import Color

from workstation.cases.records import FaceTable, Segment
from workstation.commands.picture import SCALE, dashes, ink, save, timeline_picture
from workstation.errors import WorkstationError
from workstation.report.plot import timeline


def faces(scores):
    count = len(scores)
    return FaceTable(
        frame=np.arange(count, dtype=np.int64),
        track=np.ones(count, np.int32),
        scored=~np.isnan(scores),
        score=np.asarray(scores, np.float32),
        box=np.zeros((count, 4), np.float32),
        landmarks=np.zeros((count, 5, 2), np.float32),
    )


def drawing(level, segments=()):
    return timeline(faces(np.full(100, level)), np.arange(100) / 25, (0.4, 0.6), segments)


def test_the_curve_is_where_the_score_is():
    low, high = (
        np.asarray(timeline_picture([("t", drawing(level))]).convert("L"), int)
        for level in (0.1, 0.9)
    )
    assert low.shape == high.shape
    rows = np.flatnonzero((abs(low - high) > 60).any(axis=1))
    # The curves' rows differ: 0.8 of the plot's height lies between them.
    plot = 132 - 34 - 16
    assert rows[-1] - rows[0] == pytest.approx(0.8 * plot * SCALE, abs=4)


def test_tracks_lie_below_each_other():
    one = timeline_picture([("one", drawing(0.5))])
    two = timeline_picture([("one", drawing(0.5)), ("two", drawing(0.5))])
    assert two.width == one.width
    assert two.height > one.height


def test_segments_show():
    plain = np.asarray(timeline_picture([("t", drawing(0.9))]))
    marked = np.asarray(timeline_picture([("t", drawing(0.9, [Segment(1, 20, 60, 0.9, 0.9, 30)]))]))
    assert (plain != marked).any()


def test_an_unknown_shape_is_a_bug_not_a_gap():
    odd = Drawing(100, 50)
    odd.add(Ellipse(10, 10, 5, 3))
    with pytest.raises(TypeError, match="Ellipse"):
        timeline_picture([("t", odd)])


def test_dashes_cover_the_line():
    assert dashes([(0, 0), (10, 0)], None) == [[(0, 0), (10, 0)]]
    assert dashes([(0, 0), (10, 0)], [4, 2]) == [
        [(0.0, 0.0), (4.0, 0.0)],
        [(6.0, 0.0), (10.0, 0.0)],
    ]


def test_ink():
    assert ink(None) is None
    assert ink(Color(1, 0, 0.2)) == (255, 0, 51)


def test_a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(WorkstationError, match="could not be written"):
        save(timeline_picture([("t", drawing(0.5))]), tmp_path / "none" / "t.png")
