"""A review as an examiner does it, by keys and mouse: step, mark, note, find again, group, undo.

Every picture is read off the screen: the number of the frame is drawn into its pixels.
"""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDialog, QPushButton

from tests.ui.reviewing import CTRL, FRAMES, SHIFT, sitting
from ui import preferences, theme
from ui.marks.dialog import MarkDialog
from ui.search.palette import Palette
from workstation.cases.agreement import disagreements
from workstation.cases.case import Case
from workstation.cases.marks import MarkKind
from workstation.cases.records import Finding


@pytest.fixture
def examiner(qtbot, qapp, monkeypatch, tmp_path):
    with sitting(qtbot, monkeypatch, tmp_path) as made:
        yield made


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
    assert [
        line.aside for line in examiner.panels["search"].view.lines.lines if "clip" in line.title
    ] == ["frame 15"]
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


def test_an_empty_list_of_marks_offers_the_first(examiner):
    examiner.press(Qt.Key.Key_6, CTRL)
    marks = examiner.panels["marks"]
    first = next(one for one in marks.findChildren(QPushButton) if one.isVisible())
    examiner.click(first)
    examiner.wait(lambda: len(examiner.bench.marks.all) == 1)
    examiner.wait(lambda: not first.isVisible())


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
    assert examiner.player.view.remark.startswith("undone: merged Track 1, frames 0–19 and ")
    assert examiner.player.view.remark.endswith(" · E001")
    assert bench.shown.faces.score.tolist() == scores.tolist()

    examiner.press(Qt.Key.Key_F, CTRL | SHIFT)
    dialog = examiner.dialog(MarkDialog)
    examiner.click(dialog.act)
    assert "reasons" in dialog.problem.text()
    dialog.note.setPlainText("The original was found.")
    examiner.click(dialog.act)
    assert "Choose one of the three" in dialog.problem.text()
    dialog.finding.setCurrentText(str(Finding.DOES_NOT_SUPPORT))
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
