"""A process that works on chunks, one at a time, and what asks it."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker, spawn
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any, NamedTuple

from workstation.errors import AnalysisError, WorkstationError

_PRELOADED = ["workstation.analysis.preloaded"]
_END_SECONDS = 5.0
_SAFE_PATH = "PYTHONSAFEPATH"
_STARTING = threading.Lock()
_told = spawn.get_preparation_data

_log = logging.getLogger(__name__)


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
        self._ending = threading.Lock()
        self._connection, theirs = context.Pipe()
        end_of_life, self._life = context.Pipe(duplex=False)
        with theirs, end_of_life:
            told = (theirs, end_of_life, _niceness())
            self._process = context.Process(target=_serve, args=told, daemon=True)
            with _apart():
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

    def alive(self) -> bool:
        """Whether it can be asked."""
        return bool(self._process.is_alive())

    def end(self) -> None:
        """Kill it, whatever it is doing."""
        with self._ending:
            self._life.close()  # ends it where what begun it is gone, and tells nothing of it
            if self.alive():  # else its number may be another's by now
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


@contextmanager
def _apart() -> Iterator[None]:
    """Begin processes that take nothing from the working directory, nor Ctrl-C, nor the program.

    Python looks for modules in the working directory first when it is begun with a line of code, as
    multiprocessing does it: that may be a folder of evidence. A process that is still loading ends
    at Ctrl-C with words of its own. And each would load what the program's own file does, the
    window's libraries among it; what it is asked for is of modules.
    """
    with _STARTING:
        before = os.environ.get(_SAFE_PATH)
        os.environ[_SAFE_PATH] = "1"
        spawn.get_preparation_data = _told_less
        try:
            with _interrupts_held():
                yield
        finally:
            spawn.get_preparation_data = _told
            if before is None:
                del os.environ[_SAFE_PATH]
            else:
                os.environ[_SAFE_PATH] = before


def _told_less(name: str) -> dict[str, Any]:
    """What a process is told when it begins, but for the program's own file."""
    return {what: value for what, value in _told(name).items() if not what.startswith("init_main")}


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C does not reach what is begun meanwhile, until it says otherwise (`_serve`)."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # which would let it through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _niceness() -> int:
    """Of the calling thread, which Linux keeps for each, and hands on to those it begins."""
    if not sys.platform.startswith("linux"):
        return 0
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def _serve(connection: Connection, life: Connection, niceness: int) -> None:
    """What such a process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who began it decides when it ends
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with, args=(life,), daemon=True).start()
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
        answer = _packed(_answer(work, args, kwargs, log))
        try:
            connection.send_bytes(answer)
        except OSError:
            return


def _answer(work: Callable[..., Any], args: Any, kwargs: Any, log: _Kept) -> Answer:
    try:
        value = work(*args, **kwargs)
    except Exception as error:
        note = f"In a process of its own:\n{traceback.format_exc()}"
        if not isinstance(error, WorkstationError):  # where it happened does not travel with it
            last = traceback.extract_tb(error.__traceback__)[-3:]
            places = [part for one in last for part in (Path(one.filename), one.lineno)]
            _log.error("a call in a process of its own ended with %s at %s", error, places)
        error = error if _travels(error) else _instead(error)
        error.add_note(note)
        return Answer(None, error, log.taken())
    return Answer(value, None, log.taken())


def _packed(answer: Answer) -> memoryview:
    """An answer as `Connection.recv` takes it."""
    try:
        return ForkingPickler.dumps(answer)
    except Exception as error:
        said = f"{type(answer.value).__name__} cannot be handed over: {error}"
        return ForkingPickler.dumps(Answer(None, RuntimeError(said), answer.log))


def _travels(value: Any) -> bool:
    """Whether a small value reaches another process."""
    try:
        ForkingPickler.loads(ForkingPickler.dumps(value))
    except Exception:
        return False
    return True


def _instead(error: Exception) -> Exception:
    """What stands for an error that does not reach another process."""
    if isinstance(error, WorkstationError):
        return AnalysisError(str(error))
    return RuntimeError(f"{type(error).__name__}: {error}")


def _end_with(life: Connection) -> None:
    """End when who began this process is gone, or lets go of it."""
    wait([life])
    os._exit(1)


class _Kept(logging.Handler):
    """Keeps what is entered in the log until it is handed over."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep an entry; where an error was raised, or what it names does not travel, as text."""
        if record.exc_info:
            lines = logging.Formatter().formatException(record.exc_info).split("\n")
            record.exc_text = "\n".join(f"    {_harmless(line)}" for line in lines)
            record.exc_info = None
        if isinstance(record.args, tuple):
            record.args = tuple(one if _travels(one) else str(one) for one in record.args)
        if _travels(record):
            self._records.append(record)

    def taken(self) -> list[logging.LogRecord]:
        """What was entered since the last time."""
        records, self._records = self._records, []
        return records


def _harmless(line: str) -> str:
    """A line whose characters neither begin another nor steer."""
    return "".join(one if one.isprintable() else f"\\u{{{ord(one):x}}}" for one in line)
