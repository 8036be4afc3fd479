"""A worker as this program sees it: asked, listened to, watched, ended."""

from __future__ import annotations

import logging
import os
import signal
import socket
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from workstation.cases.records import FrameIndex, Stretch
from workstation.errors import DecodeError, ExhibitError
from workstation.evidence.isolation import launching
from workstation.evidence.isolation.memory import NOTHING, SharedMemory, lend, pixels
from workstation.evidence.isolation.messages import Channel, Garbled, Message
from workstation.evidence.isolation.wire import (
    MOST_PIXELS,
    SLOT_STEP,
    index_sent,
    whole,
    words,
)

PROCESSOR_SECONDS = 20.0  # of all its threads together, without a sign of life
WALL_SECONDS = 60.0  # the same, when it waits rather than works
LOOK_SECONDS = 1.0  # how often it is looked at meanwhile
_STALE_SECONDS = 0.004
RING_BYTES = 48 * 2**20  # set aside for frames decoded ahead
RING_SLOTS = (2, 8)  # at least and at most
KEPT_FREE = 3  # of them, for the worker

log = logging.getLogger(__name__)

_Given = TypeVar("_Given")


class Died(Exception):  # noqa: N818
    """A worker ended before it had answered.

    Attributes:
        reason: why, as part of a sentence.
        at: number of the frame whose data was being decoded, or `NOTHING`.
        outside: whether it was ended from outside, so that the file need not be at fault.
    """

    def __init__(self, reason: str, at: int = NOTHING, *, outside: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.at, self.outside = reason, at, outside


def again_from_outside(do: Callable[[], _Given]) -> _Given:
    """Do something once more where a worker did not end of the file, such as one exchanged then.

    Raises:
        Died: it did end of the file, or again.
    """
    try:
        return do()
    except Died as death:
        if not death.outside:
            raise
    return do()


class Unwanted(Exception):  # noqa: N818
    """Nobody waits for the answer any more."""


CRASHED = "the decoder crashed on it"
GARBLED = "the decoder gave an answer that makes no sense"
STOPPED = "the decoder was ended from outside"
EXCHANGED = "another file was put in its place meanwhile"


def memory_limit() -> int:
    """Bytes that one worker may set aside: 4 GB, or half of what a smaller machine has."""
    try:
        physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        physical = 8 * 2**30
    return max(2**30, min(4 * 2**30, physical // 2))


class Worker:
    """A process that has one exhibit open for one reader in one thread.

    Args:
        do: what it is to do, of `serving.SERVICES`.
        path: the exhibit's copy.
        index: its frame index, where the service needs it.
        refused: frames that no decoder must be given, with the reason.
        more: what belongs to the service.

    Raises:
        Died: it ended at once.
        OSError: no process can be begun.
    """

    def __init__(
        self,
        do: str,
        path: Path,
        index: FrameIndex | None = None,
        refused: Mapping[int, str] | None = None,
        **more: Any,
    ) -> None:
        ours, theirs = socket.socketpair()
        self._channel = Channel(ours)
        self._memory = SharedMemory()
        self._room: Any = None
        self._rooms = self._slots = self._step = self._lent = 0
        self._returned: deque[tuple[int, int]] = deque()  # room and slot, from any thread
        try:
            self._process = launching.begin(theirs, self._memory.descriptor)
        except OSError:
            self._channel.close()
            self._memory.close()
            raise
        self._end = weakref.finalize(self, _end, self._process, self._channel, self._memory)
        facts, data = (None, b"") if index is None else index_sent(index)
        first = self._memory.first
        request = {
            "do": do,
            "path": str(Path(path).absolute()),
            "board": [first.offset, first.size, first.key],
            "memory": memory_limit(),
            "refused": {str(number): why for number, why in (refused or {}).items()},
            "index": facts,
            **more,
        }
        try:
            self.ask(request, data)
            self.confined = tuple(words(one) for one in self.answer()[0].get("confined", ()))
        except BaseException:
            self.close()
            raise

    def ask(self, message: Mapping[str, Any], data: bytes = b"") -> None:
        """Send it something.

        Raises:
            Died: it is gone.
        """
        self._channel.patience(WALL_SECONDS)
        try:
            self._channel.send(message, data)
        except OSError as error:
            raise self._death() from error

    def withdraw(self, request: int) -> None:
        """Say that nobody waits for the answer to a request any more."""
        self._memory.board.unwanted = request

    def answer(self, stale: Callable[[], bool] | None = None) -> tuple[Message, bytearray]:
        """Wait for what it says next, for as long as it shows signs of life.

        Args:
            stale: is asked while waiting; once it says yes, `Unwanted` is raised.

        Raises:
            Died: it ended, or was ended because it hung or made no sense.
            OSError: the system does not let it read the file.
            WorkstationError: the file is at fault.
        """
        self._give_back()
        while True:
            self._wait(stale)
            message, data = self._received()
            if "exchanged" in message:
                self.close()
                raise Died(EXCHANGED, outside=True)
            if "error" in message:
                raise self._error(message)
            if "alive" not in message:
                return message, data

    def picture(self, message: Message, number: int) -> NDArray[np.uint8]:
        """The pixels of a frame that an answer speaks of.

        They lie where the worker put them, which is free again when nobody holds them any more;
        where many are held, they are a copy, so that the worker is never kept waiting.

        Args:
            message: the answer.
            number: the frame that it must be.

        Returns:
            RGB, uint8 (H, W, 3).

        Raises:
            Died: the answer makes no sense, or the worker is gone.
            DecodeError: the frame could not be decoded.
        """
        if "lost" in message:
            reason = self.stretch(message, number, number + 1).reason
            raise DecodeError(f"Frame {number} could not be decoded: {reason}.")
        try:
            whole(message.get("frame"), number, number)
            slot = whole(message.get("slot"), 0, self._slots - 1)
            height = whole(message.get("height"), 1, MOST_PIXELS)
            width = whole(message.get("width"), 1, MOST_PIXELS // height)
            if height * width * 3 > self._step:
                raise Garbled("a picture is larger than its place")
        except Garbled as error:
            raise self._senseless(error) from error
        return self._taken(slot, (height, width, 3))

    def _taken(self, slot: int, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
        self._lent += 1
        left = partial(self._returned.append, (self._rooms, slot))
        if self._lent > max(self._slots - KEPT_FREE, 1):
            found = pixels(self._room, slot * self._step, shape).copy()
            left()
        else:
            found = lend(self._room, slot * self._step, shape, left)
        self._give_back()
        return found

    def _give_back(self) -> None:
        """Let the worker use the slots of pictures that nobody holds any more."""
        with suppress(OSError):  # it may have ended after its last frame, with more to be read
            while self._returned:
                room, slot = self._returned.popleft()
                if room == self._rooms:
                    self._lent -= 1
                    self._channel.send({"free": slot})

    def stretch(self, message: Message, first: int, stop: int) -> Stretch:
        """The frames that an answer says are lost.

        Args:
            message: the answer.
            first: number of the first of them.
            stop: number after the last there may be.

        Raises:
            Died: the answer makes no sense.
        """
        try:
            begin, last, reason = message["lost"]
            whole(begin, first, first)
            return Stretch(first, whole(last, first, stop - 1), words(reason))
        except (Garbled, TypeError, ValueError) as error:
            raise self._senseless(error) from error

    def close(self) -> None:
        """End it; calling it again does nothing. What is forgotten is ended, too."""
        self._room = None
        self._end()

    def _received(self) -> tuple[Message, bytearray]:
        self._channel.patience(WALL_SECONDS)
        try:
            message, data = self._channel.receive()
            if "room" in message:
                self._make_room(whole(message["room"], 1, 3 * MOST_PIXELS))
                return {"alive": True}, bytearray()
        except (Garbled, TimeoutError) as error:
            raise self._senseless(error) from error
        except (EOFError, OSError) as error:
            raise self._death() from error
        return message, data

    def _make_room(self, size: int) -> None:
        self._step = -(-size // SLOT_STEP) * SLOT_STEP
        least, most = RING_SLOTS
        self._slots = max(least, min(most, RING_BYTES // self._step))
        self._rooms, self._lent = self._rooms + 1, 0
        room, self._room = self._memory.make_room(self._slots * self._step)
        self.ask({"room": [room.offset, room.size, room.key], "slots": self._slots})

    def _error(self, message: Message) -> Exception:
        """What a worker reports, as an exception; of a program's fault the file is suspected."""
        text = words(message.get("text", ""))
        if message["error"] == "OSError":
            return OSError(whole(message.get("number"), 0, 4096), text)
        known = {"ExhibitError": ExhibitError, "DecodeError": DecodeError, "NoSound": DecodeError}
        if message["error"] in known:
            return known[message["error"]](text)
        log.warning("a worker failed: %s: %s", text, words(message.get("trace", "")))
        return self._killed(text)

    def _wait(self, stale: Callable[[], bool] | None) -> None:
        """Until it says something; looks are counted, so that a sleeping machine costs nobody."""
        look = LOOK_SECONDS if stale is None else _STALE_SECONDS
        waited, looked, begun = 0.0, 0.0, None
        while not self._channel.waiting(look):
            if stale is not None and stale():
                raise Unwanted
            waited += look
            if waited - looked < LOOK_SECONDS:
                continue
            looked, used = waited, self._process.seconds_used()
            begun = used if begun is None else begun
            if used is not None and begun is not None and used - begun > PROCESSOR_SECONDS:
                raise self._killed(f"decoding it took longer than {PROCESSOR_SECONDS:.0f} s")
            if waited > WALL_SECONDS:
                raise self._killed(f"decoding it took longer than {WALL_SECONDS:.0f} s")

    def _senseless(self, error: Exception) -> Died:
        """It is not believed about what it was decoding, either."""
        log.warning("a worker made no sense: %s", error)
        self.close()
        return Died(GARBLED)

    def _killed(self, reason: str) -> Died:
        at = self._memory.board.at
        self.close()
        return Died(reason, at)

    def _death(self) -> Died:
        """Why it is gone."""
        status, at = self._process.ended(5.0), self._memory.board.at
        self.close()
        if status is None or status == -signal.SIGTERM:
            return Died(STOPPED, at, outside=True)
        if status == -signal.SIGKILL:
            return Died(
                "the system ended the decoder, perhaps for lack of memory", at, outside=True
            )
        if status == -getattr(signal, "SIGXCPU", 0):
            return Died("the decoder took too much of the processor's time", at)
        log.info("a worker ended with status %d", status)
        return Died(CRASHED, at)


def _end(process: launching.Process, channel: Channel, memory: SharedMemory) -> None:
    process.end()
    channel.close()
    memory.close()
