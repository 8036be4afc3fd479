"""Runs of consecutive frames out of a video, decoded no further than needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

_UNSPECIFIED_COLOURS = 2
_FULL_RANGE_FORMATS = ("yuvj", "rgb", "bgr", "gbr", "gray", "pal", "mono")


@dataclass(frozen=True)
class Frame:
    """One frame: number from 0, seconds since the first frame, RGB uint8 ``(H, W, 3)``, upright."""

    number: int
    time: float
    pixels: NDArray[np.uint8]


@dataclass
class Damage:
    """What could not be decoded, gathered while runs are read."""

    frames: set[int] = field(default_factory=set)

    def __str__(self) -> str:
        return f"{len(self.frames)} frames could not be decoded"


def run_starts(frames: int, runs: int, length: int) -> list[int]:
    """Numbers of the first frames of runs spread evenly from the first frame to the last.

    Args:
        frames: Frames of the video.
        runs: At most so many; fewer where they would overlap.
        length: Frames of one run.
    """
    count = max(1, min(runs, frames // length))
    return [int(start) for start in np.linspace(0, max(0, frames - length), count)]


def read_runs(path: Path, runs: int, length: int, damage: Damage) -> Iterator[Frame]:
    """Decode runs of consecutive frames, one frame at a time.

    Frames are numbered in the order in which they are shown. Damage that the decoder notices is
    not concealed: such frames do not come, and are added to `damage`.

    Args:
        path: The video.
        runs: At most so many.
        length: Frames of one run; a shorter video is one run.
        damage: Gets the numbers of frames that could not be decoded, run by run.

    Yields:
        The frames of all runs, in order.

    Raises:
        av.FFmpegError: The file is no video, or is cut off so that it cannot be opened.
        OSError: The file cannot be read.
    """
    with closing(av.open(str(path), metadata_errors="replace")) as container:
        if not container.streams.video:
            raise av.InvalidDataError(0, "it has no picture", str(path))
        times, keys = _index(container, container.streams.video[0])
    if not times:
        raise av.InvalidDataError(0, "it has no frames", str(path))
    numbers = {time: number for number, time in enumerate(times)}
    with closing(av.open(str(path), metadata_errors="replace")) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        decoder = _Decoder(container, stream, keys)
        for start in run_starts(len(times), runs, length):
            missing = set(range(start, min(start + length, len(times))))
            for frame in decoder.between(times[start], times[max(missing)]):
                number = numbers.get(frame.pts, -1)
                if number in missing and not frame.is_corrupt:
                    missing.remove(number)
                    seconds = float((frame.pts - times[0]) * stream.time_base)
                    yield Frame(number, seconds, upright_rgb(frame))
            damage.frames.update(missing)


def _index(container: Any, stream: Any) -> tuple[list[int], list[int]]:
    """Presentation times of all frames in the order shown, and those of the key frames."""
    packets = [p for p in container.demux(stream) if p.size and p.pts is not None]
    shown = sorted({p.pts for p in packets if not p.is_discard})
    return shown, sorted({p.pts for p in packets if p.is_keyframe})


class _Decoder:
    """Goes forward through a video; seeks where a key frame lets it skip something."""

    def __init__(self, container: Any, stream: Any, keys: list[int]) -> None:
        self._container, self._stream, self._keys = container, stream, keys
        self._frames = self._decode()
        self._position: int | None = None

    def between(self, first: int, last: int) -> Iterator[Any]:
        """Frames with presentation times from `first` to `last`, where they decode."""
        before = [key for key in self._keys if key <= first]
        if before and (self._position is None or self._position < before[-1]):
            self._container.seek(before[-1], stream=self._stream, backward=True)
            self._frames = self._decode()
        for frame in self._frames:
            if frame.pts is None:
                continue
            self._position = frame.pts
            if frame.pts >= first:
                yield frame
            if frame.pts >= last:
                return

    def _decode(self) -> Iterator[Any]:
        for packet in self._container.demux(self._stream):
            try:
                yield from packet.decode()
            except av.InvalidDataError:
                continue


def upright_rgb(frame: Any) -> NDArray[np.uint8]:
    """RGB pixels of a decoded frame, turned as its display matrix says.

    As in the analysis: frames that do not say how their colours are coded are read as ITU-R
    BT.601, and as BT.709 when larger than standard definition.

    Args:
        frame: A PyAV `VideoFrame`.

    Returns:
        uint8 ``(H, W, 3)``, 0..255.
    """
    guess = (
        frame.colorspace == _UNSPECIFIED_COLOURS
        and (frame.width > 1024 or frame.height > 576)
        and not frame.format.name.startswith(_FULL_RANGE_FORMATS)
    )
    more = {"src_colorspace": "ITU709"} if guess else {}
    pixels = frame.to_ndarray(format="rgb24", **more)
    quarters = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, quarters), dtype=np.uint8)
