"""Following faces through one grid interval.

All decisions look at the frames of the interval alone, so they do not depend on how an exhibit was
divided into chunks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.boxes import overlaps, pair_up, size_ratios, spread_out
from workstation.analysis.faces import Faces, Reduced, no_faces

Boxes = NDArray[np.float32]
Find = Callable[[Sequence[Reduced], Sequence[Boxes] | None], list[Faces]]

_LEAST_OVERLAP = 0.3
_RIVAL_OVERLAP = 0.1
_GRID_MOVE = 0.5
_GRID_GROWTH = 1.3
_STEP_GROWTH = 1.5
_STEP_LANDMARKS = 0.4
_MOST_MISSED = 2
_MOST_PLACES = 12


@dataclass(frozen=True)
class Step:
    """The faces of one frame, and where each was one frame earlier.

    Attributes:
        faces: Of this frame.
        origin: int64 (N,), index of the same face in the frame before, -1 where it has none.
        found: bool (N,), found in this frame, not interpolated.
    """

    faces: Faces
    origin: NDArray[np.int64]
    found: NDArray[np.bool_]


def follow(
    pixels: Sequence[Reduced | None],
    cut: Sequence[bool],
    opening: Faces,
    closing: Faces,
    find: Find,
    *,
    interpolate: bool,
) -> list[Step]:
    """Faces in every frame behind the first of an interval.

    Args:
        pixels: Frames of the interval, None where one cannot be decoded.
        cut: Whether a shot begins with the frame; of the same length.
        opening: Faces of the first frame.
        closing: Faces of the last frame.
        find: Looks for faces in frames, all over or about some boxes of each.
        interpolate: Whether the frames between are interpolated, and not looked at, where each face
            of the first frame is plainly one of the last frame and moves little.

    Returns:
        One step for every frame but the first.
    """
    length = len(pixels) - 1
    whole = all(frame is not None for frame in pixels) and not any(cut[1:])
    pairs = _pairs(opening, closing) if whole else None
    if pairs is not None and interpolate and _calm(opening, closing, pairs):
        return _interpolated(opening, closing, pairs, length)
    places = None if pairs is None else _places(opening, closing, pairs, length)
    found = [opening, *_found_between(pixels[1:-1], places, len(opening), find), closing]
    return _mended(_linked(found, pixels, cut), pixels, cut)[1:]


def _pairs(opening: Faces, closing: Faces) -> list[tuple[int, int]] | None:
    """Which face is which, or None where not every one has a partner."""
    if len(opening) != len(closing):
        return None
    pairs = pair_up(overlaps(opening.box, closing.box), _LEAST_OVERLAP)
    return pairs if len(pairs) == len(opening) else None


def _calm(opening: Faces, closing: Faces, pairs: list[tuple[int, int]]) -> bool:
    """Whether the faces stand apart and neither move nor grow much."""
    rivals = overlaps(opening.box, closing.box) > _RIVAL_OVERLAP
    if (rivals.sum(axis=0) != 1).any() or (rivals.sum(axis=1) != 1).any():
        return False
    growth = size_ratios(opening.box, closing.box)
    return all(
        growth[one, other] <= _GRID_GROWTH
        and _moved(opening.box[one], closing.box[other]) <= _GRID_MOVE
        for one, other in pairs
    )


def _places(
    opening: Faces, closing: Faces, pairs: list[tuple[int, int]], length: int
) -> list[Boxes] | None:
    """Where faces are to be expected in each frame between, and behind them where they may be.

    None where there are too many to be looked at one by one.
    """
    order = [other for _, other in pairs]
    shift = closing.box[order] - opening.box
    doubtful = np.concatenate([opening.doubtful, closing.doubtful])
    doubtful = doubtful[spread_out(doubtful, _LEAST_OVERLAP)]
    if len(opening) + len(doubtful) > _MOST_PLACES:
        return None
    parts = [np.float32(number / length) for number in range(1, length)]
    return [np.concatenate([opening.box + part * shift, doubtful]) for part in parts]


def _found_between(
    pixels: Sequence[Reduced | None], places: list[Boxes] | None, expected: int, find: Find
) -> list[Faces]:
    """The faces of the frames between; all over where one that is expected is not in its place.

    Args:
        pixels: The frames, None where one cannot be decoded.
        places: About which to look; None for all over.
        expected: How many of each frame's places a face must be in.
        find: Looks for faces.
    """
    there = [frame for frame in pixels if frame is not None]
    if places is None:
        looked = iter(find(there, None))
        return [no_faces() if frame is None else next(looked) for frame in pixels]
    found = find(there, places) if len(places) and len(places[0]) else [no_faces()] * len(there)
    for number, (faces, boxes) in enumerate(zip(found, places, strict=True)):
        if len(pair_up(overlaps(boxes[:expected], faces.box), _LEAST_OVERLAP)) < expected:
            found[number] = find([there[number]], None)[0]
    return found


def _moved(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Distance of two boxes' centres in widths of the smaller."""
    shift = (one[:2] + one[2:] / 2) - (other[:2] + other[2:] / 2)
    return float(np.hypot(*shift) / max(min(one[2], other[2]), 1.0))


