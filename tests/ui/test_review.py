"""A review as an examiner does it, by keys and mouse: step, mark, note, find again, group, undo.

Every picture is read off the screen: the number of the frame is drawn into its pixels.
"""

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QDialog

from tests.ui.small_cases import CARD, Scripted
from tests.videos import make_video, read_code
from ui import preferences, theme
from ui.application import make_application
from ui.main_window import MainWindow
from ui.marks.dialog import MarkDialog
from ui.player.decoding import to_pixels
from ui.search.palette import Palette
from workstation.analysis.detector import DetectorInfo
from workstation.cases.agreement import disagreements
from workstation.cases.case import Case
from workstation.cases.marks import MarkKind
from workstation.cases.records import Finding

WAIT = 20_000
FRAMES = 50
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class Examiner:
    """Presses keys where the focus is, as a person would, and reads the screen."""

    def __init__(self, window, qtbot):
        self.window, self.qtbot = window, qtbot
        self.bench, self.space = window.workbench, window.workspace
        self.player = self.space.stage.player
        self.panels = self.space.panels

    def press(self, key, modifiers=Qt.KeyboardModifier.NoModifier):
        active = QApplication.activeWindow()
        if active is None or not active.isVisible():  # there is no window manager to do it
            self.window.activateWindow()
            self.wait(lambda: QApplication.activeWindow() is self.window)
        focused = QApplication.focusWidget()
        here = focused if focused is not None and focused.isVisible() else self.window
        self.qtbot.keyClick(here, key, modifiers)

    def type(self, text):
        self.qtbot.keyClicks(QApplication.focusWidget(), text)

    def wait(self, holds):
        self.qtbot.waitUntil(holds, timeout=WAIT)

    def sees(self, frame):
        """The player says this frame, and its pixels on the screen do."""
        self.wait(lambda: self.player.current_frame == frame)
        view = self.player.view
        area = view.picture_area()
        shown = view.grab(QRect(area.toRect())).toImage()
        assert read_code(to_pixels(shown)) == frame

    def dialog(self, kind):
        self.wait(lambda: any(one.isVisible() for one in self.window.findChildren(kind)))
        return next(one for one in self.window.findChildren(kind) if one.isVisible())

    def click(self, widget):
        self.qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)

    def double_click(self, view, row):
        place = view.visualRect(view.lines.index(row)).center()
        self.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
        self.qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)

    def titles(self, panel):
        return [line.title for line in self.panels[panel].view.lines.lines]


@pytest.fixture
def examiner(qtbot, qapp, monkeypatch, tmp_path):
    info = DetectorInfo("test", "Test detector", tmp_path / "card.json", CARD, "ab" * 32)
    monkeypatch.setattr("workstation.analysis.detector.default_detector", lambda: info)
    monkeypatch.setattr("workstation.analysis.pipeline.run_analysis", Scripted())
    monkeypatch.setattr("ui.analysis_job.load_torch_libraries", lambda: True)
    make_application()
    window = MainWindow()
    qtbot.addWidget(window)
    window.resize(1280, 800)
    window.show()
    window.activateWindow()
    made = Examiner(window, qtbot)
    made.bench.create_case(tmp_path / "case", number="2026-1", examiner="A. Examiner")
    made.wait(lambda: made.bench.view is not None)
    made.bench.add_exhibits([make_video(tmp_path / "numbers.mp4", frames=FRAMES, group=10)])
    made.wait(lambda: made.player.current_frame == 0)
    made.wait(lambda: made.window.actions_by_name["analyse_all"].isEnabled())
    made.press(Qt.Key.Key_G, CTRL | SHIFT)
    made.wait(lambda: made.bench.shown is not None and bool(made.bench.shown.findings))
    for overlay in ("boxes", "state"):
        made.player.act(overlay)
    yield made
    window.close()
    theme.keeper().choose("dark")


def test_stepping_shows_the_frame_it_says(examiner):
    examiner.press(Qt.Key.Key_2, CTRL)
    key = Qt.Key
    for pressed, modifiers, frame in (
        (key.Key_Right, Qt.KeyboardModifier.NoModifier, 1),
        (key.Key_Right, SHIFT, 11),
        (key.Key_PageDown, Qt.KeyboardModifier.NoModifier, 20),
        (key.Key_Left, Qt.KeyboardModifier.NoModifier, 19),
        (key.Key_End, Qt.KeyboardModifier.NoModifier, FRAMES - 1),
        (key.Key_PageUp, Qt.KeyboardModifier.NoModifier, 40),
        (key.Key_Left, SHIFT, 30),
        (key.Key_Home, Qt.KeyboardModifier.NoModifier, 0),
    ):
        examiner.press(pressed, modifiers)
        examiner.sees(frame)


