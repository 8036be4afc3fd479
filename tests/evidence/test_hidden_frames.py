"""Frames that an edit list hides are never shown; damage to them reaches what is built on them."""

import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.evidence.readers import reader
from tests.evidence.test_overwritten import x264, x265
from tests.evidence.test_passing import PICTURES, seen
from tests.videos import make_video
from workstation.cases.records import FrameIndex
from workstation.errors import DecodeError
from workstation.evidence import hidden
from workstation.evidence.expendable import expendable_test
from workstation.evidence.frame_index import index_of
from workstation.evidence.reading import read_frames

FRAMES, HIDDEN, RATE = 40, 9, 25
KINDS: dict[str, dict[str, Any]] = {
    "no B-frames": x264("bframes=0"),
    "pyramid": x264("bframes=5:b-pyramid=normal"),
    "open groups": x264("bframes=3:open-gop=1"),
    "slices": x264("bframes=2:slices=4"),
    "interlaced": x264("bframes=2:tff=1"),
    "many references": x264("bframes=4:ref=8:direct=temporal"),
    "hevc": x265("bframes=4:open-gop=1"),
    "mpeg-4": {"codec": "mpeg4", "group": 12},
    "mpeg-2": {"codec": "mpeg2video", "group": 12},
}
Shown = dict[int, NDArray[np.uint8]]
Packets = list[tuple[int, int]]


@dataclass(frozen=True)
class Recording:
    """A sound recording, and a copy of it whose first frames an edit list hides."""

    path: Path
    cut: Path
    index: FrameIndex
    cut_index: FrameIndex
    whole: Shown


Made = Callable[[str], Recording]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    done: dict[str, Recording] = {}

    def make(kind: str) -> Recording:
        if kind not in done:
            folder = tmp_path_factory.mktemp("videos")
            path = make_video(folder / "a.mp4", **KINDS[kind], pictures=PICTURES[:FRAMES])
            cut = shifted(path, folder / "cut.mp4")
            index, cut_index = index_of(path), index_of(cut)
            assert len(cut_index) == FRAMES - HIDDEN
            whole = seen(read_frames(path, index, 0, FRAMES))
            assert len(whole) == FRAMES
            done[kind] = Recording(path, cut, index, cut_index, whole)
        return done[kind]

    return make


def packets_of(path: Path) -> Iterator[Any]:
    with av.open(str(path)) as container:
        yield from (one for one in container.demux(video=0) if one.size)


def shifted(path: Path, target: Path, twice: int | None = None) -> Path:
    """Copy packets so that the first frames come before 0; one may have the time of another."""
    with av.open(str(path)) as source, av.open(str(target), "w") as container:
        (stream,) = source.streams.video
        copy = container.add_stream_from_template(stream)
        for number, packet in enumerate(source.demux(stream)):
            if packet.size:
                packet.pts -= round(Fraction(HIDDEN, RATE) / packet.time_base)
                packet.dts -= round(Fraction(HIDDEN, RATE) / packet.time_base)
                if number == twice:
                    packet.pts -= round(Fraction(1, RATE) / packet.time_base)
                packet.stream = copy
                container.mux(packet)
    return target


def overwritten(path: Path, target: Path, packet: int, at: int, patch: bytes) -> Path:
    """Copy a file with some bytes of a packet laid over."""
    begin = [one.pos for one in packets_of(path)][packet] + at
    data = bytearray(path.read_bytes())
    data[begin : begin + len(patch)] = patch
    target.write_bytes(data)
    return target


def damages(recording: Recording, seed: str, count: int) -> Iterator[tuple[int, int, bytes]]:
    """A hidden packet, a place in it, and what is laid there, none of it zeros."""
    rng = random.Random(seed)
    found = [*packets_of(recording.cut)]
    concealed = [number for number, one in enumerate(found) if one.is_discard]
    for _ in range(count):
        number, length = rng.choice(concealed), rng.choice((2, 20, 200))
        length = min(length, found[number].size // 2)
        at = rng.randrange(found[number].size // 4, found[number].size - length)
        yield number, at, bytes(rng.randrange(4, 256) for _ in range(length))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "hevc"])
def test_damage_to_hidden_frames_reaches_as_far_as_to_shown_ones(
    made: Made, tmp_path: Path, kind: str
) -> None:
    """As far as the decoder notices it; HEVC's hardly does."""
    recording, lost = made(kind), 0
    index = recording.cut_index
    for place in damages(recording, kind, 5):
        in_sight = overwritten(recording.path, tmp_path / "a.mp4", *place)
        expected = seen(read_frames(in_sight, recording.index, 0, FRAMES, threads=1))
        damaged = overwritten(recording.cut, tmp_path / "cut.mp4", *place)
        for threads in (1, 3):
            shown = seen(read_frames(damaged, index, 0, len(index), threads=threads))
            assert {n + HIDDEN for n in shown} == {n for n in expected if n >= HIDDEN}, place
            for number, pixels in shown.items():
                assert np.array_equal(pixels, expected[number + HIDDEN])
        lost += len(shown) < len(index)
        with reader(damaged, index) as opened:
            for number in random.Random(str(place)).sample(range(len(index)), 3):
                assert readable(opened, number) == (number in shown), place
    assert lost > 1