def _interpolated(
    opening: Faces, closing: Faces, pairs: list[tuple[int, int]], length: int
) -> list[Step]:
    order = np.array([other for _, other in pairs], np.int64)
    steady = np.arange(len(pairs), dtype=np.int64)
    steps = []
    for number in range(1, length):
        part = np.float32(number / length)
        box = opening.box + part * (closing.box[order] - opening.box)
        landmarks = opening.landmarks + part * (closing.landmarks[order] - opening.landmarks)
        certainty = np.minimum(opening.certainty, closing.certainty[order])
        missing = np.zeros(len(pairs), np.bool_)
        steps.append(Step(Faces(box, landmarks, certainty), steady, missing))
    origin = np.full(len(closing), -1, np.int64)
    origin[order] = steady
    steps.append(Step(closing, origin, np.ones(len(closing), np.bool_)))
    return steps


def _linked(
    found: Sequence[Faces], pixels: Sequence[Reduced | None], cut: Sequence[bool]
) -> list[Step]:
    """Each frame's faces tied to those of the frame before; the first frame's to none."""
    alone = np.full(len(found[0]), -1, np.int64)
    steps = [Step(found[0], alone, np.ones(len(found[0]), np.bool_))]
    for number in range(1, len(found)):
        faces = found[number]
        origin = np.full(len(faces), -1, np.int64)
        unbroken = pixels[number] is not None and pixels[number - 1] is not None
        if unbroken and not cut[number]:
            for one, other in pair_up(likeness(found[number - 1], faces), _LEAST_OVERLAP):
                origin[other] = one
        steps.append(Step(faces, origin, np.ones(len(faces), np.bool_)))
    return steps


def likeness(one: Faces, other: Faces) -> NDArray[np.float64]:
    """How well faces of two neighbouring frames go together by place, size and landmarks.

    Args:
        one: N faces.
        other: M faces.

    Returns:
        Overlap of the boxes, 0 where size or landmarks say otherwise, float64 ``(N, M)``, 0..1.
    """
    worth = overlaps(one.box, other.box)
    if not worth.size:
        return worth
    shift = one.landmarks[:, None].astype(np.float64) - other.landmarks[None]
    distance = np.linalg.norm(shift, axis=-1).mean(axis=-1)
    sizes = np.minimum(one.box[:, 2][:, None], other.box[:, 2][None])
    worth[distance > _STEP_LANDMARKS * sizes] = 0.0
    worth[size_ratios(one.box, other.box) > _STEP_GROWTH] = 0.0
    return worth


def _mended(steps: list[Step], pixels: Sequence[Reduced | None], cut: Sequence[bool]) -> list[Step]:
    """Faces the finder missed for a frame or two inside the interval, filled in."""
    for number in range(2, len(steps)):
        for face in np.flatnonzero(steps[number].origin < 0).tolist():
            for last in range(number - 2, max(number - _MOST_MISSED - 2, -1), -1):
                between = range(last + 1, number + 1)
                if any(pixels[frame] is None or cut[frame] for frame in between):
                    break
                partner = _partner(steps, last, number, face)
                if partner is not None and _fill(steps, last, number, partner, face):
                    break
    return steps


def _partner(steps: list[Step], last: int, number: int, face: int) -> int | None:
    """The face that ends with step `last` and is plainly the one that begins in step `number`."""
    continued = set(steps[last + 1].origin.tolist())
    lost = [n for n in range(len(steps[last].faces)) if n not in continued]
    if not lost:
        return None
    worth = likeness(steps[last].faces, steps[number].faces)
    for one, other in pair_up(worth[lost], _LEAST_OVERLAP):
        if other == face:
            return lost[one]
    return None


def _fill(steps: list[Step], last: int, number: int, partner: int, face: int) -> bool:
    """Interpolate one face through the steps between, unless another face is in its place."""
    start, stop = steps[last].faces, steps[number].faces
    length = number - last
    filled = []
    for offset in range(1, length):
        part = np.float32(offset / length)
        box = start.box[partner] + part * (stop.box[face] - start.box[partner])
        shift = stop.landmarks[face] - start.landmarks[partner]
        landmarks = start.landmarks[partner] + part * shift
        there = steps[last + offset].faces
        if (overlaps(box[None], there.box) > _RIVAL_OVERLAP).any():
            return False
        filled.append((box, landmarks))
    before = partner
    certainty = min(float(start.certainty[partner]), float(stop.certainty[face]))
    for offset, (box, landmarks) in enumerate(filled, 1):
        steps[last + offset] = _with_face(steps[last + offset], box, landmarks, certainty, before)
        before = len(steps[last + offset].faces) - 1
    steps[number].origin[face] = before
    return True


def _with_face(
    step: Step,
    box: NDArray[np.float32],
    landmarks: NDArray[np.float32],
    certainty: float,
    origin: int,
) -> Step:
    faces = Faces(
        np.concatenate([step.faces.box, box[None]]).astype(np.float32),
        np.concatenate([step.faces.landmarks, landmarks[None]]).astype(np.float32),
        np.append(step.faces.certainty, np.float32(certainty)).astype(np.float32),
    )
    return Step(faces, np.append(step.origin, origin), np.append(step.found, False))
