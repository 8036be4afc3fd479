"""Ctrl+C and SIGTERM: the step in hand is finished, the state saved, and then it stops."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """While open, the first signal is only noted; the second interrupts at once.

    With `passive`, as for a parent whose child processes save, signals are noted and nothing else.
    """

    def __init__(self, *, passive: bool = False) -> None:
        self.asked = False
        self._passive = passive
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._note) for number in _SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked and not self._passive:
            raise KeyboardInterrupt
        if not self.asked and not self._passive:
            print("\nStopping after this step; the state is being saved.", flush=True)
        self.asked = True
