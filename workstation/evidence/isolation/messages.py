"""Messages between this program and its workers: plain JSON and bytes, framed and bounded.

What a worker sends is evidence's word, not ours: nothing of it is unpickled, and every length is
checked before memory is set aside for it.
"""

import json
import select
import socket
import struct
from collections.abc import Mapping
from typing import Any

MOST_TEXT = 8 * 2**20  # bytes of JSON in one message; a container's metadata is the largest
MOST_BYTES = 64 * 2**20  # bytes beside it
_HEAD = struct.Struct("!II")

Message = dict[str, Any]


class Garbled(Exception):  # noqa: N818
    """What came is no message."""


class Channel:
    """One end of a connection.

    Args:
        connection: a connected stream socket; the channel owns it.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection

    def fileno(self) -> int:
        """The descriptor, for waiting on it."""
        return self._socket.fileno()

    def patience(self, seconds: float | None) -> None:
        """How long sending or receiving may stand still before it raises TimeoutError."""
        self._socket.settimeout(seconds)

    def waiting(self, seconds: float = 0.0) -> bool:
        """Whether something can be received, or the other end is gone, within some time."""
        return bool(select.select([self._socket], [], [], seconds)[0])

    def send(self, message: Mapping[str, Any], data: bytes | memoryview = b"") -> None:
        """Send a message.

        Raises:
            OSError: the other end is gone, or takes nothing.
            ValueError: it is too large, or holds what JSON cannot carry.
        """
        text = json.dumps(message, allow_nan=False).encode()
        view = memoryview(data).cast("B")
        if len(text) > MOST_TEXT or len(view) > MOST_BYTES:
            raise ValueError("a message is too large")
        self._socket.sendall(_HEAD.pack(len(text), len(view)) + text)
        if len(view):
            self._socket.sendall(view)

    def receive(self) -> tuple[Message, bytearray]:
        """Wait for a message.

        Returns:
            The message and the bytes beside it.

        Raises:
            EOFError: the other end is gone.
            Garbled: what came is no message.
            OSError: it stood still for longer than the channel is patient.
        """
        text_size, data_size = _HEAD.unpack(self._exactly(_HEAD.size))
        if text_size > MOST_TEXT or data_size > MOST_BYTES:
            raise Garbled("a message announces more than any message holds")
        text, data = self._exactly(text_size), self._exactly(data_size)
        try:
            message = json.loads(text, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise Garbled("a message is no JSON") from error
        if not isinstance(message, dict):
            raise Garbled("a message is no JSON object")
        return message, data

    def close(self) -> None:
        """Hang up; calling it again does nothing."""
        self._socket.close()

    def _exactly(self, size: int) -> bytearray:
        data = bytearray(size)
        view, got = memoryview(data), 0
        while got < size:
            count = self._socket.recv_into(view[got:])
            if not count:
                raise EOFError("the other end is gone")
            got += count
        return data


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
