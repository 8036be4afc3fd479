"""What the player does whatever the video: order, dropping, pausing, failing, ending."""

import time
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from ui.player import PlayerWidget
from ui.player.readings import frame_text, time_text
from workstation.cases.records import FrameIndex
from workstation.errors import ExhibitError

KEY = Qt.Key


def test_picture_number_and_time_belong_together(player, seek, index, read_number):
    for number in (0, 399, 17, 18, 200):
        seek(number)
        assert read_number(player.view.picture) == number
        assert frame_text(number) in player.transport.frame_reading.text()
        assert player.transport.time_reading.text() == time_text(index.times[number])


def test_every_shown_frame_is_announced_after_it_is_on_screen(player, qtbot, read_number):
    seen = []
    player.frame_shown.connect(
        lambda number: seen.append((number, read_number(player.view.picture)))
    )
    for number in (5, 6, 300):
        player.seek(number)
        qtbot.waitUntil(lambda number=number: player.current_frame == number)
    assert seen == [(5, 5), (6, 6), (300, 300)]


def test_stale_requests_are_dropped(player, reel, qtbot):
    reel.gate.clear()
    reel.asked.clear()
    player.seek(10)
    qtbot.waitUntil(lambda: reel.asked == [10])
    for number in range(11, 200):
        player.seek(number)
    reel.gate.set()
    qtbot.waitUntil(lambda: player.current_frame == 199)
    assert reel.asked == [10, 199]


def test_while_a_seek_waits_the_last_decoded_frame_is_shown_as_itself(
    player, reel, qtbot, read_number
):
    reel.gate.clear()
    player.seek(10)
    qtbot.waitUntil(lambda: 10 in reel.asked)
    shown = []
    player.frame_shown.connect(
        lambda number: shown.append((number, read_number(player.view.picture)))
    )
    player.seek(20)
    reel.gate.set()
    qtbot.waitUntil(lambda: player.current_frame == 20)
    assert shown == [(10, 10), (20, 20)]


@pytest.mark.parametrize(
    ("key", "modifier", "expected"),
    [
        (KEY.Key_Right, Qt.KeyboardModifier.NoModifier, 101),
        (KEY.Key_Left, Qt.KeyboardModifier.NoModifier, 99),
        (KEY.Key_Right, Qt.KeyboardModifier.ShiftModifier, 110),
        (KEY.Key_Left, Qt.KeyboardModifier.ShiftModifier, 90),
        (KEY.Key_PageDown, Qt.KeyboardModifier.NoModifier, 120),
        (KEY.Key_PageUp, Qt.KeyboardModifier.NoModifier, 96),
        (KEY.Key_Home, Qt.KeyboardModifier.NoModifier, 0),
        (KEY.Key_End, Qt.KeyboardModifier.NoModifier, 399),
    ],
)
def test_keys(player, seek, qtbot, read_number, key, modifier, expected):
    seek(100)
    QTest.keyClick(player, key, modifier)
    qtbot.waitUntil(lambda: player.current_frame == expected)
    assert read_number(player.view.picture) == expected


def test_steps_add_up_without_waiting(player, seek, qtbot):
    seek(100)
    for _ in range(7):
        QTest.keyClick(player, KEY.Key_Right)
    qtbot.waitUntil(lambda: player.current_frame == 107)


def test_steps_end_at_the_first_and_last_frame(player, seek, qtbot):
    seek(398)
    for _ in range(5):
        QTest.keyClick(player, KEY.Key_Right)
    qtbot.waitUntil(lambda: player.current_frame == 399)
    QTest.keyClick(player, KEY.Key_Home)
    QTest.keyClick(player, KEY.Key_Left)
    qtbot.waitUntil(lambda: player.current_frame == 0)


def test_from_a_key_frame_to_the_next_and_back(player, seek, qtbot):
    seek(48)
    QTest.keyClick(player, KEY.Key_PageDown)
    qtbot.waitUntil(lambda: player.current_frame == 72)
    QTest.keyClick(player, KEY.Key_PageUp)
    qtbot.waitUntil(lambda: player.current_frame == 48)


def test_plays_by_timestamps_and_pauses_on_the_frame_shown(player, qtbot, index, read_number):
    shown = []
    player.frame_shown.connect(lambda number: shown.append((time.monotonic(), number)))
    QTest.keyClick(player, KEY.Key_Space)
    assert player.playing
    qtbot.waitUntil(lambda: len(shown) > 25, timeout=10_000)
    QTest.keyClick(player, KEY.Key_K)
    paused_at = player.current_frame
    assert not player.playing
    assert read_number(player.view.picture) == paused_at == shown[-1][1]
    qtbot.wait(200)
    assert player.current_frame == paused_at
    numbers = [number for _, number in shown]
    assert numbers == sorted(set(numbers))
    clock = np.array([moment for moment, _ in shown])
    due = index.times[numbers]
    late = (clock - clock[0]) - (due - due[0])
    assert np.median(np.abs(late)) < 0.04


def test_frames_that_come_too_late_are_left_out_and_counted(player, reel, qtbot, monkeypatch):
    quick = reel.read

    def slow(number, stale=None, way=0):
        time.sleep(0.09)  # frames last 40 ms on average
        return quick(number)

    monkeypatch.setattr(reel, "read", slow)
    shown = []
    player.frame_shown.connect(shown.append)
    player.play()
    qtbot.waitUntil(lambda: len(shown) > 12, timeout=10_000)
    note = player.transport.note.whole
    player.pause()
    left_out = shown[-1] - len(shown)
    assert left_out > 0
    assert f"{left_out} not shown" in note


