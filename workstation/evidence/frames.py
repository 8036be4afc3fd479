"""Frames of an exhibit: in order for the analysis, at random for the player and the report."""

from collections import OrderedDict
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workstation.cases.records import FrameIndex, Stretch
from workstation.errors import DecodeError
from workstation.evidence.decoding import Decoder, Picture
from workstation.evidence.media import is_picture, read_picture, upright_rgb

CACHE_BYTES = 256 * 2**20


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


def read_frames(path: Path, index: FrameIndex, first: int, stop: int) -> Iterator[Frame | Stretch]:
    """Decode frames first..stop-1 in order.

    Every number in the range is covered exactly once, by a frame or by a stretch that says why it
    could not be decoded. No frame is repeated or takes another's place; damage that the decoder
    notices is not concealed, and what is built on a damaged frame counts as damaged, up to the
    next key frame. Altered data that still decodes cannot be told from sound data: that is what
    the acquisition hash is for.

    Args:
        path: the exhibit's copy.
        index: its frame index.
        first: number of the first frame.
        stop: number after the last frame.

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
    with closing(_open(path, index)) as source, closing(source.pictures(first)) as pictures:
        for picture in pictures:
            found = _convert(picture, float(times[picture.number]))
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
    """Any frame of an exhibit, for one thread.

    Stepping forward goes on decoding; stepping back is served from the frames last decoded, as far
    as the memory set aside for them reaches.

    Args:
        path: the exhibit's copy; opened for reading only.
        index: its frame index.
        cache_bytes: memory for decoded frames.

    Raises:
        ExhibitError: the file cannot be opened.
    """

    def __init__(self, path: Path, index: FrameIndex, cache_bytes: int = CACHE_BYTES) -> None:
        self._index = index
        self._times = index.times
        self._source = _open(path, index)
        self._pictures: Iterator[Picture] | None = None
        self._position = 0
        self._cache: OrderedDict[int, Picture] = OrderedDict()
        self._cache_bytes = cache_bytes

    def read(self, number: int) -> Frame:
        """Decode one frame.

        Raises:
            DecodeError: the frame could not be decoded; the sentence says why.
            ValueError: the index has no such frame.
        """
        if not 0 <= number < len(self._index):
            raise ValueError(f"frame {number} of {len(self._index)}")
        picture = self._cache.get(number) or self._decode(number)
        found = _convert(picture, float(self._times[number]))
        if isinstance(found, Stretch):
            raise DecodeError(f"Frame {number} could not be decoded: {found.reason}.")
        return found

    def close(self) -> None:
        """Close the file."""
        self._pictures = None
        self._cache.clear()
        self._source.close()

    def _decode(self, number: int) -> Picture:
        start = self._source.start_before(number) or 0
        if self._pictures is None or not (start <= self._position <= number):
            # Decoding begins at the key frame anyway; what it passes serves later steps back.
            self._pictures = self._source.pictures(start)
        for picture in self._pictures:
            self._position = picture.number + 1
            self._remember(picture)
            if picture.number == number:
                return picture
        raise AssertionError("the decoder ended before the index")

    def _remember(self, picture: Picture) -> None:
        self._cache[picture.number] = picture
        self._cache.move_to_end(picture.number)
        used = sum(_size(kept) for kept in self._cache.values())
        while used > self._cache_bytes and len(self._cache) > 1:
            used -= _size(self._cache.popitem(last=False)[1])


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

    def start_before(self, number: int) -> int | None:  # noqa: ARG002
        return None

    def pictures(self, first: int) -> Generator[Picture, None, None]:
        try:
            yield Picture(first, read_picture(self._path))
        except DecodeError as error:
            yield Picture(first, None, str(error).rstrip("."))

    def close(self) -> None:
        pass


def _open(path: Path, index: FrameIndex) -> Decoder | _Still:
    return _Still(path) if len(index) == 1 and is_picture(path) else Decoder(path, index)


def _convert(picture: Picture, time: float) -> Frame | Stretch:
    frame = picture.frame
    if frame is None:
        return Stretch(picture.number, picture.number, picture.reason)
    pixels = frame if isinstance(frame, np.ndarray) else upright_rgb(frame)
    return Frame(picture.number, time, pixels)
