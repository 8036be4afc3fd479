"""Clips to measure on: faces that move before a textured background, as a camera files them."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from workstation.cases.records import Stretch
from workstation.commands.demo import CLIP
from workstation.errors import ExhibitError
from workstation.evidence.frame_index import build_frame_index
from workstation.evidence.frames import read_frames

RATE = 25
_HEAD = (160, 0, 420, 270)
"""Left, top, right, bottom of the head in the first frame of the demonstration clip, pixels."""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Scene:
    """A clip to measure on.

    Attributes:
        name: For people.
        path: The file.
        faces: How many were put in, None where that is not known.
    """

    name: str
    path: Path
    faces: int | None


def given(path: Path) -> Scene:
    """A file of the examiner's.

    Args:
        path: The file.

    Raises:
        ExhibitError: There is no such file.
    """
    if not path.is_file():
        raise ExhibitError(f"There is no file {path}. Name one that exists.")
    return Scene(path.name, path, None)


def made(folder: Path, name: str, size: tuple[int, int], faces: int, seconds: int) -> Scene:
    """Make a clip of one or four faces.

    The face is the one of the demonstration clip (NASA, public domain), about a quarter of the
    picture's height; the clip is H.264 with B-frames and a key frame every two seconds.

    Args:
        folder: Where to.
        name: Of the size, for people.
        size: Width and height, pixels.
        faces: 1 or 4.
        seconds: Length.
    """
    path = folder / f"{name}-{faces}.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height = size
        stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, RATE)
        stream.options = {"preset": "veryfast", "crf": "23", "g": str(2 * RATE)}
        for pixels in _frames(size, faces, seconds * RATE):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    words = "one face" if faces == 1 else f"{faces} faces"
    return Scene(f"{name}, {words}", path, faces)


def _frames(size: tuple[int, int], faces: int, count: int) -> Iterator[Pixels]:
    width, height = size
    head, mask = _head(round(height * (0.45 if faces == 1 else 0.38)))
    room = _background(width + 80, height + 80)
    places = [(0.5, 0.5)] if faces == 1 else [(0.2, 0.3), (0.72, 0.28), (0.3, 0.74), (0.8, 0.72)]
    for number in range(count):
        turn = number / RATE
        shift = (40 + round(30 * np.sin(turn)), 40 + round(20 * np.cos(turn / 1.3)))
        frame = room[shift[1] : shift[1] + height, shift[0] : shift[0] + width].copy()
        for place, (x, y) in enumerate(places):
            left = x * width + 0.03 * width * np.sin(turn * 1.1 + place) - head.shape[1] / 2
            top = y * height + 0.03 * height * np.sin(turn * 1.7 + 2 * place) - head.shape[0] / 2
            _lay(frame, head, mask, max(round(left), 0), max(round(top), 0))
        yield frame


def _lay(frame: Pixels, head: Pixels, mask: NDArray[np.float32], left: int, top: int) -> None:
    place = frame[top : top + len(head), left : left + head.shape[1]]
    part = (slice(0, place.shape[0]), slice(0, place.shape[1]))
    place[:] = (place * (1 - mask[part]) + head[part] * mask[part]).astype(np.uint8)


def _head(height: int) -> tuple[Pixels, NDArray[np.float32]]:
    """The demonstration's head at a height, with a soft mask."""
    first = next(iter(read_frames(CLIP, build_frame_index(CLIP), 0, 1)))
    if isinstance(first, Stretch):
        raise ExhibitError("The demonstration clip is damaged. Install the program again.")
    left, top, right, bottom = _HEAD
    picture = first.pixels[top:bottom, left:right]
    width = round(height * (right - left) / (bottom - top))
    head = cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC)
    mask: NDArray[np.float32] = np.zeros((height, width), np.float32)
    cv2.ellipse(
        mask, (width // 2, height // 2), (width * 2 // 5, height * 9 // 20), 0, 0, 360, 1, -1
    )
    soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), height / 40), np.float32)
    return np.asarray(head, np.uint8), soft[..., None]


def _background(width: int, height: int) -> Pixels:
    """A room of soft colours with some texture, always the same."""
    random = np.random.default_rng(1)
    coarse = random.integers(40, 200, (9, 16, 3)).astype(np.uint8)
    room = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.int16)
    room += random.integers(-6, 7, (height, width, 1), np.int16)
    return np.clip(room, 0, 255).astype(np.uint8)
