"""Where the parts of a file lie: boxes, elements, chunks, segments, packets, each with its size.

MP4: ISO/IEC 14496-12, 4.2. Matroska: RFC 8794. AVI: RIFF. PNG: ISO/IEC 15948, 5.3. JPEG: ITU-T
T.81, B.1. MPEG-TS: ITU-T H.222.0, 2.4.3. Whatever else is cut into strips of 64 bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

STRIP = 64
_BOXES = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"udta", b"moof", b"traf", b"mvex")
_BOXES_AFTER = {b"meta": 4, b"stsd": 8, b"dref": 8, b"dinf": 0, b"avc1": 78, b"hvc1": 78}
_MASTERS = (0x18538067, 0x1654AE6B, 0xAE, 0xE0, 0x1F43B675, 0x1C53BB6B, 0xBB, 0xB7, 0x114D9B74)


@dataclass(frozen=True)
class Part:
    """One part of a file: bytes start..end-1, of which those before `body` are its header.

    Attributes:
        size_at: where its size stands, and in how many bytes; 0 bytes where it has none.
        order: "big" or "little".
    """

    kind: str
    start: int
    body: int
    end: int
    size_at: int = 0
    size_bytes: int = 0
    order: str = "big"


def parts_of(name: str, data: bytes) -> list[Part]:
    """The parts of a valid file, outer ones before inner ones."""
    suffix = name.rpartition(".")[2]
    find = {
        "mp4": _boxes,
        "mov": _boxes,
        "mkv": _elements,
        "webm": _elements,
        "avi": _riff,
        "wav": _riff,
        "png": _png,
        "jpg": _jpeg,
        "ts": _packets,
    }.get(suffix, _strips)
    return list(find(data, 0, len(data)))


def _boxes(data: bytes, at: int, end: int) -> Iterator[Part]:
    while at + 8 <= end:
        size = int.from_bytes(data[at : at + 4], "big") or end - at
        kind = data[at + 4 : at + 8]
        stop = min(at + max(size, 8), end)
        yield Part(kind.decode("latin-1"), at, at + 8, stop, at, 4)
        if kind in _BOXES or kind in _BOXES_AFTER:
            yield from _boxes(data, at + 8 + _BOXES_AFTER.get(kind, 0), stop)
        at = stop


def _number(data: bytes, at: int, *, keep_marker: bool) -> tuple[int, int]:
    """An EBML number and how many bytes it takes."""
    length = 9 - data[at].bit_length() if data[at] else 8
    value = int.from_bytes(data[at : at + length], "big")
    return value if keep_marker else value & ((1 << 7 * length) - 1), length


def _elements(data: bytes, at: int, end: int) -> Iterator[Part]:
    while at + 2 <= end:
        kind, first = _number(data, at, keep_marker=True)
        size, second = _number(data, at + first, keep_marker=False)
        unknown = size == (1 << 7 * second) - 1
        body = at + first + second
        stop = end if unknown else min(body + size, end)
        yield Part(f"{kind:x}", at, body, stop, at + first, second)
        if kind in _MASTERS:
            yield from _elements(data, body, stop)
        at = max(stop, body)


def _riff(data: bytes, at: int, end: int) -> Iterator[Part]:
    while at + 8 <= end:
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        stop = min(at + 8 + size + size % 2, end)
        yield Part(kind.decode("latin-1"), at, at + 8, stop, at + 4, 4, "little")
        if kind in (b"RIFF", b"LIST"):
            yield from _riff(data, at + 12, stop)
        at = stop


def _png(data: bytes, at: int, end: int) -> Iterator[Part]:
    at += 8
    while at + 12 <= end:
        stop = at + 12 + int.from_bytes(data[at : at + 4], "big")
        yield Part(data[at + 4 : at + 8].decode("latin-1"), at, at + 8, stop, at, 4)
        at = stop


def _jpeg(data: bytes, at: int, end: int) -> Iterator[Part]:
    at += 2
    while at + 4 <= end and data[at] == 0xFF:
        stop = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        yield Part(f"ff{data[at + 1]:02x}", at, at + 4, stop, at + 2, 2)
        if data[at + 1] == 0xDA:
            yield from _strips(data, stop, end)
            return
        at = stop


def _packets(data: bytes, at: int, end: int) -> Iterator[Part]:
    for start in range(at, end - 187, 188):
        yield Part("packet", start, start + 4, start + 188)


def _strips(data: bytes, at: int, end: int) -> Iterator[Part]:
    for start in range(at, end, STRIP):
        stop = min(start + STRIP, end)
        yield Part("strip", start, min(start + 8, stop), stop)
