"""Pictures read from the exhibits: key frames with the face marked, and face crops."""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw
from reportlab.platypus import Image

from workstation.cases.records import FaceTable, Verification
from workstation.errors import DecodeError, ExhibitError
from workstation.evidence.frames import Frame, FrameReader
from workstation.report.context import ExhibitEvidence

_QUALITY = 82
_LONG_SIDE = 960
_CROP_SIDE = 240
_CROP_MARGIN = 0.25
_ORANGE = (255, 150, 60)
_DARK = (20, 20, 20)

Box = NDArray[np.float32]


@dataclass(frozen=True)
class Picture:
    """A JPEG for the page, and the SHA-256 of the frame's RGB pixels it was made from."""

    jpeg: bytes
    width: int
    height: int
    frame: int
    time: float
    pixels_sha256: str
    frame_width: int
    frame_height: int

    def flowable(self, box_width: float, box_height: float) -> Image:
        """The picture as large as fits into a box, in points."""
        scale = min(box_width / self.width, box_height / self.height)
        image = Image(io.BytesIO(self.jpeg), self.width * scale, self.height * scale)
        image.hAlign = "LEFT"
        return image


class PictureSource:
    """Reads key frames and face crops of one exhibit; None where a frame cannot be read."""

    def __init__(self, reader: FrameReader | None) -> None:
        self._reader = reader

    def key_frame(self, number: int, box: Box) -> Picture | None:
        """A frame with the face box drawn on it.

        Args:
            number: Frame number.
            box: float32 (4,), x, y, width, height in pixels of the upright frame.
        """
        frame = self._frame(number)
        if frame is None:
            return None
        image = Pillow.fromarray(frame.pixels)
        image.thumbnail((_LONG_SIDE, _LONG_SIDE), Pillow.Resampling.LANCZOS)
        _draw_box(image, box * (image.width / frame.pixels.shape[1]))
        return _picture(frame, image)

    def crop(self, number: int, box: Box) -> Picture | None:
        """The face box with a margin, cut from a frame.

        Args:
            number: Frame number.
            box: float32 (4,), x, y, width, height in pixels of the upright frame.
        """
        frame = self._frame(number)
        if frame is None:
            return None
        x, y, width, height = (float(value) for value in box)
        side = max(width, height) * (1 + 2 * _CROP_MARGIN)
        left, top = x + (width - side) / 2, y + (height - side) / 2
        rows, columns = frame.pixels.shape[:2]
        area = (
            max(0, round(left)),
            max(0, round(top)),
            min(columns, round(left + side)),
            min(rows, round(top + side)),
        )
        if area[2] <= area[0] or area[3] <= area[1]:
            return None
        image = Pillow.fromarray(frame.pixels).crop(area)
        image.thumbnail((_CROP_SIDE, _CROP_SIDE), Pillow.Resampling.LANCZOS)
        return _picture(frame, image)

    def _frame(self, number: int) -> Frame | None:
        if self._reader is None:
            return None
        try:
            return self._reader.read(number)
        except DecodeError:
            return None


@contextmanager
def open_pictures(item: ExhibitEvidence) -> Iterator[PictureSource]:
    """The pictures of one exhibit; none are read from a file that is not intact."""
    reader = None
    if item.verification is Verification.INTACT:
        try:
            reader = FrameReader(item.path, item.index)
        except ExhibitError:
            reader = None
    try:
        yield PictureSource(reader)
    finally:
        if reader is not None:
            reader.close()


def clearest(faces: FaceTable) -> int | None:
    """Position of the face that shows a track best: the largest scored one, else the largest."""
    if not len(faces):
        return None
    area = faces.box[:, 2] * faces.box[:, 3]
    return int(np.argmax(np.where(faces.scored, area + area.max(), area)))


def face_at(faces: FaceTable, frame: int) -> int | None:
    """Position of a track's face in a frame."""
    found = np.flatnonzero(faces.frame == frame)
    return int(found[0]) if len(found) else None


def _draw_box(image: Pillow.Image, box: Box) -> None:
    """A light line on a dark one, visible on any picture and in print."""
    x, y, width, height = (float(value) for value in box)
    if width <= 0 or height <= 0:
        return
    corners = (x, y, x + width, y + height)
    stroke = max(2, image.width // 320)
    pen = ImageDraw.Draw(image)
    pen.rectangle(corners, outline=_DARK, width=2 * stroke)
    pen.rectangle(corners, outline=_ORANGE, width=stroke)


def _picture(frame: Frame, image: Pillow.Image) -> Picture:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=_QUALITY, optimize=True)
    pixels = np.ascontiguousarray(frame.pixels)
    return Picture(
        jpeg=stream.getvalue(),
        width=image.width,
        height=image.height,
        frame=frame.number,
        time=frame.time,
        pixels_sha256=hashlib.sha256(pixels.tobytes()).hexdigest(),
        frame_width=pixels.shape[1],
        frame_height=pixels.shape[0],
    )
