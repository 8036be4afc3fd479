"""MTCNN's three networks, one after another, on one picture.

Zhang et al., "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional
Networks", IEEE Signal Processing Letters 2016, with the weights and the rules of facenet-pytorch,
whose answers these are; without its loops over sizes and boxes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.averaging import Averages
from workstation.analysis.engines import Forward, Ready, prepare
from workstation.analysis.pyramid import WINDOW, Pyramid, normalised, pyramid

_LEAST = (0.6, 0.7, 0.7)
_SAME_LEVEL, _SAME = 0.5, 0.7
_SECOND, _THIRD = (24, 16), (48, 4)
"""Side of what the second and third network look at, and how many at once."""

READY = Ready()
"""The networks of this process."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Found:
    """Faces of one picture.

    Attributes:
        corners: float32 (N, 4), left, top, right, bottom, pixels.
        landmarks: float32 (N, 5, 2), pixels.
        certainty: float32 (N,), 0..1.
    """

    corners: Floats
    landmarks: Floats
    certainty: Floats


class Cascade:
    """Finds every face of a picture. What it gives depends on that picture alone.

    Args:
        smallest: Shorter side of the smallest face, pixels.
        device: "cpu" or "cuda".
    """

    def __init__(self, smallest: int, device: str) -> None:
        self._smallest = smallest
        self._device = device

    def find(self, picture: NDArray[np.uint8]) -> Found:
        """Find faces.

        Args:
            picture: RGB, uint8 ``(H, W, 3)``, no side shorter than the smallest face.
        """
        size = picture.shape[:2]
        averages = Averages(picture)
        boxes = self._proposed(averages, pyramid(*size, self._smallest))
        boxes = self._refined(averages, boxes, size)
        return self._final(averages, boxes, size)

    def _proposed(self, averages: Averages, plan: Pyramid) -> Floats:
        """What the first network takes for faces, as squares."""
        answer = _network("PNet", (1, 3, *plan.shape), self._device)(plan.canvas(averages))
        certainty = answer[1][0, 1].ravel()[plan.cells]
        chosen = np.flatnonzero(certainty >= _LEAST[0])
        certainty = certainty[chosen]
        shifts = answer[0][0].reshape(4, -1)[:, plan.cells[chosen]].T
        scale = plan.scale[chosen, None]
        start = np.floor((plan.corner[chosen] + 1) / scale)
        stop = np.floor((plan.corner[chosen] + WINDOW) / scale)
        boxes = np.concatenate([start, stop], axis=1)
        # Levels are kept apart by a distance no box reaches across.
        apart = boxes + plan.level[chosen, None] * np.float64(1e5)
        kept = _strongest(apart, certainty, _SAME_LEVEL)
        kept = kept[_strongest(boxes[kept], certainty[kept], _SAME)]
        boxes, shifts = boxes[kept], shifts[kept]
        size = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
        return _square(boxes + shifts * size)

    def _refined(self, averages: Averages, boxes: Floats, size: tuple[int, int]) -> Floats:
        """What the second network makes of them."""
        boxes, (shifts, given) = self._look(averages, boxes, size, "RNet", *_SECOND)
        certain = np.flatnonzero(given[:, 1] > _LEAST[1])
        kept = certain[_strongest(boxes[certain], given[certain, 1], _SAME)]
        return _square(_shifted(boxes[kept], shifts[kept]))

    def _final(self, averages: Averages, boxes: Floats, size: tuple[int, int]) -> Found:
        """What the third network makes of those, with landmarks."""
        boxes, answer = self._look(averages, boxes, size, "ONet", *_THIRD)
        shifts, points, given = answer
        certain = given[:, 1] > _LEAST[2]
        boxes, shifts, points = boxes[certain], shifts[certain], points[certain]
        certainty = given[certain, 1]
        sides = boxes[:, 2:] - boxes[:, :2] + 1
        landmarks = points.reshape(-1, 2, 5).transpose(0, 2, 1) * sides[:, None]
        landmarks = landmarks + boxes[:, None, :2] - 1
        boxes = _shifted(boxes, shifts)
        kept = _outermost(boxes, certainty)
        return Found(boxes[kept], landmarks[kept], certainty[kept])

    def _look(
        self,
        averages: Averages,
        boxes: Floats,
        size: tuple[int, int],
        name: str,
        side: int,
        at_once: int,
    ) -> tuple[Floats, list[Floats]]:
        """The boxes that lie in the picture, and what a network says of each."""
        height, width = size
        whole = np.trunc(boxes).astype(np.int64)
        start = np.maximum(whole[:, :2], 1) - 1
        stop = np.minimum(whole[:, 2:], [width, height])
        inside = (stop > start).all(axis=1)
        parts = np.concatenate([start, stop], axis=1)[inside]
        network = _network(name, (at_once, 3, side, side), self._device)
        answers = []
        for first in range(0, max(len(parts), 1), at_once):
            some = parts[first : first + at_once]
            pixels = np.zeros((at_once, 3, side, side), np.float32)
            if len(some):
                seen = normalised(averages.parts(some, side))
                pixels[: len(some)] = seen.transpose(0, 3, 1, 2)
            answers.append([part[: len(some)] for part in network(pixels)])
        return boxes[inside], [np.concatenate(part) for part in zip(*answers, strict=True)]


def _strongest(boxes: NDArray[Any], certainty: Floats, most: float) -> NDArray[np.int64]:
    """Which boxes are overlapped by none that is more certain; the most certain first."""
    import torch
    from torchvision.ops import nms

    corners = torch.from_numpy(boxes.astype(np.float64))
    kept = nms(corners, torch.from_numpy(certainty.astype(np.float64)), most)
    return np.asarray(kept.numpy(), np.int64)


def _outermost(boxes: Floats, certainty: Floats) -> list[int]:
    """Which boxes share little of themselves with a more certain one, the most certain first."""
    areas = (boxes[:, 2:] - boxes[:, :2] + 1).prod(axis=1)
    start = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    stop = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    shared = np.maximum(stop - start + 1, 0).prod(axis=2)
    part = shared / np.minimum(areas[:, None], areas[None])
    kept: list[int] = []
    for box in np.argsort(certainty)[::-1].tolist():
        if not (part[box, kept] > _SAME).any():
            kept.append(box)
    return kept


def _shifted(boxes: Floats, shifts: Floats) -> Floats:
    """Moved by what a network says, in parts of the box."""
    return np.asarray(boxes + shifts * np.tile(boxes[:, 2:] - boxes[:, :2] + 1, 2), np.float32)


def _square(boxes: Floats) -> Floats:
    """The squares about the boxes, as wide as their longer sides."""
    sides = boxes[:, 2:] - boxes[:, :2]
    longest = sides.max(axis=1, keepdims=True) if len(boxes) else sides[:, :1]
    start = boxes[:, :2] + sides * np.float32(0.5) - longest * np.float32(0.5)
    return np.concatenate([start, start + longest], axis=1).astype(np.float32)


def _network(name: str, shape: tuple[int, ...], device: str) -> Forward:
    """One of the networks, ready for inputs of a shape; their weights come with the package."""

    def make() -> Forward:
        import facenet_pytorch

        return prepare(getattr(facenet_pytorch, name)().eval().to(device), shape, device)

    return READY.get((name, shape, device), make)
