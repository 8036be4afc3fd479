"""Which frames damage reaches, where they are counted in the order the decoder gives them."""

import math
from typing import Any

from av.codec.context import Flags

from workstation.evidence import pulse
from workstation.evidence.decoding_run import DAMAGED, DEPENDENT


class Trail:
    """What is known of damage, packet by packet, as they are given to one decoder.

    A decoder gives frames later than their packets, in another order. FFmpeg's hand a mark on from
    a packet to the frame that begins in it, so that damage stays with its own.

    Args:
        codec: PyAV's codec context of the stream, which is not open yet.
    """

    def __init__(self, codec: Any) -> None:
        codec.flags |= Flags.copy_opaque
        self._damaged: set[int] = set()
        self._first = math.inf  # of them, since what is built on nothing before it
        self._now = self._sound = 0

    def fed(self, packet: Any, following: Any, count: int) -> None:
        """A packet is about to be given to the decoder; it is the `count`-th."""
        packet.opaque = self._now = count
        if packet.is_corrupt or pulse.told_by(packet, following):
            self.failed()

    def failed(self) -> None:
        """The packet that was given last is damaged."""
        self._note(self._now)

    def fault_of(self, frame: Any) -> str:
        """Why a frame that the decoder gave is not shown; empty where it is sound."""
        mark = frame.opaque
        origin = mark if isinstance(mark, int) else self._now
        # The second of two fields may come in a packet of its own.
        own = range(origin, origin + 1 + bool(frame.interlaced_frame))
        if frame.is_corrupt:
            self._note(origin)
        if frame.key_frame and origin > self._sound:
            # What is shown from here on is built on nothing before it.
            self._sound = origin
            self._damaged = {one for one in self._damaged if one >= origin}
            self._first = min(self._damaged, default=math.inf)
        if not self._damaged.isdisjoint(own):
            return DAMAGED
        return DEPENDENT if self._first < origin else ""

    def _note(self, number: int) -> None:
        self._damaged.add(number)
        if number >= self._sound:
            self._first = min(self._first, number)
