"""Face crops of one recording, in one of the two protocols."""

from __future__ import annotations

import functools
import multiprocessing
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from models.preprocessing import align_face, face_transform
from models.training.datasets.recording import Recording
from models.training.likeness import face_hash
from models.training.stills import ARCHIVES
from models.training.store import STORE_MARGIN, STORE_SIZE
from models.training.video_runs import Damage, Frame, read_runs

LONG_SIDE = 640
SMALLEST_FACE = 40
SURE = 0.95
HASHES = 4
UNREADABLE, DAMAGED, NO_FACE = "unreadable", "damaged", "no face"
_BATCH = 8
_UNKNOWN_BORDER = 0.1

FACT = np.dtype(
    [
        ("run", "<i4"),
        ("number", "<i4"),
        ("time", "<f8"),
        ("landmarks", "<f4", (5, 2)),
        ("box", "<f4", (4,)),
    ]
)
"""What is known of one crop: the run it belongs to (consecutive frames of one face), frame number,
seconds since the first frame, landmarks in pixels of the crop, and the face box's x, y, width and
height in pixels of the upright frame."""


@dataclass(frozen=True)
class Protocol:
    """Which frames are taken, and how faces are cut.

    `runs` runs of `run_length` consecutive frames, spread evenly; one run is the first frames.
    """

    name: str
    size: int
    margin: float
    runs: int
    run_length: int


PROTOCOLS = {
    "seed": Protocol("seed", size=112, margin=1.0, runs=1, run_length=150),
    "ours": Protocol("ours", size=STORE_SIZE, margin=STORE_MARGIN, runs=4, run_length=16),
}


@dataclass(frozen=True)
class CutFaces:
    """What one recording gave.

    Attributes:
        crops: RGB, uint8 ``(N, S, S, 3)``, in the order of the frames.
        facts: `FACT` ``(N,)``.
        hashes: Perceptual hashes of a few crops, uint64 ``(K, 4)``.
        problem: "unreadable", "damaged" or "no face"; empty where there was none.
        detail: A sentence about the problem.
    """

    crops: NDArray[np.uint8]
    facts: NDArray[np.void]
    hashes: NDArray[np.uint64]
    problem: str = ""
    detail: str = ""


@dataclass(frozen=True)
class _Face:
    """Box x0, y0, x1, y1 float32 ``(4,)`` and landmarks float32 ``(5, 2)``, in pixels."""

    box: NDArray[np.float32]
    landmarks: NDArray[np.float32]


def cut_faces(
    folder: Path, recording: Recording, protocol: Protocol, device: str = "cpu"
) -> CutFaces:
    """Find one person's face in the frames that a protocol takes, and cut it out.

    In each run the largest face is taken and then followed; where it is lost or jumps, as at a
    cut, a new run begins. A recording that cannot be read is an answer, not an error.

    Args:
        folder: Where the recordings' paths begin.
        recording: The video or still.
        protocol: Which frames, and how to cut.
        device: Where the face finder runs, as torch names it.
    """
    damage = Damage()
    crops: list[NDArray[np.uint8]] = []
    facts: list[tuple[Any, ...]] = []
    failure = ""
    try:
        for frames in _runs(folder, recording, protocol, damage):
            border = _border(recording, frames[0].pixels)
            first = facts[-1][0] + 1 if facts else 0
            for run, frame, face in _follow(frames, border, first, device):
                crop, fact = _cut(frame, face, protocol)
                crops.append(crop)
                facts.append((run, *fact))
    except (av.FFmpegError, OSError, ValueError, tarfile.TarError) as error:
        failure = str(getattr(error, "strerror", None) or error)
    return _packed(crops, facts, protocol, damage, failure)


def _packed(
    crops: list[NDArray[np.uint8]],
    facts: list[tuple[Any, ...]],
    protocol: Protocol,
    damage: Damage,
    failure: str,
) -> CutFaces:
    """Arrays, and the problem in words."""
    side = protocol.size
    stacked = np.array(crops, np.uint8).reshape(-1, side, side, 3)
    chosen = sorted({int(row) for row in np.linspace(0, max(0, len(crops) - 1), HASHES)})
    hashes = [face_hash(crops[row], protocol.margin) for row in chosen if crops]
    problem, detail = "", ""
    if failure:
        problem, detail = (DAMAGED if crops else UNREADABLE), failure
    elif damage.frames:
        problem, detail = (DAMAGED if crops else UNREADABLE), str(damage)
    elif not crops:
        problem, detail = NO_FACE, "no face was found in the frames looked at"
    bits = np.array(hashes, np.uint64).reshape(-1, 4)
    return CutFaces(stacked, np.array(facts, FACT), bits, problem, detail)


def _runs(
    folder: Path, recording: Recording, protocol: Protocol, damage: Damage
) -> Iterator[list[Frame]]:
    path = folder / recording.path
    if not recording.member:
        yield from read_runs(path, protocol.runs, protocol.run_length, damage)
        return
    archive = _archive(path)
    stream = archive.extractfile(recording.member)
    data = stream.read() if stream else b""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if pixels is None:
        raise ValueError("the picture cannot be decoded")
    yield [Frame(0, 0.0, np.ascontiguousarray(pixels[:, :, ::-1]))]


