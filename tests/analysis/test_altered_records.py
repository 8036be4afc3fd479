"""An analysis neither begins nor goes on where somebody changed the database past the program."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from workstation.analysis.pipeline import run_analysis
from workstation.analysis.progress import Control, StretchScored
from workstation.analysis.settings import AnalysisSettings
from workstation.cases.agreement import disagreements
from workstation.cases.records import RunOutcome
from workstation.errors import AnalysisError


def tamper(case, sql):
    database = sqlite3.connect(case.folder / "case.sqlite")
    with database:
        database.execute(sql)
    database.close()


def analyse(case, info, threads: ThreadPoolExecutor, control=None):
    def announce(event):
        if control is not None and isinstance(event, StretchScored):
            control.cancel()

    settings = AnalysisSettings(chunk_seconds=0.5)
    return run_analysis(
        case, "E001", info, settings, threads, workers=1, announce=announce, control=control
    )


def test_a_changed_frame_index_is_not_analysed(moving_case, info, threads):
    tamper(moving_case, "UPDATE frame_indexes SET average_rate = 50")
    with pytest.raises(AnalysisError, match="What the case records of E001 is not"):
        analyse(moving_case, info, threads)
    assert moving_case.runs.of_exhibit("E001") == []


def test_changed_scores_are_not_built_upon(moving_case, info, threads):
    stopped = analyse(moving_case, info, threads, Control())
    assert stopped.outcome is RunOutcome.CANCELLED
    assert disagreements(moving_case) == ()
    tamper(moving_case, "UPDATE faces SET score = 0.999 WHERE score IS NOT NULL")
    again = analyse(moving_case, info, threads)
    assert again.id != stopped.id
    assert again.outcome is RunOutcome.COMPLETE
    assert not (moving_case.runs.faces(again.id).score > 0.998).any()
    (sentence,) = disagreements(moving_case)
    assert f"Run {stopped.id} on E001" in sentence


def test_changed_scores_of_a_complete_run_are_found(moving_case, info, threads):
    run = analyse(moving_case, info, threads)
    assert disagreements(moving_case) == ()
    tamper(moving_case, "UPDATE faces SET score = 0.5 WHERE frame = 3")
    assert any(f"Run {run.id}" in sentence for sentence in disagreements(moving_case))
