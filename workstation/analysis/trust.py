"""How far a card lets a score be trusted: is the face like those of the training?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def measure(
    crop: NDArray[np.uint8], landmarks: NDArray[np.float32], card: Mapping[str, Any]
) -> NDArray[np.float32]:
    """Pose and picture of a face, float32 ``(7,)`` as in `models.domain.measure`.

    Args:
        crop: RGB, uint8 ``(S, S, 3)``, cut as the card says.
        landmarks: It was cut by these, float ``(5, 2)``, pixels of the frame.
        card: Plain JSON.

    Raises:
        ValueError: The landmarks are unusable.
    """
    from models.domain import measure as of_face

    return of_face(crop, landmarks, card["preprocessing"]["margin"])


def outside(measures: NDArray[np.float32], card: Mapping[str, Any]) -> NDArray[np.int16]:
    """Which training ranges faces lie outside of.

    Args:
        measures: float32 ``(N, 7)``, from `measure`.
        card: Plain JSON.

    Returns:
        int16 ``(N,)``, as `FaceTable.outside`; -1 throughout where the card states no ranges.
    """
    from models.domain import outside as of_ranges

    domain = card.get("domain")
    if domain is None:
        return np.full(len(measures), -1, np.int16)
    return of_ranges(measures, domain["ranges"])
