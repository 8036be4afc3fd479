"""Decoding from a key frame on, so that frame N is the picture with timestamp N or none at all."""

from collections.abc import Generator, Iterator
from contextlib import suppress
from itertools import chain
from os import cpu_count
from pathlib import Path
from typing import Any

import av
import numpy as np

from workstation.cases.records import FrameIndex
from workstation.errors import ExhibitError
from workstation.evidence import hidden, pulse
from workstation.evidence.block_chain import BlockChain, chain_of
from workstation.evidence.decoding_run import (
    ABSENT,
    NOT_GIVEN,
    AnomalyError,
    Picture,
    Run,
    StartError,
)
from workstation.evidence.leaking import leaks
from workstation.evidence.media import open_video, said, video_stream
from workstation.evidence.trail import Trail

_EARLIER_STARTS = 3
_MOST_THREADS = 8
# Decoders seen to give the same of damaged recordings whatever the number of threads. HEVC's and
# VP8's notice little, and leave in a picture what their threads happen to find there.
_SAME_ON_THREADS = (
    *("h264", "vp9", "libdav1d", "av1", "mpeg4", "mpeg1video", "mpeg2video"),
    *("prores", "dnxhd", "ffv1"),
)
# At damage most decoders go on with whatever is there, unless they are told to give up.
_GIVE_UP = {"err_detect": "crccheck+explode"}
_MOST_DELAY = 15  # frames that FFmpeg's H.264 decoder can hold back


