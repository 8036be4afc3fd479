"""Clips made for tests from a public-domain portrait (NASA, as scikit-image carries it)."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

Picture = NDArray[np.uint8]
SIZE = (320, 240)
RATE = 25


def portrait() -> Picture:
    """The astronaut's head and shoulders, uint8 (256, 256, 3); the face about 80 px high."""
    return np.ascontiguousarray(data.astronaut()[0:256, 96:352])


def backdrop(seed: int, size: tuple[int, int] = SIZE) -> Picture:
    """A soft coloured background without faces."""
    noise = np.random.default_rng(seed).integers(40, 200, (5, 7, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def head(size: int, flipped: bool = False) -> tuple[Picture, NDArray[np.float32]]:
    """A head cut out, with its soft mask, size x size."""
    picture = cv2.resize(portrait()[30:190, 48:208], (size, size), interpolation=cv2.INTER_AREA)
    picture = picture[:, ::-1] if flipped else picture
    mask = np.zeros((size, size), np.float32)
    cv2.ellipse(mask, (size // 2, size // 2), (size * 3 // 8, size * 15 // 32), 0, 0, 360, 1.0, -1)
    return np.asarray(picture), cv2.GaussianBlur(mask, (9, 9), 0)[..., None]


def paste(frame: Picture, cut_out: tuple[Picture, NDArray[np.float32]], x: int, y: int) -> None:
    """Lay a cut-out into a frame, in place; parts outside are lost."""
    picture, mask = cut_out
    size = len(picture)
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + size, frame.shape[1]), min(y + size, frame.shape[0])
    if right <= left or bottom <= top:
        return
    part = (slice(top - y, bottom - y), slice(left - x, right - x))
    place = frame[top:bottom, left:right]
    place[:] = (place * (1 - mask[part]) + picture[part] * mask[part]).astype(np.uint8)


def moving(number: int) -> Picture:
    """One face, seen by a camera that sways."""
    turn = number / 9
    matrix = np.array([[1, 0, 30 + 14 * np.sin(turn)], [0, 1, -8 + 8 * np.cos(turn / 2)]])
    still = cv2.warpAffine(portrait(), matrix, SIZE, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(still, np.uint8)


def crossing(number: int) -> Picture:
    """Two faces that pass each other; the one walking right is in front."""
    frame = backdrop(3)
    paste(frame, head(130, flipped=True), 190 - 5 * number, 70)
    paste(frame, head(130), -10 + 5 * number, 40)
    return frame


def with_cut(number: int) -> Picture:
    """A face; from frame 33 on another shot with a face in much the same place."""
    frame = backdrop(5) if number < 33 else backdrop(11)
    paste(frame, head(150, flipped=number >= 33), 80 + number // 3, 40)
    return frame


def leaving(number: int) -> Picture:
    """A face that leaves over the right border."""
    frame = backdrop(7)
    paste(frame, head(140), 60 + 6 * number, 50)
    return frame


def empty(number: int) -> Picture:
    """Nobody."""
    return np.roll(backdrop(9), number, axis=1)


def tiny(number: int) -> Picture:
    """A face too small to score."""
    frame = backdrop(13)
    paste(frame, head(84), 100 + number, 70)
    return frame


def write_clip(path: Path, frames: Iterable[Picture], *, keyframes: int = 12) -> Path:
    """Encode frames as H.264, with B-frames."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.time_base = Fraction(1, RATE)
        stream.options = {"crf": "20", "g": str(keyframes), "sc_threshold": "0", "threads": "1"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return path


def clip(path: Path, paint: Callable[[int], Picture], length: int) -> Path:
    """Encode `length` frames of a scene."""
    return write_clip(path, (paint(number) for number in range(length)))
