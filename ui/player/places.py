"""Places in an exhibit that the player goes to: points, segments, scores, what is typed."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workstation.cases.records import Segment

HOW = "Type a frame number such as 1234, or a time such as 41.2 or 0:41.2."
_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d*)?|[.,]\d+)")


class Points:
    """In and out point: the first and the last frame of what is played; either may be missing."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.last: int | None = None

    def __bool__(self) -> bool:
        return self.first is not None or self.last is not None

    def set(self, first: int | None, last: int | None) -> None:
        """Set both; where they are the wrong way round the first gives way."""
        self.first, self.last = first, last
        if first is not None and last is not None and first > last:
            self.first = None

    def begin(self, frame: int) -> None:
        """Begin with a frame; an out point before it is removed."""
        self.set(frame, self.last if self.last is not None and self.last >= frame else None)

    def end(self, frame: int) -> None:
        """End with a frame; an in point behind it is removed."""
        self.set(self.first if self.first is not None and self.first <= frame else None, frame)

    def range(self, count: int) -> tuple[int, int]:
        """First and last frame of an exhibit of `count` frames that are played."""
        first = 0 if self.first is None else self.first
        return first, count - 1 if self.last is None else self.last


def neighbour(keys: NDArray[np.int64], frame: int, way: int) -> int | None:
    """The next (1) or the previous (-1) of some frames in order, or None."""
    place = np.searchsorted(keys, frame, side="right" if way > 0 else "left") - (way < 0)
    return int(keys[place]) if 0 <= place < len(keys) else None


def next_segment(segments: Sequence[Segment], frame: int, way: int) -> Segment | None:
    """The segment that begins next after a frame (1), or last before it (-1), or None."""
    ordered = sorted(segments, key=lambda one: (one.first, one.track))
    firsts = [one.first for one in ordered]
    place = bisect_right(firsts, frame) if way > 0 else bisect_left(firsts, frame) - 1
    return ordered[place] if 0 <= place < len(ordered) else None


def frame_of(text: str, times: NDArray[np.float64]) -> int | str:
    """The frame that is meant by a number or a time.

    A whole number is a frame number; anything with a colon, a point, a comma or "s" is a time, and
    means the frame that is on screen at that time.

    Args:
        text: what was typed; blanks between digits do not count.
        times: float64 (N,), seconds, of the exhibit's frames.

    Returns:
        The frame number, or a sentence that says what is wrong.
    """
    plain = re.sub(r"(?<=\d)\s(?=\d)", "", text.strip())
    if not len(times):
        return "No exhibit is open."
    if plain.isascii() and plain.isdigit():
        number = int(plain)
        if number < len(times):
            return number
        return f"There is no frame {number}: the last one is {len(times) - 1}."
    found = _TIME.fullmatch(plain.removesuffix("s").strip())
    if not found or not plain.isascii():
        return HOW
    hours, minutes, seconds = (part or "0" for part in found.groups())
    moment = int(hours) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))
    if moment > float(times[-1]) + 1.0:
        return f"The last frame is shown at {float(times[-1]):.3f} s."
    # Times on screen are rounded to milliseconds; the frame that shows one must be found by it.
    return max(int(np.searchsorted(times, moment + 0.0005, side="right")) - 1, 0)
