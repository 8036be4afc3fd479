"""The workbench announces what widgets show, and never stops the window for it."""

from dataclasses import replace

import numpy as np
import pytest

from tests.ui.small_cases import face_table, finish_run, make_case
from ui import preferences, reading
from ui.custody.panel import chain_icon, chain_sentence, chain_tip
from ui.workbench import Workbench
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.records import Finding, RunOutcome
from workstation.cases.seals import account


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


def opened(bench, qtbot, folder):
    with qtbot.waitSignals([bench.case_opened, bench.custody_changed, bench.findings_changed]):
        bench.open_case(folder)
    return bench


def test_opening_announces_case_exhibits_custody_and_the_first_run(bench, qtbot, folder):
    heard = []
    bench.exhibit_selected.connect(lambda number: heard.append(number))
    opened(bench, qtbot, folder)
    assert bench.view.facts.number == "2026-1"
    assert [line.exhibit.number for line in bench.exhibits] == ["E001", "E002"]
    assert bench.exhibits[0].finding.finding is Finding.SUPPORTS
    assert heard == ["E001"]
    assert bench.shown.run.outcome is RunOutcome.COMPLETE
    assert len(bench.shown.faces) == 45
    assert bench.shown.findings[0].track is None
    assert preferences.recent_cases() == [folder]


def test_an_altered_exhibit_is_no_intact_custody(folder):
    with Case.open(folder) as case:
        assert reading.read_custody(case).sound
        case.custody.append(Act.EXHIBIT_VERIFIED, "E001", outcome="altered")
        view = reading.read_custody(case)
        assert view.chain.intact
        assert not view.sound
        assert chain_sentence(view) == "log intact · E001 altered"
        case.custody.append(Act.EXHIBIT_VERIFIED, "E001", outcome="intact")
        assert reading.read_custody(case).sound


def test_what_an_intact_log_leaves_to_explain_is_said_beside_it(folder):
    with Case.open(folder) as case:
        view = reading.read_custody(case)
    assert chain_icon(view)[1] == "accent"
    odd = replace(view, chain=replace(view.chain, remarks=("Entries were removed.",)))
    assert chain_sentence(odd) == "log intact · 1 remark"
    assert "Entries were removed." in chain_tip(odd)
    assert chain_icon(odd)[1] == "inconclusive"


def test_selecting_reads_the_other_exhibit(bench, qtbot, folder):
    opened(bench, qtbot, folder)
    with qtbot.waitSignal(bench.findings_changed):
        bench.select_beside(1)
    assert (bench.selected, bench.shown.run) == ("E002", None)
    bench.select_beside(1)
    assert bench.selected == "E002"


def test_a_case_asked_for_twice_is_opened_once_and_can_be_written(bench, qtbot, folder):
    views = []
    bench.case_opened.connect(views.append)
    bench.open_case(folder)
    opened(bench, qtbot, folder)
    assert [view.read_only for view in views] == [False]


def test_a_case_open_elsewhere_is_shown_for_reading_only(bench, qtbot, folder):
    with Case.open(folder):
        opened(bench, qtbot, folder)
        assert bench.view.read_only
        assert not bench.writable
        assert "open for writing" in bench.view.locked_by
        bench.close_case()


def test_a_folder_without_a_case_says_so_and_leaves_no_case(bench, qtbot, tmp_path):
    from ui import messages

    with qtbot.waitSignal(messages.door().told) as told:
        bench.open_case(tmp_path)
    assert "is not a case" in told.args[0].sentence
    assert bench.view is None


def test_unfinished_runs_and_waiting_exhibits_are_offered(bench, qtbot, folder):
    with Case.open(folder) as case:
        run = case.runs.start("E002", {}, {}, {}, "cpu", "float32", 50)
        case.runs.finish(run.id, RunOutcome.INTERRUPTED)
    preferences.remember_waiting(folder, ["E001", "E404"])
    opened(bench, qtbot, folder)
    assert bench.view.unfinished == ("E001", "E002")  # in the order of the queue


def test_committed_faces_reach_the_timeline_of_the_selected_exhibit(bench, qtbot, folder):
    from workstation.analysis.progress import StretchScored

    opened(bench, qtbot, folder)
    run = bench.shown.run.id
    with qtbot.waitSignal(bench.faces_committed) as heard:
        bench._stretch_scored(StretchScored("E001", run, 10, 20))
    first, stop, faces, undecodable = heard.args
    assert (first, stop, list(undecodable)) == (10, 20, [])
    assert np.array_equal(np.unique(faces.frame), np.arange(10, 20))
    with qtbot.assertNotEmitted(bench.faces_committed, wait=50):
        bench._stretch_scored(StretchScored("E002", run, 10, 20))


def test_closing_gives_the_case_back(bench, qtbot, folder):
    opened(bench, qtbot, folder)
    with qtbot.waitSignal(bench.case_closed):
        bench.close_case()
    with qtbot.waitSignal(bench.case_opened):
        bench.open_case(folder)
    assert not bench.view.read_only


def test_creating_a_case(bench, qtbot, tmp_path):
    with qtbot.waitSignals([bench.case_opened, bench.exhibits_changed]):
        bench.create_case(tmp_path / "new", number="7", examiner="A. Examiner")
    assert bench.writable
    assert bench.exhibits == ()


def test_the_waiting_list_survives_stopping(bench, qtbot, folder):
    opened(bench, qtbot, folder)
    bench.jobs.pause()
    bench.analyse(["E002", "E001", "E002"])
    assert preferences.waiting_exhibits(folder) == ["E002", "E001"]
    bench.stop_jobs()
    bench.close_case()
    assert preferences.waiting_exhibits(folder) == ["E002", "E001"]


