"""Where a worker answers: its connection, its memory, and the watch over its decoding."""

from __future__ import annotations

import time
import traceback
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from workstation.errors import WorkstationError
from workstation.evidence import pulse
from workstation.evidence.isolation import confinement
from workstation.evidence.isolation.memory import NOTHING, Board, Room, map_room, pixels
from workstation.evidence.isolation.messages import Channel, Message
from workstation.evidence.isolation.wire import MOST_PIXELS, MOST_WORDS, SLOT_STEP
from workstation.evidence.reading import Frame

ALIVE_SECONDS = 0.5
SHARE_SECONDS = 0.1


class Desk:
    """Where a worker answers: its connection, its memory, and the watch over its decoding.

    Args:
        channel: to this program.
        descriptor: of the shared memory.
        request: the first message.
    """

    def __init__(self, channel: Channel, descriptor: int, request: Message) -> None:
        self.channel = channel
        self._descriptor = descriptor
        self.board = Board(map_room(descriptor, Room(*request["board"])))
        self._memory = int(request["memory"])
        self._refused = {int(number): why for number, why in request["refused"].items()}
        self._spoke = time.monotonic()
        self._slots: list[int] = []
        self._step = 0
        self._room: Any = None

    def begin(self, number: int) -> None:
        """Note which packet comes next (see `pulse.Watch`)."""
        if number in self._refused:
            raise pulse.Refused(self._refused[number])
        self.board.at = number

    def done(self) -> None:
        """Note that it has been decoded."""
        self.board.at = NOTHING

    def alive(self) -> None:
        """Say now and then that work goes on."""
        now = time.monotonic()
        if now - self._spoke > ALIVE_SECONDS:
            self.say({"alive": True})

    def share(self, done: float) -> bool:
        """Say now and then how much is done, 0..1; whether it was said this time."""
        said = time.monotonic() - self._spoke > SHARE_SECONDS
        if said:
            self.say({"share": done})
        return said

    def out_of_memory(self) -> str:
        """Why there is no more memory."""
        return f"decoding it needs more than {self._memory / 2**30:.0f} GB of memory"

    def say(self, message: Message, data: bytes | memoryview = b"") -> None:
        """Send an answer."""
        self._spoke = time.monotonic()
        confinement.renew_processor_time()
        self.channel.send(message, data)

    def show(self, frame: Frame) -> None:
        """Put a frame where this program sees it, as soon as there is room, and say so."""
        self._place(frame.number, frame.pixels)

    def freed(self, slot: int) -> None:
        """A picture has been taken from its slot."""
        self._slots.append(slot)

    def _place(self, number: int, picture: NDArray[np.uint8]) -> None:
        height, width = picture.shape[:2]
        if height * width > MOST_PIXELS:
            self.say({"lost": [number, number, f"it has {width} × {height} pixels"]})
            return
        if picture.nbytes > self._step:
            self._make_room(picture.nbytes)
        slot = self._free_slot()
        np.copyto(pixels(self._room, slot * self._step, picture.shape), picture)
        self.say({"frame": number, "slot": slot, "height": height, "width": width})

    def _make_room(self, size: int) -> None:
        self.say({"room": size})
        answer, _ = self.channel.receive()
        while "room" not in answer:  # slots of the room before come back first
            answer, _ = self.channel.receive()
        self._room = map_room(self._descriptor, Room(*answer["room"]))
        self._step = -(-size // SLOT_STEP) * SLOT_STEP
        self._slots = list(range(answer["slots"]))

    def _free_slot(self) -> int:
        while not self._slots or self.channel.waiting():
            answer, _ = self.channel.receive()
            self.freed(answer["free"])
        return self._slots.pop()  # the one used last, so that few are ever touched


def said(desk: Desk, error: BaseException) -> Message:
    """An exception as a message; of one that is not the world's fault, where it came from."""
    if isinstance(error, EOFError | BrokenPipeError | ConnectionResetError):
        raise error
    if isinstance(error, WorkstationError):
        return {"error": type(error).__name__, "text": str(error)[:MOST_WORDS]}
    if isinstance(error, pulse.Refused):
        return {"error": "DecodeError", "text": str(error)[:MOST_WORDS]}
    if isinstance(error, MemoryError):
        return {"error": "fault", "text": desk.out_of_memory()}
    if isinstance(error, OSError) and error.errno and not isinstance(error, av.FFmpegError):
        return {"error": "OSError", "number": error.errno, "text": str(error.strerror)}
    trace = "".join(traceback.format_exception(error))[-MOST_WORDS:]
    name = type(error).__name__
    return {"error": "fault", "text": f"this program failed on it ({name})", "trace": trace}
