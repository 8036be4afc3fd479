"""What the inspector says beside a finding, and in which order."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel

from tests.analysis.test_trust import CALIBRATION
from tests.ui.small_cases import CARD, face_table, finish_run, make_case, run_record
from ui import reading
from ui.custody.panel import chain_sentence
from ui.inspector import sections, words
from ui.inspector.panel import PAUSED, UNDER_WAY, InspectorPanel
from ui.inspector.track_card import TrackCard
from ui.workbench import Workbench
from workstation.analysis.findings import Thresholds, conclude
from workstation.cases.case import Case
from workstation.cases.records import RunOutcome, Verification

MEASURED = {"name": "Clips", "n_real": 12, "n_fake": 30, "auc": 0.71, "auc_interval": [0.6, 0.8]}


@pytest.fixture
def folder(tmp_path):
    with make_case(tmp_path / "case") as case:
        finish_run(case)
    return tmp_path / "case"


@pytest.fixture
def bench(qtbot):
    made = Workbench()
    yield made
    made.close()


@pytest.fixture
def panel(bench, qtbot, folder):
    made = InspectorPanel(bench)
    qtbot.addWidget(made)
    yield made
    made.close_down()


def opened(bench, qtbot, folder):
    with qtbot.waitSignals([bench.case_opened, bench.custody_changed, bench.findings_changed]):
        bench.open_case(folder)


def said(widget):
    return [one.text() for one in widget.findChildren(QLabel) if one.text()]


def test_limits_stand_between_the_finding_and_its_numbers(panel, bench, qtbot, folder):
    opened(bench, qtbot, folder)
    texts = said(panel.widget())
    order = [
        "FINDING",
        "supports manipulation",
        "LIMITS",
        "Not covered",
        "FACE TRACKS",
        "SCORES",
        "MEASURED",
    ]
    places = [texts.index(one) for one in order]
    assert places == sorted(places)
    assert f"– {CARD['limits'][0]}" in texts
    assert f"– {CARD['not_covered'][0]}" in texts
    assert f"– {words.NOT_MEASURED}" in texts


def test_measured_figures_come_with_counts_and_interval(qtbot):
    made = sections.measured(run_record(detector=CARD | {"evaluation": [MEASURED]}))
    qtbot.addWidget(made)
    assert "– Clips: AUC 0.71 (95 % interval 0.60 to 0.80; 12 real, 30 fake)." in said(made)


def test_a_later_run_that_does_not_count_is_named(panel, bench, qtbot, folder):
    with Case.open(folder) as case:
        later = case.runs.start("E001", {}, {}, {}, "cpu", "float32", 50)
        case.runs.finish(later.id, RunOutcome.CANCELLED, "Cancelled by the examiner.")
    opened(bench, qtbot, folder)
    assert any(text.startswith("A later analysis ended as “cancelled”") for text in said(panel))


def test_a_run_too_long_to_be_compared_is_said_not_to_be(panel, bench, qtbot, folder, monkeypatch):
    opened(bench, qtbot, folder)
    assert not [text for text in said(panel) if "was not held against" in text]
    monkeypatch.setattr(reading, "MOST_COMPARED", 10)
    panel.show_exhibit(bench.shown)
    assert any("was not held against the custody log here" in text for text in said(panel))


def test_an_altered_file_is_said_beside_the_finding(panel, bench, qtbot, folder):
    opened(bench, qtbot, folder)
    warning = words.ALTERED[Verification.ALTERED]
    assert warning not in said(panel)
    with qtbot.waitSignal(bench.exhibits_changed):
        bench.verify("E001")  # the cases of these tests hold no files
    missing = words.ALTERED[Verification.MISSING]
    qtbot.waitUntil(lambda: missing in said(panel.widget()))


def test_a_paused_analysis_is_not_said_to_be_under_way(panel, bench, qtbot, folder):
    opened(bench, qtbot, folder)
    with qtbot.waitSignal(bench.findings_changed):
        bench.select("E002")
    bench.jobs.pause()
    bench.analyse(["E002"])
    assert PAUSED.format("Ctrl+P") in said(panel.widget())
    assert UNDER_WAY not in said(panel.widget())


def test_a_folder_that_cannot_be_written_is_opened_for_reading(bench, qtbot, folder, monkeypatch):
    from workstation.cases import lock

    def refuse(*_arguments, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(lock.FileLock, "acquire", refuse)
    opened(bench, qtbot, folder)
    assert bench.view.read_only
    assert "cannot be written (Permission denied)" in bench.view.locked_by
    assert not bench.writable


def tips(widget):
    return {one.text(): one.toolTip() for one in widget.findChildren(QLabel) if one.toolTip()}


def test_a_likelihood_ratio_stands_with_what_it_rests_on(qtbot):
    calibrated = CARD | {"calibration": CALIBRATION, "domain": {"ranges": {"width": [0.6, None]}}}
    rule = Thresholds.of_card(calibrated)
    times = np.arange(50) / 25
    _, (whole, track) = conclude(face_table(score=0.8), times, (), rule)
    numbers = sections.numbers(whole)
    qtbot.addWidget(numbers)
    assert "not the odds" in tips(numbers)["about 4"]
    card = TrackCard(track)
    qtbot.addWidget(card)
    assert "supports manipulation · LR about 4" in card.accessibleName()
    assert "recordings of 21 people" in card.toolTip()
    about = sections.detector(run_record(detector=calibrated))
    qtbot.addWidget(about)
    assert "25 authentic and 38 manipulated recordings" in tips(about)["1/6.3 – 13"]
    assert "width: 0.6 to any" in tips(about)["1 ranges"]


def test_without_calibration_the_inspector_says_so(qtbot):
    about = sections.detector(run_record())
    qtbot.addWidget(about)
    assert tips(about)["not calibrated"] == words.NOT_CALIBRATED
    assert tips(about)["not stated"] == words.NO_RANGES


def test_a_track_whose_faces_are_all_unlike_the_training_says_so(qtbot):
    faces = replace(face_table(), outside=np.full(50, 4, np.int16))
    _, (whole, track) = conclude(faces, np.arange(50) / 25, (), Thresholds.of_card(CARD))
    card = TrackCard(track)
    qtbot.addWidget(card)
    assert card.accessibleName() == "Track 1, inconclusive, 50 frames unlike training"
    numbers = sections.numbers(whole)
    qtbot.addWidget(numbers)
    assert "of these, faces that count" in said(numbers)


def test_scores_that_somebody_changed_are_said_to_be_changed(panel, bench, qtbot, folder):
    with Case.open(folder) as case:
        case._connection.write("UPDATE faces SET score = 0.1 WHERE frame = 3")
    views = []
    bench.custody_changed.connect(views.append)
    with qtbot.waitSignal(bench.run_altered):
        bench.open_case(folder)
    qtbot.waitUntil(lambda: bool(views) and not views[-1].sound)
    assert chain_sentence(views[-1]) == "log intact · run of E001 not as entered"
    texts = said(panel.widget())
    assert any("Run 1 on E001" in text and "past this program" in text for text in texts)
    assert "supports manipulation" in texts  # beside the finding, not instead of it


def test_scores_that_nobody_changed_are_not(panel, bench, qtbot, folder):
    with qtbot.waitSignals([bench.findings_changed, bench.custody_changed]):
        bench.open_case(folder)
    answers = []
    bench.ask(lambda case: None, answers.append)
    qtbot.waitUntil(lambda: bool(answers))
    assert bench.shown.altered == ""
