"""Small pictures of the frames around the one on screen, to be shown while that itself is decoded.

A frame far from its key frame takes a while to decode, as every frame between is decoded first. The
frames around the one on screen are decoded once in the background and kept small; each is a picture
of the very frame that it is kept for.
"""

from collections.abc import Callable, Generator, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QImage

from ui.background import Background
from ui.player.decoding import to_picture
from workstation.cases.records import FrameIndex, Stretch
from workstation.errors import WorkstationError
from workstation.evidence.frames import Frame, read_frames

SIDE = 480  # pixels of the longer side
QUALITY = 80  # of JPEG
MOST_BYTES = 48 * 2**20
PIECE = 8  # frames decoded at a time, so that the player is never kept waiting for long
STRETCH = 120  # frames, at least, that are decoded in one go; begins with a key frame
CLOSE_KEYS = 10  # frames from key to key up to which a frame is decoded at once anyway
PAUSE_MS = 100

ReadSmall = Callable[..., Iterator[Frame | Stretch]]
Piece = list[tuple[int, bytes]]


class Previews(QObject):
    """Fills itself while the player is idle.

    Args:
        busy: whether the player needs the processors itself.
        parent: owner.
        read_small: as `workstation.evidence.frames.read_frames`.
    """

    def __init__(
        self,
        busy: Callable[[], bool],
        parent: QObject | None = None,
        read_small: ReadSmall = read_frames,
    ) -> None:
        super().__init__(parent)
        self._busy, self._read_small = busy, read_small
        self._background: Background | None = None
        self._source: tuple[Path, FrameIndex] | None = None
        self._bounds = np.zeros(1, np.int64)
        self._kept: dict[int, dict[int, bytes]] = {}  # by stretch, by frame
        self._done: set[int] = set()  # stretches
        self._bytes = self._here = self._opening = 0
        self._under_way: int | None = None
        self._frames: Generator[Frame | Stretch, None, None] | Any = None  # the thread owns it
        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._timer.timeout.connect(self._go_on)

    def open(self, path: Path, index: FrameIndex) -> None:
        """Begin with another exhibit."""
        self.close()
        keys = np.flatnonzero(index.key)
        if len(index) < 2 or len(index) <= CLOSE_KEYS * len(keys):
            return
        self._source, self._here = (path, index), 0
        bounds = [0]
        for key in keys.tolist():
            if key - bounds[-1] >= STRETCH:
                bounds.append(key)
        self._bounds = np.array([*bounds, len(index)])
        self._timer.start()

    def close(self) -> None:
        """Let go of the exhibit."""
        self._opening += 1
        self._timer.stop()
        self._source, self._under_way = None, None
        self._kept.clear()
        self._done.clear()
        self._bytes = 0
        if self._background is not None:
            self._background.ask(self._end, lambda _: None)

    def shut_down(self) -> None:
        """End the thread and close the file."""
        self.close()
        background, self._background = self._background, None
        if background is not None:
            background.close()
        self._end()

    def has(self, number: int) -> bool:
        """Whether there is a small picture of a frame."""
        return number in self._kept.get(self._stretch_of(number), {})

    def get(self, number: int) -> QImage | None:
        """The small picture of a frame, if it is there."""
        data = self._kept.get(self._stretch_of(number), {}).get(number)
        if data is None:
            return None
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        return to_picture(np.ascontiguousarray(np.asarray(pixels, np.uint8)[:, :, ::-1]))

    def at_frame(self, number: int) -> None:
        """Tell which frame is on screen: those around it are kept."""
        self._here = number
        if self._source is not None and not self._timer.isActive():
            self._timer.start()

    @property
    def filled(self) -> int:
        """How many frames have a small picture."""
        return sum(len(frames) for frames in self._kept.values())

    @property
    def ended(self) -> bool:
        """Whether there is nothing more to decode."""
        return self._source is None or (self._under_way is None and self._next() is None)

    def _stretch_of(self, number: int) -> int:
        return max(int(np.searchsorted(self._bounds, number, side="right")) - 1, 0)

    def _go_on(self) -> None:
        if self._source is None:
            return
        if self._busy():
            self._timer.start()
            return
        if self._under_way is None:
            self._under_way = self._next()
            if self._under_way is None:
                return
            self._begin(*self._source, self._under_way)
        self._ask()

    def _begin(self, path: Path, index: FrameIndex, stretch: int) -> None:
        if self._background is None:
            self._background = Background("player previews", self)
        first, stop = int(self._bounds[stretch]), int(self._bounds[stretch + 1])

        def begin() -> None:
            self._end()
            self._frames = self._read_small(
                path, index, first, stop, within=(SIDE, SIDE), threads=1
            )

        self._background.ask(begin, lambda _: None)

    def _ask(self) -> None:
        opening, stretch = self._opening, self._under_way
        assert self._background is not None
        assert stretch is not None
        self._background.ask(
            self._piece,
            lambda piece: self._take(opening, stretch, piece),
            lambda error: self._fail(opening, stretch, error),
        )

    def _piece(self) -> Piece:
        """On the background's thread; empty where the stretch has ended."""
        found: Piece = []
        for one in islice(self._frames or (), PIECE):
            if isinstance(one, Frame):
                bgr = np.ascontiguousarray(one.pixels[:, :, ::-1])
                _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
                found.append((one.number, data.tobytes()))
            else:
                found.append((one.first, b""))  # cannot be decoded
        return found

    def _end(self) -> None:
        frames, self._frames = self._frames, None
        if frames is not None and hasattr(frames, "close"):
            frames.close()

    def _take(self, opening: int, stretch: int, piece: Piece) -> None:
        if opening != self._opening:
            return
        kept = self._kept.setdefault(stretch, {})
        for number, data in piece:
            if data:
                kept[number] = data
                self._bytes += len(data)
        if not piece:
            self._done.add(stretch)
            self._under_way = None
        self._make_room(stretch)
        if self._busy():
            self._timer.start()
        else:
            self._go_on()

    def _fail(self, opening: int, stretch: int, error: Exception) -> None:
        """What cannot be read is said by the player itself; there are no previews of it."""
        if not isinstance(error, WorkstationError | OSError):
            raise error
        self._take(opening, stretch, [])

    def _next(self) -> int | None:
        """The stretch nearest to the frame on screen that is not there, if there is room for it."""
        here = self._stretch_of(self._here)
        left = [n for n in range(len(self._bounds) - 1) if n not in self._done]
        if not left:
            return None
        found = min(left, key=lambda n: abs(n - here))
        room = MOST_BYTES - self._bytes
        farthest = max((abs(n - here) for n in self._kept), default=0)
        each = self._bytes / max(len(self._kept), 1)
        return found if room >= each or farthest > abs(found - here) else None

    def _make_room(self, stretch: int) -> None:
        """Let go of what is farthest from the frame on screen."""
        here = self._stretch_of(self._here)
        while self._bytes > MOST_BYTES:
            others = [n for n in self._kept if n != stretch]
            if not others:  # one group of frames is larger than all the room there is
                self._done.add(stretch)
                self._under_way = None
                return
            gone = max(others, key=lambda n: abs(n - here))
            self._bytes -= sum(map(len, self._kept.pop(gone).values()))
            self._done.discard(gone)
