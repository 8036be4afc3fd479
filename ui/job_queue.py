"""The queue of jobs: two lanes, each one job at a time, on QThreads."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future

from PySide6.QtCore import QObject, Signal

from ui.jobs import ENDED, Desk, Job, JobState, StoppedError
from ui.thread_pool import QThreadExecutor
from workstation.analysis.chunk_executor import ChunkExecutor
from workstation.cases.case import Case
from workstation.errors import WorkstationError

LANES = ("files", "analysis")


class JobQueue(QObject):
    """Runs the jobs of one case in the order they came, the lanes beside each other.

    Jobs of the files lane (intake, verification, report) need not wait for a long analysis.
    """

    changed = Signal()
    job_changed = Signal(object)  # Job
    job_ended = Signal(object)  # Job
    idle = Signal()
    _returned = Signal(object, object)  # Job, Future

    def __init__(
        self,
        open_case: Callable[[], Case],
        *,
        workers: int,
        device: str,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._open_case = open_case
        self.workers = workers
        self.device = device
        self._chunks = ChunkExecutor(QThreadExecutor(workers, "chunk"))
        self._pools = {lane: QThreadExecutor(1, lane) for lane in LANES}
        self._waiting: dict[str, list[Job]] = {lane: [] for lane in LANES}
        self._running: dict[str, Job] = {}
        self._held = False
        self.stopping = False
        self._returned.connect(self._take_back)

    def add(self, job: Job) -> None:
        """Put a job at the end of its lane."""
        if self.stopping:
            raise RuntimeError("the queue is stopping")
        job.setParent(self)
        job.changed.connect(self.job_changed)
        self._waiting[job.lane].append(job)
        self._start_next(job.lane)
        self.changed.emit()

    def running(self, lane: str) -> Job | None:
        """The job under way in a lane."""
        return self._running.get(lane)

    def jobs(self) -> Iterator[Job]:
        """Jobs under way, then those waiting, in order."""
        yield from self._running.values()
        for lane in LANES:
            yield from self._waiting[lane]

    def find(self, kind: str, subject: str) -> Job | None:
        """The job of a kind on a subject that has not ended."""
        return next((j for j in self.jobs() if j.kind == kind and j.subject == subject), None)

    @property
    def busy(self) -> bool:
        """Whether a job is under way or waiting."""
        return any(True for _ in self.jobs())

    @property
    def held(self) -> bool:
        """Whether the examiner paused the analysis lane."""
        return self._held

    def pause(self) -> None:
        """Pause the analysis under way and begin no other."""
        self._held = True
        job = self.running("analysis")
        if job is not None and job.can_pause:
            job.pause()
            job.move_to(JobState.PAUSED)
        self.changed.emit()

    def resume(self) -> None:
        """Go on with analysis."""
        self._held = False
        job = self.running("analysis")
        if job is not None and job.state is JobState.PAUSED:
            job.resume()
            job.move_to(JobState.UNDER_WAY)
        self._start_next("analysis")
        self.changed.emit()

    def cancel(self, job: Job) -> None:
        """Cancel a job: one that waits at once, one under way at the next safe place."""
        if job in self._waiting[job.lane]:
            self._waiting[job.lane].remove(job)
            self._end(job, JobState.CANCELLED)
        elif job is self.running(job.lane):
            job.cancel()
        self.changed.emit()

    def move(self, job: Job, step: int) -> None:
        """Let a job that waits come sooner (negative) or later in its lane."""
        waiting = self._waiting[job.lane]
        if job in waiting:
            place = min(max(waiting.index(job) + step, 0), len(waiting) - 1)
            waiting.remove(job)
            waiting.insert(place, job)
            self.changed.emit()

    def waits(self, job: Job) -> bool:
        """Whether a job has not begun."""
        return job in self._waiting[job.lane]

    def stop(self) -> None:
        """Forget what waits and interrupt what is under way; `idle` follows when all is still."""
        self.stopping = True
        for lane in LANES:
            for forgotten in self._waiting[lane]:
                forgotten.deleteLater()
            self._waiting[lane].clear()
            job = self.running(lane)
            if job is not None:
                job.interrupt()
        self.changed.emit()
        if not self._running:
            self.idle.emit()

    def close(self) -> None:
        """End the threads; jobs still under way are interrupted and waited for."""
        self.stop()
        for pool in self._pools.values():
            pool.shutdown()
        self._chunks.shutdown(cancel_futures=True)

    def _start_next(self, lane: str) -> None:
        if lane in self._running or not self._waiting[lane] or self.stopping:
            return
        if lane == "analysis" and self._held:
            return
        job = self._waiting[lane].pop(0)
        self._running[lane] = job
        job.move_to(JobState.UNDER_WAY)
        future = self._pools[lane].submit(self._run, job)
        future.add_done_callback(lambda done: self._returned.emit(job, done))

    def _run(self, job: Job) -> object:
        with self._open_case() as case:
            return job.work(Desk(case, self._chunks, self.workers, self.device))

    def _take_back(self, job: Job, done: "Future[object]") -> None:
        del self._running[job.lane]
        error = done.exception()
        if error is None:
            job.result = done.result()
            self._end(job, job.state_after(job.result))
        elif isinstance(error, StoppedError) or (
            job.cancelled and isinstance(error, WorkstationError)
        ):
            self._end(job, JobState.CANCELLED)
        else:
            job.error = error
            self._end(job, JobState.FAILED)
        self._start_next(job.lane)
        self.changed.emit()
        if not self.busy:
            self.idle.emit()

    def _end(self, job: Job, state: JobState) -> None:
        assert state in ENDED
        job.move_to(state)
        self.job_ended.emit(job)
