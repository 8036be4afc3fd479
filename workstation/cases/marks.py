"""What the examiner adds to a case: markers, clips, notes, tags, findings, and groups of tracks.

Every state of a mark is a row of its own that is never changed or removed, and an entry in the
custody log; taking a mark away is one more state.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from workstation.cases.custody import Act, CustodyLog
from workstation.cases.database import Connection
from workstation.cases.people import Person
from workstation.cases.plain_json import clean_text, from_json, to_json, utc_now
from workstation.cases.records import Finding
from workstation.cases.soundness import as_recorded
from workstation.errors import CaseError

COLOURS: Final = ("blue", "yellow", "pink", "teal", "violet", "salmon", "olive", "grey")
"""Names of the colours a mark can have; what they look like is the theme's."""

_COLUMNS = (
    "mark, kind, exhibit, run, track, first, last, name, note, tags, colour, finding, people, "
    "removed, examiner, time_utc"
)
_HOLES = ", ".join("?" * 16)


class MarkKind(StrEnum):
    """What a mark is about."""

    MARKER = "marker"  # one frame
    CLIP = "clip"  # a stretch of frames, from in to out point
    SEGMENT = "segment note"  # a segment that the analysis flagged
    TRACK = "track note"  # a face track
    EXHIBIT = "exhibit note"  # the whole exhibit
    FINDING = "examiner's finding"  # on a face track, or on the whole exhibit
    GROUPING = "grouping of tracks"  # which tracks of a run are the same person


@dataclass(frozen=True)
class Mark:
    """One thing that the examiner added, as it stands now.

    Attributes:
        exhibit: number of the exhibit.
        first: first frame, for markers, clips and segments; last, inclusive.
        run: the run whose face track it is about, where it is about one.
        track: number of the face track in that run.
        note: free text; for a finding its reasons.
        colour: one of `COLOURS`.
        finding: only for findings.
        people: only for groupings: who was grouped, split or named by hand.
        number: from 1 in every case, 0 while it is not recorded.
        examiner: who recorded this state, and `time_utc` when.
    """

    kind: MarkKind
    exhibit: str
    first: int | None = None
    last: int | None = None
    run: int | None = None
    track: int | None = None
    name: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    colour: str = COLOURS[0]
    finding: Finding | None = None
    people: tuple[Person, ...] = ()
    number: int = 0
    examiner: str = ""
    time_utc: str = ""

    def plain(self) -> dict[str, Any]:
        """What the mark says, as plain JSON for the custody log; fields that say nothing left out.

        Who, when and which mark is not part of it: the entry itself says so.
        """
        said = {
            "first": self.first,
            "last": self.last,
            "run": self.run,
            "track": self.track,
            "name": self.name or None,
            "note": self.note or None,
            "tags": list(self.tags) or None,
            "finding": str(self.finding) if self.finding else None,
            "people": [person.plain() for person in self.people] or None,
            "colour": None if self.kind in _COLOURLESS else self.colour,
        }
        return {name: value for name, value in said.items() if value is not None}


_COLOURLESS = (MarkKind.FINDING, MarkKind.GROUPING)
_IN_FRAMES = (MarkKind.MARKER, MarkKind.CLIP, MarkKind.SEGMENT)
_ACTS: Final[Mapping[MarkKind, tuple[Act, Act, Act]]] = {
    MarkKind.FINDING: (Act.FINDING_GIVEN, Act.FINDING_CHANGED, Act.FINDING_WITHDRAWN),
    MarkKind.GROUPING: (Act.TRACKS_GROUPED, Act.TRACKS_GROUPED, Act.TRACKS_GROUPED),
}
_OTHER_ACTS = (Act.MARK_ADDED, Act.MARK_CHANGED, Act.MARK_REMOVED)
MARK_ACTS: Final = frozenset({*_OTHER_ACTS, *(act for acts in _ACTS.values() for act in acts)})
"""Every act that records the state of a mark."""


