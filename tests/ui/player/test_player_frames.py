"""The frame on screen is the right one: videos that carry their frame number in their pixels."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests import videos
from ui.player.decoding import to_pixels
from ui.timeline import TimelineWidget
from workstation.evidence.frame_index import build_frame_index

FRAMES = 300
SEEKS = 200


def shown_number(picture):
    """The number in the picture on screen."""
    return videos.read_code(to_pixels(picture))


def on_screen(player):
    """The number in what is seen: the frame itself, or its small picture until it is there."""
    return shown_number(player.view.picture or player.view._small)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    uneven = videos.uneven_times(FRAMES, seed=7)
    return {
        "B-frames": videos.make_video(folder / "b.mp4", frames=FRAMES, group=48, b_frames=3),
        "variable rate": videos.make_video(
            folder / "vfr.mkv", frames=FRAMES, group=30, b_frames=2, times_ms=uneven
        ),
    }


@pytest.fixture
def opened(opened, qtbot):
    """Opens a recording in a player and waits for its first frame."""

    def open_recording(path):
        index = build_frame_index(path)
        player = opened(path, index, size=(400, 300))
        qtbot.waitUntil(lambda: player.current_frame == 0)
        return player, index

    return open_recording


@pytest.mark.parametrize("kind", ["B-frames", "variable rate"])
def test_random_seeks_show_the_frame_that_was_asked_for(opened, recordings, qtbot, kind):
    player, index = opened(recordings[kind])
    assert len(index) == FRAMES
    wrong = []
    for number in np.random.default_rng(11).integers(0, FRAMES, SEEKS):
        player.seek(int(number))
        qtbot.waitUntil(lambda number=number: player.settled and player.current_frame == number)
        if shown_number(player.view.picture) != number:
            wrong.append(number)
    assert wrong == []


@pytest.mark.parametrize("kind", ["B-frames", "variable rate"])
def test_stepping_shows_every_frame_once_both_ways(opened, recordings, qtbot, kind):
    player, _ = opened(recordings[kind])
    player.seek(40)
    qtbot.waitUntil(lambda: player.settled and player.current_frame == 40)
    for key, expected in ((Qt.Key.Key_Right, range(41, 61)), (Qt.Key.Key_Left, range(59, 39, -1))):
        for number in expected:
            QTest.keyClick(player, key)
            qtbot.waitUntil(lambda number=number: player.settled and player.current_frame == number)
            assert shown_number(player.view.picture) == number


@pytest.mark.parametrize("kind", ["B-frames", "variable rate"])
def test_playing_shows_right_frames_and_pauses_on_the_one_shown(opened, recordings, qtbot, kind):
    player, _ = opened(recordings[kind])
    shown = []
    player.frame_shown.connect(lambda number: shown.append((number, on_screen(player))))
    player.play()
    qtbot.waitUntil(lambda: len(shown) > 20, timeout=10_000)
    player.pause()
    assert all(number == seen for number, seen in shown)
    assert shown_number(player.view.picture) == player.current_frame == shown[-1][0]
    QTest.keyClick(player, Qt.Key.Key_Right)
    after = shown[-1][0] + 1
    qtbot.waitUntil(lambda: player.settled and player.current_frame == after)
    assert shown_number(player.view.picture) == after


def test_dragging_never_shows_a_picture_under_another_number(opened, recordings, qtbot):
    player, _ = opened(recordings["B-frames"])
    shown = []
    player.frame_shown.connect(lambda number: shown.append((number, on_screen(player))))
    for number in [*range(0, FRAMES, 3), *range(FRAMES - 1, 0, -5), 137]:
        player.seek(number)
        qtbot.wait(1)
    qtbot.waitUntil(lambda: player.settled and player.current_frame == 137)
    assert shown[-1] == (137, 137)
    assert all(number == seen for number, seen in shown)


def test_timeline_and_player_agree_on_a_variable_frame_rate(opened, recordings, qtbot):
    player, index = opened(recordings["variable rate"])
    timeline = TimelineWidget()
    qtbot.addWidget(timeline)
    timeline.resize(1200, 240)
    timeline.show()
    timeline.show_exhibit(index)
    timeline.seek_requested.connect(player.seek)
    player.frame_shown.connect(timeline.set_playhead)
    for number in (150, 33, 34, 299, 1):
        timeline.view.fit()
        timeline.view.zoom(0.05, float(index.times[number]))
        where = timeline.view.pixel_of(float(index.times[number])).toPoint()
        viewport, left = timeline.view.viewport(), Qt.MouseButton.LeftButton
        QTest.mouseClick(viewport, left, Qt.KeyboardModifier.NoModifier, where)
        qtbot.waitUntil(lambda number=number: player.settled and player.current_frame == number)
        assert shown_number(player.view.picture) == number == timeline.playhead_frame


def test_damaged_packets_are_named_and_the_rest_is_right(opened, recordings, qtbot, tmp_path):
    damaged = videos.zero_bytes(recordings["B-frames"], tmp_path / "damaged.mp4", length=6000)
    player, index = opened(damaged)
    missing, right = 0, 0
    for number in range(0, len(index), 3):
        player.seek(number)
        qtbot.waitUntil(lambda number=number: player.settled and player.current_frame == number)
        if player.view.picture is None:
            missing += 1
            assert "could not be decoded" in player.view.message
        else:
            right += 1
            assert shown_number(player.view.picture) == number
    assert missing > 0
    assert right > 0
