"""Packets copied from one container into another, in this very process: what `cut` workers run.

Nothing is decoded or encoded. What is written goes through a file object, since a worker can open
no file for writing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import Any, Protocol

import av

from workstation.cases.records import FrameIndex
from workstation.errors import ExhibitError
from workstation.evidence import pulse
from workstation.evidence.media import open_video, said, video_stream

MOST_SOUNDS = 48  # tracks; each is read on its own, and a worker has 64 files at most
LEAD = Fraction(2)  # seconds before the first frame at which reading begins
BUFFER = 2**20  # bytes written in one go

Announce = Callable[[float], object]


class Outlet(Protocol):
    """Where a copy is written to; `name` ends in the suffix that chooses the container."""

    name: str

    def write(self, data: bytes) -> int:
        """Write where the last write or seek ended."""

    def seek(self, place: int, whence: int = 0) -> int:
        """Go elsewhere, as in a file."""

    def tell(self) -> int:
        """Where the next write goes."""


@dataclass(frozen=True)
class Stream:
    """The packets of one stream.

    Attributes:
        kind: "video" or "audio", as FFmpeg calls it.
        digests: SHA-256 of each packet's bytes, in order, 32 bytes each.
    """

    kind: str
    digests: bytes


def copy_packets(
    path: Path, index: FrameIndex, start: int, last: int, out: Outlet, announce: Announce
) -> list[Stream]:
    """Copy the packets of frames start..last, and of the sound between, with times from zero.

    Args:
        path: the exhibit's copy.
        index: its frame index, with timestamps.
        start: number of a key frame.
        last: number of the last frame wanted.
        out: where to.
        announce: is told what share, 0..1, is done.

    Returns:
        What was copied, the pictures first.

    Raises:
        ExhibitError: the packets cannot all be found, or do not fit into that container.
    """
    try:
        cut = _cut(path, index, start, last)
        with (
            open_video(path) as source,
            av.open(out, "w", buffer_size=BUFFER) as container,
        ):
            return _copied(path, cut, source, container, announce)
    except (av.FFmpegError, ValueError) as error:
        suffix = Path(out.name).suffix
        raise ExhibitError(
            f"The packets cannot be copied into “{suffix}” ({said(error)}). Choose the exhibit's "
            "own container, or .mkv, or export the frames."
        ) from error


def packets_of(path: Path) -> list[Stream]:
    """Every packet of a file, by stream in the container's order.

    Raises:
        ExhibitError: it cannot be read.
    """
    try:
        with open_video(path) as container:
            kinds = {one.index: one.type for one in container.streams}
            found: dict[int, list[bytes]] = {number: [] for number in kinds}
            for packet in pulse.packets(container):
                if packet.size and packet.stream is not None:
                    found[packet.stream.index].append(_digest(packet))
    except av.FFmpegError as error:
        raise ExhibitError(f"The clip cannot be read back: {said(error)}.") from error
    return [Stream(kinds[number], b"".join(digests)) for number, digests in found.items()]


def _copied(path: Path, cut: _Cut, source: Any, container: Any, announce: Announce) -> list[Stream]:
    video = video_stream(source)
    streams = [video, *(one for one in source.streams.audio if one.codec_context)]
    if len(streams) > MOST_SOUNDS + 1:
        raise ExhibitError(
            f"“{path.name}” has {len(streams) - 1} sound tracks, and no more than {MOST_SOUNDS} "
            "can be copied at once. Export the frames instead."
        )
    made = {one.index: container.add_stream_from_template(one) for one in streams}
    digests: dict[int, list[bytes]] = {one.index: [] for one in streams}
    for piece in _in_time(path, cut, [one.index for one in streams], announce):
        packet, by = piece.packet, round(cut.zero / piece.base)
        digests[piece.stream].append(_digest(packet))
        packet.stream = made[piece.stream]
        packet.pts, packet.dts = packet.pts - by, packet.dts - by
        packet.time_base = piece.base
        container.mux(packet)
    return [Stream(one.type, b"".join(digests[one.index])) for one in streams]


def _digest(packet: Any) -> bytes:
    return hashlib.sha256(bytes(packet)).digest()


@dataclass(frozen=True)
class _Cut:
    """Which packets are copied, in seconds of the exhibit's own clock.

    Attributes:
        begin: when the first frame copied is shown.
        end: when the last frame asked for is shown.
        zero: what becomes zero in the copy.
        frames: timestamps of those that lie between them, as in the exhibit.
    """

    begin: Fraction
    end: Fraction
    zero: Fraction
    frames: frozenset[int]


def _cut(path: Path, index: FrameIndex, start: int, last: int) -> _Cut:
    base = Fraction(*index.time_base)
    begin, end = int(index.pts[start]) * base, int(index.pts[last]) * base
    with open_video(path) as container:
        video = video_stream(container).index
    for packet in _packets(path, video, begin):
        if packet.key and packet.shown == begin:
            frames = frozenset(index.pts[start : last + 1].tolist())
            return _Cut(begin, end, min(packet.decoded, begin), frames)
        if packet.decoded > begin:
            break
    raise ExhibitError(
        f"The container cannot be entered at key frame {start}. Export the frames instead."
    )


@dataclass(frozen=True)
class _Piece:
    """A packet, which outlives its container, with what it no longer tells then.

    Attributes:
        stream: number of its stream in the exhibit.
        base: seconds of one unit of its timestamps.
        shown: seconds at which it is shown or heard.
        decoded: seconds at which it is decoded.
    """

    packet: Any
    stream: int
    base: Fraction
    shown: Fraction
    decoded: Fraction

    @property
    def key(self) -> bool:
        """Whether decoding can begin with it."""
        return bool(self.packet.is_keyframe)


def _piece(packet: Any) -> _Piece:
    base = Fraction(packet.stream.time_base)
    return _Piece(packet, packet.stream.index, base, packet.pts * base, packet.dts * base)


def _packets(path: Path, number: int, begin: Fraction) -> Iterator[_Piece]:
    """Packets of one stream from a time on or earlier, each with both its timestamps."""
    for lead in (LEAD, 10 * LEAD, None):
        with open_video(path) as container:
            stream = container.streams[number]
            if lead is not None:
                with suppress(av.FFmpegError):
                    place = round((begin - lead) / stream.time_base)
                    container.seek(place, stream=stream, backward=True)
            timed = (_piece(one) for one in _dated(pulse.packets(container, stream)))
            first = next(timed, None)
            # Where a container enters too late, it is read from further back.
            if first is None or (first.decoded > begin and lead is not None):
                continue
            yield first
            yield from timed
            return


def _dated(packets: Iterator[Any]) -> Iterator[Any]:
    """Packets with both timestamps; Matroska does not tell when its first ones are decoded."""
    undated: list[Any] = []
    for packet in packets:
        if not packet.size or packet.pts is None:
            continue
        if packet.dts is None:
            undated.append(packet)
            continue
        for place, early in enumerate(undated):
            early.dts = packet.dts - (len(undated) - place) * (early.duration or 1)
            yield early
        undated = []
        yield packet


def _in_time(path: Path, cut: _Cut, streams: list[int], announce: Announce) -> Iterator[_Piece]:
    """Packets of the clip: the pictures', with the sound's between them where its time has come."""
    video, *sounds = streams
    heard = merge(*(_sound(path, number, cut) for number in sounds), key=lambda one: one.shown)
    waiting = next(heard, None)
    for done, piece in enumerate(_pictures(path, video, cut), start=1):
        while waiting is not None and waiting.shown <= piece.decoded:
            yield waiting
            waiting = next(heard, None)
        announce(min(done / len(cut.frames), 1.0))
        yield piece
    if waiting is not None:
        yield waiting
        yield from heard


def _pictures(path: Path, number: int, cut: _Cut) -> Iterator[_Piece]:
    """From the key frame to the last packet that the last frame may need."""
    began, missing = False, set(cut.frames)
    for piece in _packets(path, number, cut.begin):
        began = began or (piece.key and piece.shown == cut.begin)
        if began and piece.decoded > cut.end:
            break
        if began:
            missing.discard(piece.packet.pts)
            yield piece
    if missing:
        raise ExhibitError(
            f"Of the {len(cut.frames)} frames to be copied, {len(missing)} are not to be found in "
            f"“{path.name}”: it is cut off or damaged. Choose a stretch before them, or export the "
            "frames."
        )


def _sound(path: Path, number: int, cut: _Cut) -> Iterator[_Piece]:
    for piece in _packets(path, number, cut.begin):
        if piece.shown > cut.end:
            return
        if piece.shown >= cut.begin:
            yield piece
