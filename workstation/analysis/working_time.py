"""How long an analysis has worked: without pauses, and without the time a computer slept."""

from __future__ import annotations

import time
from collections.abc import Callable

ASLEEP_SECONDS = 60.0
"""A longer silence between two looks was no work: looks come several times a second."""


class WorkingTime:
    """A stopwatch that has to be looked at often.

    Args:
        clock: Gives seconds that never run backwards, the system's by default; whether that one
            goes on while the computer sleeps differs between systems.
    """

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self._clock = clock or time.monotonic
        self._worked = 0.0
        self._last: float | None = None

    def go(self) -> None:
        """Count from now on."""
        self._last = self._clock()

    def stop(self) -> None:
        """Count no longer, until `go`."""
        self.seconds()
        self._last = None

    def seconds(self) -> float:
        """Seconds worked so far."""
        if self._last is not None:
            now = self._clock()
            passed = now - self._last
            self._worked += passed if passed < ASLEEP_SECONDS else 0.0
            self._last = now
        return self._worked