def _border(recording: Recording, pixels: NDArray[np.uint8]) -> int:
    """How wide a reflected border a tightly cut still needs before its face is looked for."""
    if not recording.member:
        return 0
    known = ARCHIVES.get(recording.source)
    share = known.border if known else _UNKNOWN_BORDER
    return round(share * float(pixels.shape[0]))


def _follow(
    frames: Sequence[Frame], border: int, run: int, device: str
) -> Iterator[tuple[int, Frame, _Face]]:
    """The run each face belongs to, the frame and the face; frames without it are passed over."""
    last: tuple[int, _Face] | None = None
    for frame, faces in zip(frames, _find(frames, border, device), strict=True):
        if not faces:
            continue
        face = _largest(faces) if last is None else _nearest(faces, last[1])
        jumped = last is not None and not _same(face, last[1])
        if jumped:
            face = _largest(faces)
        if last is not None and (jumped or frame.number != last[0] + 1):
            run += 1
        last = (frame.number, face)
        yield run, frame, face


def _cut(
    frame: Frame, face: _Face, protocol: Protocol
) -> tuple[NDArray[np.uint8], tuple[Any, ...]]:
    crop = align_face(frame.pixels, face.landmarks, protocol.size, protocol.margin)
    matrix = face_transform(face.landmarks, protocol.size, protocol.margin)
    placed = (face.landmarks @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    x, y, right, bottom = (float(value) for value in face.box)
    return crop, (frame.number, frame.time, placed, (x, y, right - x, bottom - y))


def _find(frames: Sequence[Frame], border: int, device: str) -> Iterator[list[_Face]]:
    """The faces of every frame, found in a few frames at a time."""
    finder = _finder(device)
    for start in range(0, len(frames), _BATCH):
        prepared = [_reduce(frame.pixels, border) for frame in frames[start : start + _BATCH]]
        pictures = np.stack([picture for picture, _ in prepared])
        if min(pictures.shape[1:3]) < SMALLEST_FACE:
            yield from ([] for _ in prepared)
            continue
        boxes, sureness, points = finder.detect(pictures, landmarks=True)
        for row, (_, scale) in enumerate(prepared):
            yield [
                _Face(
                    np.asarray(box, np.float32) * np.float32(scale) - border,
                    ((np.asarray(mark, np.float32) + 0.5) * scale - 0.5 - border).astype(
                        np.float32
                    ),
                )
                for box, sure, mark in _rows(boxes[row], sureness[row], points[row])
                if sure >= SURE
            ]


def _rows(boxes: Any, sureness: Any, points: Any) -> Iterator[tuple[Any, Any, Any]]:
    """MTCNN's answer for one frame, face by face; it is None where there are none."""
    if boxes is not None:
        yield from zip(boxes, sureness, points, strict=True)


def _reduce(pixels: NDArray[np.uint8], border: int) -> tuple[NDArray[np.uint8], float]:
    """The frame with its border, shrunk to the size in which faces are looked for."""
    if border:
        edges = (border, border, border, border)
        padded = cv2.copyMakeBorder(pixels, *edges, cv2.BORDER_REFLECT_101)
        pixels = np.asarray(padded, np.uint8)
    height, width = pixels.shape[:2]
    scale = max(1.0, max(height, width) / LONG_SIDE)
    if scale == 1.0:
        return pixels, scale
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def _largest(faces: Sequence[_Face]) -> _Face:
    return max(faces, key=lambda face: float(np.prod(face.box[2:] - face.box[:2])))


def _nearest(faces: Sequence[_Face], last: _Face) -> _Face:
    return min(faces, key=lambda face: float(np.abs(face.box - last.box).sum()))


def _same(face: _Face, last: _Face) -> bool:
    """Whether a face can be the one of the frame before: near it, and about as large."""
    sides = face.box[2:] - face.box[:2], last.box[2:] - last.box[:2]
    centres = (face.box[:2] + face.box[2:]) / 2, (last.box[:2] + last.box[2:]) / 2
    reach = float(max(sides[1]))
    near = float(np.linalg.norm(centres[0] - centres[1])) < 0.5 * reach
    return near and 0.6 < float(max(sides[0])) / max(reach, 1.0) < 1.6


@functools.cache
def _finder(device: str) -> Any:
    """MTCNN, once per process; its weights come with the package."""
    import torch
    from facenet_pytorch import MTCNN

    if multiprocessing.parent_process() is not None:
        # Several processes run side by side; their threads would only get in each other's way.
        torch.set_num_threads(1)
        cv2.setNumThreads(1)
    return MTCNN(keep_all=True, min_face_size=SMALLEST_FACE, device=torch.device(device)).eval()


@functools.lru_cache(maxsize=4)
def _archive(path: Path) -> tarfile.TarFile:
    """An archive, kept open: its table is read once per process."""
    archive = tarfile.open(path)  # noqa: SIM115
    archive.getmembers()
    return archive
