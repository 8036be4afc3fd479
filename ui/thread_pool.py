"""A pool of QThreads presented as a `concurrent.futures.Executor`."""

import atexit
import os
import queue
import sys
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from PySide6.QtCore import QThread

WORKER_NICENESS = 10

_started: set["_Worker"] = set()


class QThreadExecutor(Executor):
    """Runs submitted calls on at most `max_workers` QThreads.

    Threads start as calls arrive and stay until `shutdown`, which waits for them by default.

    Args:
        max_workers: at least 1.
        name: for debuggers.
        yielding: whether the window's thread goes first; False for what the examiner waits for.
    """

    def __init__(self, max_workers: int, name: str = "worker", *, yielding: bool = True) -> None:
        if max_workers < 1:
            raise ValueError("max_workers must be at least 1")
        self._max_workers = max_workers
        self._name = name
        self._yielding = yielding
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._workers: list[_Worker] = []
        self._closed = False
        self._gate = threading.Lock()
        self._dismiss = weakref.finalize(self, _dismiss, self._calls, self._workers)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue a call and return its future.

        Raises:
            RuntimeError: after `shutdown`.
        """
        with self._gate:
            if self._closed:
                raise RuntimeError("cannot submit after shutdown")
            call = _Call(fn, args, kwargs)
            self._calls.put(call)
            if len(self._workers) < self._max_workers:
                number = len(self._workers) + 1
                worker = _Worker(self._calls, f"{self._name} {number}", self._yielding)
                self._workers.append(worker)
            return call.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; cancel those not begun if asked; wait for the threads if asked."""
        with self._gate:
            self._closed = True
            if cancel_futures:
                _cancel_all(self._calls)
            self._dismiss()
        if wait:
            for worker in self._workers:
                worker.wait()
            _forget_finished()


class _Call:
    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self.future: Future[Any] = Future()
        self._function, self._args, self._kwargs = function, args, kwargs

    def run(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self._function(*self._args, **self._kwargs)
        except BaseException as error:
            self.future.set_exception(error)
            del self  # else what was raised keeps all its frames name, as it names itself
        else:
            self.future.set_result(result)


class _Worker(QThread):
    def __init__(self, calls: "queue.SimpleQueue[_Call | None]", name: str, yielding: bool) -> None:
        super().__init__()
        _forget_finished()
        self._calls = calls
        self._yielding = yielding
        self.setObjectName(name)
        _started.add(self)
        priority = QThread.Priority
        self.start(priority.LowPriority if yielding else priority.InheritPriority)

    def run(self) -> None:
        if self._yielding:
            yield_to_window()
        while (call := self._calls.get()) is not None:
            call.run()
            del call  # a waiting worker keeps no result alive


def yield_to_window() -> None:
    """Lower the calling thread's priority, so that the window's thread goes first.

    Linux keeps a niceness per thread and ignores QThread's priorities; elsewhere Qt's suffice.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        niceness = max(os.getpriority(os.PRIO_PROCESS, thread), WORKER_NICENESS)
        os.setpriority(os.PRIO_PROCESS, thread, niceness)


def _dismiss(calls: "queue.SimpleQueue[_Call | None]", workers: list[_Worker]) -> None:
    for _ in workers:
        calls.put(None)


def _cancel_all(calls: "queue.SimpleQueue[_Call | None]") -> None:
    while True:
        try:
            call = calls.get_nowait()
        except queue.Empty:
            return
        if call is not None:
            call.future.cancel()
            call.future.set_running_or_notify_cancel()


def _forget_finished() -> None:
    # A QThread object must outlive its thread, whoever has dropped the executor by then.
    _started.difference_update([worker for worker in _started if worker.isFinished()])


@atexit.register
def _wait_for_all() -> None:
    for worker in list(_started):
        worker.wait()
