"""The player's parts without its thread."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from tests.ui.face_tables import table_of
from ui import theme
from ui.player.decoding import fit, to_picture, to_pixels
from ui.player.faces import COLUMNS, FacesByFrame, no_faces
from ui.player.picture import PictureView
from ui.player.playback import AHEAD, Playback
from ui.player.readings import frame_text, score_text, time_text
from workstation.cases.records import FaceTable


def faces_of(*places):
    """A face table of (frame, track, score)."""
    return table_of(places)


@given(st.integers(0, 10**8))
def test_times_read_back_to_the_millisecond(milliseconds):
    hours, minutes, seconds = time_text(milliseconds / 1000).split(":")
    back = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    assert round(back * 1000) == milliseconds
    assert float(seconds) < 60


def test_readings():
    assert time_text(140.567) == "00:02:20.567"
    assert time_text(59.9996) == "00:01:00.000"
    assert time_text(3599.6, 0) == "01:00:00"
    assert frame_text(4217) == "004\u00a0217"
    assert frame_text(1234567) == "1\u00a0234\u00a0567"
    assert score_text(0.834) == "0.83"
    assert score_text(float("nan")) == "not scored"


@given(
    st.sets(st.tuples(st.integers(0, 60), st.integers(1, 3)), min_size=1),
    st.lists(st.integers(0, 60), max_size=4),
)
def test_faces_in_pieces_are_the_faces_in_one(places, cuts):
    whole = faces_of(*((frame, track, 0.5) for frame, track in sorted(places)))
    at_once, in_pieces = FacesByFrame(), FacesByFrame()
    at_once.set(whole)
    borders = np.searchsorted(whole.frame, [0, *sorted(cuts), 61])
    for start, stop in pairwise(borders):
        part = FaceTable(**{name: getattr(whole, name)[start:stop] for name in COLUMNS})
        in_pieces.append(part)
        in_pieces.append(part)  # what is committed again replaces itself
    for frame in range(62):
        expected = [track for one, track in sorted(places) if one == frame]
        assert at_once.at(frame).track.tolist() == expected
        assert in_pieces.at(frame).track.tolist() == expected


def test_faces_replaced_in_the_middle():
    faces = FacesByFrame()
    faces.set(faces_of(*((frame, 1, 0.1) for frame in range(20))))
    faces.append(faces_of(*((frame, 2, 0.9) for frame in range(5, 10))))
    assert [faces.at(frame).track.tolist() for frame in (4, 5, 9, 10)] == [[1], [2], [2], [1]]


def test_playback_follows_uneven_timestamps():
    times = np.array([0.0, 0.1, 0.15, 0.4, 0.5])
    playback = Playback(times, 0, 1.0)
    assert playback.to_ask(0.0, 0) == [1, 2, 3, 4]
    playback.arrived(10.0)
    assert playback.due(10.05) == 0
    assert playback.due(10.12) == 1
    assert playback.due(10.39) == 2
    assert playback.wait(3, 10.2) == pytest.approx(0.2)


def test_playback_holds_a_bounded_number_of_frames():
    playback = Playback(np.arange(1000) / 25, 0, 1.0)
    asked = playback.to_ask(0.0, 0)
    assert len(asked) == AHEAD
    assert playback.to_ask(0.0, 0) == []
    playback.arrived(0.0)
    assert playback.to_ask(0.0, 1) == []
    assert playback.to_ask(0.0, 0) == [AHEAD + 1]


def test_playback_counts_what_it_leaves_out_and_sets_the_clock_back_when_far_behind():
    playback = Playback(np.arange(1000) / 25, 0, 1.0)
    playback.to_ask(0.0, 0)
    playback.arrived(0.0)
    playback.shows(3, 0.2)
    assert (playback.left_out, playback.slowed) == (2, False)
    playback.shows(4, 5.0)
    assert playback.slowed
    assert playback.due(5.0) == 4


def test_playback_that_is_late_skips_to_what_is_due_next():
    playback = Playback(np.arange(1000) / 25, 0, 1.0)
    playback.to_ask(0.0, 0)
    playback.arrived(0.0)
    assert playback.to_ask(1.0, 0) == []  # three more are under way
    for _ in range(3):
        playback.arrived(1.0)
    assert playback.to_ask(1.0, 0) == [26]
    assert playback.to_ask(1.01, 0) == [27, 28, 29]


def test_half_speed_takes_twice_as_long():
    playback = Playback(np.arange(100) / 25, 0, 0.5)
    playback.to_ask(0.0, 0)
    playback.arrived(0.0)
    assert playback.due(1.0) == 12


def test_pixels_arrive_unchanged():
    pixels = np.random.default_rng(0).integers(0, 256, (37, 53, 3), np.uint8)
    picture = to_picture(pixels)
    assert np.array_equal(to_pixels(picture), pixels)
    for y, x in ((0, 0), (36, 52), (20, 7)):
        assert picture.pixelColor(x, y).getRgb()[:3] == tuple(pixels[y, x])


def test_reducing_averages_so_that_nothing_small_vanishes():
    pixels = np.zeros((400, 400, 3), np.uint8)
    pixels[::8] = 240  # one line in eight: gone or glaring where pixels are picked, not averaged
    small = to_pixels(fit(to_picture(pixels), QSize(50, 50)))
    assert small.min() == small.max() == 30


def test_fit_reduces_only():
    picture = to_picture(np.zeros((100, 200, 3), np.uint8))
    assert fit(picture, QSize(100, 100)).size() == QSize(100, 50)
    assert fit(picture, QSize(400, 400)) is None
    assert fit(picture, QSize(0, 0)) is None


def test_boxes_stand_at_the_right_pixels_and_can_be_switched_off(qtbot):
    view = PictureView()
    qtbot.addWidget(view)
    view.resize(320, 240)
    picture = to_picture(np.full((120, 160, 3), 80, np.uint8))
    view.show_picture(picture, None, faces_of((0, 2, 0.83)))
    drawn = view.grab().toImage()
    ratio = view.devicePixelRatioF()
    edge = drawn.pixelColor(round(140 * ratio), round(160 * ratio))  # lower edge: (30 + 50) * 2
    wanted = theme.current().score(0.83)
    assert _distance(edge, wanted) < _distance(edge, QColor(80, 80, 80))
    view.show_boxes(False)
    plain = view.grab().toImage()
    assert plain.pixelColor(round(140 * ratio), round(160 * ratio)) == QColor(80, 80, 80)


def test_a_message_leaves_no_picture_and_no_boxes_behind(qtbot):
    view = PictureView()
    qtbot.addWidget(view)
    view.resize(320, 240)
    view.show_picture(
        to_picture(np.full((120, 160, 3), 255, np.uint8)), None, faces_of((0, 1, 0.5))
    )
    view.show_message("Frame 7 could not be decoded", "Damaged.", trouble=True)
    view.set_faces(faces_of((0, 1, 0.5)))
    drawn = view.grab().toImage()
    assert drawn.pixelColor(5, 5) == theme.current().colour("surface_0")
    view.show_message("", "")
    blank = view.grab().toImage()
    colours = {blank.pixelColor(x, y).name() for x in range(0, 320, 7) for y in range(0, 240, 7)}
    assert colours == {theme.current().surface_0}


def test_pixels_are_not_smoothed_when_much_enlarged(qtbot):
    view = PictureView()
    qtbot.addWidget(view)
    view.resize(400, 400)
    checks = (np.indices((4, 4)).sum(axis=0) % 2 * 255).astype(np.uint8)
    view.show_picture(to_picture(np.repeat(checks[:, :, None], 3, axis=2)), None, no_faces())
    drawn = view.grab().toImage()
    seen = {drawn.pixelColor(x, 50).red() for x in range(drawn.width())}
    assert seen == {0, 255}


def _distance(one, other):
    return sum(abs(a - b) for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True))


def whole(widget):
    """Whether a widget is shown with all of its words."""
    return widget.isVisible() and widget.width() >= widget.minimumSizeHint().width()


@pytest.mark.parametrize("width", [360, 500, 619, 640, 1200])
def test_nothing_is_cut_off_or_covered_however_narrow_it_is(player, qtbot, seek, width):
    seek(123)
    player.act("adjust")
    for step in (700, 610, width):  # as a window is dragged smaller
        player.resize(step, 480)
        qtbot.wait(20)
    assert player.width() == width
    row, adjust = player.transport, player.adjust
    parts = [row.frame_reading, row.time_reading, row.speed, row.go_to, *row.buttons.values()]
    parts += [adjust.channel, adjust.grid, adjust.brightness, adjust.contrast, adjust.gamma]
    assert all(whole(part) for part in parts)
    places = [part.rect().translated(part.mapTo(player, part.rect().topLeft())) for part in parts]
    assert all(player.rect().contains(place) for place in places)
    for number, place in enumerate(places):
        assert not any(place.intersects(other) for other in places[number + 1 :])
    assert "123" in row.frame_reading.text()


def on_screen(parts, player):
    return [part.rect().translated(part.mapTo(player, part.rect().topLeft())) for part in parts]


@pytest.mark.parametrize("before", [640, 1200])
@pytest.mark.parametrize("height", [480, 210])
def test_it_becomes_narrow_in_one_go(player, qtbot, seek, before, height):
    seek(123)
    player.act("adjust")
    player.resize(before, 480)
    qtbot.wait(20)
    player.resize(360, height)
    assert player.width() == 360
    qtbot.wait(20)
    assert player.width() == 360


@pytest.mark.parametrize("width", [360, 440, 619])
def test_a_low_player_gives_the_transport_two_lines(player, qtbot, seek, width):
    seek(123)
    for step in (700, 610, width):  # as a window is dragged smaller
        player.resize(step, 210)
        qtbot.wait(20)
    row = player.transport
    assert (player.width(), player.height()) == (width, 210)
    assert row.height() <= 66
    assert row.volume.isHidden()
    assert row.go_to.isHidden()
    parts = [row.frame_reading, row.time_reading, row.speed, *row.buttons.values()]
    assert all(whole(part) for part in parts)
    places = on_screen(parts, player)
    assert all(player.rect().contains(place) for place in places)
    for number, place in enumerate(places):
        assert not any(place.intersects(other) for other in places[number + 1 :])
    player.resize(width, 480)
    qtbot.wait(20)
    assert row.volume.isVisible()
    assert row.go_to.isVisible()


def test_in_a_low_player_the_field_is_there_while_it_is_used(player, qtbot, seek):
    seek(123)
    player.resize(400, 210)
    player.act("go_to")
    field = player.transport.go_to
    assert field.isVisible()
    qtbot.waitUntil(field.hasFocus)
    QTest.keyClicks(field, "77")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: player.current_frame == 77)
    assert field.isHidden()
    player.act("go_to")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.isHidden()
    assert all(button.isVisible() for button in player.transport.buttons.values())


def test_sentences_are_said_in_the_picture_until_the_next_frame(player, seek):
    seek(0)
    player.go_to_segment(1)
    assert player.view.remark == "There is no segment there."
    assert player.view.remark in [words for words, _ in player.view._plates()]
    assert player.view.accessibleDescription() == player.view.remark
    seek(5)
    assert player.view.remark == ""
    assert "face boxes" in player.view.accessibleDescription()


def test_sentences_go_by_themselves(player, qtbot):
    player._said.setInterval(30)
    player.say("copied")
    qtbot.waitUntil(lambda: player.view.remark == "")


def test_one_frame_between_the_points_is_one_frame(player):
    player.set_points(7, 7)
    assert player.transport.points.whole.endswith("1 frame")
    player.set_points(7, 8)
    assert player.transport.points.whole.endswith("2 frames")


def test_a_player_is_busy_while_it_plays_or_a_frame_was_just_asked_for(player, seek, qtbot):
    seek(5)
    assert player.busy
    qtbot.waitUntil(lambda: not player.busy, timeout=3000)
    player.play()
    assert player.busy
    player.pause()
    qtbot.waitUntil(lambda: not player.busy, timeout=3000)


def test_what_has_no_room_beside_the_readings_stands_in_the_picture(player, seek):
    seek(3)
    words = "1 234 not shown · slowed"
    player.resize(1200, 480)
    player.say_state(words)
    assert (player.transport.note.text(), player.view.note) == (words, "")
    player.resize(360, 210)
    player.say_state(words)
    assert (player.transport.note.whole, player.transport.note.text()) == (words, "")
    assert words in [plate for plate, _ in player.view._plates()]
    seek(4)
    assert player.view.note == ""
