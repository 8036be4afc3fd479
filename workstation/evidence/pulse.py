"""What is being decoded at this moment, told to whoever watches over this process.

A worker installs its watch: it is then known which frame's data a decoder died of, and that frame
is refused to the next decoder. Without a watch nothing is told to anyone.
"""

from collections.abc import Iterator
from typing import Any, Protocol

from workstation.evidence import check_sums, nal_units


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


def decode(packet: Any, number: int | None, codec: Any = None) -> list[Any]:
    """What a decoder makes of a packet.

    Args:
        packet: as PyAV gives it; None for what a decoder other than the stream's still holds back.
        number: which frame it belongs to, or which packet it is where frames are counted.
        codec: a decoder other than the stream's.

    Raises:
        av.FFmpegError: its data is damaged, as the decoder says.
        Refused: a decoder died of it, or it needs too much memory.
    """
    _watch.begin(-1 if number is None else number)
    try:
        frames: list[Any] = packet.decode() if codec is None else codec.decode(packet)
    except MemoryError as error:
        raise Refused(_watch.out_of_memory()) from error
    finally:
        _watch.done()
    return frames


def told_by(packet: Any, following: Any = None, *, missing: bool = False) -> str:
    """What in a packet itself says that it is not what was written, and its decoder passes over.

    Args:
        packet: as PyAV gives it.
        following: the packet of the same stream that comes next, where there is one.
        missing: whether what lay between the two was left out, as it is damaged.

    Returns:
        Part of a sentence; empty where nothing does. What is decoded all the same has its number
        and its place among the others, but is not to be shown, nor what is built on it.
    """
    codec = packet.stream.codec_context
    name = codec.name
    if name in check_sums.CODECS and packet.size:
        wrong = check_sums.disagrees(name, codec.extradata, bytes(packet))
        return "a check sum in it does not agree" if wrong else ""
    if name not in nal_units.CODECS or not packet.size:
        return ""
    data = memoryview(packet)
    wrong = nal_units.is_overwritten(name, codec.extradata, data)
    if not wrong and not data[-1]:
        # Zeros at the end of a unit are nothing that is not allowed, unless they go on behind it.
        head = memoryview(following) if following is not None and following.size else b""
        wrong = missing or nal_units.runs_on(name, codec.extradata, data, head)
    return "it holds zeros that its codec's standard does not allow" if wrong else ""


def with_following(packets: Iterator[Any]) -> Iterator[tuple[Any, Any]]:
    """Each packet and the one after it, or None after the last."""
    before = next(packets, None)
    for packet in packets:
        yield before, packet
        before = packet
    if before is not None:
        yield before, None
