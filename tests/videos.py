"""Test videos that carry their frame number in their pixels, sound ones and damaged ones."""

import wave
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

DARK, LIGHT = 40, 215
COLUMNS, ROWS = 8, 4
LARGEST = 2**16


def draw_code(number: int, width: int = 320, height: int = 180) -> NDArray[np.uint8]:
    """A picture of a number: 16 bits in blocks, and their complement below. RGB uint8 (H, W, 3)."""
    if not 0 <= number < LARGEST:
        raise ValueError(f"{number} needs more than 16 bits")
    bits = [(number >> (15 - n)) & 1 for n in range(16)]
    cells = np.array(bits + [1 - bit for bit in bits], np.uint8).reshape(ROWS, COLUMNS)
    rows = np.arange(height) * ROWS // height
    columns = np.arange(width) * COLUMNS // width
    grey = np.where(cells[rows][:, columns], LIGHT, DARK).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def read_code(pixels: NDArray[np.uint8]) -> int:
    """Read the number back from RGB pixels, uint8 (H, W, 3).

    Raises:
        ValueError: the picture carries no sound code.
    """
    height, width = pixels.shape[:2]
    bits = []
    for row in range(ROWS):
        for column in range(COLUMNS):
            # The middle of a block is far from what compression does at its edges.
            y, x = int((row + 0.5) * height / ROWS), int((column + 0.5) * width / COLUMNS)
            dy, dx = max(1, height // ROWS // 6), max(1, width // COLUMNS // 6)
            bits.append(int(pixels[y - dy : y + dy, x - dx : x + dx].mean() > 127))
    number, complement = bits[:16], bits[16:]
    if any(a == b for a, b in zip(number, complement, strict=True)):
        raise ValueError("the picture carries no sound code")
    return int("".join(map(str, number)), 2)


# What x264 writes depends on the processors otherwise, and with mbtree on chance: damage at one
# place of a file would be other damage in each run.
# Without a look for scene cuts, key frames lie `group` frames apart.
STEADY: dict[str, dict[str, str]] = {
    "libx264": {"mbtree": "0", "threads": "1", "sc_threshold": "0"}
}


def make_video(
    path: Path,
    *,
    frames: int = 60,
    size: tuple[int, int] = (320, 180),
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    rate: int = 25,
    group: int = 12,
    b_frames: int = 2,
    times_ms: Sequence[int] | None = None,
    rotation: int = 0,
    options: Mapping[str, str] | None = None,
    container_options: Mapping[str, str] | None = None,
    audio: bool = False,
    pictures: Sequence[NDArray[np.uint8]] | None = None,
) -> Path:
    """Write a video; frame N shows `draw_code(N)` unless pictures are given.

    Args:
        path: the file; its suffix chooses the container.
        frames: how many.
        size: width and height in pixels.
        codec: FFmpeg's name of the encoder.
        pixel_format: FFmpeg's name of the pixel format.
        rate: frames per second.
        group: frames from one key frame to the next.
        b_frames: B-frames in a row.
        times_ms: presentation times in milliseconds, for a variable frame rate.
        rotation: degrees counter-clockwise, written as display matrix.
        options: options of the encoder.
        container_options: options of the container.
        audio: whether to add a second of silence.
        pictures: RGB uint8 (H, W, 3), instead of codes.
    """
    width, height = size
    with av.open(str(path), "w", options=dict(container_options or {})) as container:
        stream = container.add_stream(
            codec, rate=rate, options={**STEADY.get(codec, {}), **(options or {})}
        )
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        stream.codec_context.gop_size = group
        stream.codec_context.max_b_frames = b_frames
        unit = Fraction(1, 1000) if times_ms is not None else Fraction(1, rate)
        stream.codec_context.time_base = unit
        if rotation:
            stream.set_display_rotation(rotation)
        sound = container.add_stream("aac", rate=48000, layout="mono") if audio else None
        for number in range(len(pictures) if pictures is not None else frames):
            shown = pictures[number] if pictures is not None else draw_code(number, width, height)
            frame = av.VideoFrame.from_ndarray(shown, format="rgb24")
            frame.pts = times_ms[number] if times_ms is not None else number
            frame.time_base = unit
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if sound is not None:
            _mux_silence(container, sound)
    return path


def _mux_silence(container: av.container.OutputContainer, stream: av.AudioStream) -> None:
    silence = av.AudioFrame.from_ndarray(np.zeros((1, 48000), np.float32), "fltp", "mono")
    silence.sample_rate = 48000
    silence.pts = 0
    container.mux(stream.encode(silence))
    container.mux(stream.encode())


def uneven_times(frames: int, seed: int = 0) -> list[int]:
    """Strictly increasing times in milliseconds with gaps from 7 to 120, as a phone records."""
    gaps = np.random.default_rng(seed).integers(7, 121, frames)
    return [int(time) for time in np.cumsum(gaps) - gaps[0]]


def make_sound(path: Path) -> Path:
    """Write a second of silence, and no picture."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000))
    return path


def zero_bytes(source: Path, target: Path, *, at: float = 0.5, length: int = 2000) -> Path:
    """Copy an MP4 with zeros in its media data, as a bad sector leaves them."""
    data = bytearray(source.read_bytes())
    begin = data.index(b"mdat") + 4
    size = int.from_bytes(data[begin - 8 : begin - 4], "big") - 8
    start = begin + int(size * at)
    stop = min(start + length, begin + size)
    data[start:stop] = bytes(stop - start)
    target.write_bytes(data)
    return target


def cut_off(source: Path, target: Path, *, share: float) -> Path:
    """Copy only the first part of a file."""
    data = source.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])
    return target


def without_contents(source: Path, target: Path) -> Path:
    """Copy an MP4 without its table of contents (moov), as an interrupted recording leaves it."""
    data = source.read_bytes()
    begin = data.index(b"moov") - 4
    if begin < data.index(b"mdat"):
        raise ValueError("the table of contents comes first in this file")
    target.write_bytes(data[:begin])
    return target
