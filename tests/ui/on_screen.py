"""The review on a real X server; `test_hands.py` starts one and runs this file there."""

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QFileDialog

from tests.ui.hands import Hands
from tests.ui.reviewing import FRAMES, Examiner, sitting
from tests.videos import read_code
from ui import theme
from ui.compare.window import CompareWindow
from ui.dialogs.preferences_dialog import PreferencesDialog
from ui.marks.dialog import MarkDialog
from ui.player.decoding import to_pixels
from ui.search.palette import Palette


class Person(Examiner):
    """An examiner with hands: what is read is what the X server shows."""

    def __init__(self, window, qtbot):
        super().__init__(window, qtbot)
        self.hands = Hands()
        self.timeline = self.space.stage.timeline
        self.lanes = self.timeline.view

    def sees(self, frame):
        """The player says this frame, and its pixels on the screen do."""
        self.wait(lambda: self.player.current_frame == frame)
        view = self.player.view
        shown = self.hands.screen(view, view.picture_area())
        assert read_code(to_pixels(shown)) == frame

    def on_lanes(self, frame, score=0.5):
        """Where a frame lies on the timeline, in the pixels of its lanes."""
        return self.lanes.pixel_of(self.timeline.content.begin(frame), score).toPoint()


@pytest.fixture
def person(qtbot, qapp, monkeypatch, tmp_path):
    assert QApplication.platformName() == "xcb"
    with sitting(qtbot, monkeypatch, tmp_path, Person) as made:
        yield made


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


def test_mouse_on_the_timeline(person):
    hands, lanes, timeline = person.hands, person.lanes, person.timeline
    port = lanes.viewport()
    hands.click(port, person.on_lanes(20))
    person.sees(20)
    hands.drag(port, person.on_lanes(20), person.on_lanes(35))
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


def test_comparison_palette_preferences_and_export(person, tmp_path):
    hands = person.hands
    hands.press("ctrl+2", "shift+Right", "i", "shift+Right", "ctrl+d")
    hands.wait(lambda: any(one.isVisible() for one in person.window.findChildren(CompareWindow)))
    compared = person.window.findChildren(CompareWindow)[0]
    heard = []
    compared.pair.shown.connect(lambda left, right: heard.append((left, right)))
    compared.activateWindow()
    hands.press("Right")
    hands.wait(lambda: bool(heard) and all(half.picture is not None for half in heard[-1]))
    assert [read_code(to_pixels(half.picture)) for half in heard[-1]] == [21, 11]
    compared.close()

    hands.press("ctrl+k")
    person.dialog(Palette)
    hands.type("lgt thm")
    hands.press("Return")
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

    target = tmp_path / "taken.png"
    hands.when(
        lambda: isinstance(QApplication.activeModalWidget(), QFileDialog),
        *("key", "ctrl+a", "type", "--delay", "5", "--args", "1", str(target), "key", "Return"),
    )
    hands.press("ctrl+2", "Home", "ctrl+shift+s")
    hands.wait(target.with_name("taken.png.json").exists)
    assert read_code(to_pixels(QImage(str(target)))) == 0
