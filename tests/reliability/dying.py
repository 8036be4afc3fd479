"""A command that kills itself at its n-th step: `tests.reliability.dying N FILE WORDS...`.

A step is a file operation or a statement to SQLite. With N = 0 it runs to its end and writes the
number of its steps to FILE.
"""

import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

from workstation.cases import database
from workstation.commands import main

EVENTS = ("os.", "shutil.", "sqlite3.")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Steps:
    """Counts steps, and ends the process at the chosen one."""

    def __init__(self, last: int) -> None:
        self.taken = 0
        self._last = last
        self._process = os.getpid()

    def heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit event of the interpreter (PEP 578)."""
        opened = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
        if opened or event.startswith(EVENTS):
            self.take()

    def take(self, _statement: str = "") -> None:
        """One more step, unless it is a child's."""
        if os.getpid() != self._process:
            return
        self.taken += 1
        if self.taken == self._last:
            os.kill(self._process, signal.SIGKILL)


def watch(steps: Steps) -> None:
    """Hear of every file operation, and of every statement of every connection."""
    connect = database._connect

    def traced(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **options)
        connection.set_trace_callback(steps.take)
        return connection

    database._connect = traced
    sys.addaudithook(steps.heard)


if __name__ == "__main__":
    counted, count = Steps(int(sys.argv[1])), Path(sys.argv[2])
    watch(counted)
    status = main(sys.argv[3:])
    count.write_text(str(counted.taken), encoding="utf-8")
    os._exit(status)
