"""The player goes into a window of its own, or onto a whole screen, and comes back where it was."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from tests import videos
from ui import preferences
from ui.docks import DockArea
from ui.player import PlayerWidget
from ui.player_place import PlayerPlace
from workstation.evidence.frame_index import build_frame_index

KEY = Qt.Key


@pytest.fixture
def opened(qtbot, tmp_path):
    """Makes a dock area with a player that shows frame 7 in its middle."""
    made = []

    def open_place():
        path = videos.make_video(tmp_path / "a.mp4", frames=30)
        place = PlayerPlace(PlayerWidget())
        area = DockArea(place, [])
        qtbot.addWidget(area)
        area.resize(800, 500)
        area.show()
        place.player.show_exhibit(path, build_frame_index(path))
        place.player.seek(7)
        qtbot.waitUntil(lambda: place.player.settled, timeout=20_000)
        made.append((place, area))
        return place

    yield open_place
    for place, _ in made:
        place.close_down()
        place.player.shut_down()


def test_it_goes_away_and_comes_back(opened, qtbot):
    place = opened()
    place.detach()
    assert place.detached
    assert place.player.window() is not place.window()
    assert place.player.isVisible()
    assert place.currentWidget() is not place.player
    QTest.keyClick(place.player, KEY.Key_Right)
    qtbot.waitUntil(lambda: place.player.current_frame == 8, timeout=20_000)
    place.detach()
    assert not place.detached
    assert place.player.window() is place.window()
    assert place.currentWidget() is place.player
    assert place.player.isVisible()
    assert place.player.current_frame == 8


def test_closing_its_window_or_pressing_the_button_brings_it_back(opened):
    place = opened()
    place.detach()
    place.player.window().close()
    assert place.currentWidget() is place.player
    place.detach()
    place.findChild(QPushButton).click()
    assert place.currentWidget() is place.player
    assert not place.detached


def test_the_whole_screen_is_left_with_escape_to_where_it_was(opened):
    place = opened()
    place.toggle_whole_screen()
    assert place.whole_screen
    QTest.keyClick(place.player, KEY.Key_Escape)
    assert not place.detached
    place.detach()
    place.toggle_whole_screen()
    assert place.whole_screen
    QTest.keyClick(place.player, KEY.Key_Escape)
    assert place.detached
    assert not place.whole_screen
    QTest.keyClick(place.player, KEY.Key_Escape)
    assert place.detached


def test_it_is_away_again_where_it_was_when_the_program_ended(opened, qtbot):
    place = opened()
    place.detach()
    place.player.window().setGeometry(40, 50, 500, 400)
    place.close_down()
    assert not place.detached
    again = opened()
    qtbot.waitUntil(lambda: again.detached)
    assert again.player.window().size().toTuple() == (500, 400)
    again.bring_back()
    again.close_down()
    third = opened()
    qtbot.wait(50)
    assert not third.detached


def test_a_whole_screen_is_not_kept(opened):
    place = opened()
    place.toggle_whole_screen()
    place.close_down()
    assert preferences.layout("player away") == b"0"


def test_keys_of_the_window_are_heard_in_its_window(opened, qtbot):
    place = opened()
    heard = []
    action = QAction("Something", place.window())
    action.setShortcut(QKeySequence("Ctrl+M"))
    action.triggered.connect(lambda: heard.append("Ctrl+M"))
    place.window().addAction(action)
    place.share_actions([action])
    place.detach()
    qtbot.waitActive(place.player.window())
    QTest.keyClick(place.player, KEY.Key_M, Qt.KeyboardModifier.ControlModifier)
    assert heard == ["Ctrl+M"]
