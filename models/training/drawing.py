"""Which real face, or which run of frames of one, a forgery is made from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.training.store import Store

RECORDED_SHARE = 0.35
"""How many of the real faces come from recordings, where there are enough people in them.

So many were tried once (docs/detector-log.md, section 5). The rest stay stills: recordings show
hundreds of people at most, and stills thousands.
"""
MOST_OF_ONE = 0.03
"""How many at most show one person of the recordings: a few people would be learnt by heart."""


def recorded_share(store: Store, *, validation: bool) -> float:
    """How many of the real faces of one side come from recordings, 0..1."""
    return min(RECORDED_SHARE, MOST_OF_ONE * len(store.recorded(validation=validation)))


def draw_photograph(store: Store, rng: np.random.Generator, *, validation: bool) -> int:
    """Draw a real face: a still, or a person of the recordings evenly and then a frame.

    Args:
        store: Where they are.
        rng: Source of chance.
        validation: From which side of the split.

    Returns:
        Its row of the store.
    """
    runs = _runs_of_one(store, rng, validation)
    rows = np.concatenate(runs) if runs else store.stills(validation=validation, synthetic=False)
    return int(rng.choice(rows))


def draw_run(
    store: Store, rng: np.random.Generator, steps: int, *, validation: bool
) -> NDArray[np.intp] | None:
    """Draw consecutive frames of a person of the recordings, or None where a still is to be moved.

    A run that is too short is gone through forth and back.

    Args:
        store: Where they are.
        rng: Source of chance.
        steps: Frames T.
        validation: From which side of the split.

    Returns:
        Rows of the store, intp ``(T,)``.
    """
    runs = _runs_of_one(store, rng, validation)
    if not runs:
        return None
    run = runs[int(rng.integers(len(runs)))]
    if len(run) >= steps:
        first = int(rng.integers(len(run) - steps + 1))
        return run[first : first + steps]
    there_and_back = np.concatenate([run, run[-2:0:-1]])
    places = int(rng.integers(len(there_and_back))) + np.arange(steps)
    return there_and_back[places % len(there_and_back)]


def _runs_of_one(
    store: Store, rng: np.random.Generator, validation: bool
) -> list[NDArray[np.intp]]:
    """The runs of one person, or none where a still is wanted.

    Without recordings nothing is drawn: everything then is as it would be if there were none.
    """
    people = store.recorded(validation=validation)
    if not people or rng.random() >= recorded_share(store, validation=validation):
        return []
    return people[int(rng.integers(len(people)))]
