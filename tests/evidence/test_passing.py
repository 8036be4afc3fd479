"""What is passed by on the way to a frame is not missed in the frame."""

import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.videos import draw_code, make_video, uneven_times, zero_bytes
from workstation.cases.records import FrameIndex, Stretch
from workstation.errors import DecodeError
from workstation.evidence import decoding_run
from workstation.evidence.expendable import expendable_test
from workstation.evidence.frame_index import build_frame_index
from workstation.evidence.reading import Frame, FrameReader, StaleError, read_frames

FRAMES = 90
FAST_VPX = {"deadline": "realtime", "cpu-used": "8"}
QUIET = "log-level=none:keyint=30:min-keyint=30:scenecut=0"


def x264(more: str) -> dict[str, Any]:
    return {"options": {"x264-params": f"keyint=45:min-keyint=45:scenecut=0:b-adapt=0:{more}"}}


def x265(more: str) -> dict[str, Any]:
    return {"codec": "libx265", "options": {"x265-params": f"{QUIET}:b-adapt=0:{more}"}}


KINDS: dict[str, tuple[str, dict[str, Any], bool]] = {  # name, how it is made, whether it helps
    "pyramid": ("a.mp4", x264("bframes=5:b-pyramid=normal"), True),
    "strict pyramid": ("a.mkv", x264("bframes=3:b-pyramid=strict"), True),
    "no pyramid": ("a.mp4", x264("bframes=3:b-pyramid=none"), True),
    "open groups": ("a.mp4", x264("bframes=3:open-gop=1"), True),
    "transport stream": ("a.ts", x264("bframes=3"), True),
    "many references": ("a.mp4", x264("bframes=4:ref=8:weightb=1:direct=temporal"), True),
    "temporal direct": ("a.mp4", x264("bframes=2:direct=temporal:b-pyramid=none"), True),
    "interlaced": ("a.mp4", x264("bframes=3:tff=1"), True),
    "slices": ("a.mp4", x264("bframes=3:slices=4"), True),
    "intra refresh": ("a.mp4", x264("bframes=0:intra-refresh=1"), False),
    "no B-frames": ("a.mp4", x264("bframes=0"), False),
    "uneven": ("a.mkv", {**x264("bframes=3"), "times_ms": uneven_times(FRAMES)}, True),
    "hevc": ("a.mp4", x265("bframes=4:open-gop=1"), True),
    "hevc closed": ("a.mkv", x265("bframes=3:open-gop=0:b-pyramid=0"), True),
    "vp9": (
        "a.webm",
        {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}},
        False,
    ),
    "av1": ("a.mp4", {"codec": "libsvtav1", "options": {"preset": "12"}}, False),
    "mpeg-2": ("a.mpg", {"codec": "mpeg2video"}, False),
}


def moving(count: int) -> list[NDArray[np.uint8]]:
    """Codes that drift under noise, so that frames are built on one another."""
    rng = np.random.default_rng(5)
    noise = rng.integers(-25, 26, (8, 180, 320, 1))
    made = [np.roll(draw_code(n).astype(int), n * 3 % 16, axis=1) for n in range(count)]
    return [np.clip(one + noise[n % 8], 0, 255).astype(np.uint8) for n, one in enumerate(made)]


