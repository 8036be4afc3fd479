import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.evidence.readers import reader
from tests.videos import (
    cut_off,
    draw_code,
    make_video,
    read_code,
    uneven_times,
    zero_bytes,
)
from workstation.cases.records import FrameIndex, Stretch
from workstation.errors import DecodeError
from workstation.evidence.frame_index import index_of as build_frame_index
from workstation.evidence.reading import Frame, read_frames

QUIET_265 = {"x265-params": "log-level=none:open-gop=1:bframes=4:keyint=12"}
FAST_VPX = {"deadline": "realtime", "cpu-used": "8", "auto-alt-ref": "1", "lag-in-frames": "16"}

KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "b-frames": ("a.mp4", {}),
    "b-frames-mkv": ("a.mkv", {}),
    "long group": ("a.mp4", {"group": 250, "frames": 300}),
    "every frame a key": ("a.mp4", {"group": 1}),
    "key every second": ("a.mp4", {"group": 2, "b_frames": 1}),
    "uneven": ("a.mp4", {"times_ms": uneven_times(60)}),
    "uneven-mkv": ("a.mkv", {"times_ms": uneven_times(60)}),
    "open groups": ("a.mp4", {"options": {"x264-params": "open-gop=1:bframes=3"}}),
    "intra refresh": ("a.ts", {"options": {"x264-params": "intra-refresh=1"}}),
    "transport stream": ("a.ts", {}),
    "hevc": ("a.mp4", {"codec": "libx265", "options": QUIET_265}),
    "ten bits": (
        "a.mkv",
        {"codec": "libx265", "pixel_format": "yuv420p10le", "options": QUIET_265},
    ),
    "vp9 odd": ("a.webm", {"codec": "libvpx-vp9", "size": (321, 179), "options": FAST_VPX}),
    "vp8 hidden": ("a.webm", {"codec": "libvpx", "options": FAST_VPX, "frames": 90}),
    "av1": ("a.mp4", {"codec": "libsvtav1", "options": {"preset": "10"}}),
    "ffv1 odd": (
        "a.mkv",
        {"codec": "ffv1", "pixel_format": "yuv444p", "size": (321, 179), "b_frames": 0},
    ),
    "mjpeg": ("a.avi", {"codec": "mjpeg", "pixel_format": "yuvj420p", "b_frames": 0}),
    "mpeg-4 avi": ("a.avi", {"codec": "mpeg4"}),
    "mpeg-2": ("a.mpg", {"codec": "mpeg2video"}),
    "flv": ("a.flv", {}),
    "gif": ("a.gif", {"codec": "gif", "pixel_format": "rgb8", "b_frames": 0}),
    "no timestamps": ("a.h264", {}),
    "single": ("a.mp4", {"frames": 1}),
}

