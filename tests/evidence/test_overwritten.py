"""What zeros in H.264 and HEVC were laid over, and what is built on it, is not shown as sound."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.evidence.readers import reader
from tests.evidence.test_passing import PICTURES, seen
from tests.videos import make_video
from workstation.cases.records import FrameIndex, Stretch
from workstation.errors import DecodeError
from workstation.evidence import pulse
from workstation.evidence.frame_index import index_of
from workstation.evidence.reading import read_frames

FRAMES, GROUP = 32, 12
STEADY = f"keyint={GROUP}:min-keyint={GROUP}:scenecut=0:b-adapt=0"
Packets = list[tuple[int, int]]


def x264(more: str) -> dict[str, Any]:
    return {"options": {"x264-params": f"{STEADY}:{more}"}}


def x265(more: str) -> dict[str, Any]:
    return {"codec": "libx265", "options": {"x265-params": f"log-level=none:{STEADY}:{more}"}}


KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "pyramid": ("a.mp4", x264("bframes=5:b-pyramid=normal")),
    "open groups": ("a.mkv", x264("bframes=3:open-gop=1")),
    "slices": ("a.mp4", x264("bframes=2:slices=4")),
    "interlaced": ("a.mp4", x264("bframes=2:tff=1")),
    "no B-frames": ("a.mp4", x264("bframes=0")),
    "intra refresh": ("a.mp4", x264("bframes=0:intra-refresh=1")),
    "transport stream": ("a.ts", x264("bframes=2")),
    "bare": ("a.h264", x264("bframes=2")),
    "hevc": ("a.mp4", x265("bframes=4:open-gop=1")),
    "hevc slices": ("a.mkv", x265("bframes=2:slices=2")),
}


@dataclass(frozen=True)
class Recording:
    """A sound recording: where its packets lie, and what it shows."""

    path: Path
    index: FrameIndex
    packets: Packets
    whole: dict[int, NDArray[np.uint8]]


Made = Callable[[str], Recording]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    done: dict[str, Recording] = {}

    def make(kind: str) -> Recording:
        if kind not in done:
            name, how = KINDS[kind]
            path = tmp_path_factory.mktemp("videos") / name
            make_video(path, **{"group": GROUP, **how, "pictures": PICTURES[:FRAMES]})
            index = index_of(path)
            with av.open(str(path)) as container:
                found = [*container.demux(container.streams.video[0])]
                packets = [(one.pos, one.size) for one in found if one.size]
            whole = seen(read_frames(path, index, 0, len(index)))
            assert len(whole) == len(index) == len(packets) == FRAMES
            done[kind] = Recording(path, index, packets, whole)
        return done[kind]

    return make


def overwrite(made: Recording, path: Path, packet: int, share: float, count: int) -> Path:
    """Lay zeros over a part of a packet where nothing but a slice is."""
    data = bytearray(made.path.read_bytes())
    begin, size = made.packets[packet]
    at = begin + int(size * share)
    # Neither a length nor a start code is near, nor the header of a transport stream's packet.
    while (
        b"\0\0" in data[at - 8 : at + count + 8]
        or not (data[at - 1] and data[at + count] > 1)
        or (path.suffix == ".ts" and not 40 < at % 188 < 180 - count)
    ):
        at += 1
    data[at : at + count] = bytes(count)
    path.write_bytes(data)
    return path


def assert_sound(made: Recording, damaged: Path) -> list[Stretch]:
    """What is shown is what was recorded, read in order or at random, on however many threads.

    Returns:
        What could not be decoded.
    """
    items = [*read_frames(damaged, made.index, 0, FRAMES)]
    shown = seen(items)
    assert seen(read_frames(damaged, made.index, 0, FRAMES, threads=1)).keys() == shown.keys()
    for number, pixels in shown.items():
        assert np.array_equal(pixels, made.whole[number]), number
    lost = [one for one in items if isinstance(one, Stretch)]
    assert len(shown) + sum(one.last - one.first + 1 for one in lost) == FRAMES
    numbers = random.Random(damaged.name).sample(range(FRAMES), 3)
    with reader(damaged, made.index) as opened:
        for number in numbers:
            try:
                pixels = opened.read(number).pixels
            except DecodeError:
                assert number not in shown
            else:
                assert np.array_equal(pixels, shown[number])
    return lost


@pytest.mark.parametrize("kind", KINDS)
def test_zeros_are_found_and_nothing_is_built_on_them(
    made: Made, tmp_path: Path, kind: str
) -> None:
    recording = made(kind)
    for packet, count in ((4, 3), (17, 40)):
        damaged = overwrite(recording, tmp_path / recording.path.name, packet, 0.6, count)
        lost = assert_sound(recording, damaged)
        assert sum(one.last - one.first + 1 for one in lost) >= 1
        if recording.index.timestamps:
            assert any("zeros" in one.reason for one in lost)
        index = index_of(damaged)
        assert np.array_equal(index.pts, recording.index.pts)
        assert np.array_equal(index.key, recording.index.key)


def test_damage_ends_at_the_next_key_frame(made: Made, tmp_path: Path) -> None:
    recording = made("slices")
    damaged = overwrite(recording, tmp_path / "a.mp4", GROUP, 0.3, 5)
    (first, *rest) = assert_sound(recording, damaged)
    assert (first.first, first.last) == (GROUP, GROUP)
    assert first.reason == (
        "its data is damaged (it holds zeros that its codec's standard does not allow)"
    )
    assert [(one.first, one.last) for one in rest] == [(GROUP + 1, 2 * GROUP - 1)]


@pytest.mark.parametrize("kind", ["pyramid", "slices", "intra refresh", "hevc"])
def test_zeros_from_one_packet_into_the_next(made: Made, tmp_path: Path, kind: str) -> None:
    """FFmpeg takes those at the end of the first for nothing that matters."""
    recording, damaged = made(kind), tmp_path / "a.mp4"
    for packet in (3, 17):
        data = bytearray(recording.path.read_bytes())
        (begin, size), (after, _) = recording.packets[packet : packet + 2]
        assert after == begin + size
        data[after - size // 4 : after + 30] = bytes(size // 4 + 30)
        damaged.write_bytes(data)
        assert assert_sound(recording, damaged)


def test_packets_that_a_transport_stream_has_lost(made: Made, tmp_path: Path) -> None:
    """What begins in the zeros is no packet any more, but for what is built on it."""
    recording, damaged, told = made("transport stream"), tmp_path / "a.ts", 0
    for packet in (4, 7, 17, 18):
        data = bytearray(recording.path.read_bytes())
        begin = recording.packets[packet][0] - 600
        data[begin : begin + 2500] = bytes(2500)
        damaged.write_bytes(data)
        if not tells(damaged):
            continue
        told, index = told + 1, index_of(damaged)
        shown = seen(read_frames(damaged, index, 0, len(index)))
        assert 0 < len(shown) < len(index)
        for number, pixels in shown.items():
            same = int(np.searchsorted(recording.index.pts, index.pts[number]))
            assert np.array_equal(pixels, recording.whole[same]), (packet, number)
    assert told > 1


def test_zeros_in_a_frame_that_an_edit_list_hides(made: Made, tmp_path: Path) -> None:
    recording, hidden = made("no B-frames"), 5
    path = tmp_path / "a.mp4"
    with av.open(str(recording.path)) as source, av.open(str(path), "w") as target:
        (stream,) = source.streams.video
        copy = target.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.size:
                packet.pts -= round(Fraction(hidden, 25) / packet.time_base)
                packet.dts, packet.stream = packet.pts, copy
                target.mux(packet)
    index = index_of(path)
    assert len(index) == FRAMES - hidden
    assert len(seen(read_frames(path, index, 0, len(index)))) == len(index)
    with av.open(str(path)) as container:
        begin, size = [(one.pos, one.size) for one in container.demux()][2]
    data = bytearray(path.read_bytes())
    data[begin + size // 2 : begin + size // 2 + 9] = bytes(9)
    path.write_bytes(data)
    (lost,) = (one for one in read_frames(path, index, 0, 20) if isinstance(one, Stretch))
    assert (lost.first, lost.last) == (0, GROUP - hidden - 1)


def tells(path: Path) -> bool:
    """Whether a packet is marked as damaged, or holds zeros that say so."""
    with av.open(str(path)) as container:
        packets = container.demux(container.streams.video[0])
        return any(one.is_corrupt or pulse.told_by(one) for one in packets)
