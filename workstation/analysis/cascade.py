"""MTCNN's three networks, one after another, on pictures of one size.

Zhang et al., "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional
Networks", IEEE Signal Processing Letters 2016, with the weights and the rules of facenet-pytorch,
whose answers these are; without its loops over sizes and boxes.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.averaging import Averages
from workstation.analysis.engines import Forward, Ready, prepare
from workstation.analysis.pyramid import TILE, WINDOW, Pyramid, Windows, pyramid

_LEAST = (0.6, 0.7, 0.7)
_SAME_LEVEL, _SAME = 0.5, 0.7
_SIDES = {"PNet": TILE, "RNet": 24, "ONet": 48}
_AT_ONCE = {
    "cpu": {"PNet": 4, "RNet": 16, "ONet": 4},
    "cuda": {"PNet": 64, "RNet": 256, "ONet": 64},
}
"""Of what the networks look at, the side, and how many in one pass: as many as fit a processor's
cache without leaving many places empty; many more on a GPU, where none was tried yet."""

_MOST_IDLE = 2
"""Sums whose memory is kept."""

_APART = 1e5
"""A distance, in pixels, that no box reaches across."""

_MOST_CANVASES = 4

READY = Ready()
"""The networks of this process, but for those over canvases."""

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Found:
    """Faces of one picture.

    Attributes:
        corners: float32 (N, 4), left, top, right, bottom, pixels.
        landmarks: float32 (N, 5, 2), pixels.
        certainty: float32 (N,), 0..1.
        doubtful: float32 (M, 4), every box that the third network was asked about.
    """

    corners: Floats
    landmarks: Floats
    certainty: Floats
    doubtful: Floats


@dataclass(frozen=True)
class _Boxes:
    """Boxes of several pictures.

    Attributes:
        picture: int64 (N,), which picture each lies in.
        corners: float32 (N, 4), left, top, right, bottom, pixels.
    """

    picture: NDArray[np.int64]
    corners: Floats

    @classmethod
    def all(cls, parts: Sequence[_Boxes]) -> _Boxes:
        return cls(
            np.concatenate([part.picture for part in parts]),
            np.concatenate([part.corners for part in parts]),
        )

    def of(self, rows: NDArray[Any]) -> _Boxes:
        return _Boxes(self.picture[rows], self.corners[rows])


class Cascade:
    """Finds faces. What it gives for a picture depends on that picture alone.

    Args:
        smallest: Shorter side of the smallest face, pixels.
        device: "cpu", "cuda", or one GPU of several, such as "cuda:1".
    """

    def __init__(self, smallest: int, device: str) -> None:
        self._smallest = smallest
        self._device = device
        self._idle: deque[NDArray[np.int32]] = deque(maxlen=_MOST_IDLE)

    def find(self, pictures: Sequence[Pixels]) -> list[Found]:
        """Find every face.

        Args:
            pictures: RGB, each uint8 ``(H, W, 3)``, no side shorter than the smallest face.
        """
        averages = self._averages(pictures)
        plan = pyramid(*averages.size, self._smallest)
        network = self._over_canvas(plan)
        boxes = []
        for picture in range(len(pictures)):
            certainty, shifts = _answers(network(plan.canvas(averages, picture)))
            seen = (certainty[0][plan.cells], shifts[0][plan.cells])
            number = np.full(len(plan.cells), picture)
            boxes.append(_proposed(number, plan.windows, *seen))
        return self._judged(averages, _Boxes.all(boxes))

    def find_near(self, pictures: Sequence[Pixels], places: Sequence[Floats]) -> list[Found]:
        """Find the faces that lie where faces are expected, and are of about that size.

        What `find` gives there, but for rounding.

        Args:
            pictures: As `find` takes them.
            places: For each picture left, top, right, bottom of every face expected, float32
                ``(N, 4)``, pixels.
        """
        averages = self._averages(pictures)
        plan = pyramid(*averages.size, self._smallest)
        picture = np.repeat(np.arange(len(places)), [len(some) for some in places])
        tiles = plan.tiles(picture, np.concatenate(places))
        pixels = averages.tiles(tiles.picture, tiles.sizes, tiles.corner, TILE)
        certainty, shifts = _answers(self._asked("PNet", pixels))
        windows, cells = tiles.windows()
        tile = cells // certainty.shape[1]
        seen = (certainty.ravel()[cells], shifts.reshape(-1, 4)[cells])
        return self._judged(averages, _proposed(tiles.picture[tile], windows, *seen))

    def _judged(self, averages: Averages, boxes: _Boxes) -> list[Found]:
        """What the second and the third network make of what the first takes for faces."""
        boxes, (shifts, given) = self._look(averages, boxes, "RNet")
        certain = np.flatnonzero(given[:, 1] > _LEAST[1])
        boxes, shifts, certainty = boxes.of(certain), shifts[certain], given[certain, 1]
        kept = _strongest(boxes.corners, certainty, _SAME, boxes.picture)
        squares = _square(_shifted(boxes.corners[kept], shifts[kept]))
        asked, answer = self._look(averages, _Boxes(boxes.picture[kept], squares), "ONet")
        shifts, points, given = answer
        certain = np.flatnonzero(given[:, 1] > _LEAST[2])
        boxes, shifts, points = asked.of(certain), shifts[certain], points[certain]
        certainty, corners = given[certain, 1], boxes.corners
        sides = corners[:, 2:] - corners[:, :2] + 1
        landmarks = points.reshape(-1, 2, 5).transpose(0, 2, 1) * sides[:, None]
        landmarks = landmarks + corners[:, None, :2] - 1
        corners = _shifted(corners, shifts)
        found = []
        for picture in range(len(averages)):
            mine = np.flatnonzero(boxes.picture == picture)
            kept = mine[_outermost(corners[mine], certainty[mine])]
            doubtful = asked.corners[asked.picture == picture]
            found.append(Found(corners[kept], landmarks[kept], certainty[kept], doubtful))
        self._idle.append(averages.memory)
        return found

    def _averages(self, pictures: Sequence[Pixels]) -> Averages:
        """In memory that is kept: the system takes long to hand out megabytes again and again."""
        try:
            memory = self._idle.pop()
        except IndexError:
            memory = None
        return Averages(pictures, memory)

    def _look(self, averages: Averages, boxes: _Boxes, name: str) -> tuple[_Boxes, list[Floats]]:
        """The boxes that lie in the picture, and what a network says of each."""
        height, width = averages.size
        whole = np.trunc(boxes.corners).astype(np.int64)
        start = np.maximum(whole[:, :2], 1) - 1
        stop = np.minimum(whole[:, 2:], [width, height])
        inside = np.flatnonzero((stop > start).all(axis=1))
        boxes = boxes.of(inside)
        parts = np.concatenate([start, stop], axis=1)[inside]
        return boxes, self._asked(name, averages.parts(boxes.picture, parts, _SIDES[name]))

    def _asked(self, name: str, pixels: Floats) -> list[Floats]:
        """What a network says of squares."""
        side, at_once = _SIDES[name], _AT_ONCE[self._device.partition(":")[0]][name]
        return _in_batches(self._network(name, (at_once, side, side, 3)), pixels, at_once)

    def _network(self, name: str, shape: tuple[int, ...]) -> Forward:
        """One of the networks, ready for inputs of a shape."""
        make = functools.partial(_made, name, shape, self._device)
        return READY.get((name, shape, self._device), make)

    def _over_canvas(self, plan: Pyramid) -> Forward:
        """The first network, ready for the canvas of a plan."""
        make = functools.partial(_made, "PNet", (1, *plan.shape, 3), self._device, plan)
        return canvases(self._device).get(plan.levels, make)


@functools.cache
def canvases(device: str) -> Ready:  # noqa: ARG001  # each device has its own
    """The networks over canvases of a device: one for each of the sizes of picture met last.

    Each takes some ten megabytes for every thread that asks at the same time.
    """
    return Ready(_MOST_CANVASES)


def _made(name: str, shape: tuple[int, ...], device: str, plan: Pyramid | None = None) -> Forward:
    """One of the networks, with the weights that come with the package."""
    import facenet_pytorch
    import torch

    from workstation.analysis.from_pixels import FirstFromPixels, FromPixels

    network = getattr(facenet_pytorch, name)()
    example = None if plan is None else torch.from_numpy(plan.blank())
    taking = FirstFromPixels(network, example) if name == "PNet" else FromPixels(network)
    return prepare(taking.eval().to(device), shape, device)


def _in_batches(network: Forward, pixels: Floats, at_once: int) -> list[Floats]:
    """What a network says of squares ``(N, S, S, 3)``, 0..255: its outputs, N rows each.

    Every pass holds as many as it always does, so that no answer depends on how many there are.
    """
    passes = max(-(-len(pixels) // at_once), 1)
    answers = []
    for start in range(0, passes * at_once, at_once):
        some = pixels[start : start + at_once]
        if len(some) < at_once:
            full = np.zeros((at_once, *pixels.shape[1:]), np.float32)
            full[: len(some)] = some
            some = full
        answers.append(network(some))
    return [np.concatenate(part)[: len(pixels)] for part in zip(*answers, strict=True)]


def _answers(given: list[Floats]) -> tuple[Floats, Floats]:
    """The first network's certainties ``(N, C)`` and shifts ``(N, C, 4)``, row by row."""
    shifts, chances = given
    number, cells = len(shifts), shifts.shape[2] * shifts.shape[3]
    return chances[:, 1].reshape(number, cells), shifts.reshape(number, 4, cells).swapaxes(1, 2)


