"""A list of lines, each with a title, a detail below it, an icon and a colour; used by panels."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ui import theme
from ui.icons import icon
from ui.widgets import plain_tip

LINE_ROLE = Qt.ItemDataRole.UserRole + 1
STRONG, WEAK = "\x02", "\x03"  # what lies between is drawn strong
MARGIN = theme.GRID + 4
PICTURE = 48
ICON = 14

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Line:
    """One line of a list.

    Attributes:
        thing: what it stands for.
        title: the first row; parts between `STRONG` and `WEAK` are drawn strong.
        detail: the row below it, muted, with the same signs.
        further: a third row, in the monospaced face.
        icon: name of the icon before the title, and the colour token it is drawn in.
        colour: a bar at the left edge; always said in words too.
        picture: at the left, instead of nothing.
        aside: at the right of the title, muted.
    """

    thing: Any
    title: str
    detail: str = ""
    further: str = ""
    icon: str = ""
    token: str = "muted"
    colour: QColor | None = field(default=None, compare=False)
    picture: QImage | None = field(default=None, compare=False, repr=False)
    aside: str = ""
    tip: str = ""

    def spoken(self) -> str:
        """The line as a screen reader says it."""
        said = ", ".join(part for part in (self.title, self.detail, self.further, self.aside))
        return said.replace(STRONG, "").replace(WEAK, "").strip(", ")


class LinesModel(QAbstractListModel):
    """Lines in order; `LINE_ROLE` gives the whole `Line`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[Line, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines shown."""
        return self._lines

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines."""
        self.beginResetModel()
        self._lines = tuple(lines)
        self.endResetModel()

    def renew(self, row: int, line: Line) -> None:
        """Show another line in a row, and keep what is selected."""
        self._lines = (*self._lines[:row], line, *self._lines[row + 1 :])
        self.dataChanged.emit(self.index(row), self.index(row))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Number of lines."""
        return 0 if parent.isValid() else len(self._lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The line, its words for a screen reader, its tooltip."""
        if not index.isValid() or index.row() >= len(self._lines):
            return None
        line = self._lines[index.row()]
        if role == LINE_ROLE:
            return line
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(line.tip) or None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return line.spoken()
        return None


class LinesView(QListView):
    """A list of lines; Enter and double click choose one, keys it has no use for go on."""

    entered_line = Signal(object)  # the thing of the line chosen
    current_line = Signal(object)  # the thing of the line that the cursor is on, or None

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines = LinesModel(self)
        self.setModel(self.lines)
        self.setItemDelegate(LinesDelegate(self))
        self.setAccessibleName(name)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.doubleClicked.connect(self._enter)
        self.selectionModel().currentChanged.connect(self._moved)
        theme.keeper().changed.connect(self.viewport().update)

    def show_lines(self, lines: Sequence[Line], key: Any = None) -> None:
        """Show these lines and keep the cursor on the same thing, told by `key(thing)`.

        Args:
            lines: the lines.
            key: gives for a thing what stays the same about it; the thing itself by default.
        """
        told = key or (lambda thing: thing)
        current = self.current()
        chosen = {told(thing) for thing in self.chosen()}
        self.lines.show(lines)
        select = self.selectionModel().SelectionFlag
        for row, line in enumerate(lines):
            if told(line.thing) in chosen:
                self.selectionModel().select(self.lines.index(row), select.Select)
            if current is not None and told(line.thing) == told(current):
                self.selectionModel().setCurrentIndex(self.lines.index(row), select.NoUpdate)

    def current(self) -> Any:
        """The thing that the cursor is on, or None."""
        line = self.currentIndex().data(LINE_ROLE)
        return None if line is None else line.thing

    def chosen(self) -> list[Any]:
        """The things selected, in the order of their lines."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return [self.lines.lines[row].thing for row in rows]

    def step(self, rows: int) -> None:
        """Move the cursor by some rows, as far as there are any."""
        count = self.lines.rowCount()
        if count:
            row = min(max(self.currentIndex().row() + rows, 0), count - 1)
            self.setCurrentIndex(self.lines.index(row))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose with Enter; letters, space and sideways arrows are the player's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter(self.currentIndex())
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            super().keyPressEvent(event)
        elif event.text().strip() or event.key() in (
            Qt.Key.Key_Space,
            Qt.Key.Key_Left,
            Qt.Key.Key_Right,
        ):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _enter(self, index: Index) -> None:
        line = index.data(LINE_ROLE)
        if line is not None:
            self.entered_line.emit(line.thing)

    def _moved(self, index: Index) -> None:
        line = index.data(LINE_ROLE)
        self.current_line.emit(None if line is None else line.thing)


class LinesDelegate(QStyledItemDelegate):
    """Paints lines in the theme in force."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002
        """As high as its rows, or as its picture."""
        line: Line = index.data(LINE_ROLE)
        rows = 1 + bool(line.detail) + bool(line.further)
        height = 18 * rows + theme.GRID
        return QSize(160, max(height, PICTURE + theme.GRID) if line.picture else height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the line."""
        line: Line = index.data(LINE_ROLE)
        tokens, area = theme.current(), option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        _ground(painter, option, line, tokens)
        left = area.left() + MARGIN
        if line.picture is not None:
            spot = QRect(left, area.top() + 4, PICTURE, PICTURE)
            painter.fillRect(spot, tokens.colour("surface_0"))
            if not line.picture.isNull():
                painter.drawImage(spot, line.picture)
            left = spot.right() + MARGIN
        row = QRect(left, area.top() + 4, area.right() - left - theme.GRID, 18)
        row = _title(painter, row, line, tokens)
        if line.detail:
            _spans(painter, row, line.detail, theme.text_font(theme.SMALL), tokens.colour("muted"))
            row.translate(0, 18)
        if line.further:
            _spans(painter, row, line.further, theme.mono_font(theme.SMALL), tokens.colour("muted"))
        painter.restore()


def _ground(
    painter: QPainter, option: QStyleOptionViewItem, line: Line, tokens: theme.Theme
) -> None:
    area = option.rect
    if option.state & QStyle.StateFlag.State_Selected:
        painter.fillRect(area, tokens.colour("surface_3"))
    elif option.state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(area, tokens.colour("surface_2"))
    if line.colour is not None:
        painter.fillRect(QRect(area.left(), area.top() + 4, 3, area.height() - 8), line.colour)
    if option.state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(tokens.colour("focus"))
        painter.drawRect(area.adjusted(0, 0, -1, -1))


def _title(painter: QPainter, row: QRect, line: Line, tokens: theme.Theme) -> QRect:
    """Draw the first row; gives the row below it."""
    room = QRect(row)
    if line.aside:
        painter.setFont(theme.mono_font(theme.SMALL))
        painter.setPen(tokens.colour("muted"))
        width = painter.fontMetrics().horizontalAdvance(line.aside)
        painter.drawText(
            room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, line.aside
        )
        room.setRight(room.right() - width - theme.GRID)
    if line.icon:
        icon(line.icon, line.token).paint(painter, QRect(room.left(), room.top() + 2, ICON, ICON))
        room.setLeft(room.left() + ICON + 6)
    _spans(painter, room, line.title, theme.text_font(), tokens.colour("text"))
    return row.translated(0, 18)


def _spans(painter: QPainter, area: QRect, text: str, font: QFont, colour: QColor) -> None:
    """Draw text whose strong parts stand between signs, cut off at the end of the area."""
    strong = QFont(font)
    strong.setWeight(QFont.Weight.Bold)
    painter.setPen(colour)
    left, bold = area.left(), False
    for part in re.split(f"([{STRONG}{WEAK}])", " ".join(text.split(" "))):
        if part in (STRONG, WEAK):
            bold = part == STRONG
            continue
        painter.setFont(strong if bold else font)
        metrics = QFontMetrics(painter.font())
        room = area.right() - left
        shown = metrics.elidedText(part, Qt.TextElideMode.ElideRight, room)
        place = QRect(left, area.top(), room, area.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        left += metrics.horizontalAdvance(shown)
        if shown != part:
            break
