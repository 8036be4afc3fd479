"""Decoding from a key frame on, so that frame N is the picture with timestamp N or none at all."""

from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np

from workstation.cases.records import FrameIndex
from workstation.errors import ExhibitError
from workstation.evidence.media import open_video, said, video_stream

DAMAGED = "its data is damaged"
DEPENDENT = "it is built on a frame that could not be decoded"
ABSENT = "it is missing from the file"
NOT_GIVEN = "the decoder gave no picture for it"

# A decoder may hold back this many frames before it gives one (H.264 A.3.1: 16 at most).
_REORDER = 18
_EARLIER_STARTS = 3
_NEVER = (0, -(2**63))


@dataclass(frozen=True)
class Picture:
    """What became of a frame: a PyAV `VideoFrame`, or None with the reason."""

    number: int
    frame: Any
    reason: str = ""


class _AnomalyError(Exception):
    """Decoding with several threads met damage, which then cannot be assigned to a frame."""


class _StartError(Exception):
    """What is marked as a key frame cannot be decoded without what comes before."""


class Decoder:
    """One open media file, decoded from any frame on.

    Args:
        path: the media file; opened for reading only.
        index: its frame index.

    Raises:
        ExhibitError: the file cannot be opened as media.
    """

    def __init__(self, path: Path, index: FrameIndex) -> None:
        self._path = path
        self.index = index
        self._keys = np.flatnonzero(index.key)
        self._opened: Any = None
        self.container: Any = None
        self._reopen()

    def close(self) -> None:
        """Close the file; calling it again does nothing."""
        if self._opened is not None:
            self._opened.__exit__(None, None, None)
            self._opened = self.container = None

    def start_before(self, number: int, earlier: int = 0) -> int | None:
        """The key frame at or before a frame, or `earlier` ones before that; None: the start."""
        at = int(np.searchsorted(self._keys, number, side="right")) - 1 - earlier
        return int(self._keys[at]) if at > 0 else None

    def pictures(self, first: int) -> Generator[Picture, None, None]:
        """Every frame from `first` to the last, in order, without a gap.

        Frames come from several threads until damage is met; what it touches is then decoded again
        on one, where an error belongs to the packet that caused it.
        """
        if not self.index.timestamps:
            yield from self._counted(first)
            return
        number, careful, earlier = first, False, 0
        while number < len(self.index):
            start = self.start_before(number, earlier)
            run = _Run(self, start, number, careful)
            try:
                for picture in run.pictures():
                    if picture.reason == NOT_GIVEN and run.barren and start is not None:
                        earlier = self._yet_earlier(earlier)
                        break
                    yield picture
                    number, earlier = picture.number + 1, 0
                else:
                    return
            except _AnomalyError:
                careful = True
            except _StartError:
                earlier = self._yet_earlier(earlier)

    def _yet_earlier(self, earlier: int) -> int:
        """How many key frames further back to begin, at last from the start of the file."""
        return earlier + 1 if earlier < _EARLIER_STARTS else len(self._keys)

    def number_of(self, pts: int | None) -> int | None:
        """The number of the frame with a timestamp, or None."""
        if pts is None:
            return None
        number = int(np.searchsorted(self.index.pts, pts))
        return number if number < len(self.index) and self.index.pts[number] == pts else None

    def packets(self, start: int | None, *, careful: bool) -> Iterator[Any]:
        """Demux from a key frame on (at it, or earlier where the container cannot seek to it)."""
        while start is not None:
            stream = self._stream(careful)
            self._prime(stream)
            try:
                self.container.seek(int(self.index.pts[start]), stream=stream, backward=True)
                found = self._from_key(self.container.demux(stream))
            except av.FFmpegError:
                found = None
            if found is not None:
                head, rest = found
                number = self.number_of(head.pts)
                if number is not None and number <= start:
                    yield head
                    yield from rest
                    return
            start = self.start_before(start - 1)
        self._reopen()
        yield from self.container.demux(self._stream(careful))

    def _prime(self, stream: Any) -> None:
        """Let a new decoder see the first packet, before it begins elsewhere.

        x264 tells its version there only, and FFmpeg decodes 4:4:4 streams of versions before 151
        to wrong pictures unless it knows it.
        """
        if not stream.codec_context.is_open:
            for packet in self.container.demux(stream):
                with suppress(av.FFmpegError):
                    packet.decode()
                return

    def _from_key(self, packets: Iterator[Any]) -> tuple[Any, Iterator[Any]] | None:
        for packet in packets:
            if packet.is_keyframe and packet.size:
                return packet, packets
        return None

    def _stream(self, careful: bool) -> Any:
        stream = video_stream(self.container)
        wanted = "SLICE" if careful else "AUTO"
        if stream.codec_context.is_open and stream.thread_type.name != wanted:
            self._reopen()
            stream = video_stream(self.container)
        if not stream.codec_context.is_open:
            stream.thread_type = wanted
            # One thread: some decoders (dav1d) otherwise report an error frames too late.
            stream.codec_context.thread_count = 1 if careful else 0
        return stream

    def _reopen(self) -> None:
        self.close()
        self._opened = open_video(self._path)
        self.container = self._opened.__enter__()
        stream = video_stream(self.container)
        if stream is None:
            self.close()
            raise ExhibitError(f"“{self._path.name}” holds no video stream any more.")
        if stream.codec_context is None:
            self.close()
            raise ExhibitError(
                f"The video of “{self._path.name}” cannot be decoded: this program has no decoder "
                "for its codec. Obtain a version in another format beside the original."
            )

    def _counted(self, first: int) -> Iterator[Picture]:
        """Decode from the start and count, exactly as the frame index was counted."""
        self._reopen()
        number, broken = 0, False
        for packet in self.container.demux(self._stream(careful=True)):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                broken = True
                continue
            for frame in frames:
                broken = frame.is_corrupt or (broken and not frame.key_frame)
                if first <= number < len(self.index):
                    reason = DAMAGED if frame.is_corrupt else DEPENDENT
                    yield Picture(number, None, reason) if broken else Picture(number, frame)
                number += 1
        for absent in range(max(first, number), len(self.index)):
            yield Picture(absent, None, NOT_GIVEN)


