"""A process that works on chunks, one at a time, and what asks it."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

_PRELOADED = ["workstation.analysis.preloaded"]
_END_SECONDS = 5.0


class Ended(Exception):  # noqa: N818
    """A process was gone before it answered; the text says how it ended."""


class Answer(NamedTuple):
    """What a process says of a call, and what it entered in its log meanwhile."""

    value: Any
    error: BaseException | None
    log: list[logging.LogRecord]

    def given(self) -> Any:
        """What the call returns, or raises."""
        for record in self.log:
            logging.getLogger(record.name).handle(record)
        if self.error is not None:
            raise self.error
        return self.value


class ChunkProcess:
    """A process that makes one call at a time, for as long as somebody may ask it.

    It is as nice as the thread that begins it.

    Raises:
        Ended: It cannot be asked.
        OSError: It cannot be begun.
        EOFError: It cannot be begun.
    """

    def __init__(self) -> None:
        context = _context()
        self._connection, theirs = context.Pipe()
        with theirs:
            self._process = context.Process(target=_serve, args=(theirs, _niceness()), daemon=True)
            self._process.start()
        self._hear()

    def ask(self, work: Callable[..., Any], args: Any, kwargs: Any) -> Answer:
        """Have it make a call: a function of a module, with arguments that can be pickled.

        Raises:
            Ended: It is gone.
        """
        try:
            self._connection.send((work, args, kwargs))
        except OSError as error:
            raise Ended(str(error)) from error
        answer: Answer = self._hear()
        return answer

    def end(self) -> None:
        """Kill it, whatever it is doing."""
        self._process.kill()
        self._process.join(_END_SECONDS)

    def _hear(self) -> Any:
        ready = wait([self._connection, self._process.sentinel])
        try:
            if self._connection in ready:
                return self._connection.recv()
        except (EOFError, OSError):
            pass
        self._process.join(_END_SECONDS)
        raise Ended(f"exit status {self._process.exitcode}")


def _context() -> Any:
    """How processes are begun: forked by a server that has loaded the libraries, where that works.

    Libraries that are loaded once take their memory once.
    """
    if not sys.platform.startswith("linux"):
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def _niceness() -> int:
    """Of the calling thread, which Linux keeps for each, and hands on to those it begins."""
    if not sys.platform.startswith("linux"):
        return 0
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def _serve(connection: Connection, niceness: int) -> None:
    """What such a process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who began it decides when it ends
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if niceness > _niceness():
        os.setpriority(os.PRIO_PROCESS, 0, niceness)
    log = _Kept()
    logging.getLogger().addHandler(log)
    logging.getLogger("workstation").setLevel(logging.INFO)
    connection.send("ready")
    while True:
        try:
            work, args, kwargs = connection.recv()
        except (EOFError, OSError):
            return
        answer = _answer(work, args, kwargs, log)
        try:
            connection.send(answer)
        except OSError:
            return
        except Exception as error:  # what cannot be pickled
            kind = type(answer.error or answer.value).__name__
            connection.send(
                Answer(None, RuntimeError(f"{kind} cannot be handed over: {error}"), [])
            )


def _answer(work: Callable[..., Any], args: Any, kwargs: Any, log: _Kept) -> Answer:
    try:
        value = work(*args, **kwargs)
    except Exception as error:
        error.add_note(f"In a process of its own:\n{traceback.format_exc()}")
        return Answer(None, error, log.taken())
    return Answer(value, None, log.taken())


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class _Kept(logging.Handler):
    """Keeps what is entered in the log until it is handed over."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep an entry; where an error was raised, as text."""
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        self._records.append(record)

    def taken(self) -> list[logging.LogRecord]:
        """What was entered since the last time."""
        records, self._records = self._records, []
        return records
