"""What became of every frame of a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workstation.cases.records import FaceTable, FrameState, Stretch

ORDER = (
    FrameState.NO_FACE,
    FrameState.UNSUITABLE,
    FrameState.SCORED,
    FrameState.UNDECODABLE,
    FrameState.NOT_ANALYSED,
)


def frame_states(
    frames: int, committed: int, faces: FaceTable, undecodable: Sequence[Stretch]
) -> NDArray[np.int8]:
    """The one state of each frame.

    Args:
        frames: Frames of the exhibit.
        committed: Frames 0..committed-1 have been analysed.
        faces: All faces of the run.
        undecodable: Frames that could not be decoded.

    Returns:
        Positions in `ORDER`, int8 ``(frames,)``.
    """
    states = np.full(frames, ORDER.index(FrameState.NO_FACE), np.int8)
    states[faces.frame] = ORDER.index(FrameState.UNSUITABLE)
    states[faces.frame[faces.scored]] = ORDER.index(FrameState.SCORED)
    for stretch in undecodable:
        states[stretch.first : stretch.last + 1] = ORDER.index(FrameState.UNDECODABLE)
    states[committed:] = ORDER.index(FrameState.NOT_ANALYSED)
    return states


def state_counts(states: NDArray[np.int8]) -> dict[str, int]:
    """How many frames are in each state; states nobody is in are left out.

    Args:
        states: From `frame_states`.
    """
    counts = np.bincount(states, minlength=len(ORDER)).tolist()
    return {str(state): count for state, count in zip(ORDER, counts, strict=True) if count}
