"""Small cases for tests of the window."""

import threading
import time

import numpy as np
from PySide6.QtCore import QThread

from tests.ui.face_tables import table_of
from workstation.analysis.findings import Thresholds, conclude
from workstation.analysis.progress import Progress, StretchScored
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.records import (
    Exhibit,
    FrameIndex,
    Hashes,
    Run,
    RunOutcome,
    Stretch,
)

CARD = {
    "name": "test",
    "title": "Test detector",
    "version": "1",
    "weights": {"file": "test.safetensors", "sha256": "ab" * 32},
    "sequence": {"length": 8, "stride": 4},
    "decision": {"low": 0.4, "high": 0.6, "minimum_frames": 8, "chosen": "for tests"},
    "limits": ["Soft faces score too high."],
    "not_covered": ["Whole faces made by generators."],
    "evaluation": [],
}


def frame_index(frames=50):
    key = np.zeros(frames, np.bool_)
    key[::10] = True
    return FrameIndex(np.arange(frames, dtype=np.int64) * 40, key, (1, 1000), 25.0)


def exhibit(number="E001", frames=50, **changes):
    facts = {
        "number": number,
        "original_name": f"clip {number}.mp4",
        "stored_name": f"exhibits/{number}_clip.mp4",
        "size": 1_234_567,
        "hashes": Hashes(number.encode().hex().ljust(64, "0"), "1" * 32, "2" * 40),
        "media_type": "video",
        "added_utc": "2026-01-31T14:02:11Z",
        "facts": {"width": 320, "height": 180, "format": "mp4", "codec": "h264", "warnings": []},
        "frames": frames,
    }
    return Exhibit(**(facts | changes))


def face_table(frames=50, score=0.8, track=1, first=0):
    return table_of([(frame, track, score) for frame in range(first, frames)], (10, 20, 60, 80))


def run_record(outcome=RunOutcome.COMPLETE, frames=50, done=50, **changes):
    facts = {
        "id": 1,
        "exhibit": "E001",
        "detector": CARD,
        "settings": {},
        "versions": {},
        "device": "cpu: 2 threads",
        "precision": "float32",
        "started_utc": "2026-01-31T14:02:11Z",
        "finished_utc": None,
        "outcome": outcome,
        "reason": "",
        "frames": frames,
        "frames_done": done,
    }
    return Run(**(facts | changes))


def make_case(folder, numbers=("E001", "E002")):
    """A case whose exhibits are entries without files."""
    case = Case.create(folder, number="2026-1", examiner="A. Examiner", title="R v Example")
    for number in numbers:
        case.exhibits.add(exhibit(number), frame_index())
    return case


def finish_run(case, number="E001", score=0.8, undecodable=()):
    """A complete run with one track."""
    index = case.exhibits.index(number)
    run = case.runs.start(number, CARD, {}, {}, "cpu: 2 threads", "float32", len(index))
    faces = face_table(len(index) - 5, score)
    lost = [Stretch(*one) for one in undecodable]
    case.runs.commit_stretch(run.id, 0, len(index), faces, lost)
    segments, findings = conclude(faces, index.times, lost, Thresholds.of_card(CARD))
    case.runs.conclude(run.id, segments, findings)
    case.runs.finish(run.id, RunOutcome.COMPLETE)
    case.custody.append(Act.ANALYSIS_COMPLETE, number, run=run.id, **case.runs.sealed(run.id))
    return run


class Scripted:
    """Stands in for the pipeline: commits ten frames at a time and heeds its control."""

    def __init__(self, hold_at=None):
        self.hold_at = hold_at
        self.held = threading.Event()
        self.go = threading.Event()
        self.threads = []

    def __call__(
        self, case, exhibit, detector, settings, executor, *, workers, announce, control, device
    ):
        self.threads = [QThread.currentThread(), executor.submit(QThread.currentThread).result(5)]
        unfinished = [run for run in case.runs.interrupted() if run.exhibit == exhibit]
        run = unfinished[-1] if unfinished else None
        if run is None:
            run = case.runs.start(
                exhibit, detector.card, {}, {}, "cpu", "float32", case.exhibits.get(exhibit).frames
            )
            case.custody.append(Act.ANALYSIS_STARTED, exhibit, run=run.id)
        else:
            case.runs.reopen(run.id)
            case.custody.append(Act.ANALYSIS_RESUMED, exhibit, run=run.id)
        frames = run.frames
        for first in range(case.runs.committed_to(run.id), frames, 10):
            if first == self.hold_at:
                self.held.set()
                self.go.wait(5)
            while control.paused:
                time.sleep(0.002)
            if control.cancelled:
                left = RunOutcome.INTERRUPTED if control.interrupted else RunOutcome.CANCELLED
                case.runs.finish(run.id, left, "Stopped.")
                return case.runs.get(run.id)
            stop = min(first + 10, frames)
            case.runs.commit_stretch(run.id, first, stop, face_table(stop, first=first), [])
            announce(StretchScored(exhibit, run.id, first, stop))
            announce(Progress(exhibit, run.id, stop, frames, 1.0, "scoring"))
        times = case.exhibits.index(exhibit).times
        rule = Thresholds.of_card(detector.card)
        case.runs.conclude(run.id, *conclude(case.runs.faces(run.id), times, [], rule))
        case.runs.finish(run.id, RunOutcome.COMPLETE)
        digest = case.runs.digest(run.id)
        case.custody.append(Act.ANALYSIS_COMPLETE, exhibit, run=run.id, results_sha256=digest)
        return case.runs.get(run.id)
