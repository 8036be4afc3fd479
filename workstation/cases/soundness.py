"""A case from somebody else is input like any other: what is refused before it is used.

A case folder is meant to be handed on. Nothing in it may lead out of it (links), run anything
(triggers and views in the database), or make the program fail over values it never writes. See
https://www.sqlite.org/security.html on databases from elsewhere.
"""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlite_utils import Database, Migrations

from workstation.cases.database import Connection
from workstation.errors import CaseError

_FOLDERS = ("exhibits", "reports")
_LIBRARYS_OWN = "_sqlite_migrations"  # its making differs between versions of sqlite-utils

_LIST = "SELECT type, name, tbl_name, sql FROM sqlite_master"
FOREIGN = (
    "The case database was altered: its tables, or what they do when something is written, are not "
    "those that this program makes. Obtain the case again from where it came."
)
_UNREADABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)

Tables = frozenset[tuple[str, str, str]]


def refuse_links(folder: Path) -> None:
    """Refuse a case whose own files or exhibits are links, pipes or devices, or a foreign journal.

    Args:
        folder: The case folder; it may itself be reached through a link.

    Raises:
        CaseError: Something in it leads elsewhere; the sentence names it.
    """
    for place in (folder, folder / "exhibits"):
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    own = place != folder or entry.name.startswith(("case.", "cache.", *_FOLDERS))
                    if own and not _is_ordinary(entry):
                        raise CaseError(
                            f"In the case folder, “{entry.name}” is a link or no ordinary file, "
                            "and would lead out of the case. Replace it by the file itself, or "
                            "obtain the case again."
                        )
        except FileNotFoundError:
            continue
        except OSError as error:
            raise CaseError(
                f"The case folder “{folder.name}” cannot be read ({error.strerror})."
            ) from error
    _refuse_journal(folder)


def _refuse_journal(folder: Path) -> None:
    """SQLite deletes a file that such a journal names; this program never leaves one behind."""
    for name in ("case.sqlite-journal", "cache.sqlite-journal"):
        path = folder / name
        if path.exists() and path.stat().st_size:
            raise CaseError(
                f"In the case folder lies “{name}”, a change that another program began and did "
                "not finish. Move it out of the folder, or obtain the case again."
            )


def _is_ordinary(entry: os.DirEntry[str]) -> bool:
    mode = entry.stat(follow_symlinks=False).st_mode
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def has_foreign_tables(connection: Connection, migrations: Migrations) -> bool:
    """Whether a database holds anything but tables, indexes and triggers this program makes.

    Args:
        connection: To the case, of this format or an older one, or not made to its end.
        migrations: The steps that make the tables, oldest first.
    """
    return bool(_tables(connection) - _ever(migrations))


def refuse_missing_tables(connection: Connection, migrations: Migrations, pending: int = 0) -> None:
    """Refuse a database that was brought up to date and still lacks a table or an index.

    Args:
        connection: To the case.
        migrations: The steps that make the tables, oldest first.
        pending: How many of the last steps its file is allowed not to have seen.

    Raises:
        CaseError: Something is missing.
    """
    needed = {one for one in _known(migrations)[-1 - pending] if one[0] in ("table", "index")}
    if needed - _tables(connection):
        raise CaseError(FOREIGN)


def _tables(connection: Connection) -> Tables:
    return _listed(connection.rows(_LIST))


def _listed(rows: list[tuple[Any, ...]]) -> Tables:
    return frozenset(
        (str(kind), str(name), str(sql))
        for kind, name, table, sql in rows
        if not (table == _LIBRARYS_OWN and kind in ("table", "index"))
    )


@cache
def _ever(migrations: Migrations) -> Tables:
    return frozenset().union(*_known(migrations))


@cache
def _known(migrations: Migrations) -> tuple[Tables, ...]:
    """What is there after each of the migrations."""
    known, memory = [], sqlite3.connect(":memory:", isolation_level=None)
    try:
        database = Database(memory)
        steps = [step.name for step in migrations.pending(database)]
        for following in [*steps[1:], ""]:
            migrations.apply(database, stop_before=following or None)
            known.append(_listed(memory.execute(_LIST).fetchall()))
    finally:
        memory.close()
    return tuple(known)


@contextmanager
def as_recorded(what: str) -> Iterator[None]:
    """Put into words that the database holds values which this program never writes.

    Args:
        what: What is being read, such as "exhibit E001".

    Raises:
        CaseError: Reading it failed.
    """
    try:
        yield
    except _UNREADABLE as error:
        raise CaseError(
            f"What the case records of {what} cannot be read: it was altered or is damaged. Leave "
            "the folder as it is and work on a copy from a backup."
        ) from error
