"""Finding faces in single frames with MTCNN.

Zhang et al., "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional
Networks", IEEE Signal Processing Letters 2016, as packaged by facenet-pytorch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from workstation.analysis.boxes import overlaps, spread_out
from workstation.analysis.cascade import Cascade, Found
from workstation.analysis.settings import AnalysisSettings

_ELSEWHERE = 0.3
"""Boxes that share less than this lie in different places."""


def _nowhere() -> NDArray[np.float32]:
    return np.zeros((0, 4), np.float32)


@dataclass(frozen=True)
class Reduced:
    """A frame at the size at which faces are looked for.

    Attributes:
        pixels: RGB, uint8 (h, w, 3).
        scale: How many pixels of the frame one of these spans, across and down.
    """

    pixels: NDArray[np.uint8]
    scale: tuple[float, float]


@dataclass(frozen=True)
class Faces:
    """Faces of one frame, ordered from left to right.

    Attributes:
        box: float32 (N, 4), x, y, width, height in pixels of the upright frame.
        landmarks: float32 (N, 5, 2), eyes, nose, mouth corners (left of the picture first), pixels.
        certainty: float32 (N,), the face finder's own answer, 0..1.
        doubtful: float32 (M, 4), boxes elsewhere that were all but taken for faces.
    """

    box: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    certainty: NDArray[np.float32]
    doubtful: NDArray[np.float32] = field(default_factory=_nowhere)

    def __len__(self) -> int:
        return len(self.box)


def no_faces() -> Faces:
    """A frame without faces."""
    return Faces(_nowhere(), np.zeros((0, 5, 2), np.float32), np.zeros(0, np.float32))


class FaceFinder:
    """MTCNN on frames reduced to a settled size.

    Each pass of a network holds what it always does: what else is in it could otherwise move a box
    by a rounding step, and results would depend on how the work was divided.

    Args:
        settings: Reduction, smallest face, threshold.
        device: As torch names it.
    """

    def __init__(self, settings: AnalysisSettings, device: str) -> None:
        self._settings = settings
        self._cascade = Cascade(settings.smallest_face, device)

    def find(
        self,
        frames: Sequence[Reduced],
        near: Sequence[NDArray[np.float32]] | None = None,
    ) -> list[Faces]:
        """Find the faces of some frames.

        Args:
            frames: From `reduce_frame`.
            near: For each frame the boxes about which to look, float32 ``(N, 4)``, x, y, width,
                height, pixels of the frame that was reduced; all over where left out.

        Returns:
            In pixels of the frames that were reduced.
        """
        if len({frame.pixels.shape for frame in frames}) > 1:  # its size changes on the way
            each = [None] * len(frames) if near is None else [[boxes] for boxes in near]
            return [self.find([frame], boxes)[0] for frame, boxes in zip(frames, each, strict=True)]
        if not frames or min(frames[0].pixels.shape[:2]) < self._settings.smallest_face:
            return [no_faces() for _ in frames]
        pictures = [frame.pixels for frame in frames]
        if near is None:
            found = self._cascade.find(pictures)
        else:
            places = [
                _corners(boxes / np.tile(frame.scale, 2))
                for frame, boxes in zip(frames, near, strict=True)
            ]
            found = self._cascade.find_near(pictures, places)
        return [self._ordered(one, frame) for one, frame in zip(found, frames, strict=True)]

    def _ordered(self, found: Found, frame: Reduced) -> Faces:
        """Scaled back to the frame, without the doubtful ones, from left to right."""
        scale = np.asarray(frame.scale, np.float32)
        box, doubtful = (
            np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
            * np.tile(scale, 2)
            for corners in (found.corners, found.doubtful)
        )
        good = (found.certainty >= self._settings.face_threshold) & (box[:, 2:] > scale).all(axis=1)
        good &= np.isfinite(found.landmarks).all(axis=(1, 2))
        order = np.flatnonzero(good)
        order = order[np.lexsort((box[order, 1], box[order, 0]))]
        box, landmarks = box[order], (found.landmarks[order] + 0.5) * scale - 0.5
        elsewhere = (overlaps(doubtful, box) < _ELSEWHERE).all(axis=1)
        doubtful = doubtful[elsewhere]
        return Faces(
            box,
            landmarks.astype(np.float32),
            found.certainty[order],
            doubtful[spread_out(doubtful, _ELSEWHERE)],
        )


def _corners(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Left, top, right, bottom of boxes given by x, y, width, height."""
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1).astype(np.float32)


def reduce_frame(frame: NDArray[np.uint8], long_side: int) -> Reduced:
    """Shrink a frame by area averaging; a smaller one stays as it is.

    Args:
        frame: RGB, uint8 ``(H, W, 3)``.
        long_side: Pixels.
    """
    height, width = frame.shape[:2]
    factor = long_side / max(height, width)
    if factor >= 1:
        return Reduced(frame, (1.0, 1.0))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return Reduced(small, (width / size[0], height / size[1]))
