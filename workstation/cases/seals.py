"""What binds a run's scores to the account that worked them out, from the moment they are recorded.

An entry in the custody log vouches for a run once it has stopped. A program that is killed makes no
such entry; until the case is opened again, nothing but these seals shows that somebody changed what
it had recorded. A seal is a SHA-256 over what a run holds of a stretch, with a message
authentication code (HMAC, RFC 2104) under a key that never leaves the account.
"""

import hashlib
import hmac
import json
from enum import Enum, auto

from workstation.cases.database import Connection
from workstation.cases.digests import holds_beyond, sealed_digest, stretch_digest
from workstation.cases.own_place import cache_key
from workstation.cases.soundness import as_recorded


class Vouched(Enum):
    """Who vouches for the seals of a run."""

    HERE = auto()  # this account made every one of them, and nothing is without
    NOT_HERE = auto()  # another account, or an older program that made none
    FALSELY = auto()  # they are not those that the log says must be there, or not by whom they say


class Seals:
    """The seals of a case's runs, one for every stretch as it was committed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, run_id: int, first: int, stop: int, digest: str) -> None:
        """Seal frames first..stop-1, instead of what was sealed there.

        Args:
            run_id: the run.
            first: number of the first frame.
            stop: number after the last.
            digest: what `stretch_digest` gives for them.

        Raises:
            CaseError: the case cannot be written.
        """
        self.take_off(run_id, first, stop)
        self._connection.write(
            "INSERT INTO seals (run, first, stop, sha256, account, code) VALUES (?, ?, ?, ?, ?, ?)",
            (run_id, first, stop, digest, account(), self._code(run_id, first, stop, digest)),
        )

    def take_off(self, run_id: int, first: int, stop: int) -> None:
        """Take off the seals of stretches that reach into frames first..stop-1."""
        self._connection.write(
            "DELETE FROM seals WHERE run = ? AND first < ? AND stop > ?", (run_id, stop, first)
        )

    @as_recorded("the seals of the runs")
    def vouched(self, run_id: int, begun_by: str | None) -> Vouched:
        """Who vouches for the seals of a run; what they seal is not read.

        Args:
            run_id: the run.
            begun_by: the account that the log says works on it, which seals all that it records;
                None where an older program entered that it does.
        """
        with self._connection.snapshot():
            rows = self._connection.rows(
                "SELECT first, stop, sha256, account, code FROM seals WHERE run = ?", (run_id,)
            )
            here = [row for row in rows if row[3] == account()]
            if any(row[4] != self._code(run_id, *row[:3]) for row in here):
                return Vouched.FALSELY
            whole = self.whole(run_id)
        if begun_by is not None and not (whole and all(row[3] == begun_by for row in rows)):
            return Vouched.FALSELY
        return Vouched.HERE if whole and len(here) == len(rows) else Vouched.NOT_HERE

    @as_recorded("the seals of the runs")
    def whole(self, run_id: int) -> bool:
        """Whether a run holds nothing but what lies under a seal."""
        with self._connection.snapshot():
            sealed = self._connection.rows("SELECT first, stop FROM seals WHERE run = ?", (run_id,))
            return not holds_beyond(self._connection, run_id, [(a, b) for a, b in sealed])

    @as_recorded("the seals of the runs")
    def hold(self, run_id: int) -> bool:
        """Whether what is sealed of a run is as it was; every row of it is read."""
        return all(
            stretch_digest(self._connection, run_id, first, stop) == digest
            for first, stop, digest in self._connection.rows(
                "SELECT first, stop, sha256 FROM seals WHERE run = ? ORDER BY first", (run_id,)
            )
        )

    def digest(self, run_id: int) -> str:
        """SHA-256 over a run with its segments and findings, and its seals instead of its faces."""
        return sealed_digest(self._connection, run_id)

    def _code(self, run_id: int, first: int, stop: int, digest: str) -> str:
        origin = self._connection.row("SELECT sha256 FROM custody ORDER BY sequence LIMIT 1")
        said = json.dumps(["seal", origin and origin[0], run_id, first, stop, digest])
        return hmac.new(cache_key(), said.encode("ascii"), hashlib.sha256).hexdigest()


def account() -> str:
    """Tells this account's seals from others'; says nothing of its key, 16 hexadecimal digits."""
    return hmac.new(cache_key(), b"account", hashlib.sha256).hexdigest()[:16]
