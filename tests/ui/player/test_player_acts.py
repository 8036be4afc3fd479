"""Shuttling, points, repeating, going to places: by the keys, on the stand-in for an exhibit."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.ui.face_tables import table_of
from ui.player.player import ENDS_HERE
from workstation.cases.records import Segment, Stretch

KEY, SHIFT = Qt.Key, Qt.KeyboardModifier.ShiftModifier


def faces_of(*places):
    """A face table of (frame, score)."""
    return table_of([(frame, 1, score) for frame, score in places])


@pytest.fixture
def shown(player):
    seen = []
    player.frame_shown.connect(seen.append)
    return seen


def press(player, *keys, modifier=Qt.KeyboardModifier.NoModifier):
    for key in keys:
        QTest.keyClick(player, key, modifier)


def test_playing_backwards_shows_every_frame_in_turn(player, seek, shown, qtbot, reel):
    seek(60)
    shown.clear()
    press(player, KEY.Key_J)
    qtbot.waitUntil(lambda: len(shown) > 15, timeout=5000)
    press(player, KEY.Key_K)
    assert not player.playing
    assert shown == sorted(set(shown), reverse=True)
    assert shown[0] == 59
    assert len(shown) > (59 - shown[-1]) * 0.7
    assert set(reel.ways[reel.asked.index(59) :]) == {-1}


def test_backwards_it_ends_at_the_first_frame(player, seek, qtbot):
    seek(6)
    press(player, KEY.Key_J)
    qtbot.waitUntil(lambda: not player.playing, timeout=20_000)
    assert player.current_frame == 0
    press(player, KEY.Key_J)  # no jump to the other end
    assert not player.playing
    assert player.view.remark == ENDS_HERE
    press(player, KEY.Key_L, KEY.Key_K)
    assert player.view.remark == ""


def test_shuttle(player, seek):
    seek(200)
    rates = []
    for key in "LLLLLJJJKL":
        press(player, getattr(KEY, f"Key_{key}"))
        rates.append(player._playing.rate)
    player.pause()
    assert rates == [1, 2, 4, 8, 8, -1, -2, -4, 0, 1]


def test_the_speed_in_force_is_shown(player, seek):
    seek(200)
    press(player, KEY.Key_J, KEY.Key_J)
    assert player.transport.speed.text() == "−2.0×"
    press(player, KEY.Key_K)
    assert player.transport.speed.text() == "1.0×"
    press(player, KEY.Key_BracketRight)
    assert player.transport.speed.text() == "2.0×"
    for _ in range(9):
        press(player, KEY.Key_BracketLeft)
    assert player.speed == 0.1
    for _ in range(9):
        press(player, KEY.Key_BracketRight)
    assert player.speed == 8.0


def test_changing_the_speed_while_playing_backwards_keeps_the_way(player, seek):
    seek(200)
    press(player, KEY.Key_J, KEY.Key_BracketRight)
    assert player._playing.rate == -2.0
    player.pause()


def test_in_and_out_point(player, seek, qtbot, shown):
    moved = []
    player.points_changed.connect(lambda first, last: moved.append((first, last)))
    seek(20)
    press(player, KEY.Key_I)
    seek(26)
    press(player, KEY.Key_O)
    assert moved == [(20, None), (20, 26)]
    assert (player.in_point, player.out_point) == (20, 26)
    assert "7 frames" in player.transport.points.whole
    seek(20)
    press(player, KEY.Key_Space)
    qtbot.waitUntil(lambda: not player.playing, timeout=5000)
    assert player.current_frame == 26
    press(player, KEY.Key_X)
    assert moved[-1] == (None, None)


def test_repeating_between_the_points(player, seek, qtbot, shown):
    player.set_points(20, 25)
    press(player, KEY.Key_R)
    assert player.transport.buttons["loop"].isChecked()
    seek(300)
    shown.clear()
    press(player, KEY.Key_L)
    player.pause()
    seek(100)
    player.set_points(20, 25)
    seek(3)
    shown.clear()
    press(player, KEY.Key_Space)
    qtbot.waitUntil(lambda: shown.count(25) >= 3, timeout=8000)
    assert player.playing
    player.pause()
    assert set(shown) <= set(range(20, 26))


def test_repeating_backwards(player, seek, qtbot, shown):
    player.set_points(20, 25)
    player.set_repeat(True)
    seek(22)
    shown.clear()
    press(player, KEY.Key_J)
    qtbot.waitUntil(lambda: shown.count(20) >= 2, timeout=8000)
    player.pause()
    assert set(shown) <= set(range(20, 26))


def test_another_exhibit_has_no_points(player, index, tmp_path, qtbot):
    player.set_points(3, 9)
    player.show_exhibit(tmp_path / "other", index)
    qtbot.waitUntil(lambda: player.current_frame == 0)
    assert (player.in_point, player.out_point) == (None, None)
    assert player.transport.points.whole == ""


def test_segments(player, seek, qtbot):
    player.set_segments([Segment(1, 50, 60, 0.9, 0.9, 55), Segment(2, 120, 130, 0.9, 0.9, 125)])
    seek(10)
    for key, frame in ((KEY.Key_N, 50), (KEY.Key_N, 120), (KEY.Key_P, 50)):
        press(player, key)
        qtbot.waitUntil(lambda frame=frame: player.current_frame == frame)
    press(player, KEY.Key_P)
    assert "no further segment" in player.view.remark
    player.set_segments([])
    press(player, KEY.Key_N)
    assert "no segment" in player.view.remark


def test_highest_and_least_certain_score(player, qtbot):
    press(player, KEY.Key_H)
    assert "No frame has a score" in player.view.remark
    player.set_faces(faces_of((5, 0.2), (40, 0.97), (41, 0.97), (90, 0.55), (91, float("nan"))))
    player.append_faces(faces_of((200, 0.1), (210, 0.49)))
    player.set_zone((0.2, 0.8))
    press(player, KEY.Key_H)
    qtbot.waitUntil(lambda: player.current_frame == 40)
    press(player, KEY.Key_U)
    qtbot.waitUntil(lambda: player.current_frame == 210)


def test_go_to(player, qtbot, index):
    press(player, KEY.Key_G)
    field = player.transport.go_to
    QTest.keyClicks(field, "123")
    QTest.keyClick(field, KEY.Key_Return)
    qtbot.waitUntil(lambda: player.current_frame == 123)
    assert field.text() == ""
    QTest.keyClicks(field, "99999")
    QTest.keyClick(field, KEY.Key_Return)
    assert "no frame 99999" in player.view.remark
    assert field.text() == "99999"
    QTest.keyClick(field, KEY.Key_Escape)
    assert field.text() == ""
    QTest.keyClicks(field, "0:01.5")
    QTest.keyClick(field, KEY.Key_Return)
    frame = int(np.searchsorted(index.times, 1.5005, side="right")) - 1
    qtbot.waitUntil(lambda: player.current_frame == frame)


def test_a_marker_is_asked_for_on_the_frame_on_screen(player, seek, qtbot):
    seek(77)
    with qtbot.waitSignal(player.marker_wanted) as asked:
        press(player, KEY.Key_M)
    assert asked.args == [77]


def test_stepping_prepares_what_comes_next(player, seek, qtbot, reel):
    seek(100)
    press(player, KEY.Key_Left)
    qtbot.waitUntil(lambda: player.current_frame == 99)
    press(player, KEY.Key_Right)
    qtbot.waitUntil(lambda: player.current_frame == 100)
    assert list(zip(reel.asked, reel.ways, strict=True))[-3:] == [(100, 0), (99, -1), (100, 1)]


def test_the_state_of_every_frame_is_said(player, seek):
    player.set_faces(
        faces_of((5, 0.2), (6, float("nan"))), committed=100, lost=[Stretch(50, 55, "damaged")]
    )
    said = {}
    for frame in (5, 6, 7, 52, 150):
        seek(frame)
        said[frame] = player.view.state
    assert said == {
        5: "Scored",
        6: "Face too small or blurred to score",
        7: "No face",
        52: "Could not be decoded",
        150: "Not analysed",
    }
    player.append_faces(faces_of((150, 0.4)), 200)
    assert player.view.state == "Scored"


def test_switches(player, seek):
    press(player, KEY.Key_B)
    assert not player.view.boxes_shown
    press(player, KEY.Key_B)
    press(player, KEY.Key_B, modifier=SHIFT)
    assert player.view.shown.landmarks
    for name in ("boxes", "tracks", "scores", "state"):
        player.act(name)
        assert not getattr(player.view.shown, name)


def test_zoom_by_keys(player, seek):
    press(player, KEY.Key_1)
    assert player.view.sight.scale == 1.0
    press(player, KEY.Key_F)
    assert player.view.sight.scale is None
    whole = player.view.sight.shown_scale
    press(player, KEY.Key_Z)
    assert player.view.sight.scale == pytest.approx(whole * 2**0.5)
    press(player, KEY.Key_Z, modifier=SHIFT)
    assert player.view.sight.scale is None


def test_display_by_keys(player, seek):
    press(player, KEY.Key_D)
    assert player.adjust.isVisible()
    player.adjust.brightness.setValue(30)
    press(player, KEY.Key_V)
    assert player.view.tone.words() == "brightness +30, red only"
    press(player, KEY.Key_D, modifier=SHIFT)
    assert player.view.tone.plain
    assert player.adjust.brightness.value() == 0
    press(player, KEY.Key_G, modifier=SHIFT)
    assert player.view.grid == "thirds"
    press(player, KEY.Key_D)
    assert not player.adjust.isVisible()


def test_changed_keys_are_heard_and_written_into_the_tooltips(player, seek, qtbot):
    player.set_keys({"on": ("T",)})
    seek(10)
    press(player, KEY.Key_Right)
    press(player, KEY.Key_T)
    qtbot.waitUntil(lambda: player.current_frame == 11)
    assert player.transport.buttons["on"].toolTip().endswith("(T)")
