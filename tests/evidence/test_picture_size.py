"""A picture that says it is enormous is refused by name, before anything decodes it."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from workstation.errors import ExhibitError
from workstation.evidence.picture_size import announced_size, is_small_jpeg
from workstation.evidence.probe import probe


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(path: Path, width: int, height: int) -> Path:
    rows = zlib.compress(b"\0" * (3 * width + 1) * min(height, 4))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + parts)
    return path


def jpeg(path: Path, width: int, height: int) -> Path:
    data = bytearray(cv2.imencode(".jpg", np.zeros((64, 64, 3), np.uint8))[1].tobytes())
    at = data.find(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("make", [png, jpeg])
def test_65535_pixels_in_a_square_are_refused_by_name(make, tmp_path):
    path = make(tmp_path / "a", 65_535, 65_500)
    assert announced_size(path) == (65_535, 65_500)
    with pytest.raises(ExhibitError, match="The picture has 65,535 × 65,500 pixels"):
        probe(path)


def test_a_long_thin_picture_is_a_picture(tmp_path):
    facts, kind = probe(png(tmp_path / "a.png", 65_535, 1))
    assert (kind, facts["width"], facts["height"]) == ("picture", 65_535, 1)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\xff\xd8\xff\xff\xff\xff\xff\xff\xff", b"x"])
def test_files_that_announce_nothing(data, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(data)
    assert announced_size(path) is None


def jpeg(width: int, height: int) -> bytes:
    return bytes(cv2.imencode(".jpg", np.zeros((height, width, 3), np.uint8))[1])


def test_only_a_small_jpeg_is_a_thumbnail() -> None:
    assert is_small_jpeg(jpeg(320, 180))
    assert is_small_jpeg(jpeg(1, 320))
    for other in (
        b"",
        b"\xff\xd8\xff",
        jpeg(321, 10),
        jpeg(10, 10).replace(b"\x00\x0a\x00\x0a", b"\xff\xff\xff\xff"),
        jpeg(10, 10) + bytes(2**19),
        bytes(cv2.imencode(".png", np.zeros((10, 10, 3), np.uint8))[1]),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        b"GIF89a" + bytes(20),
    ):
        assert not is_small_jpeg(other)
