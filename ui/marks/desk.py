"""The one place through which the window adds, changes and takes away marks, and undoes it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from ui import messages
from workstation.cases.case import Case
from workstation.cases.marks import Mark

if TYPE_CHECKING:
    from ui.workbench import Workbench

Marks = tuple[Mark, ...]

READ_ONLY = "The case is open for reading only, so nothing can be marked in it."


class MarkDesk(QObject):
    """Keeps the marks of the open case; every change is undoable, and recorded in the background.

    Undoing and redoing are acts like any other: each is an entry in the custody log.
    """

    changed = Signal(object)  # tuple[Mark, ...]: every mark of the case as it stands
    chosen = Signal(object)  # Mark | None: the one pointed out in the list
    picked = Signal(object)  # Mark: pressed on the timeline, to be shown in the list
    recorded = Signal()  # an act was entered in the custody log
    lost = Signal(object)  # Mark: as it would stand, had it been recorded

    def __init__(self, workbench: "Workbench") -> None:
        super().__init__(workbench)
        self.all: Marks = ()
        self.undo_stack = QUndoStack(self)
        workbench.case_opened.connect(self._opened)
        workbench.case_closed.connect(self._closed)

    @property
    def _workbench(self) -> "Workbench":
        # Asked for, not kept: objects that hold each other may be destroyed in a worker's thread.
        return self.parent()

    @property
    def writable(self) -> bool:
        """Whether marks can be made now."""
        return self._workbench.writable

    def of_exhibit(self, number: str | None) -> Marks:
        """The marks of one exhibit."""
        return tuple(mark for mark in self.all if mark.exhibit == number)

    def add(self, mark: Mark, words: str = "", how: str = "") -> None:
        """Make a new mark.

        Args:
            mark: what it says; its number is given when it is recorded.
            words: for the undo menu, such as "add a marker".
            how: for the custody log, "" where the act says it all.
        """
        self._push(None, mark, f"{words or f'add {mark.kind}'} · {mark.exhibit}", how)

    def change(self, mark: Mark, words: str = "", how: str = "", **fields: Any) -> None:
        """Change fields of a mark; nothing happens where they are as they were."""
        changed = replace(mark, **fields)
        if changed != mark:
            words = f"{words or f'change {mark.kind}'} · {mark.exhibit}"
            self._push(mark.number, changed, words, how)

    def remove(self, mark: Mark, words: str = "") -> None:
        """Take a mark away; the case keeps what it said."""
        self._push(mark.number, None, f"{words or f'remove {mark.kind}'} · {mark.exhibit}", "")

    def record(
        self, put: Callable[[Case], None], failed: Callable[[Exception], None] | None = None
    ) -> None:
        """Run `put` on the case's thread, then show the marks as they stand."""

        def put_and_read(case: Case) -> Marks:
            put(case)
            return tuple(case.marks.all())

        def done(marks: Marks) -> None:
            self._show(marks)
            self.recorded.emit()

        self._workbench.ask(put_and_read, done, failed or self.refused)

    def refused(self, error: Exception) -> None:
        """Tell what went wrong, and show the marks as they stand."""
        # What was not recorded cannot be undone either: begin anew from what the case holds.
        self.undo_stack.clear()
        self._read()
        messages.tell(error)

    def _push(self, number: int | None, after: Mark | None, words: str, how: str) -> None:
        if not self.writable:
            messages.say(READ_ONLY)
            return
        self.undo_stack.push(_Put(self, number, after, words, how))

    def _opened(self) -> None:
        self.undo_stack.clear()
        self._read()

    def _closed(self) -> None:
        self.undo_stack.clear()
        self._show(())

    def _read(self) -> None:
        self._workbench.ask(lambda case: tuple(case.marks.all()), self._show)

    def _show(self, marks: Marks) -> None:
        self.all = marks
        self.changed.emit(marks)


@dataclass
class _Cell:
    """What the case's thread found out: the number a new mark got, and what was there before."""

    number: int | None
    before: Mark | None = None
    known: bool = False


class _Put(QUndoCommand):
    """One change of one mark."""

    def __init__(
        self, desk: MarkDesk, number: int | None, after: Mark | None, words: str, how: str
    ) -> None:
        super().__init__(words)
        self._desk = desk
        self._after = after
        self._how = how
        self._cell = _Cell(number)

    def redo(self) -> None:
        """Do it, for the first time or again."""
        cell, after, how = self._cell, self._after, self._how

        def put(case: Case) -> None:
            again = "redo" if cell.known else how
            if not cell.known and cell.number is not None:
                cell.before = case.marks.get(cell.number)
            made = case.marks.put(cell.number, after, again)
            cell.number = made.number if made else cell.number
            cell.known = True

        def failed(error: Exception) -> None:
            self._desk.refused(error)
            if after is not None and not cell.known:
                self._desk.lost.emit(after)

        self._desk.record(put, failed)

    def undo(self) -> None:
        """Put back what was there before."""
        cell = self._cell

        def put(case: Case) -> None:
            if cell.known:
                case.marks.put(cell.number, cell.before, "undo")

        self._desk.record(put)
