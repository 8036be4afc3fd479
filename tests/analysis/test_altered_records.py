"""An analysis neither begins nor goes on where somebody changed the database past the program."""

import sqlite3
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from shutil import copyfile

import numpy as np
import pytest

from tests.analysis.clips import clip, empty, moving
from tests.ui.small_cases import face_table
from workstation.analysis.pipeline import run_analysis
from workstation.analysis.progress import Control, Progress, StretchScored
from workstation.analysis.settings import AnalysisSettings
from workstation.cases.agreement import disagreements
from workstation.cases.case import Case
from workstation.cases.records import RunOutcome
from workstation.errors import AnalysisError, CaseError
from workstation.evidence.frame_index import build_frame_index
from workstation.evidence.intake import add_exhibit


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


def test_scores_changed_while_a_run_goes_on_are_found_when_it_ends(moving_case, info, threads):
    def change_one(event):
        if isinstance(event, StretchScored) and event.first == 0:
            tamper(moving_case, "UPDATE faces SET score = 0.999 WHERE frame = 3")

    settings = AnalysisSettings(chunk_seconds=0.5)
    with pytest.raises(CaseError, match="was changed by another program while it was going on"):
        run_analysis(moving_case, "E001", info, settings, threads, workers=1, announce=change_one)
    (run,) = moving_case.runs.of_exhibit("E001")
    assert run.outcome is RunOutcome.FAILED
    assert moving_case.runs.findings(run.id) == []
    (sentence,) = disagreements(moving_case)
    assert f"Run {run.id} on E001" in sentence
    again = analyse(moving_case, info, threads)
    assert (again.id, again.outcome) == (run.id + 1, RunOutcome.COMPLETE)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE faces SET score = 0.987 WHERE score IS NOT NULL",
        "INSERT INTO findings VALUES (1, 0, NULL, 'inconclusive', '[]', '{}')",
    ],
)
def test_scores_changed_during_a_pause_end_the_run(moving_case, info, threads, change):
    control, changed = Control(), []

    def announce(event):
        if isinstance(event, StretchScored) and not changed:
            control.pause()
        elif isinstance(event, Progress) and event.stage == "paused" and not changed:
            tamper(moving_case, change)
            changed.append(disagreements(moving_case))
            control.resume()

    settings = AnalysisSettings(chunk_seconds=0.5)
    with pytest.raises(CaseError, match="was changed by another program while it was going on"):
        run_analysis(
            moving_case, "E001", info, settings, threads, workers=1,
            announce=announce, control=control,
        )  # fmt: skip
    (run,) = moving_case.runs.of_exhibit("E001")
    assert run.outcome is RunOutcome.FAILED
    assert "results_sha256" not in moving_case.custody.entries()[-1].details
    ((before,),) = changed
    (after,) = disagreements(moving_case)
    assert f"Run {run.id} on E001" in before
    assert before == after


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO faces (run, frame, track, x, y, width, height, landmarks) "
        "VALUES (1, 55, 1, 0, 0, 9, 9, zeroblob(40))",
        "INSERT INTO segments VALUES (1, 1, 0, 9, 0.9, 0.9, 3)",
    ],
)
def test_what_was_put_beside_the_records_of_a_run_is_not_bound(moving_case, change):
    run = moving_case.runs.start("E001", {}, {}, {}, "cpu", "float32", 60)
    moving_case.runs.commit_stretch(run.id, 0, 30, face_table(30), [])
    moving_case.runs.finish(run.id, RunOutcome.CANCELLED)
    assert set(moving_case.runs.sealed(run.id)) == {"results_sha256"}
    tamper(moving_case, change)
    assert moving_case.runs.sealed(run.id) == {}


def test_what_is_recorded_again_counts_as_it_is_now(moving_case):
    run = moving_case.runs.start("E001", {}, {}, {}, "cpu", "float32", 60)
    moving_case.runs.commit_stretch(run.id, 0, 60, face_table(60), [])
    moving_case.runs.finish(run.id, RunOutcome.PAUSED)
    moving_case.runs.reopen(run.id)
    moving_case.runs.commit_stretch(run.id, 0, 30, face_table(30, score=0.1), [])
    moving_case.runs.commit_stretch(run.id, 30, 60, face_table(60, first=30), [])
    assert set(moving_case.runs.sealed(run.id)) == {"results_sha256"}
    moving_case.runs.refuse_altered(run.id)
    tamper(moving_case, "DELETE FROM faces WHERE frame = 7")
    assert moving_case.runs.sealed(run.id) == {}
    with pytest.raises(CaseError, match="another program"):
        moving_case.runs.refuse_altered(run.id)


