"""Who has the case: while another program has it for writing, look whether it still does."""

from PySide6.QtCore import QObject, QTimer, Signal

from ui.reading import CaseView
from ui.workbench import Workbench
from workstation.cases.lock import is_held

LOOK_MS = 3000
FREE = "The case is no longer open elsewhere: it can be opened for writing now."


class HoldWatch(QObject):
    """Looks every few seconds, as long as a case is open here for reading only."""

    freed = Signal()

    def __init__(self, workbench: Workbench) -> None:
        super().__init__(workbench)
        self._workbench = workbench
        self._was_held = False
        self.timer = QTimer(self, interval=LOOK_MS)
        self.timer.timeout.connect(self._look)
        workbench.case_opened.connect(self._opened)
        workbench.case_closed.connect(self.timer.stop)

    def _opened(self, view: CaseView) -> None:
        self._was_held = view.held  # it may be free by the first look
        if view.locked_by:
            self._look()
            self.timer.start()

    def _look(self) -> None:
        self._workbench.ask(lambda case: is_held(case.folder), self._seen)

    def _seen(self, held: bool) -> None:
        if self._was_held and not held:
            self.freed.emit()
        if not held:  # given back, or never held: the folder cannot be written
            self.timer.stop()
        self._was_held = held
