"""Sequences: a still, real or forged, moved as heads and cameras move, or a run of a recording.

A simulator teaches its own jitter beside the forgery's. So real and forged sequences share every
movement, expression, landmark error and compression; only the forged region flickers, shifts and
lags on top. In a run of a recording all but the forged region is as it was filmed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.alterations import draw_expression_shifts
from models.training.blending import Pixels, blend, displace
from models.training.corruption import draw_corruption
from models.training.drawing import draw_run
from models.training.forging import Canvas, Forgery, forge_run, make_forgery
from models.training.loop.workers import in_order
from models.training.pairs import View, cut, draw_canvas, draw_view
from models.training.reserved import reserved
from models.training.store import Store


@dataclass(frozen=True)
class Motion:
    """What moves over T frames.

    `placements` float64 ``(T, 2, 3)``, from still to frame; `expression` float32 ``(T,)``, how far
    the expression is displaced; `errors` float32 ``(T, 5, 2)``, where landmarks are found wrongly,
    in pixels.
    """

    placements: NDArray[np.float64]
    expression: NDArray[np.float32]
    errors: NDArray[np.float32]


@dataclass(frozen=True)
class Instability:
    """How a forged region misbehaves over T frames.

    `lag` frames late; `strength` and `gain` float32 ``(T,)``; `shifts` float32 ``(T, 2)``, in
    pixels; `present` bool ``(T,)``.
    """

    lag: int
    strength: NDArray[np.float32]
    gain: NDArray[np.float32]
    shifts: NDArray[np.float32]
    present: NDArray[np.bool_]


def smooth_walk(rng: np.random.Generator, steps: int, reach: float) -> NDArray[np.float64]:
    """A slow movement around 0: a few sines of chance frequency and phase, float64 ``(T,)``."""
    time = np.arange(steps)
    total = np.zeros(steps)
    for _ in range(3):
        total += rng.normal(0.0, reach / 3) * np.sin(
            2 * np.pi * (rng.uniform(0.005, 0.08) * time + rng.random())
        )
    return total


def draw_motion(rng: np.random.Generator, steps: int, size: int) -> Motion:
    """Movement of a head and a camera in a picture of a size, and a landmark finder's errors."""
    reach = rng.uniform(0.0, 1.0)
    turns = smooth_walk(rng, steps, 5.0 * reach)
    scales = np.exp(smooth_walk(rng, steps, 0.05 * reach))
    centre = (size / 2, size / 2)
    pairs = zip(turns, scales, strict=True)
    matrices = [cv2.getRotationMatrix2D(centre, turn, scale) for turn, scale in pairs]
    placements = np.array(matrices, np.float64)
    across, down = (smooth_walk(rng, steps, 0.05 * size * reach) for _ in range(2))
    placements[:, :, 2] += np.stack([across, down], axis=1)
    tremble = rng.uniform(0.0005, 0.004) * size
    errors = rng.normal(0.0, tremble, size=(steps, 5, 2))
    for step in range(1, steps):
        errors[step] = 0.6 * errors[step - 1] + 0.4 * errors[step]
    expression = smooth_walk(rng, steps, float(rng.uniform(0.0, 1.2)))
    return Motion(placements, expression.astype(np.float32), errors.astype(np.float32))


