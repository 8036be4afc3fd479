"""A worker: opens one exhibit for one reader, and says what it finds.

It reads a request, gives up what it does not need for it (`confinement`), and answers. It trusts
this program and is not trusted by it.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import cv2

from workstation.evidence import pulse
from workstation.evidence.isolation import confinement
from workstation.evidence.isolation.desk import Desk, said
from workstation.evidence.isolation.messages import Channel, Message
from workstation.evidence.isolation.serving import SERVICES
from workstation.evidence.isolation.wire import index_received

cv2.setNumThreads(1)


def main(connection: socket.socket, descriptor: int) -> None:
    """Serve one request, and what follows from it, then return.

    Args:
        connection: to this program.
        descriptor: of the shared memory; -1 where it goes by keys.
    """
    channel = Channel(connection)
    try:
        request, data = channel.receive()
        desk = Desk(channel, descriptor, request)
        _answer(desk, Path(request["path"]), request, data)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    finally:
        channel.close()


def _answer(desk: Desk, path: Path, request: Message, data: bytearray) -> None:
    known = _identity(path)
    try:
        confined = confinement.confine(path, int(request["memory"]))
    except OSError as error:
        text = f"“{path.name}” cannot be opened: {error.strerror}."
        desk.say({"error": "ExhibitError", "text": text})
        return
    pulse.install(desk)
    desk.say({"confined": confined, "process": os.getpid()})
    index = index_received(request["index"], data) if request.get("index") else None
    try:
        SERVICES[request["do"]](desk, path, index, request)
    except BaseException as error:
        # Another file that has taken its place meanwhile is not the one this worker may open.
        exchanged = known is not None and _identity(path) != known
        desk.say({"exchanged": True} if exchanged else said(desk, error))


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file lies there, as device and number."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _connection(number: str) -> socket.socket:
    if sys.platform == "win32":
        return socket.fromshare(sys.stdin.buffer.read())
    return socket.socket(fileno=int(number))


if __name__ == "__main__":
    main(_connection(sys.argv[1]), int(sys.argv[2]))
