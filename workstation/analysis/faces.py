"""Finding faces in single frames with MTCNN.

Zhang et al., "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional
Networks", IEEE Signal Processing Letters 2016, as packaged by facenet-pytorch.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from workstation.analysis.cascade import Cascade
from workstation.analysis.settings import AnalysisSettings


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
    """

    box: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    certainty: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.box)


def no_faces() -> Faces:
    """A frame without faces."""
    empty = np.zeros((0, 4), np.float32)
    return Faces(empty, np.zeros((0, 5, 2), np.float32), np.zeros(0, np.float32))


class FaceFinder:
    """MTCNN on a frame reduced to a settled size.

    Frames go through one at a time: what else is in a batch could otherwise move a box by a
    rounding step, and results would depend on how the work was divided.

    Args:
        settings: Reduction, smallest face, threshold.
        device: As torch names it.
    """

    def __init__(self, settings: AnalysisSettings, device: str) -> None:
        self._settings = settings
        self._cascade = Cascade(settings.smallest_face, device)

    def find(self, frame: Reduced) -> Faces:
        """Find every face of a frame.

        Args:
            frame: From `reduce_frame`.

        Returns:
            In pixels of the frame that was reduced.
        """
        if min(frame.pixels.shape[:2]) < self._settings.smallest_face:
            return no_faces()
        found = self._cascade.find(frame.pixels)
        return self._ordered(
            found.corners, found.landmarks, found.certainty, np.asarray(frame.scale, np.float32)
        )

    def _ordered(
        self,
        corners: NDArray[np.float32],
        landmarks: NDArray[np.float32],
        certainty: NDArray[np.float32],
        scale: NDArray[np.float32],
    ) -> Faces:
        """Scaled back to the frame, without the doubtful ones, from left to right."""
        size = corners[:, 2:] - corners[:, :2]
        good = (certainty >= self._settings.face_threshold) & (size > 1).all(axis=1)
        good &= np.isfinite(landmarks).all(axis=(1, 2))
        box = np.concatenate([corners[:, :2], size], axis=1) * np.tile(scale, 2)
        landmarks = (landmarks + 0.5) * scale - 0.5
        order = np.flatnonzero(good)
        order = order[np.lexsort((box[order, 1], box[order, 0]))]
        return Faces(box[order], landmarks[order].astype(np.float32), certainty[order])


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
