"""The line at the bottom: what runs, on what, how fast, how long yet, and when it was saved."""

from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QWidget

from ui import preferences, theme, wording
from ui.custody.panel import CHAIN_TIP, chain_sentence, chain_tip
from ui.jobs import Job, JobProgress, JobState
from ui.reading import CustodyView
from ui.widgets import ElidedLabel, IconButton, label
from ui.workbench import Workbench

WIDEST = "1000.0 frames/s · 00:00:00 left"


class StatusBar(QFrame):
    """Follows the job that matters most: the analysis under way, else the one on files."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "bar")
        self.setFixedHeight(32)
        self._workbench = workbench
        self._detector = "reading the detectors"
        self._device = ""
        self._ended = 0
        self._text = ElidedLabel("muted")
        self._numbers = label("", "muted", mono=True)
        widest = self._numbers.fontMetrics().horizontalAdvance(WIDEST)
        self._numbers.setMinimumWidth(widest)  # so that the buttons stay where they are
        self._numbers.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._numbers.setToolTip(
            "Frames accounted for per second, and the time left at that pace; both are estimates."
        )
        self._custody = label("", "muted")
        self._custody.setToolTip(CHAIN_TIP)
        self._saved = label("", "muted", mono=True)
        self._saved.setToolTip("Local time at which results were last committed to the case.")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(160)
        self._bar.setRange(0, 1000)
        self._bar.setAccessibleName("Progress of the job under way")
        self._pause = IconButton("pause", "Pause analysis", self._pause_pressed)
        self._cancel = IconButton("close", "Cancel the job under way", self._cancel_pressed)
        self._build()
        workbench.case_opened.connect(self._opened)
        workbench.case_closed.connect(self._draw)
        workbench.run_changed.connect(self._draw)
        workbench.saved.connect(self._note_saved)
        workbench.custody_changed.connect(self._note_custody)
        self._draw()

    def show_detector(self, text: str) -> None:
        """Name the detector that scores, or say that there is none."""
        self._detector = text
        self._draw()

    def current_job(self) -> Job | None:
        """The job that the pause and cancel buttons act on."""
        jobs = self._workbench.jobs
        if jobs is None:
            return None
        return jobs.running("analysis") or jobs.running("files")

    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GRID + 4, 0, theme.GRID + 4, 0)
        row.setSpacing(2 * theme.GRID)
        row.addWidget(self._text, 1)
        row.addWidget(self._bar, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._numbers)
        row.addWidget(self._pause)
        row.addWidget(self._cancel)
        row.addWidget(self._saved)
        row.addWidget(self._custody)

    def _opened(self) -> None:
        jobs = self._workbench.jobs
        assert jobs is not None
        self._ended = 0
        self._device = ""
        self._saved.setText("")
        jobs.changed.connect(self._draw)
        jobs.job_changed.connect(self._draw)
        jobs.job_ended.connect(self._job_ended)
        self._draw()

    def _job_ended(self, job: Job) -> None:
        jobs = self._workbench.jobs
        if job.kind == "analysis" and jobs is not None:
            waits = any(one.kind == "analysis" for one in jobs.jobs())
            self._ended = self._ended + 1 if waits else 0

    def _draw(self) -> None:
        job = self.current_job()
        for one in (self._bar, self._numbers, self._pause, self._cancel):
            one.setVisible(job is not None)
        if job is None:
            self._text.say(" · ".join(part for part in (self._detector, self._waiting()) if part))
            return
        shown = self._workbench.shown
        if shown is not None and shown.run is not None and shown.exhibit.number == job.subject:
            self._device = shown.run.device
        self._text.say(" · ".join(part for part in self._words(job) if part))
        part = job.progress.part
        self._bar.setRange(0, 0 if part is None and job.state is not JobState.PAUSED else 1000)
        self._bar.setValue(round((part or 0) * 1000))
        going = job.state is JobState.UNDER_WAY and not job.cancelled
        self._numbers.setText(_pace(job.progress) if going else "")
        jobs = self._workbench.jobs
        held = jobs is not None and jobs.held
        self._pause.setVisible(job.can_pause)
        self._pause.show_icon("play-outline" if held else "pause")
        self._pause.say("Go on with analysis" if held else "Pause analysis")
        self._cancel.setEnabled(not job.cancelled)

    def _waiting(self) -> str:
        """What analyses run on, while none does."""
        device = preferences.device()
        return {
            "auto": "on a GPU if there is one, else on the processor",
            "cpu": "on the processor",
            "cuda": "on the GPU",
        }[device]

    def _words(self, job: Job) -> list[str]:
        said = [self._device if job.kind == "analysis" else "", job.title]
        if job.cancelled:
            return [*said, "stopping"]
        if job.state is JobState.PAUSED:
            return [*said, "paused"]
        jobs = self._workbench.jobs
        left = sum(one.kind == job.kind for one in jobs.jobs()) if jobs else 0
        others = sum(one is not job for one in jobs.jobs()) if jobs else 0
        if job.kind == "analysis" and self._ended + left > 1:
            said.append(f"{self._ended + 1} of {self._ended + left} exhibits")
        return [*said, job.progress.stage, f"{others} more in the queue" if others else ""]

    def _note_saved(self) -> None:
        self._saved.setText(f"saved {datetime.now().astimezone():%H:%M:%S}")

    def _note_custody(self, view: CustodyView) -> None:
        plain = view.sound and not view.chain.remarks
        said = "custody intact" if plain else f"⚠ {chain_sentence(view)}"
        self._custody.setText(said)
        self._custody.setToolTip(chain_tip(view))

    def _pause_pressed(self) -> None:
        jobs = self._workbench.jobs
        if jobs is not None:
            jobs.resume() if jobs.held else jobs.pause()

    def _cancel_pressed(self) -> None:
        job, jobs = self.current_job(), self._workbench.jobs
        if job is not None and jobs is not None:
            jobs.cancel(job)


def _pace(progress: JobProgress) -> str:
    said = []
    if progress.rate > 0 and progress.unit == "bytes":
        said.append(f"{wording.size(round(progress.rate))}/s")
    elif progress.rate > 0 and progress.unit == "frames":
        said.append(f"{progress.rate:.1f} frames/s")
    if progress.seconds_left is not None:
        said.append(f"{wording.clock(progress.seconds_left)} left")
    return " · ".join(said)
