"""The exhibits of a case and their frame indexes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from workstation.cases.database import Connection
from workstation.cases.digests import exhibit_digest
from workstation.cases.plain_json import clean_text, from_json, to_json
from workstation.cases.records import Exhibit, FrameIndex, Hashes
from workstation.cases.soundness import as_recorded
from workstation.errors import CaseError

# What is read of the container facts as something else than text to be shown.
_NUMBERS = ("width", "height", "rotation", "duration_s", "bit_rate", "frame_rate")
_LISTS = ("streams", "warnings")

_COLUMNS = (
    "number, original_name, stored_name, size, sha256, md5, sha1, media_type, added_utc, facts, "
    "frames, thumbnail"
)


class ExhibitStore:
    """Exhibits, written once and never changed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, exhibit: Exhibit, index: FrameIndex) -> None:
        """Record an exhibit with its frame index.

        Raises:
            CaseError: the case cannot be written.
            ValueError: the index has another number of frames than the exhibit.
        """
        if len(index) != exhibit.frames:
            raise ValueError("the frame index does not belong to the exhibit")
        values = (
            exhibit.number,
            clean_text(exhibit.original_name),
            exhibit.stored_name,
            exhibit.size,
            exhibit.hashes.sha256,
            exhibit.hashes.md5,
            exhibit.hashes.sha1,
            exhibit.media_type,
            exhibit.added_utc,
            to_json(exhibit.facts),
            exhibit.frames,
            exhibit.thumbnail,
        )
        with self._connection.transaction():
            self._connection.write(
                f"INSERT INTO exhibits ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            self._connection.write(
                "INSERT INTO frame_indexes VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    exhibit.number,
                    *index.time_base,
                    index.average_rate,
                    clean_text(index.remark),
                    index.timestamps,
                    index.pts.astype("<i8").tobytes(),
                    index.key.astype(np.uint8).tobytes(),
                ),
            )

    def all(self) -> list[Exhibit]:
        """Every exhibit, in the order of its number."""
        return self._where("1 ORDER BY length(number), number")

    def get(self, number: str) -> Exhibit:
        """The exhibit with a number.

        Raises:
            CaseError: the case has no such exhibit.
        """
        found = self._where("number = ?", (number,))
        if not found:
            raise _no_exhibit(number)
        return found[0]

    def by_sha256(self, sha256: str) -> Exhibit | None:
        """The exhibit with an acquisition hash, or None."""
        found = self._where("sha256 = ?", (sha256.lower(),))
        return found[0] if found else None

    def next_number(self) -> str:
        """The number that the next exhibit gets."""
        last = self._connection.row("SELECT max(CAST(substr(number, 2) AS INTEGER)) FROM exhibits")
        return f"E{int((last and last[0]) or 0) + 1:03d}"

    def index(self, number: str) -> FrameIndex:
        """The frame index of an exhibit.

        Raises:
            CaseError: the case has no such exhibit.
        """
        row = self._connection.row(
            "SELECT time_base_numerator, time_base_denominator, average_rate, remark, timestamps, "
            "pts, key, (SELECT frames FROM exhibits WHERE number = exhibit) "
            "FROM frame_indexes WHERE exhibit = ?",
            (number,),
        )
        if row is None:
            raise _no_exhibit(number)
        with as_recorded(f"the frames of {number}"):
            return _frame_index(row)

    def digest(self, number: str) -> str:
        """SHA-256 over all that is recorded of an exhibit, for the custody log."""
        return exhibit_digest(self._connection, number)

    def _where(self, condition: str, parameters: Sequence[Any] = ()) -> list[Exhibit]:
        rows = self._connection.rows(
            f"SELECT {_COLUMNS} FROM exhibits WHERE {condition}", parameters
        )
        return [_exhibit(row) for row in rows]


def _no_exhibit(number: str) -> CaseError:
    return CaseError(f"The case has no exhibit {number}. List the exhibits to see their numbers.")


def _frame_index(row: tuple[Any, ...]) -> FrameIndex:
    index = FrameIndex(
        pts=np.frombuffer(row[5], dtype="<i8").astype(np.int64),
        key=np.frombuffer(row[6], dtype=np.uint8).astype(np.bool_),
        time_base=(row[0], row[1]),
        average_rate=row[2],
        remark=row[3],
        timestamps=bool(row[4]),
    )
    if not (len(index) == len(index.key) == row[7] > 0 and (np.diff(index.pts) > 0).all()):
        raise ValueError("frames are missing, or out of order")
    if min(index.time_base) <= 0 or not 0 <= index.average_rate < np.inf:
        raise ValueError("times are counted in no unit")
    return index


@as_recorded("the exhibits")
def _exhibit(row: tuple[Any, ...]) -> Exhibit:
    folder, _, name = row[2].partition("/")
    if folder != "exhibits" or name in ("", ".", "..") or {"/", "\\", "\0"} & set(name):
        raise CaseError(
            f"The case's list of exhibits was altered: it places {row[0]} outside the folder of "
            "the exhibits. Leave the folder as it is and work on a copy from a backup."
        )
    return Exhibit(
        number=row[0],
        original_name=row[1],
        stored_name=row[2],
        size=row[3],
        hashes=Hashes(sha256=row[4], md5=row[5], sha1=row[6]),
        media_type=row[7],
        added_utc=row[8],
        facts=_checked(from_json(row[9], dict)),
        frames=row[10],
        thumbnail=row[11],
    )


def _checked(facts: dict[str, Any]) -> dict[str, Any]:
    for name in _NUMBERS:
        if not isinstance(facts.get(name, 0), int | float | None):
            raise TypeError(f"{name} is no number")
    for name in _LISTS:
        if not isinstance(facts.get(name, []), list):
            raise TypeError(f"{name} is no list")
    if not all(isinstance(stream, dict) for stream in facts.get("streams", ())):
        raise TypeError("a stream is no object")
    return facts
