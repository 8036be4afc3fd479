import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import av
import numpy as np
import pytest

from tests.analysis import clips as scenes
from workstation.analysis import chunk_executor, pipeline
from workstation.analysis.chunk_executor import ChunkExecutor
from workstation.analysis.export import score_rows, scores_digest
from workstation.analysis.pipeline import run_analysis
from workstation.analysis.progress import Control, Progress, StretchScored
from workstation.analysis.settings import AnalysisSettings
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.records import Finding, FrameState, RunOutcome
from workstation.errors import AnalysisError, CaseError, DecodeError
from workstation.evidence.intake import add_exhibit

SHORT = AnalysisSettings(chunk_seconds=0.5)


class Inline(Executor):
    """Runs each chunk when it is handed over; can be told to fail, or to do something first."""

    def __init__(self, before=lambda number: None) -> None:
        self.done = 0
        self._before = before

    def submit(self, work, /, *args, **kwargs):
        future: Future = Future()
        try:
            self._before(self.done)
            future.set_result(work(*args, **kwargs))
            self.done += 1
        except Exception as error:
            future.set_exception(error)
        return future


def analyse(case, info, executor=None, settings=SHORT, **options):
    options = {"workers": 1, "announce": lambda event: None} | options
    return run_analysis(case, "E001", info, settings, executor or Inline(), **options)


def acts(case):
    return [entry.act for entry in case.custody.entries() if "analysis" in entry.act]


@pytest.fixture(scope="module")
def undisturbed(info, clips, tmp_path_factory):
    """Faces, segments and findings of the swaying face, from one undisturbed run in one chunk."""
    folder = tmp_path_factory.mktemp("undisturbed") / "case"
    with Case.create(folder, number="C-0", examiner="A. Examiner") as case:
        add_exhibit(case, clips(scenes.moving, 60))
        run = analyse(case, info, settings=AnalysisSettings())
        return case.runs.faces(run.id), case.runs.segments(run.id), case.runs.findings(run.id)


def same(case, run, undisturbed):
    faces, segments, findings = undisturbed
    found = case.runs.faces(run.id)
    np.testing.assert_array_equal(found.frame, faces.frame)
    np.testing.assert_array_equal(found.track, faces.track)
    np.testing.assert_array_equal(found.scored, faces.scored)
    np.testing.assert_allclose(found.box, faces.box, atol=1e-3)
    np.testing.assert_allclose(found.score, faces.score, atol=0.002)
    assert [f.finding for f in case.runs.findings(run.id)] == [f.finding for f in findings]
    assert len(case.runs.segments(run.id)) == len(segments)


def test_a_run_from_start_to_finding(moving_case, info):
    events = []
    run = analyse(moving_case, info, announce=events.append)
    assert run.outcome is RunOutcome.COMPLETE
    assert (run.frames, run.frames_done, run.precision) == (60, 60, run.precision)
    assert run.detector["name"] == "mobilenetv2_lstm"
    assert run.detector["weights"]["sha256"] == info.weights_sha256
    assert run.settings == SHORT.to_json()
    assert {"torch", "workstation", "av"} <= set(run.versions)
    faces = moving_case.runs.faces(run.id)
    assert faces.frame.tolist() == list(range(60))
    assert faces.scored.all()
    stretches = [(e.first, e.stop) for e in events if isinstance(e, StretchScored)]
    assert stretches[0][0] == 0
    assert stretches[-1][1] == 60
    assert all(one[1] == other[0] for one, other in pairwise(stretches))
    progress = [e for e in events if isinstance(e, Progress)]
    stages = list(dict.fromkeys(e.stage for e in progress))
    assert stages == ["verifying the exhibit", "loading the detector", "scoring", "concluding"]
    assert progress[-1].frames_done == 60
    assert [f.track for f in moving_case.runs.findings(run.id)] == [None, 1]
    assert acts(moving_case) == [Act.ANALYSIS_STARTED, Act.ANALYSIS_COMPLETE]
    details = moving_case.custody.entries()[-1].details
    assert details["frame_states"] == {"scored": 60}
    assert details["weights_sha256"] == info.weights_sha256
    assert moving_case.custody.verify().intact


