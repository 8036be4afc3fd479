"""The panel that lists marks: filter, go to, edit, remove."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ui import keys, theme, wording
from ui.lines import Line, LinesView
from ui.marks import words
from ui.marks.dialog import WRITTEN, MarkDialog
from ui.widgets import IconButton, button, label
from ui.workbench import Place, Workbench
from workstation.cases.marks import Mark, MarkKind
from workstation.cases.records import FrameIndex

EMPTY = (
    "No marks yet. {} marks the frame on screen. Set an in and an out point with {} and {}, then "
    "{} keeps them as a clip. Notes and your own finding are in the menu “Marks”."
)
EMPTY_KEYS = ("player.marker", "player.in_point", "player.out_point", "add_clip")
NONE_FIT = "No mark fits the filter."


class MarksPanel(QWidget):
    """Lists the marks of the exhibit or of the whole case."""

    marker_wanted = Signal()

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._desk = workbench.marks
        self.view = LinesView("Marks")
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter")
        self.filter.setAccessibleName("Filter the marks")
        self.filter.setClearButtonEnabled(True)
        self.everywhere = QCheckBox("All exhibits")
        self.everywhere.setToolTip("List the marks of every exhibit, not only of the selected one.")
        self._message = label("", "muted", wrap=True)
        self._message.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._first = button("Mark the frame on screen", self.marker_wanted.emit)
        self._pages = QStackedWidget()
        self._count = label("", "small")
        self._edit = IconButton("pencil-outline", "Edit the mark", self.edit)
        self._remove = IconButton("trash-can-outline", "Remove the mark (Delete)", self.remove)
        self.setFocusProxy(self.view)
        self._build()
        self._listen()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Remove with Delete, edit with F2."""
        keys: dict[int, Callable[[], None]] = {
            int(Qt.Key.Key_Delete): self.remove,
            int(Qt.Key.Key_F2): self.edit,
        }
        act = keys.get(event.key())
        if act is None:
            super().keyPressEvent(event)
        else:
            act()

    def edit(self) -> None:
        """Ask what the mark in hand should say."""
        mark = self.view.current()
        if mark is None or mark.kind is MarkKind.GROUPING or not self._desk.writable:
            return
        dialog = MarkDialog(mark, self._index(mark), self)
        dialog.accepted.connect(lambda: self._change(mark, dialog.mark()))
        dialog.open()

    def remove(self) -> None:
        """Take away the mark in hand."""
        mark = self.view.current()
        if mark is not None:
            self._desk.remove(mark)

    def _change(self, mark: Mark, changed: Mark) -> None:
        self._desk.change(mark, **{name: getattr(changed, name) for name in WRITTEN})

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(theme.GRID)
        top.addWidget(self.filter, 1)
        top.addWidget(self.everywhere)
        below = QHBoxLayout()
        below.setContentsMargins(theme.GRID + 4, 0, theme.GRID, 0)
        below.addWidget(self._count, 1)
        below.addWidget(self._edit)
        below.addWidget(self._remove)
        empty = QWidget()
        rows = QVBoxLayout(empty)
        rows.setContentsMargins(theme.GRID + 4, theme.GRID, theme.GRID + 4, theme.GRID)
        rows.setSpacing(2 * theme.GRID)
        rows.addWidget(self._message)
        rows.addWidget(self._first, 0, Qt.AlignmentFlag.AlignLeft)
        rows.addStretch()
        self._pages.addWidget(self.view)
        self._pages.addWidget(empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.GRID, 0, 4)
        column.setSpacing(theme.GRID)
        top.setContentsMargins(theme.GRID + 4, 0, theme.GRID + 4, 0)
        column.addLayout(top)
        column.addWidget(self._pages, 1)
        column.addLayout(below)

    def _listen(self) -> None:
        self.filter.textChanged.connect(self._show)
        self.everywhere.toggled.connect(self._show)
        self.view.entered_line.connect(self._go)
        self.view.current_line.connect(self._pointed)
        self._desk.changed.connect(self._show)
        self._desk.picked.connect(self._pick)
        self._workbench.run_changed.connect(self._show)
        theme.keeper().changed.connect(self._show)
        keys.keeper().changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        selected = self._workbench.selected
        here = self._desk.all if self.everywhere.isChecked() else self._desk.of_exhibit(selected)
        typed = self.filter.text().split()
        marks = [mark for mark in here if words.matches(mark, typed)]
        marks.sort(key=lambda mark: (mark.exhibit, -1 if mark.first is None else mark.first))
        self.view.show_lines([self._line(mark) for mark in marks], key=lambda mark: mark.number)
        empty = EMPTY.format(*map(keys.said, EMPTY_KEYS))
        self._message.setText(NONE_FIT if here else empty)
        self._first.setVisible(not here and self._desk.writable and selected is not None)
        self._pages.setCurrentIndex(0 if marks else 1)
        self._count.setText(wording.counted(len(marks), "mark") if marks else "")
        self._pointed(self.view.current())

    def _pick(self, mark: Mark) -> None:
        for row, line in enumerate(self.view.lines.lines):
            if line.thing.number == mark.number:
                self.view.setCurrentIndex(self.view.lines.index(row))

    def _line(self, mark: Mark) -> Line:
        coloured = mark.kind not in (MarkKind.FINDING, MarkKind.GROUPING)
        tags = f"  ·  {', '.join(mark.tags)}" if mark.tags else ""
        index, title, kind = self._index(mark), words.title(mark), words.NAMES[mark.kind]
        named = "" if title == kind else f"{kind} · "
        return Line(
            thing=mark,
            title=title,
            detail=f"{named}{words.place(mark, index)}{tags}",
            icon=words.ICONS[mark.kind],
            token="text",
            colour=theme.current().mark(mark.colour) if coloured else None,
            tip=f"{words.line(mark, index)}\n{words.RECORDED}",
        )

    def _index(self, mark: Mark) -> FrameIndex | None:
        shown = self._workbench.shown
        return shown.index if shown is not None and shown.exhibit.number == mark.exhibit else None

    def _pointed(self, mark: Mark | None) -> None:
        usable = mark is not None and self._desk.writable
        self._edit.setEnabled(usable and mark.kind is not MarkKind.GROUPING)
        self._remove.setEnabled(usable)
        self._desk.chosen.emit(mark)

    def _go(self, mark: Mark) -> None:
        self._workbench.go_to(Place(mark.exhibit, mark.first, mark.track))
