"""Jobs and their queue, with work that a test controls."""

import threading
import time

import pytest
from PySide6.QtCore import QThread

from tests.ui.small_cases import CARD, Scripted, make_case
from ui.analysis_job import AnalysisJob
from ui.job_queue import JobQueue
from ui.jobs import CallJob, Job, JobState, Pace
from workstation.analysis.detector import DetectorInfo
from workstation.analysis.progress import Progress
from workstation.cases.records import RunOutcome
from workstation.errors import AnalysisError


@pytest.fixture
def case(tmp_path):
    with make_case(tmp_path / "case") as opened:
        yield opened


@pytest.fixture
def queue(case, qtbot):
    made = JobQueue(case.another, workers=2, device="cpu")
    yield made
    made.close()


@pytest.fixture
def detector(monkeypatch, tmp_path):
    info = DetectorInfo("test", "Test detector", tmp_path / "card.json", CARD, "ab" * 32)
    monkeypatch.setattr("workstation.analysis.detector.default_detector", lambda: info)
    return info


def wait_ended(qtbot, job):
    qtbot.waitUntil(lambda: job.state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED))


def test_an_analysis_runs_off_the_window_and_announces_what_it_commits(
    queue, case, detector, qtbot
):
    script, heard = Scripted(), []
    job = AnalysisJob("E001", script)
    job.stretch_scored.connect(lambda event: heard.append((event.first, event.stop)))
    queue.add(job)
    wait_ended(qtbot, job)
    assert job.state is JobState.DONE
    assert heard == [(n, n + 10) for n in range(0, 50, 10)]
    assert len({id(thread) for thread in [QThread.currentThread(), *script.threads]}) == 3
    assert job.progress.part == 1.0
    assert case.runs.latest("E001").outcome is RunOutcome.COMPLETE


def test_cancel_keeps_what_was_scored(queue, case, detector, qtbot):
    script = Scripted(hold_at=20)
    job = AnalysisJob("E001", script)
    queue.add(job)
    assert script.held.wait(5)
    queue.cancel(job)
    script.go.set()
    wait_ended(qtbot, job)
    assert job.state is JobState.CANCELLED
    run = case.runs.latest("E001")
    assert (run.outcome, run.frames_done) == (RunOutcome.CANCELLED, 20)


def test_pause_holds_the_lane_and_resume_goes_on(queue, case, detector, qtbot):
    script = Scripted(hold_at=10)
    first, second = AnalysisJob("E001", script), AnalysisJob("E002", Scripted())
    queue.add(first)
    queue.add(second)
    assert script.held.wait(5)
    queue.pause()
    script.go.set()
    qtbot.wait(50)
    assert (first.state, second.state) == (JobState.PAUSED, JobState.WAITING)
    assert case.runs.latest("E001").frames_done == 10
    queue.resume()
    wait_ended(qtbot, second)
    assert (first.state, second.state) == (JobState.DONE, JobState.DONE)


def test_stopping_leaves_a_run_that_goes_on_where_it_was(queue, case, detector, qtbot):
    script = Scripted(hold_at=30)
    job, waiting = AnalysisJob("E001", script), AnalysisJob("E002", Scripted())
    queue.add(job)
    queue.add(waiting)
    assert script.held.wait(5)
    with qtbot.waitSignal(queue.idle):
        queue.stop()
        script.go.set()
    run = case.runs.interrupted()[0]
    assert (run.exhibit, run.frames_done, run.reason) == ("E001", 30, "Stopped.")
    assert case.custody.verify().intact
    assert not queue.busy
    with pytest.raises(RuntimeError):
        queue.add(AnalysisJob("E002", Scripted()))
    again = JobQueue(case.another, workers=1, device="cpu")
    second = AnalysisJob("E001", Scripted())
    again.add(second)
    wait_ended(qtbot, second)
    again.close()
    assert [run.outcome for run in case.runs.of_exhibit("E001")] == [RunOutcome.COMPLETE]


def test_lanes_run_beside_each_other_and_each_in_order(queue, detector, qtbot):
    order, gate = [], threading.Event()

    def slow(desk, job):
        gate.wait(5)
        order.append("analysis")
        return 1

    class Long(CallJob):
        lane = "analysis"

    long = Long("analysis", "Analysing", slow)
    quick = [CallJob("report", str(n), lambda d, j, n=n: order.append(n) or n) for n in range(3)]
    queue.add(long)
    for job in quick:
        queue.add(job)
    wait_ended(qtbot, quick[-1])
    assert order == [0, 1, 2]
    assert queue.running("analysis") is long
    gate.set()
    wait_ended(qtbot, long)
    assert order[-1] == "analysis"


def test_a_waiting_job_is_cancelled_at_once(queue, qtbot):
    gate = threading.Event()
    first = CallJob("report", "First", lambda d, j: gate.wait(5))
    second = CallJob("report", "Second", lambda d, j: pytest.fail("must not run"))
    queue.add(first)
    queue.add(second)
    queue.cancel(second)
    assert second.state is JobState.CANCELLED
    gate.set()
    wait_ended(qtbot, first)
    assert first.state is JobState.DONE


def test_failures_are_kept_apart_from_cancelling(queue, qtbot):
    def refused(desk, job):
        raise AnalysisError("E001 is altered. Add it again.")

    def announced(desk, job):
        while True:
            job.announce("hashing", 1, 2)
            time.sleep(0.002)

    failed = CallJob("report", "Refused", refused)
    stopped = CallJob("verification", "Stopped", announced)
    queue.add(failed)
    queue.add(stopped)
    qtbot.waitUntil(lambda: stopped.state is JobState.UNDER_WAY)
    assert (failed.state, str(failed.error)) == (
        JobState.FAILED,
        "E001 is altered. Add it again.",
    )
    queue.cancel(stopped)
    wait_ended(qtbot, stopped)
    assert (stopped.state, stopped.error) == (JobState.CANCELLED, None)


def test_a_job_without_work_is_a_fault():
    with pytest.raises(NotImplementedError):
        Job("Nothing").work(None)


def test_pace_thins_out_and_measures(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("ui.jobs.time.monotonic", lambda: now[0])
    pace = Pace()
    assert pace.progress("copying", 0, 100, "bytes").part == 0.0
    now[0] += 0.01
    assert pace.progress("copying", 1, 100, "bytes") is None
    now[0] += 1.99
    measured = pace.progress("copying", 20, 100, "bytes")
    assert (measured.rate, measured.seconds_left) == (10.0, 8.0)
    now[0] += 0.01
    assert pace.progress("copying", 100, 100, "bytes").part == 1.0
    assert pace.progress("hashing", 0, 100, "bytes").seconds_left is None


def test_an_analysis_stops_while_its_exhibit_is_still_being_verified(queue, case, detector, qtbot):
    begun, go = threading.Event(), threading.Event()

    def verifying(case, exhibit, *_arguments, announce, **_options):
        begun.set()
        go.wait(5)
        announce(Progress(exhibit, 0, 0, 50, None, "verifying the exhibit"))
        raise AssertionError("it went on")

    job = AnalysisJob("E001", verifying)
    queue.add(job)
    assert begun.wait(5)
    queue.cancel(job)
    go.set()
    wait_ended(qtbot, job)
    assert (job.state, job.error) == (JobState.CANCELLED, None)
    assert case.runs.latest("E001") is None