class MarkStore:
    """The marks of a case, each with all of its states."""

    def __init__(self, connection: Connection, custody: CustodyLog, examiner: str) -> None:
        self._connection = connection
        self._custody = custody
        self._examiner = examiner

    def put(self, number: int | None, state: Mark | None, how: str = "") -> Mark | None:
        """Record the new state of a mark, and the act in the custody log, together.

        Args:
            number: the mark's number; None for a new one.
            state: what it says from now on; None takes it away. Its `number`, `examiner` and
                `time_utc` are of no account.
            how: in words, such as "undo" or "merged tracks 1 and 3", or "".

        Returns:
            The mark as recorded, None when it was taken away.

        Raises:
            CaseError: the case cannot be written, or has no such mark or exhibit.
            ValueError: the mark makes no sense (`check`).
        """
        if state is not None:
            check(state)
        with self._connection.transaction():
            before = None if number is None else self.get(number)
            number = self._next_number() if number is None else number
            about = state or before
            if about is None:
                raise CaseError(f"The case has no mark {number}.")
            row = replace(
                about, number=number, examiner=clean_text(self._examiner), time_utc=utc_now()
            )
            self._connection.write(
                f"INSERT INTO marks ({_COLUMNS}) VALUES ({_HOLES})", _row(row, state is None)
            )
            self._enter(number, before, state, how)
        return None if state is None else row

    def all(self, exhibit: str | None = None) -> list[Mark]:
        """The marks as they stand now, of one exhibit or of all, in the order they were made."""
        where, parameters = ("", []) if exhibit is None else (" AND exhibit = ?", [exhibit])
        rows = self._connection.rows(
            f"SELECT {_COLUMNS} FROM marks WHERE id IN (SELECT max(id) FROM marks GROUP BY mark) "
            f"AND NOT removed{where} ORDER BY mark",
            parameters,
        )
        return [_mark(row) for row in rows]

    def get(self, number: int) -> Mark | None:
        """A mark as it stands now, None if it was taken away.

        Raises:
            CaseError: the case has no such mark.
        """
        states = self.history(number)
        if not states:
            raise CaseError(f"The case has no mark {number}.")
        mark, removed = states[-1]
        return None if removed else mark

    def history(self, number: int) -> list[tuple[Mark, bool]]:
        """Every state of a mark, oldest first, and whether it was taken away with it."""
        rows = self._connection.rows(
            f"SELECT {_COLUMNS} FROM marks WHERE mark = ? ORDER BY id", (number,)
        )
        return [(_mark(row), bool(row[13])) for row in rows]

    def states(self) -> list[tuple[int, Mark | None]]:
        """Every state of every mark in the order recorded, None where it was taken away."""
        rows = self._connection.rows(f"SELECT {_COLUMNS} FROM marks ORDER BY id")
        return [(row[0], None if row[13] else _mark(row)) for row in rows]

    def _next_number(self) -> int:
        row = self._connection.row("SELECT coalesce(max(mark), 0) + 1 FROM marks")
        return int(row[0]) if row else 1

    def _enter(self, number: int, before: Mark | None, after: Mark | None, how: str) -> None:
        about = after or before
        if about is None:
            raise CaseError(f"The mark {number} was taken away already.")
        added, changed, removed = _ACTS.get(about.kind, _OTHER_ACTS)
        act = removed if after is None else added if before is None else changed
        details: dict[str, Any] = {"mark": number, "kind": str(about.kind)}
        if how:
            details["how"] = how
        self._custody.append(
            act,
            about.exhibit,
            **details,
            before=before.plain() if before else None,
            after=after.plain() if after else None,
        )


def check(mark: Mark) -> None:
    """Refuse a mark that makes no sense.

    Raises:
        ValueError: it does not.
    """
    if mark.kind in _IN_FRAMES and (
        mark.first is None or mark.last is None or not 0 <= mark.first <= mark.last
    ):
        raise ValueError(f"a {mark.kind} needs frames in order")
    if mark.kind is MarkKind.MARKER and mark.first != mark.last:
        raise ValueError("a marker is on one frame")
    if (mark.kind is MarkKind.FINDING) != (mark.finding is not None):
        raise ValueError("a finding is given with a mark of its own kind, and nowhere else")
    if mark.run is None and (mark.track is not None or mark.kind is MarkKind.GROUPING):
        raise ValueError("a face track is one of a run")
    if mark.kind in (MarkKind.TRACK, MarkKind.SEGMENT) and mark.track is None:
        raise ValueError(f"a {mark.kind} needs a face track")
    if mark.colour not in COLOURS:
        raise ValueError(f"no colour is called {mark.colour}")


def tags_of(text: str) -> tuple[str, ...]:
    """Tags as they are typed, separated by commas, each once."""
    found = (" ".join(part.split()) for part in text.split(","))
    return tuple(dict.fromkeys(tag for tag in found if tag))


def finding_on(marks: Iterable[Mark], exhibit: str, track: int | None = None) -> Mark | None:
    """The examiner's finding on an exhibit, or on one of its face tracks; the newest if several."""
    found = [
        mark
        for mark in marks
        if mark.kind is MarkKind.FINDING and mark.exhibit == exhibit and mark.track == track
    ]
    return found[-1] if found else None


def grouping_of(marks: Iterable[Mark], run: int) -> Mark | None:
    """The grouping of a run's face tracks; the newest if several."""
    found = [mark for mark in marks if mark.kind is MarkKind.GROUPING and mark.run == run]
    return found[-1] if found else None


def _row(mark: Mark, removed: bool) -> tuple[Any, ...]:
    return (
        mark.number,
        str(mark.kind),
        mark.exhibit,
        mark.run,
        mark.track,
        mark.first,
        mark.last,
        clean_text(mark.name),
        clean_text(mark.note),
        to_json(mark.tags),
        mark.colour,
        None if mark.finding is None else str(mark.finding),
        to_json([person.plain() for person in mark.people]),
        removed,
        mark.examiner,
        mark.time_utc,
    )


@as_recorded("the marks")
def _mark(row: tuple[Any, ...]) -> Mark:
    return Mark(
        number=row[0],
        kind=MarkKind(row[1]),
        exhibit=row[2],
        run=row[3],
        track=row[4],
        first=row[5],
        last=row[6],
        name=row[7],
        note=row[8],
        tags=tuple(map(str, from_json(row[9], list))),
        colour=row[10],
        finding=None if row[11] is None else Finding(row[11]),
        people=tuple(Person.from_plain(person) for person in from_json(row[12], list)),
        examiner=row[14],
        time_utc=row[15],
    )
