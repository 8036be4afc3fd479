"""The reports that were written and signed."""

from pathlib import Path

from workstation.cases.database import Connection
from workstation.cases.plain_json import clean_text, utc_now
from workstation.cases.records import ReportRecord


class ReportStore:
    """The signed reports of a case."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, path: Path | str, sha256: str, signer: str, custody_head: str) -> ReportRecord:
        """Record a report.

        Args:
            path: where it was written.
            sha256: digest of the signed file.
            signer: who signed, as the certificate says.
            custody_head: head of the custody log that the report prints.

        Raises:
            CaseError: the case cannot be written.
        """
        fields = (clean_text(str(path)), sha256, clean_text(signer), utc_now(), custody_head)
        number = self._connection.write(
            "INSERT INTO reports (path, sha256, signer, created_utc, custody_head) "
            "VALUES (?, ?, ?, ?, ?)",
            fields,
        )
        return ReportRecord(number, *fields)

    def all(self) -> list[ReportRecord]:
        """Every report, oldest first."""
        rows = self._connection.rows(
            "SELECT id, path, sha256, signer, created_utc, custody_head FROM reports ORDER BY id"
        )
        return [ReportRecord(*row) for row in rows]
