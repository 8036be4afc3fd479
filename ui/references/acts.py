"""Adding and revoking references from the window: recorded in the background, and undoable."""

from collections.abc import Callable
from typing import Any

from PySide6.QtGui import QUndoCommand
from PySide6.QtWidgets import QWidget

from ui import messages
from ui.references.dialog import ReferenceDialog, ReferenceOrder, RevokeDialog
from ui.workbench import Workbench
from workstation.cases.case import Case
from workstation.cases.records import Reference

UNDONE = "undone by the examiner"


def ask_reference(workbench: Workbench, parent: QWidget) -> None:
    """Ask which exhibit is known authentic for the selected one, and record it."""
    questioned = workbench.selected
    if questioned is None or not workbench.writable:
        return

    def show(standing: list[Reference]) -> None:
        dialog = ReferenceDialog(questioned, workbench.exhibits, standing, parent)
        dialog.accepted.connect(lambda: add_reference(workbench, dialog.order()))
        dialog.open()

    workbench.ask(lambda case: case.references.of(questioned), show)


def ask_revoke(workbench: Workbench, reference: Reference, parent: QWidget) -> None:
    """Ask why a reference is revoked, and record it."""
    dialog = RevokeDialog(reference, parent)
    dialog.accepted.connect(lambda: revoke_reference(workbench, reference, dialog.why()))
    dialog.open()


def add_reference(workbench: Workbench, order: ReferenceOrder) -> None:
    """Record a reference; undoing revokes it."""
    words = f"compare {order.questioned} with {order.reference}"
    undo = _revoke(order.questioned, order.reference, UNDONE)
    workbench.marks.undo_stack.push(_Act(workbench, words, _add(order), undo))


def revoke_reference(workbench: Workbench, reference: Reference, why: str) -> None:
    """Record that a reference is revoked; undoing adds it anew."""
    words = f"revoke {reference.reference} as a reference"
    copied = "" if reference.recording == reference.reference else reference.recording
    order = ReferenceOrder(
        reference.questioned, reference.reference, reference.kinds, reference.how, copied
    )
    revoke = _revoke(reference.questioned, reference.reference, why)
    workbench.marks.undo_stack.push(_Act(workbench, words, revoke, _add(order)))


def _add(order: ReferenceOrder) -> Callable[[Case], Any]:
    return lambda case: case.references.add(
        order.questioned, order.reference, order.kinds, order.how, copy_of=order.copy_of
    )


def _revoke(questioned: str, reference: str, why: str) -> Callable[[Case], Any]:
    return lambda case: case.references.revoke(questioned, reference, why)


class _Act(QUndoCommand):
    """One act, and the act that takes it back; each is an entry in the custody log."""

    def __init__(
        self,
        workbench: Workbench,
        words: str,
        do: Callable[[Case], Any],
        undo: Callable[[Case], Any],
    ) -> None:
        super().__init__(words)
        self._workbench = workbench
        self._do, self._undo = do, undo

    def redo(self) -> None:
        """Do it, for the first time or again."""
        self._workbench.ask(self._do, self._done, self._refused)

    def undo(self) -> None:
        """Take it back."""
        self._workbench.ask(self._undo, self._done, self._refused)

    def _refused(self, error: Exception) -> None:
        # What was not recorded cannot be undone either.
        self.setObsolete(True)
        messages.tell(error)

    def _done(self, _: object) -> None:
        self._workbench.refresh()
        self._workbench.saved.emit()
