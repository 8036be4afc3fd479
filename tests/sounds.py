"""Test videos with a sound that is known sample by sample."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from tests.videos import draw_code

RATE = 48000


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
) -> Path:
    """Write a video whose frame N shows `draw_code(N)`, with a mono sound.

    Args:
        path: the file; its suffix chooses the container.
        frames: how many.
        frame_rate: frames per second.
        sound: float32 (N,), -1..1, `RATE` samples per second.
        codec: FFmpeg's name of the sound's encoder.
        starts: seconds at which the sound begins.
        picture_starts: seconds at which the first frame is shown.
        size: width and height in pixels.
    """
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=frame_rate)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.codec_context.gop_size = 12
        video.codec_context.time_base = Fraction(1, 1000)
        audio = container.add_stream(codec, rate=RATE, layout="mono")
        packets = []
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(draw_code(number, *size), format="rgb24")
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
