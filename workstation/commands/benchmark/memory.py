"""How much memory this program and its workers take at most."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

_PERIOD = 0.1
_PART = 0.02
"""Of the time at most, for looking closely: that takes the system 25 ms a gigabyte or more."""


class MemoryWatch:
    """Looks at the memory ten times a second, until it is left; `peak` is the most of it, bytes.

    Memory that several processes share counts once in all (Linux's proportional set size); where
    the system does not tell, the largest resident set of this process alone counts. What is shared
    costs much to find out, so it is looked at now and then, and taken to be the same in between:
    what lies between is an estimate, and `peak` with it.
    """

    def __init__(self) -> None:
        self.peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="memory watch")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        again, shared = 0.0, 0
        while True:
            resident, now = _resident(), time.perf_counter()
            if now >= again:
                shared = max(resident - memory_now(), 0)
                again = now + (time.perf_counter() - now) / _PART
            self.peak = max(self.peak, resident - shared)
            if self._over.wait(_PERIOD):
                return


def _resident() -> int:
    """Bytes resident in this process and its descendants; what they share counts in each."""
    pages = 0
    for place in family():
        try:
            pages += int((place / "statm").read_text(encoding="ascii").split()[1])
        except OSError:  # it ended in between, or the system does not tell
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") if pages else memory_now()


def memory_now() -> int:
    """Bytes taken by this process and all that descend from it."""
    if not Path("/proc/self/smaps_rollup").exists():
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return sum(_proportional(place) for place in family())


def family() -> list[Path]:
    """This process and its descendants, as folders under /proc."""
    found, waiting = [], [Path("/proc/self")]
    while waiting:
        place = waiting.pop()
        found.append(place)
        try:
            for task in (place / "task").iterdir():
                children = (task / "children").read_text(encoding="ascii").split()
                waiting += [Path("/proc") / child for child in children]
        except OSError:  # it ended in between
            continue
    return found


def _proportional(place: Path) -> int:
    try:
        text = (place / "smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    sizes = [line.split()[1] for line in text.splitlines() if line.startswith("Pss:")]
    return sum(int(size) * 1024 for size in sizes)
