"""Test videos with a sound that is known sample by sample, and a device that plays it to nobody."""

import threading
import time
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from tests.videos import draw_code

RATE = 48000
BUFFER = round(0.25 * RATE)  # samples that the device takes ahead


class Device:
    """Plays into nowhere at the speed of a clock, and remembers what it was given.

    Attributes:
        heard: every block, float32 (N, 2).
        volume: the last that was set.
        gone: whether it says that it has gone.
        opened: how often it was opened.
        closed: how often it was closed.
        threads: those that wrote to it.
    """

    rate = RATE

    def __init__(self) -> None:
        self.heard: list[NDArray[np.float32]] = []
        self.volume: float | None = None
        self.gone = False
        self.opened = self.closed = 0
        self.threads: set[int] = set()
        self._began: float | None = None
        self._written = 0

    def open(self, device: object) -> "Device":
        """Begin anew."""
        self.opened += 1
        self._began, self._written = None, 0
        return self

    def played(self) -> int:
        """How many samples have been heard."""
        if self._began is None:
            return 0
        return min(int((time.monotonic() - self._began) * RATE), self._written)

    def free(self) -> int:
        """How many samples can be written now."""
        return BUFFER - self.queued()

    def queued(self) -> int:
        """How many written samples have not been played."""
        return self._written - self.played()

    def write(self, samples: NDArray[np.float32]) -> None:
        """Take samples, float32 (N, 2)."""
        assert len(samples) <= self.free() + 1
        self.threads.add(threading.get_ident())
        if self._began is None:
            self._began = time.monotonic()
        self._written += len(samples)
        self.heard.append(samples)

    def set_volume(self, volume: float) -> None:
        """Remember the volume."""
        self.volume = volume

    def lost(self) -> bool:
        """Whether it has gone."""
        return self.gone

    def close(self) -> None:
        """Fall silent."""
        self._began = None
        self.closed += 1


def clicks(seconds: float, every: float = 0.5, rate: int = RATE) -> NDArray[np.float32]:
    """Silence with a click of 5 ms at each multiple of `every`, the first at 0; float32 (N,)."""
    sound = np.zeros(round(seconds * rate), np.float32)
    for start in np.arange(0, seconds, every):
        begin = round(start * rate)
        sound[begin : begin + rate // 200] = 0.8
    return sound


def make_sounding(
    path: Path,
    *,
    frames: int = 50,
    frame_rate: int = 25,
    sound: NDArray[np.float32],
    codec: str = "pcm_s16le",
    starts: float = 0.0,
    picture_starts: float = 0.0,
    size: tuple[int, int] = (320, 180),
    group: int = 12,
    pictures: Sequence[NDArray[np.uint8]] | None = None,
    options: Mapping[str, str] | None = None,
) -> Path:
    """Write a video whose frame N shows `draw_code(N)` unless pictures are given, with mono sound.

    Args:
        path: the file; its suffix chooses the container.
        frames: how many.
        frame_rate: frames per second.
        sound: float32 (N,), -1..1, `RATE` samples per second.
        codec: FFmpeg's name of the sound's encoder.
        starts: seconds at which the sound begins.
        picture_starts: seconds at which the first frame is shown.
        size: width and height in pixels.
        group: frames from one key frame to the next.
        pictures: RGB uint8 (H, W, 3), instead of codes; they are shown over and over.
        options: options of the encoder.
    """
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=frame_rate, options=dict(options or {}))
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.codec_context.gop_size = group
        video.codec_context.time_base = Fraction(1, 1000)
        audio = container.add_stream(codec, rate=RATE, layout="mono")
        packets = []
        for number in range(frames):
            shown = pictures[number % len(pictures)] if pictures else draw_code(number, *size)
            frame = av.VideoFrame.from_ndarray(shown, format="rgb24")
            frame.pts = round((picture_starts + number / frame_rate) * 1000)
            frame.time_base = Fraction(1, 1000)
            packets += video.encode(frame)
        packets += video.encode()
        for begin in range(0, len(sound), 1024):
            part = sound[begin : begin + 1024]
            block = av.AudioFrame.from_ndarray(part[None], "fltp", "mono")
            block.sample_rate, block.time_base = RATE, Fraction(1, RATE)
            block.pts = round(starts * RATE) + begin
            packets += audio.encode(_as(block, audio))
        packets += audio.encode()
        for packet in packets:
            container.mux(packet)
    return path


def _as(block: av.AudioFrame, stream: av.AudioStream) -> av.AudioFrame:
    """The block in the sample format that the encoder takes."""
    kept = block.pts
    resampler = av.AudioResampler(stream.codec_context.format, "mono", RATE)
    (made,) = resampler.resample(block)
    made.pts, made.time_base = kept, Fraction(1, RATE)
    return made
