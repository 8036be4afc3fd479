"""What is being decoded at this moment, told to whoever watches over this process.

A worker installs its watch: it is then known which frame's data a decoder died of, and that frame
is refused to the next decoder. Without a watch nothing is told to anyone.
"""

import errno
from collections.abc import Iterator
from typing import Any, Protocol

import av

from workstation.evidence import check_sums


class Refused(Exception):  # noqa: N818
    """A packet that no decoder is given; the text says why."""


class Watch(Protocol):
    """Who watches."""

    def begin(self, number: int) -> None:
        """A decoder is about to be given the packet of frame `number`.

        Raises:
            Refused: it must not be.
        """

    def done(self) -> None:
        """The decoder has come back."""

    def alive(self) -> None:
        """Something has been read."""

    def out_of_memory(self) -> str:
        """Why there is no more memory."""


class _Nobody:
    def begin(self, number: int) -> None:
        pass

    def done(self) -> None:
        pass

    def alive(self) -> None:
        pass

    def out_of_memory(self) -> str:
        return "there is not enough memory for it"


_watch: Watch = _Nobody()


def install(watch: Watch) -> None:
    """Let this process be watched, for as long as it lives."""
    global _watch
    _watch = watch


def alive() -> None:
    """Say that something has been read: the time allowed begins anew."""
    _watch.alive()


def packets(container: Any, *streams: Any) -> Iterator[Any]:
    """The packets of a container's streams, as PyAV's `demux` gives them.

    Raises:
        av.FFmpegError: the container is damaged.
    """
    for packet in container.demux(*streams):
        _watch.alive()
        yield packet


def decode(packet: Any, number: int | None, *, checked: bool = True) -> list[Any]:
    """What a decoder makes of a packet.

    Args:
        packet: as PyAV gives it.
        number: which frame it belongs to, or which packet it is where frames are counted.
        checked: whether its own check sums are looked at. Where frames are counted they are not:
            what the decoder gives of a damaged packet has a number, and is not shown.

    Raises:
        av.FFmpegError: its data is damaged, as the decoder says or its own check sums do.
        Refused: a decoder died of it, or it needs too much memory.
    """
    if checked and disagrees(packet):
        raise av.InvalidDataError(errno.EINVAL, "a check sum in it does not agree")
    _watch.begin(-1 if number is None else number)
    try:
        frames: list[Any] = packet.decode()
    except MemoryError as error:
        raise Refused(_watch.out_of_memory()) from error
    finally:
        _watch.done()
    return frames


def disagrees(packet: Any) -> bool:
    """Whether a packet's own check sums, where it has any, say that it is damaged."""
    codec = packet.stream.codec_context
    if codec.name not in check_sums.CODECS or not packet.size:
        return False
    return check_sums.disagrees(codec.name, codec.extradata, bytes(packet))
