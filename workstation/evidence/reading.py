"""Frames read in this very process: what the child process of `frames` runs."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workstation.cases.records import FrameIndex, Stretch
from workstation.errors import DecodeError, WorkstationError
from workstation.evidence.decoding import Decoder
from workstation.evidence.decoding_run import Picture
from workstation.evidence.media import is_picture, read_picture, reduced, upright_rgb

CACHE_BYTES = 48 * 2**20
CACHE_FRAMES = 1024
BEFORE = 12  # frames before the one that is wanted that are kept, for stepping back at once
AFTER = 4  # frames decoded before they are asked for, where those after a frame come next


class StaleError(Exception):
    """The frame is not wanted any more."""


@dataclass(frozen=True)
class Frame:
    """One frame.

    Attributes:
        number: from 0, as in the frame index.
        time: seconds since the first frame.
        pixels: RGB, upright, uint8 (H, W, 3).
    """

    number: int
    time: float
    pixels: NDArray[np.uint8]


def read_frames(
    path: Path,
    index: FrameIndex,
    first: int,
    stop: int,
    *,
    careful: bool = False,
    within: tuple[int, int] | None = None,
    threads: int = 0,
) -> Iterator[Frame | Stretch]:
    """Decode frames first..stop-1 in order, with what `frames.read_frames` promises of them.

    Args:
        path: the exhibit's copy.
        index: its frame index.
        first: number of the first frame.
        stop: number after the last frame.
        careful: whether to decode on one thread, where it is known at once what causes trouble.
        within: width and height that pictures are reduced to fit, for previews.
        threads: of the decoder at most; 0 for as many as there are processors.

    Raises:
        ExhibitError: the file cannot be opened any more.
        ValueError: the range is not within the index.
    """
    if not 0 <= first <= stop <= len(index):
        raise ValueError(f"frames {first}..{stop - 1} of {len(index)}")
    if first == stop:
        return
    times = index.times
    lost: Stretch | None = None
    source = _open(path, index, careful, threads)
    with closing(source), closing(source.pictures(first)) as pictures:
        for picture in pictures:
            found = _convert(picture, float(times[picture.number]), within)
            if isinstance(found, Stretch):
                if lost and lost.reason == found.reason:
                    lost = Stretch(lost.first, found.last, lost.reason)
                else:
                    if lost:
                        yield lost
                    lost = found
            else:
                if lost:
                    yield lost
                    lost = None
                yield found
            if picture.number == stop - 1:
                break
    if lost:
        yield lost


class FrameReader:
    """Any frame of an exhibit: what the worker of `frames.FrameReader` runs.

    Args:
        path: the exhibit's copy; opened for reading only.
        index: its frame index.
        cache_bytes: memory for decoded frames.
        careful: whether to decode on one thread, where it is known at once what causes trouble.
        threads: of the decoder at most; 0 for as many as there are processors.

    Raises:
        ExhibitError: the file cannot be opened.
    """

    def __init__(
        self,
        path: Path,
        index: FrameIndex,
        cache_bytes: int = CACHE_BYTES,
        *,
        careful: bool = False,
        threads: int = 0,
    ) -> None:
        self._index = index
        self._times = index.times
        self._source = _open(path, index, careful, threads)
        self._pictures: Iterator[Picture] | None = None
        self._position = 0
        self._kept = _Kept(cache_bytes)
        self._filling: tuple[int, int] | None = None  # frames that `look_back` is decoding

    def read(
        self, number: int, stale: Callable[[], bool] | None = None, *, back: bool = False
    ) -> Frame:
        """Decode one frame.

        Args:
            number: of the frame.
            stale: asked now and then on the way to the frame; once true, decoding stops where it
                is, to go on from there if what is wanted next lies ahead.
            back: whether frames before it are wanted next: more of them are kept.

        Raises:
            DecodeError: the frame could not be decoded; the sentence says why.
            StaleError: `stale` said so.
            ValueError: the index has no such frame.
        """
        if not 0 <= number < len(self._index):
            raise ValueError(f"frame {number} of {len(self._index)}")
        picture = self._kept.get(number) or self._decode(number, stale, back)
        found = _convert(picture, float(self._times[number]))
        if isinstance(found, Stretch):
            raise DecodeError(f"Frame {number} could not be decoded: {found.reason}.")
        return found

    def look_on(self, number: int) -> bool:
        """Decode one of the frames soon after `number`; whether there is more to decode."""
        soon = number + min(AFTER, self._kept.room() // 4)
        if self._pictures is None or not number < self._position <= soon:
            return False
        picture = next(self._onward(), None)
        if picture is not None and picture.frame is not True:
            self._kept.add(picture, number)
        return picture is not None

    def look_back(self, number: int, most: int = 4) -> bool:
        """Decode some of the frames before those in memory, for going back smoothly.

        Half of the memory holds the frames just before `number`; the other half is filled with
        those before them, a few at a time, so that a request is never kept waiting for long.

        Args:
            number: the frame that is on screen.
            most: frames to decode in this call.

        Returns:
            Whether there is more to decode.
        """
        room = self._kept.room() // 2
        low = self._kept.begin_of(number)
        if low in (None, 0) or number - low >= room:
            return False
        if self._filling is None or self._filling[1] != low:
            self._filling = (max(low - room, 0), low)
            self._begin(self._filling[0])
        first = self._filling[0]
        for _, picture in zip(range(most), self._onward(), strict=False):
            if picture.number >= first and picture.frame is not True:
                self._kept.add(picture, number, backwards=True)
            if picture.number >= low - 1:
                self._filling = None
                break
        return True

    def close(self) -> None:
        """Close the file."""
        self._pictures = None
        self._kept.clear()
        self._source.close()

    def _decode(self, number: int, stale: Callable[[], bool] | None, back: bool) -> Picture:
        start, room = self._source.start_before(number) or 0, self._kept.room()
        nearby = max(number - (room // 2 if back else min(BEFORE, room // 4)), start)
        ahead = self._pictures is not None and start <= self._position <= number
        if ahead and self._source.wanted <= number:
            self._source.wanted = max(self._source.wanted, nearby)
        else:
            # Frames from elsewhere hold the decoder's buffers, which would grow with each seek.
            self._kept.clear()
            self._begin(nearby)
        self._filling = None
        for picture in self._onward():
            if picture.frame is not True:
                self._kept.add(picture, number)
            if picture.number == number:
                return picture
            if stale is not None and stale():
                raise StaleError
        raise AssertionError("the decoder ended before the index")

    def _begin(self, wanted: int) -> None:
        """Decode from the key frame before a frame on, passing by what comes before it."""
        self._position = self._source.start_before(wanted) or 0
        self._pictures = self._source.pictures(self._position, wanted)

    def _onward(self) -> Iterator[Picture]:
        while self._pictures is not None:
            try:
                picture = next(self._pictures, None)
            except WorkstationError:
                self._pictures = None  # begin anew when the next frame is wanted
                raise
            if picture is None:
                return
            self._position = picture.number + 1
            yield picture


class _Kept:
    """Decoded frames in memory, around the one that was asked for last."""

    def __init__(self, most_bytes: int) -> None:
        self._pictures: dict[int, Picture] = {}
        self._most_bytes, self._bytes = most_bytes, 0

    def get(self, number: int) -> Picture | None:
        return self._pictures.get(number)

    def clear(self) -> None:
        self._pictures.clear()
        self._bytes = 0

    def begin_of(self, number: int) -> int | None:
        """The first of the frames that lie in memory without a gap up to `number`."""
        if number not in self._pictures:
            return None
        while number - 1 in self._pictures:
            number -= 1
        return number

    def room(self) -> int:
        """How many frames of the size of those in memory fit."""
        each = self._bytes // max(len(self._pictures), 1)
        return min(self._most_bytes // max(each, 1), CACHE_FRAMES)

    def add(self, picture: Picture, wanted: int, *, backwards: bool = False) -> None:
        """Keep a frame, and let go of those least likely to be wanted after `wanted`."""
        self._forget(picture.number)
        self._pictures[picture.number] = picture
        self._bytes += _size(picture)
        while len(self._pictures) > 1 and (
            self._bytes > self._most_bytes or len(self._pictures) > CACHE_FRAMES
        ):
            low, high = min(self._pictures), max(self._pictures)
            above = high > wanted if backwards else high - wanted > wanted - low
            self._forget(high if above else low)

    def _forget(self, number: int) -> None:
        gone = self._pictures.pop(number, None)
        self._bytes -= _size(gone) if gone else 0


def _size(picture: Picture) -> int:
    frame = picture.frame
    if frame is None:
        return 0
    if isinstance(frame, np.ndarray):
        return frame.nbytes
    return sum(plane.buffer_size for plane in frame.planes)


class _Still:
    """A picture, seen as a video of one frame."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.wanted = 0

    def start_before(self, number: int) -> int | None:  # noqa: ARG002
        return None

    def pictures(
        self,
        first: int,
        wanted: int = 0,  # noqa: ARG002
    ) -> Generator[Picture, None, None]:
        try:
            yield Picture(first, read_picture(self._path))
        except DecodeError as error:
            yield Picture(first, None, str(error).rstrip("."))

    def close(self) -> None:
        pass


def _open(path: Path, index: FrameIndex, careful: bool, threads: int = 0) -> Decoder | _Still:
    if len(index) == 1 and is_picture(path):
        return _Still(path)
    return Decoder(path, index, threads, careful=careful)


def _convert(
    picture: Picture, time: float, within: tuple[int, int] | None = None
) -> Frame | Stretch:
    frame = picture.frame
    if frame is None:
        return Stretch(picture.number, picture.number, picture.reason)
    if isinstance(frame, np.ndarray):
        return Frame(picture.number, time, reduced(frame, within))
    return Frame(picture.number, time, upright_rgb(frame, within))
