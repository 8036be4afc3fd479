"""Taking along what is on screen: jobs with a sentence at their end, nothing written over."""

import json
import xml.etree.ElementTree as ET

import cv2
import pytest
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from tests import videos
from tests.ui.small_cases import CARD, face_table
from ui import messages, theme
from ui.dialogs.clip_dialog import ClipDialog
from ui.exporting import NO_STRETCH, Exporting
from ui.jobs import JobState
from ui.outcomes import outcome
from ui.stage import Stage
from ui.timeline.content import OtherRun
from ui.timeline.picture import FOOT, SCALE, WIDTH, timeline_picture
from ui.workbench import Workbench
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.records import RunOutcome, Segment
from workstation.evidence.intake import add_exhibit

FRAMES = 60
WAIT = 15_000


@pytest.fixture
def folder(tmp_path):
    clip = videos.make_video(tmp_path / "clip.mp4", frames=FRAMES)
    with Case.create(tmp_path / "case", number="2026-1", examiner="A. Examiner") as case:
        add_exhibit(case, clip)
        run = case.runs.start("E001", CARD, {}, {}, "cpu: 2 threads", "float32", FRAMES)
        case.runs.commit_stretch(run.id, 0, FRAMES, face_table(FRAMES, 0.8), [])
        case.runs.conclude(run.id, [Segment(1, 10, 30, 0.8, 0.8, 10)], [])
        case.runs.finish(run.id, RunOutcome.COMPLETE)
        sealed = case.runs.sealed(run.id)
        case.custody.append(Act.ANALYSIS_COMPLETE, "E001", run=run.id, **sealed)
    return tmp_path / "case"


@pytest.fixture
def room(qtbot, folder):
    bench = Workbench()
    stage = Stage(bench)
    window = QWidget()
    for widget in (stage.player, stage.timeline, window):
        qtbot.addWidget(widget)
    stage.timeline.resize(900, 400)
    stage.timeline.show()
    exporting = Exporting(bench, stage, window)
    with qtbot.waitSignals([bench.case_opened, bench.findings_changed], timeout=WAIT):
        bench.open_case(folder)
    qtbot.waitUntil(lambda: stage.player.current_frame == 0, timeout=WAIT)
    yield bench, stage, exporting, window
    qtbot.waitUntil(lambda: not bench.jobs.busy, timeout=WAIT)
    stage.close_down()
    bench.close()


def answer_with(monkeypatch, path, kind=""):
    def opened(dialog):
        assert dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave
        if kind:
            dialog.selectNameFilter(kind)
        dialog.fileSelected.emit(str(path))

    monkeypatch.setattr(QFileDialog, "open", opened)


def test_where_the_frame_is_can_be_quoted(room, qtbot):
    bench, stage, exporting, _ = room
    stage.player.seek(3)
    qtbot.waitUntil(lambda: stage.player.current_frame == 3, timeout=WAIT)
    exporting.table()["copy_place"]()
    held = bench.shown.exhibit
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith(f"{held.number} {held.original_name}, frame 3, 00:00:00.")
    assert copied.endswith(f"SHA-256 {held.hashes.sha256}")


def ended(bench, qtbot):
    """The sentence of the job that ended next."""
    jobs = []
    bench.jobs.job_ended.connect(jobs.append)
    qtbot.waitUntil(lambda: bool(jobs), timeout=WAIT)
    assert jobs[0].state is JobState.DONE, jobs[0].error
    return outcome(jobs[0]).sentence


def test_the_frame_on_screen(room, qtbot, monkeypatch, tmp_path):
    bench, stage, exporting, _ = room
    stage.player.seek(23)
    qtbot.waitUntil(lambda: stage.player.current_frame == 23, timeout=WAIT)
    target = tmp_path / "frame.png"
    answer_with(monkeypatch, target)
    exporting.export_frame()
    assert "Frame 23 was written" in ended(bench, qtbot)
    assert videos.read_code(cv2.imread(str(target))) == 23
    assert json.loads((tmp_path / "frame.png.json").read_text("utf-8"))["frame"] == 23


def test_a_stretch_is_asked_for_where_none_is_chosen(room, qtbot, monkeypatch):
    _, _, exporting, window = room
    said = []
    messages.door().told.connect(lambda message: said.append(message.sentence))
    exporting.export_clip()
    assert said == [NO_STRETCH.format("I", "O")]
    assert not window.findChildren(ClipDialog)


def test_the_selected_stretch_as_packets_and_as_frames(room, qtbot, tmp_path):
    bench, stage, exporting, window = room
    stage.timeline.set_selection(14, 20)
    exporting.export_clip()
    dialog = window.findChildren(ClipDialog)[-1]
    assert dialog.output.text().endswith("E001 frames 14-20.mp4")
    taken = tmp_path / "taken.mp4"
    taken.write_text("mine")
    dialog.output.setText(str(taken))
    dialog.accept()
    assert "exists already" in dialog.problem.text()
    dialog.output.setText(str(tmp_path / "out.mp4"))
    dialog.accept()
    sentence = ended(bench, qtbot)
    assert "begins 2 frames earlier, with key frame 12" in sentence
    assert taken.read_text() == "mine"

    stage.timeline.export_wanted.emit(14, 20)
    dialog = window.findChildren(ClipDialog)[-1]
    dialog.frames.setChecked(True)
    assert dialog.output.text().endswith("E001 frames 14-20 frames")
    dialog.output.setText(str(tmp_path / "frames"))
    dialog.accept()
    assert ended(bench, qtbot).startswith("7 frames were written")
    assert len(list((tmp_path / "frames").glob("*.png"))) == 7


@pytest.mark.parametrize("form", ["png", "svg"])
def test_the_timeline_as_it_is_arranged(room, qtbot, monkeypatch, tmp_path, form):
    bench, _, exporting, _ = room
    target = tmp_path / f"timeline.{form}"
    answer_with(monkeypatch, target)
    exporting.export_timeline()
    assert str(target) in ended(bench, qtbot)
    digest = bench.shown.exhibit.hashes.sha256
    if form == "svg":
        words = "".join(ET.parse(target).getroot().itertext())
        for part in ("2026-1", digest, FOOT, "Track 1"):
            assert part in words
    else:
        assert QImage(str(target)).width() == WIDTH * SCALE
    entries = []
    bench.ask(lambda case: case.custody.entries(), entries.extend)
    qtbot.waitUntil(lambda: bool(entries))
    assert entries[-1].act == "timeline exported"
    assert entries[-1].details["runs"] == [1]
    assert entries[-1].details["seconds"] == [0.0, FRAMES / 25]


def test_the_picture_is_light_and_shows_runs_and_selection(room):
    _, stage, _, _ = room
    timeline = stage.timeline
    dark = theme.current()
    plain = timeline_picture(timeline, ".png", ["facts"])
    assert theme.current() is dark
    picture = QImage.fromData(plain)
    assert picture.pixelColor(2, 2) == theme.load("light").colour("surface_2")
    timeline.set_selection(5, 9)
    selected = timeline_picture(timeline, ".png", ["facts"])
    assert selected != plain
    other = OtherRun(2, "Another detector", {1: timeline.scores.tracks[1]}, 0, False)
    timeline.set_runs("run 1: Test detector", [other])
    several = QImage.fromData(timeline_picture(timeline, ".png", ["facts"]))
    assert several.height() > picture.height()
    words = timeline_picture(timeline, ".svg", ["facts"]).decode()
    assert "Another detector" in words