def exchanged_meanwhile(case, content):
    """Called once the first scores are there: the exhibit's file is exchanged."""
    path = next((case.folder / "exhibits").glob("E001*"))
    done = []

    def announce(event):
        if isinstance(event, StretchScored) and not done:
            done.append(event)
            waiting = path.with_name("waiting")
            waiting.write_bytes(content)
            waiting.replace(path)

    return announce


def test_nothing_is_concluded_from_a_file_that_was_exchanged_meanwhile(moving_case, info, threads):
    path = next((moving_case.folder / "exhibits").glob("E001*"))
    announce = exchanged_meanwhile(moving_case, path.read_bytes() + b"more")
    settings = AnalysisSettings(chunk_seconds=0.5)
    with pytest.raises(AnalysisError, match=r"E001 was intact when .* is altered now"):
        run_analysis(moving_case, "E001", info, settings, threads, workers=1, announce=announce)
    run = moving_case.runs.latest("E001")
    assert run.outcome is RunOutcome.FAILED
    assert moving_case.runs.findings(run.id) == []
    assert (run.frames_done, len(moving_case.runs.faces(run.id))) == (0, 0)
    assert disagreements(moving_case) == ()


def test_a_file_that_was_only_touched_is_hashed_again(moving_case, info, threads):
    path = next((moving_case.folder / "exhibits").glob("E001*"))
    announce = exchanged_meanwhile(moving_case, path.read_bytes())
    settings = AnalysisSettings(chunk_seconds=0.5)
    run = run_analysis(moving_case, "E001", info, settings, threads, workers=1, announce=announce)
    assert run.outcome is RunOutcome.COMPLETE
    acts = [entry.act for entry in moving_case.custody.entries()]
    assert acts.count("exhibit verified") == 2


class Exchanging(Executor):
    """Puts another file in the exhibit's place while some chunks are worked on, then the right one.

    Args:
        case: of the exhibit E001.
        other: the other file; None to touch the right one only.
        chunks: which of those handed over, counted from 0.
    """

    def __init__(self, case, other, chunks):
        self.path = next((case.folder / "exhibits").glob("E001*"))
        self.aside = case.folder.parent / "aside"
        self.other, self.chunks, self.count = other, chunks, 0

    def submit(self, work, request):
        exchanged, self.count = self.count in self.chunks, self.count + 1
        if exchanged:
            self.path.rename(self.aside)
            copyfile(self.other or self.aside, self.path)
        done = Future()
        done.set_result(work(request))
        if exchanged:
            self.aside.replace(self.path)
        return done


def test_frames_of_a_file_that_was_there_for_a_while_do_not_count(
    moving_case, clips, info, threads, tmp_path
):
    path = clips(moving, 60)
    other = tmp_path / "other.mp4"
    assert np.array_equal(
        build_frame_index(clip(other, empty, 60)).pts, build_frame_index(path).pts
    )
    engine = Exchanging(moving_case, other, {2})
    settings = AnalysisSettings(chunk_seconds=0.5)
    run = run_analysis(moving_case, "E001", info, settings, engine, workers=1, announce=print)
    assert run.outcome is RunOutcome.COMPLETE
    acts = [entry.act for entry in moving_case.custody.entries()]
    assert acts[-4:] == [
        "exhibit verified", "analysis failed", "analysis resumed", "analysis complete"
    ]  # fmt: skip
    with Case.create(tmp_path / "beside", number="2", examiner="A. Examiner") as beside:
        add_exhibit(beside, path)
        undisturbed = analyse(beside, info, threads)
        there, here = beside.runs.faces(undisturbed.id), moving_case.runs.faces(run.id)
    assert np.array_equal(there.frame, here.frame)
    assert np.array_equal(there.score, here.score, equal_nan=True)
    assert disagreements(moving_case) == ()


def test_a_file_that_is_touched_without_end_ends_the_analysis(moving_case, info):
    engine = Exchanging(moving_case, None, range(100))
    settings = AnalysisSettings(chunk_seconds=0.5)
    with pytest.raises(AnalysisError, match="was moved, exchanged or written while"):
        run_analysis(moving_case, "E001", info, settings, engine, workers=1, announce=print)
    run = moving_case.runs.latest("E001")
    assert (run.outcome, run.frames_done) == (RunOutcome.FAILED, 0)
    assert disagreements(moving_case) == ()
