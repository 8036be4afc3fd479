"""Sound heard in this very process: what the workers of `sound` run."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from workstation.cases.records import FrameIndex
from workstation.errors import DecodeError
from workstation.evidence import pulse
from workstation.evidence.media import open_video, said

SLACK = 0.02  # seconds by which timestamps may stray before silence is put in or samples left out
RUN_UP = 0.1  # seconds decoded before the first sample wanted: codecs build on what came before
SLOWEST, FASTEST = 0.5, 2.0  # speeds at which sound can be stretched and still be understood
_BATCH = 48000  # samples that are looked at in one go for the waveform
_PACKETS_TRIED = 100  # before it is said that the sound cannot be decoded

Samples = NDArray[np.float32]


class NoSound(DecodeError):  # noqa: N818
    """The exhibit has no sound, or none that can be decoded; the sentence says which."""


@dataclass(frozen=True)
class SoundFacts:
    """What is known of an exhibit's sound.

    Attributes:
        codec: FFmpeg's name of the codec.
        rate: samples per second.
        begins: seconds from the first frame to the first sample; below 0 where sound comes first.
        ends: seconds from the first frame to the last sample; None where the file does not say.
    """

    codec: str
    rate: int
    begins: float
    ends: float | None


def end_of(index: FrameIndex) -> float:
    """Seconds from the first frame to the end of the last, taken to last as long as the mean."""
    if not len(index):
        return 0.0
    return float(index.times[-1]) + (1 / index.average_rate if index.average_rate > 0 else 0.0)


class SoundReader:
    """The sound of an exhibit from any moment on, for one thread.

    Args:
        path: the exhibit's copy; opened for reading only.
        index: its frame index; times count from its first frame.

    Raises:
        NoSound: there is no sound stream, or none that can be decoded.
        ExhibitError: the file cannot be opened.
    """

    def __init__(self, path: Path, index: FrameIndex) -> None:
        self._path = path
        exact = index.timestamps and len(index)
        unit = index.time_base[0] / index.time_base[1]
        self._origin = float(index.pts[0]) * unit if exact else 0.0
        self._opened: Any = None
        self._container: Any = None
        self._stream: Any = None
        self._resamplers: dict[tuple[str, str, int], Any] = {}
        self._open()
        try:
            self.facts = self._facts(self._rate())
        except NoSound:
            self.close()
            raise

    def close(self) -> None:
        """Close the file; calling it again does nothing."""
        if self._opened is not None:
            self._opened.__exit__(None, None, None)
            self._opened = self._container = self._stream = None

    def samples(
        self, start: float, speed: float = 1.0, rate: int | None = None
    ) -> Iterator[Samples]:
        """Stereo from a moment to the end of the sound, without a gap.

        Where there is no sound, or it cannot be decoded, there is silence of the same length.

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
        rate = rate or self.facts.rate
        placed = self._placed(start)
        if speed == 1.0 and rate == self.facts.rate:
            yield from placed
        else:
            yield from _stretched(placed, self.facts.rate, speed, rate)

    def _placed(self, start: float) -> Iterator[Samples]:
        rate, done, slack = self.facts.rate, 0, round(SLACK * self.facts.rate)
        for seconds, block in self._decoded(start):
            at = done if seconds is None else round((seconds - start) * rate)
            if abs(at - done) <= slack and done > 0:
                at = done
            while at > done:
                silence = np.zeros((min(at - done, rate), 2), np.float32)
                done += len(silence)
                yield silence
            block = block[done - at :]
            if len(block):
                yield block
                done += len(block)

    def _decoded(self, start: float) -> Iterator[tuple[float | None, Samples]]:
        """Blocks with the frame time of their first sample, None where they do not say."""
        first = True
        for packet in self._packets(start):
            try:
                frames = pulse.decode(packet, None)
            except (av.FFmpegError, pulse.Refused):
                continue  # the next timestamp leaves silence in its place
            for frame in frames:
                seconds = None if frame.pts is None else float(frame.pts * frame.time_base)
                seconds = None if seconds is None else seconds - self._origin
                if first and start > 0 and seconds is not None and seconds > start + RUN_UP:
                    yield from self._from_the_beginning()
                    return
                first = False
                yield seconds, self._stereo(frame)

    def _packets(self, start: float) -> Iterator[Any]:
        moment = start + self._origin - RUN_UP
        try:
            target = int(moment / self._stream.time_base)
            self._container.seek(target, stream=self._stream, backward=True)
        except av.FFmpegError:
            self._open()
        with suppress(av.FFmpegError):  # what cannot be read is silent, like what is not there
            yield from pulse.packets(self._container, self._stream)

    def _from_the_beginning(self) -> Iterator[tuple[float | None, Samples]]:
        """For containers that seek too far: what comes before the moment wanted is left out."""
        self._open()
        yield from self._decoded(0.0)

    def _stereo(self, frame: Any) -> Samples:
        # FFmpeg makes mono quieter as it makes it stereo: the waveform would not be the sound's.
        layout = "mono" if frame.layout.nb_channels == 1 else "stereo"
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if kind == ("fltp", layout, self.facts.rate):
            parts = [frame.to_ndarray()]
        else:
            if kind not in self._resamplers:
                self._resamplers[kind] = av.AudioResampler("fltp", layout, self.facts.rate)
            frame.pts = None  # one resampler serves every place in the file
            parts = [part.to_ndarray() for part in self._resamplers[kind].resample(frame)]
        channels = np.concatenate(parts, axis=1) if parts else np.zeros((1, 0), np.float32)
        pair = channels if len(channels) == 2 else np.repeat(channels, 2, axis=0)
        return np.ascontiguousarray(pair.T, np.float32)

    def _open(self) -> None:
        self.close()
        self._opened = open_video(self._path)
        self._container = self._opened.__enter__()
        streams = self._container.streams.audio
        if not streams:
            self.close()
            raise NoSound(f"“{self._path.name}” holds no sound.")
        self._stream = streams[0]

    def _rate(self) -> int:
        """Samples per second of the first sound decoded: some codecs announce only half of it."""
        reason = "its data is damaged"
        try:
            if self._stream.codec_context is None:
                raise RuntimeError("this program has no decoder for it")
            for tried, packet in enumerate(pulse.packets(self._container, self._stream)):
                with suppress(av.FFmpegError, pulse.Refused):
                    for frame in pulse.decode(packet, None):
                        return int(frame.sample_rate)
                if tried >= _PACKETS_TRIED:
                    break
        except (av.FFmpegError, RuntimeError) as error:
            reason = said(error)
        raise NoSound(f"The sound of “{self._path.name}” cannot be decoded: {reason}.")

    def _facts(self, rate: int) -> SoundFacts:
        stream, unit = self._stream, self._stream.time_base
        begins = float((stream.start_time or 0) * unit) - self._origin
        length = None if stream.duration is None else float(stream.duration * unit)
        if length is None and self._container.duration is not None:
            length = self._container.duration / av.time_base
        name = stream.codec_context.name
        return SoundFacts(name, rate, begins, None if length is None else begins + length)


