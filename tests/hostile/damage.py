"""Damage of every kind in every part of every valid file."""

from collections.abc import Iterator
from random import Random

from tests.hostile.parts import Part, parts_of
from tests.hostile.samples import Sample, Seeds, changed

_FIRST_BYTES = (1, 2, 3, 4, 7, 8, 11, 12, 15, 16, 24, 31, 32, 48, 63, 64)
_MOST_CHANGES = 8


def truncations(seeds: Seeds, rng: Random) -> Iterator[Sample]:
    """Cut off after the first bytes, at each part's begin, within its header, in its middle."""
    found = []
    for name, data in seeds.items():
        places = set(_FIRST_BYTES) | {len(data) - n for n in (1, 2, 4, 8)}
        for part in parts_of(name, data):
            places |= {part.start, part.start + 4, part.body, (part.body + part.end) // 2}
        found += [(name, at) for at in places if 0 <= at < len(data)]
    rng.shuffle(found)
    for name, at in found:
        yield Sample(f"{name} cut off at {at}", name, seeds[name][:at])


def flips(seeds: Seeds, rng: Random) -> Iterator[Sample]:
    """One bit turned over in each part's header, and one in its body."""
    found = [
        (name, part, where)
        for name, data in seeds.items()
        for part in parts_of(name, data)
        for where in ("header", "body")
    ]
    rng.shuffle(found)
    for name, part, where in found:
        first, stop = (part.start, part.body) if where == "header" else (part.body, part.end)
        if first < stop:
            data, at, bit = seeds[name], rng.randrange(first, stop), rng.randrange(8)
            new = bytes([data[at] ^ 1 << bit])
            what = f"{name} bit {bit} of byte {at} ({where} of {part.kind})"
            yield Sample(what, name, changed(data, at, new))


def sizes(seeds: Seeds, rng: Random) -> Iterator[Sample]:
    """Each part said to be of a size that it is not."""
    found = []
    for name, data in seeds.items():
        for part in parts_of(name, data):
            found += [(name, part, size) for size in _wrong_sizes(part)]
    rng.shuffle(found)
    for name, part, size in found:
        new = size.to_bytes(part.size_bytes, part.order)  # type: ignore[arg-type]
        what = f"{name} {part.kind} at {part.start} of size {size:#x}"
        yield Sample(what, name, changed(seeds[name], part.size_at, new))


def _wrong_sizes(part: Part) -> list[int]:
    most = (1 << 8 * part.size_bytes) - 1
    true = part.end - part.start
    wrong = {0, 1, 7, 8, most, most // 2, most // 2 + 1, true - 1, true + 1, true + 2**20}
    return sorted(size for size in wrong if 0 <= size <= most) if part.size_bytes else []


def wide_sizes(seeds: Seeds, rng: Random) -> Iterator[Sample]:
    """MP4 boxes with sizes of 64 bits (box size 1), up to 2**63 and over."""
    found = [
        (name, part, size)
        for name, data in seeds.items()
        if name.endswith((".mp4", ".mov"))
        for part in parts_of(name, data)
        for size in (0, 1, 15, 16, 2**31, 2**32, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
    ]
    rng.shuffle(found)
    for name, part, size in found:
        data = seeds[name]
        kind = data[part.start + 4 : part.start + 8]
        head = (1).to_bytes(4, "big") + kind + size.to_bytes(8, "big")
        broken = data[: part.start] + head + data[part.body :]
        yield Sample(f"{name} {part.kind} at {part.start} of size {size:#x}", name, broken)


def disorder(seeds: Seeds, rng: Random) -> Iterator[Sample]:
    """Parts left out, doubled, emptied, or put where another belongs."""
    found = [
        (name, part, deed)
        for name, data in seeds.items()
        for part in parts_of(name, data)
        for deed in ("left out", "doubled", "emptied", "in another's place", "a hundred times")
    ]
    rng.shuffle(found)
    for name, part, deed in found:
        yield Sample(
            f"{name} {part.kind} at {part.start} {deed}", name, _do(seeds, name, part, deed)
        )


def _do(seeds: Seeds, name: str, part: Part, deed: str) -> bytes:
    data = seeds[name]
    piece = data[part.start : part.end]
    if deed == "left out":
        piece = b""
    elif deed == "doubled":
        piece += piece
    elif deed == "a hundred times":
        piece *= 100
    elif deed == "emptied":
        piece = piece[: part.body - part.start] + bytes(part.end - part.body)
    else:
        parts = parts_of(name, data)
        other = parts[(parts.index(part) * 7 + 3) % len(parts)]
        piece = data[other.start : other.end]
    return data[: part.start] + piece + data[part.end :]


def at_random(seeds: Seeds, rng: Random) -> Iterator[Sample]:
    """Without end: several changes at once, wherever they fall."""
    names, number = sorted(seeds), 0
    while True:
        number += 1
        name = rng.choice(names)
        data = damaged(seeds[name], rng, name, seeds)
        yield Sample(f"{name} changed at random, number {number}", name, data)


def damaged(data: bytes, rng: Random, name: str, seeds: Seeds) -> bytes:
    """The bytes with a few changes wherever they fall.

    Args:
        data: Any bytes.
        rng: Chooses.
        name: Under which they stand in `seeds`, from which pieces are taken, too.
        seeds: Valid bytes by name.
    """
    for _ in range(rng.randint(1, _MOST_CHANGES)):
        data = _change(data, rng, name, seeds)
    return data


def _change(data: bytes, rng: Random, name: str, seeds: Seeds) -> bytes:
    if not data:
        return data
    at, length = rng.randrange(len(data)), rng.randint(1, 64)
    deed = rng.randrange(6)
    if deed == 0:
        return changed(data, at, bytes([rng.randrange(256)]))
    if deed == 1:
        return changed(data, at, rng.choice([b"\0", b"\xff", b"\x7f", b"\x80"]) * length)
    if deed == 2:
        return changed(data, at, rng.choice([0, 1, 2**31, 2**32 - 1]).to_bytes(4, "big"))
    if deed == 3:
        return data[:at] + data[at + length :]
    if deed == 4:
        return data[:at] + data[at : at + length] + data[at:]
    other = seeds[rng.choice(sorted(seeds)) if rng.random() < 0.2 else name]
    begin = rng.randrange(len(other))
    return changed(data, at, other[begin : begin + length])
