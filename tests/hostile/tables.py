"""MP4 tables and numbers that no honest camera writes; and the like in AVI and MPEG-TS."""

import struct
from collections.abc import Iterator
from itertools import pairwise
from random import Random

from tests.hostile.parts import Part, parts_of
from tests.hostile.samples import Sample, Seeds, changed

_COUNTS = (0, 1, 2, 2**16, 10**6, 2**28, 2**31 - 1, 2**31, 2**32 - 1)
_NUMBERS = (0, 1, 2**31 - 1, 2**31, 2**32 - 1)
_TABLES = ("stts", "ctts", "stss", "stsc", "stco", "co64", "elst", "stsd", "dref", "sbgp", "trun")

# Where numbers of 32 bits stand that are no table's: byte of the body and what it is.
_FIELDS = {
    "mvhd": {12: "time scale", 16: "duration"},
    "mdhd": {12: "time scale", 16: "duration"},
    "tkhd": {12: "track", 20: "duration", 40: "matrix", 44: "matrix", 76: "width", 80: "height"},
    "tfdt": {4: "decode time", 8: "decode time"},
    "tfhd": {4: "track", 8: "duration"},
    "trex": {12: "duration", 16: "size"},
    "stsz": {4: "one size for all", 8: "count"},
}


def counts(seeds: Seeds, rng: Random) -> Iterator[Sample]:
    """Tables that announce more entries than there are, or none."""
    found = [
        (name, part, count)
        for name, part in _boxes(seeds)
        if part.kind in _TABLES
        for count in _COUNTS
    ]
    rng.shuffle(found)
    for name, part, count in found:
        data = changed(seeds[name], part.body + 4, struct.pack(">I", count))
        yield Sample(f"{name} {part.kind} with {count} entries", name, data)


def numbers(seeds: Seeds, rng: Random) -> Iterator[Sample]:
    """Time scales, durations, sizes, matrices out of all bounds; AVI and MPEG-TS likewise."""
    found = [
        (name, part, at, word, number)
        for name, part in _boxes(seeds)
        for at, word in _FIELDS.get(part.kind, {}).items()
        for number in _NUMBERS
    ]
    rng.shuffle(found)
    for name, part, at, word, number in found:
        data = changed(seeds[name], part.body + at, struct.pack(">I", number))
        yield Sample(f"{name} {part.kind} {word} at {at}: {number}", name, data)


def entries(seeds: Seeds, rng: Random) -> Iterator[Sample]:
    """Times, offsets and sizes in tables set to extremes, one table at a time."""
    found = [
        (name, part, number)
        for name, part in _boxes(seeds)
        if part.kind in (*_TABLES, "stsz")
        for number in _NUMBERS
    ]
    rng.shuffle(found)
    for name, part, number in found:
        begin = part.body + (12 if part.kind == "stsz" else 8)
        words = max((part.end - begin) // 4, 0)
        data = changed(seeds[name], begin, struct.pack(">I", number) * words)
        yield Sample(f"{name} {part.kind} all {number}", name, data)


def long_tables(seeds: Seeds, rng: Random) -> Iterator[Sample]:
    """Tables that really hold as many frames as they say, or say it in one entry."""
    for name in ("plain.mp4", "turned.mp4", "pictures.mov"):
        data = seeds[name]
        for count in (10**5, 10**6, 2**31 - 1, 2**32 - 1):
            said = struct.pack(">III", 1, count, 1)
            yield Sample(f"{name} {count} frames in stts", name, _replaced(data, "stts", said))
            body = struct.pack(">II", 1, count)
            both = _replaced(_replaced(data, "stts", said), "stsz", body)
            one = struct.pack(">IIII", 1, 1, count, 1)
            what = f"{name} {count} frames of one byte"
            yield Sample(what, name, _replaced(both, "stsc", one))
        real = struct.pack(">I", 10**6) + struct.pack(">II", 1, 1) * 10**6
        yield Sample(f"{name} a million entries in stts", name, _replaced(data, "stts", real))


def times(seeds: Seeds, rng: Random) -> Iterator[Sample]:
    """Timestamps that run backwards, stand still, or jump by years."""
    steps: dict[str, list[int]] = {
        "stand still": [0] * 18,
        "run backwards": [2**32 - 512] * 18,
        "jump": [512, 2**31 - 1] * 9,
        "swing": [10**6, 2**32 - 10**6] * 9,
        "creep": [1] * 18,
    }
    for name in ("plain.mp4", "turned.mp4", "hevc.mp4", "pictures.mov"):
        for word, deltas in steps.items():
            pairs = b"".join(struct.pack(">II", 1, delta) for delta in deltas)
            data = _replaced(seeds[name], "stts", struct.pack(">I", len(deltas)) + pairs)
            yield Sample(f"{name} times {word}", name, data)
            shifts = struct.pack(">I", len(deltas)) + pairs
            yield Sample(f"{name} shifts {word}", name, _replaced(seeds[name], "ctts", shifts))
    for name in ("plain.avi",):
        for scale, rate in ((0, 0), (1, 2**32 - 1), (2**32 - 1, 1), (1, 0), (0, 1)):
            part = next(p for p in parts_of(name, seeds[name]) if p.kind == "strh")
            new = struct.pack("<II", scale, rate)
            data = changed(seeds[name], part.body + 20, new)
            yield Sample(f"{name} {rate}/{scale} frames a second", name, data)
    yield from _other_order(seeds, rng)


def _other_order(seeds: Seeds, rng: Random) -> Iterator[Sample]:
    """Packets and clusters in an order that makes time run backwards, and doubled ones."""
    for name in ("plain.ts", "old.ts", "plain.mkv", "plain.webm", "plain.avi"):
        data = seeds[name]
        kinds = ("packet", "1f43b675", "00dc", "a3")
        parts = [part for part in parts_of(name, data) if part.kind in kinds]
        inner = [a for a, b in pairwise([*parts, parts[-1]]) if b.start >= a.end or a is b]
        if not inner:
            continue
        pieces = [data[part.start : part.end] for part in inner]
        head, tail = data[: inner[0].start], data[inner[-1].end :]
        shuffled = rng.sample(pieces, len(pieces))
        for word, order in (
            ("backwards", pieces[::-1]),
            ("shuffled", shuffled),
            ("twice each", [piece for piece in pieces for _ in range(2)]),
            ("forwards, then again", pieces * 2),
        ):
            yield Sample(f"{name} packets {word}", name, head + b"".join(order) + tail)


def _boxes(seeds: Seeds) -> Iterator[tuple[str, Part]]:
    for name, data in seeds.items():
        if name.endswith((".mp4", ".mov")):
            for part in parts_of(name, data):
                yield name, part


def _replaced(data: bytes, kind: str, body: bytes) -> bytes:
    """The file with another body in its first box of a kind, version and flags kept.

    The boxes around it grow with it; what stands behind `moov` is not referred to by offset.
    """
    parts = parts_of("x.mp4", data)
    old = next((part for part in parts if part.kind == kind), None)
    if old is None:
        return data
    grown = len(body) - (old.end - old.body - 4)
    for part in parts:
        if part.start <= old.start and part.end >= old.end:
            size = struct.pack(">I", min(part.end - part.start + grown, 2**32 - 1))
            data = changed(data, part.start, size)
    return data[: old.body + 4] + body + data[old.end :]
