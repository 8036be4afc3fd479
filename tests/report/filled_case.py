"""Cases filled through the stores with plausible, seeded data, for tests of the report."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workstation.analysis.findings import Thresholds, conclude
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.records import (
    Exhibit,
    FaceTable,
    Hashes,
    Run,
    RunOutcome,
    Stretch,
)
from workstation.evidence.frame_index import build_frame_index

RATE = 25
LOW, HIGH = 0.4, 0.6
WEIGHTS_SHA256 = hashlib.sha256(b"weights").hexdigest()
VERSIONS = {"workstation": "0.1.0", "python": "3.11", "torch": "2.15.0", "av": "18.1.0"}
SETTINGS = {"grid": 5, "long_side": 640, "smallest_face": 40, "gap_seconds": 0.5}


def card(**changes: Any) -> dict[str, Any]:
    """A card as a run keeps it."""
    content: dict[str, Any] = {
        "name": "mobilenetv2_lstm",
        "title": "MobileNetV2 with LSTM, face blends",
        "version": "1",
        "network": "mobilenetv2_lstm",
        "weights": {"file": "mobilenetv2_lstm.safetensors", "sha256": WEIGHTS_SHA256},
        "preprocessing": {"alignment": "five_points_similarity", "size": 160, "margin": 1.25},
        "sequence": {"length": 16, "stride": 8},
        "decision": {
            "low": LOW,
            "high": HIGH,
            "minimum_frames": 8,
            "chosen": "at 5 % false alarms on unseen blends of 400 identities",
        },
        "face_limits": {"minimum_size": 48, "minimum_sharpness": 5.0},
        "training": {"data": "face blends made from stills", "seed": 1},
        "evaluation": [
            {
                "name": "development clips, compression c23",
                "n_real": 4,
                "n_fake": 20,
                "auc": 0.79,
                "auc_interval": [0.61, 0.93],
                "false_alarms": "1 of 4 real clips above the upper threshold",
            },
            {
                "name": "Findings at the thresholds",
                "findings": [
                    {"name": "real", "clips": 4, "supports manipulation": 1, "inconclusive": 2},
                    {"name": "fake", "clips": 20, "supports manipulation": 9, "inconclusive": 6},
                ],
            },
        ],
        "limits": ["Soft or strongly lit faces score too high.", "Few measured clips"],
        "not_covered": ["Whole faces made by generators", "Talking heads"],
        "licence": "Apache-2.0",
    }
    return content | changes


def make_clip(path: Path, frames: int = 40, size: tuple[int, int] = (320, 240)) -> Path:
    """A clip of a drawn face that moves from left to right."""
    width, height = size
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = Fraction(1, RATE)
        stream.bit_rate = 2_000_000
        for number in range(frames):
            picture = np.full((height, width, 3), (96, 104, 110), np.uint8)
            picture[:, ::8] += 12
            x, y, w, h = (round(value) for value in face_box(number, size))
            centre = (x + w // 2, y + h // 2)
            cv2.ellipse(picture, centre, (w // 2, h // 2), 0, 0, 360, (214, 170, 140), -1)
            for eye in (-0.2, 0.2):
                cv2.circle(
                    picture, (int(centre[0] + eye * w), centre[1] - h // 8), 4, (40, 30, 30), -1
                )
            left, right = ((centre[0] + side * w // 6, centre[1] + h // 4) for side in (-1, 1))
            cv2.line(picture, left, right, (120, 50, 50), 3)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def face_box(number: int, size: tuple[int, int] = (320, 240)) -> tuple[float, float, float, float]:
    """Where the drawn face is in a frame: x, y, width, height in pixels."""
    width, height = size
    return 0.15 * width + number % 60, 0.2 * height, 0.3 * width, 0.55 * height


def make_picture(path: Path) -> Path:
    """A small JPEG."""
    Image.new("RGB", (200, 150), (90, 120, 140)).save(path, "JPEG")
    return path


def new_case(folder: Path, **facts: str) -> Case:
    """An empty case."""
    described = {
        "number": "2026-114",
        "title": "Interview recording",
        "examiner": "A. Examiner",
        "organisation": "Laboratory for Digital Traces",
    }
    return Case.create(folder, **(described | facts))


def add(
    case: Case, source: Path, *, name: str = "", facts: dict[str, Any] | None = None
) -> Exhibit:
    """Take a file in through the stores."""
    number = case.exhibits.next_number()
    # An empty box of the container, so that one clip makes several exhibits.
    content = source.read_bytes() + b"\0\0\0\x0cfree" + number.encode()
    stored = f"exhibits/{number}{source.suffix}"
    (case.folder / stored).write_bytes(content)
    picture = source.suffix == ".jpg"
    index = build_frame_index(case.folder / stored)
    count = len(index)
    exhibit = Exhibit(
        number=number,
        original_name=name or source.name,
        stored_name=stored,
        size=len(content),
        hashes=Hashes(
            hashlib.sha256(content).hexdigest(),
            hashlib.md5(content).hexdigest(),
            hashlib.sha1(content).hexdigest(),
        ),
        media_type="picture" if picture else "video",
        added_utc="2026-11-20T10:00:00.000000+00:00",
        facts={
            "format": "jpeg" if picture else "mov,mp4",
            "width": 320,
            "height": 240,
            "duration_s": count / RATE,
            "streams": [{"type": "video", "codec": "mpeg4", "frames": count}],
            "warnings": [],
        }
        | (facts or {}),
        frames=count,
        thumbnail=_thumbnail(),
    )
    case.exhibits.add(exhibit, index)
    case.custody.append(
        Act.EXHIBIT_ADDED,
        number,
        name=exhibit.original_name,
        sha256=exhibit.hashes.sha256,
        size=exhibit.size,
        record_sha256=case.exhibits.digest(number),
    )
    return exhibit


def _thumbnail() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (320, 240), (120, 110, 100)).save(stream, "JPEG")
    return stream.getvalue()


@dataclass(frozen=True)
class Track:
    """A face over frames first..stop-1 with a mean score, some frames too blurred to score.

    In the frames `away` it is turned away as no face of the training was.
    """

    number: int
    first: int
    stop: int
    mean: float
    unscored: tuple[int, int] = (0, 0)
    away: tuple[int, int] = (0, 0)


def faces_of(tracks: Sequence[Track], seed: int = 0) -> FaceTable:
    """The faces of some tracks, with seeded noise around their mean scores."""
    random = np.random.default_rng(seed)
    rows = [(frame, track) for track in tracks for frame in range(track.first, track.stop)]
    rows.sort(key=lambda row: (row[0], row[1].number))
    scored = np.array([not t.unscored[0] <= f < t.unscored[1] for f, t in rows], bool)
    level = np.array([t.mean + 0.08 * np.sin(f / 9) for f, t in rows])
    score = np.clip(level + random.normal(0, 0.05, len(rows)), 0, 1).astype(np.float32)
    score[~scored] = np.nan
    compared = any(track.away != (0, 0) for track in tracks)
    outside = np.array([4 if t.away[0] <= f < t.away[1] else 0 for f, t in rows], np.int16)
    return FaceTable(
        frame=np.array([f for f, _ in rows], np.int64),
        track=np.array([t.number for _, t in rows], np.int32),
        scored=scored,
        score=score,
        box=np.array([face_box(f) for f, _ in rows], np.float32).reshape(-1, 4),
        landmarks=_landmarks(rows),
        outside=np.where(scored & compared, outside, -1).astype(np.int16),
    )


def _landmarks(rows: Sequence[tuple[int, Track]]) -> NDArray[np.float32]:
    points = np.array([(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)])
    boxes = np.array([face_box(f) for f, _ in rows]).reshape(-1, 1, 4)
    return (boxes[..., :2] + points * boxes[..., 2:]).astype(np.float32)


def analyse(
    case: Case,
    exhibit: Exhibit,
    tracks: Sequence[Track] = (),
    *,
    undecodable: Sequence[Stretch] = (),
    stop: int | None = None,
    outcome: RunOutcome = RunOutcome.COMPLETE,
    detector: dict[str, Any] | None = None,
) -> Run:
    """A finished run with segments and findings drawn from the scores."""
    run = case.runs.start(
        exhibit, detector or card(), SETTINGS, VERSIONS, "cpu: 2 threads", "float32", exhibit.frames
    )
    case.custody.append(Act.ANALYSIS_STARTED, exhibit.number, run=run.id, weights=WEIGHTS_SHA256)
    faces = faces_of(tracks, seed=run.id)
    case.runs.commit_stretch(run.id, 0, stop or exhibit.frames, faces, list(undecodable))
    times = case.exhibits.index(exhibit.number).times
    rule = Thresholds.of_card(run.detector)
    case.runs.conclude(run.id, *conclude(faces, times, undecodable, rule))
    case.runs.finish(run.id, outcome)
    case.custody.append(
        Act.ANALYSIS_COMPLETE,
        exhibit.number,
        run=run.id,
        frames=exhibit.frames,
        results_sha256=case.runs.digest(run.id),
    )
    return case.runs.get(run.id)
