"""A clip as a copy of its packets: nothing is decoded or encoded again, so nothing is lost."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.exports import Written, read_back, refuse, taken_back, writing
from workstation.cases.records import Exhibit, FrameIndex
from workstation.errors import ExhibitError
from workstation.evidence.media import open_video, said, video_stream

SUFFIXES = {"mov,mp4": ".mp4", "matroska": ".mkv", "mpegts": ".ts", "avi": ".avi"}
OTHER = ".mkv"
LEAD = Fraction(2)  # seconds before the first frame at which reading begins

Announce = Callable[[int, int], object]


@dataclass(frozen=True)
class ClipTaken:
    """A clip that was exported as a copy of packets.

    Attributes:
        file: the clip.
        first: number of the exhibit's frame that is the clip's first: the key frame at or before
            the one asked for.
        asked: first and last frame asked for.
        frames: frames in the clip, those before and behind the stretch asked for among them.
        packets: packets copied, of every stream.
        equal: packets that were read back from the clip with exactly the bytes of the exhibit.
        streams: kinds of streams copied, such as "video" and "audio".
    """

    file: Written
    first: int
    asked: tuple[int, int]
    frames: int
    packets: int
    equal: int
    streams: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What the clip is, and what it is not."""
        first, last = self.asked
        before = first - self.first
        lead = (
            f"It begins {before} frames earlier, with key frame {self.first}, because decoding can "
            "begin nowhere else. "
            if before
            else ""
        )
        same = (
            f"All {self.packets} packets are the exhibit's, byte for byte; only their timestamps "
            "were moved to begin at zero."
            if self.equal == self.packets
            else f"Only {self.equal} of {self.packets} packets could be read back unchanged: the "
            "container holds them in another form. Export the frames where every byte counts."
        )
        return f"Frames {first} to {last} as a copy of packets. {lead}{same}"


def clip_suffix(exhibit: Exhibit) -> str:
    """The suffix of the container that holds the exhibit's packets as they are."""
    name = str(exhibit.facts.get("format", ""))
    return next((suffix for start, suffix in SUFFIXES.items() if name.startswith(start)), OTHER)


def take_clip(
    case: Case,
    number: str,
    first: int,
    last: int,
    target: Path,
    *,
    overwrite: bool = False,
    announce: Announce | None = None,
) -> ClipTaken:
    """Export frames first..last (inclusive) as a copy of packets, and enter it in the log.

    Picture and sound are copied from the key frame at or before `first` on; behind `last` come a
    few more frames where the decoder needs them. The clip is read back and compared.

    Args:
        case: open for writing.
        number: the exhibit's.
        first: number of the first frame.
        last: number of the last frame.
        target: file to write; its suffix chooses the container (see `clip_suffix`).
        overwrite: whether the examiner agreed to replace a file that is there.
        announce: is told packets read and about how many there are; what it raises ends the export,
            and nothing of it is left.

    Raises:
        ExhibitError: there are no such frames, the exhibit cannot be read, tells no timestamps, or
            its packets do not fit into that container.
        WorkstationError: the place is taken, the case's own, or cannot be written.
    """
    exhibit, index = case.exhibits.get(number), case.exhibits.index(number)
    start = _start(exhibit, index, first, last)
    refuse(case, target, "The clip", overwrite=overwrite)
    path = case.folder / exhibit.stored_name
    with taken_back() as fresh:
        with writing(target, "The clip") as part:
            # FFmpeg chooses the container by the suffix, which the name of the part does not have.
            held = part.with_name(f"{part.name}{target.suffix}")
            try:
                copied = _copy(path, index, start, last, held, announce)
                equal = _compare(held, copied)
                held.replace(part)
            finally:
                held.unlink(missing_ok=True)
            found = read_back(part)
        fresh.append(target)
        written = Written(target, found.sha256, found.size)
        taken = ClipTaken(written, start, (first, last), *_counts(copied, equal))
        case.custody.append(
            Act.CLIP_EXPORTED,
            number,
            form="packets",
            first=first,
            last=last,
            from_key_frame=start,
            frames=taken.frames,
            packets=taken.packets,
            packets_equal=taken.equal,
            output=str(target),
            sha256=written.sha256,
        )
    return taken


@dataclass(frozen=True)
class _Copied:
    """Digests of the packets that were written, by stream in order, and what kind each is."""

    kinds: tuple[str, ...]
    digests: tuple[list[bytes], ...]


def _counts(copied: _Copied, equal: int) -> tuple[int, int, int, tuple[str, ...]]:
    video = copied.kinds.index("video")
    packets = sum(len(digests) for digests in copied.digests)
    return len(copied.digests[video]), packets, equal, copied.kinds


