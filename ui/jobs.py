"""Jobs: background work as the examiner sees it, with progress, pause and cancel."""

import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from workstation.analysis.working_time import WorkingTime
from workstation.cases.case import Case
from workstation.cases.records import Exhibit
from workstation.commands.answers import one_line

ANNOUNCE_SECONDS = 0.1


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    UNDER_WAY = "under way"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True)
class JobProgress:
    """How far a job has come.

    Attributes:
        done: of `total`, in `unit` ("bytes" or "frames").
        rate: units per second, 0.0 where not known.
    """

    stage: str = ""
    done: int = 0
    total: int = 0
    unit: str = ""
    rate: float = 0.0
    seconds_left: float | None = None

    @property
    def part(self) -> float | None:
        """From 0 to 1, None while there is nothing to measure by."""
        return min(1.0, self.done / self.total) if self.total > 0 else None


@dataclass(frozen=True)
class Desk:
    """What a job works with, on its own thread.

    Attributes:
        case: the job's own connection.
        executor: runs chunks, `workers` at once.
        device: "auto", "cpu" or "cuda".
    """

    case: Case
    executor: Executor
    workers: int
    device: str


class StoppedError(Exception):
    """Raised inside a job to leave it because the examiner cancelled."""


class Job(QObject):
    """One piece of work; `work` runs on a lane's thread, everything else on the window's.

    Attributes:
        lane: jobs of one lane run one after another: "files" or "analysis".
        kind: "intake", "analysis", "verification" or "report".
        subject: exhibit number or file name.
        remarks: what the examiner ought to know although the job is done, in sentences.
        result: what `work` returned.
        error: what it raised.
    """

    changed = Signal(object)  # the job
    advanced = Signal(object)  # JobProgress, from the lane's thread

    lane = "files"
    kind = ""
    remarks: tuple[str, ...] = ()

    def __init__(self, title: str, subject: str = "") -> None:
        super().__init__()
        self.title = title
        self.subject = subject
        self.state = JobState.WAITING
        self.progress = JobProgress()
        self.result: Any = None
        self.error: BaseException | None = None
        self._cancelled = False
        self._pace = Pace()
        self.advanced.connect(self._take)

    def work(self, desk: Desk) -> Any:
        """Do the work; called on the lane's thread."""
        raise NotImplementedError

    def cancel(self) -> None:
        """Ask the work to stop; it does so at the next safe place."""
        self._cancelled = True

    def interrupt(self) -> None:
        """Ask the work to stop because the window closes, so that it can be continued."""
        self.cancel()

    def pause(self) -> None:
        """Ask the work to wait; only where `can_pause`."""
        raise NotImplementedError

    def resume(self) -> None:
        """Let the work go on."""
        raise NotImplementedError

    @property
    def cancelled(self) -> bool:
        """Whether the job was asked to stop."""
        return self._cancelled

    @property
    def can_pause(self) -> bool:
        """Whether the job can be paused."""
        return False

    def state_after(self, result: Any) -> JobState:  # noqa: ARG002
        """The state that the job ends in when `work` has returned."""
        return JobState.DONE

    def move_to(self, state: JobState) -> None:
        """Change the state and announce it."""
        self.state = state
        self.changed.emit(self)

    def announce(self, stage: str, done: int, total: int, unit: str = "bytes") -> None:
        """Tell the window how far the work has come; called on the lane's thread.

        Raises:
            StoppedError: the examiner cancelled.
        """
        if self._cancelled:
            raise StoppedError
        progress = self._pace.progress(stage, done, total, unit)
        if progress is not None:
            self.advanced.emit(progress)

    def _take(self, progress: JobProgress) -> None:
        self.progress = progress
        self.changed.emit(self)


class Pace:
    """Turns bare counts into a rate and the time left, and thins them out."""

    def __init__(self) -> None:
        self._stage = ""
        self._working = WorkingTime()
        self._from = 0
        self._said = 0.0

    def progress(self, stage: str, done: int, total: int, unit: str) -> JobProgress | None:
        """The progress to announce now, or None if the last is recent enough."""
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._from, self._said = stage, done, 0.0
            self._working = WorkingTime()
            self._working.go()
        elapsed = self._working.seconds()
        if now - self._said < ANNOUNCE_SECONDS and done < total:
            return None
        self._said = now
        rate = (done - self._from) / elapsed if elapsed > 0.5 else 0.0
        left = (total - done) / rate if rate > 0 else None
        return JobProgress(stage, done, total, unit, rate, left)


class IntakeJob(Job):
    """Takes one file into the case."""

    kind = "intake"

    def __init__(self, source: Path) -> None:
        name = one_line(source.name)
        super().__init__(f"Adding {name}", name)
        self.source = source

    def work(self, desk: Desk) -> Exhibit:
        """Copy, hash and index the file."""
        from workstation.evidence.intake import add_exhibit

        return add_exhibit(
            desk.case,
            self.source,
            announce=lambda step: self._announce_step(step.step, step.done, step.total),
            cancelled=lambda: self.cancelled,
        )

    def _announce_step(self, step: str, done: int, total: int) -> None:
        # The intake asks `cancelled` itself and leaves nothing half taken, so it is not broken off.
        progress = self._pace.progress(step, done, total, "bytes")
        if progress is not None:
            self.advanced.emit(progress)


class VerificationJob(Job):
    """Hashes exhibits again and walks the custody log."""

    kind = "verification"

    def __init__(self, exhibit: str | None = None) -> None:
        super().__init__(f"Verifying {exhibit or 'the case'}", exhibit or "")
        self._exhibit = exhibit

    def work(self, desk: Desk) -> Any:
        """A `Verification` of one exhibit, or a `CaseVerification`."""
        from workstation.evidence import verification

        def announce(step: Any) -> None:
            self.announce(f"hashing {step.exhibit}", step.done, step.total)

        if self._exhibit is not None:
            return verification.verify_exhibit(desk.case, self._exhibit, announce)
        return verification.verify_case(desk.case, announce)


class CallJob(Job):
    """Runs one function on the files lane: writing a report, exporting scores."""

    def __init__(self, kind: str, title: str, call: Callable[[Desk, "CallJob"], Any]) -> None:
        super().__init__(title)
        self.kind = kind
        self._call = call

    def work(self, desk: Desk) -> Any:
        """What the function returns."""
        return self._call(desk, self)
