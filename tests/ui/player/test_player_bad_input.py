"""Whatever the exhibit is or becomes: the player shows what there is and says what is missing."""

import time

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests import videos
from ui.player.decoding import to_pixels
from ui.player.keys import KEYS
from ui.player.readings import frame_text
from workstation.cases.records import FrameIndex
from workstation.evidence.frame_index import build_frame_index
from workstation.evidence.frames import Frame
from workstation.evidence.watching import CHANGED, MISSING

LOOKING_AWAY = ("go_to", "adjust", "sound")


def go(player, qtbot, frame):
    player.seek(frame)
    qtbot.waitUntil(lambda: player.settled and player.current_frame == frame, timeout=20_000)


def number_on_screen(player):
    return videos.read_code(to_pixels(player.view.picture))


def plates(player):
    return [words for words, _ in player.view._plates()]


def test_an_exhibit_that_is_moved_while_open(opened, tmp_path, qtbot):
    path = videos.make_video(tmp_path / "a.mp4", frames=40)
    player = opened(path)
    go(player, qtbot, 5)
    assert plates(player) == []
    path.rename(tmp_path / "elsewhere.mp4")
    go(player, qtbot, 6)
    assert plates(player) == [MISSING]
    (tmp_path / "elsewhere.mp4").rename(path)
    go(player, qtbot, 7)
    assert plates(player) == []
    assert number_on_screen(player) == 7


def test_an_exhibit_that_is_altered_while_open(opened, tmp_path, qtbot):
    path = videos.make_video(tmp_path / "a.mp4", frames=40)
    player = opened(path)
    go(player, qtbot, 5)
    with path.open("ab") as file:
        file.write(b"\0")
    player.play()
    qtbot.waitUntil(lambda: player.current_frame > 8, timeout=5000)
    player.pause()
    assert plates(player) == [CHANGED]
    player.view.grab()


def test_an_exhibit_that_is_cut_off_while_open(opened, tmp_path, qtbot):
    path = videos.make_video(tmp_path / "a.mkv", frames=200, group=10, size=(640, 360))
    index = build_frame_index(path)
    cut = videos.cut_off(path, tmp_path / "cut.mkv", share=0.4)
    player = opened(cut, index)
    go(player, qtbot, 5)
    assert number_on_screen(player) == 5
    go(player, qtbot, 190)
    assert player.view.picture is None
    assert "could not be decoded" in player.view.message
    assert frame_text(190) in player.transport.frame_reading.text()


def test_a_codec_that_cannot_be_decoded(opened, tmp_path, qtbot):
    path = videos.make_video(tmp_path / "a.mp4", frames=10)
    index = build_frame_index(path)
    unknown = tmp_path / "unknown.mp4"
    unknown.write_bytes(path.read_bytes().replace(b"avc1", b"zzz9").replace(b"avcC", b"zzzC"))
    player = opened(unknown, index)
    qtbot.waitUntil(lambda: "decode" in player.view.message, timeout=5000)
    assert player.view.picture is None
    for facts in KEYS:
        player.act(facts.name)


def test_a_stretch_in_the_middle_that_cannot_be_decoded(opened, tmp_path, qtbot):
    sound = videos.make_video(tmp_path / "a.mp4", frames=120, group=12, size=(640, 360))
    index = build_frame_index(sound)
    path = videos.zero_bytes(sound, tmp_path / "b.mp4", at=0.5, length=3000)
    player = opened(path, index)
    seen = {}
    for frame in range(0, 120, 3):
        go(player, qtbot, frame)
        picture = player.view.picture
        seen[frame] = number_on_screen(player) if picture is not None else player.view.message
    lost = [frame for frame, what in seen.items() if isinstance(what, str)]
    assert lost
    assert all("could not be decoded" in seen[frame] for frame in lost)
    assert all(what == frame for frame, what in seen.items() if frame not in lost)
    go(player, qtbot, lost[0] - 2)
    player.play()
    qtbot.waitUntil(lambda: player.current_frame > lost[-1] + 3, timeout=15_000)
    player.pause()
    assert player.view.picture is not None


def do_everything(player, qtbot):
    """Every act of the player, and an enlarged and an adjusted display; nothing may break."""
    for facts in KEYS:
        player.act(facts.name)
        player.view.grab()
    player.pause()
    player.go_to_text("0")
    player.view.zoom(16.0)
    player.view.set_grid("8 pixels")
    player.view.grab()


@pytest.mark.parametrize("suffix", ["mp4", "png"])
def test_a_single_frame(opened, tmp_path, qtbot, suffix):
    if suffix == "png":
        import cv2

        path = tmp_path / "a.png"
        cv2.imwrite(str(path), videos.draw_code(0))
    else:
        path = videos.make_video(tmp_path / "a.mp4", frames=1)
    player = opened(path)
    qtbot.waitUntil(lambda: player.current_frame == 0, timeout=5000)
    assert number_on_screen(player) == 0
    do_everything(player, qtbot)
    player.play()
    assert not player.playing
    assert "only this one frame" in player.view.remark


def test_a_single_pixel(opened, tmp_path, qtbot):
    pixel = np.full((1, 1, 3), 200, np.uint8)
    path = videos.make_video(
        tmp_path / "a.mkv", codec="ffv1", pixel_format="bgr0", size=(1, 1), pictures=[pixel] * 5
    )
    player = opened(path)
    qtbot.waitUntil(lambda: player.current_frame == 0, timeout=5000)
    assert to_pixels(player.view.picture).shape == (1, 1, 3)
    do_everything(player, qtbot)
    player.view.fit_picture()
    player.view.set_grid("none")
    player.act("as_recorded")
    drawn = player.view.grab().toImage()
    middle = drawn.pixelColor(drawn.width() // 2, drawn.height() // 2)
    assert middle.red() == 200


class LongReel:
    """Gives any frame at once."""

    def __init__(self, path, index):
        self.times = index.times

    def read(self, number, stale=None, way=0):
        return Frame(number, float(self.times[number]), videos.draw_code(number % 65536, 64, 36))

    def close(self):
        pass


def test_twelve_hours(opened, tmp_path, qtbot):
    count = 12 * 3600 * 30
    index = FrameIndex(np.arange(count) * 3003, np.arange(count) % 250 == 0, (1, 90_000), 29.97)
    began = time.perf_counter()
    player = opened(tmp_path / "long", index, open_reader=LongReel)
    qtbot.waitUntil(lambda: player.current_frame == 0, timeout=5000)
    for act, frame in (("last", count - 1), ("key_back", (count - 1) // 250 * 250), ("first", 0)):
        player.act(act)
        qtbot.waitUntil(lambda frame=frame: player.current_frame == frame, timeout=5000)
    player.go_to_text("11:59:00")
    qtbot.waitUntil(lambda: player.current_frame > count - 5000, timeout=5000)
    assert time.perf_counter() - began < 10
    assert number_on_screen(player) == player.current_frame % 65536
    assert "1\u00a0296\u00a0000" in player.transport.frame_reading.text()
    before = player.current_frame
    QTest.keyClick(player, Qt.Key.Key_J)
    qtbot.waitUntil(lambda: player.current_frame < before - 10, timeout=5000)
    player.pause()
