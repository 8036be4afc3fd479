"""When each frame is due: playback by presentation timestamps, without Qt."""

import numpy as np
from numpy.typing import NDArray

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
AHEAD = 4  # frames decoded before they are due
SLACK = 0.5  # seconds behind after which playback slows down instead of leaving out ever more


class Playback:
    """One stretch of playing, from `play` to `pause`.

    Frames that came too late are left out and counted. Where decoding cannot keep up at all, the
    clock is set back and `slowed` says so; time on screen and frame on screen never drift apart.

    Attributes:
        left_out: frames not shown because their time had passed.
        slowed: whether playing took longer than the timestamps say.
    """

    def __init__(self, times: NDArray[np.float64], frame: int, speed: float) -> None:
        """Start after `frame`, which is on screen.

        Args:
            times: float64 (N,), seconds, strictly increasing.
            frame: frame number from 0; -1 to begin with the first frame.
            speed: 1.0 is the speed of the timestamps.
        """
        self.left_out = 0
        self.slowed = False
        self.next_to_ask = frame + 1
        self.waiting = 0
        self._times = times
        self._shown = frame
        self._speed = speed
        self._began: tuple[float, float] | None = None  # clock, presentation time

    def to_ask(self, now: float, held: int) -> list[int]:
        """Frame numbers to ask for now, with `held` decoded frames waiting to be shown.

        When the next frame's time has passed already, those between are skipped and frames are
        asked for singly until there is time again to decode ahead.
        """
        ahead = AHEAD
        if not held and self.next_to_ask <= self.due(now):
            ahead = 1
            if not self.waiting:
                self.next_to_ask = min(self.due(now) + 1, len(self._times) - 1)
        count = min(ahead - held - self.waiting, len(self._times) - self.next_to_ask)
        asked = list(range(self.next_to_ask, self.next_to_ask + max(count, 0)))
        self.next_to_ask += len(asked)
        self.waiting += len(asked)
        return asked

    def arrived(self, now: float) -> None:
        """A frame that was asked for is here; the first one starts the clock."""
        self.waiting -= 1
        if self._began is None:
            self._began = (now, float(self._times[max(self._shown, 0)]))

    def due(self, now: float) -> int:
        """The frame that should be on screen."""
        if self._began is None:
            return self._shown
        clock, start = self._began
        place = np.searchsorted(self._times, start + (now - clock) * self._speed, side="right")
        return int(place) - 1

    def wait(self, frame: int, now: float) -> float:
        """Seconds until `frame` is due; 0 or less when it is due already."""
        if self._began is None:
            return 0.0
        clock, start = self._began
        return clock + (float(self._times[frame]) - start) / self._speed - now

    def shows(self, frame: int, now: float) -> None:
        """`frame` goes on screen."""
        self.left_out += frame - self._shown - 1
        self._shown = frame
        if self.wait(frame, now) < -SLACK:
            self.slowed = True
            self._began = (now, float(self._times[frame]))
