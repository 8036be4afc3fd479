"""The analysis of one exhibit as a job."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal

from ui.jobs import Desk, Job, JobProgress, JobState, StoppedError
from ui.warm_up import load_torch_libraries
from workstation.analysis.progress import Control, Progress, StretchScored
from workstation.cases.records import Run, RunOutcome

_STATES = {
    RunOutcome.COMPLETE: JobState.DONE,
    RunOutcome.FAILED: JobState.FAILED,
}


class AnalysisJob(Job):
    """Runs the pipeline on one exhibit and announces every stretch it commits.

    Args:
        exhibit: its number.
        analyse: the pipeline; `workstation.analysis.pipeline.run_analysis` unless given.
    """

    stretch_scored = Signal(object)  # StretchScored, from the lane's thread

    lane = "analysis"
    kind = "analysis"

    def __init__(self, exhibit: str, analyse: Callable[..., Run] | None = None) -> None:
        super().__init__(f"Analysing {exhibit}", exhibit)
        self._analyse = analyse
        self._control = Control()

    def work(self, desk: Desk) -> Run:
        """The finished run; it continues an unfinished one of the same kind."""
        from workstation.analysis.detector import default_detector
        from workstation.analysis.device_faults import failed_before, said_of
        from workstation.analysis.pipeline import run_analysis
        from workstation.analysis.settings import AnalysisSettings

        if self.cancelled:
            raise StoppedError
        if self._analyse is None:
            self.advanced.emit(JobProgress("loading the detector"))
            load_torch_libraries()
        run = (self._analyse or run_analysis)(
            desk.case,
            self.subject,
            default_detector(),
            AnalysisSettings(),
            desk.executor,
            workers=desk.workers,
            announce=self._heard,
            control=self._control,
            device=desk.device,
        )
        self.remarks = tuple(said_of(failed, run) for failed in failed_before(desk.case, run))
        return run

    @property
    def can_pause(self) -> bool:
        """An analysis can be paused."""
        return True

    def pause(self) -> None:
        """Let the chunks in flight end and begin no others."""
        self._control.pause()

    def resume(self) -> None:
        """Go on."""
        self._control.resume()

    def cancel(self) -> None:
        """End the run as cancelled; what was scored stays."""
        super().cancel()
        self._control.cancel()

    def interrupt(self) -> None:
        """End the run so that it can be continued when the case is opened again."""
        super().cancel()
        self._control.interrupt()

    def state_after(self, result: Any) -> JobState:
        """Done, failed, or cancelled, as the run ended."""
        return _STATES.get(result.outcome, JobState.CANCELLED)

    def _heard(self, event: Progress | StretchScored) -> None:
        if isinstance(event, StretchScored):
            self.stretch_scored.emit(event)
            return
        if self.cancelled and not event.run:  # no run is begun that would record how it ended
            raise StoppedError
        measured = self._pace.progress(event.stage, event.frames_done, event.frames, "frames")
        if measured is not None:
            self.advanced.emit(replace(measured, seconds_left=event.seconds_left))
