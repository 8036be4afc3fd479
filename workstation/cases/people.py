"""The examiner's grouping of face tracks into people: a layer above what the machine followed.

Scores, boxes and findings stay with the machine's tracks. A grouping says only which stretches of
which tracks the examiner takes for the same person, and what that person is called.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any

Extents = Mapping[int, tuple[int, int]]
"""First and last frame of every face track of a run."""


@dataclass(frozen=True, order=True)
class Piece:
    """Frames first..last (inclusive) of one face track."""

    track: int
    first: int
    last: int


@dataclass(frozen=True)
class Person:
    """Pieces of face tracks that are taken for one person.

    Attributes:
        pieces: in the order of track, then first frame; never empty.
        name: what the examiner calls the person, or "".
    """

    pieces: tuple[Piece, ...]
    name: str = ""

    @property
    def tracks(self) -> tuple[int, ...]:
        """Numbers of the face tracks that the pieces come from, ascending, each once."""
        return tuple(sorted({piece.track for piece in self.pieces}))

    def plain(self) -> dict[str, Any]:
        """The person as plain JSON."""
        pieces = [[piece.track, piece.first, piece.last] for piece in self.pieces]
        return {"name": self.name, "pieces": pieces}

    @classmethod
    def from_plain(cls, value: Mapping[str, Any]) -> "Person":
        """The person that `plain` gave.

        Raises:
            LookupError, TypeError, ValueError: it is none.
        """
        pieces = tuple(Piece(*piece) for piece in value["pieces"])
        whole = all(type(n) is int for piece in pieces for n in astuple(piece))
        if not pieces or not whole:
            raise ValueError("a person without pieces of face tracks")
        return cls(pieces, str(value["name"]))


def machine_person(track: int, extents: Extents) -> Person:
    """One face track as the machine followed it."""
    return Person((Piece(track, *extents[track]),))


def everyone(grouping: Sequence[Person], extents: Extents) -> tuple[Person, ...]:
    """The people of a run: those of the grouping, and every track that no grouping touches.

    Args:
        grouping: what the examiner grouped, split or named.
        extents: the run's face tracks.
    """
    touched = {track for person in grouping for track in person.tracks}
    rest = [machine_person(track, extents) for track in extents if track not in touched]
    return tuple(sorted([*grouping, *rest], key=lambda person: person.pieces[0]))


def by_hand(people: Sequence[Person], extents: Extents) -> tuple[Person, ...]:
    """The people that are not exactly one track as the machine followed it, without a name."""
    return tuple(
        person
        for person in people
        if len(person.pieces) > 1 or person != machine_person(person.pieces[0].track, extents)
    )


def merged(people: Sequence[Person], chosen: Sequence[Person]) -> tuple[Person, ...]:
    """Take the chosen people for one; the first name among them is kept.

    Raises:
        ValueError: fewer than two were chosen.
    """
    if len(set(chosen)) < 2:
        raise ValueError("merging needs two people")
    name = next((person.name for person in chosen if person.name), "")
    one = Person(_joined([piece for person in chosen for piece in person.pieces]), name)
    return _in_order([*(person for person in people if person not in chosen), one])


def split(people: Sequence[Person], person: Person, frame: int) -> tuple[Person, ...]:
    """Take one person for two: before a frame, and from it on. The earlier keeps the name.

    Raises:
        ValueError: all of the person lies on one side of the frame.
    """
    before = [replace(p, last=min(p.last, frame - 1)) for p in person.pieces if p.first < frame]
    after = [replace(p, first=max(p.first, frame)) for p in person.pieces if p.last >= frame]
    if not before or not after:
        raise ValueError("nothing to split at this frame")
    two = (Person(tuple(before), person.name), Person(tuple(after)))
    return _in_order([*(one for one in people if one != person), *two])


def separated(people: Sequence[Person], person: Person) -> tuple[Person, ...]:
    """Take the pieces of one person for a person each; the first keeps the name."""
    names = [person.name, *[""] * (len(person.pieces) - 1)]
    pieces = zip(person.pieces, names, strict=True)
    apart = [Person((piece,), name) for piece, name in pieces]
    return _in_order([*(one for one in people if one != person), *apart])


def named(people: Sequence[Person], person: Person, name: str) -> tuple[Person, ...]:
    """Call a person by a name, "" for none."""
    return tuple(replace(one, name=name) if one == person else one for one in people)


def as_followed(people: Sequence[Person], person: Person, extents: Extents) -> tuple[Person, ...]:
    """Give back to the machine every track that a person has a part in, wherever its parts are."""
    given_back = set(person.tracks)
    kept: list[Person] = []
    for one in people:
        if one != person:
            pieces = tuple(p for p in one.pieces if p.track not in given_back)
            kept += [replace(one, pieces=pieces)] if pieces else []
    return _in_order([*kept, *(machine_person(track, extents) for track in given_back)])


def _joined(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Pieces in order, those that follow on each other in the same track made one again."""
    joined: list[Piece] = []
    for piece in sorted(pieces):
        before = joined[-1] if joined else None
        if before and before.track == piece.track and before.last + 1 == piece.first:
            joined[-1] = replace(before, last=piece.last)
        else:
            joined.append(piece)
    return tuple(joined)


def _in_order(people: Sequence[Person]) -> tuple[Person, ...]:
    return tuple(sorted(people, key=lambda person: person.pieces[0]))