def _proposed(
    picture: NDArray[np.int64], windows: Windows, certainty: Floats, shifts: Floats
) -> _Boxes:
    """What the first network takes for faces, as squares."""
    chosen = np.flatnonzero(certainty >= _LEAST[0])
    picture, windows = picture[chosen], windows.of(chosen)
    certainty, shifts = certainty[chosen], shifts[chosen]
    scale = windows.scale[:, None]
    start = np.floor((windows.corner + 1) / scale)
    stop = np.floor((windows.corner + WINDOW) / scale)
    boxes = np.concatenate([start, stop], axis=1)
    kept = _strongest(boxes, certainty, _SAME_LEVEL, picture * 1000 + windows.level)
    kept = kept[_strongest(boxes[kept], certainty[kept], _SAME, picture[kept])]
    size = np.tile(boxes[kept, 2:] - boxes[kept, :2], 2)
    return _Boxes(picture[kept], _square(boxes[kept] + shifts[kept] * size))


def _strongest(
    boxes: Floats, certainty: Floats, most: float, group: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Which boxes are overlapped by no more certain one of their group; the most certain first."""
    import torch
    from torchvision.ops import nms

    apart = torch.from_numpy(boxes + group[:, None] * np.float64(_APART))
    kept = nms(apart, torch.from_numpy(certainty.astype(np.float64)), most)
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
