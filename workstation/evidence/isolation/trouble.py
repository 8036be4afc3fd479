"""What is done about workers that die: how much of the exhibit each death costs."""

from __future__ import annotations

import time

import numpy as np

from workstation.cases.records import FrameIndex
from workstation.errors import ExhibitError
from workstation.evidence.isolation.remote import Died

MOST_DEATHS = 8  # of workers, before what was asked of them is given up
MOST_ENDED, SAME = 8, 3  # from outside, at one frame; at the same data, before that is the reason
FIRST_WAIT, LONGEST_WAIT = 0.02, 1.0  # seconds


class Trouble:
    """The deaths that one task has met.

    The first is answered by decoding again on one thread, where it is known which frame's data
    killed the decoder; the next by leaving that frame out, so that only what is built on it is lost
    with it. Where that does not help, everything up to the next key frame is given up.

    A worker that is ended from outside costs no frame: it is begun again, the later the more often
    that happens without a frame in between. Only where the system ends it at the same frame's data
    three times in a row is that frame taken to be the reason.

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
        self._ended: list[int] = []  # what was decoded when a worker was ended from outside
        self._ended_before = -1  # and the frame that was wanted

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

        Raises:
            ExhibitError: workers are ended from outside again and again.
        """
        if death.outside and not self._same_frame_again(death, number):
            if len(self._ended) > MOST_ENDED:
                raise ExhibitError(
                    f"Something ends the processes that decode, at frame {number} {MOST_ENDED + 1} "
                    "times in a row, perhaps for lack of memory; the file need not be at fault. "
                    "Close other programs, then begin again."
                )
            time.sleep(min(FIRST_WAIT * 2 ** len(self._ended), LONGEST_WAIT))
            return number
        self._deaths += 1
        if self._deaths > MOST_DEATHS:
            return self._count
        if not self.careful and self._count > 1:
            self.careful = True
            return number
        if 0 <= death.at < self._count and death.at not in self.refused and self._count > 1:
            self.refused[death.at] = death.reason
            return number
        after = np.searchsorted(self._keys, max(number, death.at), side="right")
        return int(self._keys[after]) if after < len(self._keys) else self._count

    def _same_frame_again(self, death: Died, number: int) -> bool:
        """Whether the system ends workers whenever they decode the same frame's data."""
        if number != self._ended_before:
            self._ended, self._ended_before = [], number
        self._ended.append(death.at)
        last = self._ended[-SAME:]
        return death.at >= 0 and last == [death.at] * SAME
