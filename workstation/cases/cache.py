"""What an analysis keeps only to save time when it goes on; deleting it loses nothing else.

Scores rest on what is kept here, and nothing in a case's log vouches for it. So every blob carries
a message authentication code (HMAC, RFC 2104) under a key that never leaves this account: a cache
that was written elsewhere, or changed, counts for nothing, and its chunks are worked out again.
"""

import hmac
import os
from collections.abc import Sequence
from pathlib import Path

from workstation.cases.database import Connection, forget_database, is_damage
from workstation.cases.own_place import cache_key
from workstation.errors import CaseError

CACHE_NAME = "cache.sqlite"
_TABLE = (
    "blobs (key TEXT NOT NULL, chunk_first INTEGER NOT NULL, blob BLOB NOT NULL, "
    "code BLOB NOT NULL, PRIMARY KEY (key, chunk_first)) STRICT, WITHOUT ROWID"
)


class AnalysisCache:
    """Blobs by key and chunk, in a file of their own beside the case database.

    A cache that is damaged is thrown away and begun anew, and so is one whose tables are not those
    made here, and one that another account keeps to itself. Where the case is read-only, it is
    empty.
    """

    def __init__(self, folder: Path, *, read_only: bool) -> None:
        self._path = folder / CACHE_NAME
        self._read_only = read_only
        self._connection: Connection | None = None

    def put(self, key: str, chunk_first: int, blob: bytes) -> None:
        """Keep a blob for the chunk that begins at a frame, replacing an earlier one.

        Raises:
            CaseError: the case is read-only, or the disk is full.
        """
        self._open().write(
            "INSERT OR REPLACE INTO blobs (key, chunk_first, blob, code) VALUES (?, ?, ?, ?)",
            (key, chunk_first, blob, _code(key, chunk_first, blob)),
        )

    def get(self, key: str, chunk_first: int) -> bytes | None:
        """The blob of a chunk, or None where there is none that this account kept."""
        if self._read_only:
            return None
        row = self._open().row(
            "SELECT blob, code FROM blobs WHERE key = ? AND chunk_first = ?", (key, chunk_first)
        )
        return row[0] if row and _is_ours(key, chunk_first, *row) else None

    def of_key(self, key: str) -> list[tuple[int, bytes]]:
        """Every blob of a key with the frame its chunk begins at, in order."""
        if self._read_only:
            return []
        rows = self._open().rows(
            "SELECT chunk_first, blob, code FROM blobs WHERE key = ? ORDER BY chunk_first", (key,)
        )
        return [(first, blob) for first, blob, code in rows if _is_ours(key, first, blob, code)]

    def drop(self, key: str) -> None:
        """Forget every blob of a key."""
        if not self._read_only:
            self._open().write("DELETE FROM blobs WHERE key = ?", (key,))

    def trim(self, most_bytes: int, spared: Sequence[str] = ()) -> None:
        """Forget whole keys, the largest first, until no more than so many bytes are kept.

        Args:
            most_bytes: The bound.
            spared: Keys forgotten only when nothing else is left, the last one first.
        """
        if self._read_only:
            return
        rows = self._open().rows("SELECT key, SUM(LENGTH(blob)) FROM blobs GROUP BY key")
        sizes = {str(key): int(size) for key, size in rows}
        kept = sum(sizes.values())
        turn = {key: -1 - place for place, key in enumerate(reversed(spared))}
        for key in sorted(sizes, key=lambda key: (turn.get(key, 0), sizes[key]), reverse=True):
            if kept <= most_bytes:
                return
            self.drop(key)
            kept -= sizes[key]

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> Connection:
        if self._read_only:
            raise CaseError("The case is open for reading only, so nothing was recorded.")
        if self._connection is None:
            try:
                self._connection = _begin(self._path)
            except CaseError as error:
                if not (is_damage(error) or _is_withheld(self._path)):
                    raise  # busy or a full disk: what is kept stays
                forget_database(self._path)
                self._connection = _begin(self._path)
        return self._connection


def _begin(path: Path) -> Connection:
    # Losing the last commits to a power cut costs time only, so the disk need not be waited for.
    connection = Connection(path, synchronous="NORMAL")
    try:
        if _is_foreign(connection):
            connection.close()
            forget_database(path)
            connection = Connection(path, synchronous="NORMAL")
        connection.write(f"CREATE TABLE IF NOT EXISTS {_TABLE}")
    except BaseException:
        connection.close()
        raise
    return connection


def _is_withheld(path: Path) -> bool:
    """Whether a file is there that this account may not read and write."""
    mine = os.access in os.supports_effective_ids
    return path.exists() and not os.access(path, os.R_OK | os.W_OK, effective_ids=mine)


def _is_foreign(connection: Connection) -> bool:
    """Whether a cache holds anything but the table made here: a view in its place, a trigger."""
    made = connection.rows("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
    return made not in ([], [(f"CREATE TABLE {_TABLE}",)])


def _code(key: str, chunk_first: int, blob: bytes) -> bytes:
    place = f"{len(key)} {key} {chunk_first} ".encode()
    return hmac.digest(cache_key(), place + blob, "sha256")


def _is_ours(key: str, chunk_first: int, blob: bytes, code: bytes) -> bool:
    return hmac.compare_digest(_code(key, chunk_first, blob), code)
