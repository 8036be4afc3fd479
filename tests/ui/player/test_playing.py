"""Playing with a slow decoder and a sound that goes on regardless, on a clock of the test's own."""

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QObject, QSize, Signal

from ui.player import playing as module
from ui.player.decoding import FrameReply, FrameRequest
from ui.player.playing import Course, Playing
from ui.player.sound import SoundAt

TIMES = np.arange(300) / 25
KEYS = np.array([0, 100, 200])
EACH = 0.7  # seconds that one frame takes


class Decoder:
    """Remembers which frames are to be decoded."""

    def __init__(self):
        self.queue = []

    def renew(self):
        self.queue.clear()

    def ask(self, number, way=0):
        self.queue.append(number)


class Heard(QObject):
    """A sound that can be heard from wherever it is begun."""

    heard = Signal(object)
    ended = Signal(object)

    def __init__(self):
        super().__init__()
        self.begun = 0

    def can_be_heard(self, seconds, rate):
        return True

    def why_silent(self, rate):
        return ""

    def play(self, start, rate):
        self.start = start
        self.begun += 1

    def stop(self):
        pass


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    return now


def test_repeating_a_marked_stretch_never_leaves_it_however_slow_decoding_is(qtbot, clock):
    decoder, sound, shown = Decoder(), Heard(), []
    playing = Playing(decoder, sound, lambda reply: shown.append(reply.request.number))
    playing.start(Course(TIMES, 9, 1.0, 10, 90, repeat=True, keys=KEYS))
    begun = 0
    while sound.begun < 4:
        if sound.begun > begun:
            begun, began = sound.begun, clock[0]
        sound.heard.emit(SoundAt(0, sound.start + clock[0] - began, clock[0]))
        clock[0] += EACH
        request = FrameRequest(0, 0, decoder.queue.pop(0), QSize(1, 1), 1)
        playing.arrived(FrameReply(request, None))
    playing.stop()
    assert set(shown) <= set(range(10, 91))
    assert shown.count(90) == 3
    assert all(one < other for one, other in pairwise(shown) if one != 90)
