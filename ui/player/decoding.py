"""Frames of the exhibit, decoded in a thread of their own.

Frozen requests go in, frozen replies come out. Every new order makes the ones before it stale; a
stale request that has not begun is dropped, so dragging never queues up work.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QSize, Qt, QThread, Signal, Slot
from PySide6.QtGui import QImage

from workstation.cases.records import FrameIndex
from workstation.errors import WorkstationError
from workstation.evidence.frames import Frame, FrameReader, StaleError
from workstation.evidence.watching import WatchedFile


class Reader(Protocol):
    """What the player needs of `workstation.evidence.frames.FrameReader`."""

    def read(self, number: int, stale: Callable[[], bool] | None = None, way: int = 0) -> Frame:
        """Decode one frame, or raise DecodeError, or StaleError once `stale` says so."""

    def close(self) -> None:
        """Let go of the file."""


OpenReader = Callable[[Path, FrameIndex], Reader]

# The more frames, the less often those of a group are decoded again on the way back through it.
READER_BYTES = 160 * 2**20


def open_roomy(path: Path, index: FrameIndex) -> Reader:
    """A reader with memory for going back."""
    return FrameReader(path, index, READER_BYTES)


@dataclass(frozen=True)
class OpenRequest:
    """Open this exhibit, or close the one that is open where `path` is None."""

    exhibit: int
    path: Path | None
    index: FrameIndex | None


@dataclass(frozen=True)
class FrameRequest:
    """Decode one frame.

    Attributes:
        exhibit: which opening it belongs to.
        order: which order of the examiner it belongs to; a newer order makes it stale.
        number: frame number from 0.
        room: device pixels of the picture area, to fit the picture to while it is at hand.
        way: whether frames after it (1) or before it (-1) are likely to be wanted next.
    """

    exhibit: int
    order: int
    number: int
    room: QSize
    way: int = 0


@dataclass(frozen=True)
class FrameReply:
    """A decoded frame, or the reason why there is none.

    Attributes:
        picture: the upright frame at its own size; None where it could not be decoded.
        fitted: the picture reduced to `request.room`; None where it is not reduced.
        reason: sentence, or "".
        trouble: what has become of the exhibit's file since it was opened, or "".
    """

    request: FrameRequest
    picture: QImage | None
    fitted: QImage | None = None
    reason: str = ""
    trouble: str = ""


@dataclass(frozen=True)
class OpenFailed:
    """The exhibit cannot be read at all."""

    exhibit: int
    reason: str


class Worker(QObject):
    """Lives in the decoding thread and owns the reader."""

    replied = Signal(object)  # FrameReply
    failed = Signal(object)  # OpenFailed

    def __init__(self, open_reader: OpenReader) -> None:
        super().__init__()
        self.newest_order = 0  # written by the window's thread only
        self.urgent_order = 0  # the same; frames of older orders are given up on the way
        self._open_reader = open_reader
        self._reader: Reader | None = None
        self._file: WatchedFile | None = None
        self._exhibit = 0

    @Slot(object)
    def open(self, request: OpenRequest) -> None:
        """Change to another exhibit."""
        self.close()
        self._exhibit = request.exhibit
        if request.path is None or request.index is None:
            return
        self._file = WatchedFile(request.path)
        try:
            self._reader = self._open_reader(request.path, request.index)
        except (WorkstationError, OSError) as problem:
            self.failed.emit(OpenFailed(request.exhibit, str(problem)))

    @Slot(object)
    def read(self, request: FrameRequest) -> None:
        """Decode a frame unless a newer order has made it stale."""
        if self._stale(request) or self._reader is None or self._file is None:
            return
        trouble = self._file.trouble()
        try:
            frame = self._reader.read(
                request.number, lambda: request.order < self.urgent_order, request.way
            )
        except StaleError:
            return
        except WorkstationError as problem:
            self.replied.emit(FrameReply(request, None, None, str(problem), trouble))
        except Exception:
            reason = "A fault in this program stopped the decoding; the exhibit is unchanged."
            self.replied.emit(FrameReply(request, None, None, reason, trouble))
            raise
        else:
            picture, fitted = to_picture(frame.pixels), fit_pixels(frame.pixels, request.room)
            self.replied.emit(FrameReply(request, picture, fitted, "", trouble))

    def _stale(self, request: FrameRequest) -> bool:
        return request.order != self.newest_order or request.exhibit != self._exhibit

    def close(self) -> None:
        """Let go of the file."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None


