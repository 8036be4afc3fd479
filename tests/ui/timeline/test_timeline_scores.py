"""What the timeline draws: no peak lost, no gap closed, no state mixed up."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ui.face_tables import table_of
from ui.timeline.pyramid import envelope
from ui.timeline.scores import ExhibitScores, Mark, TrackScores, mark_runs
from workstation.cases.records import FrameIndex, FrameState, Stretch


def index_of(count, step=40):
    return FrameIndex(np.arange(count) * step, np.arange(count) % 12 == 0, (1, 1000), 25.0)


def track_of(frames, scores, step=0.04):
    track = TrackScores()
    frames = np.asarray(frames, np.int64)
    track.put(frames, frames * step, np.asarray(scores, np.float32))
    return track


def segments_drawn(curve):
    """The lines of a curve as pairs of points."""
    x, y, joined = curve
    return [((x[i], y[i]), (x[i + 1], y[i + 1])) for i in np.flatnonzero(joined)]


def test_a_single_high_frame_survives_any_zoom():
    scores = np.full(100_000, 0.1)
    scores[54_321] = 0.97
    track = track_of(range(100_000), scores)
    for columns in (50, 800, 1920):
        x, y, _ = envelope(track.pyramid, 0.0, 4000.0, columns)
        assert len(x) <= 2 * columns + 2
        assert y.max() == np.float32(0.97)
        at = x[np.argmax(y)]
        assert abs(at - 54_321 * 0.04) <= 4000.0 / columns


@settings(max_examples=60, deadline=None)
@given(
    st.sets(st.integers(0, 3000), min_size=1, max_size=1500),
    st.integers(3, 400),
    st.integers(0, 2**31),
)
def test_every_pixel_column_keeps_its_lowest_and_highest_score(frames, columns, seed):
    frames = sorted(frames)
    scores = np.random.default_rng(seed).random(len(frames)).astype(np.float32)
    track = track_of(frames, scores)
    left, right = 0.0, 3001 * 0.04
    x, y, _ = envelope(track.pyramid, left, right, columns)
    pixel = (right - left) / columns
    column = np.floor((track.times - left) / pixel)
    for one in np.unique(column):
        inside = track.scores[column == one]
        drawn = y[(x >= left + (one - 1.01) * pixel) & (x <= left + (one + 2.01) * pixel)]
        assert inside.max() in drawn
        assert inside.min() in drawn


def test_gaps_stay_open_at_any_zoom():
    frames = [*range(1000), *range(3000, 4000)]
    track = track_of(frames, np.full(2000, 0.5))
    for columns in (20, 100, 5000):
        crossing = [
            (a, b)
            for a, b in segments_drawn(envelope(track.pyramid, 0.0, 160.0, columns))
            if a[0] < 60.0 and b[0] > 100.0
        ]
        assert not crossing


def test_consecutive_frames_are_joined():
    curve = envelope(track_of(range(10), np.linspace(0, 1, 10)).pyramid, 0.0, 0.4, 500)
    assert len(segments_drawn(curve)) == 9


def test_a_frame_that_stands_alone_is_drawn_as_a_dash():
    lines = segments_drawn(envelope(track_of([5, 50], [0.2, 0.9]).pyramid, 0.0, 4.0, 400))
    assert len(lines) == 2
    for (x0, y0), (x1, y1) in lines:
        assert x1 - x0 == pytest.approx(0.02)
        assert y0 == y1


def test_nothing_in_sight_is_nothing_drawn():
    x, _, joined = envelope(TrackScores().pyramid, 0.0, 1.0, 100)
    assert len(x) == len(joined) == 0


ROWS = st.dictionaries(
    st.tuples(st.integers(0, 99), st.integers(1, 3)),
    st.one_of(st.just(float("nan")), st.floats(0, 1, width=32)),
    max_size=120,
)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.lists(st.integers(0, 100), max_size=5), st.lists(st.integers(0, 99), max_size=3))
def test_appending_equals_setting(rows, cuts, damaged):
    damaged = set(damaged)
    rows = [(f, t, s) for (f, t), s in rows.items() if f not in damaged]
    stretches = [Stretch(frame, frame, "damaged") for frame in damaged]
    at_once, in_pieces = ExhibitScores(index_of(100)), ExhibitScores(index_of(100))
    at_once.append(0, 100, table_of(rows), stretches)
    borders = [0, *sorted(cuts), 100]
    for first, stop in pairwise(borders):
        part = table_of([row for row in rows if first <= row[0] < stop])
        inside = [one for one in stretches if first <= one.first < stop]
        in_pieces.append(first, stop, part, inside)
        in_pieces.append(first, stop, part, inside)  # committed again: replaces itself
    assert_same(at_once, in_pieces)


def test_a_stretch_in_the_middle_is_replaced():
    scores = ExhibitScores(index_of(30))
    scores.append(0, 30, table_of([(frame, 1, 0.1) for frame in range(30)]))
    scores.append(10, 20, table_of([(frame, 2, 0.9) for frame in range(12, 20)]))
    wanted = ExhibitScores(index_of(30))
    rows = [(frame, 1, 0.1) for frame in range(30) if not 10 <= frame < 20]
    wanted.append(0, 30, table_of(rows + [(frame, 2, 0.9) for frame in range(12, 20)]))
    assert_same(scores, wanted)


def assert_same(one, other):
    assert one.marks.tolist() == other.marks.tolist()
    assert list(one.tracks) == list(other.tracks)
    for number, track in one.tracks.items():
        assert track.frames.tolist() == other.tracks[number].frames.tolist()
        assert track.times.tolist() == other.tracks[number].times.tolist()
        assert track.scores.tolist() == other.tracks[number].scores.tolist()


def test_every_frame_has_exactly_one_state():
    scores = ExhibitScores(index_of(8))
    nan = float("nan")
    scores.append(
        0, 6, table_of([(0, 1, 0.5), (1, 1, nan), (1, 2, 0.4), (2, 1, nan)]), [Stretch(4, 4, "x")]
    )
    assert [Mark(int(mark)).state for mark in scores.marks] == [
        FrameState.SCORED,
        FrameState.SCORED,
        FrameState.UNSUITABLE,
        FrameState.NO_FACE,
        FrameState.UNDECODABLE,
        FrameState.NO_FACE,
        FrameState.NOT_ANALYSED,
        FrameState.NOT_ANALYSED,
    ]


def test_one_damaged_frame_shows_in_the_lane_of_a_long_exhibit():
    times = np.arange(400_000) / 25
    marks = np.full(400_000, Mark.SCORED, np.uint8)
    marks[123_456] = Mark.UNDECODABLE
    runs = mark_runs(times, marks, 0.0, 16_000.0, 1000)
    assert [mark for _, _, mark in runs] == [Mark.SCORED, Mark.UNDECODABLE, Mark.SCORED]
    first, last, _ = runs[1]
    assert first == last == int(123_456 / 25 / 16)
    assert runs[0][0] == 0
    assert runs[-1][1] == 999


def test_the_lane_shows_every_frame_when_there_is_room():
    times = np.array([0.0, 0.1, 0.15, 0.4])
    marks = np.array([Mark.SCORED, Mark.NO_FACE, Mark.UNSUITABLE, Mark.UNDECODABLE], np.uint8)
    runs = mark_runs(times, marks, 0.0, 0.5, 50)
    assert runs == [
        (0, 9, Mark.SCORED),
        (10, 14, Mark.NO_FACE),
        (15, 39, Mark.UNSUITABLE),
        (40, 49, Mark.UNDECODABLE),
    ]


@settings(deadline=None)
@given(st.lists(st.integers(1, 90), min_size=1, max_size=60), st.floats(-1, 10))
def test_nearest_frame_by_timestamp(steps, seconds):
    pts = np.cumsum(steps)
    scores = ExhibitScores(FrameIndex(pts, np.ones(len(pts), np.bool_), (1, 1000), 25.0))
    distance = np.abs(scores.times - seconds)
    assert distance[scores.nearest(seconds)] == distance.min()
