"""Beginning a worker's process, and learning how it ended."""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import workstation
from workstation.evidence.isolation import door
from workstation.evidence.isolation.wire import BEGUN, STATUS

FORKED = sys.platform.startswith("linux")  # whether workers are begun by a keeper
_END_SECONDS = 5.0  # within which a process that was killed is gone
_PROCESSOR_CLOCK = 2


class Process(Protocol):
    """A worker's process."""

    def seconds_used(self) -> float | None:
        """Processor time of all its threads, or None where that cannot be told."""

    def ended(self, seconds: float) -> int | None:
        """How it ended, as `subprocess` counts it, if it does within some time."""

    def end(self) -> None:
        """Kill it, and let go of it."""


def begin(connection: socket.socket, memory: int) -> Process:
    """Begin a worker.

    Args:
        connection: the worker's end; it is closed here.
        memory: descriptor of the memory that it shares.

    Raises:
        OSError: no process can be begun.
    """
    with connection:
        if not FORKED:
            return _Own(connection, memory)
        try:
            return _Forked(_keeper(), connection, memory)
        except (BrokenPipeError, ConnectionResetError, ConnectionRefusedError):
            _forget()  # the keeper was ended from outside
            return _Forked(_keeper(), connection, memory)


class _Forked:
    """A worker that the keeper began."""

    def __init__(self, keeper: socket.socket, connection: socket.socket, memory: int) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            descriptors = [connection.fileno(), memory, theirs.fileno()]
            try:
                socket.send_fds(keeper, [b"w"], descriptors)
            except OSError:
                ours.close()
                raise
        self._told = ours
        self._number = 0
        self._status: int | None = None

    def seconds_used(self) -> float | None:
        self._listen(0.0)
        if not self._number or self._status is not None:
            return None
        try:
            return time.clock_gettime(~self._number << 3 | _PROCESSOR_CLOCK)
        except OSError:
            return None

    def ended(self, seconds: float) -> int | None:
        until = time.monotonic() + seconds
        while self._status is None and (left := until - time.monotonic()) > 0:
            if not self._listen(left):
                break
        return self._status

    def end(self) -> None:
        self._told.close()

    def _listen(self, seconds: float) -> bool:
        """Take in what the keeper tells; whether there may be more."""
        try:
            self._told.settimeout(seconds)
            data = self._told.recv(STATUS.size)
        except (TimeoutError, BlockingIOError):
            return True
        except OSError:
            return False
        if len(data) != STATUS.size:
            return False  # the keeper is gone
        self._number, status = STATUS.unpack(data)
        self._status = None if status == BEGUN else status
        return True


class _Own:
    """A worker that is a child of this very process, for systems without `fork` worth having."""

    def __init__(self, connection: socket.socket, memory: int) -> None:
        if sys.platform == "win32":
            self._process = subprocess.Popen(
                door.command(door.WORKER, "shared", "-1"), stdin=subprocess.PIPE, **_quiet()
            )
            assert self._process.stdin is not None
            with self._process.stdin as way_in:
                way_in.write(connection.share(self._process.pid))
        else:
            self._process = subprocess.Popen(
                door.command(door.WORKER, str(connection.fileno()), str(memory)),
                stdin=subprocess.DEVNULL,
                pass_fds=[connection.fileno(), memory],
                **_quiet(),
            )

    def seconds_used(self) -> float | None:
        return None

    def ended(self, seconds: float) -> int | None:
        try:
            status: int = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        return status

    def end(self) -> None:
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)


# By the number of this process: a fork of it must not share its keeper.
_keepers: dict[int, tuple[socket.socket, subprocess.Popen[bytes]]] = {}


def prepare() -> None:
    """Begin the keeper now, so that it is ready when the first exhibit is opened."""
    if FORKED:
        _keeper()


def _keeper() -> socket.socket:
    known = _keepers.get(os.getpid())
    if known is not None:
        return known[0]
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            door.command(door.KEEPER, str(theirs.fileno())),
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=[theirs.fileno()],
        )
    mine = ours, process
    # Another thread may have begun one at the same moment: one of the two stays.
    kept = _keepers.setdefault(os.getpid(), mine)
    if kept is not mine:
        _end(mine)
    return kept[0]


def _forget() -> None:
    known = _keepers.pop(os.getpid(), None)
    if known is not None:
        _end(known)


def _end(keeper: tuple[socket.socket, subprocess.Popen[bytes]]) -> None:
    """The keeper ends when nobody can ask it any more, and its workers with it."""
    keeper[0].close()
    try:
        keeper[1].wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        keeper[1].kill()
        keeper[1].wait(_END_SECONDS)


atexit.register(_forget)


def _quiet() -> dict[str, Any]:
    """A process that prints nothing, and that Ctrl-C in a terminal does not reach."""
    nothing = subprocess.DEVNULL
    return {
        "stdout": nothing,
        "stderr": nothing,
        "env": _environment(),
        "start_new_session": True,
    }


def _environment() -> dict[str, str]:
    root = str(Path(workstation.__file__).parent.parent)
    places = [root]
    for place in sys.path:
        with suppress(FileNotFoundError):  # the working directory was deleted: it holds nothing
            places.append(str(Path(place).absolute()))
    one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **one_thread, "PYTHONPATH": os.pathsep.join(dict.fromkeys(places))}