def draw_instability(rng: np.random.Generator, steps: int) -> Instability:
    """How one forgery behaves over time; a quarter are present in a stretch of the frames only."""
    flicker, shake = rng.uniform(0.0, 0.12), rng.uniform(0.0, 1.2)
    present = np.ones(steps, np.bool_)
    if rng.random() < 0.25:
        first = int(rng.integers(0, steps // 2))
        present[:] = False
        present[first : first + int(rng.integers(steps // 3, steps))] = True
    return Instability(
        lag=int(rng.choice([0, 1, 2], p=[0.6, 0.25, 0.15])),
        strength=(1.0 - np.abs(rng.normal(0.0, flicker, size=steps))).astype(np.float32),
        gain=(1.0 + rng.normal(0.0, flicker / 4, size=steps)).astype(np.float32),
        shifts=rng.normal(0.0, shake, size=(steps, 2)).astype(np.float32),
        present=present,
    )


def make_sequences(
    store: Store, number: int, *, validation: bool, size: int, margin: float, steps: int, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """One real sequence and one forged from it, of a still or of a run of frames.

    Args:
        store: The stills and runs.
        number: Which; the same number always gives the same sequences.
        validation: From which side of the split.
        size: Side of the crops in pixels.
        margin: As the network will be used.
        steps: Frames T.
        seed: Seed of everything.

    Returns:
        Crops uint8 ``(2, T, size, size, 3)``, real then forged, and bool ``(T,)``: which frames of
        the second are forged.
    """
    rng = np.random.default_rng((seed, 7, int(validation), number))
    rows = draw_run(store, rng, steps, validation=validation)
    if rows is not None:
        return _forged_run(store, rows, rng, size, margin)
    row = int(rng.choice(store.stills(validation=validation, synthetic=False)))
    view = draw_view(rng, margin, tight=store.tight(row))
    made = make_forgery(store, row, draw_canvas(rng, size, view), rng, 1.0)
    side = len(made.mask)
    layers = (made.real, made.background, made.source)
    weight = made.mask * np.float32(made.recipe.ratio)
    landmarks = made.landmarks
    field = draw_expression_shifts(rng, landmarks, str(rng.choice(["eyes", "mouth"])), side)
    motion, instability = draw_motion(rng, steps, side), draw_instability(rng, steps)
    both = _play(layers, weight, field, motion, instability)
    placed = [_place(landmarks, motion, step) for step in range(steps)]
    return _finish(both, placed, rng, view, size), instability.present


def play_run(
    store: Store,
    rows: NDArray[np.intp],
    canvas: Canvas,
    rng: np.random.Generator,
    instability: Instability,
) -> tuple[tuple[list[Pixels], list[Pixels]], list[NDArray[np.float32]]]:
    """All frames of a run as they are and forged, before they are damaged alike.

    Args:
        store: Where the frames are.
        rows: The frames, in order, intp ``(T,)``.
        canvas: What to make each on.
        rng: Source of chance.
        instability: How the forged region misbehaves.

    Returns:
        Real and forged pictures float32 ``(S, S, 3)``, 0..255, and each frame's landmarks in them,
        float32 ``(5, 2)``.
    """
    played: tuple[list[Pixels], list[Pixels]] = ([], [])
    landmarks, seen = [], deque[Forgery](maxlen=1 + instability.lag)
    still = np.zeros((canvas.size, canvas.size, 2), np.float32)
    for step, made in enumerate(forge_run(store, rows, canvas, rng, 1.0)):
        seen.append(made)
        late, forged = seen[0], made.real
        if instability.present[step]:
            weight = late.mask * np.float32(late.recipe.ratio)
            forged = _laid(made.background, late.source, weight, still, instability, step)
        for sequence, picture in zip(played, (made.real, forged), strict=True):
            sequence.append(picture)
        landmarks.append(made.landmarks)
    return played, landmarks


def _forged_run(
    store: Store, rows: NDArray[np.intp], rng: np.random.Generator, size: int, margin: float
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """What `make_sequences` gives, of a run."""
    view = draw_view(rng, margin)
    canvas, instability = draw_canvas(rng, size, view), draw_instability(rng, len(rows))
    both, landmarks = play_run(store, rows, canvas, rng, instability)
    return _finish(both, landmarks, rng, view, size), instability.present


def _finish(
    both: tuple[list[Pixels], list[Pixels]],
    landmarks: list[NDArray[np.float32]],
    rng: np.random.Generator,
    view: View,
    size: int,
) -> NDArray[np.uint8]:
    """Damage both sequences alike and cut them, uint8 ``(2, T, size, size, 3)``."""
    corruption, side = draw_corruption(rng, 1.0), len(both[0][0])
    crops = [
        [
            cut(picture, points, len(picture) / side, view, size)
            for picture, points in zip(corruption.sequence(pictures), landmarks, strict=True)
        ]
        for pictures in both
    ]
    return np.array(crops, np.uint8)


def write_sequences(
    store: Store,
    folder: Path,
    count: int,
    *,
    validation: bool,
    size: int,
    margin: float,
    steps: int,
    seed: int,
    workers: int = 0,
) -> None:
    """Make many sequences and keep them: `NAME.npy` uint8 ``(N, 2, T, S, S, 3)`` and their labels.

    Args:
        store: The stills.
        folder: Gets the files; those already there are kept.
        count: How many pairs of sequences.
        validation: From which side of the split.
        size: Side of the crops in pixels.
        margin: As the network will be used.
        steps: Frames T.
        seed: Seed of everything.
        workers: Processes that make them, 0 for none.

    Raises:
        OSError: The folder cannot be written.
    """
    crops_path, labels_path = sequence_files(folder, validation=validation)
    if labels_path.exists():
        return
    crops = reserved(crops_path, (count, 2, steps, size, size, 3))
    forged = np.zeros((count, 2, steps), np.bool_)
    make = partial(
        make_sequences,
        store,
        validation=validation,
        size=size,
        margin=margin,
        steps=steps,
        seed=seed,
    )
    title = f"{'held-out' if validation else 'training'} sequences"
    for number, made in enumerate(in_order(make, count, workers, title)):
        crops[number], forged[number, 1] = made
    crops.flush()
    np.save(labels_path, forged)


def sequence_files(folder: Path, *, validation: bool) -> tuple[Path, Path]:
    """Where the crops and the labels of one side of the split are kept."""
    name = "validation" if validation else "training"
    return folder / f"sequences-{name}.npy", folder / f"sequences-{name}-forged.npy"


def _play(
    layers: tuple[Pixels, Pixels, Pixels],
    mask: NDArray[np.float32],
    field: NDArray[np.float32],
    motion: Motion,
    instability: Instability,
) -> tuple[list[Pixels], list[Pixels]]:
    """All frames of the real and of the forged sequence."""
    real, background, source = layers
    size = real.shape[1::-1]
    played: tuple[list[Pixels], list[Pixels]] = ([], [])
    for step, placement in enumerate(motion.placements):
        late = max(0, step - instability.lag)
        here, there = (field * motion.expression[i] for i in (step, late))
        pictures = [displace(real, here), displace(real, here)]
        if instability.present[step]:
            behind = displace(background, here)
            pictures[1] = _laid(behind, source, mask, there, instability, step)
        for sequence, picture in zip(played, pictures, strict=True):
            warped = cv2.warpAffine(picture, placement, size, borderMode=cv2.BORDER_REFLECT_101)
            sequence.append(np.asarray(warped, dtype=np.float32))
    return played


def _laid(
    background: Pixels,
    source: Pixels,
    mask: NDArray[np.float32],
    there: NDArray[np.float32],
    instability: Instability,
    step: int,
) -> Pixels:
    """A frame with its forged region, displaced by `there` ``(S, S, 2)`` and as unstable as is."""
    moved = there + instability.shifts[step]
    weight = displace(mask, moved)
    layer = displace(source, moved) * instability.gain[step]
    return blend(background, layer, weight, float(instability.strength[step]))


def _place(landmarks: NDArray[np.float32], motion: Motion, step: int) -> NDArray[np.float32]:
    """Where the landmarks are found in a frame, float32 ``(5, 2)``."""
    matrix = motion.placements[step]
    placed = landmarks @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(placed + motion.errors[step], dtype=np.float32)