@pytest.mark.parametrize("engine", ["threads", "processes", "both"])
def test_neither_engine_nor_workers_nor_chunks_change_scores(
    engine, moving_case, info, undisturbed, monkeypatch
):
    monkeypatch.setattr(chunk_executor, "MOST_THREADS", 1)
    pools = {
        "threads": lambda: ThreadPoolExecutor(3),
        "processes": lambda: ProcessPoolExecutor(1, mp_context=get_context("spawn")),
        "both": lambda: ChunkExecutor(ThreadPoolExecutor(3)),
    }
    with pools[engine]() as pool:
        run = analyse(moving_case, info, pool, workers=3)
    same(moving_case, run, undisturbed)


def test_a_second_run_begins_anew(moving_case, info, undisturbed):
    first, second = analyse(moving_case, info), analyse(moving_case, info)
    assert second.id != first.id
    assert scores_digest(moving_case, first) == scores_digest(moving_case, second)
    same(moving_case, second, undisturbed)


def fault(number):
    if number == 2:
        raise ZeroDivisionError("a bug")


def test_a_bug_leaves_a_true_record_and_the_run_goes_on_later(moving_case, info, undisturbed):
    with pytest.raises(ZeroDivisionError):
        analyse(moving_case, info, Inline(fault))
    (run,) = moving_case.runs.of_exhibit("E001")
    assert run.outcome is RunOutcome.FAILED
    assert "ZeroDivisionError" in run.reason
    assert 0 < run.frames_done < 60
    committed = []
    executor = Inline()
    again = analyse(moving_case, info, executor, announce=committed.append)
    assert again.id == run.id
    assert again.outcome is RunOutcome.COMPLETE
    assert min(e.first for e in committed if isinstance(e, StretchScored)) == run.frames_done
    same(moving_case, again, undisturbed)
    started, failed, resumed, complete = acts(moving_case)
    assert (started, failed) == (Act.ANALYSIS_STARTED, Act.ANALYSIS_FAILED)
    assert (resumed, complete) == (Act.ANALYSIS_RESUMED, Act.ANALYSIS_COMPLETE)


def test_going_on_takes_finished_chunks_from_the_cache_and_without_it_redoes_them(
    moving_case, info, undisturbed
):
    with pytest.raises(ZeroDivisionError):
        analyse(moving_case, info, Inline(fault))
    with pytest.raises(ZeroDivisionError):
        analyse(moving_case, info, Inline(lambda number: 1 / 0))
    executor = Inline()
    moving_case.cache.close()
    for path in moving_case.folder.glob("cache.sqlite*"):
        path.unlink()
    run = analyse(moving_case, info, executor)
    assert executor.done == len(pipeline.plan_chunks(moving_case.exhibits.index("E001"), SHORT))
    same(moving_case, run, undisturbed)


def test_cached_chunks_are_not_worked_out_again(moving_case, info, undisturbed):
    with pytest.raises(ZeroDivisionError):
        analyse(moving_case, info, Inline(fault))
    executor = Inline()
    run = analyse(moving_case, info, executor)
    chunks = len(pipeline.plan_chunks(moving_case.exhibits.index("E001"), SHORT))
    assert executor.done == chunks - 2
    same(moving_case, run, undisturbed)


def test_other_settings_begin_another_run(moving_case, info):
    with pytest.raises(ZeroDivisionError):
        analyse(moving_case, info, Inline(fault))
    run = analyse(moving_case, info, settings=AnalysisSettings(chunk_seconds=0.5, grid=4))
    assert len(moving_case.runs.of_exhibit("E001")) == 2
    assert run.outcome is RunOutcome.COMPLETE


