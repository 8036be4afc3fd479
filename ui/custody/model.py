"""The custody log as a read-only table model."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from ui import theme, wording
from workstation.cases.records import CustodyEntry, Verification

COLUMNS = ("No.", "Time (UTC)", "Act", "Subject", "Result", "Who")
BROKEN = "broken"
BAD = (Verification.ALTERED, Verification.MISSING, BROKEN)

Index = QModelIndex | QPersistentModelIndex


class CustodyModel(QAbstractTableModel):
    """Entries, newest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[CustodyEntry] = []

    def show(self, entries: Sequence[CustodyEntry]) -> None:
        """Show these entries, given oldest first."""
        self.beginResetModel()
        self._entries = list(reversed(entries))
        self.endResetModel()

    def text(self) -> str:
        """The whole log as lines of tab-separated columns, oldest first, for copying."""
        lines = ["\t".join((*COLUMNS, "SHA-256", "Details"))]
        for entry in reversed(self._entries):
            lines.append("\t".join((*_cells(entry), entry.sha256, _details(entry, "; "))))
        return "\n".join(lines)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Number of entries."""
        return 0 if parent.isValid() else len(self._entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Number of columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """The columns' names."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text of a cell, details and hashes as its tooltip."""
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _cells(entry)[index.column()]
        if role == Qt.ItemDataRole.FontRole:
            mono = index.column() < 2
            return theme.mono_font(theme.SMALL) if mono else theme.text_font(theme.SMALL)
        if role == Qt.ItemDataRole.ForegroundRole and _result(entry) in BAD:
            return theme.current().colour("danger")
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{_details(entry, chr(10))}\nSHA-256 of the entry {entry.sha256}".strip()
        return None


def _cells(entry: CustodyEntry) -> tuple[str, ...]:
    time = wording.utc(entry.time_utc).removesuffix(" UTC")
    return (str(entry.sequence), time, entry.act, entry.subject, _result(entry), entry.actor)


def _result(entry: CustodyEntry) -> str:
    """What came of an act, as far as the entry says it in a word or a sentence."""
    said = entry.details
    if isinstance(said.get("intact"), bool):
        return str(Verification.INTACT) if said["intact"] else BROKEN
    return str(said.get("outcome") or said.get("finding") or said.get("reason") or "")


def _details(entry: CustodyEntry, between: str) -> str:
    return between.join(f"{name}: {value}" for name, value in entry.details.items())