Make = Callable[[str], tuple[Path, FrameIndex]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Make:
    done: dict[str, tuple[Path, FrameIndex]] = {}

    def make(kind: str) -> tuple[Path, FrameIndex]:
        if kind not in done:
            name, arguments = KINDS[kind]
            path = make_video(tmp_path_factory.mktemp("videos") / name, **arguments)
            done[kind] = path, build_frame_index(path)
        return done[kind]

    return make


def covered(found: list[Frame | Stretch]) -> list[int]:
    numbers: list[int] = []
    for one in found:
        numbers += [one.number] if isinstance(one, Frame) else range(one.first, one.last + 1)
    return numbers


def wrong(found: list[Frame | Stretch]) -> list[Frame | Stretch]:
    return [one for one in found if isinstance(one, Stretch) or read_code(one.pixels) != one.number]


@pytest.mark.parametrize("kind", KINDS)
def test_every_frame_is_the_right_one(made: Make, kind: str) -> None:
    path, index = made(kind)
    found = list(read_frames(path, index, 0, len(index)))
    assert len(index) == KINDS[kind][1].get("frames", 60)
    assert wrong(found) == []
    assert covered(found) == list(range(len(index)))
    width, height = KINDS[kind][1].get("size", (320, 180))
    assert {one.pixels.shape for one in found if isinstance(one, Frame)} == {(height, width, 3)}


@pytest.mark.parametrize("kind", KINDS)
def test_any_part_begins_and_ends_right(made: Make, kind: str) -> None:
    path, index = made(kind)
    rng = random.Random(kind)
    for _ in range(6):
        first = rng.randrange(len(index))
        stop = min(len(index), first + rng.randrange(1, 30))
        found = list(read_frames(path, index, first, stop))
        assert covered(found) == list(range(first, stop))
        assert wrong(found) == []


@pytest.mark.parametrize("kind", ["b-frames", "uneven", "uneven-mkv", "open groups", "long group"])
def test_two_hundred_seeks_none_wrong(made: Make, kind: str) -> None:
    path, index = made(kind)
    rng = random.Random(7)
    with reader(path, index, cache_bytes=1) as opened:
        for number in (rng.randrange(len(index)) for _ in range(200)):
            frame = opened.read(number)
            assert (frame.number, read_code(frame.pixels)) == (number, number)
            assert frame.time == index.times[number]


@pytest.mark.parametrize("kind", ["hevc", "vp9 odd", "av1", "mpeg-4 avi", "no timestamps", "gif"])
def test_seeks_in_other_codecs(made: Make, kind: str) -> None:
    path, index = made(kind)
    rng = random.Random(8)
    with reader(path, index) as opened:
        numbers = [0, len(index) - 1, *(rng.randrange(len(index)) for _ in range(30))]
        assert [read_code(opened.read(number).pixels) for number in numbers] == numbers


def test_stepping_does_not_seek_and_back_comes_from_memory(
    made: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, index = made("long group")
    with reader(path, index) as opened:
        decoder: Any = opened._source
        starts: list[int] = []
        original = decoder.pictures
        monkeypatch.setattr(decoder, "pictures", lambda n, w: starts.append(n) or original(n, w))
        for number in [*range(100, 160), *range(159, 99, -1)]:
            assert read_code(opened.read(number).pixels) == number
        assert starts == [0]


def test_memory_for_decoded_frames_is_bounded(made: Make) -> None:
    path, index = made("long group")
    picture = 320 * 180 * 3 // 2
    with reader(path, index, cache_bytes=10 * picture) as opened:
        opened.read(200)
        assert 5 <= len(opened._kept._pictures) <= 11
        assert read_code(opened.read(190).pixels) == 190


def test_times_are_those_of_the_recording(made: Make) -> None:
    path, index = made("uneven")
    times = uneven_times(60)
    np.testing.assert_allclose(index.times * 1000, times, atol=0.6)
    found = list(read_frames(path, index, 10, 12))
    assert [one.time for one in found if isinstance(one, Frame)] == index.times[10:12].tolist()


@pytest.mark.parametrize("rotation", [90, -90, 180])
def test_rotation_is_applied(tmp_path: Path, rotation: int) -> None:
    path = make_video(tmp_path / "a.mp4", frames=5, rotation=rotation)
    index = build_frame_index(path)
    (frame,) = read_frames(path, index, 3, 4)
    assert isinstance(frame, Frame)
    upright: NDArray[np.uint8] = np.rot90(draw_code(3), rotation // 90)
    assert frame.pixels.shape == upright.shape
    assert np.mean((frame.pixels > 127) == (upright > 127)) > 0.95
    assert frame.pixels.flags.c_contiguous


@pytest.mark.parametrize(
    ("size", "space", "tagged"),
    [
        ((1280, 720), "ITU709", False),
        ((320, 240), "ITU601", False),
        ((320, 240), "ITU709", True),
        ((1280, 720), "ITU601", True),
    ],
)
def test_colours_are_read_as_they_were_coded(
    tmp_path: Path, size: tuple[int, int], space: str, tagged: bool
) -> None:
    colour = (200, 60, 40)
    picture = np.full((size[1], size[0], 3), colour, np.uint8)
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv444p"
        frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(
            format="yuv444p", dst_colorspace=space
        )
        code = {"ITU709": 1, "ITU601": 6}[space] if tagged else 2
        frame.colorspace = stream.codec_context.colorspace = code
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    (shown,) = read_frames(path, build_frame_index(path), 0, 1)
    assert isinstance(shown, Frame)
    np.testing.assert_allclose(shown.pixels[5, 5], colour, atol=3)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_picture_is_one_frame(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    cv2.imwrite(str(path), draw_code(77)[:, :, ::-1])
    index = build_frame_index(path)
    assert (len(index), index.pts.tolist(), index.times.tolist()) == (1, [0], [0.0])
    (frame,) = read_frames(path, index, 0, 1)
    assert isinstance(frame, Frame)
    assert read_code(frame.pixels) == 77
    with reader(path, index) as opened:
        assert read_code(opened.read(0).pixels) == 77


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    cv2.imwrite(str(path), np.rot90(draw_code(9))[:, :, ::-1])
    data = path.read_bytes()
    tag = bytes.fromhex("4578696600004d4d002a000000080001011200030000000100060000")
    tag += bytes(4)
    path.write_bytes(data[:2] + b"\xff\xe1" + (len(tag) + 2).to_bytes(2, "big") + tag + data[2:])
    (frame,) = read_frames(path, build_frame_index(path), 0, 1)
    assert isinstance(frame, Frame)
    assert frame.pixels.shape == (180, 320, 3)
    assert read_code(frame.pixels) == 9


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_cut_off_picture_is_undecodable(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    cv2.imwrite(str(path), noise)
    path.write_bytes(path.read_bytes()[:-2000])
    (lost,) = read_frames(path, build_frame_index(path), 0, 1)
    assert isinstance(lost, Stretch)
    assert "could not be decoded" in lost.reason


def noisy(count: int) -> list[NDArray[np.uint8]]:
    """Codes under noise, so that every frame is many bytes and damage hits something."""
    rng = np.random.default_rng(3)
    noise = rng.integers(-20, 21, (count, 180, 320, 1))
    codes = np.stack([draw_code(n) for n in range(count)]).astype(int)
    return list(np.clip(codes + noise, 0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "libx264"), ("a.mkv", "libx264"), ("a.mp4", "mpeg2video")]
)
def test_damage_is_reported_and_never_shown(tmp_path: Path, name: str, codec: str) -> None:
    path = make_video(tmp_path / name, codec=codec, pictures=noisy(60))
    index = build_frame_index(path)
    sound = {one.number: one.pixels for one in read_frames(path, index, 0, 60)}
    damaged = tmp_path / f"damaged{path.suffix}"
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 9000] = bytes(9000)
    damaged.write_bytes(data)
    index = build_frame_index(damaged)
    found = list(read_frames(damaged, index, 0, len(index)))
    assert covered(found) == list(range(len(index)))
    lost = [one for one in found if isinstance(one, Stretch)]
    assert lost
    assert all(one.reason for one in lost)
    shown = [one for one in found if isinstance(one, Frame)]
    assert len(shown) > 30
    for one in shown:
        assert read_code(one.pixels) == round(one.time * 25)
        np.testing.assert_array_equal(one.pixels, sound[round(one.time * 25)])
    with reader(damaged, index) as opened:
        with pytest.raises(DecodeError, match=rf"Frame {lost[0].first} could not be decoded: "):
            opened.read(lost[0].first)
        assert np.array_equal(opened.read(shown[-1].number).pixels, shown[-1].pixels)
        assert np.array_equal(opened.read(shown[0].number).pixels, shown[0].pixels)


def test_damaged_parts_read_alone_are_as_in_the_whole(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", pictures=noisy(60))
    damaged = zero_bytes(path, tmp_path / "damaged.mp4", length=9000)
    index = build_frame_index(damaged)
    lost = {
        n
        for one in read_frames(damaged, index, 0, 60)
        if isinstance(one, Stretch)
        for n in range(one.first, one.last + 1)
    }
    assert lost
    for first in range(0, 60, 7):
        stop = min(60, first + 7)
        found = list(read_frames(damaged, index, first, stop))
        assert covered(found) == list(range(first, stop))
        here = {
            n for one in found if isinstance(one, Stretch) for n in range(one.first, one.last + 1)
        }
        assert here == lost & set(range(first, stop))


def test_cut_off_file_keeps_what_it_has(tmp_path: Path) -> None:
    path = make_video(
        tmp_path / "a.mp4", pictures=noisy(60), container_options={"movflags": "+faststart"}
    )
    half = cut_off(path, tmp_path / "half.mp4", share=0.6)
    index = build_frame_index(half)
    whole = build_frame_index(path)
    np.testing.assert_array_equal(index.pts, whole.pts)
    assert "cut off" in index.remark
    found = list(read_frames(half, index, 0, 60))
    assert covered(found) == list(range(60))
    shown = [one for one in found if isinstance(one, Frame)]
    assert 20 < len(shown) < 45
    assert wrong(list(shown)) == []
    assert isinstance(found[-1], Stretch)
    assert (found[-1].last, found[-1].reason) == (59, "it is missing from the file")
    assert covered(list(read_frames(half, index, 50, 60))) == list(range(50, 60))


def test_ranges_outside_the_index_are_refused(made: Make) -> None:
    path, index = made("b-frames")
    assert list(read_frames(path, index, 5, 5)) == []
    for first, stop in ((-1, 5), (6, 5), (0, 61)):
        with pytest.raises(ValueError, match="of 60"):
            list(read_frames(path, index, first, stop))
    with reader(path, index) as opened, pytest.raises(ValueError, match="frame 60 of 60"):
        opened.read(60)


@pytest.mark.shared_data
def test_labelled_clips_decode_whole(shared_data: Path) -> None:
    clips = sorted((shared_data / "videos").glob("*.mp4"))[::24]
    assert clips
    for clip in clips:
        index = build_frame_index(clip)
        with av.open(str(clip)) as container:
            stream = container.streams.video[0]
            expected = [frame.pts for frame in container.decode(stream)]
        assert index.pts.tolist() == expected
        first = max(0, len(index) - 5)
        whole = [one for one in read_frames(clip, index, 0, len(index)) if _number(one) >= first]
        last = list(read_frames(clip, index, first, len(index)))
        assert len(last) == len(whole)
        for here, there in zip(last, whole, strict=True):
            assert isinstance(here, Frame)
            assert isinstance(there, Frame)
            assert np.array_equal(here.pixels, there.pixels)


def _number(one: Frame | Stretch) -> int:
    return one.number if isinstance(one, Frame) else one.first
