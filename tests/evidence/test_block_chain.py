"""What Matroska's damaged structure hides is missed, and nothing built on it is shown."""

import random
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.evidence.readers import reader
from tests.evidence.test_overwritten import x264, x265
from tests.evidence.test_passing import PICTURES, seen
from tests.videos import make_video
from workstation.errors import DecodeError
from workstation.evidence.block_chain import BlockChain
from workstation.evidence.frame_index import index_of
from workstation.evidence.reading import read_frames

FRAMES = 48
KINDS: dict[str, dict[str, Any]] = {
    "open groups": x264("bframes=3:open-gop=1"),
    "no B-frames": x264("bframes=0"),
    "mpeg-4": {"codec": "mpeg4", "group": 12},
    "hevc": x265("bframes=3:open-gop=0:b-pyramid=0"),
}


def make(path: Path, kind: str, **more: Any) -> Path:
    return make_video(path, **KINDS[kind], pictures=PICTURES[:FRAMES], **more)


def packets_of(path: Path) -> list[tuple[int, int]]:
    """Where the content of each block of the video begins, and the size of its frame."""
    with av.open(str(path)) as container:
        return [(one.pos, one.size) for one in container.demux(video=0) if one.size]


def breaks(path: Path) -> list[bool]:
    chain = BlockChain(path)
    found = [chain.breaks(position) for position, _ in packets_of(path)]
    found.append(chain.breaks_off())
    chain.close()
    chain.close()
    return found


@pytest.mark.parametrize("options", [{}, {"cluster_time_limit": "300"}, {"live": "1"}])
@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_file_holds_together(tmp_path: Path, kind: str, options: dict[str, str]) -> None:
    for audio in (False, True):
        path = make(tmp_path / "a.mkv", kind, audio=audio, container_options=options)
        assert breaks(path) == [False] * (FRAMES + 1)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_built_on_frames_left_out_is_not_shown(tmp_path: Path, kind: str) -> None:
    path, damaged = make(tmp_path / "a.mkv", kind), tmp_path / "b.mkv"
    index, data, rng, missed = index_of(path), path.read_bytes(), random.Random(kind), 0
    whole = seen(read_frames(path, index, 0, FRAMES))
    for at in rng.sample(packets_of(path)[2:], 8):
        head = 2 if data[at[0] - 2] == 0xA3 else 3
        begin = at[0] - head
        assert data[begin] == 0xA3
        # What it is, how long it is, of which track, or all of it.
        patch = rng.choice((b"\xff", b"\xa3\x01", data[begin : at[0]] + b"\x85", rng.randbytes(9)))
        damaged.write_bytes(data[:begin] + patch + data[begin + len(patch) :])
        found = index_of(damaged)
        missed += len(found) < FRAMES
        assert bool(found.remark) == (len(found) < FRAMES), (
            patch.hex(),
            data[begin : at[0] + 4].hex(),
        )
        shown = seen(read_frames(damaged, found, 0, len(found), threads=1))
        again = seen(read_frames(damaged, found, 0, len(found), threads=3))
        assert again.keys() == shown.keys()
        numbers = np.searchsorted(index.pts, found.pts)
        for number, pixels in shown.items():
            assert np.array_equal(pixels, whole[int(numbers[number])]), (begin, patch, number)
        with reader(damaged, found) as opened:
            for number in rng.sample(range(len(found)), 3):
                try:
                    pixels = opened.read(number).pixels
                except DecodeError:
                    assert number not in shown
                else:
                    assert np.array_equal(pixels, whole[int(numbers[number])])
    assert missed > 3


def test_zeros_that_reach_beyond_a_packet_are_told_in_it(tmp_path: Path) -> None:
    """FFmpeg's decoder takes them for nothing, and its reader leaves out what lies behind."""
    path, damaged = make(tmp_path / "a.mkv", "hevc"), tmp_path / "b.mkv"
    index, data, found = index_of(path), path.read_bytes(), packets_of(path)
    whole = seen(read_frames(path, index, 0, FRAMES))
    for at in (5, 20, 30, FRAMES - 2):
        begin, size = found[at]
        damaged.write_bytes(
            data[: begin + size // 2] + bytes(2500) + data[begin + size // 2 + 2500 :]
        )
        left = index_of(damaged)
        shown = seen(read_frames(damaged, left, 0, len(left)))
        numbers = np.searchsorted(index.pts, left.pts)
        assert 0 < len(shown) < len(left)
        for number, pixels in shown.items():
            assert np.array_equal(pixels, whole[int(numbers[number])]), (at, number)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.lists(st.integers(0, 400), max_size=8))
def test_any_bytes_are_looked_at(tmp_path: Path, data: bytes, positions: list[int]) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(data)
    chain = BlockChain(path)
    assert not chain.breaks(None)
    for position in positions:
        chain.breaks(position)
        chain.breaks_off()
    chain.begin_anew()
    assert not chain.breaks(5)
    chain.close()


def test_among_endless_elements_nothing_is_known(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    block = b"\xa3\x85\x81\0\0\0\0"
    path.write_bytes(block + b"\xec\x80" * 50_000 + block + b"\xec\x80" * 50 + block)
    chain = BlockChain(path)
    assert [chain.breaks(at) for at in (2, 100_009, 100_116)] == [False, False, False]
    assert not chain.breaks_off()
    chain.close()