@dataclass
class _Run:
    """One pass of the decoder from a key frame on.

    Frames wait until every frame that was decoded before them, and so may be part of them, is known
    to be sound: a frame built on a damaged one is not shown, however well it decodes.
    """

    decoder: Decoder
    start: int | None
    wanted: int
    careful: bool
    barren: bool = True
    _opening: bool = True
    _got: dict[int, Any] = field(default_factory=dict)
    _bad: dict[int, str] = field(default_factory=dict)
    _order: dict[int, int] = field(default_factory=dict)
    _expendable: set[int] = field(default_factory=set)
    _damage: list[tuple[int, int]] = field(default_factory=list)
    _keys: list[tuple[int, int]] = field(default_factory=list)
    _fed: int = 0
    _highest: int = -1
    _next: int = -1
    _delay: int = _REORDER

    def pictures(self) -> Iterator[Picture]:
        """Frames from `wanted` on, in order.

        Raises:
            _AnomalyError: damage was met while several threads were decoding.
        """
        for packet in self.decoder.packets(self.start, careful=self.careful):
            if self._next < 0:
                self._begin(packet)
            self._feed(packet)
            yield from self._ready(ended=False)
        if self._next < 0:
            self._next = self.wanted
        yield from self._ready(ended=True)

    def _begin(self, packet: Any) -> None:
        number = self.decoder.number_of(packet.pts)
        self._next = 0 if self.start is None or number is None else number
        self._delay += 0 if self.careful else packet.stream.codec_context.thread_count

    def _feed(self, packet: Any) -> None:
        number = self.decoder.number_of(packet.pts) if packet.size else None
        if packet.size:
            self._note(packet, number)
        try:
            frames = packet.decode()
        except av.FFmpegError as error:
            self._fault(number, f"{DAMAGED} ({said(error)})")
            return
        for frame in frames:
            shown = self.decoder.number_of(frame.pts)
            if shown is None or shown < self._next:
                continue
            if frame.is_corrupt:
                self._fault(shown, DAMAGED)
            else:
                self._got.setdefault(shown, frame if shown >= self.wanted else True)

    def _note(self, packet: Any, number: int | None) -> None:
        self._fed += 1
        if packet.is_keyframe and packet.pts is not None:
            self._keys.append((self._fed, packet.pts))
        if number is None or number < self._next:
            return
        self._order[number] = self._fed
        self._highest = max(self._highest, number)
        if packet.is_disposable:
            self._expendable.add(number)
        if packet.is_corrupt:
            self._fault(number, f"{DAMAGED} (it is cut off)")

    def _fault(self, number: int | None, reason: str) -> None:
        if number is None or number >= self._next:
            if not self.careful:
                raise _AnomalyError
            if number is not None:
                self._bad.setdefault(number, reason)

    def _ready(self, *, ended: bool) -> Iterator[Picture]:
        while self._next < len(self.decoder.index):
            number = self._next
            own = self._order.get(number, self._fed)
            before = [n for n, order in self._order.items() if order < own and n > number]
            if not all(self._settled(n, ended) for n in (number, *before)):
                return
            picture = self._judge(number, own, before)
            if picture.frame is None and self._opening and self.start is not None:
                raise _StartError
            if picture.frame is None and not self.careful:
                raise _AnomalyError
            self._opening = False
            self._forget(number, picture.frame is None, own)
            if number >= self.wanted:
                if picture.frame is not None:
                    self.barren = False
                yield picture

    def _settled(self, number: int, ended: bool) -> bool:
        if ended or number in self._got or number in self._bad:
            return True
        order = self._order.get(number)
        if order is None:
            return self._highest > number + self._delay
        return self._fed - order > self._delay

    def _judge(self, number: int, own: int, before: list[int]) -> Picture:
        if number in self._bad:
            return Picture(number, None, self._bad[number])
        if number not in self._order:
            return Picture(number, None, ABSENT)
        lost = self._damage + [
            (self._order[n], self._pts(n))
            for n in before
            if n not in self._expendable and (n in self._bad or n not in self._got)
        ]
        # What is shown after a key frame is built on nothing decoded, or shown, before that.
        pts = self._pts(number)
        sound = max((key for key in self._keys if key[0] <= own and key[1] <= pts), default=_NEVER)
        if any(sound[0] <= order < own and sound[1] <= shown for order, shown in lost):
            return Picture(number, None, DEPENDENT)
        if number not in self._got:
            return Picture(number, None, NOT_GIVEN)
        return Picture(number, self._got[number])

    def _forget(self, number: int, lost: bool, own: int) -> None:
        self._next = number + 1
        if lost and number not in self._expendable:
            self._damage.append((own, self._pts(number)))
        for store in (self._got, self._bad, self._order):
            store.pop(number, None)
        self._expendable.discard(number)
        if len(self._keys) > 4 * _REORDER:
            self._keys = self._keys[-2 * _REORDER :]
            self._damage = [lost for lost in self._damage if lost[0] >= self._keys[0][0]]

    def _pts(self, number: int) -> int:
        return int(self.decoder.index.pts[number])
