"""Face tracks of two runs are told to be the same face by where they are, not by their number."""

import numpy as np

from workstation.analysis.counterparts import counterparts
from workstation.cases.records import FaceTable


def table(*tracks):
    """Faces of (track, first, stop, x)."""
    frame = np.concatenate([np.arange(first, stop) for _, first, stop, _ in tracks])
    track = np.concatenate([np.full(b - a, n, np.int32) for n, a, b, _ in tracks])
    x = np.concatenate([np.full(b - a, x, np.float32) for _, a, b, x in tracks])
    order = np.lexsort((track, frame))
    box = np.stack([x, x * 0, x * 0 + 50, x * 0 + 60], axis=1).astype(np.float32)
    count = len(frame)
    return FaceTable(
        frame[order],
        track[order],
        np.ones(count, np.bool_),
        np.full(count, 0.5, np.float32),
        box[order],
        np.zeros((count, 5, 2), np.float32),
    )


def test_numbers_may_be_exchanged():
    shown = table((1, 0, 100, 0), (2, 0, 100, 200))
    assert counterparts(shown, table((1, 0, 100, 205), (2, 0, 100, 4))) == {1: 2, 2: 1}


def test_a_track_has_one_counterpart_the_one_it_shares_most_frames_with():
    shown = table((1, 0, 100, 0))
    assert counterparts(shown, table((1, 0, 30, 0), (2, 30, 100, 0))) == {1: 2}
    assert counterparts(table((1, 0, 30, 0), (2, 30, 100, 0)), shown) == {2: 1}


def test_faces_elsewhere_or_at_other_times_do_not_match():
    shown = table((1, 0, 50, 0))
    assert counterparts(shown, table((1, 0, 50, 40))) == {}
    assert counterparts(shown, table((1, 50, 90, 0))) == {}
