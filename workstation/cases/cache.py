"""What an analysis keeps only to save time when it goes on; deleting it loses nothing else."""

from collections.abc import Sequence
from pathlib import Path

from workstation.cases.database import Connection, forget_database, is_damage
from workstation.errors import CaseError

CACHE_NAME = "cache.sqlite"


class AnalysisCache:
    """Blobs by key and chunk, in a file of their own beside the case database.

    A cache that is damaged is thrown away and begun anew. Where the case is read-only, it is empty.
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
            "INSERT OR REPLACE INTO blobs (key, chunk_first, blob) VALUES (?, ?, ?)",
            (key, chunk_first, blob),
        )

    def get(self, key: str, chunk_first: int) -> bytes | None:
        """The blob of a chunk, or None."""
        if self._read_only:
            return None
        row = self._open().row(
            "SELECT blob FROM blobs WHERE key = ? AND chunk_first = ?", (key, chunk_first)
        )
        return None if row is None else bytes(row[0])

    def of_key(self, key: str) -> list[tuple[int, bytes]]:
        """Every blob of a key with the frame its chunk begins at, in order."""
        if self._read_only:
            return []
        rows = self._open().rows(
            "SELECT chunk_first, blob FROM blobs WHERE key = ? ORDER BY chunk_first", (key,)
        )
        return [(int(first), bytes(blob)) for first, blob in rows]

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
                if not is_damage(error):  # busy or a full disk: what is kept stays
                    raise
                forget_database(self._path)
                self._connection = _begin(self._path)
        return self._connection


def _begin(path: Path) -> Connection:
    # Losing the last commits to a power cut costs time only, so the disk need not be waited for.
    connection = Connection(path, synchronous="NORMAL")
    try:
        connection.write(
            "CREATE TABLE IF NOT EXISTS blobs (key TEXT NOT NULL, chunk_first INTEGER NOT NULL, "
            "blob BLOB NOT NULL, PRIMARY KEY (key, chunk_first)) STRICT, WITHOUT ROWID"
        )
    except BaseException:
        connection.close()
        raise
    return connection
