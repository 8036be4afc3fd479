"""Chunks handed to an engine, a bounded number at a time, and taken back in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass

from workstation.analysis.chunk_result import ChunkResult, empty_result
from workstation.analysis.chunks import ChunkRequest, analyse_chunk
from workstation.analysis.planning import ChunkSpan
from workstation.analysis.progress import Control
from workstation.cases.records import Stretch
from workstation.errors import AnalysisError, DecodeError

_TICK_SECONDS = 0.2


class AnalysisCancelledError(Exception):
    """The control asked to stop."""


@dataclass(frozen=True)
class Engine:
    """What runs chunks.

    Attributes:
        executor: Any.
        workers: Chunks it works on at once; one more is handed over so that none waits.
    """

    executor: Executor
    workers: int


@dataclass(frozen=True)
class Watcher:
    """What the scheduler tells.

    Attributes:
        stored: A chunk's result from an earlier attempt, if there is one.
        finished: Called with each new result at once, before anything else is done with it.
        tick: Called several times a second.
        paused: Called with True when a pause begins, and False when it ends.
    """

    stored: Callable[[ChunkSpan], ChunkResult | None]
    finished: Callable[[ChunkResult], None]
    tick: Callable[[], None]
    paused: Callable[[bool], None]


class Scheduler:
    """One exhibit's chunks on their way through an engine.

    Args:
        spans: All chunks, in order.
        request: Makes the request for a chunk.
        engine: Runs them.
        watcher: Is told.
        control: Pauses and cancels.
        width: Length of the detector's embeddings.
    """

    def __init__(
        self,
        spans: Sequence[ChunkSpan],
        request: Callable[[ChunkSpan], ChunkRequest],
        engine: Engine,
        watcher: Watcher,
        control: Control,
        width: int,
    ) -> None:
        self._spans = spans
        self._request = request
        self._engine = engine
        self._watcher = watcher
        self._control = control
        self._width = width
        self._pending: dict[Future[ChunkResult], int] = {}
        self._ready: dict[int, ChunkResult] = {}
        self._next = 0

    def results(self) -> Iterator[ChunkResult]:
        """Every chunk's result, in order.

        Raises:
            AnalysisCancelledError: The control asked to stop.
            WorkstationError: A chunk cannot be analysed for a reason that concerns them all.
        """
        try:
            for position in range(len(self._spans)):
                while position not in self._ready:
                    self._hold_while_paused()
                    self._submit(position)
                    self._watcher.tick()
                    if position not in self._ready:
                        self._collect()
                yield self._ready.pop(position)
        finally:
            for future in self._pending:
                future.cancel()

    def _submit(self, position: int) -> None:
        """Keep the engine busy, without running far ahead of what is taken."""
        ahead = min(position + 2 * self._engine.workers + 2, len(self._spans))
        while self._next < ahead and len(self._pending) <= self._engine.workers:
            span = self._spans[self._next]
            stored = self._watcher.stored(span)
            if stored is not None:
                self._ready[self._next] = stored
            else:
                request = self._request(span)
                self._pending[self._engine.executor.submit(analyse_chunk, request)] = self._next
            self._next += 1

    def _collect(self) -> None:
        done, _ = wait(self._pending, _TICK_SECONDS, FIRST_COMPLETED)
        for future in done:
            position = self._pending.pop(future)
            result = self._outcome(future, self._spans[position])
            self._watcher.finished(result)
            self._ready[position] = result

    def _outcome(self, future: Future[ChunkResult], span: ChunkSpan) -> ChunkResult:
        try:
            return future.result()
        except DecodeError as error:
            lost = Stretch(span.first, span.stop - 1, str(error))
            return empty_result(span.first, span.stop, (lost,), self._width)
        except BrokenExecutor as error:
            raise AnalysisError(
                "A worker process ended unexpectedly, perhaps for want of memory. Start the "
                "analysis again to continue it, with fewer workers if it happens again."
            ) from error

    def _hold_while_paused(self) -> None:
        if self._control.cancelled:
            raise AnalysisCancelledError
        if not self._control.paused:
            return
        self._watcher.paused(True)
        while self._control.paused:
            self._watcher.tick()
            if self._pending:
                self._collect()
            else:
                self._control.wait(_TICK_SECONDS)
        self._watcher.paused(False)
        if self._control.cancelled:
            raise AnalysisCancelledError
