"""Picture and sound in step, and what is said where there is no sound."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests import videos
from tests.sounds import RATE, Device, clicks, make_sounding
from ui.player import PlayerWidget
from ui.player.sound import LOST, NO_DEVICE, Sound
from workstation.evidence.frame_index import build_frame_index


@pytest.fixture
def device():
    return Device()


@pytest.fixture
def opened(opened, qtbot, device):
    """Opens a video in a player with the stand-in for a device, or with none."""

    def open_video(path, *, has_device=True):
        found = (lambda: "device") if has_device else (lambda: None)
        index = build_frame_index(path)
        player = opened(path, index, sound=Sound(find_device=found, open_sink=device.open))
        qtbot.waitUntil(lambda: player.current_frame == 0)
        qtbot.waitUntil(lambda: player.sound.facts is not None or player.sound.reason != "")
        return player, index

    return open_video


@pytest.fixture(scope="module")
def sounding(tmp_path_factory):
    path = tmp_path_factory.mktemp("sounding") / "a.mov"
    return make_sounding(path, frames=75, sound=clicks(3.0))


def note(player):
    return player.transport.note.whole


def in_step(apart, most, many):
    """Whether half of the `many` last frames came within `most` seconds of their sound.

    Whoever waits for that, with playing repeated, waits out a machine that is busy; a picture that
    does not keep to the sound never comes so near for so long.
    """
    return len(apart) >= many and np.median(np.abs(apart[-many:])) < most


def test_the_picture_keeps_to_the_sound(opened, sounding, device, qtbot):
    player, index = opened(sounding)
    apart = []

    def shown(number):
        heard = device.played() / RATE
        if heard > 0:
            apart.append(float(index.times[number]) - heard)

    player.frame_shown.connect(shown)
    player.set_repeat(True)
    player.play()
    qtbot.waitUntil(lambda: in_step(apart, 0.04, 40), timeout=30_000)
    player.pause()
    assert threading.get_ident() not in device.threads


def test_what_is_heard_begins_with_the_frame_on_screen(opened, sounding, device, qtbot):
    player, _ = opened(sounding)
    player.seek(30)  # 1.2 s; the next click is at 1.5 s
    qtbot.waitUntil(lambda: player.current_frame == 30)
    player.play()
    qtbot.waitUntil(lambda: sum(map(len, device.heard)) > RATE // 2)
    player.pause()
    loud = np.flatnonzero(np.concatenate(device.heard)[:, 0] > 0.3)
    assert loud[0] / RATE == pytest.approx(0.3, abs=0.01)


def test_pausing_and_seeking_silence_it(opened, sounding, device, qtbot):
    player, _ = opened(sounding)
    player.play()
    qtbot.waitUntil(lambda: device.opened == 1 and player.current_frame > 2)
    player.seek(10)
    qtbot.waitUntil(lambda: player.current_frame == 10)
    assert not player.playing
    qtbot.waitUntil(lambda: device.closed == device.opened)
    heard = len(device.heard)
    qtbot.wait(100)
    assert len(device.heard) == heard


def test_without_a_device_it_plays_and_says_so(opened, sounding, device, qtbot):
    player, _ = opened(sounding, has_device=False)
    assert player.sound.reason == NO_DEVICE
    button = player.transport.buttons["sound"]
    assert not button.isEnabled()
    assert button.toolTip() == NO_DEVICE
    player.play()
    qtbot.waitUntil(lambda: player.current_frame > 5)
    player.pause()
    assert device.opened == 0


def test_without_sound_it_says_so(opened, tmp_path, qtbot):
    player, _ = opened(videos.make_video(tmp_path / "silent.mp4", frames=10))
    assert "holds no sound" in player.transport.buttons["sound"].toolTip()
    assert not player.transport.volume.isEnabled()


def test_a_sound_longer_than_the_picture_is_heard_to_its_end(opened, tmp_path, device, qtbot):
    path = make_sounding(tmp_path / "long.mov", frames=10, sound=clicks(1.2))
    player, _ = opened(path)
    player.play()
    qtbot.waitUntil(lambda: "the picture has ended" in note(player), timeout=20_000)
    assert player.playing
    assert player.current_frame == 9
    qtbot.waitUntil(lambda: not player.playing, timeout=20_000)
    assert sum(map(len, device.heard)) == round(1.2 * RATE)


def test_a_sound_shorter_than_the_picture_lets_it_go_on(opened, tmp_path, device, qtbot):
    path = make_sounding(tmp_path / "short.mov", frames=30, sound=clicks(0.4))
    player, _ = opened(path)
    player.play()
    qtbot.waitUntil(lambda: not player.playing, timeout=20_000)
    assert player.current_frame == 29


@pytest.mark.parametrize("speed", [4.0, 0.25])
def test_at_other_speeds_it_is_silent_and_says_so(opened, sounding, device, qtbot, speed):
    player, _ = opened(sounding)
    player.set_speed(speed)
    player.play()
    qtbot.waitUntil(lambda: player.current_frame > 3)
    assert "no sound at this speed" in note(player)
    player.pause()
    assert device.opened == 0


def test_at_twice_the_speed_the_picture_keeps_to_it_too(opened, sounding, device, qtbot):
    player, index = opened(sounding)
    player.set_speed(2.0)
    apart = []
    player.frame_shown.connect(
        lambda number: apart.append(float(index.times[number]) - 2 * device.played() / RATE)
    )
    player.set_repeat(True)
    player.play()
    qtbot.waitUntil(lambda: in_step(apart, 0.09, 20), timeout=30_000)
    player.pause()


def test_volume_and_mute(opened, sounding, device, qtbot):
    player, _ = opened(sounding)
    player.play()
    qtbot.waitUntil(lambda: device.volume == 1.0)
    QTest.keyClick(player, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: device.volume == 0.0)
    QTest.keyClick(player, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(player, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: device.volume == pytest.approx(0.9))
    player.transport.volume.setValue(50)
    qtbot.waitUntil(lambda: device.volume == 0.5)
    player.pause()


def test_a_device_that_goes_leaves_the_picture_playing(opened, sounding, device, qtbot):
    player, _ = opened(sounding)
    player.play()
    qtbot.waitUntil(lambda: player.current_frame > 5)
    device.gone = True
    qtbot.waitUntil(lambda: LOST in note(player), timeout=20_000)
    before = player.current_frame
    qtbot.waitUntil(lambda: player.current_frame > before + 5, timeout=20_000)
    player.pause()


def test_a_device_that_cannot_be_opened_leaves_the_picture_playing(qtbot, sounding):
    def refuse(device):
        raise RuntimeError("The device is in use.")

    player = PlayerWidget(sound=Sound(find_device=lambda: "device", open_sink=refuse))
    qtbot.addWidget(player)
    player.show_exhibit(sounding, build_frame_index(sounding))
    qtbot.waitUntil(lambda: player.current_frame == 0)
    qtbot.waitUntil(lambda: player.sound.usable)
    player.play()
    qtbot.waitUntil(lambda: player.current_frame > 5, timeout=20_000)
    assert "in use" in note(player)
    player.close()


def test_closing_ends_the_sound_thread(opened, sounding, qtbot):
    player, _ = opened(sounding)
    thread, _ = player.sound._running
    player.play()
    player.close()
    assert thread.isFinished()
    assert player.sound._running is None


def test_repeating_plays_the_sound_anew(opened, sounding, device, qtbot):
    player, _ = opened(sounding)
    player.set_points(5, 12)
    player.set_repeat(True)
    shown = []
    player.frame_shown.connect(shown.append)
    player.play()
    qtbot.waitUntil(lambda: device.opened >= 3, timeout=20_000)
    player.pause()
    assert set(shown) <= set(range(5, 13))
    assert shown.count(12) >= 2


def test_a_picture_that_is_behind_the_sound_says_so_as_long_as_it_is(
    opened, sounding, device, qtbot, monkeypatch
):
    player, _ = opened(sounding)
    gate = threading.Event()
    _, worker = player._decoding._running
    read = worker._reader.read

    def held_up(*asked):
        gate.wait(10)
        return read(*asked)

    monkeypatch.setattr(worker._reader, "read", held_up)
    player.play()
    qtbot.waitUntil(lambda: "behind the sound" in player.view.lag, timeout=20_000)
    first = player.view.lag
    qtbot.waitUntil(lambda: player.view.lag not in (first, ""), timeout=20_000)
    assert player.view.lag in [text for text, _ in player.view._plates()]
    gate.set()
    qtbot.waitUntil(lambda: player.view.lag == "", timeout=20_000)
    player.pause()
    assert player.view.lag == ""
