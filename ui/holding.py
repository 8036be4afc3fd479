"""Who has the case: while another program has it for writing, look whether it still does."""

from PySide6.QtCore import QObject, QTimer, Signal

from ui.reading import CaseView
from ui.workbench import Workbench
from workstation.cases.lock import is_held

LOOK_MS = 3000
FREE = "The case is no longer open elsewhere: it can be opened for writing now."
OUT_OF_SIGHT = "{} Whether it is still open there cannot be seen from here any more."


class HoldWatch(QObject):
    """Looks every few seconds, as long as a case is open here for reading only."""

    changed = Signal(object)
    """Of a case that was open elsewhere: True where it is, False where it is not any more, None
    where that cannot be known."""

    def __init__(self, workbench: Workbench) -> None:
        super().__init__(workbench)
        self._workbench = workbench
        self._was_held = False
        self._seen_last: bool | None = True
        self.timer = QTimer(self, interval=LOOK_MS)
        self.timer.timeout.connect(self._look)
        workbench.case_opened.connect(self._opened)
        workbench.case_closed.connect(self.timer.stop)

    def _opened(self, view: CaseView) -> None:
        self._was_held = view.held  # it may be free by the first look
        self._seen_last = True
        if view.locked_by:
            self._look()
            self.timer.start()

    def _look(self) -> None:
        self._workbench.ask(lambda case: is_held(case.folder), self._seen)

    def _seen(self, held: bool | None) -> None:
        if self._was_held and held is not self._seen_last:
            self.changed.emit(held)
        self._seen_last = held
        if held is False:  # given back, or never held: the folder cannot be written
            self.timer.stop()
