"""Chunks worked on side by side: the first few by threads, further ones by processes of their own.

Some eighth of the time that a chunk takes on a processor is Python's, whose lock one thread holds
at a time: beyond a handful threads wait for each other more than they work. A process has a lock of
its own, and loads all libraries once more. What it gives is the same.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Any

from workstation.analysis.chunk_process import ChunkProcess, Ended
from workstation.errors import AnalysisError

MOST_THREADS = 4
"""So many chunks at once are worked on by threads of this process."""

_EACH = 2**20
"""Kilobytes that must be left for a process more; with its decoder it takes about half."""

_MEMORY = Path("/proc/meminfo")

_PAUSES = (0.0, 1.0, 1.0)  # seconds before each attempt to begin a process

_STOPPED = "The analysis was stopped."

_log = logging.getLogger(__name__)


class ChunkExecutor(Executor):
    """Runs calls on the threads of another executor: a few there, more of them in processes.

    Processes take seconds to begin; meanwhile calls wait for whichever place is free first, and
    where memory is short for that alone. One that ends before it answers is replaced, and its call
    made once more. Where none can be begun the threads do it all.

    Args:
        threads: As many as calls may run at once.
    """

    def __init__(self, threads: Executor) -> None:
        self._threads = threads
        self._change = threading.Condition()
        self._here = 0  # calls that threads of this process work on
        self._waiting = 0
        self._beginning = 0
        self._idle: list[ChunkProcess] = []
        self._busy: set[ChunkProcess] = set()
        self._usable = True
        self._closed = False

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a call: a function of a module, with arguments that can be pickled.

        Its future raises `BrokenExecutor` where a second process ended before it answered.

        Raises:
            RuntimeError: After `shutdown`.
        """
        return self._threads.submit(self._run, work, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; without waiting, those that run in processes are given up."""
        if wait:
            self._threads.shutdown(cancel_futures=cancel_futures)
        with self._change:
            self._closed = True
            processes, self._idle = [*self._idle, *self._busy], []
            self._change.notify_all()
        for process in processes:
            process.end()
        self._threads.shutdown(wait, cancel_futures=cancel_futures)

    def _run(self, work: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        for _ in range(2):
            process = self._place()
            if process is None:
                try:
                    return work(*args, **kwargs)
                finally:
                    self._leave(None)
            gone = True
            try:
                answer = process.ask(work, args, kwargs)
                gone = False
            except Ended as ended:
                if self._closed:
                    break
                _log.warning("A process with a chunk ended before it answered: %s", ended)
                continue
            finally:
                self._leave(process, gone=gone)
            return answer.given()
        if self._closed:
            raise AnalysisError(_STOPPED)
        raise BrokenExecutor("Two processes ended before they answered.")

    def _place(self) -> ChunkProcess | None:
        """Where the next call is made: in a process, or here (None)."""
        with self._change:
            self._waiting += 1
            try:
                while not self._closed:
                    if self._here < MOST_THREADS or not self._usable:
                        self._here += 1
                        return None
                    process = self._idle_one()
                    if process is not None:
                        self._busy.add(process)
                        return process
                    wanted = self._beginning < self._waiting and _room(self._beginning + 1)
                    if not wanted or self._begin_another():
                        self._change.wait()
            finally:
                self._waiting -= 1
        raise AnalysisError(_STOPPED)

    def _idle_one(self) -> ChunkProcess | None:
        """A process that waits, and was not ended from outside meanwhile."""
        while self._idle:
            process = self._idle.pop()
            if process.alive():
                return process
            process.end()
        return None

    def _begin_another(self) -> bool:
        """Have a process begun by a thread of its own; whether there is one for that."""
        try:
            threading.Thread(target=self._begin, daemon=True).start()
        except RuntimeError as error:
            self._do_without(error)
            return False
        self._beginning += 1
        return True

    def _do_without(self, error: Exception) -> None:
        if self._usable and not self._closed:
            _log.warning("No process can be begun for a chunk (%r); threads do it all", error)
        self._usable = False

    def _leave(self, process: ChunkProcess | None, *, gone: bool = False) -> None:
        """A place is free again."""
        with self._change:
            if process is None:
                self._here -= 1
            else:
                self._busy.discard(process)
                if not gone:
                    self._idle.append(process)
            self._change.notify()
        if process is not None and gone:
            process.end()

    def _begin(self) -> None:
        """Begin a process for whoever waits."""
        process: ChunkProcess | None = None
        failed: Exception | None = None
        for pause in _PAUSES:
            time.sleep(pause)
            try:
                process, failed = ChunkProcess(), None
                break
            except (EOFError, ConnectionError) as error:  # the server is ending just now
                failed = error
            except Exception as error:  # threads do it as well, whatever is amiss
                failed = error
                break
        with self._change:
            self._beginning -= 1
            closed = self._closed
            if process is not None and not closed:
                self._idle.append(process)
            if failed is not None:
                self._do_without(failed)
            self._change.notify_all()
        if process is not None and closed:
            process.end()


def _room(more: int) -> bool:
    """Whether the system has memory for some processes more; where it does not say, it has."""
    try:
        lines = _MEMORY.read_text(encoding="ascii").splitlines()
        (left,) = (line.split()[1] for line in lines if line.startswith("MemAvailable:"))
        return int(left) >= _EACH * more
    except (OSError, ValueError, IndexError):
        return True
