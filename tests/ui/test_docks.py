"""Docks come back where they were, and keys are handed on while they float."""

import pytest
from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QLabel, QLineEdit

from ui import preferences
from ui.docks import AREAS, Dock, DockArea


@pytest.fixture
def area(qtbot):
    docks = [
        Dock("one", "One", "left", QLabel("1")),
        Dock("two", "Two", "right", QLineEdit()),
        Dock("three", "Three", "right", QLabel("3")),
        Dock("below", "Below", "bottom", QLabel("4")),
    ]
    made = DockArea(QLabel("middle"), docks)
    qtbot.addWidget(made)
    made.resize(1200, 600)
    made.show()
    return made


def test_they_come_back_where_they_were(area):
    state = area.keep()
    area.docks["two"].detach()
    area.addDockWidget(AREAS["left"], area.docks["below"])
    area.docks["three"].hide()
    assert area.docks["two"].isFloating()
    preferences.keep_named_layout("two screens", area.keep())
    assert area.put_back(state)
    assert not area.docks["two"].isFloating()
    assert area.dockWidgetArea(area.docks["below"]) is AREAS["bottom"]
    assert preferences.layout_names() == ["two screens"]
    assert area.put_back(preferences.named_layout("two screens"))
    assert area.docks["two"].isFloating()
    assert not area.docks["three"].isVisible()
    area.reset()
    assert not area.docks["two"].isFloating()
    assert area.tabifiedDockWidgets(area.docks["two"]) == [area.docks["three"]]
    preferences.forget_layout("two screens")
    assert preferences.layout_names() == []
    assert not area.put_back(preferences.named_layout("two screens"))


def test_a_state_of_another_kind_is_refused(area):
    assert not area.put_back(QByteArray())
    assert not area.put_back(QByteArray(b"not a layout"))


def test_detached_docks_leave_and_come_back_with_the_area(area, qtbot):
    dock = area.docks["two"]
    dock.detach()
    area.hide()
    assert not dock.isVisible()
    kept = area.keep()
    area.show()
    qtbot.waitUntil(dock.isVisible)
    assert dock.isFloating()
    dock.detach()
    area.hide()
    area.begin_with(kept)  # as when the program starts
    assert not dock.isFloating()
    assert area.keep() == kept
    area.show()
    qtbot.waitUntil(dock.isFloating)
    assert dock.isVisible()


def test_a_panel_says_its_title_only_where_no_tab_does(area):
    def titles():
        return [dock.head._title.text() for dock in area.docks.values()]

    state = area.keep()
    assert titles() == ["ONE", "", "", "BELOW"]
    area.docks["two"].detach()
    assert area.put_back(state)
    assert titles() == ["ONE", "", "", "BELOW"]


def test_keys_without_use_are_handed_on(area, qtbot):
    dock = area.docks["three"]
    dock.detach()
    heard = []
    area.key_left.connect(lambda event: heard.append(event.key()))
    qtbot.keyClick(dock, Qt.Key.Key_Space)
    assert heard == [Qt.Key.Key_Space]


def test_the_keyboard_goes_with_a_panel_that_is_detached_and_stays_in_it(area, qtbot):
    dock = area.docks["two"]
    dock.detach()
    qtbot.waitUntil(lambda: dock.focusWidget() is dock.widget())
    for _ in range(4):
        assert dock.focusNextPrevChild(True)
        assert dock.isAncestorOf(dock.focusWidget())
    dock.detach()
    assert not dock.isFloating()
    qtbot.waitUntil(lambda: area.window().focusWidget() is dock.widget())


def test_bringing_one_to_the_front_shows_it(area):
    area.docks["three"].hide()
    assert area.bring("three").isVisible()


def test_side_panels_share_one_side_while_there_is_little_room(area, qtbot):
    left, right = AREAS["left"], AREAS["right"]
    area.docks["two"].setMinimumWidth(200)
    area.resize(640, 400)
    qtbot.waitUntil(lambda: area.dockWidgetArea(area.docks["two"]) is left)
    assert area.docks["one"] in area.tabifiedDockWidgets(area.docks["two"])
    assert area.dockWidgetArea(area.docks["below"]) is AREAS["bottom"]
    kept = area.keep()
    area.resize(1200, 700)
    qtbot.waitUntil(lambda: area.dockWidgetArea(area.docks["two"]) is right)
    assert area.dockWidgetArea(area.docks["one"]) is left
    assert area.put_back(kept)
    assert area.dockWidgetArea(area.docks["two"]) is right
    area.resize(640, 400)
    qtbot.waitUntil(lambda: area.dockWidgetArea(area.docks["two"]) is left)
    area.reset()
    assert area.dockWidgetArea(area.docks["two"]) is left
    area.resize(1200, 700)
    qtbot.waitUntil(lambda: area.dockWidgetArea(area.docks["two"]) is right)


def test_in_a_low_window_the_middle_comes_first(area, qtbot):
    area.resize(1200, 700)
    area.resize(1200, 340)
    qtbot.waitUntil(lambda: area.docks["below"].height() <= 0.29 * area.height())


def test_the_middle_keeps_its_share_when_the_window_gets_low(area, qtbot):
    dock = area.docks["below"]
    area.resize(1200, 700)
    area.resizeDocks([dock], [400], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: dock.height() > 350)
    area.resize(1200, 400)
    qtbot.waitUntil(lambda: dock.height() < 0.4 * area.height())
