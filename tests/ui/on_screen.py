"""Seeing and comparing on a real X server; `test_hands.py` starts one and runs this file there."""

import pytest
from PySide6.QtCore import QPoint, QRect

from tests.ui.reviewing import FRAMES
from ui import theme
from ui.compare.window import CompareWindow
from ui.dialogs.preferences_dialog import PreferencesDialog
from ui.marks.dialog import MarkDialog
from ui.player.decoding import to_pixels


def test_keys_step_and_play(person):
    hands = person.hands
    hands.press("ctrl+2")
    for key, frame in (
        ("Right", 1),
        ("shift+Right", 11),
        ("Next", 20),
        ("Left", 19),
        ("End", FRAMES - 1),
        ("Prior", 40),
        ("shift+Left", 30),
        ("Home", 0),
    ):
        hands.press(key)
        person.sees(frame)
    hands.press("space")
    hands.wait(lambda: person.player.current_frame > 5)
    hands.press("space")
    hands.wait(lambda: not person.player.playing)
    person.sees(person.player.current_frame)
    hands.press("g")
    hands.type("33")
    hands.press("Return")
    person.sees(33)
    hands.press("h")  # every score is the same: the first frame that has one
    person.sees(0)


def test_shuttle_and_repeat(person):
    hands, player = person.hands, person.player
    hands.press("ctrl+2", "l", "l")
    hands.wait(lambda: player._playing.rate == 2.0)
    hands.press("j")
    hands.wait(lambda: player._playing.rate == -1.0)
    hands.press("k")
    hands.wait(lambda: not player.playing)
    person.sees(player.current_frame)
    hands.press("Home", "shift+Right")
    person.sees(10)
    hands.press("i", "shift+Right")
    person.sees(20)
    hands.press("o", "r", "space")
    shown = set()
    player.frame_shown.connect(shown.add)
    hands.wait(lambda: player.playing and len(shown) > 4)
    again = len(shown)
    hands.wait(lambda: 20 in shown or len(shown) > again)
    hands.press("space", "r", "x")
    hands.wait(lambda: not player.playing)
    assert shown <= set(range(10, 21))
    assert (player.in_point, player.out_point, player.repeat) == (None, None, False)


def test_looking_closely(person):
    hands, player, view = person.hands, person.player, person.player.view
    hands.press("ctrl+2", "shift+Right", "v")
    hands.wait(lambda: player.adjust.tone.channel == "red")
    person.sees(10)
    hands.press("shift+d", "z", "z")
    assert view.picture_area().width() > view.width()
    hands.drag(view, view.rect().center(), view.rect().center() + QPoint(60, 40))
    assert view.picture_area().left() > view.width() / 2 - view.picture_area().width() / 2
    hands.press("f", "shift+b", "c")
    hands.wait(lambda: player.crops_shown and view.shown.landmarks)
    person.sees(10)
    hands.press("b")
    assert not view.boxes_shown
    hands.press("b", "c")
    assert view.boxes_shown
    assert not player.crops_shown


def test_mouse_on_the_timeline(person):
    hands, lanes, timeline = person.hands, person.lanes, person.timeline
    port = lanes.viewport()
    hands.click(port, person.on_lanes(20))
    person.sees(20)
    hands.drag(port, person.on_lanes(27), person.on_lanes(35))
    person.sees(35)
    hands.point(port, person.on_lanes(12))
    hands.wait(lambda: lanes.hover is not None)
    row, value = lanes.hover[1][0]
    assert row.lane.name == "track 1"
    assert value == pytest.approx(float(person.bench.shown.faces.score[12]), abs=1e-6)
    assert "000 012" in timeline.readout.accessibleDescription() or lanes.hover[0] > 0

    place = person.on_lanes(10)
    before = lanes.time_at(place).x()
    hands.wheel(port, place, 6)
    hands.wait(lambda: lanes.span[1] - lanes.span[0] < 1.0)
    assert lanes.time_at(place).x() == pytest.approx(before, abs=0.02)
    left = lanes.span[0]
    ruler = QPoint(place.x(), port.height() - 8)
    hands.drag(port, ruler, ruler - QPoint(200, 0))
    assert lanes.span[0] > left
    hands.double_click(port, place)
    hands.wait(lambda: lanes.span == (0.0, timeline.scores.end))

    hands.drag(port, person.on_lanes(10), person.on_lanes(30), held="shift")
    assert timeline.selection == (10, 30)
    assert timeline.selection_bar.isVisible()
    scores = person.bench.shown.faces.score[10:31]
    said = timeline.selection_bar.accessibleDescription()
    assert f"mean {scores.mean():.2f}" in said
    assert f"peak {scores.max():.2f}" in said
    hands.press("ctrl+3", "Escape")
    assert timeline.selection is None

    rows = [row.lane.name for row in lanes.rows]
    first, last = lanes.rows[0], lanes.rows[-1]
    hands.drag(
        port,
        QPoint(60, round(first.top + 8)),
        QPoint(60, round(last.top + last.height - 2)),
    )
    hands.wait(lambda: [row.lane.name for row in lanes.rows] != rows)
    assert [row.lane.name for row in lanes.rows][-1] == rows[0]
    track = next(row for row in lanes.rows if row.lane.name == "track 1")
    hands.click(port, QPoint(6, round(track.top + 8)))
    hands.wait(lambda: any(row.collapsed for row in lanes.rows))


