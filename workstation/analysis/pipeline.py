"""One exhibit's analysis from start to finding, continued where an earlier attempt stopped."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import replace
from itertools import cycle
from typing import Any

import numpy as np

from workstation.analysis.chunk_result import ChunkResult
from workstation.analysis.chunks import ChunkRequest
from workstation.analysis.continuing import can_go_on
from workstation.analysis.cuts import keep_cuts
from workstation.analysis.detector import Detector, DetectorInfo, load_detector
from workstation.analysis.device_faults import DeviceFault, device_faults, next_attempt
from workstation.analysis.devices import (
    computing,
    decoder_threads,
    fitting_workers,
    settle_rounding,
)
from workstation.analysis.findings import Thresholds, conclude
from workstation.analysis.guard import MOST_TOUCHES, ExhibitGuard, ExhibitTouchedError
from workstation.analysis.keeping import KeptChunks
from workstation.analysis.planning import ChunkSpan, plan_chunks
from workstation.analysis.progress import Control, Event, Progress, StretchScored
from workstation.analysis.quality import SHARPNESS
from workstation.analysis.scheduling import AnalysisCancelledError, Engine, Scheduler, Watcher
from workstation.analysis.settings import AnalysisSettings
from workstation.analysis.states import frame_states, state_counts
from workstation.analysis.stopwatch import Stopwatch
from workstation.analysis.temporal import TemporalScorer
from workstation.analysis.tracking import LinkedFaces, Linker
from workstation.analysis.trust import outside
from workstation.analysis.versions import software_versions
from workstation.analysis.working_time import WorkingTime
from workstation.cases.agreement import reopened
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.records import FaceTable, Run, RunOutcome
from workstation.cases.runs import changed_meanwhile
from workstation.cases.seals import account
from workstation.errors import AnalysisError, CaseError, WorkstationError

Announce = Callable[[Event], None]


def run_analysis(
    case: Case,
    exhibit: str,
    detector: Detector | DetectorInfo,
    settings: AnalysisSettings,
    executor: Executor,
    *,
    workers: int,
    announce: Announce,
    control: Control | None = None,
    device: str = "auto",
    keep: bool = True,
    watch: Stopwatch | None = None,
) -> Run:
    """Analyse one exhibit; blocks until it is done, cancelled or failed.

    An unfinished run of the same exhibit with the same weights, settings, software and precision is
    continued; otherwise a new one begins. Where a GPU fails, its run ends as failed, and another
    begins with fewer crops at once, or on the processor: one run has one device. Where the file
    of the exhibit is touched meanwhile, its run fails, and goes on once the file was hashed again.

    Args:
        case: Open for writing, on a connection of the calling thread.
        exhibit: Number.
        detector: Loaded, or to be loaded.
        settings: How faces are found and followed.
        executor: Runs the chunks.
        workers: How many it runs at once.
        announce: Called from this thread with each event.
        control: Pauses and cancels.
        device: Where a detector that is not loaded goes: "auto", "cpu" or "cuda".
        keep: Whether the chunk results stay in the cache afterwards, as far as the settings allow.
        watch: Counts the seconds of every stage, those of the workers side by side.

    Returns:
        The run; its outcome is complete, or cancelled or interrupted by the control.

    Raises:
        AnalysisError: The exhibit is altered, missing, or under analysis already.
        DetectorError: The detector cannot be loaded.
        WorkstationError: The run failed for a reason in the world, which is recorded with it.
    """
    job = _Analysis(case, exhibit, settings, announce, control or Control(), keep)
    job.watch = watch or job.watch
    with job.watch.stage("verify"):
        job.verify()
    job.load(detector, device)
    while True:
        try:
            return job.run(executor, workers)
        except DeviceFault as fault:
            job.fall_back(fault)
        except ExhibitTouchedError as touched:
            job.go_on_after(touched)


class _Analysis:
    """The steps of `run_analysis`, and what they share."""

    def __init__(
        self,
        case: Case,
        exhibit: str,
        settings: AnalysisSettings,
        announce: Announce,
        control: Control,
        keep_chunks: bool,
    ) -> None:
        self._case = case
        self._exhibit = case.exhibits.get(exhibit)
        self._index = case.exhibits.index(exhibit)
        self._times = self._index.times
        self._settings = settings
        self._announce = announce
        self._control = control
        self._keep_chunks = keep_chunks
        self.watch = Stopwatch()
        self._run_id = 0
        self._done = 0
        self._fresh = 0
        self._working = WorkingTime()
        tell = "verifying the exhibit"
        self._guard = ExhibitGuard(case, self._exhibit, lambda: self._progress(tell))

    def verify(self) -> None:
        """Refuse an exhibit that is no longer what was taken in."""
        for run in self._case.runs.of_exhibit(self._exhibit.number):
            if run.outcome is RunOutcome.RUNNING:
                raise AnalysisError(f"Exhibit {self._exhibit.number} is being analysed already.")
        self._guard.admit()

    def load(self, detector: Detector | DetectorInfo, device: str) -> None:
        """Load the detector, here and for the workers of this process."""
        self._progress("loading the detector")
        if isinstance(detector, DetectorInfo):
            detector = load_detector(detector, device)
        settle_rounding(detector.torch_device)
        self._detector = detector
        self._devices = cycle(computing(detector.torch_device))
        self._kept = KeptChunks(self._case, self._exhibit, self._detector, self._settings)

    def fall_back(self, fault: DeviceFault) -> None:
        """Get ready for another run after the device of the last one failed, or raise the fault."""
        device, self._settings = next_attempt(fault, self._detector.torch_device, self._settings)
        self._done, self._fresh, self._working = 0, 0, WorkingTime()
        self.load(self._detector.info, device)

    def go_on_after(self, touched: ExhibitTouchedError) -> None:
        """Get ready to go on after the exhibit's file was touched, unless that does not end."""
        if self._guard.touches > MOST_TOUCHES:
            raise touched
        self._done, self._fresh, self._working = 0, 0, WorkingTime()

    def run(self, executor: Executor, workers: int) -> Run:
        """Score everything, and leave a truthful record whatever happens."""
        run = self._begin()
        self._run_id = run.id
        try:
            with device_faults(self._detector.device):
                fitting = fitting_workers(workers, self._detector.torch_device)
                self._score(Engine(executor, fitting))
                self._conclude()
        except AnalysisCancelledError:
            self._stopped()
        except KeyboardInterrupt:
            self._record_failure(
                RunOutcome.INTERRUPTED, Act.ANALYSIS_INTERRUPTED, "Interrupted from the keyboard."
            )
            raise
        except WorkstationError as error:
            self._record_failure(RunOutcome.FAILED, Act.ANALYSIS_FAILED, str(error))
            raise
        except BaseException as error:
            said = str(error).partition("\n")[0][:200]  # the log has all of it
            reason = f"A fault of this program: {type(error).__name__}: {said}"
            self._record_failure(RunOutcome.FAILED, Act.ANALYSIS_FAILED, reason)
            raise
        else:
            self._tidy()
        return self._case.runs.get(run.id)

    def _begin(self) -> Run:
        """Continue the newest run that fits, or start one."""
        facts: dict[str, Any] = {
            "detector": dict(self._detector.info.card),
            "settings": self._settings.to_json(),
            "versions": software_versions(),
            "precision": self._detector.precision,
        }
        with self._case.transaction():
            for run in reversed(self._case.runs.of_exhibit(self._exhibit.number)):
                fits = can_go_on(run, facts, self._detector.device)
                # What is no longer as it was entered in the log is not built upon.
                if fits and reopened(self._case, run):
                    self._record(Act.ANALYSIS_RESUMED, run.id, frames_done=run.frames_done)
                    return self._case.runs.get(run.id)
            run = self._case.runs.start(
                self._exhibit.number,
                facts["detector"],
                facts["settings"],
                facts["versions"],
                self._detector.device,
                self._detector.precision,
                len(self._index),
            )
            self._record(Act.ANALYSIS_STARTED, run.id)
        return run

    def _score(self, engine: Engine) -> None:
        """Chunks in, linked, scored, committed and announced, in order."""
        linker = Linker(self._times, self._settings.gap_seconds, self._detector.width)
        scorer = TemporalScorer(self._detector, self._settings.gap_seconds)
        committed = self._case.runs.committed_to(self._run_id)
        spans = plan_chunks(self._index, self._settings)
        side_by_side = min(engine.workers, len(spans))
        self._threads = decoder_threads(self._detector.torch_device, side_by_side)
        watcher = Watcher(self._stored, self._keep, self._tick, self._pause)
        scheduler = Scheduler(
            spans, self._request, engine, watcher, self._control, self._detector.width
        )
        self._working.go()
        for result in scheduler.results():
            keep_cuts(self._case, self._exhibit, result.first, result.stop, result.cut)
            with self.watch.stage("link"):
                linked = linker.add(result)
            with self.watch.stage("score"):
                faces = self._scored(linked, scorer)
            if linked.stop > max(committed, linked.first):
                first = max(committed, linked.first)
                with self.watch.stage("store"):
                    self._commit(first, linked.stop, faces, linked)
                committed = linked.stop
        self._working.stop()

    def _request(self, span: ChunkSpan) -> ChunkRequest:
        return ChunkRequest(
            self._case.folder / self._exhibit.stored_name,
            self._index,
            span,
            self._settings,
            self._detector.info,
            next(self._devices),
            self._kept.faces(span),
            self._threads,
        )

    def _scored(self, linked: LinkedFaces, scorer: TemporalScorer) -> FaceTable:
        score = np.full(len(linked.frame), np.nan, np.float32)
        rows = np.flatnonzero(linked.suitable)
        seconds = self._times[linked.frame[rows]]
        score[rows] = scorer.score(linked.track[rows], seconds, linked.embedding)
        unlike = np.full(len(linked.frame), -1, np.int16)
        unlike[rows] = outside(linked.measures[rows], self._detector.info.card)
        return FaceTable(
            linked.frame,
            linked.track,
            linked.suitable,
            score,
            linked.box,
            linked.landmarks,
            unlike,
            linked.measures[:, SHARPNESS],
        )

    def _commit(self, first: int, stop: int, faces: FaceTable, linked: LinkedFaces) -> None:
        table = faces.where(faces.frame >= first)
        lost = [
            replace(stretch, first=max(stretch.first, first))
            for stretch in linked.undecodable
            if stretch.last >= first
        ]
        self._case.runs.commit_stretch(self._run_id, first, stop, table, lost)
        self._announce(StretchScored(self._exhibit.number, self._run_id, first, stop))

    def _conclude(self) -> None:
        self._watched(self._guard.release)
        self._progress("concluding")
        rule = Thresholds.of_card(self._detector.info.card)
        with self._case.transaction():  # what is concluded from is what is compared
            self._case.runs.refuse_altered(self._run_id)
            faces = self._case.runs.faces(self._run_id)
            lost = self._case.runs.undecodable(self._run_id)
            segments, findings = conclude(faces, self._times, lost, rule)
            self._case.runs.conclude(self._run_id, segments, findings)
            said = {"finding": str(findings[0].finding), "frames_from_cache": self._kept.given}
            self._end(RunOutcome.COMPLETE, Act.ANALYSIS_COMPLETE, "", **said)

    def _tidy(self) -> None:
        """Keep the cache within its bound; trouble with it changes nothing about a run."""
        with suppress(CaseError):
            if self._keep_chunks:
                self._kept.make_room()
            else:
                self._kept.forget()

    def _watched(self, look: Callable[[], None]) -> None:
        """Conclude nothing from, and keep nothing of, a file that was exchanged meanwhile."""
        try:
            look()
        except ExhibitTouchedError:
            raise
        except AnalysisError:
            self._kept.forget(faces=True)
            self._case.runs.discard(self._run_id)
            raise

    def _stored(self, span: ChunkSpan) -> ChunkResult | None:
        result = self._kept.result(span)
        if result is not None:
            self._done += span.stop - span.first
        return result

    def _keep(self, result: ChunkResult) -> None:
        self._watched(self._guard.refuse_touched)  # another file may have been read meanwhile
        self.watch.add(result.seconds)
        with self.watch.stage("store"):
            self._kept.keep(result)
        self._done += result.stop - result.first
        self._fresh += result.stop - result.first

    def _tick(self) -> None:
        self._progress("paused" if self._control.paused else "scoring")

    def _pause(self, begins: bool) -> None:
        if begins:
            self._working.stop()
            self._end(RunOutcome.PAUSED, Act.ANALYSIS_PAUSED, "Paused by the examiner.")
            return
        self._working.go()
        if not self._control.cancelled:
            with self._case.transaction():
                if not reopened(self._case, self._case.runs.get(self._run_id)):
                    raise changed_meanwhile(self._run_id)
                done = self._case.runs.committed_to(self._run_id)
                self._record(Act.ANALYSIS_RESUMED, self._run_id, frames_done=done)

    def _progress(self, stage: str) -> None:
        frames, left, worked = len(self._index), None, self._working.seconds()
        if self._fresh:
            left = (frames - self._done) * worked / self._fresh
        number = self._exhibit.number
        self._announce(Progress(number, self._run_id, self._done, frames, left, stage))

    def _end(self, outcome: RunOutcome, act: Act, reason: str, **more: Any) -> None:
        """Record how the run ended, with what became of every frame."""
        runs = self._case.runs
        facts = {"reason": reason} if reason else {}
        with self._case.transaction():
            states = frame_states(
                len(self._index),
                runs.committed_to(self._run_id),
                runs.faces(self._run_id),
                runs.undecodable(self._run_id),
            )
            runs.finish(self._run_id, outcome, reason)
            facts |= runs.sealed(self._run_id)
            counts = state_counts(states)
            self._record(act, self._run_id, frame_states=counts, **facts, **more)

    def _stopped(self) -> None:
        if self._control.interrupted:
            reason = "The program was closed before the analysis ended."
            self._end(RunOutcome.INTERRUPTED, Act.ANALYSIS_INTERRUPTED, reason)
        else:
            reason = "Cancelled by the examiner."
            self._end(RunOutcome.CANCELLED, Act.ANALYSIS_CANCELLED, reason)

    def _record_failure(self, outcome: RunOutcome, act: Act, reason: str) -> None:
        if self._case.runs.get(self._run_id).outcome is RunOutcome.COMPLETE:
            return
        try:
            self._end(outcome, act, reason)
        except WorkstationError:  # cannot be written now; opening the case again will note it
            return

    def _record(self, act: Act, run_id: int, **details: Any) -> None:
        self._case.custody.append(
            act,
            self._exhibit.number,
            run=run_id,
            account=account(),  # its seals are on all scores from here on, its code on this entry
            detector=self._detector.info.name,
            weights_sha256=self._detector.info.weights_sha256,
            device=self._detector.device,
            precision=self._detector.precision,
            settings=self._settings.to_json(),
            **details,
        )
