"""The exhibits as a read-only list model."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from ui.exhibits.rows import ExhibitRow
from ui.widgets import plain_tip

ROW_ROLE = Qt.ItemDataRole.UserRole + 1

Index = QModelIndex | QPersistentModelIndex


class ExhibitModel(QAbstractListModel):
    """Rows of exhibits; `ROW_ROLE` gives the whole `ExhibitRow`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[ExhibitRow] = []

    def show(self, rows: Sequence[ExhibitRow]) -> None:
        """Show these rows; rows that stay the same exhibit keep their selection."""
        if [_identity(row) for row in rows] != [_identity(row) for row in self._rows]:
            self.beginResetModel()
            self._rows = list(rows)
            self.endResetModel()
            return
        before, self._rows = self._rows, list(rows)
        for number, (old, new) in enumerate(zip(before, self._rows, strict=True)):
            if old != new:
                index = self.index(number)
                self.dataChanged.emit(index, index)

    def row_of(self, exhibit: str | None) -> int | None:
        """The row of an exhibit number."""
        rows = (n for n, row in enumerate(self._rows) if row.number == exhibit and row.number)
        return next(rows, None)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text for the screen reader and the tooltip, and the row itself for the delegate."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(row.tip)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            badge = f", {row.badge}" if row.badge else ""
            return f"{row.number} {row.name}, {row.state}{badge}".strip()
        return None


def _identity(row: ExhibitRow) -> object:
    return row.number or id(row.job)