def test_cancelling_keeps_what_is_scored_and_a_later_start_goes_on(moving_case, info, undisturbed):
    control = Control()

    def announce(event):
        if isinstance(event, StretchScored):
            control.cancel()

    run = analyse(moving_case, info, announce=announce, control=control)
    assert run.outcome is RunOutcome.CANCELLED
    assert 0 < run.frames_done < 60
    states = {row.state for row in score_rows(moving_case, run) if row.frame >= run.frames_done}
    assert states == {str(FrameState.NOT_ANALYSED)}
    again = analyse(moving_case, info)
    assert again.id == run.id
    same(moving_case, again, undisturbed)


def test_a_pause_holds_and_is_recorded(moving_case, info, undisturbed):
    control = Control()
    outcomes = []

    def announce(event):
        if isinstance(event, StretchScored) and not outcomes:
            outcomes.append(None)
            control.pause()
        elif isinstance(event, Progress) and event.stage == "paused":
            outcomes.append(moving_case.runs.get(event.run).outcome)
            if len(outcomes) > 3:
                control.resume()

    run = analyse(moving_case, info, announce=announce, control=control)
    assert set(outcomes[1:]) == {RunOutcome.PAUSED}
    assert run.outcome is RunOutcome.COMPLETE
    assert Act.ANALYSIS_PAUSED in acts(moving_case)
    assert Act.ANALYSIS_RESUMED in acts(moving_case)
    same(moving_case, run, undisturbed)


def test_closing_the_program_is_no_cancelling(moving_case, info):
    control = Control()
    control.interrupt()
    run = analyse(moving_case, info, control=control)
    assert run.outcome is RunOutcome.INTERRUPTED
    assert acts(moving_case)[-1] == Act.ANALYSIS_INTERRUPTED
    assert [left.id for left in moving_case.runs.interrupted()] == [run.id]
    assert analyse(moving_case, info).id == run.id


def test_cancelling_a_paused_run_ends_it(moving_case, info, threads):
    control = Control()
    control.pause()
    timer = threading.Timer(0.5, control.cancel)
    timer.start()
    run = analyse(moving_case, info, threads, control=control)
    timer.join()
    assert run.outcome is RunOutcome.CANCELLED
    assert run.frames_done == 0


CHILD = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from workstation.analysis.detector import read_detector
from workstation.analysis.pipeline import run_analysis
from workstation.analysis.progress import StretchScored
from workstation.analysis.settings import AnalysisSettings
from workstation.cases.case import Case
def announce(event):
    if isinstance(event, StretchScored):
        print("committed", event.stop, flush=True)
        time.sleep(60)
