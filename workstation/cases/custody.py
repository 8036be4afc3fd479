"""The custody log: append-only, each entry chained to the one before by SHA-256."""

import hashlib
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from workstation.cases.database import Connection
from workstation.cases.own_entries import Maker, code_of, maker
from workstation.cases.own_place import remember_log, seen_log
from workstation.cases.plain_json import canonical, clean_text, from_canonical, plain, utc_now
from workstation.cases.records import CustodyEntry
from workstation.cases.seals import Seals, Vouched
from workstation.errors import CaseError

NO_ENTRY = "0" * 64
"""What the first entry names as the SHA-256 of the one before."""

_TOLD = ("run", "frames_done", "outcome", "reason", "name")
"""Details of an entry that the program's own log repeats."""

_log = logging.getLogger(__name__)

_COLUMNS = "sequence, time_utc, actor, act, subject, details, previous_sha256, sha256"


class Act(StrEnum):
    """What the log can record."""

    CASE_CREATED = "case created"
    EXHIBIT_ADDED = "exhibit added"
    EXHIBIT_REFUSED = "exhibit refused"
    EXHIBIT_VERIFIED = "exhibit verified"
    ANALYSIS_STARTED = "analysis started"
    ANALYSIS_RESUMED = "analysis resumed"
    ANALYSIS_PAUSED = "analysis paused"
    ANALYSIS_CANCELLED = "analysis cancelled"
    ANALYSIS_INTERRUPTED = "analysis interrupted"
    ANALYSIS_COMPLETE = "analysis complete"
    ANALYSIS_FAILED = "analysis failed"
    SCORES_EXPORTED = "scores exported"
    FRAME_EXPORTED = "frame exported"
    CLIP_EXPORTED = "clip exported"
    TIMELINE_EXPORTED = "timeline exported"
    EXPORT_FAILED = "export not completed"
    MARK_ADDED = "mark added"
    MARK_CHANGED = "mark changed"
    MARK_REMOVED = "mark removed"
    FINDING_GIVEN = "examiner's finding given"
    FINDING_CHANGED = "examiner's finding changed"
    FINDING_WITHDRAWN = "examiner's finding withdrawn"
    TRACKS_GROUPED = "face tracks grouped"
    REFERENCE_ADDED = "reference added"
    REFERENCE_REVOKED = "reference revoked"
    REPORT_SIGNED = "report signed"
    LOG_VERIFIED = "log verified"


GOING_ON = (Act.ANALYSIS_STARTED, Act.ANALYSIS_RESUMED)
"""What the log says last of a run that goes on, or whose program was killed."""

_RUN_ACTS = (
    *GOING_ON,
    Act.ANALYSIS_PAUSED,
    Act.ANALYSIS_CANCELLED,
    Act.ANALYSIS_INTERRUPTED,
    Act.ANALYSIS_COMPLETE,
    Act.ANALYSIS_FAILED,
)
_NOT_BOUND = (
    "an older version or another account made them, or what bound them was taken off. A change to "
    "them{} would not show. Analyse again where that matters."
)


@dataclass(frozen=True)
class ChainCheck:
    """Outcome of walking the log.

    Attributes:
        entries: number of entries in the log.
        head: SHA-256 that the last entry carries, `NO_ENTRY` for an empty log.
        problem: the first thing found wrong, as a sentence, or "".
        remarks: what an intact log shows and somebody ought to explain, in sentences: times that
            run backwards, scores that nothing vouches for from when they were recorded, and a log
            that this computer has seen with another end.
    """

    intact: bool
    entries: int
    head: str
    problem: str
    remarks: tuple[str, ...] = ()


