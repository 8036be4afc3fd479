"""The tables of a case database, and the steps that bring an older one up to date."""

import sqlite3

from sqlite_utils import Database, Migrations

from workstation.cases.database import Connection, in_words
from workstation.cases.soundness import (
    FOREIGN,
    as_recorded,
    has_foreign_tables,
    refuse_missing_tables,
)
from workstation.errors import CaseError

APPLICATION_ID = 0x44464657
"""Marks case.sqlite as a case ("DFFW"); never changes."""

FORMAT_VERSION = 3
"""Rises with every migration that an older program could not read."""

migrations = Migrations("case")

_NO_CASE = "The folder holds a case.sqlite that is no case of this program."

_CUSTODY = """
CREATE TABLE custody (
    sequence INTEGER PRIMARY KEY,
    time_utc TEXT NOT NULL,
    actor TEXT NOT NULL,
    act TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT NOT NULL,
    previous_sha256 TEXT NOT NULL,
    sha256 TEXT NOT NULL
) STRICT;
-- INSERT OR REPLACE deletes without firing delete triggers, so the insert itself is refused.
CREATE TRIGGER custody_in_order BEFORE INSERT ON custody
WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM custody)
    OR NEW.previous_sha256 IS NOT coalesce(
        (SELECT sha256 FROM custody ORDER BY sequence DESC LIMIT 1),
        '0000000000000000000000000000000000000000000000000000000000000000')
BEGIN SELECT RAISE(ABORT, 'the custody log only grows at its end'); END;
CREATE TRIGGER custody_no_update BEFORE UPDATE ON custody
BEGIN SELECT RAISE(ABORT, 'the custody log is append-only'); END;
CREATE TRIGGER custody_no_delete BEFORE DELETE ON custody
BEGIN SELECT RAISE(ABORT, 'the custody log is append-only'); END;
"""

_EXHIBITS = """
CREATE TABLE exhibits (
    number TEXT PRIMARY KEY,
    original_name TEXT NOT NULL,
    stored_name TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL UNIQUE,
    md5 TEXT NOT NULL,
    sha1 TEXT NOT NULL,
    media_type TEXT NOT NULL CHECK (media_type IN ('video', 'picture')),
    added_utc TEXT NOT NULL,
    facts TEXT NOT NULL,
    frames INTEGER NOT NULL,
    thumbnail BLOB NOT NULL
) STRICT;
CREATE TABLE frame_indexes (
    exhibit TEXT PRIMARY KEY REFERENCES exhibits (number),
    time_base_numerator INTEGER NOT NULL,
    time_base_denominator INTEGER NOT NULL,
    average_rate REAL NOT NULL,
    remark TEXT NOT NULL,
    timestamps INTEGER NOT NULL,
    pts BLOB NOT NULL,
    key BLOB NOT NULL
) STRICT;
CREATE TRIGGER exhibits_no_replace BEFORE INSERT ON exhibits
WHEN EXISTS (SELECT 1 FROM exhibits WHERE number = NEW.number OR sha256 = NEW.sha256
    OR stored_name = NEW.stored_name)
BEGIN SELECT RAISE(ABORT, 'an exhibit cannot be replaced'); END;
CREATE TRIGGER exhibits_no_update BEFORE UPDATE ON exhibits
BEGIN SELECT RAISE(ABORT, 'an exhibit cannot be changed'); END;
CREATE TRIGGER exhibits_no_delete BEFORE DELETE ON exhibits
BEGIN SELECT RAISE(ABORT, 'an exhibit cannot be removed'); END;
"""

