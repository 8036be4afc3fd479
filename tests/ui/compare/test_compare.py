"""Two sides in step: the right frames together, offset, wipe, difference, and what is missing."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tests import videos
from ui.compare.pair import NO_FRAME, Half, Pair, Side, frame_at
from ui.compare.view import CompareView, Mode, difference
from ui.compare.window import CompareWindow
from ui.player.decoding import to_picture, to_pixels
from workstation.evidence.frame_index import build_frame_index

KEY, SHIFT = Qt.Key, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare")
    first = videos.make_video(folder / "a.mp4", frames=60)
    other = videos.make_video(
        folder / "b.mkv", frames=50, size=(160, 90), times_ms=videos.uneven_times(50, seed=2)
    )
    return tuple(Side(path.name, path, build_frame_index(path)) for path in (first, other))


@pytest.fixture
def window(qtbot):
    window = CompareWindow()
    qtbot.addWidget(window)
    window.resize(900, 500)
    window.show()
    window.seen = []
    window.pair.shown.connect(lambda left, right: window.seen.append((left, right)))
    yield window
    window.close()


def numbers(window):
    """What is on screen, read from the pixels."""
    left, right = window.seen[-1]
    return tuple(
        None if half.picture is None else videos.read_code(to_pixels(half.picture))
        for half in (left, right)
    )


def frames(window):
    left, right = window.seen[-1]
    return left.frame, right.frame


def press(window, key, modifier=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(window, key, modifier)


def test_both_sides_show_the_frames_of_one_time(window, sides, qtbot):
    left, right = sides
    window.show_pair(left, right, 1.0)
    qtbot.waitUntil(lambda: len(window.seen) == 1, timeout=20_000)
    expected = int(np.searchsorted(right.index.times, 1.0005, side="right")) - 1
    assert frames(window) == numbers(window) == (25, expected)
    assert "frame 000\u00a0025" in window.readings[0].text()
    assert "b.mkv" in window.view.titles[1]


def test_two_moments_of_one_exhibit(window, sides, qtbot):
    left, _ = sides
    window.show_pair(left, left, 0.4, 0.8)
    qtbot.waitUntil(lambda: len(window.seen) == 1, timeout=20_000)
    assert numbers(window) == (10, 30)
    assert window.offset.value() == pytest.approx(0.8)


def test_stepping_keeps_them_in_step(window, sides, qtbot):
    left, _ = sides
    window.show_pair(left, left, 0.4, 0.8)
    qtbot.waitUntil(lambda: len(window.seen) == 1, timeout=20_000)
    for key, modifier, expected in (
        (KEY.Key_Right, Qt.KeyboardModifier.NoModifier, (11, 31)),
        (KEY.Key_Right, SHIFT, (21, 41)),
        (KEY.Key_Left, Qt.KeyboardModifier.NoModifier, (20, 40)),
        (KEY.Key_Period, Qt.KeyboardModifier.NoModifier, (20, 41)),
        (KEY.Key_Comma, Qt.KeyboardModifier.NoModifier, (20, 40)),
        (KEY.Key_Home, Qt.KeyboardModifier.NoModifier, (0, 20)),
    ):
        press(window, key, modifier)
        qtbot.waitUntil(lambda e=expected: frames(window) == e, timeout=20_000)
        assert numbers(window) == expected


def test_where_one_side_has_no_frame_the_other_is_shown(window, sides, qtbot):
    left, _ = sides
    window.show_pair(left, left, 0.4, 0.8)
    press(window, KEY.Key_End)
    qtbot.waitUntil(lambda: bool(window.seen) and window.seen[-1][0].frame == 59, timeout=20_000)
    assert window.seen[-1][1] == Half()
    assert window.seen[-1][1].reason == NO_FRAME
    assert "no frame at this time" in window.readings[1].text()
    for mode in Mode:
        window.choose(mode)
        window.view.grab()


def test_playing_shows_both_together_and_ends(window, sides, qtbot):
    left, _ = sides
    window.show_pair(left, left, 1.6, 0.08)
    qtbot.waitUntil(lambda: len(window.seen) == 1, timeout=20_000)
    press(window, KEY.Key_Space)
    qtbot.waitUntil(lambda: not window.pair.playing, timeout=30_000)
    qtbot.waitUntil(lambda: frames(window)[0] == 59, timeout=20_000)
    shown = [(one.frame, two.frame) for one, two in window.seen]
    assert [(one, two) for one, two in shown if two not in (one + 2, None)] == []
    assert [one for one, _ in shown] == sorted(one for one, _ in shown)


def test_what_is_decoded_arrives_on_the_windows_thread(window, sides, qtbot, monkeypatch):
    threads = []
    arrived = Pair.arrived
    monkeypatch.setattr(
        Pair, "arrived", lambda pair: (threads.append(threading.get_ident()), arrived(pair))
    )
    window.show_pair(*sides)
    qtbot.waitUntil(lambda: len(window.seen) == 1, timeout=20_000)
    assert len(threads) > 1
    assert set(threads) == {threading.get_ident()}


def test_another_exhibit_on_the_right(window, sides, qtbot):
    left, right = sides
    window.show_pair(left, left)
    window.offer([("E001", "E001 · a"), ("E002", "E002 · b")], "E001")
    with qtbot.waitSignal(window.right_wanted) as asked:
        window.right.setCurrentIndex(1)
        window.right.activated.emit(1)
    assert asked.args == ["E002"]
    window.show_right(right)
    qtbot.waitUntil(lambda: right_width(window) == 160, timeout=20_000)


def right_width(window):
    """Width of the picture on the right, 0 where there is none."""
    picture = window.seen[-1][1].picture if window.seen else None
    return picture.width() if picture is not None else 0


def test_a_side_that_cannot_be_opened_says_why(window, sides, qtbot, tmp_path):
    left, _ = sides
    gone = Side("gone", tmp_path / "gone.mp4", left.index)
    window.show_pair(left, gone)
    qtbot.waitUntil(lambda: len(window.seen) >= 1, timeout=20_000)
    assert window.seen[-1][1].picture is None
    assert "gone.mp4" in window.seen[-1][1].reason


def test_closing_ends_the_threads(window, sides, qtbot):
    window.show_pair(*sides)
    qtbot.waitUntil(lambda: len(window.seen) == 1, timeout=20_000)
    running = [side._decoding._running[0] for side in (window.pair._left, window.pair._right)]
    window.close()
    assert all(thread.isFinished() for thread in running)
    assert window.closed


def test_frames_at_times():
    times = np.array([0.0, 0.04, 0.08])
    assert [frame_at(times, t, 0.04) for t in (0.0, 0.0390, 0.04, 0.1, 0.119)] == [0, 0, 1, 2, 2]
    assert frame_at(times, -0.01, 0.04) is None
    assert frame_at(times, 0.12, 0.04) is None
    assert frame_at(np.zeros(0), 0.0, 0.0) is None


def flat(colour, size=(40, 30)):
    return to_picture(np.full((size[1], size[0], 3), colour, np.uint8))


def test_difference():
    made = to_pixels(difference(flat((10, 100, 200)), flat((13, 90, 200)), 4))
    assert (made == (12, 40, 0)).all()
    assert to_pixels(difference(flat((0, 0, 0)), flat((255, 9, 0)), 32)).max() == 255
    assert not to_pixels(difference(flat((7, 8, 9)), flat((7, 8, 9), (80, 60)), 32)).any()


@pytest.fixture
def view(qtbot):
    view = CompareView()
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.titles = ("A", "B")
    view.show_halves(
        Half(0, 0.0, flat((200, 0, 0), (40, 30)), ""), Half(0, 0.0, flat((0, 0, 200), (40, 30)), "")
    )
    return view


def colours(view, *places):
    drawn = view.grab().toImage()
    return [drawn.pixelColor(x, y).getRgb()[:3] for x, y in places]


def test_side_by_side(view):
    assert colours(view, (100, 150), (300, 150)) == [(200, 0, 0), (0, 0, 200)]


def test_the_wipe_is_dragged(view):
    view.set_mode(Mode.WIPE)
    assert colours(view, (150, 250), (250, 250)) == [(200, 0, 0), (0, 0, 200)]
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 150))
    QTest.mouseMove(view, QPoint(100, 150))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 150))
    assert view.wipe == pytest.approx(0.25)
    assert colours(view, (50, 250), (150, 250)) == [(200, 0, 0), (0, 0, 200)]


def test_the_difference_is_drawn_and_its_limits_said(view):
    view.set_mode(Mode.DIFFERENCE)
    view.set_factor(1)
    assert colours(view, (200, 250)) == [(200, 0, 200)]
    assert any("not a sign of manipulation" in said for said in view.remarks())


def test_pictures_of_different_size_are_said_to_be(view):
    view.show_halves(
        Half(0, 0.0, flat((9, 9, 9), (40, 30)), ""), Half(0, 0.0, flat((9, 9, 9), (80, 60)), "")
    )
    view.set_mode(Mode.WIPE)
    assert any("80 × 60" in said for said in view.remarks())
    view.grab()


def test_modes_and_amplification_by_keys(window, sides, qtbot):
    window.show_pair(*sides)
    press(window, KEY.Key_3)
    assert window.view.mode is Mode.DIFFERENCE
    press(window, KEY.Key_Plus)
    assert window.view.factor == 8
    press(window, KEY.Key_Minus)
    press(window, KEY.Key_Minus)
    assert window.view.factor == 2
    press(window, KEY.Key_2)
    assert window.view.mode is Mode.WIPE
    assert not window.factor.isEnabled()
    press(window, KEY.Key_BracketRight)
    assert window.view.wipe == pytest.approx(0.55)
    press(window, KEY.Key_Escape)
    assert window.closed


def test_pair_opens_with_little_memory():
    pair = Pair()
    assert pair.ends == 0.0
    pair.shut_down()