PICTURES = moving(FRAMES)
Made = Callable[[str], tuple[Path, FrameIndex, list[Frame]]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    done: dict[str, tuple[Path, FrameIndex, list[Frame]]] = {}

    def make(kind: str) -> tuple[Path, FrameIndex, list[Frame]]:
        if kind not in done:
            name, arguments, _ = KINDS[kind]
            arguments = {"group": 45, **arguments, "pictures": PICTURES}
            path = make_video(tmp_path_factory.mktemp("videos") / name, **arguments)
            index = build_frame_index(path)
            found = list(read_frames(path, index, 0, len(index)))
            done[kind] = path, index, [one for one in found if isinstance(one, Frame)]
            assert len(done[kind][2]) == len(index) == FRAMES
        return done[kind]

    return make


@pytest.fixture
def left_out(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of the frames whose packets were not decoded."""
    numbers: list[int] = []
    original = decoding_run.Run._passes

    def watched(run: Any, packet: Any, number: int | None) -> bool:
        passed = original(run, packet, number)
        if passed and number is not None:
            numbers.append(number)
        return passed

    monkeypatch.setattr(decoding_run.Run, "_passes", watched)
    return numbers


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_is_the_same_whatever_was_passed_by(
    made: Made, kind: str, left_out: list[int]
) -> None:
    path, index, whole = made(kind)
    opened = FrameReader(path, index)
    numbers = random.Random(kind).sample(range(FRAMES), 10)
    for number in [*numbers, 44, 43, 89, 88, 30, 60, 0]:
        frame = opened.read(number)
        assert frame.number == number
        assert np.array_equal(frame.pixels, whole[number].pixels), number
    opened.close()
    assert bool(left_out) == KINDS[kind][2]


@pytest.mark.parametrize("kind", ["pyramid", "hevc", "open groups"])
def test_a_part_is_the_same_as_in_the_whole(made: Made, kind: str, left_out: list[int]) -> None:
    path, index, whole = made(kind)
    for first in (0, 17, 29, 44, 46, 80):
        for frame in read_frames(path, index, first, min(first + 12, FRAMES)):
            assert isinstance(frame, Frame)
            assert np.array_equal(frame.pixels, whole[frame.number].pixels)
    assert left_out


def test_an_interrupted_search_goes_on_where_it_was(made: Made) -> None:
    path, index, whole = made("pyramid")
    opened = FrameReader(path, index)
    rng = random.Random(2)
    for _ in range(40):
        number, patience = rng.randrange(FRAMES), iter(range(rng.randrange(1, 40)))
        try:
            frame = opened.read(number, lambda p=patience: next(p, None) is None)
        except StaleError:
            continue
        assert np.array_equal(frame.pixels, whole[number].pixels)
    for number in (10, 80, 79, 12):
        assert np.array_equal(opened.read(number).pixels, whole[number].pixels)
    opened.close()


def seen(frames: Iterable[Frame | Stretch]) -> dict[int, NDArray[np.uint8]]:
    return {one.number: one.pixels for one in frames if isinstance(one, Frame)}


@pytest.mark.parametrize("at", [0.2, 0.75, 0.9])
@pytest.mark.parametrize("kind", ["pyramid", "hevc", "open groups"])
def test_a_damaged_recording_reads_the_same_from_anywhere(
    made: Made, tmp_path: Path, kind: str, at: float
) -> None:
    path, index, whole = made(kind)
    damaged = zero_bytes(path, tmp_path / path.name, at=at, length=2500)
    shown = seen(read_frames(damaged, index, 0, FRAMES))
    if kind != "hevc":  # its decoder notices little of this damage
        assert len(shown) < FRAMES
        assert all(np.array_equal(pixels, whole[n].pixels) for n, pixels in shown.items())
    opened = FrameReader(damaged, index)
    for number in random.Random(int(at * 100)).sample(range(FRAMES), 16):
        try:
            frame = opened.read(number)
        except DecodeError:
            assert number not in shown
        else:
            assert np.array_equal(frame.pixels, shown[number])
    opened.close()


@pytest.mark.parametrize("kind", ["pyramid", "open groups", "slices"])
def test_damage_is_noticed_whatever_the_threads_are_doing(
    made: Made, tmp_path: Path, kind: str
) -> None:
    path, index, _ = made(kind)
    rng, noticed = random.Random(kind), 0
    for _ in range(12):
        length = rng.choice((30, 300, 2500))
        damaged = zero_bytes(path, tmp_path / path.name, at=rng.random(), length=length)
        expected = seen(read_frames(damaged, index, 0, FRAMES, careful=True))
        noticed += len(expected) < FRAMES
        for threads in (2, 5):
            found = seen(read_frames(damaged, index, 0, FRAMES, threads=threads))
            assert found.keys() == expected.keys()
            assert all(np.array_equal(found[n], expected[n]) for n in found)
    assert noticed > 6


def test_what_a_thread_says_of_anothers_picture_is_believed_once_that_one_was_done() -> None:
    class Thread:
        thread_count, name, extradata, reorder_depth = 3, "h264", b"", 5

    class Stream:
        codec_context = Thread()

    class Packet:
        stream, pts, size, is_discard = Stream(), 0, 1, False

    class Nothing:
        index, wanted, absent = None, 0, ""

        def number_of(self, pts: int | None) -> int | None:
            return pts

    several = decoding_run.Run(Nothing(), None, 0, careful=False)  # type: ignore[arg-type]
    several._begin(Packet())
    several._fed = 10  # the thread of the 8th packet hands it out
    assert several._told_in_time(5, 0)
    assert not several._told_in_time(7, 0)
    assert several._told_in_time(7, 2)
    assert not several._told_in_time(None, 2)


class Codec:
    """As much of PyAV's codec context as the test of packets looks at."""

    def __init__(self, name: str, extradata: bytes = b"") -> None:
        self.name, self.extradata = name, extradata


def units(*contents: bytes) -> bytes:
    return b"".join(len(one).to_bytes(4, "big") + one for one in contents)


H264 = Codec("h264", b"\x01\x64\x00\x28\xff\xe1\x00")
HEVC = Codec("hevc", b"\x01" + bytes(20) + b"\x0f" + b"\x00")


@pytest.mark.parametrize(
    ("codec", "packet", "expected"),
    [
        (H264, units(b"\x01abc"), True),
        (H264, units(b"\x06sei", b"\x01abc", b"\x01abc"), True),
        (H264, units(b"\x41abc"), False),
        (H264, units(b"\x01abc", b"\x21abc"), False),
        (H264, units(b"\x67sps", b"\x01abc"), False),
        (H264, units(b"\x06sei"), False),
        (H264, units(b"\x81abc"), False),
        (H264, bytes(40), False),
        (H264, units(b"\x01abc") + b"\0\0\0\x09\x01", False),
        (H264, bytes(8) + b"\0\0\0\5\x01abc", False),
        (H264, b"", False),
        (H264, b"\0\0", False),
        (Codec("h264"), b"\0\0\0\1\x09\xf0\0\0\1\x01abc", True),
        (Codec("h264"), b"\0\0\0\1\x09\xf0\0\0\1\x61abc", False),
        (Codec("h264"), b"\0\0\1", False),
        (HEVC, units(b"\x02\x01abc"), False),
        (HEVC, units(b"\x00\x01abc"), True),
        (HEVC, units(b"\x10\x01abc"), True),
        (HEVC, units(b"\x00\x02abc"), False),
        (HEVC, units(b"\x26\x01abc"), False),
        (HEVC, units(b"\x40\x01vps", b"\x00\x01abc"), False),
        (HEVC, units(b"\x00"), False),
    ],
)
def test_what_is_expendable(codec: Codec, packet: bytes, expected: bool) -> None:
    test = expendable_test(codec)
    assert test is not None
    assert test(packet) is expected


@pytest.mark.parametrize(
    "codec",
    [
        Codec("vp9"),
        Codec("hevc"),
        Codec("hevc", b"\x01" + bytes(20) + b"\x17" + b"\x00"),  # two layers
        Codec("mpeg2video"),
    ],
)
def test_where_nothing_can_be_relied_on_nothing_is_left_out(codec: Codec) -> None:
    assert expendable_test(codec) is None


def test_pictures_are_reduced_to_fit(made: Made, tmp_path: Path) -> None:
    path, index, whole = made("pyramid")
    (small,) = read_frames(path, index, 50, 51, within=(160, 160), threads=1)
    assert isinstance(small, Frame)
    assert small.pixels.shape == (90, 160, 3)
    expected = whole[50].pixels.reshape(90, 2, 160, 2, 3).mean((1, 3))
    assert np.abs(small.pixels - expected).mean() < 4
    (same,) = read_frames(path, index, 50, 51, within=(4000, 4000))
    assert isinstance(same, Frame)
    assert np.array_equal(same.pixels, whole[50].pixels)
    turned = make_video(tmp_path / "a.mp4", frames=3, rotation=90)
    (lying,) = read_frames(turned, build_frame_index(turned), 1, 2, within=(90, 90))
    assert isinstance(lying, Frame)
    assert lying.pixels.shape == (90, 51, 3)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from Linux")
def test_frames_that_are_let_go_of_do_not_stay_in_memory(tmp_path: Path) -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    path = make_video(tmp_path / "a.mp4", frames=300, size=(1280, 720), group=100)
    opened = FrameReader(path, build_frame_index(path), cache_bytes=20 * 2**20)
    for number in range(60):
        opened.read(number)
    before = resident()
    for number in range(60, 300):
        opened.read(number)
    assert resident() - before < 60 * 2**20  # 240 frames are 330 MB
    opened.close()
