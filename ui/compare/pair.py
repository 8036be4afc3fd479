"""Two sides that are always shown together: one clock, one offset, two decoding threads."""

from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from ui.player.decoding import Decoding, FrameReply, OpenFailed, OpenReader, Reader
from workstation.cases.records import FrameIndex
from workstation.evidence.frames import FrameReader

SIDE_BYTES = 96 * 2**20  # memory for decoded frames of each side
TICK_MS = 10
ROUNDING = 0.0005  # seconds; times are shown in milliseconds
NO_FRAME = "This side has no frame at that time."
OPENING = "The frame is being decoded."


@dataclass(frozen=True)
class Side:
    """What is shown on one side.

    Attributes:
        title: the exhibit's number, and its name where there is room.
        path: the exhibit's copy.
        index: its frame index.
    """

    title: str
    path: Path
    index: FrameIndex


@dataclass(frozen=True)
class Half:
    """What one side has to show at a moment.

    Attributes:
        frame: its number; None where the side has none at that time.
        seconds: its presentation time.
        picture: the upright frame, or None with the reason.
        trouble: what has become of the file since it was opened, or "".
    """

    frame: int | None = None
    seconds: float = 0.0
    picture: QImage | None = None
    reason: str = NO_FRAME
    trouble: str = ""


def frame_at(times: NDArray[np.float64], seconds: float, lasting: float) -> int | None:
    """The frame on screen at a time, or None before the first and after the last.

    Args:
        times: float64 (N,), seconds since the first frame.
        seconds: the time.
        lasting: how long the last frame stands, seconds.
    """
    if not len(times) or seconds < -ROUNDING:
        return None
    if seconds > float(times[-1]) + max(lasting - ROUNDING, ROUNDING):
        return None
    return max(int(np.searchsorted(times, seconds + ROUNDING, side="right")) - 1, 0)


def open_lean(path: Path, index: FrameIndex) -> Reader:
    """A reader with less memory, as there are two."""
    return FrameReader(path, index, SIDE_BYTES)


class _Player:
    """One side: its thread, and what it answered to the present order."""

    def __init__(self, pair: "Pair", open_reader: OpenReader) -> None:
        self.side: Side | None = None
        self.times = np.zeros(0)
        self.half: Half | None = None  # None while it is being decoded
        self._pair = pair
        self._decoding = Decoding(self._replied, self._failed, open_reader)

    def open(self, side: Side) -> None:
        self.side, self.times, self.half = side, side.index.times, None
        self._decoding.open(side.path, side.index)

    @property
    def lasting(self) -> float:
        rate = self.side.index.average_rate if self.side else 0.0
        return 1 / rate if rate > 0 else 0.0

    def ask(self, seconds: float) -> None:
        self._decoding.renew()
        frame = frame_at(self.times, seconds, self.lasting)
        if frame is None:
            self.half = Half()
        elif self.half is None or self.half.frame != frame:
            self.half = None
            self._decoding.ask(frame)

    def stop(self) -> None:
        self._decoding.stop()

    def _replied(self, reply: FrameReply) -> None:
        request = reply.request
        if (request.exhibit, request.order) == (self._decoding.exhibit, self._decoding.order):
            seconds = float(self.times[request.number])
            self.half = Half(request.number, seconds, reply.picture, reply.reason, reply.trouble)
            self._pair.arrived()

    def _failed(self, failure: OpenFailed) -> None:
        if failure.exhibit == self._decoding.exhibit:
            self.half = Half(reason=failure.reason)
            self._pair.arrived()


class Pair(QObject):
    """Both sides at one time; neither is shown before the other is there.

    Attributes:
        seconds: time on the left side.
        offset: seconds by which the right side is ahead.
        left_out: moments that were not shown while playing, because decoding took longer.
    """

    shown = Signal(object, object)  # Half, Half
    playing_changed = Signal(object)  # bool

    def __init__(self, parent: QObject | None = None, open_reader: OpenReader = open_lean) -> None:
        super().__init__(parent)
        self.seconds = self.offset = 0.0
        self.left_out = 0
        self._left, self._right = _Player(self, open_reader), _Player(self, open_reader)
        self._waiting = False
        self._began = (0.0, 0.0)  # clock, seconds
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self._tick)

    def open(self, left: Side, right: Side, seconds: float, offset: float) -> None:
        """Compare two sides, from a time of the left one."""
        self.pause()
        self.offset = offset
        self._left.open(left)
        self._right.open(right)
        self.go(seconds)

    def open_right(self, right: Side, offset: float) -> None:
        """Change the right side."""
        self.pause()
        self.offset = offset
        self._right.open(right)
        self.go(self.seconds)

    @property
    def ends(self) -> float:
        """Time of the left side's last frame, seconds."""
        return float(self._left.times[-1]) if len(self._left.times) else 0.0

    def go(self, seconds: float) -> None:
        """Show this time of the left side; playing ends."""
        self.pause()
        self._go(seconds)

    def step(self, frames: int) -> None:
        """Go forward or back by frames of the left side."""
        times = self._left.times
        here = frame_at(times, self.seconds, self._left.lasting)
        if here is not None:
            self.go(float(times[min(max(here + frames, 0), len(times) - 1)]))

    def shift(self, frames: int) -> None:
        """Let the right side be ahead by so many more of its own frames."""
        times = self._right.times
        here = frame_at(times, self.seconds + self.offset, self._right.lasting)
        if here is None:
            here = 0 if self.seconds + self.offset < 0 else len(times) - 1
        target = min(max(here + frames, 0), len(times) - 1)
        self.set_offset(float(times[target]) - self.seconds)

    def set_offset(self, offset: float) -> None:
        """Set by how many seconds the right side is ahead."""
        self.offset = offset
        self.go(self.seconds)

    @property
    def playing(self) -> bool:
        """Whether both go on by themselves."""
        return self._timer.isActive()

    def play(self) -> None:
        """Go on at the speed of the timestamps, from the beginning where it is at the end."""
        if self.seconds >= self.ends:
            self._go(0.0)
        self.left_out = 0
        self._began = (monotonic(), self.seconds)
        self._timer.start()
        self.playing_changed.emit(True)

    def pause(self) -> None:
        """Stop on what is shown."""
        if self._timer.isActive():
            self._timer.stop()
            self.playing_changed.emit(False)

    def shut_down(self) -> None:
        """End both threads."""
        self._timer.stop()
        self._waiting = False
        self._left.stop()
        self._right.stop()

    def arrived(self) -> None:
        """One side has its frame; both are shown once the other has, too."""
        left, right = self._left.half, self._right.half
        if self._waiting and left is not None and right is not None:
            self._waiting = False
            self.shown.emit(left, right)

    def _go(self, seconds: float) -> None:
        self.seconds = min(max(seconds, 0.0), self.ends)
        self._waiting = True
        self._left.ask(self.seconds)
        self._right.ask(self.seconds + self.offset)
        self.arrived()

    def _tick(self) -> None:
        if self._waiting:
            return
        clock, began = self._began
        times = self._left.times
        due = min(began + monotonic() - clock, self.ends)
        here = int(np.searchsorted(times, self.seconds + ROUNDING, side="right"))
        there = int(np.searchsorted(times, due + ROUNDING, side="right"))
        if there > here:
            self.left_out += there - here - 1
            self._go(float(times[there - 1]))
        if due >= self.ends:
            self.pause()
