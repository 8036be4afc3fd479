"""The window's queue with more chunks at once than its own threads work on."""

import os
import sys

import pytest

from tests.analysis.test_chunk_executor import gone, whose
from tests.ui.small_cases import make_case
from ui.job_queue import JobQueue
from ui.jobs import Job, JobState
from ui.thread_pool import WORKER_NICENESS
from workstation.analysis import chunk_executor

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a niceness per thread")


class Asking(Job):
    """Has as many calls made at once as there are workers."""

    lane = kind = "analysis"

    def __init__(self, folder):
        super().__init__("Asking", "E001")
        self.folder = folder

    def work(self, desk):
        asked = [
            desk.executor.submit(whose, self.folder, desk.workers) for _ in range(desk.workers)
        ]
        processes = {call.result() for call in asked}
        return {one: os.getpriority(os.PRIO_PROCESS, one) for one in processes - {os.getpid()}}


@linux
def test_further_chunks_go_to_processes_that_yield_to_the_window(qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr(chunk_executor, "MOST_THREADS", 1)
    folder = tmp_path / "calls"
    folder.mkdir()
    with make_case(tmp_path / "case") as case:
        queue = JobQueue(case.another, workers=3, device="cpu")
        job = Asking(folder)
        queue.add(job)
        qtbot.waitUntil(lambda: job.state in (JobState.DONE, JobState.FAILED), timeout=120_000)
        queue.close()
    assert job.error is None
    assert len(job.result) == 2
    assert all(niceness >= WORKER_NICENESS for niceness in job.result.values())
    assert all(gone(process) for process in job.result)
