"""Marking and taking along on a real X server; `test_hands.py` starts one and runs this file."""

import json

import av
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMenu

from tests.videos import read_code
from ui.dialogs.clip_dialog import ClipDialog
from ui.dialogs.form import FormDialog
from ui.dialogs.report_dialog import ReportDialog, WrittenDialog
from ui.marks.dialog import MarkDialog
from ui.player.decoding import to_pixels
from workstation.cases.marks import MarkKind
from workstation.cases.records import Finding


def test_tags_and_the_examiners_finding(person):
    hands, desk = person.hands, person.bench.marks
    hands.press("ctrl+2", "shift+Right", "ctrl+shift+m")
    dialog = person.dialog(MarkDialog)
    person.fill(dialog.name, "Lips")
    person.fill(dialog.tags, "mouth, blink")
    hands.press("Tab", "Down", "Down")
    colour = dialog.colour.currentText()
    hands.click(dialog.act)
    hands.wait(lambda: len(desk.all) == 1)
    mark = desk.all[0]
    assert (mark.first, mark.name, mark.tags, mark.colour) == (
        10,
        "Lips",
        ("mouth", "blink"),
        colour,
    )
    assert colour != "blue"

    hands.press("ctrl+shift+f")
    dialog = person.dialog(MarkDialog)
    hands.press("Tab", "Tab")
    hands.click(dialog.finding)
    hands.press("Home", "Return")
    hands.click(dialog.act)
    hands.wait(lambda: "without them says nothing" in dialog.problem.text())
    person.fill(dialog.note, "The lips do not close.")
    hands.click(dialog.act)
    hands.wait(lambda: len(desk.all) == 2)
    (given,) = (one for one in desk.all if one.kind is MarkKind.FINDING)
    assert (given.finding, given.note) == (Finding.SUPPORTS, "The lips do not close.")
    machine = person.bench.shown.findings
    hands.press("ctrl+z")
    hands.wait(lambda: len(desk.all) == 1)
    hands.press("ctrl+shift+z")
    hands.wait(lambda: len(desk.all) == 2)
    assert person.bench.shown.findings == machine  # the detector's stand as they were

    hands.press("ctrl+6")
    person.fill(person.panels["marks"].filter, "blink")
    hands.wait(lambda: len(person.titles("marks")) == 1)
    hands.press("ctrl+2", "Home", "ctrl+f")
    hands.type("mouth")
    hands.wait(lambda: any("Lips" in title for title in person.titles("search")))
    hands.press("Return")
    person.sees(10)


def test_layouts(person):
    hands, area, place = person.hands, person.space.area, person.space.place
    dock = area.docks["marks"]
    hands.press("ctrl+6", "ctrl+shift+d")
    hands.wait(dock.isFloating)
    person.window.activateWindow()
    person.find("save lay")
    dialog = person.dialog(FormDialog)
    hands.type("two screens")
    hands.press("Return")
    hands.wait(lambda: not dialog.isVisible())
    person.find("reset the lay")
    hands.wait(lambda: not dock.isFloating())
    hands.press("ctrl+l")
    hands.type("two scr")
    hands.press("Return")
    hands.wait(dock.isFloating)
    person.window.activateWindow()
    person.find("reset the lay")
    hands.press("ctrl+2", "Right", "ctrl+shift+p")
    hands.wait(lambda: person.player.window() is not person.window)
    person.player.window().setGeometry(1300, 0, 600, 480)
    person.sees(1)
    hands.press("Right")
    person.sees(2)
    hands.press("ctrl+shift+p")
    hands.wait(lambda: person.player.window() is person.window)
    person.sees(2)
    assert place.isVisible()


