"""When each frame is due: playback by presentation timestamps, without Qt."""

from collections import deque
from statistics import median

import numpy as np
from numpy.typing import NDArray

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
SHUTTLE = (1.0, 2.0, 4.0, 8.0)
AHEAD = 4  # frames decoded before they are due
SLACK = 0.5  # seconds behind after which playback slows down instead of leaving out ever more
PICTURES = 60.0  # pictures a second that are shown at most, however fast it plays
NEAR = 0.06  # seconds by which the clock may differ from the sound's before it is set anew
LATE = 0.2  # seconds behind the sound from which it is said
TOO_LATE = 0.5  # seconds behind it from which frames are left out up to the next key frame,
NEVER_NEARER = 2  # where so many in a row come no nearer
_LAST = 5  # frames whose time is taken for that of the next


class Playback:
    """One stretch of playing, forwards or backwards, from `play` to `pause`.

    Frames that would come too late are left out and counted. Without sound, where decoding cannot
    keep up at all, the clock is set back and `slowed` says so. With sound the clock is the sound's;
    where decoding cannot keep up with that, it goes on with the next key frame, in its time.

    Attributes:
        left_out: frames not shown because their time had passed, or because more of them fall on
            one moment of the screen than it can show.
        slowed: whether playing took longer than the timestamps say.
        behind: seconds by which the frame on screen came late.
    """

    def __init__(
        self,
        times: NDArray[np.float64],
        frame: int,
        rate: float,
        last: int | None = None,
        *,
        sound: bool = False,
        keys: NDArray[np.int64] | None = None,
    ) -> None:
        """Start after `frame`, which is on screen.

        Args:
            times: float64 (N,), seconds, strictly increasing.
            frame: frame number from 0; -1 to begin with the first frame.
            rate: 1.0 is the speed of the timestamps; below 0 it plays backwards.
            last: the frame to end with; the exhibit's last or first where it is left out.
            sound: whether sound sets the pace; the clock then waits for `follow`.
            keys: int64 (K,), numbers of the key frames, in order.
        """
        self.left_out = 0
        self.slowed = False
        self.behind = 0.0
        self.rate = rate
        self.way = 1 if rate > 0 else -1
        self.last = last if last is not None else (len(times) - 1 if rate > 0 else 0)
        self.next_to_ask = frame + self.way
        self._times = times
        self._shown = frame
        self._sound = sound
        self._began: tuple[float, float] | None = None  # clock, presentation time
        self._keys = np.zeros(0, np.int64) if keys is None else keys
        self._asked: deque[tuple[float, int]] = deque()  # when, and how many were then on the way
        self._each: deque[float] = deque(maxlen=_LAST)  # seconds that one frame took
        self._lates = 0  # frames in a row that came far too late, and no less than the last

    @property
    def with_sound(self) -> bool:
        """Whether sound sets the pace."""
        return self._sound

    @property
    def silent(self) -> bool:
        """Whether the sound that is to set the pace has not been heard yet."""
        return self._sound and self._began is None

    @property
    def start(self) -> float:
        """Presentation time at which it begins, seconds."""
        return float(self._times[min(max(self._shown, 0), len(self._times) - 1)])

    @property
    def waiting(self) -> int:
        """How many frames that were asked for have not arrived."""
        return len(self._asked)

    def to_ask(self, now: float, held: int) -> list[int]:
        """Frame numbers to ask for now, with `held` decoded frames waiting to be shown.

        When the time of the next frame has passed already, those between are skipped, and frames
        are asked for singly until there is time again to decode ahead. With sound that is so, too,
        when its time will have passed before it is here, as long as the last ones took.
        """
        asked: list[int] = []
        each = median(self._each) if self._sound and self._each else 0.0
        while held + self.waiting < AHEAD and self._inside(self.next_to_ask):
            by_then = self.due(now + each * (self.waiting + 1))
            late = self._reached(self.next_to_ask, by_then)
            if late and self.waiting:
                break
            if late:
                self.next_to_ask = self._in_time(self._within(by_then + self.way))
            asked.append(self.next_to_ask)
            self.next_to_ask = self._after(self.next_to_ask)
            self._asked.append((now, self.waiting + 1))
            if late:
                break
        return asked

    def _in_time(self, frame: int) -> int:
        """`frame`, or the key frame after it where those between cannot be decoded fast enough.

        Beyond the stretch there is none to go on with; its own last frame ends it.
        """
        if self._lates < NEVER_NEARER or self.way < 0:
            return frame
        key = int(np.searchsorted(self._keys, frame))
        there = key < len(self._keys) and self._inside(int(self._keys[key]))
        return int(self._keys[key]) if there else frame

    def arrived(self, now: float) -> None:
        """A frame that was asked for is here; without sound, the first one starts the clock."""
        asked, depth = self._asked.popleft()
        if self._began is not None:  # the first ones take longer, and the clock waits for them
            self._each.append((now - asked) / depth)
        if self._began is None and not self._sound:
            self._began = (now, self.start)

    def follow(self, position: float, now: float) -> None:
        """Keep to the sound, which was at presentation time `position` at `now`."""
        if self._began is None or abs(position - self.position(now)) > NEAR:
            self._began = (now, position)
        else:
            # Reports of the device come in steps; the picture moves evenly between them.
            self._began = (now, self.position(now) + (position - self.position(now)) / 8)

    def without_sound(self, now: float) -> None:
        """Go on by the system's clock: there is no sound to follow, or no more."""
        if self._sound:
            self._sound = False
            self._began = (now, self.position(now))

    def position(self, now: float) -> float:
        """Presentation time that should be on screen, seconds."""
        if self._began is None:
            return self.start
        clock, start = self._began
        return start + (now - clock) * self.rate

    def due(self, now: float) -> int:
        """The frame that should be on screen."""
        if self._began is None:
            return self._shown
        position = self.position(now)
        if self.way > 0:
            return int(np.searchsorted(self._times, position, side="right")) - 1
        return int(np.searchsorted(self._times, position, side="left"))

    def wait(self, frame: int, now: float) -> float:
        """Seconds until `frame` is due; 0 or less when it is due already."""
        if self._began is None:
            return SLACK if self._sound else 0.0
        return (float(self._times[frame]) - self.position(now)) / self.rate

    def shows(self, frame: int, now: float) -> None:
        """`frame` goes on screen."""
        self.left_out += max(abs(frame - self._shown) - 1, 0)
        self._shown = frame
        before, self.behind = self.behind, max(-self.wait(frame, now), 0.0)
        late = self._sound and self.behind > max(TOO_LATE, before)
        self._lates = self._lates + 1 if late else 0
        if self.behind > SLACK and not self._sound:
            self.slowed = True
            self._began = (now, float(self._times[frame]))

    def lag(self, now: float) -> float:
        """Seconds since which the frame after the one on screen should stand there; with sound."""
        if not self._sound or not 0 <= self._shown + 1 < len(self._times):
            return 0.0
        return max(self.position(now) - float(self._times[self._shown + 1]), 0.0)

    @property
    def ended(self) -> bool:
        """Whether the last frame of the stretch is on screen."""
        return self._reached(self.last, self._shown)

    def _after(self, frame: int) -> int:
        """The frame to show after `frame`: not more than the screen can show in a second."""
        gap = abs(self.rate) / PICTURES
        if self.way > 0:
            later = float(self._times[frame]) + gap * 0.999
            found = int(np.searchsorted(self._times, later, side="left"))
            beyond = max(found, frame + 1)
        else:
            earlier = float(self._times[frame]) - gap * 0.999
            found = int(np.searchsorted(self._times, earlier, side="right")) - 1
            beyond = min(found, frame - 1)
        return beyond if frame == self.last else self._within(beyond)

    def _reached(self, frame: int, by: int) -> bool:
        return by >= frame if self.way > 0 else by <= frame

    def _within(self, frame: int) -> int:
        """`frame`, or the last of the stretch where that comes first."""
        return min(frame, self.last) if self.way > 0 else max(frame, self.last)

    def _inside(self, frame: int) -> bool:
        return 0 <= frame < len(self._times) and self._reached(frame, self.last)