def test_marking_undoing_and_finding_again(examiner):
    desk = examiner.bench.marks
    examiner.press(Qt.Key.Key_2, CTRL)
    for _ in range(5):
        examiner.press(Qt.Key.Key_Right)
    examiner.sees(5)
    examiner.press(Qt.Key.Key_M)
    examiner.wait(lambda: len(desk.all) == 1)
    for key, steps in ((Qt.Key.Key_I, 1), (Qt.Key.Key_O, 0)):
        examiner.press(Qt.Key.Key_Right, SHIFT)
        examiner.wait(lambda steps=steps: examiner.player.current_frame == 25 - 10 * steps)
        examiner.press(key)
    examiner.press(Qt.Key.Key_M, CTRL)
    dialog = examiner.dialog(MarkDialog)
    dialog.note.setPlainText("The lips do not close.")
    dialog.tags.setText("mouth, look again")
    dialog.colour.setCurrentText("pink")
    examiner.click(dialog.act)
    examiner.wait(lambda: len(desk.all) == 2)
    clip = desk.all[1]
    assert (clip.kind, clip.first, clip.last, clip.colour) == (MarkKind.CLIP, 15, 25, "pink")

    examiner.press(Qt.Key.Key_Z, CTRL)
    examiner.wait(lambda: len(desk.all) == 1)
    assert examiner.window.actions_by_name["redo"].isEnabled()
    examiner.press(Qt.Key.Key_Z, CTRL | SHIFT)
    examiner.wait(lambda: len(desk.all) == 2)

    examiner.press(Qt.Key.Key_F, CTRL)
    examiner.type("lips")
    examiner.wait(lambda: any("clip" in title for title in examiner.titles("search")))
    examiner.press(Qt.Key.Key_Return)
    examiner.sees(15)

    examiner.press(Qt.Key.Key_6, CTRL)
    marks = examiner.panels["marks"]
    assert examiner.titles("marks") == ["Marker", "The lips do not close."]
    examiner.double_click(marks.view, 0)
    examiner.sees(5)
    examiner.press(Qt.Key.Key_Delete)
    examiner.wait(lambda: len(desk.all) == 1)
    marks.filter.setText("nothing like it")
    assert examiner.titles("marks") == []
    marks.filter.setText("MOUTH pink")
    assert examiner.titles("marks") == ["The lips do not close."]

    folder = examiner.bench.view.folder
    examiner.window.close()
    with Case.open(folder) as case:
        acts = [entry.act for entry in case.custody.entries() if entry.act.startswith("mark")]
        assert acts == ["mark added", "mark added", "mark removed", "mark added", "mark removed"]
        assert case.custody.verify().intact
        assert disagreements(case) == ()


def test_grouping_people_and_an_own_finding(examiner):
    bench, people = examiner.bench, examiner.panels["tracks"]
    examiner.press(Qt.Key.Key_7, CTRL)
    examiner.wait(lambda: examiner.titles("tracks") == ["Track 1"])
    people.view.step(0)
    scores = bench.shown.faces.score.copy()
    bench.want_frame(20)
    examiner.sees(20)
    examiner.press(Qt.Key.Key_J, CTRL | SHIFT)
    parts = ["Track 1, frames 0–19", "Track 1, frames 20–49"]
    examiner.wait(lambda: examiner.titles("tracks") == parts)
    assert all(line.aside == "by hand" for line in people.view.lines.lines)
    people.view.selectAll()
    examiner.press(Qt.Key.Key_J, CTRL)
    examiner.wait(lambda: examiner.titles("tracks") == ["Track 1"])
    examiner.press(Qt.Key.Key_Z, CTRL)
    examiner.wait(lambda: examiner.titles("tracks") == parts)
    assert bench.shown.faces.score.tolist() == scores.tolist()

    examiner.press(Qt.Key.Key_F, CTRL | SHIFT)
    dialog = examiner.dialog(MarkDialog)
    examiner.click(dialog.act)
    assert "reasons" in dialog.problem.text()
    dialog.finding.setCurrentText(str(Finding.DOES_NOT_SUPPORT))
    dialog.note.setPlainText("The original was found.")
    examiner.click(dialog.act)
    examiner.wait(lambda: any(mark.finding for mark in bench.marks.all))
    detectors = [one.finding for one in bench.shown.findings]
    assert detectors == [Finding.SUPPORTS, Finding.SUPPORTS]


def test_palette_layouts_and_keys_without_focus(examiner):
    window, area = examiner.window, examiner.space.area
    examiner.press(Qt.Key.Key_K, CTRL)
    palette = examiner.dialog(Palette)
    palette.typed.setText("lgt thm")
    qtbot = examiner.qtbot
    qtbot.keyClick(palette.typed, Qt.Key.Key_Return)
    examiner.wait(lambda: theme.current().name == "light")
    area.docks["timeline"].detach()
    preferences.keep_named_layout("two screens", area.keep())
    window.deeds.layouts.table()["reset_layout"]()
    assert not area.docks["timeline"].isFloating()
    assert window.deeds.layouts.put_back("two screens")
    assert area.docks["timeline"].isFloating()
    qtbot.keyClick(area.docks["timeline"], Qt.Key.Key_Right)
    examiner.sees(1)
    window.deeds.layouts.table()["reset_layout"]()
    place = area.docks["inspector"].widget().mapTo(window, QPoint(4, 4))
    assert window.rect().contains(place)
    assert not [one for one in window.findChildren(QDialog) if one.isVisible()]
