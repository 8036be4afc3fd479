"""Full-text search over what a case says in words: notes, names, tags, facts, findings, log.

The index is SQLite's FTS5, made in memory from the case and thrown away. Nothing of it is evidence,
a case that is open for reading only can be searched too, and it is never out of date, since it is
made anew when the custody log has grown.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from workstation.cases.marks import Mark, MarkKind
from workstation.cases.records import FindingRecord, Run, chosen_run

if TYPE_CHECKING:
    from workstation.cases.case import Case

BEFORE, AFTER = "\x02", "\x03"
"""What a snippet has around the words that fit."""

MOST = 200
_WORDS_AROUND = 14


class HitKind(StrEnum):
    """Where words were found."""

    MARK = "mark"
    EXHIBIT = "exhibit"
    FINDING = "finding"
    CUSTODY = "custody entry"


@dataclass(frozen=True)
class Hit:
    """One place where the words were found.

    Attributes:
        title: what it is, such as "E001 · lips.mp4".
        snippet: the words around, those that fit between `BEFORE` and `AFTER`.
        exhibit: number of the exhibit it is about, or "".
        frame: the frame it is about, and `track` the face track, where there is one.
        number: of the mark or the custody entry, 0 otherwise.
    """

    kind: HitKind
    title: str
    snippet: str
    exhibit: str = ""
    frame: int | None = None
    track: int | None = None
    number: int = 0


_Row = tuple[str, str, str, str, int | None, int | None, int]
"""Kind, title, text, exhibit, frame, track, number."""


class SearchIndex:
    """The words of one case, ready to be searched; to be used and closed by one thread."""

    def __init__(self) -> None:
        self._head = ""
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.execute(
            "CREATE VIRTUAL TABLE words USING fts5 (kind UNINDEXED, title, text, "
            "exhibit UNINDEXED, frame UNINDEXED, track UNINDEXED, number UNINDEXED, "
            "tokenize = \"unicode61 remove_diacritics 2\", prefix = '2 3')"
        )

    def search(self, case: "Case", typed: str, most: int = MOST) -> list[Hit]:
        """Where the words occur, the best first; every word must occur, or one it begins.

        Args:
            case: the case; it must be the same on every call.
            typed: words, and phrases in double quotes.
            most: the most hits to give.

        Raises:
            CaseError: the case cannot be read.
        """
        wanted = _query(typed)
        if not wanted:
            return []
        self._renew(case)
        rows = self._database.execute(
            f"SELECT kind, title, snippet(words, 2, ?, ?, '…', {_WORDS_AROUND}), exhibit, frame, "
            "track, number FROM words WHERE words MATCH ? ORDER BY bm25(words, 0, 4, 1), rowid "
            "LIMIT ?",
            (BEFORE, AFTER, wanted, most),
        )
        return [Hit(HitKind(row[0]), *row[1:]) for row in rows]

    def __del__(self) -> None:
        self._database.close()

    def _renew(self, case: "Case") -> None:
        with case.snapshot():
            head = case.custody.head()
            if head == self._head:
                return
            rows = list(_words(case))
        with self._database:
            self._database.execute("DELETE FROM words")
            self._database.executemany("INSERT INTO words VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self._head = head


def _query(typed: str) -> str:
    """What was typed as an FTS5 query: each word or phrase quoted, words as beginnings."""
    parts = typed.split('"')
    said = []
    for place, part in enumerate(parts):
        if place % 2 and part.split():
            said.append(f'"{" ".join(part.split())}"')
        elif place % 2 == 0:
            said += [f'"{word}"*' for word in part.split()]
    return " AND ".join(word for word in said if any(letter.isalnum() for letter in word))


def _words(case: "Case") -> Iterator[_Row]:
    for exhibit in case.exhibits.all():
        facts = " · ".join(_said(exhibit.facts))
        hashes = f"{exhibit.hashes.sha256} {exhibit.hashes.md5} {exhibit.hashes.sha1}"
        title = f"{exhibit.number} · {exhibit.original_name}"
        yield (HitKind.EXHIBIT, title, f"{facts} · {hashes}", exhibit.number, None, None, 0)
        run = chosen_run(case.runs.of_exhibit(exhibit.number))
        if run is not None:
            yield from _findings(run, case.runs.findings(run.id))
    yield from map(_mark, case.marks.all())
    for entry in case.custody.entries():
        title = f"Entry {entry.sequence} · {entry.act}"
        said = " · ".join([entry.subject, entry.actor, entry.time_utc, *_said(entry.details)])
        yield HitKind.CUSTODY, title, said, "", None, None, entry.sequence


def _findings(run: Run, findings: Iterable[FindingRecord]) -> Iterator[_Row]:
    for record in findings:
        about = run.exhibit if record.track is None else f"{run.exhibit} · track {record.track}"
        title = f"{about} · {record.finding}"
        reasons = " ".join(record.reasons)
        yield HitKind.FINDING, title, reasons, run.exhibit, None, record.track, 0


def _mark(mark: Mark) -> _Row:
    about = mark.exhibit if mark.track is None else f"{mark.exhibit} · track {mark.track}"
    named = mark.name or (str(mark.finding) if mark.finding else "")
    title = " · ".join(part for part in (about, str(mark.kind), named) if part)
    people = ", ".join(person.name for person in mark.people if person.name)
    tags = f"tags: {', '.join(mark.tags)}" if mark.tags else ""
    kind = HitKind.FINDING if mark.kind is MarkKind.FINDING else HitKind.MARK
    said = " · ".join(part for part in (mark.note, tags, people, mark.examiner) if part)
    return kind, title, said, mark.exhibit, mark.first, mark.track, mark.number


def _said(value: Any) -> Iterator[str]:
    """The words and numbers in plain JSON, names of fields with them."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            for said in _said(inner):
                yield (
                    f"{str(name).replace('_', ' ')}: {said}"
                    if not isinstance(inner, Mapping | list)
                    else said
                )
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _said(inner)
    elif value is not None and value != "":
        yield str(value)
