"""Where shots begin, as the analysis noticed it on the way or a look of its own finds it.

They only help the eye to find its way, so they are kept in the case's cache: deleting that loses
nothing that a new look would not bring back.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.shots import is_cut, sketch
from workstation.cases.case import Case
from workstation.cases.records import Exhibit, Stretch
from workstation.evidence.frames import read_frames

PIECE = 500
"""Frames after which what a look has found so far is kept."""


def keep_cuts(case: Case, exhibit: Exhibit, first: int, stop: int, cuts: NDArray[np.int64]) -> None:
    """Keep what was found in frames first..stop-1, and of frame ``stop`` against the one before.

    Args:
        case: Open for writing.
        exhibit: Whose frames.
        first: First frame looked at.
        stop: Frame behind the last one.
        cuts: Frames with which a shot begins, int64 ``(C,)``.

    Raises:
        CaseError: The case is open for reading only, or the disk is full.
    """
    numbers = np.concatenate([np.array([stop], "<i8"), cuts.astype("<i8")])
    case.cache.put(_key(exhibit), first, numbers.tobytes())


def known_cuts(case: Case, exhibit: Exhibit) -> NDArray[np.int64] | None:
    """Frames with which a shot begins, or None unless every frame was looked at.

    Args:
        case: The case; where it is open for reading only, nothing is known.
        exhibit: Whose frames.
    """
    reached, found = 0, [np.zeros(0, np.int64)]
    for first, blob in case.cache.of_key(_key(exhibit)):
        if first > reached or len(blob) < 8 or len(blob) % 8:
            return None
        stop, *cuts = np.frombuffer(blob, "<i8").tolist()
        reached = max(reached, stop)
        found.append(np.array(cuts, np.int64))
    if reached < exhibit.frames:
        return None
    cuts = np.unique(np.concatenate(found))
    known: NDArray[np.int64] = cuts[(cuts > 0) & (cuts < exhibit.frames)]
    return known


def look_for_cuts(
    case: Case, number: str, announce: Callable[[int, int], object] | None = None
) -> NDArray[np.int64]:
    """Decode an exhibit once and find where its shots begin.

    Between two frames of which one cannot be decoded nothing is said.

    Args:
        case: Open for writing.
        number: The exhibit's.
        announce: Is told the number of frames looked at and their total; what it raises ends the
            look, and what was found until then is kept.

    Returns:
        Frames with which a shot begins, int64 ``(C,)``.

    Raises:
        ExhibitError: The file cannot be opened.
        CaseError: The case cannot be written.
    """
    exhibit = case.exhibits.get(number)
    index = case.exhibits.index(number)
    path = case.folder / exhibit.stored_name
    borders = [*range(0, len(index), PIECE), len(index)]
    for first, stop in pairwise(borders):
        if announce is not None:
            announce(first, len(index))
        before, cuts = None, []
        for item in read_frames(path, index, first, min(stop + 1, len(index))):
            now = None if isinstance(item, Stretch) else sketch(item.pixels)
            if before is not None and now is not None and is_cut(before, now):
                cuts.append(item.number if not isinstance(item, Stretch) else item.first)
            before = now
        keep_cuts(case, exhibit, first, stop, np.array(cuts, np.int64))
    found = known_cuts(case, exhibit)
    return np.zeros(0, np.int64) if found is None else found


def _key(exhibit: Exhibit) -> str:
    return f"cuts {exhibit.hashes.sha256}"
