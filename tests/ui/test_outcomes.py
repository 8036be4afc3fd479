"""What is said when a job has ended: what happened, what it means, what to do."""

from pathlib import Path

import pytest

from tests.ui.small_cases import run_record
from ui.analysis_job import AnalysisJob
from ui.jobs import CallJob, IntakeJob, JobState, VerificationJob
from ui.outcomes import WHAT_NOW, outcome
from workstation.cases.custody import NO_ENTRY, ChainCheck
from workstation.cases.records import RunOutcome, Verification
from workstation.errors import ExhibitError
from workstation.evidence.verification import CaseVerification


def ended(job, state=JobState.DONE, result=None, error=None):
    job.state, job.result, job.error = state, result, error
    return outcome(job)


@pytest.mark.parametrize(
    ("found", "danger", "words"),
    [
        (Verification.INTACT, False, "E001 is intact"),
        (Verification.ALTERED, True, "E001 was altered"),
        (Verification.MISSING, True, "E001 is missing"),
    ],
)
def test_one_exhibit_verified(found, danger, words):
    said = ended(VerificationJob("E001"), result=found)
    assert said.danger is danger
    assert words in said.sentence
    assert (WHAT_NOW in said.sentence) is danger


def test_a_case_verified():
    chain = ChainCheck(True, 4, NO_ENTRY, "")
    exhibits = {"E001": Verification.INTACT, "E002": Verification.INTACT}
    said = ended(VerificationJob(), result=CaseVerification(chain, exhibits, ()))
    assert said.sentence == "The custody log is intact (4 entries). Exhibits: 2 intact."
    assert not said.danger
    exhibits["E002"] = Verification.MISSING
    said = ended(VerificationJob(), result=CaseVerification(chain, exhibits, ()))
    assert said.danger
    assert "1 intact, 1 missing (E002)." in said.sentence
    said = ended(VerificationJob(), result=CaseVerification(chain, {}, ("Run 1 was altered.",)))
    assert said.danger
    assert "Run 1 was altered." in said.sentence
    broken = ChainCheck(False, 4, NO_ENTRY, "Entry 2 of the custody log was altered.")
    said = ended(VerificationJob(), result=CaseVerification(broken, {}, ()))
    assert said.danger
    assert "Entry 2 of the custody log was altered." in said.sentence


def test_failures_name_the_file_or_the_reason():
    error = ExhibitError("It holds no picture. Choose another file.")
    said = ended(IntakeJob(Path("notes.txt")), JobState.FAILED, error=error)
    assert said.sentence.startswith("notes.txt was refused. It holds no picture.")
    failed = run_record(RunOutcome.FAILED, reason="The disk is full.")
    said = ended(AnalysisJob("E001"), JobState.FAILED, failed)
    assert said.sentence == "Analysing E001 failed: The disk is full."


def test_nothing_is_said_twice():
    assert ended(IntakeJob(Path("clip.mp4"))) is None
    assert ended(AnalysisJob("E001"), JobState.CANCELLED) is None
    assert ended(IntakeJob(Path("clip.mp4")), JobState.FAILED, error=KeyError("odd")) is None
    written = ended(CallJob("scores", "Exporting", lambda d, j: None), result=Path("scores.csv"))
    assert written.sentence == "The scores were written to scores.csv."


def test_a_run_that_stands_in_for_one_whose_gpu_failed_is_said():
    job = AnalysisJob("E001")
    assert ended(job, result=run_record()) is None
    job.remarks = ("Run 1 on E001 ended early.",)
    assert ended(job, result=run_record()).sentence == "Run 1 on E001 ended early."
