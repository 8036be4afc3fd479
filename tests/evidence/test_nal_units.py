"""Zeros that an encoder of H.264 or HEVC cannot have written, in recordings whole and damaged."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence.test_passing import KINDS, PICTURES, x264, x265
from tests.videos import make_video
from workstation.evidence.nal_units import is_overwritten, length_size, runs_on

AVC = b"\x01\x64\x00\x28\xff\xe1\x00"
HVC = b"\x01" + bytes(20) + b"\x0f\x00"
SLICES = {"h264": b"\x41", "hevc": b"\x02\x01"}
EXTRA = {"h264": AVC, "hevc": HVC}


def units(*contents: bytes, size: int = 4) -> bytes:
    return b"".join(len(one).to_bytes(size) + one for one in contents)


def escaped(payload: bytes) -> bytes:
    """A payload as an encoder writes it (H.264, 7.3.1)."""
    made = bytearray()
    for byte in payload:
        if byte <= 3 and made.endswith(b"\0\0"):
            made.append(3)
        made.append(byte)
    return bytes(made)


@pytest.mark.parametrize("codec", SLICES)
@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (b"abc\0\0\0d", True),
        (b"abc\0\0\2d", True),
        (b"abc" + bytes(2500) + b"d", True),
        (b"abc\0\0\0\1\x02\1ab\0\0\0d", True),
        (b"abc\0\0\3\0\0\3\1d", False),
        (b"abc\0\0\3\0\0\3", False),  # cabac_zero_words
        (b"abc\0\0d", False),
        (b"abc\0\0\0\1\x02\1d", False),  # units that begin so within one with a length
        (b"abc\0\0\1\x4e\x05\0\0\0d", False),
        (b"abc" + bytes(9), False),  # zeros that were left behind the unit
    ],
)
def test_what_no_slice_can_hold(codec: str, inside: bytes, expected: bool) -> None:
    unit = SLICES[codec] + inside
    assert is_overwritten(codec, EXTRA[codec], units(unit, SLICES[codec] + b"abc")) is expected
    if b"\1" not in inside:
        start = b"\0\0\0\1" + unit
        assert is_overwritten(codec, None, b"\0\0\0\1\x09\xf0" + start) is expected
        assert is_overwritten(codec, None, start + b"\0\0\1" + SLICES[codec]) is expected


@pytest.mark.parametrize(
    ("codec", "extra", "data"),
    [
        ("h264", AVC, units(b"\x06\x05" + bytes(20) + b"a", b"\x41abc")),  # user data
        ("h264", AVC, units(b"\x54" + bytes(20) + b"a")),  # another view, which is not shown
        ("h264", AVC, units(b"\x41a" + bytes(20) + b"b")[:-1]),  # the decoder tells of that
        ("h264", AVC, units(b"\x41abc") + bytes(3)),
        ("h264", AVC, bytes(40)),
        ("h264", AVC, b""),
        ("h264", None, b""),
        ("h264", None, bytes(40)),
        ("h264", None, b"\x41" + bytes(20) + b"a"),  # of no unit
        ("h264", None, b"\0\0\1"),
        ("h264", None, b"\0\0\1\x06\x05" + bytes(20) + b"a\0\0\1\x41abc"),
        ("hevc", HVC, units(b"\x4e\x01" + bytes(20) + b"a")),
        ("hevc", HVC, units(b"\x02\x09" + bytes(20) + b"a")),  # another layer
        ("hevc", HVC, units(b"\x02")),
    ],
)
def test_of_what_nothing_is_known_nothing_is_said(
    codec: str, extra: bytes | None, data: bytes
) -> None:
    assert not is_overwritten(codec, extra, data)


def test_zeros_that_go_on_over_the_next_packet() -> None:
    data = units(b"\x41abc" + bytes(9))
    assert runs_on("h264", AVC, data, bytes(4))
    assert not runs_on("h264", AVC, data, b"\0\0\0\5")
    assert not runs_on("h264", AVC, data, b"\0\0")
    assert not runs_on("h264", AVC, units(b"\x41abc"), bytes(4))
    assert not runs_on("h264", None, b"\0\0\1\x41abc\0", bytes(4))


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_lengths_of_every_size(size: int) -> None:
    avc, hvc = bytearray(AVC), bytearray(HVC)
    avc[4] = 0xFC | size - 1
    hvc[21] = 0x0C | size - 1
    for codec, extra in (("h264", bytes(avc)), ("hevc", bytes(hvc))):
        assert length_size(codec, extra) == size
        sound, other = SLICES[codec] + b"abc", SLICES[codec] + b"a\0\0\0b"
        assert not is_overwritten(codec, extra, units(sound, sound, size=size))
        assert is_overwritten(codec, extra, units(sound, other, size=size))
    assert length_size("h264", b"\0\0\0\1\x67abcdefgh") == 0
    assert length_size("h264", None) == length_size("hevc", b"\x01" * 22) == 0


@given(st.binary(), st.sampled_from([*SLICES]), st.integers(0, 9), st.integers(1, 40))
def test_what_is_escaped_is_sound_and_zeros_over_it_are_not(
    payload: bytes, codec: str, place: int, count: int
) -> None:
    head = SLICES[codec]
    unit = escaped(head + payload + b"\x80")
    assert not is_overwritten(codec, EXTRA[codec], units(unit, unit))
    assert not is_overwritten(codec, None, b"\0\0\0\1" + unit + b"\0\0\1" + unit)
    damaged = unit[: len(head) + place] + bytes(count + 2) + b"\x42" + unit[len(head) + place :]
    assert is_overwritten(codec, EXTRA[codec], units(unit, damaged))


SOUND: dict[str, tuple[str, dict[str, Any]]] = {
    **{kind: KINDS[kind][:2] for kind in ("pyramid", "slices", "interlaced", "transport stream")},
    "worst": ("a.mp4", {"options": {"qp": "51"}}),
    "best": ("a.mp4", {"options": {"crf": "1"}}),
    "lossless": ("a.mp4", {"options": {"qp": "0"}}),
    "4:4:4, no loss": ("a.mkv", {"options": {"qp": "0"}, "pixel_format": "yuv444p"}),
    "baseline": ("a.mov", {"options": {"profile": "baseline"}, "b_frames": 0}),
    "CAVLC": ("a.mp4", x264("cabac=0:slices=3")),
    "constant rate": ("a.ts", x264("nal-hrd=cbr:bitrate=900:vbv-maxrate=900:vbv-bufsize=500")),
    "bottom field first": ("a.mkv", x264("bff=1:slices=2")),
    "AVI": ("a.avi", {"b_frames": 0}),
    "Flash": ("a.flv", {}),
    "bare": ("a.h264", {}),
    "fragments": ("a.mp4", {"container_options": {"movflags": "frag_keyframe+empty_moov"}}),
    "hevc slices": ("a.mp4", x265("slices=2:wpp=1")),
    "hevc bare": ("a.hevc", x265("bframes=2")),
    "hevc stream": ("a.ts", x265("bframes=2:repeat-headers=1")),
    "hevc lossless": ("a.mkv", x265("lossless=1")),
    "hevc with digests": ("a.mp4", x265("hash=1:aud=1")),
}
NOISE = [np.random.default_rng(n).integers(0, 256, (180, 320, 3), np.uint8) for n in range(3)]


def packets(path: Path) -> Iterator[tuple[str, bytes | None, bytes]]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        codec = stream.codec_context
        for packet in container.demux(stream):
            if packet.size:
                yield codec.name, codec.extradata, bytes(packet)


@pytest.mark.parametrize("kind", SOUND)
def test_no_sound_recording_is_called_damaged(kind: str, tmp_path: Path) -> None:
    name, how = SOUND[kind]
    path = make_video(tmp_path / name, **{"group": 9, **how, "pictures": PICTURES[:12] + NOISE})
    assert sum(is_overwritten(*one) for one in packets(path)) == 0
