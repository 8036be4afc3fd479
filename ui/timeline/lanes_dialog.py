"""Which lanes are shown, and in which order: all that dragging does, for the keyboard too."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QWidget

from ui import theme
from ui.dialogs.form import WIDTH, FormDialog
from ui.timeline.arrangement import KINDS, TITLES, Arrangement
from ui.widgets import button, label

KIND = Qt.ItemDataRole.UserRole
WORDS = "Checked lanes are shown. Space checks, Alt with Up or Down moves the chosen lane."


class LanesDialog(FormDialog):
    """A list of lanes with a check each; what is changed shows at once and is kept.

    Args:
        arrangement: what is changed.
        absent: by kind of lane, why there is nothing to show in this exhibit.
        changed: called after each change.
        parent: the window.
    """

    def __init__(
        self,
        arrangement: Arrangement,
        absent: Mapping[str, str],
        changed: Callable[[], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Lanes of the timeline", "Done", parent)
        self.leave.hide()
        self._arrangement, self._absent, self._changed = arrangement, absent, changed
        self.list = _List(self.move)
        self.list.setAccessibleName("Lanes")
        self.list.setMinimumHeight(120)
        self.list.setSpacing(3)
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.resize(WIDTH, 500)
        self.rows.insertWidget(0, label(WORDS, "muted", wrap=True))
        self.rows.insertWidget(1, self.list, 1)
        moves = QHBoxLayout()
        moves.setSpacing(theme.GRID)
        moves.addWidget(button("Move up", lambda: self.move(-1)))
        moves.addWidget(button("Move down", lambda: self.move(1)))
        moves.addStretch()
        self.rows.insertLayout(2, moves)
        self._fill("")
        self.list.itemChanged.connect(self._checked)
        self.list.setFocus()

    def move(self, by: int) -> None:
        """Move the chosen lane up (-1) or down (1)."""
        item = self.list.currentItem()
        if item is not None:
            kind = item.data(KIND)
            self._arrangement.step(kind, by)
            self._fill(kind)
            self._changed()

    def _checked(self, item: QListWidgetItem) -> None:
        self._arrangement.show(item.data(KIND), item.checkState() == Qt.CheckState.Checked)
        self._changed()

    def _fill(self, chosen: str) -> None:
        titles = {kind.kind: TITLES.get(kind.kind, kind.title) for kind in KINDS}
        self.list.blockSignals(True)
        self.list.clear()
        for place, kind in enumerate(self._arrangement.order):
            why = self._absent.get(kind, "")
            item = QListWidgetItem(titles[kind] + (f"  ({why})" if why else ""))
            item.setData(KIND, kind)
            shown = kind not in self._arrangement.hidden
            item.setCheckState(Qt.CheckState.Checked if shown else Qt.CheckState.Unchecked)
            self.list.addItem(item)
            if kind == chosen or place == 0:
                self.list.setCurrentRow(place)
        self.list.blockSignals(False)


class _List(QListWidget):
    def __init__(self, move: Callable[[int], None]) -> None:
        super().__init__()
        self._move = move

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        by = steps.get(Qt.Key(event.key()))
        if by is not None and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self._move(by)
        else:
            super().keyPressEvent(event)
