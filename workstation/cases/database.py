"""The one door to SQLite: opening, transactions, and errors put into words."""

import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import sqlite_utils
from numpy.typing import NDArray

from workstation.errors import CaseError

BUSY_SECONDS = 30.0
_LONGEST_VALUE = 2**29  # bytes; the frame index of a hundred hours has 2**28
SQLITE_VERSION = sqlite3.sqlite_version

_SENTENCES = {
    sqlite3.SQLITE_FULL: (
        "The disk that holds the case is full, so nothing was recorded. "
        "Free some space and try again."
    ),
    sqlite3.SQLITE_BUSY: (
        "The case database is busy in another program. Close that program or try again."
    ),
    sqlite3.SQLITE_LOCKED: (
        "The case database is busy in another program. Close that program or try again."
    ),
    sqlite3.SQLITE_READONLY: "The case is open for reading only, so nothing was recorded.",
    sqlite3.SQLITE_PERM: "You have no permission to write the case, so nothing was recorded.",
    sqlite3.SQLITE_CORRUPT: (
        "The case database is damaged. Leave the folder as it is and work on a copy from a backup."
    ),
    sqlite3.SQLITE_TOOBIG: "The case database holds a value too large to be read.",
    sqlite3.SQLITE_NOTADB: "The file case.sqlite is not a case database. Choose another folder.",
    sqlite3.SQLITE_CANTOPEN: (
        "The case database cannot be opened. Check that the folder exists, that you may read it, "
        "and that its disk is not full."
    ),
    sqlite3.SQLITE_IOERR: (
        "The case database could not be read or written: the disk is full, or it or the connection "
        "to it failed. Make room or check the drive, then try again; what was recorded stays."
    ),
}


@contextmanager
def in_words(otherwise: int = sqlite3.SQLITE_OK) -> Iterator[None]:
    """Turn what the world did to the database into a `CaseError`; our own faults stay.

    Args:
        otherwise: code whose sentence serves for an error without one; by default there is none.
    """
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        # Without a code: text in it that is none, which says so only as it is read.
        odd = code is None and type(error) is sqlite3.OperationalError
        known = sqlite3.SQLITE_CORRUPT if odd else (code or 0) & 0xFF
        sentence = _SENTENCES.get(known, _SENTENCES.get(otherwise))
        if sentence is None:
            raise
        raise CaseError(sentence) from error
    except MemoryError as error:  # what a damaged file asks for, or indeed all there is
        raise CaseError(
            "The case database asks for more memory than there is: it is damaged, or other "
            "programs take too much. Close them and try again, or work on a copy from a backup."
        ) from error
    except UnicodeDecodeError as error:
        # SQLite's own words name what stands in the file, which may be no text at all.
        if otherwise not in _SENTENCES:
            raise
        raise CaseError(_SENTENCES[otherwise]) from error


def is_damage(error: CaseError) -> bool:
    """Whether an error of `in_words` says that the file itself is no sound database."""
    code = getattr(error.__cause__, "sqlite_errorcode", None)
    damaged = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    return code is None or code & 0xFF in damaged