class CustodyLog:
    """The custody log of one case."""

    def __init__(self, connection: Connection, actor: str) -> None:
        self._connection = connection
        self._actor = actor

    def append(self, act: Act, subject: str = "", **details: Any) -> CustodyEntry:
        """Record an act, as done now by the case's examiner.

        Args:
            act: what was done.
            subject: what it was done to, such as an exhibit number.
            **details: facts and result; plain JSON. With `account` among them, the entry carries
                this account's code (see `own_entries`).

        Raises:
            CaseError: the case cannot be written; nothing was recorded.
        """
        with self._connection.transaction():
            last = self._connection.row(
                "SELECT sequence, sha256 FROM custody ORDER BY sequence DESC LIMIT 1"
            )
            sequence, previous = (last[0], str(last[1])) if last else (0, NO_ENTRY)
            fields = {
                "sequence": sequence + 1,
                "time_utc": utc_now(),
                "actor": clean_text(self._actor),
                "act": str(Act(act)),
                "subject": clean_text(subject),
                "details": from_canonical(canonical(details).decode()),
                "previous_sha256": previous,
            }
            if "account" in details:
                fields["details"]["code"] = code_of(fields)
            entry = CustodyEntry(**fields, sha256=_digest(fields))
            with _growing():
                self._connection.write(
                    f"INSERT INTO custody ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (*_values(entry),),
                )
            if act in GOING_ON:  # what binds a run's scores hangs on it if the program is killed
                self._connection.once_recorded(self.remember)
            told = [entry.details[name] for name in _TOLD if name in entry.details]
            self._connection.once_recorded(
                lambda: _log.info("entered in a custody log: %s %s %s", act, entry.subject, told)
            )
        return entry

    def entries(self) -> list[CustodyEntry]:
        """Every entry, oldest first.

        Raises:
            CaseError: the database cannot be read.
        """
        return [_entry(row) for row in self._rows()]

    def about(self, subject: str) -> list[CustodyEntry]:
        """The entries about one subject, such as an exhibit's number, oldest first."""
        sql = f"SELECT {_COLUMNS} FROM custody WHERE subject = ? ORDER BY sequence"
        return [_entry(_as_written(row)) for row in self._connection.rows(sql, (subject,))]

    def head(self) -> str:
        """SHA-256 of the last entry, `NO_ENTRY` when there is none."""
        last = self._connection.row("SELECT sha256 FROM custody ORDER BY sequence DESC LIMIT 1")
        return str(last[0]) if last else NO_ENTRY

    def origin(self) -> str:
        """SHA-256 of the first entry, which no other case shares; `NO_ENTRY` when there is none."""
        first = self._connection.row("SELECT sha256 FROM custody ORDER BY sequence LIMIT 1")
        return str(first[0]) if first else NO_ENTRY

    def verify(self) -> ChainCheck:
        """Walk the log: numbers, links, digests, and the heads that signed reports carry.

        What the log alone cannot show: entries cut off its end after the last report, and a log
        rewritten from some entry to the end with every digest computed anew. Both show when the
        head hash of a signed report is looked up in the log (`entries`), which this does only for
        reports that the case itself remembers; and on a computer that saw the log before.
        """
        with self._connection.snapshot():
            return self._walked(self._rows())

    def _walked(self, rows: Sequence[tuple[Any, ...]]) -> ChainCheck:
        known = {NO_ENTRY}
        previous = NO_ENTRY
        problem = ""
        for position, row in enumerate(rows, 1):
            problem = problem or _problem(row, position, previous)
            previous = row[7]
            known.add(row[7])
        for path, head in self._connection.rows("SELECT path, custody_head FROM reports"):
            if head not in known:
                problem = problem or (
                    f"The report “{path}” was signed when the log ended with an entry that is no "
                    "longer in it: entries were removed or rewritten."
                )
        remarks = (*_backwards(rows), *_not_bound(rows), *self._loose(rows), *self.unlike_seen())
        return ChainCheck(not problem, len(rows), previous, problem, remarks)

    def unlike_seen(self) -> tuple[str, ...]:
        """A sentence if the log lacks the entry that it ended with when it was last seen here."""
        seen = seen_log(self.origin())
        if seen is None or seen.head == NO_ENTRY:
            return ()
        if self._connection.row("SELECT 1 FROM custody WHERE sha256 = ?", (seen.head,)):
            return ()
        return (
            "When this case was last closed on this computer, or an analysis last began or went on "
            f"in it here, its custody log ended with entry {seen.entries} (SHA-256 {seen.head}), "
            "which this log does not hold: this is an older or another copy of the case, or "
            "entries were removed or rewritten since.",
        )

    def remember(self) -> None:
        """Remember on this computer where the log ends."""
        entries = self._connection.row("SELECT count(*) FROM custody")
        remember_log(self.origin(), entries[0] if entries else 0, self.head())

    def _loose(self, rows: Sequence[tuple[Any, ...]]) -> Iterator[str]:
        """Which runs that did not stop hold scores that nothing binds to the case."""
        seals = Seals(self._connection)
        about_runs = [_entry(row) for row in rows if row[3] in _RUN_ACTS]
        for run, entry in last_acts(about_runs).items():
            if entry.act not in GOING_ON:
                continue
            try:
                bound = seals.vouched(run, entry.details.get("account")) is not Vouched.NOT_HERE
            except CaseError:  # `disagreements` refuses with its sentence
                bound = False
            if not bound:
                yield (
                    f"Run {run} of {entry.subject} goes on, or its program ended before its "
                    "analysis did, and its scores are not bound to the case by this account: "
                    + _NOT_BOUND.format("")
                )

    def _rows(self) -> list[tuple[Any, ...]]:
        rows = self._connection.rows(f"SELECT {_COLUMNS} FROM custody ORDER BY sequence")
        return [_as_written(row) for row in rows]