def _start(exhibit: Exhibit, index: FrameIndex, first: int, last: int) -> int:
    if not 0 <= first <= last < len(index):
        raise ExhibitError(
            f"The exhibit has frames 0 to {len(index) - 1}; {first} to {last} are not all among "
            "them. Choose others."
        )
    if exhibit.media_type != "video" or not index.timestamps:
        raise ExhibitError(
            f"{exhibit.number} does not tell when each of its packets is shown, so a stretch of it "
            "cannot be copied. Export the frames instead."
        )
    keys = np.flatnonzero(index.key[: first + 1])
    if not len(keys):
        raise ExhibitError(
            f"No key frame comes before frame {first}, so a copy could not be decoded. Export the "
            "frames instead."
        )
    return int(keys[-1])


def _copy(
    path: Path, index: FrameIndex, start: int, last: int, target: Path, announce: Announce | None
) -> _Copied:
    try:
        cut = _cut(path, index, start, last)
        with open_video(path) as source, av.open(str(target), "w") as out:
            video = video_stream(source)
            streams = [video, *(one for one in source.streams.audio if one.codec_context)]
            made = {one.index: out.add_stream_from_template(one) for one in streams}
            digests: dict[int, list[bytes]] = {one.index: [] for one in streams}
            for piece in _in_time(path, cut, [one.index for one in streams], announce):
                packet, by = piece.packet, round(cut.zero / piece.base)
                digests[piece.stream].append(hashlib.sha256(bytes(packet)).digest())
                packet.stream = made[piece.stream]
                packet.pts, packet.dts = packet.pts - by, packet.dts - by
                packet.time_base = piece.base
                out.mux(packet)
            kinds = tuple(one.type for one in streams)
    except (av.FFmpegError, ValueError) as error:
        raise ExhibitError(
            f"The packets cannot be copied into “{target.suffix}” ({said(error)}). Choose the "
            "exhibit's own container, or .mkv, or export the frames."
        ) from error
    return _Copied(kinds, tuple(digests.values()))


@dataclass(frozen=True)
class _Cut:
    """Which packets are copied, in seconds of the exhibit's own clock.

    Attributes:
        begin: when the first frame copied is shown.
        end: when the last frame asked for is shown.
        zero: what becomes zero in the copy.
        frames: how many lie between them.
    """

    begin: Fraction
    end: Fraction
    zero: Fraction
    frames: int


def _cut(path: Path, index: FrameIndex, start: int, last: int) -> _Cut:
    base = Fraction(*index.time_base)
    begin, end = int(index.pts[start]) * base, int(index.pts[last]) * base
    with open_video(path) as container:
        video = video_stream(container).index
    for packet in _packets(path, video, begin):
        if packet.key and packet.shown == begin:
            return _Cut(begin, end, min(packet.decoded, begin), last - start + 1)
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
            timed = (_piece(one) for one in _dated(container.demux(stream)))
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


def _in_time(
    path: Path, cut: _Cut, streams: list[int], announce: Announce | None
) -> Iterator[_Piece]:
    """Packets of the clip: the pictures', with the sound's between them where its time has come."""
    video, *sounds = streams
    heard = [piece for number in sounds for piece in _sound(path, number, cut)]
    waiting = deque(sorted(heard, key=lambda piece: piece.shown))
    for done, piece in enumerate(_pictures(path, video, cut), start=1):
        while waiting and waiting[0].shown <= piece.decoded:
            yield waiting.popleft()
        if announce is not None:
            announce(min(done, cut.frames), cut.frames)
        yield piece
    yield from waiting


def _pictures(path: Path, number: int, cut: _Cut) -> Iterator[_Piece]:
    """From the key frame to the last packet that the last frame may need."""
    began = False
    for piece in _packets(path, number, cut.begin):
        began = began or (piece.key and piece.shown == cut.begin)
        if began and piece.decoded > cut.end:
            return
        if began:
            yield piece


def _sound(path: Path, number: int, cut: _Cut) -> Iterator[_Piece]:
    for piece in _packets(path, number, cut.begin):
        if piece.shown > cut.end:
            return
        if piece.shown >= cut.begin:
            yield piece


def _compare(target: Path, copied: _Copied) -> int:
    """How many packets of the copy hold exactly the bytes that were to be copied."""
    with open_video(target) as container:
        found: dict[int, list[bytes]] = {one.index: [] for one in container.streams}
        for packet in container.demux():
            if packet.size and packet.stream is not None:
                found[packet.stream.index].append(hashlib.sha256(bytes(packet)).digest())
    return sum(
        one == another
        for wanted, there in zip(copied.digests, found.values(), strict=False)
        for one, another in zip(wanted, there, strict=False)
    )