class Connection:
    """One SQLite connection.

    It may be handed from thread to thread, but a transaction belongs to the thread that began it.
    """

    def __init__(self, path: Path, *, read_only: bool = False, synchronous: str = "FULL") -> None:
        self.read_only = read_only
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self._owner: int | None = None
        self._then: list[Callable[[], object]] = []
        self._beside: int | None = None  # the file's format when tables were put beside it
        self._watch: Callable[[], None] | None = None
        self._tables = 0
        self._permit: Callable[[], None] | None = None
        with in_words(otherwise=sqlite3.SQLITE_NOTADB):
            self._raw = self._open_for_reading(path) if read_only else _connect(path, "rwc")
            try:
                if read_only:
                    self._raw.execute("PRAGMA query_only=ON")
                else:
                    self._raw.execute("PRAGMA journal_mode=WAL")
                    self._raw.execute(f"PRAGMA synchronous={synchronous}")
                self._raw.execute("PRAGMA foreign_keys=ON")
                self._raw.execute("PRAGMA trusted_schema=OFF")
                self._raw.execute("PRAGMA cell_size_check=ON")
                self._raw.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
                self.database = sqlite_utils.Database(self._raw)
            except BaseException:
                self.close()
                raise

    def _open_for_reading(self, path: Path) -> sqlite3.Connection:
        """Open without the right to write.

        SQLite needs a writable folder for the index of a write-ahead log. Where the folder is not
        writable, nobody can be writing either: without a log the file is read as immutable, and
        with one left by a crash, a temporary copy of both is read, so that the log counts.
        """
        try:
            raw = _connect(path, "ro")
        except sqlite3.OperationalError:
            if not path.exists():
                raise
        else:
            try:
                raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
                return raw
            except sqlite3.OperationalError as error:
                raw.close()
                if error.sqlite_errorcode & 0xFF not in (
                    sqlite3.SQLITE_CANTOPEN,
                    sqlite3.SQLITE_READONLY,
                ):
                    raise
        log = path.with_name(path.name + "-wal")
        if not log.exists() or log.stat().st_size == 0:
            return _connect(path, "ro", "&immutable=1")
        self._copy = tempfile.TemporaryDirectory(prefix="case-")
        for part in (path, log):
            shutil.copyfile(part, Path(self._copy.name) / part.name)
        return _connect(Path(self._copy.name) / path.name, "rw")

    @contextmanager
    def in_memory(self) -> Iterator[None]:
        """Let what is open for reading only be changed: a copy in memory takes its place.

        Open for writing, nothing is copied.
        """
        if not self.read_only:
            yield
            return
        with in_words():
            copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            self._raw.backup(copy)
            self.close()
            self._raw, self.database = copy, sqlite_utils.Database(copy)
            yield
            self._raw.execute("PRAGMA query_only=ON")

    def put_beside(self, tables: Iterable[str]) -> None:
        """Let what is open for reading only have tables in memory that its file does not have.

        They are taken away once another program has made them in the file.

        Args:
            tables: SQL that makes each, in the database `beside`.
        """
        version = self.pragma("user_version")
        with in_words():
            self._raw.execute("PRAGMA query_only=OFF")
            self._raw.execute("ATTACH ':memory:' AS beside")
            for table in tables:
                self._raw.execute(table)
            self._raw.execute("PRAGMA query_only=ON")
        self._beside = version

    def watch_tables(self, check: Callable[[], None]) -> None:
        """Have a look taken whenever another program has changed the tables, or what they do.

        Args:
            check: called before anything more is read or written; raises where it must not be.
        """
        self._tables, self._watch = self.pragma("schema_version"), check

    def before_writing(self, permit: Callable[[], None]) -> None:
        """Have something asked before every transaction that writes; it raises to refuse."""
        self._permit = permit

    def pragma(self, name: str) -> int:
        """The number that a pragma answers, such as `user_version`."""
        with in_words():
            return int(self._raw.execute(f"PRAGMA {name}").fetchone()[0])

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        self._before_reading()
        with in_words():
            return self._raw.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        found = self.rows(sql, parameters)
        return found[0] if found else None

    def each(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query one by one, for those too many to hold at once."""
        self._before_reading()
        with in_words():
            yield from self._raw.execute(sql, parameters)

    def numbers(self, sql: str, width: int, parameters: Sequence[Any] = ()) -> NDArray[np.float64]:
        """All rows of a query that answers numbers only, float64 (N, width)."""
        self._before_reading()
        with in_words():
            values = chain.from_iterable(self._raw.execute(sql, parameters))
            return np.fromiter(values, dtype=np.float64).reshape(-1, width)

    def blobs(self, sql: str, parameters: Sequence[Any] = ()) -> bytes:
        """The blobs of a query that answers one blob a row, joined."""
        self._before_reading()
        with in_words():
            return b"".join(chain.from_iterable(self._raw.execute(sql, parameters)))

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let several queries see the same state, whatever others commit meanwhile."""
        self._same_thread()
        with in_words():
            if self._raw.in_transaction:
                yield
                return
            self._raw.execute("BEGIN")
            self._owner = threading.get_ident()
            try:
                self._look_at_tables()
                yield
            finally:
                self._owner = None
                self._raw.execute("ROLLBACK")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; takes the write lock at once, and may be nested.

        Raises:
            CaseError: the case is read-only, or the database could not be written.
        """
        if self.read_only:
            raise CaseError(_SENTENCES[sqlite3.SQLITE_READONLY])
        self._same_thread()
        with in_words():
            if self._raw.in_transaction:
                with self.database.atomic():
                    yield
                return
            if self._permit is not None:
                self._permit()
            self._raw.execute("BEGIN IMMEDIATE")
            self._owner = threading.get_ident()
            try:
                self._look_at_tables()
                yield
                self._raw.execute("COMMIT")
            except BaseException:
                self._then.clear()
                if self._raw.in_transaction:
                    self._raw.execute("ROLLBACK")
                raise
            finally:
                self._owner = None
        recorded, self._then = self._then, []
        for act in recorded:
            act()

    def once_recorded(self, act: Callable[[], object]) -> None:
        """Call something once the transaction under way is recorded; not if it is taken back."""
        self._then.append(act)

    def write(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run one statement in a transaction; the number of the last inserted row."""
        with self.transaction():
            return int(self._raw.execute(sql, parameters).lastrowid or 0)

    def write_many(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Run one statement for every set of values, in one transaction."""
        with self.transaction():
            self._raw.executemany(sql, parameters)

    def close(self) -> None:
        """Close the connection; calling it again does nothing."""
        with in_words():
            self._raw.close()
        if self._copy is not None:
            self._copy.cleanup()
            self._copy = None

    def _before_reading(self) -> None:
        self._same_thread()
        if self._beside is not None and self.pragma("user_version") != self._beside:
            with in_words():
                self._raw.execute("DETACH beside")  # statements that know it are made anew
            self._beside = None
        if not self._raw.in_transaction:
            self._look_at_tables()

    def _look_at_tables(self) -> None:
        """A trigger that is there for a moment only would change what is written in it."""
        check = self._watch
        if check is None or (now := self.pragma("schema_version")) == self._tables:
            return
        self._watch = None  # it reads, too
        try:
            check()
        finally:
            self._watch = check
        self._tables = now

    def _same_thread(self) -> None:
        if self._owner is not None and self._owner != threading.get_ident():
            raise RuntimeError("another thread is in a transaction on this connection")


def _connect(path: Path, mode: str, more: str = "") -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}{more}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )


def forget_database(path: Path) -> None:
    """Delete a database file with its log.

    Raises:
        CaseError: the file cannot be deleted.
    """
    try:
        for suffix in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    except OSError as error:
        raise CaseError(f"The file “{path.name}” cannot be deleted ({error.strerror}).") from error