_RUNS = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    exhibit TEXT NOT NULL REFERENCES exhibits (number),
    detector TEXT NOT NULL,
    settings TEXT NOT NULL,
    versions TEXT NOT NULL,
    device TEXT NOT NULL,
    precision TEXT NOT NULL,
    started_utc TEXT NOT NULL,
    finished_utc TEXT,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    frames INTEGER NOT NULL
) STRICT;
CREATE INDEX runs_of_exhibit ON runs (exhibit);
CREATE TABLE committed (
    run INTEGER NOT NULL REFERENCES runs (id),
    first INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    PRIMARY KEY (run, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE faces (
    run INTEGER NOT NULL REFERENCES runs (id),
    frame INTEGER NOT NULL,
    track INTEGER NOT NULL,
    score REAL,
    state TEXT GENERATED ALWAYS AS (CASE WHEN score IS NULL
        THEN 'face too small or blurred to score' ELSE 'scored' END) VIRTUAL,
    x REAL NOT NULL,
    y REAL NOT NULL,
    width REAL NOT NULL,
    height REAL NOT NULL,
    landmarks BLOB NOT NULL,
    PRIMARY KEY (run, frame, track)
) STRICT, WITHOUT ROWID;
CREATE TABLE undecodable (
    run INTEGER NOT NULL REFERENCES runs (id),
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (run, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE segments (
    run INTEGER NOT NULL REFERENCES runs (id),
    track INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    mean REAL NOT NULL,
    peak REAL NOT NULL,
    peak_frame INTEGER NOT NULL,
    PRIMARY KEY (run, track, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE findings (
    run INTEGER NOT NULL REFERENCES runs (id),
    position INTEGER NOT NULL,
    track INTEGER,
    finding TEXT NOT NULL,
    reasons TEXT NOT NULL,
    statistics TEXT NOT NULL,
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;
"""

_REST = """
CREATE TABLE facts (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    number TEXT NOT NULL,
    title TEXT NOT NULL,
    examiner TEXT NOT NULL,
    organisation TEXT NOT NULL,
    created_utc TEXT NOT NULL
) STRICT;
CREATE TABLE reports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    signer TEXT NOT NULL,
    created_utc TEXT NOT NULL,
    custody_head TEXT NOT NULL
) STRICT;
"""

_MARKS = """
CREATE TABLE marks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mark INTEGER NOT NULL,
    kind TEXT NOT NULL,
    exhibit TEXT NOT NULL REFERENCES exhibits (number),
    run INTEGER REFERENCES runs (id),
    track INTEGER,
    first INTEGER,
    last INTEGER,
    name TEXT NOT NULL,
    note TEXT NOT NULL,
    tags TEXT NOT NULL,
    colour TEXT NOT NULL,
    finding TEXT,
    people TEXT NOT NULL,
    removed INTEGER NOT NULL CHECK (removed IN (0, 1)),
    examiner TEXT NOT NULL,
    time_utc TEXT NOT NULL
) STRICT;
CREATE INDEX states_of_mark ON marks (mark);
CREATE TRIGGER marks_no_replace BEFORE INSERT ON marks
WHEN EXISTS (SELECT 1 FROM marks WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a state of a mark cannot be replaced'); END;
CREATE TRIGGER marks_no_update BEFORE UPDATE ON marks
BEGIN SELECT RAISE(ABORT, 'a state of a mark cannot be changed'); END;
CREATE TRIGGER marks_no_delete BEFORE DELETE ON marks
BEGIN SELECT RAISE(ABORT, 'a state of a mark cannot be removed'); END;
"""

_REFERENCES = """
CREATE TABLE known_authentic (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    questioned TEXT NOT NULL REFERENCES exhibits (number),
    reference TEXT NOT NULL REFERENCES exhibits (number),
    kinds TEXT NOT NULL,
    how TEXT NOT NULL,
    recording TEXT NOT NULL,
    added_utc TEXT NOT NULL,
    revoked_utc TEXT,
    revoked_why TEXT NOT NULL DEFAULT '',
    CHECK (questioned <> reference)
) STRICT;
CREATE UNIQUE INDEX known_authentic_once ON known_authentic (questioned, reference)
WHERE revoked_utc IS NULL;
CREATE TRIGGER known_authentic_no_delete BEFORE DELETE ON known_authentic
BEGIN SELECT RAISE(ABORT, 'a reference can be revoked, not removed'); END;
"""

_SEALS = """
CREATE TABLE seals (
    run INTEGER NOT NULL REFERENCES runs (id),
    first INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    account TEXT NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (run, first)
) STRICT, WITHOUT ROWID;
"""


@migrations()
def first_format(db: Database) -> None:
    """Make the tables of the first format."""
    for script in (_CUSTODY, _EXHIBITS, _RUNS, _REST):
        for statement in _statements(script):
            db.conn.execute(statement)


@migrations()
def marks_of_the_examiner(db: Database) -> None:
    """Add the table of marks: markers, clips, notes, examiner's findings, groups of tracks."""
    for statement in _statements(_MARKS):
        db.conn.execute(statement)


@migrations()
def references_of_exhibits(db: Database) -> None:
    """Add the table of exhibits that are known authentic, each for a questioned one."""
    for statement in _statements(_REFERENCES):
        db.conn.execute(statement)


@migrations()
def comparison_with_training(db: Database) -> None:
    """Add what tells a face from those of the training; NULL in runs of before."""
    for column in ("outside INTEGER", "sharpness REAL"):
        db.conn.execute(f"ALTER TABLE faces ADD COLUMN {column}")


@migrations()
def seals_of_stretches(db: Database) -> None:
    """Add what binds the stretches of a run from the moment they are recorded."""
    for statement in _statements(_SEALS):
        db.conn.execute(statement)


def watch_tables(connection: Connection) -> None:
    """Refuse to go on with an open case in which tables or triggers of another program appear."""

    def check() -> None:
        if has_foreign_tables(connection, migrations):
            raise CaseError(FOREIGN)

    connection.watch_tables(check)


def _statements(script: str) -> list[str]:
    """Split a script at blank-free statement ends; `executescript` would end the transaction."""
    found, text = [], ""
    for line in script.splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):
            found.append(text)
            text = ""
    return found


def prepare(connection: Connection) -> None:
    """Make the tables of a new case, in one transaction with its marks."""
    with in_words():
        migrations.apply(connection.database)
        connection.database.conn.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.database.conn.execute(f"PRAGMA user_version={FORMAT_VERSION}")


def not_made_to_its_end(connection: Connection) -> bool:
    """Whether the program ended while it created this case, so that nothing is in it yet."""
    named = {row[0] for row in connection.rows("SELECT name FROM sqlite_master WHERE type='table'")}
    if connection.pragma("application_id") not in (0, APPLICATION_ID):
        return False
    if not named - {"_sqlite_migrations"}:
        return True
    ours = {"custody", "exhibits", "runs"} <= named
    return ours and ("facts" not in named or connection.row("SELECT 1 FROM facts") is None)


def bring_up_to_date(connection: Connection) -> None:
    """Check that the database is a case of a format we know, and migrate an older one.

    A case that is open for reading only is left as it is. Where only the seals are missing, an
    empty table of them stands beside it in memory; otherwise a copy in memory is migrated and read.

    Raises:
        CaseError: it is no case, or of a newer format.
    """
    application, version = connection.pragma("application_id"), connection.pragma("user_version")
    if version <= FORMAT_VERSION and has_foreign_tables(connection, migrations):
        raise CaseError(FOREIGN if application == APPLICATION_ID else _NO_CASE)
    if not_made_to_its_end(connection):
        raise CaseError(
            "The case was not made to its end: the program ended while it created it, and nothing "
            "is in it. Create the case again, in the same folder."
        )
    if application != APPLICATION_ID:
        raise CaseError(_NO_CASE)
    if version > FORMAT_VERSION:
        raise CaseError(
            f"The case was made by a newer version of this program (case format {version}; this "
            f"version knows {FORMAT_VERSION}). Install the newer version to open it."
        )
    # The library that reads and makes the list of steps trips over a damaged one in its own ways.
    with as_recorded("how it was made"), in_words(otherwise=sqlite3.SQLITE_CORRUPT):
        pending = [step.name for step in migrations.pending(connection.database)]
        beside = connection.read_only and pending == [seals_of_stretches.__name__]
        if beside:
            connection.put_beside([_SEALS.replace("TABLE seals", "TABLE beside.seals")])
        elif version != FORMAT_VERSION or pending:
            with connection.in_memory():
                prepare(connection)
    refuse_missing_tables(connection, migrations, pending=int(beside))
