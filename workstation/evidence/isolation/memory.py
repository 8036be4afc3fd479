"""Memory that this program and a worker share: named nowhere, so that nothing of it can be left.

There is a *board* of two numbers, which need no message, and there are *rooms*, which pictures are
put into. This program alone decides how large they are.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import secrets
import sys
import tempfile
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NOTHING = -1
_PAGE = mmap.ALLOCATIONGRANULARITY
_AT, _UNWANTED = 0, 1
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
_FREED_KEPT, _LARGEST_KEPT = 64 * 2**20, 32 * 2**20  # the latter is the most that glibc takes


@dataclass(frozen=True)
class Room:
    """Where a room lies.

    Attributes:
        offset: its first byte, in the memory that a descriptor stands for.
        size: bytes.
        key: its own name, where memory has no descriptor (Windows), else "".
    """

    offset: int
    size: int
    key: str = ""


class Board:
    """What both sides see at any moment."""

    def __init__(self, mapped: mmap.mmap) -> None:
        self._numbers = np.frombuffer(mapped, np.int64, 2)

    @property
    def at(self) -> int:
        """Which frame's data the worker is decoding, or `NOTHING`: known even when it dies."""
        return int(self._numbers[_AT])

    @at.setter
    def at(self, number: int) -> None:
        self._numbers[_AT] = number

    @property
    def unwanted(self) -> int:
        """The last request whose answer nobody waits for any more."""
        return int(self._numbers[_UNWANTED])

    @unwanted.setter
    def unwanted(self, request: int) -> None:
        self._numbers[_UNWANTED] = request


class SharedMemory:
    """The memory, as this program holds it.

    Attributes:
        descriptor: what a worker is given to map it; -1 where rooms go by their keys.
        first: the room of the board.
        board: what is on it.
    """

    def __init__(self) -> None:
        self._size = 0
        self.descriptor = -1 if sys.platform == "win32" else _nameless()
        self.first, mapped = self.make_room(_PAGE)
        self.board = Board(mapped)
        self.board.at = NOTHING

    def make_room(self, size: int) -> tuple[Room, mmap.mmap]:
        """Set aside memory beside what there is.

        Raises:
            OSError: there is not enough.
        """
        size = -(-size // _PAGE) * _PAGE
        if self.descriptor < 0:
            room = Room(0, size, f"workstation-{secrets.token_hex(16)}")
        else:
            room = Room(self._size, size)
            self._size += size
            os.ftruncate(self.descriptor, self._size)
        return room, map_room(self.descriptor, room)

    def close(self) -> None:
        """Let go of it: it ends with the last picture in use, and with the worker."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def map_room(descriptor: int, room: Room) -> mmap.mmap:
    """A room as memory of this process."""
    if sys.platform == "win32":
        return mmap.mmap(-1, room.size, tagname=room.key)
    return mmap.mmap(descriptor, room.size, offset=room.offset)


def pixels(mapped: mmap.mmap, offset: int, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """A picture in a room, uint8 (H, W, 3); it is the memory itself, not a copy."""
    count = shape[0] * shape[1] * shape[2]
    return np.frombuffer(mapped, np.uint8, count, offset).reshape(shape)


def lend(
    mapped: mmap.mmap, offset: int, shape: tuple[int, int, int], left: Callable[[], object]
) -> NDArray[np.uint8]:
    """A picture in a room, and word of when nobody holds it, or a part of it, any more.

    Args:
        mapped: the room.
        offset: where in it.
        shape: (H, W, 3).
        left: is called then, in whatever thread lets go last.
    """
    held = (ctypes.c_uint8 * (shape[0] * shape[1] * shape[2])).from_buffer(mapped, offset)
    weakref.finalize(held, left).atexit = False  # every view of the pixels holds `held`
    picture: NDArray[np.uint8] = np.frombuffer(memoryview(held), np.uint8).reshape(shape)
    return picture


def keep_what_is_freed() -> None:
    """Have this process keep memory that it lets go of, for the next picture.

    glibc otherwise hands it back and gets it anew for every frame, cleared page by page, which
    takes a third of the time of decoding. Other C libraries are left as they are.
    """
    if sys.platform == "linux":
        with suppress(AttributeError):
            mallopt = ctypes.CDLL(None).mallopt
            mallopt(_MMAP_THRESHOLD, _LARGEST_KEPT)
            mallopt(_TRIM_THRESHOLD, _FREED_KEPT)


def _nameless() -> int:
    """A descriptor of memory without a name, which no worker can shrink under our feet."""
    if sys.platform == "linux":
        import fcntl

        descriptor = os.memfd_create("workstation", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
        return descriptor
    with tempfile.TemporaryFile(prefix="workstation-") as file:
        return os.dup(file.fileno())
