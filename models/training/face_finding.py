"""One person's face, found in frame after frame with MTCNN.

Zhang et al., "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional
Networks", IEEE Signal Processing Letters 2016, as packaged by facenet-pytorch; with the settings of
the analysis.
"""

from __future__ import annotations

import functools
import multiprocessing
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.video_runs import Frame

LONG_SIDE = 640
"""Frames are shrunk to this side, in pixels, before faces are looked for."""

SMALLEST_FACE = 40
SURE = 0.95
_BATCH = 8


@dataclass(frozen=True)
class Face:
    """Box x0, y0, x1, y1 float32 ``(4,)`` and landmarks float32 ``(5, 2)``, pixels of the frame."""

    box: NDArray[np.float32]
    landmarks: NDArray[np.float32]


def follow_face(
    frames: Iterable[Frame], border: float = 0.0, device: str = "cpu"
) -> Iterator[tuple[int, Frame, Face]]:
    """Follow the face that is largest at first; where it is gone, the largest one then.

    Args:
        frames: In order; their numbers may jump.
        border: Reflected border to add before looking, in parts of the frame's height.
        device: As torch names it.

    Yields:
        The number of a run of consecutive frames of one face, a frame, and the face. Frames
        without a face do not come.
    """
    run, last, number = 0, None, -1
    for frame, faces in find_faces(frames, border, device):
        if not faces:
            continue
        same = [face for face in faces if last is not None and _same(face, last)]
        face = _nearest(same, last) if last is not None and same else _largest(faces)
        if last is not None and (not same or frame.number != number + 1):
            run += 1
        last, number = face, frame.number
        yield run, frame, face


def find_faces(
    frames: Iterable[Frame], border: float = 0.0, device: str = "cpu"
) -> Iterator[tuple[Frame, list[Face]]]:
    """All faces of every frame, a few frames at a time.

    Args:
        frames: RGB frames.
        border: Reflected border to add before looking, in parts of the frame's height.
        device: As torch names it.
    """
    stream = iter(frames)
    while batch := list(islice(stream, _BATCH)):
        for shape in dict.fromkeys(frame.pixels.shape for frame in batch):
            # A video may change its size half way; what is looked at together must be equal.
            alike = [frame for frame in batch if frame.pixels.shape == shape]
            rim = round(border * shape[0])
            yield from zip(alike, _find([f.pixels for f in alike], rim, device), strict=True)


def _find(frames: Sequence[NDArray[np.uint8]], rim: int, device: str) -> Iterator[list[Face]]:
    """The faces of frames of one size."""
    prepared = [_reduce(pixels, rim) for pixels in frames]
    pictures = np.stack([picture for picture, _ in prepared])
    if min(pictures.shape[1:3]) < SMALLEST_FACE:
        yield from ([] for _ in prepared)
        return
    boxes, sureness, points = _finder(device).detect(pictures, landmarks=True)
    for row, (_, scale) in enumerate(prepared):
        found = (
            () if boxes[row] is None else zip(boxes[row], sureness[row], points[row], strict=True)
        )
        yield [_face(box, marks, scale, rim) for box, sure, marks in found if sure >= SURE]


def _face(box: Any, marks: Any, scale: float, rim: int) -> Face:
    """MTCNN's answer in pixels of the frame."""
    corners = np.asarray(box, np.float32) * scale - rim
    points = (np.asarray(marks, np.float32) + 0.5) * scale - 0.5 - rim
    return Face(corners.astype(np.float32), points.astype(np.float32))


def _reduce(pixels: NDArray[np.uint8], rim: int) -> tuple[NDArray[np.uint8], float]:
    """The frame with its border, shrunk to the size in which faces are looked for."""
    if rim:
        edges = (rim, rim, rim, rim)
        padded = cv2.copyMakeBorder(pixels, *edges, cv2.BORDER_REFLECT_101)
        pixels = np.asarray(padded, np.uint8)
    height, width = pixels.shape[:2]
    scale = max(1.0, max(height, width) / LONG_SIDE)
    if scale == 1.0:
        return pixels, scale
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def _largest(faces: Sequence[Face]) -> Face:
    return max(faces, key=lambda face: float(np.prod(face.box[2:] - face.box[:2])))


def _nearest(faces: Sequence[Face], last: Face) -> Face:
    return min(faces, key=lambda face: float(np.abs(face.box - last.box).sum()))


def _same(face: Face, last: Face) -> bool:
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
