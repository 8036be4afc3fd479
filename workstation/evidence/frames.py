"""Frames of an exhibit: in order for the analysis, at random for the player and the report.

Decoding is done by workers (`isolation`): a file made to crash, hang or bomb a decoder costs the
frames that it does so with, and nothing else.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from workstation.cases.records import FrameIndex, Stretch
from workstation.errors import DecodeError, ExhibitError
from workstation.evidence.isolation.messages import Message
from workstation.evidence.isolation.remote import Died, Unwanted, Worker
from workstation.evidence.isolation.trouble import Trouble
from workstation.evidence.reading import CACHE_BYTES, Frame, StaleError

__all__ = ["Frame", "FrameReader", "StaleError", "read_frames"]


def read_frames(
    path: Path,
    index: FrameIndex,
    first: int,
    stop: int,
    **options: Any,
) -> Iterator[Frame | Stretch]:
    """Decode frames first..stop-1 in order.

    Every number in the range is covered exactly once, by a frame or by a stretch that says why it
    could not be decoded. No frame is repeated or takes another's place; damage that the decoder
    notices is not concealed, and what is built on a damaged frame counts as damaged, up to the
    next key frame. Altered data that still decodes cannot be told from sound data: that is what
    the acquisition hash is for.

    Frames are decoded ahead while those before are looked at.

    Args:
        path: the exhibit's copy.
        index: its frame index.
        first: number of the first frame.
        stop: number after the last frame.
        options: as `reading.read_frames` takes them.

    Raises:
        ExhibitError: the file cannot be opened any more.
        ValueError: the range is not within the index.
    """
    if not 0 <= first <= stop <= len(index):
        raise ValueError(f"frames {first}..{stop - 1} of {len(index)}")
    lost: Stretch | None = None
    for item in _covered(path, index, first, stop, options):
        if isinstance(item, Stretch) and lost and lost.reason == item.reason:
            lost = Stretch(lost.first, item.last, lost.reason)
            continue
        if lost:
            yield lost
        lost = item if isinstance(item, Stretch) else None
        if isinstance(item, Frame):
            yield item
    if lost:
        yield lost


def _covered(
    path: Path, index: FrameIndex, first: int, stop: int, options: dict[str, Any]
) -> Iterator[Frame | Stretch]:
    times, trouble, number = index.times, Trouble(index), first
    while number < stop:
        more = {**options, "careful": True} if trouble.careful else options
        try:
            with closing(
                Worker(
                    "frames", path, index, trouble.refused, first=number, stop=stop, options=more
                )
            ) as worker:
                while number < stop:
                    message, _ = worker.answer()
                    if "lost" in message:
                        item = worker.stretch(message, number, stop)
                        yield item
                        number = item.last + 1
                    else:
                        pixels = worker.picture(message, number)
                        yield Frame(number, float(times[number]), pixels)
                        number += 1
        except Died as death:
            until = min(trouble.after(death, number), stop)
            if until > number:
                yield Stretch(number, until - 1, death.reason)
                number = until


class FrameReader:
    """Any frame of an exhibit, for one thread.

    Stepping forward goes on decoding; stepping back is served from the frames last decoded, as far
    as the memory set aside for them reaches. Where it is known which way it goes, further ones are
    decoded before they are asked for.

    Args:
        path: the exhibit's copy; opened for reading only.
        index: its frame index.
        cache_bytes: memory for decoded frames.
        threads: of the decoder at most; 0 for as many as there are processors.

    Raises:
        ExhibitError: the file cannot be opened.
    """

    def __init__(
        self, path: Path, index: FrameIndex, cache_bytes: int = CACHE_BYTES, *, threads: int = 0
    ) -> None:
        self._path, self._index = path, index
        self._cache_bytes, self._threads = cache_bytes, threads
        self._times = index.times
        self._trouble = Trouble(index)
        self._given_up: list[Stretch] = []
        self._worker: Worker | None = None
        self._request = 0
        self._looks, self._may_look = False, True  # whether it decodes what nobody asked for
        for _ in range(2):
            try:
                self._living()
                return
            except Died as death:
                reason = death.reason
        raise ExhibitError(f"“{path.name}” cannot be opened as media: {reason}.")

    def read(self, number: int, stale: Callable[[], bool] | None = None, way: int = 0) -> Frame:
        """Decode one frame.

        Args:
            number: of the frame.
            stale: asked now and then while the frame is waited for; once true, decoding stops where
                it is, to go on from there if what is wanted next lies ahead.
            way: what is likely to be wanted next, and is decoded meanwhile: frames after it (1),
                frames before it (-1), or neither (0).

        Raises:
            DecodeError: the frame could not be decoded; the sentence says why.
            StaleError: `stale` said so.
            ValueError: the index has no such frame.
        """
        if not 0 <= number < len(self._index):
            raise ValueError(f"frame {number} of {len(self._index)}")
        while True:
            looked, self._looks = self._looks, False
            for lost in self._given_up:
                if lost.first <= number <= lost.last:
                    raise DecodeError(f"Frame {number} could not be decoded: {lost.reason}.")
            try:
                frame = self._read(number, stale, way if self._may_look else 0)
            except Died as death:
                self._worker = None
                if looked:  # perhaps of a frame that nobody has asked for
                    self._may_look = death.outside
                    continue
                until = self._trouble.after(death, number)
                if until > number:
                    self._given_up.append(Stretch(number, until - 1, death.reason))
            else:
                self._trouble.over()
                self._looks = bool(way) and self._may_look
                return frame

    def close(self) -> None:
        """Close the file."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def _read(self, number: int, stale: Callable[[], bool] | None, way: int) -> Frame:
        self._request += 1
        message = self._asked({"read": number, "request": self._request, "way": way}, stale)
        if "stale" in message:
            raise StaleError
        pixels = self._living().picture(message, number)
        return Frame(number, float(self._times[number]), pixels)

    def _asked(self, request: Message, stale: Callable[[], bool] | None = None) -> Message:
        worker = self._living()
        worker.ask(request)
        try:
            return worker.answer(stale)[0]
        except Unwanted:
            worker.withdraw(self._request)
            return worker.answer()[0]

    def _living(self) -> Worker:
        if self._worker is None:
            worker = Worker(
                "reader",
                self._path,
                self._index,
                self._trouble.refused,
                cache_bytes=self._cache_bytes,
                careful=self._trouble.careful,
                threads=self._threads,
            )
            try:
                worker.answer()
            except BaseException:
                worker.close()
                raise
            self._worker = worker
        return self._worker