def test_playing_ends_at_the_last_frame_and_begins_again_at_the_first(player, seek, qtbot):
    seek(395)
    player.play()
    qtbot.waitUntil(lambda: not player.playing, timeout=5000)
    assert player.current_frame == 399
    shown = []
    player.frame_shown.connect(shown.append)
    player.play()
    qtbot.waitUntil(lambda: len(shown) >= 3)
    player.pause()
    assert shown[0] == 0


def test_seeking_ends_playing(player, qtbot):
    player.play()
    player.seek(250)
    qtbot.waitUntil(lambda: player.current_frame == 250)
    qtbot.wait(150)
    assert player.current_frame == 250
    assert not player.playing


def test_a_damaged_frame_is_never_shown_as_another(player, seek, reel, qtbot):
    reel.damaged = {123}
    seek(122)
    QTest.keyClick(player, KEY.Key_Right)
    qtbot.waitUntil(lambda: player.current_frame == 123)
    assert player.view.picture is None
    assert player.view.message == "The packets of frame 123 are damaged."
    assert "cannot be shown" in player.view.accessibleDescription()
    assert frame_text(123) in player.transport.frame_reading.text()
    QTest.keyClick(player, KEY.Key_Right)
    qtbot.waitUntil(lambda: player.view.picture is not None)
    assert player.view.message == ""


def test_playing_goes_on_past_damaged_frames(player, seek, reel, qtbot):
    reel.damaged = {3, 4}
    shown = []
    player.frame_shown.connect(lambda number: shown.append((number, player.view.picture is None)))
    player.play()
    qtbot.waitUntil(lambda: player.current_frame > 6, timeout=5000)
    player.pause()
    without = {number for number, missing in shown if missing}
    assert without <= {3, 4}
    assert all(missing for number, missing in shown if number in (3, 4))


def test_an_exhibit_that_cannot_be_read_says_so(qtbot, index, tmp_path):
    def refuse(path, index):
        raise ExhibitError("The file is missing. Put it back, then verify the case.")

    player = PlayerWidget(open_reader=refuse)
    qtbot.addWidget(player)
    player.show_exhibit(tmp_path / "gone", index)
    qtbot.waitUntil(lambda: "missing" in player.view.message)
    assert player.current_frame is None
    assert not player.transport.buttons["play"].isEnabled()


def test_an_exhibit_without_frames_says_so(qtbot, reel, tmp_path):
    player = PlayerWidget(open_reader=reel)
    qtbot.addWidget(player)
    nothing = FrameIndex(np.zeros(0, np.int64), np.zeros(0, np.bool_), (1, 1000), 0.0)
    player.show_exhibit(tmp_path / "x", nothing)
    assert "empty" in player.view.message
    for key in (KEY.Key_Space, KEY.Key_Right, KEY.Key_End, KEY.Key_PageDown):
        QTest.keyClick(player, key)
    assert player.current_frame is None


def test_times_that_the_exhibit_does_not_give_are_said_to_be_counted(
    player, qtbot, index, tmp_path
):
    player.show_exhibit(tmp_path / "raw", replace(index, timestamps=False))
    qtbot.waitUntil(lambda: player.current_frame == 0)
    assert player.transport.time_reading.text() == "about 00:00:00.000"
    assert "counted from the frame rate" in player.transport.time_reading.toolTip()


def test_another_exhibit_replaces_the_first_for_good(player, reel, qtbot, index, tmp_path):
    reel.gate.clear()
    player.seek(100)
    qtbot.waitUntil(lambda: 100 in reel.asked)
    player.show_exhibit(tmp_path / "other", index)
    shown = []
    player.frame_shown.connect(shown.append)
    reel.gate.set()
    qtbot.waitUntil(lambda: player.current_frame == 0)
    assert shown == [0]


def test_clear_lets_go_of_the_file(player, reel, qtbot):
    player.clear()
    qtbot.waitUntil(lambda: reel.closed)
    assert player.current_frame is None
    assert player.view.picture is None
    assert "–––" in player.transport.frame_reading.text()


def test_closing_ends_the_thread(player, reel):
    thread, _ = player._decoding._running
    assert thread.isRunning()
    player.play()
    player.close()
    assert thread.isFinished()
    assert reel.closed
    assert player._decoding._running is None


def test_deleting_the_player_unclosed_ends_the_thread(qtbot, reel, index, tmp_path):
    player = PlayerWidget(open_reader=reel)
    player.show_exhibit(tmp_path / "exhibit", index)
    qtbot.waitUntil(lambda: player.current_frame == 0)
    thread, _ = player._decoding._running
    player.deleteLater()
    qtbot.waitUntil(thread.isFinished)
    assert reel.closed


def test_an_exhibit_can_be_shown_after_closing(player, qtbot, index, tmp_path):
    player.shut_down()
    player.show_exhibit(tmp_path / "again", index)
    qtbot.waitUntil(lambda: player.current_frame == 0)


def test_without_an_exhibit_there_is_no_thread(qtbot):
    player = PlayerWidget()
    qtbot.addWidget(player)
    QTest.keyClick(player, KEY.Key_Space)
    assert player._decoding._running is None
    assert player.view.message


def test_a_bug_in_decoding_is_shown_and_reported(player, reel, qtbot, monkeypatch):
    def broken(number, stale=None, way=0):
        raise ZeroDivisionError

    monkeypatch.setattr(reel, "read", broken)
    with qtbot.capture_exceptions() as caught:
        player.seek(5)
        qtbot.waitUntil(lambda: player.current_frame == 5)
    assert "fault in this program" in player.view.message
    assert [kind for kind, _, _ in caught] == [ZeroDivisionError]
