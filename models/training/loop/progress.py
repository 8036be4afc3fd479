"""How far a training is: a bar with the time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TextIO

BAR = 28
LINE_EVERY_S = 30.0
REDRAW_EVERY_S = 0.2


class Progress:
    """One long piece of work as a person watches it.

    Args:
        title: What is being done.
        stream: Where to; standard error by default.
    """

    def __init__(self, title: str, stream: TextIO | None = None) -> None:
        self._title = title
        self._stream = sys.stderr if stream is None else stream
        self._terminal = self._stream.isatty()
        self._shown = -float("inf")
        self._width = 0

    def show(self, fraction: float, left_s: float | None, facts: str = "") -> None:
        """Tell how far it is, not more often than is good for the eye or the log.

        Args:
            fraction: Done so far, 0..1.
            left_s: Seconds left, or None while unknown.
            facts: What else to say: step, loss.
        """
        now = time.monotonic()
        if now - self._shown < (REDRAW_EVERY_S if self._terminal else LINE_EVERY_S):
            return
        self._shown = now
        text = f"{100 * fraction:5.1f} %  {_left(left_s)}  {facts}".rstrip()
        if self._terminal:
            done = round(BAR * min(max(fraction, 0.0), 1.0))
            line = f"{self._title} [{'#' * done}{'.' * (BAR - done)}] {text}"
            print("\r" + line.ljust(self._width), end="", file=self._stream, flush=True)
            self._width = len(line)
        else:
            print(f"{self._title} {text}", file=self._stream, flush=True)

    def say(self, line: str) -> None:
        """Print a line of its own above the bar."""
        self.close()
        print(line, file=self._stream, flush=True)

    def close(self) -> None:
        """Take the bar off the terminal."""
        if self._terminal and self._width:
            print("\r" + " " * self._width + "\r", end="", file=self._stream, flush=True)
            self._width = 0


def _left(seconds: float | None) -> str:
    """Time left in words."""
    if seconds is None:
        return "time left unknown"
    whole = max(0, round(seconds))
    if whole < 90:
        return f"{whole} s left"
    if whole < 5400:
        return f"{round(whole / 60)} min left"
    return f"{whole // 3600} h {whole % 3600 // 60} min left"