with Case.open(Path(sys.argv[1])) as case, ThreadPoolExecutor(2) as pool:
    detector, settings = read_detector(Path(sys.argv[2])), AnalysisSettings(chunk_seconds=0.5)
    run_analysis(case, "E001", detector, settings, pool, workers=2, announce=announce, device="cpu")
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_killed_in_the_middle_it_goes_on_to_the_same_scores(moving_case, info, undisturbed):
    folder = moving_case.folder
    moving_case.close()
    command = [sys.executable, "-c", CHILD, str(folder), str(info.card_path)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
        assert child.stdout.readline().startswith("committed")
        time.sleep(0.3)
        child.send_signal(signal.SIGKILL)
    with Case.open(folder) as case:
        (left,) = case.runs.interrupted()
        assert 0 < left.frames_done < 60
        run = analyse(case, info)
        assert run.id == left.id
        assert run.outcome is RunOutcome.COMPLETE
        same(case, run, undisturbed)
        assert acts(case) == [
            Act.ANALYSIS_STARTED,
            Act.ANALYSIS_INTERRUPTED,
            Act.ANALYSIS_RESUMED,
            Act.ANALYSIS_COMPLETE,
        ]


def test_a_chunk_that_cannot_be_decoded_is_marked_and_the_rest_scored(moving_case, info):
    def damaged(number):
        if number == 1 and not executor.failed:
            executor.failed = True
            raise DecodeError("The data are damaged.")

    executor = Inline(damaged)
    executor.failed = False
    run = analyse(moving_case, info, executor)
    assert run.outcome is RunOutcome.COMPLETE
    (lost,) = moving_case.runs.undecodable(run.id)
    faces = moving_case.runs.faces(run.id)
    assert not ((faces.frame >= lost.first) & (faces.frame <= lost.last)).any()
    assert len(np.unique(faces.frame)) == 60 - (lost.last - lost.first + 1)
    rows = list(score_rows(moving_case, run))
    assert {r.state for r in rows if lost.first <= r.frame <= lost.last} == {"could not be decoded"}


def test_damaged_packets_are_marked_alike_however_the_work_is_divided(case, clips, info, tmp_path):
    path = tmp_path / "damaged.mp4"
    path.write_bytes(spoiled(clips(scenes.moving, 60)))
    add_exhibit(case, path)
    whole = analyse(case, info, settings=AnalysisSettings())
    parts = analyse(case, info)
    lost = case.runs.undecodable(whole.id)
    assert 0 < sum(s.last - s.first + 1 for s in lost) < 50
    assert [(s.first, s.last) for s in case.runs.undecodable(parts.id)] == [
        (s.first, s.last) for s in lost
    ]
    assert scores_digest(case, whole) == scores_digest(case, parts)
    rows = list(score_rows(case, parts))
    assert {row.frame for row in rows} == set(range(60))
    unseen = {frame for s in lost for frame in range(s.first, s.last + 1)}
    assert {row.frame for row in rows if row.state == "could not be decoded"} == unseen
    assert {row.frame for row in rows if row.state == "scored"} == set(range(60)) - unseen
    assert "could not be decoded." in " ".join(case.runs.findings(parts.id)[0].reasons)


def spoiled(path):
    """The clip's bytes, with the packets of frames 20 to 22 or so overwritten."""
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
        for packet in sorted(packets, key=lambda p: p.pts)[20:23]:
            middle = packet.pos + packet.size // 3
            data[middle : packet.pos + packet.size] = bytes(packet.pos + packet.size - middle)
    return bytes(data)


def test_an_altered_or_missing_exhibit_is_not_analysed(moving_case, info):
    path = moving_case.folder / moving_case.exhibits.get("E001").stored_name
    path.chmod(0o600)
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(AnalysisError, match="E001 is altered: it was not analysed"):
        analyse(moving_case, info)
    path.unlink()
    with pytest.raises(AnalysisError, match="E001 is missing"):
        analyse(moving_case, info)
    assert moving_case.runs.of_exhibit("E001") == []


def test_an_exhibit_under_analysis_is_refused(moving_case, info):
    def again(number):
        with pytest.raises(AnalysisError, match="being analysed already"):
            analyse(moving_case, info)

    assert analyse(moving_case, info, Inline(again)).outcome is RunOutcome.COMPLETE


def test_a_full_disk_stops_the_run_with_the_reason(moving_case, info, monkeypatch, undisturbed):
    def full(*args):
        raise CaseError("The disk is full. Make room and start the analysis again.")

    monkeypatch.setattr(moving_case.cache, "put", full)
    with pytest.raises(CaseError, match="disk is full"):
        analyse(moving_case, info)
    (run,) = moving_case.runs.of_exhibit("E001")
    assert run.outcome is RunOutcome.FAILED
    assert "disk is full" in run.reason
    monkeypatch.undo()
    same(moving_case, analyse(moving_case, info), undisturbed)


def test_without_a_face_every_frame_is_accounted_for(case, clips, info):
    add_exhibit(case, clips(scenes.empty, 30))
    run = analyse(case, info)
    (finding,) = case.runs.findings(run.id)
    assert finding.finding is Finding.INCONCLUSIVE
    assert finding.reasons == ("No face could be scored.",)
    assert [row.state for row in score_rows(case, run)] == ["no face"] * 30
