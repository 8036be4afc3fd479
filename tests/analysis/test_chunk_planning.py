import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workstation.analysis.planning import plan_chunks
from workstation.analysis.settings import AnalysisSettings
from workstation.cases.records import FrameIndex


def index_of(steps: list[int], keys: set[int]) -> FrameIndex:
    pts = np.cumsum([0, *steps]).astype(np.int64)
    key = np.array([number in keys for number in range(len(pts))])
    return FrameIndex(pts, key, (1, 1000), 25.0)


@given(
    steps=st.lists(st.integers(1, 2000), max_size=600),
    keys=st.sets(st.integers(0, 600)),
    grid=st.integers(1, 9),
    seconds=st.floats(0.1, 30),
)
def test_chunks_cover_every_frame_once_and_lie_on_the_grid(steps, keys, grid, seconds):
    index = index_of(steps, keys)
    spans = plan_chunks(index, AnalysisSettings(grid=grid, chunk_seconds=seconds))
    covered = [number for span in spans for number in range(span.first, span.stop)]
    assert covered == list(range(len(index)))
    assert all(span.first % grid == 0 for span in spans)
    assert all(span.stop % grid == 0 for span in spans[:-1])


def test_chunks_begin_at_the_first_grid_frame_behind_a_key_frame():
    index = index_of([40] * 1499, {0, 238, 487, 736, 999, 1250})
    spans = plan_chunks(index, AnalysisSettings(grid=5, chunk_seconds=10))
    assert [span.first for span in spans] == [0, 240, 490, 740, 1000, 1250]


def test_without_key_frames_chunks_keep_their_length():
    spans = plan_chunks(index_of([40] * 999, {0}), AnalysisSettings(chunk_seconds=10))
    assert [(span.first, span.stop) for span in spans] == [
        (0, 250),
        (250, 500),
        (500, 750),
        (750, 1000),
    ]


def test_chunks_of_a_short_exhibit_are_nearly_equal_wherever_its_key_frames_are():
    spans = plan_chunks(index_of([40] * 749, set(range(0, 750, 50))), AnalysisSettings())
    assert [(span.first, span.stop) for span in spans] == [
        (0, 190),
        (190, 380),
        (380, 570),
        (570, 750),
    ]


def test_no_frames_no_chunks_and_one_frame_one_chunk():
    nothing = FrameIndex(np.zeros(0, np.int64), np.zeros(0, np.bool_), (1, 25), 0.0)
    assert plan_chunks(nothing, AnalysisSettings()) == []
    assert [(s.first, s.stop) for s in plan_chunks(index_of([], {0}), AnalysisSettings())] == [
        (0, 1)
    ]
