"""Every frame of a run has exactly one state; this module says which."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workstation.cases.records import FaceTable, FrameState, Stretch

STATES = tuple(FrameState)


def frame_states(
    frames: int, committed: int, faces: FaceTable, undecodable: Sequence[Stretch]
) -> NDArray[np.int8]:
    """State of every frame.

    A frame with several faces counts as scored when at least one of them was.

    Args:
        frames: Frames of the exhibit.
        committed: Frames 0..committed-1 went through the analysis.
        faces: The run's faces.
        undecodable: The run's stretches that could not be decoded.

    Returns:
        int8 (frames,), indices into `STATES`.
    """
    states = np.full(frames, STATES.index(FrameState.NO_FACE), np.int8)
    unsuitable = faces.frame[~faces.scored]
    states[unsuitable[unsuitable < frames]] = STATES.index(FrameState.UNSUITABLE)
    scored = faces.frame[faces.scored]
    states[scored[scored < frames]] = STATES.index(FrameState.SCORED)
    for stretch in undecodable:
        states[stretch.first : stretch.last + 1] = STATES.index(FrameState.UNDECODABLE)
    states[committed:] = STATES.index(FrameState.NOT_ANALYSED)
    return states


def count_states(states: NDArray[np.int8]) -> dict[FrameState, int]:
    """Frames per state; the counts add up to the number of frames.

    Args:
        states: int8 (N,), indices into `STATES`.
    """
    counts = np.bincount(states, minlength=len(STATES))
    return {state: int(count) for state, count in zip(STATES, counts, strict=True)}