def test_the_run_shown_is_the_one_the_report_rests_on(bench, qtbot, folder):
    with Case.open(folder) as case:
        complete = case.runs.latest("E001")
        later = case.runs.start("E001", {}, {}, {}, "cpu", "float32", 50)
        case.runs.finish(later.id, RunOutcome.CANCELLED, "Cancelled by the examiner.")
    opened(bench, qtbot, folder)
    assert bench.shown.run.id == complete.id
    assert bench.shown.newer.id == later.id
    assert bench.exhibits[0].run.id == complete.id
    with Case.open(folder, read_only=True) as case:
        assert reading.read_exhibit(case, "E001", under_way=True).run.id == later.id


@pytest.mark.parametrize("read_only", [True, False])
def test_a_killed_run_that_was_changed_is_said_to_be(bench, qtbot, folder, read_only):
    with Case.open(folder) as case:
        run = case.runs.start("E002", {}, {}, {}, "cpu", "float32", 50)
        case.custody.append(Act.ANALYSIS_STARTED, "E002", run=run.id, account=account())
        case.runs.commit_stretch(run.id, 0, 20, face_table(20), [])
        case._connection.write("UPDATE faces SET score = 0.1 WHERE frame = 3")
    with Case.open(folder, read_only=read_only) as case:
        view = reading.read_exhibit(case, "E002")
        assert (view.run.id, view.goes_on) == (run.id, False)
        assert f"Run {run.id} on E002" in reading.read_altered(case, view)
        here = reading.read_exhibit(case, "E002", under_way=True)
        assert here.goes_on == read_only
        assert (reading.read_altered(case, here) == "") == read_only


def change_scores(folder):
    with Case.open(folder) as case:
        case._connection.write("UPDATE faces SET score = 0.1 WHERE frame = 3")


@pytest.fixture
def custody(bench, qtbot):
    """Waits until the custody state is, and stays, as it says."""
    views = []
    bench.custody_changed.connect(views.append)

    def said(sentence):
        qtbot.waitUntil(lambda: bool(views) and chain_sentence(views[-1]).startswith(sentence))
        answers = []
        bench.ask(lambda case: None, answers.append)
        qtbot.waitUntil(lambda: bool(answers))
        return chain_sentence(views[-1])

    return said


def test_a_changed_run_is_not_said_of_another_case(bench, qtbot, folder, tmp_path, custody):
    with make_case(tmp_path / "other") as case:
        finish_run(case)
    change_scores(folder)
    opened(bench, qtbot, folder)
    custody("log intact · run of E001 not as entered")
    opened(bench, qtbot, tmp_path / "other")
    assert custody("custody intact").startswith("custody intact")


def test_a_changed_run_no_longer_counts_when_it_was_analysed_again(bench, qtbot, folder, custody):
    change_scores(folder)
    opened(bench, qtbot, folder)
    custody("log intact · run of E001 not as entered")
    bench.ask(lambda case: finish_run(case) and None, lambda _: None)
    bench.refresh()
    bench._read_selected()
    assert custody("custody intact").startswith("custody intact")
    assert bench.shown.run.id == 2


def test_a_changed_run_that_is_as_entered_again_is_said_to_be(bench, qtbot, folder, custody):
    with Case.open(folder, read_only=True) as case:
        row = case._connection.row("SELECT score FROM faces WHERE frame = 3")
    change_scores(folder)
    opened(bench, qtbot, folder)
    custody("log intact · run of E001 not as entered")
    put_back = "UPDATE faces SET score = ? WHERE frame = 3"
    bench.ask(lambda case: case._connection.write(put_back, row), lambda _: None)
    bench._read_selected()
    assert custody("custody intact").startswith("custody intact")


def test_a_changed_run_is_known_though_another_exhibit_is_looked_at(bench, qtbot, folder, custody):
    change_scores(folder)
    bench.exhibits_changed.connect(lambda _: bench.select("E002"))
    opened(bench, qtbot, folder)
    bench.select("E001")
    custody("log intact · run of E001 not as entered")
    bench.select("E002")
    assert custody("log intact").endswith("run of E001 not as entered")


def test_the_runs_not_as_entered_are_counted_where_not_all_are_named(folder):
    with Case.open(folder) as case:
        view = reading.read_custody(case)
    two = replace(view, changed=("E001", "E002"))
    assert chain_sentence(two) == "log intact · runs of E001, E002 not as entered"
    five = replace(view, changed=tuple(f"E00{number}" for number in range(1, 6)))
    assert chain_sentence(five) == "log intact · runs of E001, E002, E003 and 2 more not as entered"
    assert chain_tip(five).count("its run is not as it was entered") == 5


def test_a_changed_run_that_a_killed_program_left_running_is_said_to_be(
    bench, qtbot, folder, custody
):
    with Case.open(folder) as case:
        run = case.runs.start("E002", {}, {}, {}, "cpu", "float32", 50)
        case.custody.append(Act.ANALYSIS_STARTED, "E002", run=run.id)
        case.runs.commit_stretch(run.id, 0, 50, face_table(50), [])
        changed = "UPDATE faces SET score = 0.1 WHERE frame = 3 AND run = ?"
        case._connection.write(changed, (run.id,))
    opened(bench, qtbot, folder)
    bench.select("E002")
    assert custody("log intact").endswith("run of E002 not as entered")