def readable(opened: Any, number: int) -> bool:
    try:
        opened.read(number)
    except DecodeError:
        return False
    return True


def test_what_is_built_on_nothing_hidden_is_not_touched(made: Made, tmp_path: Path) -> None:
    """Neither a picture that no other is built on does harm, nor anything beyond a key frame."""
    recording, index = made("many references"), made("many references").cut_index
    found = [*packets_of(recording.cut)]
    test = expendable_test(found[0].stream.codec_context)
    assert test is not None
    alone = next(n for n, one in enumerate(found) if one.is_discard and test(bytes(one)))
    patch = random.Random(1).randbytes(found[alone].size // 2)
    damaged = overwritten(recording.cut, tmp_path / "a.mp4", alone, found[alone].size // 3, patch)
    assert len(seen(read_frames(damaged, index, 0, len(index)))) == len(index)
    first = overwritten(recording.cut, tmp_path / "a.mp4", 0, 2000, random.Random(1).randbytes(900))
    shown = seen(read_frames(first, index, 0, len(index)))
    key = int(np.flatnonzero(index.key)[0])
    assert set(shown) == set(range(key, len(index)))


@pytest.mark.parametrize("kind", KINDS)
def test_sound_frames_after_hidden_ones_are_shown(made: Made, tmp_path: Path, kind: str) -> None:
    """Whatever is cut off, whatever the parts that an edit list puts together."""
    recording = made(kind)
    for parts in (
        ((7, 30),),
        ((7, 21), (25, 38)),
        ((25, 38), (5, 22)),
        ((3, 9), (15, 20), (28, 40)),
    ):
        path = put_together(recording.path, tmp_path / "a.mp4", parts)
        index = index_of(path)
        numbers = [number for first, stop in parts for number in range(first, stop)]
        assert len(index) == len(numbers)
        assert "no frame for" not in index.remark
        for threads in (1, 3):
            shown = seen(read_frames(path, index, 0, len(index), threads=threads))
            assert len(shown) == len(index), parts
            for number, pixels in shown.items():
                assert np.array_equal(pixels, recording.whole[numbers[number]]), (parts, number)


def put_together(path: Path, target: Path, parts: tuple[tuple[int, int], ...]) -> Path:
    """Give an MP4 an edit list that shows only some frames of it, in this order."""
    data = bytearray(path.read_bytes())
    at = data.index(b"edts") - 4
    size = int.from_bytes(data[at : at + 4], "big")
    start = int.from_bytes(data[at + 28 : at + 32], "big")  # of the first entry
    step, scale = 512, int.from_bytes(data[data.index(b"mvhd") + 16 :][:4], "big")
    entries = [
        struct.pack(">IiI", (stop - first) * scale // RATE, start + first * step, 1 << 16)
        for first, stop in parts
    ]
    body = struct.pack(">4sII", b"elst", 0, len(entries)) + b"".join(entries)
    data[at : at + size] = struct.pack(">I4sI", len(body) + 12, b"edts", len(body) + 4) + body
    for box in (b"moov", b"trak"):
        place = data.index(box) - 4
        grown = int.from_bytes(data[place : place + 4], "big") + len(body) + 12 - size
        data[place : place + 4] = grown.to_bytes(4, "big")
    target.write_bytes(data)
    return target


def test_where_frames_are_counted_hidden_ones_are_not(made: Made, tmp_path: Path) -> None:
    recording = made("slices")
    path = shifted(recording.path, tmp_path / "a.mp4", twice=28)
    index = index_of(path)
    assert (index.timestamps, len(index)) == (False, FRAMES - HIDDEN)
    whole = seen(read_frames(path, index, 0, len(index)))
    assert len(whole) == len(index)
    assert np.array_equal(whole[0], recording.whole[HIDDEN])
    size = [one.size for one in packets_of(path)][1]
    patch = random.Random(2).randbytes(size // 2)
    damaged = overwritten(path, tmp_path / "b.mp4", 1, size // 3, patch)
    shown = seen(read_frames(damaged, index, 0, len(index)))
    assert shown
    assert 0 not in shown
    assert all(np.array_equal(pixels, whole[number]) for number, pixels in shown.items())


def test_a_hidden_packet_is_given_with_all_that_belongs_to_it(made: Made) -> None:
    found = [*packets_of(made("slices").cut)]
    first, shown = found[0], found[-1]
    assert hidden.revealed(shown, 5) is shown
    first.set_sidedata(first.get_sidedata("new_extradata"))
    given = hidden.revealed(first, 5)
    assert (bytes(given), given.dts) == (bytes(first), first.dts)
    assert (given.is_keyframe, given.is_discard, given.stream) == (True, False, first.stream)
    assert hidden.order_of(SimpleNamespace(pts=given.pts)) == 5
    assert [hidden.order_of(SimpleNamespace(pts=one)) for one in (None, 0, -40)] == [None] * 3
