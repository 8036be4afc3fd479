"""Stills without a leak: nobody, and no picture, on both sides of the split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.training.likeness import ALIKE_BITS, distances, face_hash
from models.training.loop.errors import TrainingError
from models.training.store import APART, NO_RUN, STORE_MARGIN, Store

HASHES = "hashes.npy"
FEWEST_PEOPLE = 4
"""On each side: a forgery's donor is another person than the one it is made from."""
_BLOCK = 64
_NOTHING = np.zeros((0, 4), np.uint64)


def sound_sides(
    store: Store,
    folder: Path,
    *,
    quiet: bool = False,
    recorded: NDArray[np.uint64] = _NOTHING,
) -> Store:
    """The store with sides that share neither a person nor a near-duplicate face.

    People of whom a still looks like a training person's still go to the training side: archives
    hold some photographs twice, under different names. So do people of recordings.

    Args:
        store: As packed.
        folder: Where its stills lie; keeps their hashes.
        quiet: Say nothing of it.
        recorded: `face_hash` of every eighth frame of each run, in order, uint64 ``(K, 4)``.

    Raises:
        TrainingError: A person is on both sides, or a side has too few people or lacks a class.
        OSError: The hashes cannot be written.
    """
    shared = np.intersect1d(store.identities[store.validation], store.identities[~store.validation])
    if len(shared):
        raise TrainingError(
            f"The store leaks: {len(shared)} people are on both sides of the split, among them "
            f"{shared[0]}. Delete {folder} and prepare it anew."
        )
    moved = people_alike(store, np.concatenate([_hashes(store, folder), recorded]))
    sides = store.validation & ~np.isin(store.identities, list(moved))
    if moved and not quiet:
        kinds = "stills and frames" if len(recorded) else "stills"
        print(
            f"{int(store.validation.sum() - sides.sum())} validation {kinds} of {len(moved)} "
            "people went to the training side: they show a near-duplicate of a training picture.",
            flush=True,
        )
    checked = replace(store, validation=sides)
    require_enough(checked)
    return checked


def people_alike(store: Store, hashes: NDArray[np.uint64]) -> set[str]:
    """Validation people of whom some still is a near-duplicate of a training still.

    Whoever looks like one of these counts too, until nobody is left to follow.

    Args:
        store: The stills, and runs.
        hashes: `face_hash` of each still and of every eighth frame of each run, uint64 ``(K, 4)``.
    """
    compared = np.flatnonzero(store.positions % APART == 0)
    identities, training = store.identities[compared], ~store.validation[compared]
    moved = set[str]()
    while True:
        rows = np.flatnonzero(~training)
        near = [rows[block] for block in _near(hashes[rows], hashes[training])]
        found = set(identities[np.concatenate(near)].tolist()) if near else set()
        if not found:
            return moved
        moved |= found
        training = training | np.isin(identities, list(found))


def require_enough(store: Store) -> None:
    """Refuse sides that cannot be trained and judged on.

    Raises:
        TrainingError: Says what is missing.
    """
    for validation, side in ((False, "training"), (True, "validation")):
        photographs = store.rows(validation=validation, synthetic=False)
        people = len(np.unique(store.identities[photographs]))
        if people < FEWEST_PEOPLE:
            raise TrainingError(
                f"The {side} side shows {people} people; at least {FEWEST_PEOPLE} are needed. Add "
                "stills of other people to the data and prepare anew."
            )
        if not len(store.rows(validation=validation, synthetic=True)):
            raise TrainingError(
                f"The {side} side holds no generated face. Add the archive of generated faces to "
                "the data and prepare anew."
            )


def _near(some: NDArray[np.uint64], others: NDArray[np.uint64]) -> Iterator[NDArray[np.intp]]:
    """Row numbers of those that are near-duplicates of one of the others."""
    for first in range(0, len(some), _BLOCK):
        nearest = distances(some[first : first + _BLOCK], others).min(axis=1, initial=256)
        rows = np.flatnonzero(nearest <= ALIKE_BITS)
        if len(rows):
            yield first + rows


def _hashes(store: Store, folder: Path) -> NDArray[np.uint64]:
    """A hash of every still, uint64 ``(N, 4)``; made once."""
    path, stills = folder / HASHES, np.flatnonzero(store.runs == NO_RUN)
    if path.exists():
        kept = np.load(path)
        if kept.shape == (len(stills), 4):
            return np.asarray(kept, np.uint64)
    made = np.stack([face_hash(np.asarray(store.crops[row]), STORE_MARGIN) for row in stills])
    np.save(path, made)
    return made
