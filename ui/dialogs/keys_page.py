"""The page of the preferences on which keys are given to acts, and clashes are shown."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ui import keys, theme
from ui.widgets import button, label

NAME = Qt.ItemDataRole.UserRole
MODIFIERS = (
    Qt.Key.Key_Shift,
    Qt.Key.Key_Control,
    Qt.Key.Key_Alt,
    Qt.Key.Key_Meta,
    Qt.Key.Key_AltGr,
    Qt.Key.Key_unknown,
)
HINT = (
    "Choose an act, then press the new key in the field. Plain letters are keys of the player and "
    "are heard wherever nothing is typed."
)


class KeyField(QLineEdit):
    """Shows and takes one key combination."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setAccessibleName("New key: press it here")
        self.setPlaceholderText("press a key")

    def event(self, event: QEvent) -> bool:
        """Take keys before shortcuts and focus get them; Tab and Escape stay what they are."""
        if isinstance(event, QKeyEvent) and event.key() not in (
            Qt.Key.Key_Tab,
            Qt.Key.Key_Backtab,
            Qt.Key.Key_Escape,
        ):
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress and event.key() not in MODIFIERS:
                self._take(event)
                return True
        return super().event(event)

    def _take(self, event: QKeyEvent) -> None:
        portable = QKeySequence.SequenceFormat.PortableText
        self.setText(QKeySequence(event.keyCombination()).toString(portable))


class KeysPage(QWidget):
    """Every act with its keys; acts that share a key are told apart by words and a sign."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys = keys.in_force()
        self._texts = {key.name: key.text for key in keys.table()}
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter")
        self.filter.setAccessibleName("Filter the acts")
        self.list = QTreeWidget()
        self.field = KeyField()
        self._said = label("", "danger", wrap=True)
        self.setFocusProxy(self.list)
        self._build()
        self.filter.textChanged.connect(self._show)
        self.field.textChanged.connect(self._taken)
        self.list.currentItemChanged.connect(lambda *_: self.field.clear())
        self._show()

    def chosen(self) -> dict[str, tuple[str, ...]]:
        """The keys of every act as they stand on the page."""
        return dict(self._keys)

    def clash(self) -> str:
        """A sentence about the first two acts that share a key, or ""."""
        for name, others in keys.conflicts(self._keys).items():
            shared = {keys.portable(one) for one in self._keys[name]} & {
                keys.portable(one) for one in self._keys[others[0]]
            }
            return (
                f"{sorted(shared)[0]} is given to “{self._texts[name]}” and to "
                f"“{self._texts[others[0]]}”. Give one of them another key."
            )
        return ""

    def choose(self, name: str) -> None:
        """Put the cursor on an act."""
        for item in self._items():
            if item.data(0, NAME) == name:
                self.list.setCurrentItem(item)
                self.list.scrollToItem(item, QTreeWidget.ScrollHint.PositionAtCenter)

    def _build(self) -> None:
        self.list.setAccessibleName("Acts and their keys")
        self.list.setColumnCount(2)
        self.list.setHeaderLabels(["Act", "Keys"])
        self.list.setRootIsDecorated(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.header().setStretchLastSection(False)
        row = QHBoxLayout()
        row.setSpacing(theme.GRID)
        row.addWidget(self.field, 1)
        row.addWidget(button("No key", lambda: self._give(())))
        row.addWidget(button("Default", self._default))
        row.addWidget(button("All defaults", self._all_defaults))
        column = QVBoxLayout(self)
        column.setContentsMargins(*[2 * theme.GRID] * 4)
        column.setSpacing(theme.GRID)
        for widget in (label(HINT, "small", wrap=True), self.filter, self.list):
            column.addWidget(widget)
        column.addLayout(row)
        column.addWidget(self._said)

    def _show(self) -> None:
        name = self._current()
        wanted = self.filter.text().casefold().split()
        clashing = keys.conflicts(self._keys)
        self.list.clear()
        group = ""
        for key in keys.table():
            shown = keys.shown(self._keys[key.name])
            text = f"{key.group} {key.text} {shown}".casefold()
            if not all(word in text for word in wanted):
                continue
            if key.group != group:
                group = key.group
                heading = QTreeWidgetItem([group.upper(), ""])
                heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
                heading.setForeground(0, theme.current().colour("muted"))
                self.list.addTopLevelItem(heading)
            self.list.addTopLevelItem(self._item(key, shown, clashing.get(key.name, [])))
        if name:
            self.choose(name)
        self._said.setText(self.clash())
        self._said.setVisible(bool(clashing))

    def _item(self, key: keys.Key, shown: str, others: list[str]) -> QTreeWidgetItem:
        item = QTreeWidgetItem([key.text, f"⚠ {shown}" if others else shown])
        item.setData(0, NAME, key.name)
        item.setFont(1, theme.mono_font(theme.SMALL))
        if others:
            item.setForeground(1, theme.current().colour("danger"))
            also = ", ".join(f"“{self._texts[other]}”" for other in others)
            item.setToolTip(1, f"Also the key of {also}")
        return item

    def _items(self) -> list[QTreeWidgetItem]:
        return [self.list.topLevelItem(row) for row in range(self.list.topLevelItemCount())]

    def _current(self) -> str:
        item = self.list.currentItem()
        return "" if item is None else item.data(0, NAME) or ""

    def _taken(self, text: str) -> None:
        if text:
            self._give((text,))

    def _give(self, some: tuple[str, ...]) -> None:
        name = self._current()
        if name:
            self._keys[name] = some
            self._show()

    def _default(self) -> None:
        name = self._current()
        if name:
            self._give(keys.defaults()[name])

    def _all_defaults(self) -> None:
        self._keys = keys.defaults()
        self._show()
