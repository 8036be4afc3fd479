"""Playing: asks for frames ahead, shows each when it is due, keeps to the sound."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from ui import wording
from ui.player.decoding import Decoding, FrameReply
from ui.player.playback import LATE, SLACK, Playback
from ui.player.sound import Sound, SoundAt, SoundEnded

BEHIND = "The picture is {:.1f} s behind the sound: decoding takes too long here"


@dataclass(frozen=True)
class Course:
    """What is to be played.

    Attributes:
        times: float64 (N,), seconds, of the exhibit's frames.
        frame: the frame on screen; one outside the exhibit to begin with the first (or last).
        rate: 1.0 is the speed of the timestamps; below 0 backwards.
        first: the frame to begin with again where it repeats.
        last: the frame to end with.
        repeat: whether to begin again after the last.
        keys: int64 (K,), numbers of the key frames, in order.
    """

    times: NDArray[np.float64]
    frame: int
    rate: float
    first: int
    last: int
    repeat: bool = False
    keys: NDArray[np.int64] | None = None


class Playing(QObject):
    """One player's playing; replies of the decoding thread come to `arrived`."""

    changed = Signal()  # whether it plays, or how fast
    noted = Signal(str)  # what the examiner should know of it
    broke_off = Signal(str)  # why there is no sound any more
    lags = Signal(str)  # how far the picture is behind the sound, or ""

    def __init__(
        self, decoding: Decoding, sound: Sound, show: Callable[[FrameReply], None]
    ) -> None:
        super().__init__()
        self.course: Course | None = None
        self.left_out = 0
        self._decoding, self._sound, self._show = decoding, sound, show
        self._playback: Playback | None = None
        self._held: deque[FrameReply] = deque()
        self._picture_over = False
        self._trouble = ""
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._wake)
        sound.heard.connect(self._heard)
        sound.ended.connect(self._sound_ended)

    @property
    def active(self) -> bool:
        """Whether frames follow each other by themselves."""
        return self.course is not None

    @property
    def rate(self) -> float:
        """Speed of playing, below 0 backwards; 0.0 while nothing plays."""
        return self.course.rate if self.course else 0.0

    def start(self, course: Course) -> None:
        """Play; what was playing ends."""
        self.stop(quietly=True)
        self.left_out, self._trouble = 0, ""
        self._begin(course)
        self.changed.emit()

    def stop(self, *, quietly: bool = False) -> None:
        """Stop exactly at the frame on screen."""
        if self.course is None:
            return
        self.course = self._playback = None
        self._picture_over = False
        self._timer.stop()
        self._held.clear()
        self._decoding.renew()
        self._sound.stop()
        self.lags.emit("")
        if not quietly:
            self.changed.emit()

    def arrived(self, reply: FrameReply) -> None:
        """Take a frame that was asked for under the present order."""
        if self._playback is not None:
            self._playback.arrived(monotonic())
            self._held.append(reply)
            self._go_on()

    def _begin(self, course: Course) -> None:
        self.course, self._picture_over = course, False
        self._held.clear()
        self._decoding.renew()
        here = min(max(course.frame, 0), len(course.times) - 1)
        sounding = self._sound.can_be_heard(float(course.times[here]), course.rate)
        self._playback = Playback(
            course.times,
            course.frame,
            course.rate,
            course.last,
            sound=sounding,
            keys=course.keys,
        )
        if sounding:
            self._sound.play(self._playback.start, course.rate)
            self._timer.start(round(SLACK * 1000))
        else:
            self._sound.stop()
        self._ask_ahead()
        self._say()

    def _wake(self) -> None:
        if self._playback is not None:
            if self._playback.silent:
                self._playback.without_sound(monotonic())
            self._go_on()

    def _go_on(self) -> None:
        """Show the newest frame that is due, ask for more, wake up for the next."""
        playback, now = self._playback, monotonic()
        if playback is None:
            return
        reply = None
        while self._held and playback.wait(self._held[0].request.number, now) <= 0:
            reply = self._held.popleft()
        if reply is not None:
            playback.shows(reply.request.number, now)
            self._show(reply)
            self._say()
            if playback.ended:
                self._ended()
                return
        self._ask_ahead()
        if self._held and not playback.silent:
            wait = playback.wait(self._held[0].request.number, now)
            self._timer.start(max(round(wait * 1000), 0))

    def _ended(self) -> None:
        """The last frame is on screen: begin again, let the sound end, or stop."""
        course, playback = self.course, self._playback
        assert course is not None
        assert playback is not None
        self.left_out += playback.left_out
        if course.repeat:
            before = course.first - (1 if course.rate > 0 else -1)
            self._begin(replace(course, frame=before))
        elif playback.with_sound and course.last == len(course.times) - 1:
            self._playback, self._picture_over = None, True
            self._timer.stop()
            self._say()
        else:
            self.stop()

    def _ask_ahead(self) -> None:
        if self._playback is not None:
            for number in self._playback.to_ask(monotonic(), len(self._held)):
                self._decoding.ask(number, self._playback.way)

    def _heard(self, at: SoundAt) -> None:
        if self._playback is not None:
            self._playback.follow(at.seconds, at.clock)
            self._go_on()
            self._say()

    def _sound_ended(self, ended: SoundEnded) -> None:
        self._trouble = ended.reason
        if ended.reason:
            self.broke_off.emit(ended.reason)
        if self._picture_over:
            self.stop()
        elif self._playback is not None:
            self._playback.without_sound(monotonic())
            self._go_on()

    def _say(self) -> None:
        self.noted.emit(" · ".join(self._facts()))
        lag = self._playback.lag(monotonic()) if self._playback is not None else 0.0
        self.lags.emit(BEHIND.format(lag) if lag > LATE else "")

    def _facts(self) -> list[str]:
        playback, facts = self._playback, []
        left_out = self.left_out + (playback.left_out if playback else 0)
        if self._picture_over:
            facts.append("the picture has ended, the sound goes on")
        if left_out:
            facts.append(f"{wording.number(left_out)} not shown")
        if playback is not None and playback.slowed:
            facts.append("slowed")
        if self.course is not None and self._sound.why_silent(self.course.rate):
            facts.append(self._sound.why_silent(self.course.rate))
        return [*facts, self._trouble] if self._trouble else facts
