"""An act that cannot be done where it is chosen says why; none does something else or nothing."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog

from tests.ui.reviewing import CTRL, SHIFT, sitting
from ui import exporting, keys, messages, preferences
from ui.marks import desk
from ui.marks.deeds import NO_POINTS
from ui.marks.dialog import MarkDialog
from ui.timeline.timeline import NO_SELECTION
from ui.tracks.panel import ALONE, AS_IT_IS
from ui.workbench import ALL_ANALYSED, NONE_TO_ANALYSE, Workbench
from workstation.cases.marks import MarkStore
from workstation.errors import CaseError


@pytest.fixture
def examiner(qtbot, qapp, monkeypatch, tmp_path):
    with sitting(qtbot, monkeypatch, tmp_path) as made:
        yield made


@pytest.fixture
def said():
    heard = []
    listening = messages.door().told.connect(lambda message: heard.append(message))
    yield heard
    messages.door().told.disconnect(listening)


def test_each_says_what_to_do_first(examiner, said):
    actions, people = examiner.window.actions_by_name, examiner.panels["tracks"]
    examiner.wait(lambda: len(people.people) == 1)
    for name in ("split_person", "name_person", "give_back_person", "follow_person"):
        actions[name].trigger()
        assert said.pop().sentence == ALONE
    people.view.step(0)
    actions["give_back_person"].trigger()
    assert said.pop().sentence == AS_IT_IS
    actions["analyse_all"].trigger()
    assert said.pop().sentence == ALL_ANALYSED
    timeline = examiner.space.stage.timeline
    for name in ("closer", "clip", "figures", "let_go"):
        timeline.act(name)
        assert said.pop().sentence == NO_SELECTION
    examiner.player.clear()
    for name in ("add_marker", "note_frame", "export_frame", "copy_place", "compare"):
        actions[name].trigger()
        assert said[-1].sentence == messages.NO_FRAME
        assert said.pop().hint
    assert not said
    assert not examiner.bench.marks.all


def test_a_finding_on_the_track_is_never_one_on_the_exhibit(examiner, said):
    give = examiner.window.actions_by_name["give_track_finding"]
    give.trigger()
    assert "Select a face track first" in said.pop().sentence
    assert not [one for one in examiner.window.findChildren(MarkDialog) if one.isVisible()]
    examiner.bench.select_track(1)
    give.trigger()
    dialog = examiner.dialog(MarkDialog)
    dialog.finding.setCurrentIndex(0)
    assert dialog.mark().track == 1


def test_nothing_is_asked_for_that_a_case_for_reading_only_cannot_keep(examiner, said):
    bench, timeline = examiner.bench, examiner.space.stage.timeline
    bench.view = replace(bench.view, read_only=True)
    timeline.set_selection(3, 9)
    timeline.act("clip")
    assert said.pop().sentence == desk.READ_ONLY
    timeline.export_wanted.emit(3, 9)
    assert said.pop().sentence == exporting.READ_ONLY
    assert not [one for one in examiner.window.findChildren(QDialog) if one.isVisible()]


def test_a_hint_names_the_keys_in_force_and_leaves_a_warning_where_it_is(examiner, said):
    banners = examiner.window.banners
    banners.say("trouble", "The disk is full.", danger=True)
    preferences.keep_keys({"player.in_point": ("Shift+F1",)})
    keys.keeper().changed.emit()
    examiner.window.actions_by_name["add_clip"].trigger()
    assert said.pop().sentence == NO_POINTS.format("Shift+F1", "O")
    assert banners.texts() == ["The disk is full.", NO_POINTS.format("Shift+F1", "O")]


def test_a_merged_person_stays_in_hand(examiner):
    people = examiner.panels["tracks"]
    examiner.press(Qt.Key.Key_7, CTRL)
    examiner.wait(lambda: len(people.people) == 1)
    people.view.step(0)
    examiner.bench.want_frame(20)
    examiner.sees(20)
    examiner.press(Qt.Key.Key_J, CTRL | SHIFT)
    examiner.wait(lambda: len(people.people) == 2)
    assert people.view.current() == people.people[0]
    people.view.selectAll()
    examiner.press(Qt.Key.Key_J, CTRL)
    examiner.wait(lambda: len(people.people) == 1)
    assert people.view.chosen() == list(people.people)


def test_resetting_the_layout_brings_the_player_back(examiner):
    actions = examiner.window.actions_by_name
    actions["detach_player"].trigger()
    assert examiner.player.window() is not examiner.window
    actions["reset_layout"].trigger()
    assert examiner.player.window() is examiner.window


def test_an_empty_case_has_nothing_to_analyse(qtbot, said, tmp_path):
    bench = Workbench()
    bench.create_case(tmp_path / "case", number="2026-1", examiner="A. Examiner")
    qtbot.waitUntil(lambda: bench.view is not None)
    bench.analyse_all()
    assert [one.sentence for one in said] == [NONE_TO_ANALYSE]
    bench.close_case()
    bench.close()


def test_what_was_written_is_asked_again_where_it_could_not_be_recorded(
    examiner, said, monkeypatch
):
    def full(*_: object) -> None:
        raise CaseError("The disk is full. Free some space.")

    marks = examiner.bench.marks
    with monkeypatch.context() as patched:
        patched.setattr(MarkStore, "put", full)
        examiner.window.actions_by_name["note_exhibit"].trigger()
        dialog = examiner.dialog(MarkDialog)
        dialog.note.setPlainText("seen at the gate")
        dialog.accept()
        examiner.wait(lambda: bool(said))
        assert said.pop().sentence == "The disk is full. Free some space."
        again = examiner.dialog(MarkDialog)
        assert again.note.toPlainText() == "seen at the gate"
    again.accept()
    examiner.wait(lambda: [mark.note for mark in marks.all] == ["seen at the gate"])
    with monkeypatch.context() as patched:
        patched.setattr(MarkStore, "put", full)
        marks.change(marks.all[0], note="seen at the door")
        examiner.wait(lambda: bool(said))
        dialog = examiner.dialog(MarkDialog)
    dialog.accept()
    examiner.wait(lambda: [mark.note for mark in marks.all] == ["seen at the door"])


def test_a_finding_that_could_not_be_recorded_is_asked_again_as_it_was(examiner, said, monkeypatch):
    def full(*_: object) -> None:
        raise CaseError("The disk is full. Free some space.")

    with monkeypatch.context() as patched:
        patched.setattr(MarkStore, "put", full)
        examiner.window.actions_by_name["give_finding"].trigger()
        dialog = examiner.dialog(MarkDialog)
        dialog.finding.setCurrentIndex(0)
        dialog.note.setPlainText("the jaw jumps")
        dialog.accept()
        examiner.wait(lambda: bool(said))
        again = examiner.dialog(MarkDialog)
    assert (again.finding.currentIndex(), again.note.toPlainText()) == (0, "the jaw jumps")
