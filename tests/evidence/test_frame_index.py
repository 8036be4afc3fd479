from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.videos import make_sound, make_video, read_code, uneven_times
from workstation.cases.records import Stretch
from workstation.errors import ExhibitError
from workstation.evidence.frame_index import _hidden_vp8, _hidden_vp9
from workstation.evidence.frame_index import index_of as build_frame_index
from workstation.evidence.reading import read_frames


@given(
    gaps=st.lists(st.integers(1, 400), min_size=1, max_size=25),
    group=st.integers(1, 30),
    b_frames=st.integers(0, 4),
    suffix=st.sampled_from([".mp4", ".mkv"]),
)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_index_holds_every_frame_at_its_time(
    tmp_path: Path, gaps: list[int], group: int, b_frames: int, suffix: str
) -> None:
    times = [int(time) for time in np.cumsum([0, *gaps])]
    path = make_video(
        tmp_path / f"a{suffix}",
        frames=len(times),
        times_ms=times,
        group=group,
        b_frames=b_frames,
        size=(64, 48),
    )
    index = build_frame_index(path)
    assert len(index) == len(times)
    assert np.all(np.diff(index.pts) > 0)
    assert index.key[0]
    np.testing.assert_allclose(index.times * 1000, times, atol=0.6)
    assert index.average_rate == pytest.approx((len(times) - 1) / times[-1] * 1000, rel=0.01)
    found = list(read_frames(path, index, 0, len(index)))
    assert [read_code(f.pixels) for f in found if not isinstance(f, Stretch)] == [
        *range(len(times))
    ]


def test_key_frames_are_where_the_encoder_put_them(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", options={"sc_threshold": "0"})
    assert np.flatnonzero(build_frame_index(path).key).tolist() == [0, 12, 24, 36, 48]


def test_frames_cut_out_by_an_edit_list_have_no_number(tmp_path: Path) -> None:
    """The edit list of the MP4 is made to begin 20 frames in, eight past a key frame."""
    path = make_video(tmp_path / "a.mp4", options={"sc_threshold": "0"})
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 12
    start = int.from_bytes(data[at + 4 : at + 8], "big")
    data[at + 4 : at + 8] = (start + 20 * 512).to_bytes(4, "big")
    path.write_bytes(data)
    index = build_frame_index(path)
    with av.open(str(path)) as container:
        shown = [frame.pts for frame in container.decode(video=0)]
    assert index.pts.tolist() == shown
    assert len(index) == 40
    assert "edit list hides" in index.remark
    for first in (0, 3, 25):
        found = list(read_frames(path, index, first, 40))
        codes = [read_code(f.pixels) for f in found if not isinstance(f, Stretch)]
        assert codes == list(range(first + 20, 60))


def test_without_timestamps_frames_are_counted(tmp_path: Path) -> None:
    index = build_frame_index(make_video(tmp_path / "a.h264"))
    assert (index.timestamps, len(index)) == (False, 60)
    assert "order in which the decoder gives them" in index.remark
    assert index.times[-1] == pytest.approx(59 / 25)


def test_sound_alone_has_no_frames(tmp_path: Path) -> None:
    with pytest.raises(ExhibitError, match="no video stream"):
        build_frame_index(make_sound(tmp_path / "a.wav"))


def test_hidden_frames_are_told_by_their_header() -> None:
    assert _hidden_vp8(bytes([0b0000_0001]))
    assert not _hidden_vp8(bytes([0b0001_0001]))
    assert _hidden_vp9(bytes([0b1000_0000, 0, 0]))
    assert not _hidden_vp9(bytes([0b1000_0010, 0, 0]))
    assert not _hidden_vp9(bytes([0b1000_1000, 0, 0]))
    assert not _hidden_vp9(bytes([0b1000_0000, 0, 0b1100_0000]))
    assert _hidden_vp9(bytes([0b1011_0000, 0, 0]))
    assert not _hidden_vp9(bytes([0b1011_0001, 0, 0]))


def with_times(path: Path, times_ms: list[int]) -> str:
    return build_frame_index(make_video(path, frames=len(times_ms), times_ms=times_ms)).remark


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_pause_where_all_others_are_equally_far_apart_is_told(tmp_path: Path, name: str) -> None:
    even = [round(number * 1001 / 30) for number in range(60)]
    assert with_times(tmp_path / name, even) == ""
    assert with_times(tmp_path / name, [*even[:20], *even[24:]]) == (
        "Between frames 19 and 20 there is no frame for the time of 4 frames, though all others "
        "are equally far apart: recorded so, or lost."
    )
    once = [*even[:7], *even[8:30], *even[33:]]
    told = with_times(tmp_path / name, once)
    assert "Between frames 6 and 7 there is no frame for the time of one frame" in told
    assert "and there are 1 more such pauses" in told


def test_where_frames_are_not_equally_far_apart_a_pause_says_nothing(tmp_path: Path) -> None:
    few = [number * 40 for number in range(12)]
    often = [number * 40 for number in range(60) if number % 9]
    pulled = [(number // 2) * 83 + (number % 2) * 33 for number in range(60)]
    pulled[30:] = [time + 200 for time in pulled[30:]]
    uneven = uneven_times(60, seed=2)
    for times in ([*few[:6], *few[9:]], often, pulled, [*uneven[:20], *uneven[30:]]):
        assert with_times(tmp_path / "a.mkv", times) == ""
