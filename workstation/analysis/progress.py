"""What an analysis announces while it works, and how it is paused and stopped."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Progress:
    """How far an analysis is.

    Attributes:
        exhibit: Its number.
        run: The run, 0 before it has begun.
        frames_done: Frames whose chunk is finished.
        frames: Frames of the exhibit.
        seconds_left: Estimate, or None while there is no ground for one.
        stage: What is being done, in words.
    """

    exhibit: str
    run: int
    frames_done: int
    frames: int
    seconds_left: float | None
    stage: str


@dataclass(frozen=True)
class StretchScored:
    """Frames first..stop-1 of a run are in the case now, and may be read from it."""

    exhibit: str
    run: int
    first: int
    stop: int


Event: TypeAlias = Progress | StretchScored


class Control:
    """Pauses and cancels an analysis from another thread."""

    def __init__(self) -> None:
        self._going = threading.Event()
        self._going.set()
        self._cancelled = threading.Event()
        self._interrupted = threading.Event()

    @property
    def paused(self) -> bool:
        """Whether the analysis is to hold."""
        return not self._going.is_set()

    @property
    def cancelled(self) -> bool:
        """Whether the analysis is to stop."""
        return self._cancelled.is_set()

    @property
    def interrupted(self) -> bool:
        """Whether it stops because the program does, and not because the examiner said so."""
        return self._interrupted.is_set()

    def pause(self) -> None:
        """Begin no further chunk until `resume`."""
        self._going.clear()

    def resume(self) -> None:
        """Go on."""
        self._going.set()

    def cancel(self) -> None:
        """Stop for good; what is scored stays."""
        self._cancelled.set()
        self._going.set()

    def interrupt(self) -> None:
        """Stop because the program closes; the run is recorded as interrupted, to be continued."""
        self._interrupted.set()
        self.cancel()

    def wait(self, seconds: float) -> None:
        """Hold while paused, at most for a while.

        Args:
            seconds: The while.
        """
        self._going.wait(seconds)
