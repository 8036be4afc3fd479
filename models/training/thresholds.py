"""Where the inconclusive zone lies, from held-out material; never from the labelled clips."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from models.card import Decision

REAL_ABOVE = 0.02
FORGED_BELOW = 0.05
MINIMUM_FRAMES = 8


def choose_thresholds(real: NDArray[np.floating], forged: NDArray[np.floating]) -> Decision:
    """Put the zone where held-out tracks seldom fall on the wrong side of it.

    Args:
        real: Mean scores of real tracks, ``(N,)``.
        forged: Mean scores of forged tracks, ``(M,)``.

    Returns:
        `high`: a share of 0.02 of the real tracks lies above it. `low`: a share of 0.05 of the
        forged tracks lies below it. Where the two cross there is no zone left to be unsure in, and
        both become the point between them. Rounded outwards to the two decimals that are printed,
        so that no one reads another threshold than the one that was used.

    Raises:
        ValueError: One side is empty.
    """
    if len(real) == 0 or len(forged) == 0:
        raise ValueError("thresholds need tracks of both kinds")
    high = float(np.quantile(real, 1.0 - REAL_ABOVE))
    low = float(np.quantile(forged, FORGED_BELOW))
    if low > high:
        low = high = (low + high) / 2
    return Decision(
        low=math.floor(round(100 * low, 6)) / 100,
        high=math.ceil(round(100 * high, 6)) / 100,
        minimum_frames=MINIMUM_FRAMES,
        chosen=(
            f"On {len(real)} real and {len(forged)} forged simulated sequences of people held out "
            f"from training: at most {REAL_ABOVE:.0%} of the real ones score above the upper "
            f"threshold, at most {FORGED_BELOW:.0%} of the forged ones below the lower. Simulated "
            "sequences are not field recordings; see the findings on labelled clips."
        ),
    )