class Decoding:
    """The decoding thread as the player sees it: started when first needed, stopped for certain."""

    def __init__(
        self,
        replied: Callable[[FrameReply], None],
        failed: Callable[[OpenFailed], None],
        open_reader: OpenReader = open_roomy,
    ) -> None:
        self.order = 0
        self.exhibit = 0
        self.room = QSize()  # what pictures are fitted to
        self._open_reader = open_reader
        self._door = _Door(replied, failed)
        self._running: tuple[QThread, Worker] | None = None

    def open(self, path: Path, index: FrameIndex) -> None:
        """Change to another exhibit."""
        self.renew()
        self.exhibit += 1
        if self._running is None:
            self._start()
        self._door.opening.emit(OpenRequest(self.exhibit, path, index))

    def close(self) -> None:
        """Let go of the exhibit; the thread stays for the next one."""
        self.renew()
        self.exhibit += 1
        self._door.opening.emit(OpenRequest(self.exhibit, None, None))

    def renew(self) -> None:
        """Begin a new order: whatever was asked for before is stale."""
        self.order += 1
        if self._running is not None:
            self._running[1].newest_order = self.order

    def give_up_older(self) -> None:
        """Stop at once what is still being decoded for older orders."""
        if self._running is not None:
            self._running[1].urgent_order = self.order

    def ask(self, number: int, way: int = 0) -> None:
        """Ask for a frame under the present order; `way` says which are likely to come next."""
        self._door.reading.emit(FrameRequest(self.exhibit, self.order, number, self.room, way))

    def stop(self) -> None:
        """End the thread and close the file; waits for the frame under way."""
        if self._running is None:
            return
        self.renew()
        self.exhibit += 1
        (thread, worker), self._running = self._running, None
        thread.quit()
        thread.wait()
        worker.close()

    def _start(self) -> None:
        thread, worker = QThread(), Worker(self._open_reader)
        thread.setObjectName("player decoding")
        worker.newest_order = self.order
        worker.moveToThread(thread)
        queued = Qt.ConnectionType.QueuedConnection
        self._door.opening.connect(worker.open, queued)
        self._door.reading.connect(worker.read, queued)
        worker.replied.connect(self._door.reply, queued)
        worker.failed.connect(self._door.fail, queued)
        thread.start()
        self._running = (thread, worker)


class _Door(QObject):
    """Stands in the window's thread: what is no slot of a `QObject` Qt calls in the sender's."""

    opening = Signal(object)
    reading = Signal(object)

    def __init__(
        self, replied: Callable[[FrameReply], None], failed: Callable[[OpenFailed], None]
    ) -> None:
        super().__init__()
        self._replied, self._failed = replied, failed

    @Slot(object)
    def reply(self, reply: FrameReply) -> None:
        self._replied(reply)

    @Slot(object)
    def fail(self, failure: OpenFailed) -> None:
        self._failed(failure)


def to_picture(pixels: NDArray[np.uint8]) -> QImage:
    """A frame's RGB pixels uint8 (H, W, 3) as a picture that owns its memory."""
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def to_pixels(picture: QImage) -> NDArray[np.uint8]:
    """A picture's RGB pixels, uint8 (H, W, 3)."""
    picture = picture.convertToFormat(QImage.Format.Format_RGB888)
    height, width = picture.height(), picture.width()
    lines = np.frombuffer(picture.constBits(), np.uint8).reshape(height, picture.bytesPerLine())
    return lines[:, : 3 * width].reshape(height, width, 3).copy()


def fit(picture: QImage, room: QSize) -> QImage | None:
    """The picture reduced to `room` device pixels by averaging; None where it is not larger."""
    size = picture.size().scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
    if size.isEmpty() or size.width() >= picture.width():
        return None
    return fit_pixels(to_pixels(picture), room)


def fit_pixels(pixels: NDArray[np.uint8], room: QSize) -> QImage | None:
    """RGB pixels uint8 (H, W, 3) reduced to `room` device pixels by averaging, as `fit` does.

    OpenCV does it because it lets the window's thread go on meanwhile, which QImage does not.
    """
    whole = QSize(pixels.shape[1], pixels.shape[0])
    size = whole.scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
    if size.isEmpty() or size.width() >= whole.width():
        return None
    small = cv2.resize(pixels, size.toTuple(), interpolation=cv2.INTER_AREA)
    return to_picture(small).convertToFormat(QImage.Format.Format_RGB32)