class Decoder:
    """One open media file, decoded from any frame on.

    Args:
        path: the media file; opened for reading only.
        index: its frame index.
        threads: of the decoder; 0 for as many as there are processors.
        careful: whether to decode on one thread from the first frame on.

    Attributes:
        index: the frame index.
        wanted: frames before this one are passed by: decoded only as far as others are built on
            them. While `pictures` is under way it may be raised.

    Raises:
        ExhibitError: the file cannot be opened as media.
    """

    def __init__(
        self, path: Path, index: FrameIndex, threads: int = 0, *, careful: bool = False
    ) -> None:
        self._path = path
        self._threads = threads or min((cpu_count() or 1) + 1, _MOST_THREADS)
        self._careful = careful
        self.index = index
        self.wanted = 0
        self.absent = ABSENT  # why frames that no packet came for have no picture
        self._keys = np.flatnonzero(index.key)
        self._opened: Any = None
        self._chain: BlockChain | None = None
        self.container: Any = None
        self._first_packet: tuple[Any, ...] | None = None
        self._single = careful
        self._tainted = False  # whether the decoder may hold some of a damaged frame
        self._first_leaks: bool | None = None
        self._run: Run | None = None
        self._reopen(careful)

    def close(self) -> None:
        """Close the file; calling it again does nothing."""
        if self._chain is not None:
            self._chain.close()
            self._chain = None
        if self._opened is not None:
            self._opened.__exit__(None, None, None)
            self._opened = self.container = None

    def start_before(self, number: int, earlier: int = 0) -> int | None:
        """The key frame at or before a frame, or `earlier` ones before that; None: the start."""
        at = int(np.searchsorted(self._keys, number, side="right")) - 1 - earlier
        return int(self._keys[at]) if at >= 0 and self._keys[at] > 0 else None

    def pictures(self, first: int, wanted: int = 0) -> Generator[Picture, None, None]:
        """Every frame from `first` to the last, in order, without a gap.

        Frames come from several threads until damage is met; what it touches is then decoded again
        on one, where an error belongs to the packet that caused it.

        Args:
            first: number of the first frame to give.
            wanted: frames before this one are only passed by.
        """
        self.wanted = max(first, wanted)
        if not self.index.timestamps:
            yield from self._counted(first)
            return
        number, careful, earlier = first, self._careful, 0
        while number < len(self.index):
            start = self.start_before(number, earlier)
            run = self._begin(Run(self, start, number, careful))
            try:
                for picture in run.pictures():
                    if run.tainted and not earlier and self._begins(picture, start):
                        break
                    if picture.reason == NOT_GIVEN and run.barren and start is not None:
                        earlier = self._yet_earlier(earlier)
                        break
                    yield picture
                    number, earlier = picture.number + 1, 0
                else:
                    return
            except AnomalyError:
                careful = True
            except StartError:
                earlier = self._yet_earlier(earlier)
            finally:
                self._end(run)

    def skipped(self, packet: Any) -> bool:
        """Whether what lay before a packet, or the end, was left out, as it is damaged."""
        return self._chain is not None and self._chain.breaks_at(packet)

    def _begin(self, run: Run) -> Run:
        if self._run is not None:
            self._end(self._run)
        self._run = run
        return run

    def _end(self, run: Run) -> None:
        if self._run is run and self.container is not None:
            run.let_go()
            self._run = None
        self._tainted = self._tainted or run.tainted

    def _begins(self, picture: Picture, start: int | None) -> bool:
        """Whether decoding can begin at a frame, other than where it began."""
        number = picture.number
        return picture.frame is not None and self.start_before(number) == number != start

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
        if self._chain is not None:
            self._chain.begin_anew()
        while start is not None:
            stream = self._stream(careful)
            self._prime(stream)
            try:
                self.container.seek(int(self.index.pts[start]), stream=stream, backward=True)
                found = self._from_key(pulse.packets(self.container, stream))
            except av.FFmpegError:
                found = None
            if found is not None:
                head, rest = found
                number = None if head.is_discard else self.number_of(head.pts)
                if number is not None and number <= start:
                    yield head
                    yield from self._to_the_end(rest)
                    return
            start = self.start_before(start - 1)
        yield from self._rewound(careful) or self._anew(careful)

    def _rewound(self, careful: bool) -> Iterator[Any] | None:
        """The packets from the first one on, in the file that is open, where it begins on a key.

        Opening it again costs as much as decoding some ten frames.
        """
        known = self._first_packet
        if careful or self._single or self._tainted or known is None or not self.index.key[0]:
            return None
        stream = video_stream(self.container)
        try:
            self.container.seek(int(self.index.pts[0]), stream=stream, backward=True)
            packets = pulse.packets(self.container, stream)
            first = next(packets, None)
        except av.FFmpegError:
            return None
        if first is None or _identity(first) != known:
            return None
        return chain([first], self._to_the_end(packets))

    def _anew(self, careful: bool) -> Iterator[Any]:
        """The packets from the first one on, of the file opened again."""
        self._reopen(careful)
        packets = self._demux(careful)
        for packet in packets:
            self._first_packet = _identity(packet)
            yield packet
            break
        yield from packets

    def _demux(self, careful: bool) -> Iterator[Any]:
        return self._to_the_end(pulse.packets(self.container, self._stream(careful)))

    def _to_the_end(self, packets: Iterator[Any]) -> Iterator[Any]:
        """Packets as far as the container can be read; what lies behind that is said to be lost."""
        try:
            yield from packets
        except av.FFmpegError as error:
            self.absent = f"the file cannot be read as far as this ({said(error)})"
            last = av.Packet()  # an empty one has the decoder give what it holds back
            last.stream = video_stream(self.container)
            yield last

    def _prime(self, stream: Any) -> None:
        """Let a new decoder see the first packet, before it begins elsewhere.

        x264 tells its version there only, and FFmpeg decodes 4:4:4 streams of versions before 151
        to wrong pictures unless it knows it.
        """
        if stream.codec_context.is_open or self._first_leaks:
            return
        for packet in self._to_the_end(pulse.packets(self.container, stream)):
            number = self.number_of(packet.pts)
            with suppress(av.FFmpegError, pulse.Refused):
                if self._first_leaks is None:
                    self._first_leaks = leaks(packet, number)
                if not self._first_leaks:
                    pulse.decode(packet, number)
            return

    def _from_key(self, packets: Iterator[Any]) -> tuple[Any, Iterator[Any]] | None:
        for packet in packets:
            if packet.is_keyframe and packet.size:
                return packet, packets
        return None

    def _stream(self, careful: bool) -> Any:
        if careful != self._single or self._tainted:
            self._reopen(careful)
        return video_stream(self.container)

    def _reopen(self, careful: bool) -> None:
        self.close()
        self._opened = open_video(self._path)
        self.container = self._opened.__enter__()
        self._chain = chain_of(self.container, self._path)
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
        self._single, self._tainted = careful, False
        stream.thread_type = "SLICE" if careful else "AUTO"
        # One thread: some decoders (dav1d) otherwise report an error frames too late.
        _prepare(stream.codec_context, 1 if careful else self._threads)

    def _counted(self, first: int) -> Iterator[Picture]:
        """Decode from the start and count, exactly as the frame index was counted."""
        self._reopen(careful=True)
        number, reason = 0, NOT_GIVEN
        trail = Trail(video_stream(self.container).codec_context)
        packets = hidden.in_parts(pulse.with_following(self._demux(careful=True)))
        for count, (given, following) in enumerate(packets):
            packet = hidden.revealed(given, count)
            trail.fed(packet, following, count)
            try:
                frames = pulse.decode(packet, count)
            except av.FFmpegError:
                trail.failed()
                continue
            except pulse.Refused as refusal:
                reason = str(refusal)  # what comes behind it can no longer be counted
                break
            for frame in frames:
                fault = trail.fault_of(frame)
                if hidden.order_of(frame) is not None:
                    continue
                if first <= number < len(self.index):
                    yield Picture(number, None if fault else frame, fault)
                number += 1
        for absent in range(max(first, number), len(self.index)):
            yield Picture(absent, None, reason)


def _identity(packet: Any) -> tuple[Any, ...]:
    """What tells a packet of a file from the others."""
    return packet.pos, packet.pts, packet.dts, packet.size


def _prepare(codec: Any, threads: int) -> None:
    """Have a decoder tell of all the damage that it notices, whatever its threads are doing."""
    if codec.name == "h264":
        # It says of each picture whether it is whole, and would lose more than that picture if it
        # gave up. But a thread that hands out the picture of another says what is known of it at
        # that moment; so pictures are held back until the threads they came from are done.
        threads = max(min(threads, _MOST_DELAY - codec.reorder_depth), 1)
        codec.reorder_depth += threads if threads > 1 else 0
    else:
        codec.options = _GIVE_UP
    codec.thread_count = threads if codec.name in _SAME_ON_THREADS else 1
