"""Small cases for tests of the window."""

import numpy as np

from workstation.analysis.findings import Thresholds, conclude
from workstation.cases.case import Case
from workstation.cases.records import (
    Exhibit,
    FaceTable,
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
    count = frames - first
    return FaceTable(
        frame=np.arange(first, frames, dtype=np.int64),
        track=np.full(count, track, np.int32),
        scored=np.ones(count, np.bool_),
        score=np.full(count, score, np.float32),
        box=np.tile(np.array([10, 20, 60, 80], np.float32), (count, 1)),
        landmarks=np.zeros((count, 5, 2), np.float32),
    )


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
    return run
