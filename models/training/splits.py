"""Who learns, who is held out: sides that share no person, no recording and no face.

A swap joins two people, because the fake shows both; people who are joined stay on one side. Where
swaps join nearly everyone, as in Celeb-DF, people are put on sides one by one and the fakes that
would join two sides are left out.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.training.datasets.recording import DataError, Recording, some
from models.training.joined import Joined
from models.training.likeness import ALIKE_BITS, alike_pairs

SHARES = {"train": 0.7, "validation": 0.2, "test": 0.1}
"""Parts of the people, as in the papers that the seed recipe follows."""

SIDES = tuple(SHARES)
LEFT_OUT = "left out"
SCHEMES = ("official", "identity", "none")
FEWEST_GROUPS = 10
"""So many groups of unnamed people must there be for a whole group to stay on one side."""

_LARGEST_JOINED = 0.5


class LeakError(DataError):
    """Two sides share a person, a recording or a face; the text names the pairs."""


def split_recordings(
    recordings: Sequence[Recording],
    scheme: str = "official",
    alike: Iterable[tuple[str, str]] = (),
) -> dict[str, str]:
    """Put every recording on a side.

    Args:
        recordings: Of one or several data sets.
        scheme: "official" follows the data sets' own lists, leaves out what has no official side
            but shares a person with something that has, and splits the rest by identity;
            "identity" ignores the lists; "none" puts everything on the test side.
        alike: Keys of recordings that show near-duplicate faces; they stay together.

    Returns:
        By key "train", "validation", "test" or "left out". It depends on nothing but the arguments,
        and not on their order.

    Raises:
        DataError: There are fewer people than three sides need.
        ValueError: There is no such scheme.
    """
    if scheme not in SCHEMES:
        raise ValueError(f"{scheme} is not one of {SCHEMES}")
    if scheme == "none":
        return {recording.key: "test" for recording in recordings}
    pairs = list(alike)
    fixed = {r.key: r.official for r in recordings if r.official and scheme == "official"}
    joined = _components(recordings, pairs, recordings)
    bound = {joined[r.target] for r in recordings if r.key in fixed}
    sides = {r.key: fixed.get(r.key, LEFT_OUT) for r in recordings if joined[r.target] in bound}
    free = [r for r in recordings if r.key not in sides]
    try:
        return sides | (_by_identity(free, pairs) if free else {})
    except DataError:
        if not fixed:
            raise
        return sides | {r.key: LEFT_OUT for r in free}


def check_leaks(
    recordings: Sequence[Recording],
    sides: Mapping[str, str],
    hashes: Mapping[str, NDArray[np.uint64]] | None = None,
) -> None:
    """Refuse sides that share a person, a recording or a near-duplicate face.

    Args:
        recordings: Everything that has a side.
        sides: As `split_recordings` gives them.
        hashes: Perceptual hashes of some crops by key, uint64 ``(K, 4)``; faces are compared only
            where they are given.

    Raises:
        LeakError: Names the kinds of leak and the first pairs of each.
    """
    used = [r for r in recordings if sides.get(r.key, LEFT_OUT) != LEFT_OUT]
    said = [
        _told(f"the same {what} is on two sides", _crossing(used, sides, names))
        for what, names in (
            ("person", lambda r: r.people),
            ("source clip", lambda r: (r.clip,)),
        )
    ]
    if hashes:
        kept = {r.key: hashes[r.key] for r in used if r.key in hashes}
        faces = [
            f"{first} ({sides[first]}) and {second} ({sides[second]})"
            for first, second in alike_pairs(kept, sides)
        ]
        said.append(_told(f"near-duplicate faces (at most {ALIKE_BITS} of 256 bits apart)", faces))
    leaks = [sentence for sentence in said if sentence]
    if leaks:
        raise LeakError(
            "The split leaks: " + "; ".join(leaks) + ". Split by identity, or mend the lists."
        )


def _told(what: str, pairs: Sequence[str]) -> str:
    return f"{what}: {some(list(pairs), 3)}" if pairs else ""


def _crossing(
    recordings: Iterable[Recording],
    sides: Mapping[str, str],
    names: Callable[[Recording], tuple[str, ...]],
) -> list[str]:
    """One pair of recordings for every name that is on two sides."""
    first: dict[str, Recording] = {}
    found: dict[str, str] = {}
    for recording in recordings:
        for name in names(recording):
            other = first.setdefault(name, recording)
            if sides[other.key] != sides[recording.key]:
                found.setdefault(
                    name,
                    f"{name} in {other.key} ({sides[other.key]}) and {recording.key} "
                    f"({sides[recording.key]})",
                )
    return list(found.values())


def _by_identity(
    recordings: Sequence[Recording], alike: Collection[tuple[str, str]]
) -> dict[str, str]:
    """Sides by people; fakes between two sides are left out where swaps join nearly everyone."""
    units = _components(recordings, alike, recordings)
    sizes = Counter(units.values())
    if max(sizes.values()) > max(2.0, _LARGEST_JOINED * len(units)):
        alone = _components(recordings, alike, ())
        units = _components(recordings, alike, _couples(recordings, alone))
    labels: dict[str, set[bool]] = {unit: set() for unit in units.values()}
    for recording in recordings:
        inside = {units[person] for person in recording.people}
        if len(inside) == 1:
            labels[inside.pop()].add(recording.fake)
    chosen = _fill(Counter(units.values()), labels)
    sides = {}
    for recording in recordings:
        found = {chosen[units[person]] for person in recording.people}
        sides[recording.key] = found.pop() if len(found) == 1 else LEFT_OUT
    for fake in {recording.fake for recording in recordings}:
        filled = {sides[r.key] for r in recordings if r.fake == fake} - {LEFT_OUT}
        if len(filled) < len(SIDES):
            groups = sum(fake in found for found in labels.values())
            raise DataError(
                f"The {'fake' if fake else 'real'} recordings show too few people for train, "
                f"validation and test: {groups} groups of people that share no recording, and at "
                "least 3 are needed. Add recordings of other people, or make a store without sides "
                "(--split none)."
            )
    return sides


def _couples(recordings: Iterable[Recording], units: Mapping[str, str]) -> list[Recording]:
    """Swaps that join people two by two, so that every side keeps some fakes.

    Whoever has fewest partners left chooses first, so that few stay alone (Karp and Sipser 1981).
    """
    swaps: dict[str, dict[str, Recording]] = defaultdict(dict)
    for recording in sorted(recordings, key=lambda recording: recording.key):
        one, other = units[recording.target], units[recording.people[-1]]
        if one != other:
            swaps[one][other] = swaps[other][one] = recording
    found = []
    while any(swaps.values()):
        alone = (unit for unit, partners in swaps.items() if partners)
        unit = min(alone, key=lambda unit: (len(swaps[unit]), _digest(unit)))
        other = min(swaps[unit], key=lambda unit: (len(swaps[unit]), _digest(unit)))
        found.append(swaps[unit][other])
        for gone in (unit, other):
            for partner in swaps.pop(gone):
                swaps.get(partner, {}).pop(gone, None)
    return found


def _fill(sizes: Mapping[str, int], labels: Mapping[str, set[bool]]) -> dict[str, str]:
    """A side for every unit of people: always the one that lacks most of what the unit has."""
    kinds = {unit: labels[unit] or {True, False} for unit in sizes}
    totals = {label: sum(sizes[u] for u in sizes if label in kinds[u]) for label in (True, False)}
    have = {side: dict.fromkeys(totals, 0) for side in SIDES}
    chosen = {}
    for unit in sorted(sizes, key=lambda unit: (-sizes[unit], _digest(unit))):

        def lack(side: str, unit: str = unit) -> float:
            share = SHARES[side]
            return sum(1 - have[side][label] / (share * totals[label]) for label in kinds[unit])

        side = max(SIDES, key=lack)
        chosen[unit] = side
        for label in kinds[unit]:
            have[side][label] += sizes[unit]
    return chosen


def _components(
    recordings: Sequence[Recording],
    alike: Iterable[tuple[str, str]],
    swaps: Iterable[Recording],
) -> dict[str, str]:
    """For every person the name of the people they belong together with.

    People belong together who are named for one source clip, whose faces are near-duplicates, who
    may be the same because a data set names nobody, and who are in one of the given swaps.
    """
    joined = Joined(person for recording in recordings for person in recording.people)
    targets = {recording.key: recording.target for recording in recordings}
    kept_together = len({r.group for r in recordings if r.group}) >= FEWEST_GROUPS
    first: dict[tuple[str, str], str] = {}
    for recording in recordings:
        joined.join(recording.target, first.setdefault(("clip", recording.clip), recording.target))
        if recording.group and kept_together:
            group = ("group", recording.group)
            joined.join(recording.target, first.setdefault(group, recording.target))
    for swap in swaps:
        for person in swap.people:
            joined.join(person, swap.target)
    for one, other in alike:
        if one in targets and other in targets:
            joined.join(targets[one], targets[other])
    return joined.leaders()


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