def waveform(
    path: Path,
    index: FrameIndex,
    buckets: int,
    progress: Callable[[float], object] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> NDArray[np.float32]:
    """As `sound.waveform`; once it is cancelled, only the rest stays NaN."""
    if buckets < 1:
        raise ValueError(f"a waveform of {buckets} parts")
    peaks = np.full((buckets, 2), np.nan, np.float32)
    reader = SoundReader(path, index)
    try:
        rate, span = reader.facts.rate, end_of(index)
        begins = max(reader.facts.begins, 0.0)
        for done, block in _batches(reader.samples(begins)):
            first = begins + done / rate
            if first >= span or (cancelled is not None and cancelled()):
                break
            _merge(peaks, block, first, rate, span)
            if progress is not None:
                progress(min((first + len(block) / rate) / span, 1.0))
    finally:
        reader.close()
    return peaks


def _batches(blocks: Iterator[Samples]) -> Iterator[tuple[int, Samples]]:
    """Blocks joined to about a second each, with the number of samples before."""
    held: list[Samples] = []
    count = done = 0
    for block in blocks:
        held.append(block)
        count += len(block)
        if count >= _BATCH:
            yield done, np.concatenate(held)
            held, done, count = [], done + count, 0
    if count:
        yield done, np.concatenate(held)


def _merge(
    peaks: NDArray[np.float32], block: Samples, first: float, rate: int, span: float
) -> None:
    """Widen the parts that a block lies in; what lies behind the last is left out."""
    places = ((first + np.arange(len(block)) / rate) * (len(peaks) / span)).astype(np.int64)
    inside = places < len(peaks)
    block, places = block[inside], places[inside]
    if not len(block):
        return
    starts = np.flatnonzero(np.diff(places, prepend=-1))
    at = places[starts]
    peaks[at, 0] = np.fmin(peaks[at, 0], np.minimum.reduceat(block.min(axis=1), starts))
    peaks[at, 1] = np.fmax(peaks[at, 1], np.maximum.reduceat(block.max(axis=1), starts))


def _stretched(
    blocks: Iterator[Samples], source: int, speed: float, rate: int
) -> Iterator[Samples]:
    graph = av.filter.Graph()
    entrance = graph.add_abuffer(
        format="flt", sample_rate=source, layout="stereo", time_base=Fraction(1, source)
    )
    # At 1 it would still move everything by some 20 ms.
    tempo = graph.add("atempo", f"{speed:.6f}") if speed != 1.0 else graph.add("anull")
    shape = graph.add("aformat", f"sample_fmts=flt:sample_rates={rate}:channel_layouts=stereo")
    way_out = graph.add("abuffersink")
    entrance.link_to(tempo)
    tempo.link_to(shape)
    shape.link_to(way_out)
    graph.configure()
    done = 0
    for block in blocks:
        frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), "flt", "stereo")
        frame.sample_rate, frame.pts = source, done
        done += len(block)
        graph.push(frame)
        yield from _pulled(graph)
    graph.push(None)
    yield from _pulled(graph)


def _pulled(graph: Any) -> Iterator[Samples]:
    while True:
        try:
            frame = graph.pull()
        except (av.FFmpegError, EOFError):  # nothing ready, or nothing left
            return
        yield frame.to_ndarray().reshape(-1, 2)
