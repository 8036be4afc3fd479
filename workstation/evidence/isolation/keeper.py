"""The keeper: a small process that begins workers by forking itself, in milliseconds (Linux).

It has loaded what workers need, holds no thread, never opens evidence, and speaks to this program
only: a request comes as one packet with three descriptors, and what became of the worker goes back
over the third. When this program ends, however it ends, the keeper does, and its workers with it.
"""

import os
import selectors
import signal
import socket
import sys
from contextlib import suppress

from workstation.evidence.isolation import confinement, worker
from workstation.evidence.isolation.wire import BEGUN, STATUS

DESCRIPTORS = 3  # the worker's connection, the memory, and where its end is told


class Keeper:
    """Begins workers, ends them when asked, and tells how they ended.

    Args:
        requests: where this program sends its requests; the keeper ends when it is closed.
    """

    def __init__(self, requests: socket.socket) -> None:
        self._requests = requests
        self._told: dict[int, socket.socket] = {}  # by the number of the worker's process
        self._selector = selectors.DefaultSelector()
        self._alarm, end = socket.socketpair()
        end.setblocking(False)
        self._alarm.setblocking(False)
        signal.set_wakeup_fd(end.fileno())
        self._end = end
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(requests, selectors.EVENT_READ)
        self._selector.register(self._alarm, selectors.EVENT_READ)

    def run(self) -> None:
        """Serve until this program is gone."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._requests:
                    if not self._begin():
                        return
                elif key.fileobj is self._alarm:
                    self._reap()
                else:
                    self._kill(key.data)

    def _begin(self) -> bool:
        _, descriptors, _, _ = socket.recv_fds(self._requests, 1, DESCRIPTORS)
        if len(descriptors) != DESCRIPTORS:
            for one in descriptors:
                os.close(one)
            return False
        keeper = os.getpid()
        process = os.fork()
        if not process:
            self._become_worker(keeper, *descriptors)
        os.close(descriptors[0])
        os.close(descriptors[1])
        told = socket.socket(fileno=descriptors[2])
        self._told[process] = told
        self._tell(told, process, BEGUN)
        self._selector.register(told, selectors.EVENT_READ, process)
        return True

    def _become_worker(self, keeper: int, connection: int, memory: int, told: int) -> None:
        """Everything of the keeper's is let go of; nothing returns from here."""
        code = 1
        try:
            confinement.die_with_parent(keeper)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._selector.close()
            os.close(told)
            os.dup2(0, 2)  # what libraries print before they crash says nothing to an examiner
            for held in (self._requests, self._alarm, self._end, *self._told.values()):
                held.close()
            worker.main(socket.socket(fileno=connection), memory)
            code = 0
        finally:
            os._exit(code)

    def _reap(self) -> None:
        with suppress(BlockingIOError):
            while self._alarm.recv(512):
                pass
        with suppress(ChildProcessError):
            while True:
                process, status = os.waitpid(-1, os.WNOHANG)
                if not process:
                    return
                told = self._told.pop(process, None)
                if told is not None:
                    with suppress(KeyError):
                        self._selector.unregister(told)
                    self._tell(told, process, os.waitstatus_to_exitcode(status))
                    told.close()

    def _kill(self, process: int) -> None:
        """This program has hung up, or asked: nobody wants the worker any more."""
        if process not in self._told:
            return  # it has ended in the same moment, and `_reap` has told of it
        self._selector.unregister(self._told[process])
        os.kill(process, signal.SIGKILL)

    def _tell(self, told: socket.socket, process: int, status: int) -> None:
        with suppress(OSError):
            told.send(STATUS.pack(process, status))


def main() -> None:
    """Run as `python -m workstation.evidence.isolation.keeper DESCRIPTOR`."""
    keeper = Keeper(socket.socket(fileno=int(sys.argv[1])))
    keeper.run()
    signal.set_wakeup_fd(-1)  # workers that end from here on are told to nobody


if __name__ == "__main__":
    main()
