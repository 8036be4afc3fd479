"""Exhibits that the examiner marked known authentic, each for a questioned exhibit."""

from collections.abc import Iterable, Sequence
from typing import Any

from workstation.cases.custody import Act, CustodyLog
from workstation.cases.database import Connection
from workstation.cases.plain_json import clean_text, from_json, to_json, utc_now
from workstation.cases.records import Reference, ReferenceKind
from workstation.cases.soundness import as_recorded
from workstation.errors import CaseError

_COLUMNS = "id, questioned, reference, kinds, how, recording, added_utc, revoked_utc, revoked_why"


class ReferenceStore:
    """The references of a case: added and revoked, never removed; each act enters the log."""

    def __init__(self, connection: Connection, custody: CustodyLog) -> None:
        self._connection = connection
        self._custody = custody

    def add(
        self,
        questioned: str,
        reference: str,
        kinds: Iterable[ReferenceKind],
        how: str,
        *,
        copy_of: str = "",
    ) -> Reference:
        """Mark an exhibit known authentic for a questioned exhibit.

        Args:
            questioned: number of the exhibit in question.
            reference: number of the exhibit that is known authentic.
            kinds: what both have in common; at least one.
            how: how the authenticity is known, in the examiner's words.
            copy_of: another reference for the same exhibit that is a copy of the same recording,
                such as another compression of it; both then count once. "" if there is none.

        Raises:
            CaseError: the case cannot be written, or the reference makes no sense; says why.
        """
        chosen = [kind for kind in ReferenceKind if kind in set(kinds)]
        how = clean_text(how).strip()
        with self._connection.transaction():
            self._refuse(questioned, reference, chosen, how)
            recording = self._recording(questioned, copy_of) if copy_of else reference
            number = self._connection.write(
                "INSERT INTO known_authentic (questioned, reference, kinds, how, recording, "
                "added_utc) VALUES (?, ?, ?, ?, ?, ?)",
                (questioned, reference, to_json(chosen), how, recording, utc_now()),
            )
            added = self.get(number)
            self._custody.append(Act.REFERENCE_ADDED, questioned, **logged(added))
        return added

    def revoke(self, questioned: str, reference: str, why: str) -> Reference:
        """Take a reference back; it stays on record as revoked.

        Raises:
            CaseError: there is no such reference, no reason, or the case cannot be written.
        """
        why = clean_text(why).strip()
        if not why:
            raise CaseError("Say why the reference is revoked; the reason enters the custody log.")
        with self._connection.transaction():
            held = self._standing(questioned, reference)
            if held is None:
                raise CaseError(f"{reference} is not marked known authentic for {questioned}.")
            self._connection.write(
                "UPDATE known_authentic SET revoked_utc = ?, revoked_why = ? WHERE id = ?",
                (utc_now(), why, held.id),
            )
            revoked = self.get(held.id)
            self._custody.append(Act.REFERENCE_REVOKED, questioned, **logged(revoked))
        return revoked

    def get(self, number: int) -> Reference:
        """The reference with a number of its own, which is not that of its exhibit.

        Raises:
            CaseError: the case has no such reference.
        """
        found = self._where("id = ?", (number,))
        if not found:
            raise CaseError(f"The case has no reference {number}.")
        return found[0]

    def of(self, questioned: str) -> list[Reference]:
        """The references that stand for a questioned exhibit, oldest first."""
        return self._where("questioned = ? AND revoked_utc IS NULL", (questioned,))

    def all(self) -> list[Reference]:
        """Every reference of the case, those revoked too, oldest first."""
        return self._where("1")

    def _refuse(
        self, questioned: str, reference: str, kinds: Sequence[ReferenceKind], how: str
    ) -> None:
        for number in (questioned, reference):
            if not self._connection.row("SELECT 1 FROM exhibits WHERE number = ?", (number,)):
                raise CaseError(f"The case has no exhibit {number}.")
        if questioned == reference:
            raise CaseError(
                f"{questioned} cannot be its own reference. Choose another exhibit, one whose "
                "authenticity is known."
            )
        if not kinds:
            raise CaseError(
                "Say what the reference has in common with the questioned exhibit: the same "
                "person, the same camera or the same platform."
            )
        if not how:
            raise CaseError(
                "Say how it is known that the reference is authentic; the comparison rests on that."
            )
        if self._standing(questioned, reference):
            raise CaseError(
                f"{reference} is already marked known authentic for {questioned}. Revoke "
                "that first to set it anew."
            )

    def _recording(self, questioned: str, copy_of: str) -> str:
        other = self._standing(questioned, copy_of)
        if other is None:
            raise CaseError(
                f"{copy_of} is no reference for {questioned}, so another copy of its recording "
                f"cannot be counted with it. Add {copy_of} first."
            )
        return other.recording

    def _standing(self, questioned: str, reference: str) -> Reference | None:
        return next((one for one in self.of(questioned) if one.reference == reference), None)

    def _where(self, condition: str, parameters: Sequence[Any] = ()) -> list[Reference]:
        rows = self._connection.rows(
            f"SELECT {_COLUMNS} FROM known_authentic WHERE {condition} ORDER BY id", parameters
        )
        return [_reference(row) for row in rows]


def logged(reference: Reference) -> dict[str, Any]:
    """What the custody log says of a reference that is added or revoked; plain JSON."""
    said: dict[str, Any] = {
        "id": reference.id,
        "questioned": reference.questioned,
        "reference": reference.reference,
        "kinds": [str(kind) for kind in reference.kinds],
        "how": reference.how,
        "recording": reference.recording,
        "added_utc": reference.added_utc,
    }
    if reference.revoked_utc is not None:
        said |= {"revoked_utc": reference.revoked_utc, "reason": reference.revoked_why}
    return said


@as_recorded("the references")
def _reference(row: tuple[Any, ...]) -> Reference:
    kinds = tuple(ReferenceKind(kind) for kind in from_json(row[3], list))
    return Reference(row[0], row[1], row[2], kinds, *row[4:])
