"""A dense outline of an aligned face, from which blending masks are cut."""

from __future__ import annotations

import zipfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

POINTS = 478
_SIDE = 192
_LARGEST = 64 * 2**20


class OutlineNetwork:
    """MediaPipe's face landmark network (478 points), run through OpenCV.

    Args:
        bundle: The `face_landmarker.task` bundle.

    Raises:
        OSError: The bundle cannot be read.
    """

    def __init__(self, bundle: Path) -> None:
        with zipfile.ZipFile(bundle) as archive:
            member = archive.getinfo("face_landmarks_detector.tflite")
            if member.file_size > _LARGEST:
                raise OSError(f"the network in {bundle} is too large")
            with archive.open(member) as file:
                data = file.read(_LARGEST)
        self._network = cv2.dnn.readNetFromTFLite(np.frombuffer(data, np.uint8))
        self._outputs = self._network.getUnconnectedOutLayersNames()

    def __call__(self, crop: NDArray[np.uint8]) -> tuple[NDArray[np.float32], float]:
        """Find the outline of one upright face.

        Args:
            crop: RGB pixels, uint8 ``(S, S, 3)``, the face centred with some margin.

        Returns:
            Points float32 ``(478, 2)`` in pixels of the crop, and the network's own logit that
            there is a face.
        """
        side = crop.shape[0]
        small = cv2.resize(crop, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        blob = np.ascontiguousarray(small.astype(np.float32).transpose(2, 0, 1)[None] / 255.0)
        self._network.setInput(blob)
        outputs = [np.asarray(value).ravel() for value in self._network.forward(self._outputs)]
        points = max(outputs, key=len).reshape(POINTS, 3)[:, :2] * (side / _SIDE)
        presence = min(outputs, key=len)
        return points.astype(np.float32), float(presence[0])
