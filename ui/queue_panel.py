"""The panel that lists what is under way and what waits, in the order it will be done."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ui import theme, wording
from ui.jobs import Job, JobState
from ui.lines import Line, LinesView
from ui.widgets import IconButton, label
from ui.workbench import Workbench

EMPTY = (
    "Nothing is under way. Files being added, analyses, verifications and reports are listed here "
    "in the order they will be done; what waits can be moved up and down."
)
ICONS = {
    JobState.WAITING: "clock-outline",
    JobState.UNDER_WAY: "progress-clock",
    JobState.PAUSED: "pause-circle-outline",
}


class QueuePanel(QWidget):
    """Jobs under way, then those waiting."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.view = LinesView("Queue")
        self.sooner = IconButton("arrow-up", "Sooner (Alt+Up)", lambda: self.move_job(-1))
        self.later = IconButton("arrow-down", "Later (Alt+Down)", lambda: self.move_job(1))
        self.cancel = IconButton("close", "Cancel the job (Delete)", self.cancel_job)
        self._pages = QStackedWidget()
        self.setFocusProxy(self.view)
        self._build()
        workbench.case_opened.connect(self._opened)
        workbench.case_closed.connect(self._show)
        self.view.current_line.connect(lambda _: self._enable())
        theme.keeper().changed.connect(self._show)
        self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move with Alt and the arrows, cancel with Delete."""
        alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        key = Qt.Key(event.key())
        if alt and key in steps:
            self.move_job(steps[key])
        elif key == Qt.Key.Key_Delete:
            self.cancel_job()
        else:
            super().keyPressEvent(event)

    def move_job(self, step: int) -> None:
        """Let the job in hand come sooner (-1) or later (1)."""
        job, jobs = self.view.current(), self._workbench.jobs
        if job is not None and jobs is not None:
            jobs.move(job, step)

    def cancel_job(self) -> None:
        """Cancel the job in hand."""
        job, jobs = self.view.current(), self._workbench.jobs
        if job is not None and jobs is not None:
            jobs.cancel(job)

    def _build(self) -> None:
        empty = QWidget()
        rows = QVBoxLayout(empty)
        rows.setContentsMargins(theme.GRID + 4, 0, theme.GRID, theme.GRID)
        rows.addWidget(label(EMPTY, "muted", wrap=True))
        rows.addStretch()
        self._pages.addWidget(self.view)
        self._pages.addWidget(empty)
        self._bar = QWidget()
        bar = QHBoxLayout(self._bar)
        bar.setContentsMargins(theme.GRID, 0, theme.GRID, 0)
        bar.addStretch()
        for button in (self.sooner, self.later, self.cancel):
            bar.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.addWidget(self._pages, 1)
        column.addWidget(self._bar)

    def _opened(self) -> None:
        jobs = self._workbench.jobs
        assert jobs is not None
        jobs.changed.connect(self._show)
        jobs.job_changed.connect(self._renew)
        self._show()

    def _show(self) -> None:
        jobs = self._workbench.jobs
        listed = [] if jobs is None else list(jobs.jobs())
        self.view.show_lines([_line(job) for job in listed])
        self._pages.setCurrentIndex(0 if listed else 1)
        self._bar.setVisible(bool(listed))
        self._enable()

    def _renew(self, job: Job) -> None:
        for row, line in enumerate(self.view.lines.lines):
            if line.thing is job:
                self.view.lines.renew(row, _line(job))

    def _enable(self) -> None:
        job, jobs = self.view.current(), self._workbench.jobs
        waits = jobs is not None and job is not None and jobs.waits(job)
        self.sooner.setEnabled(waits)
        self.later.setEnabled(waits)
        self.cancel.setEnabled(job is not None and not job.cancelled)


def _line(job: Job) -> Line:
    part = job.progress.part
    said = [str(job.state) if not job.cancelled else "stopping"]
    if job.state is not JobState.WAITING:
        said.append(job.progress.stage)
        said.append(wording.percent(part) if part is not None else "")
        left = job.progress.seconds_left
        said.append("" if left is None else f"{wording.time_left(left)} left")
    detail = " · ".join(one for one in said if one)
    name = ICONS.get(job.state, "clock-outline")
    return Line(job, job.title, detail, icon=name, token="accent" if part else "muted")
