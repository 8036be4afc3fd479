"""Zoom, tone, places, keys and grids: the parts that need no thread."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtTest import QTest

from ui.player import overlay
from ui.player.acts import acts_of
from ui.player.decoding import to_picture, to_pixels
from ui.player.faces import no_faces
from ui.player.keys import KEYS, KeyMap
from ui.player.picture import PictureView
from ui.player.places import Points, frame_of, neighbour, next_segment
from ui.player.player import PlayerWidget
from ui.player.sight import LARGEST, Sight
from ui.player.tone import CHANNELS, Tone
from workstation.cases.records import Segment

PICTURE, ROOM = QSize(1920, 1080), QSize(640, 480)


def sight_of(picture=PICTURE, room=ROOM, ratio=1.0):
    sight = Sight()
    sight.set_room(picture, room, ratio)
    return sight


def test_the_whole_picture_is_seen_in_the_middle():
    area = sight_of().area()
    assert (area.x(), area.y(), area.width(), area.height()) == (0, 60, 640, 360)


@given(
    st.floats(0, 640),
    st.floats(60, 420),
    st.lists(st.floats(0.5, 3), min_size=1, max_size=6),
    st.sampled_from([1.0, 1.5, 2.0]),
)
def test_enlarging_never_passes_sixteen_and_leaves_no_gap(x, y, factors, ratio):
    sight = sight_of(ratio=ratio)
    for factor in factors:
        sight.zoom(factor, QPointF(x, y))
        area = sight.area()
        assert sight.shown_scale <= LARGEST
        if area.width() > 640:
            assert area.left() <= 0.51
            assert area.right() >= 639.49


def test_the_point_under_the_pointer_stays_there():
    sight = sight_of()
    place = QPointF(400, 200)
    before = sight.point(place)
    sight.zoom(8.0, place)
    after = sight.point(place)
    assert (after - before).manhattanLength() < 1.0


def test_reducing_ends_with_the_whole_picture():
    sight = sight_of()
    sight.zoom(4.0)
    sight.zoom(0.01)
    assert sight.scale is None


def test_dragging_moves_the_picture_and_stops_at_its_edge():
    sight = sight_of()
    sight.zoom_to(2.0)
    corner = sight.area().topLeft()
    sight.pan(QPointF(30, -20))
    assert sight.area().topLeft() - corner == QPointF(30, -20)
    sight.pan(QPointF(1e6, 1e6))
    assert sight.area().topLeft() == QPointF(0, 0)


def test_another_size_of_picture_is_seen_whole():
    sight = sight_of()
    sight.zoom_to(5.0)
    sight.set_room(QSize(100, 100), ROOM, 1.0)
    assert sight.scale is None


def test_a_single_pixel_is_enlarged_to_the_room():
    assert sight_of(QSize(1, 1)).area().width() == 480


@pytest.fixture
def view(qtbot):
    view = PictureView()
    qtbot.addWidget(view)
    view.resize(400, 300)
    checks = (np.indices((300, 400)).sum(axis=0) % 2 * 255).astype(np.uint8)
    view.show_picture(to_picture(np.repeat(checks[:, :, None], 3, axis=2)), None, no_faces())
    return view


def test_enlarged_pixels_are_drawn_as_they_are(view):
    view.shown.state = False
    view.sight.zoom_to(16.0)
    drawn = to_pixels(view.grab().toImage())[150:]  # below the plate that says so
    assert set(np.unique(drawn)) == {0, 255}
    runs = np.flatnonzero(np.diff(drawn[50, :, 0].astype(int)))
    assert set(np.diff(runs)) == {16}


def test_the_wheel_enlarges_and_the_mouse_moves(view, qtbot):
    from PySide6.QtGui import QWheelEvent

    wheel = QWheelEvent(
        QPointF(100, 100),
        QPointF(100, 100),
        QPoint(),
        QPoint(0, 480),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    view.wheelEvent(wheel)
    assert view.sight.scale == pytest.approx(4.0)
    before = view.sight.area().topLeft()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    QTest.mouseMove(view, QPoint(190, 140))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(190, 140))
    moved = view.sight.area().topLeft() - before
    assert (moved - QPointF(-10, -10)).manhattanLength() < 2
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    assert view.sight.scale is None


def test_an_adjusted_display_says_so_and_leaves_the_frame_alone(view):
    original = to_pixels(view.picture)
    plain = to_pixels(view.grab().toImage())
    view.set_tone(Tone(brightness=40, channel="red"))
    adjusted = to_pixels(view.grab().toImage())
    assert not np.array_equal(plain, adjusted)
    assert np.array_equal(to_pixels(view.picture), original)
    assert any("Display adjusted" in words for words, _ in view._plates())
    view.set_tone(Tone())
    assert np.array_equal(to_pixels(view.grab().toImage()), plain)
    assert view._plates() == []


def test_tones():
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    picture = to_picture(ramp)
    assert Tone().apply(picture) is picture
    brighter = to_pixels(Tone(brightness=20).apply(picture))[0, :, 0]
    assert brighter[100] == 151
    assert brighter[255] == 255
    steep = to_pixels(Tone(contrast=100).apply(picture))[0, :, 0]
    assert (steep[100], steep[150]) == (0, 255)
    lifted = to_pixels(Tone(gamma=2.0).apply(picture))[0, :, 0]
    assert lifted[64] == round((64 / 255) ** 0.5 * 255)
    assert Tone(brightness=-5, gamma=1.5).words() == "brightness -5, gamma 1.50"


@pytest.mark.parametrize(
    ("channel", "value"), [("red", 200), ("green", 100), ("blue", 50), ("luma", 118)]
)
def test_a_channel_is_shown_as_grey(channel, value):
    pixels = np.full((4, 6, 3), (200, 100, 50), np.uint8)
    shown = to_pixels(Tone(channel=channel).apply(to_picture(pixels)))
    assert shown.shape == (4, 6, 3)
    assert set(np.unique(shown)) == {value}
    assert channel in CHANNELS


@pytest.mark.parametrize("grid", overlay.GRIDS[1:])
def test_grids_are_drawn_where_they_would_not_hide_the_picture(view, grid):
    view.shown.state = False
    view.set_tone(Tone(channel="red"))
    before = to_pixels(view.grab().toImage())
    view.set_grid(grid)
    assert not np.array_equal(to_pixels(view.grab().toImage()), before)


TIMES = np.cumsum(np.full(3000, 0.04)) - 0.04


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("1234", 1234),
        ("001 234", 1234),
        ("1\u00a0234", 1234),
        ("0", 0),
        ("2999", 2999),
        ("0:41.2", 1030),
        ("41.2", 1030),
        ("41,2", 1030),
        ("41s", 1025),
        ("0:00:41.200", 1030),
        ("1:00", 1500),
        ("119.96", 2999),
        (".04", 1),
    ],
)
def test_what_is_typed_means_a_frame(text, frame):
    assert frame_of(text, TIMES) == frame


@pytest.mark.parametrize("text", ["3000", "9:99:99", "abc", "", "1:2:3:4", "-5", "1e3", "٣"])
def test_what_means_no_frame_is_answered_with_a_sentence(text):
    answer = frame_of(text, TIMES)
    assert isinstance(answer, str)
    assert answer.endswith(".")


@given(st.integers(0, 299), st.integers(0, 2**31))
def test_the_time_on_screen_leads_back_to_its_frame(frame, seed):
    from ui.player.readings import time_text

    times = np.cumsum(np.random.default_rng(seed).integers(2, 90, 300)) / 1000
    times -= times[0]
    assert frame_of(time_text(float(times[frame])), times) == frame


def test_points():
    points = Points()
    assert points.range(100) == (0, 99)
    points.begin(20)
    points.end(40)
    assert points.range(100) == (20, 40)
    points.begin(50)
    assert (points.first, points.last) == (50, None)
    points.end(10)
    assert (points.first, points.last) == (None, 10)
    points.set(30, 20)
    assert (points.first, points.last) == (None, 20)


def test_neighbours():
    keys = np.array([0, 24, 48])
    assert neighbour(keys, 24, 1) == 48
    assert neighbour(keys, 25, -1) == 24
    assert neighbour(keys, 48, 1) is None
    segments = [Segment(1, 30, 40, 0.9, 0.95, 35), Segment(2, 10, 90, 0.9, 0.95, 35)]
    assert next_segment(segments, 0, 1).first == 10
    assert next_segment(segments, 10, 1).first == 30
    assert next_segment(segments, 30, -1).first == 10
    assert next_segment(segments, 10, -1) is None


def test_every_act_has_a_deed_and_every_key_one_act(qtbot):
    player = PlayerWidget()
    qtbot.addWidget(player)
    assert {facts.name for facts in KEYS} == set(acts_of(player))
    keys = [key for facts in KEYS for key in facts.keys]
    assert len(keys) == len(set(keys))
    assert all(QKeySequence(key).count() == 1 for key in keys)


def press(key, modifiers=Qt.KeyboardModifier.NoModifier):
    return QKeyEvent(QKeyEvent.Type.KeyPress, key, modifiers)


def test_keys_can_be_given_to_other_acts():
    keys = KeyMap({"marker": ("Ctrl+B",), "play": ()})
    assert keys.act(press(Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)) == "marker"
    assert keys.act(press(Qt.Key.Key_M)) is None
    assert keys.act(press(Qt.Key.Key_Space)) is None
    assert keys.act(press(Qt.Key.Key_PageUp)) == "key_back"
    assert keys.act(press(Qt.Key.Key_Left, Qt.KeyboardModifier.KeypadModifier)) == "back"
    assert keys.keys_of("marker") == "Ctrl+B"
    assert keys.keys_of("play") == ""


def test_the_guide_lists_every_key():
    guide = (Path(__file__).parents[3] / "docs" / "guide" / "player.md").read_text("utf-8")
    for facts in KEYS:
        if facts.keys:
            assert f"| {' or '.join(facts.keys)} | {facts.words} |" in guide
