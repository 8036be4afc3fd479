"""Face crops out of labelled clips: some runs of consecutive frames from each."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from models.preprocessing import align_face

if TYPE_CHECKING:
    from models.card import Preprocessing

RUNS = 4
RUN_LENGTH = 8
LONG_SIDE = 640


@dataclass(frozen=True)
class Clip:
    """One line of the list of labelled clips."""

    file: str
    fake: bool
    method: str
    source: str
    compression: str
    identity: str

    @property
    def person(self) -> str:
        """Whose recording this is: the person shown, or the one whose face was replaced."""
        return re.split(r"_(?=\d+$)|<-", self.identity)[0]


@dataclass(frozen=True)
class Run:
    """Consecutive frames of one face.

    `crops` RGB uint8 ``(T, S, S, 3)``; `sides` the box's shorter side in pixels of the frame,
    float32 ``(T,)``.
    """

    crops: NDArray[np.uint8]
    sides: NDArray[np.float32]


def read_manifest(folder: Path) -> list[Clip]:
    """The labelled clips of a folder, from its `manifest.csv`.

    Raises:
        OSError: The list cannot be read.
    """
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as stream:
        return [
            Clip(
                file=row["file"],
                fake=row["label"] == "fake",
                method=row["method"],
                source=row["source"],
                compression=row["compression"],
                identity=row["identity"],
            )
            for row in csv.DictReader(stream)
        ]


def clip_runs(path: Path, preprocessing: Preprocessing, cache: Path) -> list[Run]:
    """The face crops of one clip, from the cache where they were cut before.

    Args:
        path: The clip.
        preprocessing: How to cut.
        cache: Folder for the crops.

    Raises:
        OSError: The clip cannot be read or the cache cannot be written.
    """
    key = f"{path.name} {preprocessing.size} {preprocessing.margin} {RUNS}x{RUN_LENGTH}"
    stored = cache / (hashlib.sha256(key.encode()).hexdigest()[:24] + ".npz")
    if not stored.exists():
        cache.mkdir(parents=True, exist_ok=True)
        runs = list(_cut_runs(path, preprocessing))
        crops = {f"crops{i}": run.crops for i, run in enumerate(runs)}
        sides = {f"sides{i}": run.sides for i, run in enumerate(runs)}
        np.savez(stored, **crops, **sides)  # type: ignore[arg-type]
    with np.load(stored, allow_pickle=False) as arrays:
        count = len(arrays.files) // 2
        return [Run(arrays[f"crops{i}"], arrays[f"sides{i}"]) for i in range(count)]


def _cut_runs(path: Path, preprocessing: Preprocessing) -> Iterator[Run]:
    """Find and cut one face in every frame of every run."""
    from facenet_pytorch import MTCNN

    finder = MTCNN(keep_all=True, device="cpu", min_face_size=40)
    for frames in _frame_runs(path):
        crops, sides = [], []
        place: NDArray[np.float32] | None = None
        for frame in frames:
            face = _find(finder, frame, place)
            if face is None:
                continue
            box, landmarks = face
            place = box
            crops.append(align_face(frame, landmarks, preprocessing.size, preprocessing.margin))
            sides.append(min(box[2] - box[0], box[3] - box[1]))
        if crops:
            yield Run(np.stack(crops), np.array(sides, np.float32))


def _frame_runs(path: Path) -> Iterator[list[NDArray[np.uint8]]]:
    """Runs of consecutive frames, RGB uint8 ``(H, W, 3)``, spread evenly over the clip."""
    with av.open(str(path)) as container:
        count = sum(packet.size > 0 for packet in container.demux(video=0))
    starts = np.linspace(0, max(0, count - RUN_LENGTH), RUNS).astype(int)
    wanted = {int(start): int(start) + RUN_LENGTH for start in starts}
    frames: list[NDArray[np.uint8]] = []
    stop = 0
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for number, frame in enumerate(container.decode(video=0)):
            if number >= stop and frames:
                yield frames
                frames = []
            if number >= stop and number in wanted:
                stop = wanted[number]
            if number < stop:
                frames.append(np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8))
    if frames:
        yield frames


def _find(
    finder: Any, frame: NDArray[np.uint8], place: NDArray[np.float32] | None
) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """The face nearest to where it was, or else the largest: box ``(4,)``, landmarks ``(5, 2)``."""
    scale = min(1.0, LONG_SIDE / max(frame.shape[:2]))
    size = (round(frame.shape[1] * scale), round(frame.shape[0] * scale))
    small = frame if scale == 1.0 else cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    boxes, sureness, points = finder.detect(small, landmarks=True)
    if boxes is None:
        return None
    keep = np.array([value is not None and value > 0.9 for value in sureness])
    if not keep.any():
        return None
    boxes = np.asarray(boxes, np.float32)[keep] / scale
    points = np.asarray(points, np.float32)[keep] / scale
    if place is None:
        best = int(np.argmax((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])))
    else:
        best = int(np.argmin(np.abs(boxes - place).sum(axis=1)))
    return boxes[best], points[best]