@contextmanager
def _growing() -> Iterator[None]:
    """Put into words that the log does not take an entry at its end: it is not in order."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise CaseError(
            "The custody log was altered or is damaged, so nothing can be entered in it. Leave the "
            "folder as it is and work on a copy from a backup; it can be opened for reading."
        ) from error


def _as_written(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A number and seven texts, as every entry has; what a damaged page gives fits no digest."""
    number = row[0] if isinstance(row[0], int) else -1
    return number, *(one if isinstance(one, str) else repr(one) for one in row[1:])


def _backwards(rows: Sequence[tuple[Any, ...]]) -> tuple[str, ...]:
    """Where the time of an entry lies before that of the entry before it."""
    return tuple(
        f"Times run backwards between entries {before[0]} ({before[1]}) and {row[0]} ({row[1]}): "
        "the computer's clock was set back. The order of the entries is that of their numbers."
        for before, row in pairwise(rows)
        if row[1] < before[1]  # ISO 8601 in UTC, all of one length: text sorts as time does
    )


def _not_bound(rows: Sequence[tuple[Any, ...]]) -> Iterator[str]:
    """Which interrupted runs held scores that nobody on this computer had bound to the case."""
    for row in rows:
        if row[3] == Act.ANALYSIS_INTERRUPTED and "not_bound" in row[5]:
            entry = _entry(row)
            if entry.details.get("not_bound") is True:
                yield (
                    f"Entry {entry.sequence}: the program that made run {entry.details.get('run')} "
                    f"of {entry.subject} ended before its analysis did, and its scores were not "
                    "bound to the case as they were recorded: "
                    + _NOT_BOUND.format(" before that entry")
                )


def last_acts(entries: Sequence[CustodyEntry]) -> dict[int, CustodyEntry]:
    """The newest entry about each run, by the run's number."""
    return {run: about[-1] for run, about in run_acts(entries).items()}


def run_acts(entries: Sequence[CustodyEntry]) -> dict[int, list[CustodyEntry]]:
    """The entries about each run, oldest first, by the run's number."""
    found: dict[int, list[CustodyEntry]] = {}
    for entry in entries:
        if entry.act in _RUN_ACTS and isinstance(entry.details.get("run"), int):
            found.setdefault(entry.details["run"], []).append(entry)
    return found


def _values(entry: CustodyEntry) -> tuple[Any, ...]:
    fields = asdict(entry) | {"details": canonical(entry.details).decode()}
    return tuple(fields[name] for name in _COLUMNS.split(", "))


def _entry(row: tuple[Any, ...]) -> CustodyEntry:
    try:
        details = _details(row[5])
    except (TypeError, ValueError, RecursionError):
        # Still shown, so that the examiner sees what was done to it; `verify` names the entry.
        details = {"unreadable": row[5]}
    sequence, time_utc, actor, act, subject, _, previous, sha256 = row
    return CustodyEntry(sequence, time_utc, actor, act, subject, details, previous, sha256)


def _digest(fields: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(plain(fields))).hexdigest()


def _details(text: str) -> dict[str, Any]:
    details = from_canonical(text)
    if not isinstance(details, dict):
        raise ValueError("the details of an entry are no object")
    return details


def _problem(row: tuple[Any, ...], position: int, previous: str) -> str:
    fields = dict(zip(_COLUMNS.split(", "), row, strict=True))
    digest = fields.pop("sha256")
    if fields["sequence"] != position:
        return f"Entry {position} of the custody log is missing."
    if fields["previous_sha256"] != previous:
        return f"Entry {position} of the custody log does not follow on the entry before it."
    try:
        details = _details(fields["details"])
        spelled = canonical(details).decode() == fields["details"]
        fields["details"] = details
        intact = spelled and _digest(fields) == digest
        if intact and maker(CustodyEntry(**fields, sha256=digest)) is Maker.FALSELY:
            return f"Entry {position} of the custody log was not made by the account that it names."
    except (TypeError, ValueError, RecursionError):
        intact = False
    return "" if intact else f"Entry {position} of the custody log was altered."
