"""How much memory this program and its workers take at most."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import Self

_PERIOD = 0.1


class MemoryWatch:
    """Looks at the memory ten times a second, until it is left; `peak` is the most seen, bytes.

    Memory that several processes share counts once in all (Linux's proportional set size); where
    the system does not tell, the largest resident set of this process alone counts.
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
        while True:
            self.peak = max(self.peak, memory_now())
            if self._over.wait(_PERIOD):
                return


def memory_now() -> int:
    """Bytes taken by this process and all that descend from it."""
    if not Path("/proc/self/smaps_rollup").exists():
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return sum(_proportional(place) for place in _family())


def _family() -> list[Path]:
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