def test_marks_people_and_search(person):
    hands, desk = person.hands, person.bench.marks
    hands.press("ctrl+2", "Right", "Right", "m")
    hands.wait(lambda: len(desk.all) == 1)
    hands.press("shift+Right", "i", "shift+Right", "o", "ctrl+m")
    dialog = person.dialog(MarkDialog)
    hands.click(dialog.note)
    hands.type("The lips do not close.")
    hands.click(dialog.act)
    hands.wait(lambda: len(desk.all) == 2)
    assert (desk.all[1].first, desk.all[1].last) == (12, 22)
    hands.press("ctrl+z")
    hands.wait(lambda: len(desk.all) == 1)
    hands.press("ctrl+shift+z")
    hands.wait(lambda: len(desk.all) == 2)
    hands.press("ctrl+f")
    hands.type("lips")
    hands.wait(lambda: any("clip" in title for title in person.titles("search")))
    hands.press("Return")
    person.sees(12)

    hands.press("ctrl+7")
    hands.wait(lambda: person.titles("tracks") == ["Track 1"])
    hands.press("Down", "ctrl+shift+j")
    hands.wait(lambda: len(person.titles("tracks")) == 2)
    hands.press("ctrl+a", "ctrl+j")
    hands.wait(lambda: person.titles("tracks") == ["Track 1"])
    hands.press("ctrl+z", "ctrl+z")
    hands.wait(lambda: person.bench.marks.undo_stack.undoText() != "")
    assert person.titles("tracks") == ["Track 1"]


def test_comparison(person):
    hands = person.hands
    hands.press("ctrl+2", "shift+Right", "i", "shift+Right", "ctrl+d")
    hands.wait(lambda: any(one.isVisible() for one in person.window.findChildren(CompareWindow)))
    compared = person.window.findChildren(CompareWindow)[0]
    heard = []
    compared.pair.shown.connect(lambda left, right: heard.append((left, right)))
    compared.activateWindow()
    hands.wait(compared.isActiveWindow)  # else the first key is the main window's
    hands.wait(lambda: "frame" in compared.readings[0].text())

    def compares(left, right):
        """Both halves of the screen show these frames."""
        hands.wait(lambda: bool(heard) and [half.frame for half in heard[-1]] == [left, right])
        view, middle = compared.view, compared.view.width() // 2
        for number, (sight, frame) in enumerate(zip(view._sights, (left, right), strict=True)):
            area = sight.area().translated(number * (middle + 1), 0)
            hands.wait(lambda a=area, f=frame: person.code_on_screen(view, a) == f)

    hands.press("Right")
    compares(21, 11)
    hands.press("period", "period")
    compares(21, 13)
    for _ in range(8):
        hands.press("period")
    compares(21, 21)
    hands.press("3")
    middle = QRect(compared.view.rect().center(), compared.view.rect().center() + QPoint(80, 60))
    hands.wait(lambda: to_pixels(hands.screen(compared.view, middle)).max() < 30)  # no difference
    hands.press("2")
    wipe = compared.view.wipe
    hands.drag(compared.view, compared.view.rect().center(), QPoint(200, 150))
    assert compared.view.wipe < wipe
    whole = compared.view._sights[0].area()
    hands.wait(lambda: person.code_on_screen(compared.view, whole) == 21)
    hands.press("Escape")
    hands.wait(
        lambda: not any(one.isVisible() for one in person.window.findChildren(CompareWindow))
    )


def test_palette_and_preferences(person):
    hands = person.hands
    person.find("lgt thm")
    hands.wait(lambda: theme.current().name == "light")
    hands.press("ctrl+comma")
    dialog = person.dialog(PreferencesDialog)
    page = dialog.keys_page
    dialog.pages.setCurrentWidget(page)
    page.choose("player.marker")
    hands.click(page.field)
    hands.press("space")
    hands.wait(lambda: "Space is given to" in page.clash())
    hands.press("q")
    hands.wait(lambda: page.clash() == "")
    hands.click(dialog.act)
    hands.wait(lambda: not dialog.isVisible())
    hands.press("ctrl+2", "q")
    hands.wait(lambda: len(person.bench.marks.all) == 1)
