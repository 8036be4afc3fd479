"""Face crops of one recording, in one of the two protocols."""

from __future__ import annotations

import functools
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from models.preprocessing import align_face, face_transform
from models.training.datasets.recording import Recording
from models.training.face_finding import Face, follow_face
from models.training.likeness import face_hash
from models.training.stills import ARCHIVES, LARGEST_PICTURE, decode_picture
from models.training.store import STORE_MARGIN, STORE_SIZE
from models.training.video_runs import Damage, Frame, read_runs

HASHES = 4
UNREADABLE, DAMAGED, NO_FACE = "unreadable", "damaged", "no face"
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


class UnreadablePicture(Exception):  # noqa: N818
    """A still that cannot be decoded."""


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
    border = _border(recording)
    try:
        frames = _frames(folder, recording, protocol, damage)
        for run, frame, face in follow_face(frames, border, device):
            crops.append(align_face(frame.pixels, face.landmarks, protocol.size, protocol.margin))
            facts.append((run, *_fact(frame, face, protocol)))
    except (av.FFmpegError, OSError, tarfile.TarError, UnreadablePicture) as error:
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


def _frames(
    folder: Path, recording: Recording, protocol: Protocol, damage: Damage
) -> Iterator[Frame]:
    """The frames that a protocol takes of a video; a still is one frame."""
    path = folder / recording.path
    if not recording.member:
        yield from read_runs(path, protocol.runs, protocol.run_length, damage)
        return
    stream = _archive(path).extractfile(recording.member)
    rgb = decode_picture(stream.read(LARGEST_PICTURE)) if stream else None
    if rgb is None:
        raise UnreadablePicture("the picture cannot be decoded")
    yield Frame(0, 0.0, rgb)


def _border(recording: Recording) -> float:
    """How much reflected border a tightly cut still needs before its face is looked for."""
    if not recording.member:
        return 0.0
    known = ARCHIVES.get(recording.source)
    return known.border if known else _UNKNOWN_BORDER


def _fact(frame: Frame, face: Face, protocol: Protocol) -> tuple[Any, ...]:
    """All of `FACT` but the run."""
    matrix = face_transform(face.landmarks, protocol.size, protocol.margin)
    placed = (face.landmarks @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    x, y, right, bottom = (float(value) for value in face.box)
    return frame.number, frame.time, placed, (x, y, right - x, bottom - y)


@functools.lru_cache(maxsize=4)
def _archive(path: Path) -> tarfile.TarFile:
    """An archive, kept open: its table is read once per process."""
    archive = tarfile.open(path)  # noqa: SIM115
    archive.getmembers()
    return archive
