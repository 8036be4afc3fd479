"""Digests of what the database says, for the custody log: a later change to it then shows."""

import hashlib
import json
from collections.abc import Iterable, Sequence

from workstation.cases.database import Connection

_NEVER = 2**53  # no exhibit has so many frames
_in_line = json.JSONEncoder(default=bytes.hex, ensure_ascii=False, separators=(",", ":")).encode
# Columns are named one by one, so that columns added later leave these digests as they are.
_EXHIBIT = (
    "SELECT number, original_name, stored_name, size, sha256, md5, sha1, media_type, added_utc, "
    "facts, frames, thumbnail FROM exhibits WHERE number = ?",
    "SELECT time_base_numerator, time_base_denominator, average_rate, remark, timestamps, pts, key "
    "FROM frame_indexes WHERE exhibit = ?",
)
_RUN = (
    "SELECT exhibit, detector, settings, versions, device, precision, started_utc, finished_utc, "
    "outcome, reason, frames FROM runs WHERE id = ?",
    "SELECT first, stop FROM committed WHERE run = ? ORDER BY first",
    "SELECT frame, track, score, x, y, width, height, landmarks FROM faces WHERE run = ? "
    "ORDER BY frame, track",
    "SELECT first, last, reason FROM undecodable WHERE run = ? ORDER BY first",
    "SELECT track, first, last, mean, peak, peak_frame FROM segments WHERE run = ? "
    "ORDER BY track, first",
    "SELECT position, track, finding, reasons, statistics FROM findings WHERE run = ? "
    "ORDER BY position",
)

_MADE_BY = (
    "SELECT exhibit, detector, settings, versions, device, precision, started_utc, frames "
    "FROM runs WHERE id = ?",
)
_STRETCH = (
    "SELECT frame, track, score, x, y, width, height, landmarks, outside, sharpness FROM faces "
    "WHERE run = ? AND frame >= ? AND frame < ? ORDER BY frame, track",
    "SELECT first, last, reason FROM undecodable WHERE run = ? AND first >= ? AND first < ? "
    "ORDER BY first",
    "SELECT first, stop FROM committed WHERE run = ? AND first >= ? AND first < ? ORDER BY first",
)

# What stands for the rest of a run whose stretches are sealed.
_SEALED = (
    _RUN[0],
    *_RUN[4:],
    "SELECT first, stop, sha256 FROM seals WHERE run = ? ORDER BY first",
)

# Columns that came later speak only where they hold something, for the same reason.
_RUN_ADDED = (
    "SELECT frame, track, outside, sharpness FROM faces WHERE run = ? "
    "AND (outside IS NOT NULL OR sharpness IS NOT NULL) ORDER BY frame, track",
)


def exhibit_digest(connection: Connection, number: str) -> str:
    """SHA-256 over all that is recorded of an exhibit, its frame index included."""
    return _digest(connection, _EXHIBIT, number)


def run_digest(connection: Connection, run_id: int) -> str:
    """SHA-256 over a run with its stretches, faces, scores, segments and findings."""
    return _digest(connection, _RUN, run_id, _RUN_ADDED)


def stretch_digest(connection: Connection, run_id: int, first: int, stop: int) -> str:
    """SHA-256 over what a run holds of frames first..stop-1, and what it was begun with."""
    made_by = _digest(connection, _MADE_BY, run_id)
    return _digest(connection, _STRETCH, (run_id, first, stop), begin=made_by)


def holds_beyond(connection: Connection, run_id: int, stretches: Iterable[tuple[int, int]]) -> bool:
    """Whether a run holds anything of frames that are in none of some stretches.

    Args:
        connection: To the case.
        run_id: The run.
        stretches: Number of the first frame of each, and number after its last.
    """
    done = -_NEVER
    for first, stop in (*sorted(stretches), (_NEVER, _NEVER)):
        beside = (run_id, done, first)
        if first > done and any(connection.row(f"{sql} LIMIT 1", beside) for sql in _STRETCH):
            return True
        done = max(done, stop)
    return False


def holds_conclusions(connection: Connection, run_id: int) -> bool:
    """Whether a run has segments or findings."""
    return any(connection.row(f"{sql} LIMIT 1", (run_id,)) for sql in _RUN[-2:])


def sealed_digest(connection: Connection, run_id: int) -> str:
    """SHA-256 over a run with its segments and findings, and the seals on its stretches."""
    return _digest(connection, _SEALED, run_id)


def _digest(
    connection: Connection,
    queries: Sequence[str],
    key: str | int | tuple[int, ...],
    added: Sequence[str] = (),
    begin: str = "",
) -> str:
    """Over each row as compact JSON, blobs as hexadecimal, with a line feed behind it.

    Args:
        connection: To the case.
        queries: Each begins with a line of its own.
        key: What they ask about; one value, or several.
        added: Queries that leave no line where they find nothing.
        begin: What comes before the first row.
    """
    digest = hashlib.sha256(begin.encode("ascii"))
    with connection.snapshot():
        for sql in (*queries, *added):
            begun = sql in added
            if not begun:
                digest.update(b"-\n")
            for row in connection.each(sql, key if isinstance(key, tuple) else (key,)):
                if begun:
                    digest.update(b"-\n")
                    begun = False
                digest.update(_in_line(row).encode("utf-8") + b"\n")
    return digest.hexdigest()
