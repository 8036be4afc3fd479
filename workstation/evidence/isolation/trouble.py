"""What is done about workers that die: how much of the exhibit each death costs."""

from __future__ import annotations

import numpy as np

from workstation.cases.records import FrameIndex
from workstation.evidence.isolation.remote import Died

MOST_DEATHS = 8  # of workers, before what was asked of them is given up


class Trouble:
    """The deaths that one task has met.

    The first is answered by decoding again on one thread, where it is known which frame's data
    killed the decoder; the next by leaving that frame out, so that only what is built on it is lost
    with it. Where that does not help, everything up to the next key frame is given up.

    Args:
        index: the exhibit's frame index.

    Attributes:
        careful: whether the next worker is to decode on one thread.
        refused: frames whose data no decoder is given any more, with the reason.
    """

    def __init__(self, index: FrameIndex) -> None:
        self.careful = False
        self.refused: dict[int, str] = {}
        self._keys = np.flatnonzero(index.key)
        self._count = len(index)
        self._deaths = 0
        self._ended_at = -1

    def over(self) -> None:
        """A frame was decoded: what comes later is other trouble."""
        self._deaths = 0

    def after(self, death: Died, number: int) -> int:
        """What to do when a worker has died.

        Args:
            death: why it did.
            number: the next frame that is wanted.

        Returns:
            The frame to go on with: `number`, to try again, or a later one.
        """
        self._deaths += 1
        if self._deaths > MOST_DEATHS:
            return self._count
        if death.outside and self._ended_at != number:
            self._ended_at = number  # once may be chance, twice at the same frame is none
            return number
        if not self.careful and self._count > 1:
            self.careful = True
            return number
        if 0 <= death.at < self._count and death.at not in self.refused and self._count > 1:
            self.refused[death.at] = death.reason
            return number
        after = np.searchsorted(self._keys, max(number, death.at), side="right")
        return int(self._keys[after]) if after < len(self._keys) else self._count
