"""What the list says about each exhibit, and the model that carries it; no window needed."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from tests.ui.small_cases import exhibit, run_record
from ui import messages
from ui.analysis_job import AnalysisJob
from ui.exhibits.model import ROW_ROLE, ExhibitModel
from ui.exhibits.rows import compose, exhibit_row
from ui.jobs import IntakeJob, JobProgress, JobState
from ui.reading import ExhibitLine
from workstation.cases.records import Finding, FindingRecord, RunOutcome
from workstation.errors import ExhibitError


def line(outcome=None, finding=None, **changes):
    run = None if outcome is None else run_record(outcome, done=20)
    record = None if finding is None else FindingRecord(None, finding, ("Because.",), {})
    return ExhibitLine(exhibit(), run, record, **changes)


def test_a_name_does_not_steer_what_is_shown():
    steered = replace(exhibit(), original_name="clip\u202e4pm.exe\n\x1b[2J\u2066x")
    row = exhibit_row(ExhibitLine(steered), None)
    assert row.name == "clip\\u{202e}4pm.exe\\u{a}\\u{1b}[2J\\u{2066}x"
    assert f"{steered.number} · {row.name}\n" in row.tip
    job = IntakeJob(Path("clip\u202e4pm.exe"))
    assert (job.subject, job.title) == ("clip\\u{202e}4pm.exe", "Adding clip\\u{202e}4pm.exe")
    told = messages.message_for(ExhibitError("“a\u202eb”\nis gone.\x1b"))
    assert told.sentence == "“a\\u{202e}b”\nis gone.\\u{1b}"


def analysis(state, done=0, total=0, **changes):
    job = AnalysisJob("E001")
    job.state = state
    job.progress = JobProgress(changes.pop("stage", "scoring"), done, total, "frames", **changes)
    return job


@pytest.mark.parametrize("finding", list(Finding))
def test_a_complete_run_shows_its_finding_with_a_mark_of_its_own(finding):
    row = exhibit_row(line(RunOutcome.COMPLETE, finding), None)
    assert row.state == str(finding)
    others = {exhibit_row(line(RunOutcome.COMPLETE, one), None).icon for one in Finding}
    assert len(others) == 3


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (line(), "not analysed"),
        (line(RunOutcome.FAILED), "analysis failed"),
        (line(RunOutcome.INTERRUPTED), "interrupted at 40 %"),
        (line(RunOutcome.CANCELLED), "cancelled at 40 %"),
        (line(RunOutcome.COMPLETE), "analysed, no finding"),
        (line(RunOutcome.COMPLETE, Finding.SUPPORTS, verification="altered"), "altered since"),
        (line(verification="missing"), "the copy is missing"),
        (line(RunOutcome.COMPLETE, Finding.INCONCLUSIVE, undecodable=7), "7 not decoded"),
    ],
)
def test_every_state_has_words(given, state):
    assert state in exhibit_row(given, None).state


@pytest.mark.parametrize(
    ("job", "state", "part"),
    [
        (analysis(JobState.WAITING), "waiting for analysis", None),
        (analysis(JobState.UNDER_WAY, 25, 50, seconds_left=130), "2 m 10 s left", 0.5),
        (analysis(JobState.UNDER_WAY, stage="loading the detector"), "loading the detector", None),
        (analysis(JobState.PAUSED, 25, 50), "paused at 50 %", 0.5),
    ],
)
def test_a_job_outranks_the_last_run(job, state, part):
    row = exhibit_row(line(RunOutcome.CANCELLED), job)
    assert (row.state, row.part) == (state, part)


def test_an_altered_exhibit_outranks_everything():
    row = exhibit_row(line(verification="altered"), analysis(JobState.UNDER_WAY, 1, 2))
    assert row.token == "danger"


def test_a_refused_file_shows_its_sentence():
    job = IntakeJob(Path("notes.txt"))
    job.error = ExhibitError("This is no video. Choose another file.")
    rows = compose([line()], [IntakeJob(Path("next.mp4"))], [job])
    assert [row.number for row in rows] == ["E001", "", ""]
    assert rows[1].state == "waiting to be added"
    assert rows[2].state == "refused: This is no video. Choose another file."


def test_the_model_holds_to_the_rules_and_keeps_rows_apart(qtbot):
    model = ExhibitModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show(compose([line()], []))
    resets, changes = [], []
    model.modelReset.connect(lambda: resets.append(1))
    model.dataChanged.connect(lambda first, last: changes.append(first.row()))
    model.show(compose([line()], []))
    assert (resets, changes) == ([], [])
    model.show(compose([line(RunOutcome.FAILED)], []))
    assert (resets, changes) == ([], [0])
    model.show(compose([line()], [IntakeJob(Path("next.mp4"))]))
    assert (len(resets), model.rowCount()) == (1, 2)
    index = model.index(0)
    assert index.data(ROW_ROLE).number == "E001"
    assert "SHA-256" in index.data(Qt.ItemDataRole.ToolTipRole)
    assert model.row_of("E001") == 0
    assert model.row_of("E404") is None
    assert model.row_of(None) is None
