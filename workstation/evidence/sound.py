"""The sound of an exhibit, placed on the time of its frames: for the player and the waveform.

It is decoded by workers, as frames are.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workstation.cases.records import FrameIndex
from workstation.errors import DecodeError
from workstation.evidence.hearing import (
    FASTEST,
    SLOWEST,
    NoSound,
    Samples,
    SoundFacts,
    end_of,
)
from workstation.evidence.isolation.messages import Garbled, Message
from workstation.evidence.isolation.remote import Died, Unwanted, Worker, again_from_outside
from workstation.evidence.isolation.wire import whole, words

__all__ = [
    "FASTEST",
    "SLOWEST",
    "NoSound",
    "Samples",
    "SoundFacts",
    "SoundReader",
    "end_of",
    "waveform",
]

_MOST_DEATHS = 8  # of workers, before the rest of the sound is given up
_PASSED_OVER = 1.0  # seconds of silence in place of what a worker died of
_FASTEST_RATE = 10**6


class SoundReader:
    """The sound of an exhibit from any moment on, for one thread.

    Args:
        path: the exhibit's copy; opened for reading only.
        index: its frame index; times count from its first frame.

    Attributes:
        facts: what is known of the sound.

    Raises:
        NoSound: there is no sound stream, or none that can be decoded.
        ExhibitError: the file cannot be opened.
    """

    def __init__(self, path: Path, index: FrameIndex) -> None:
        self._path, self._index = path, index
        self._worker: Worker | None = None
        self._stream = 0
        try:
            self._worker, self.facts = self._open()
        except Died as death:
            raise _silent(path, death) from death

    def close(self) -> None:
        """Close the file; calling it again does nothing."""
        self._stream += 1
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def samples(
        self, start: float, speed: float = 1.0, rate: int | None = None
    ) -> Iterator[Samples]:
        """Stereo from a moment to the end of the sound, without a gap.

        Where there is no sound, or it cannot be decoded, there is silence of the same length. What
        was begun before ends when another moment is asked for.

        Args:
            start: seconds since the first frame; the first sample given belongs there.
            speed: `SLOWEST` to `FASTEST`; the pitch stays as it is.
            rate: samples per second to give; as recorded where it is left out.

        Yields:
            float32 (N, 2), -1..1, left and right.

        Raises:
            ValueError: the speed is out of range.
        """
        if not SLOWEST <= speed <= FASTEST:
            raise ValueError(f"sound cannot be played at {speed} times its speed")
        self._stream += 1
        return self._samples(self._stream, start, speed, rate or self.facts.rate)

    def _samples(self, stream: int, start: float, speed: float, rate: int) -> Iterator[Samples]:
        done = deaths = 0
        while deaths < _MOST_DEATHS:
            moment = start + done / rate * speed
            try:
                for block in self._blocks(stream, moment, speed, rate):
                    yield block
                    done += len(block)
                return
            except Died:
                deaths, self._worker = deaths + 1, None
            silence = np.zeros((round(_PASSED_OVER * rate), 2), np.float32)
            yield silence
            done += len(silence)

    def _blocks(self, stream: int, start: float, speed: float, rate: int) -> Iterator[Samples]:
        if stream != self._stream:
            return
        if self._worker is None:
            self._worker, _ = self._open()
        worker = self._worker
        worker.ask({"start": start, "speed": speed, "rate": rate})
        while stream == self._stream:
            worker.ask({"next": True})
            message, data = worker.answer()
            if message.get("end"):
                return
            yield _block(data)

    def _open(self) -> tuple[Worker, SoundFacts]:
        return again_from_outside(self._opened)

    def _opened(self) -> tuple[Worker, SoundFacts]:
        worker = Worker("sound", self._path, self._index)
        try:
            return worker, _facts(worker.answer()[0])
        except Died:
            raise
        except Garbled as error:
            worker.close()
            raise _silent(self._path, error) from error
        except DecodeError as error:
            worker.close()
            raise NoSound(str(error)) from error
        except BaseException:
            worker.close()
            raise


def waveform(
    path: Path,
    index: FrameIndex,
    buckets: int,
    progress: Callable[[float], object] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> NDArray[np.float32]:
    """The least and the greatest sample in equal parts of the exhibit's time.

    Args:
        path: the exhibit's copy.
        index: its frame index.
        buckets: how many parts the time from 0 to `end_of(index)` is cut into.
        progress: is told now and then what share, 0..1, is done; nothing is decoded until it
            returns.
        cancelled: is asked often; once it says yes, everything stays NaN.

    Returns:
        float32 (buckets, 2), -1..1, over both channels; NaN where there is no sound.

    Raises:
        NoSound: there is no sound stream, or none that can be decoded.
        ExhibitError: the file cannot be opened.
        ValueError: there are no buckets.
    """
    if buckets < 1:
        raise ValueError(f"a waveform of {buckets} parts")
    try:
        return again_from_outside(lambda: _peaks(path, index, buckets, progress, cancelled))
    except Unwanted:
        return np.full((buckets, 2), np.nan, np.float32)
    except (Died, Garbled) as error:
        raise _silent(path, error) from error
    except DecodeError as error:
        raise NoSound(str(error)) from error


def _peaks(
    path: Path,
    index: FrameIndex,
    buckets: int,
    progress: Callable[[float], object] | None,
    cancelled: Callable[[], bool] | None,
) -> NDArray[np.float32]:
    with closing(Worker("waveform", path, index, buckets=buckets)) as worker:
        while True:
            message, data = worker.answer(cancelled)
            if "share" not in message:
                break
            if progress is not None:
                progress(min(max(_number(message["share"]), 0.0), 1.0))
            worker.ask({"next": True})
        peaks = _block(data, buckets)
    if progress is not None:
        progress(1.0)
    return peaks


def _silent(path: Path, error: Exception) -> NoSound:
    return NoSound(f"The sound of “{path.name}” cannot be decoded: {error}.")


def _facts(message: Message) -> SoundFacts:
    ends = message.get("ends")
    return SoundFacts(
        words(message.get("codec")),
        whole(message.get("rate"), 1, _FASTEST_RATE),
        _number(message.get("begins")),
        None if ends is None else _number(ends),
    )


def _block(data: bytearray, count: int | None = None) -> Samples:
    if len(data) % 8 or (count is not None and len(data) != 8 * count):
        raise Died("its samples are not whole")
    return np.frombuffer(data, "<f4").astype(np.float32, copy=False).reshape(-1, 2)


def _number(value: object) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise Garbled("what should be a number is none")
    return float(value)
