"""Stand-ins for the exhibit's file, so that the player's own conduct can be tried."""

import threading

import numpy as np
import pytest

from ui.player import PlayerWidget
from workstation.cases.records import FrameIndex
from workstation.errors import DecodeError
from workstation.evidence.frame_index import build_frame_index
from workstation.evidence.frames import Frame

FRAMES = 400


@pytest.fixture
def index():
    """Variable frame rate: 20 to 60 ms a frame, a key frame every 24."""
    steps = np.random.default_rng(3).integers(20, 60, FRAMES)
    return FrameIndex(np.cumsum(steps), np.arange(FRAMES) % 24 == 0, (1, 1000), 25.0)


class Reel:
    """Gives frames whose first pixel holds their number; knows what it was asked for."""

    def __init__(self, index):
        self.index = index
        self.asked = []
        self.ways = []
        self.damaged = set()
        self.closed = False
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, path, index):
        return self

    def read(self, number, stale=None, way=0):
        self.asked.append(number)
        self.ways.append(way)
        self.gate.wait(10)
        if number in self.damaged:
            raise DecodeError(f"The packets of frame {number} are damaged.")
        pixels = np.full((90, 160, 3), 80, np.uint8)
        pixels[0, 0] = (number // 65536, number // 256 % 256, number % 256)
        return Frame(number, float(self.index.times[number]), pixels)

    def close(self):
        self.closed = True


def number_in(picture):
    """The frame number in the picture on screen."""
    colour = picture.pixelColor(0, 0)
    return colour.red() * 65536 + colour.green() * 256 + colour.blue()


@pytest.fixture
def reel(index):
    reel = Reel(index)
    yield reel
    reel.gate.set()


@pytest.fixture
def player(qtbot, reel, index, tmp_path):
    player = PlayerWidget(open_reader=reel)
    qtbot.addWidget(player)
    player.resize(640, 480)
    player.show()
    player.show_exhibit(tmp_path / "exhibit", index)
    qtbot.waitUntil(lambda: player.current_frame == 0)
    yield player
    reel.gate.set()
    player.close()


@pytest.fixture
def opened(qtbot):
    """Opens a file in a player, with its own index or another."""
    players = []

    def open_file(path, index=None, *, size=(480, 400), **arguments):
        player = PlayerWidget(**arguments)
        players.append(player)
        qtbot.addWidget(player)
        player.resize(*size)
        player.show()
        player.show_exhibit(path, index or build_frame_index(path))
        return player

    yield open_file
    for player in players:
        player.close()


@pytest.fixture
def seek(qtbot, player):
    """Seeks and waits until the frame is on screen."""

    def seek(number):
        player.seek(number)
        qtbot.waitUntil(lambda: player.current_frame == number)

    return seek


@pytest.fixture(scope="session")
def read_number():
    return number_in