def test_runs_laid_over(person):
    hands, timeline = person.hands, person.timeline
    first = person.bench.shown.run.id
    hands.press("ctrl+1", "ctrl+g")
    hands.wait(lambda: person.bench.shown is not None and person.bench.shown.run is not None)
    hands.wait(lambda: person.bench.shown.run.id > first and bool(person.bench.shown.findings))
    lanes = {row.lane.kind for row in person.lanes.rows}
    hands.click(timeline._compare)
    hands.wait(lambda: any(menu.isVisible() for menu in timeline.findChildren(QMenu)))
    hands.press("Down", "Return")
    hands.wait(lambda: [one.run for one in timeline.content.others] == [first])
    assert timeline.runs_legend.isVisible()
    assert {row.lane.kind for row in person.lanes.rows} - lanes == {"difference"}
    hands.point(person.lanes.viewport(), person.on_lanes(12))
    hands.wait(lambda: person.lanes.hover is not None)
    assert person.lanes.hover[1][0][1] == pytest.approx(0.8, abs=1e-6)


def test_stretches_and_frames_are_taken_along(person, tmp_path):
    hands, bench = person.hands, person.bench
    hands.press("ctrl+2", "shift+Right", "Right", "Right")
    person.sees(12)
    hands.press("i", "shift+Right")
    person.sees(22)
    hands.press("o")
    person.find("export the selected str")
    dialog = person.dialog(ClipDialog)
    person.fill(dialog.output, str(tmp_path / "clip.mp4"))
    hands.click(dialog.act)
    hands.wait(lambda: (tmp_path / "clip.mp4").exists() and not bench.jobs.busy)
    with av.open(str(tmp_path / "clip.mp4")) as copied:
        codes = [read_code(one.to_ndarray(format="rgb24")) for one in copied.decode(video=0)]
    assert codes[0] == 10  # the key frame before
    assert set(range(12, 23)) <= set(codes)

    person.find("export the selected str")
    dialog = person.dialog(ClipDialog)
    hands.click(dialog.frames, QPoint(10, dialog.frames.height() // 2))
    person.fill(dialog.output, str(tmp_path / "frames"))
    hands.click(dialog.act)
    hands.wait(lambda: (tmp_path / "frames" / "frames.json").exists() and not bench.jobs.busy)
    written = sorted((tmp_path / "frames").glob("*.png"))
    assert [read_code(to_pixels(QImage(str(one)))) for one in written] == list(range(12, 23))

    hands.press("ctrl+2", "ctrl+shift+s")
    person.answer(tmp_path / "taken.png")
    hands.wait(lambda: (tmp_path / "taken.png.json").exists() and not bench.jobs.busy)
    assert read_code(to_pixels(QImage(str(tmp_path / "taken.png")))) == 22
    beside = json.loads((tmp_path / "taken.png.json").read_text(encoding="utf-8"))
    assert beside["frame"] == 22


def test_scores_timeline_and_report_are_taken_along(person, tmp_path):
    hands, bench = person.hands, person.bench
    for name in ("scores.csv", "scores.json"):
        hands.press("ctrl+s")
        person.answer(tmp_path / name)
        hands.wait(lambda name=name: (tmp_path / name).exists() and not bench.jobs.busy)
    assert len((tmp_path / "scores.csv").read_text(encoding="utf-8").splitlines()) > 50
    assert json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    for name in ("timeline.png", "timeline.svg"):
        person.find("export the timel")
        person.answer(tmp_path / name)
        hands.wait(lambda name=name: (tmp_path / name).exists() and not bench.jobs.busy)
    assert not QImage(str(tmp_path / "timeline.png")).isNull()
    hands.press("ctrl+r")
    dialog = person.dialog(ReportDialog)
    person.fill(dialog.output, str(tmp_path / "report.pdf"))
    hands.click(dialog.act)
    said = person.dialog(WrittenDialog)
    assert said._written.valid
    hands.press("Escape")
    hands.wait(lambda: not said.isVisible())
    acts = []
    bench.ask(lambda case: [entry.act for entry in case.custody.entries()], acts.extend)
    hands.wait(lambda: bool(acts))
    assert acts.count("scores exported") == 2
    assert acts.count("timeline exported") == 2
