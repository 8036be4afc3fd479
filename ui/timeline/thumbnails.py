"""Small pictures along the exhibit, decoded in the background and never on the window's thread."""

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtCore import QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter, QPen

from ui import theme
from ui.background import Background
from ui.timeline.lanes import SLIM, Lane
from ui.timeline.paint import draw_mark
from ui.timeline.scores import Mark
from ui.timeline.sight import Sight
from workstation.cases.records import FrameIndex
from workstation.errors import WorkstationError
from workstation.evidence.frames import FrameReader

HEIGHT = 36  # pixels
REST_MS = 150  # after which it is looked again whether others need the processors
KEPT = 600  # pictures kept in memory, about 10 kB each


class Thumbnails(QObject):
    """Decodes what is in sight, one picture at a time, and keeps what was decoded last.

    Attributes:
        width: pixels of one picture.
        waits: whether others, such as the player, need the processors now; nothing is decoded then.
    """

    arrived = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.width = 64
        self.waits: Callable[[], bool] = lambda: False
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._go_on)
        self._background = Background("thumbnails", self)
        self._opening = 0
        self._source: tuple[Path, FrameIndex] | None = None
        self._reader: tuple[int, FrameReader] | None = None  # the background's thread owns it
        self._kept: OrderedDict[int, QImage | None] = OrderedDict()
        self._wanted: tuple[int, ...] = ()
        self._busy = False

    def show(self, path: Path, index: FrameIndex, width: int, height: int) -> None:
        """Change to another exhibit.

        Args:
            path: the copy in the case.
            index: its frame index.
            width: of its frames, pixels.
            height: of its frames, pixels.
        """
        self.forget()
        self._source = (path, index)
        self.width = min(max(round(HEIGHT * width / max(height, 1)), 12), 4 * HEIGHT)

    def forget(self) -> None:
        """Show nothing."""
        if self._source is not None:
            self._background.ask(self._let_go, lambda _: None)
        self._opening += 1
        self._source, self._wanted = None, ()
        self._kept.clear()

    def close(self) -> None:
        """End the thread and close the file."""
        self._source = None
        self._rest.stop()
        self._background.close()
        self._let_go()

    def want(self, numbers: Sequence[int]) -> None:
        """Say which frames are in sight; those wanted before and not now are not decoded."""
        self._wanted = tuple(numbers)
        self._go_on()

    def get(self, number: int) -> tuple[bool, QImage | None]:
        """Whether a frame was decoded, and its picture, None where it could not be."""
        if number not in self._kept:
            return False, None
        self._kept.move_to_end(number)
        return True, self._kept[number]

    def _go_on(self) -> None:
        if self._busy or self._source is None:
            return
        number = next((one for one in self._wanted if one not in self._kept), None)
        if number is None:
            return
        if self.waits():
            self._rest.start()
            return
        self._busy = True
        opening, source, width = self._opening, self._source, self.width
        self._background.ask(
            lambda: self._decode(opening, source, number, width),
            lambda picture: self._take(opening, number, picture),
            lambda error: self._fail(opening, number, error),
        )

    def _fail(self, opening: int, number: int, error: Exception) -> None:
        if not isinstance(error, WorkstationError | OSError):
            raise error
        self._take(opening, number, None)

    def _take(self, opening: int, number: int, picture: QImage | None) -> None:
        self._busy = False
        if opening == self._opening:
            self._kept[number] = picture
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            self.arrived.emit()
        self._go_on()
        if not self._busy and self._source is not None:
            # An open exhibit holds as much memory as its pictures are large.
            self._background.ask(self._let_go, lambda _: None)

    def _decode(
        self, opening: int, source: tuple[Path, FrameIndex], number: int, width: int
    ) -> QImage | None:
        """On the background's thread; None where the frame cannot be decoded."""
        if self._reader is None or self._reader[0] != opening:
            self._let_go()
            self._reader = (opening, FrameReader(*source, cache_bytes=1, threads=1))
        try:
            pixels = self._reader[1].read(number).pixels
        except WorkstationError:
            return None
        size = (2 * width, 2 * HEIGHT)
        small = np.ascontiguousarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
        image = QImage(small.data, *size, 3 * size[0], QImage.Format.Format_RGB888)
        return image.convertToFormat(QImage.Format.Format_RGB32)

    def _let_go(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader[1].close()


class ThumbnailsLane(Lane):
    """Pictures from the exhibit, each beginning at its own frame."""

    kind = "thumbnails"
    title = "Pictures"
    tip = "Frames of the exhibit; the left edge of each stands at its own time."
    height = HEIGHT + 2

    @property
    def absent(self) -> str:
        """There may be no file to read them from."""
        return "" if self.content.thumbnails is not None else "the exhibit cannot be read"

    def draw(self, painter: QPainter, sight: Sight, part: QRectF) -> None:
        """Paint what has been decoded, and ask for the rest."""
        pictures = self.content.thumbnails
        if pictures is None or part.height() <= SLIM:
            return
        numbers = self.numbers(sight, pictures.width)
        colours = theme.current()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
        for number in numbers:
            place = QRectF(
                sight.x(self.content.begin(number)), part.top() + 1, pictures.width, HEIGHT
            )
            known, picture = pictures.get(number)
            if picture is not None:
                painter.drawImage(place, picture)
            elif known:
                draw_mark(painter, place, Mark.UNDECODABLE)
            else:
                painter.fillRect(place, colours.colour("surface_2"))
            painter.setPen(QPen(colours.colour("line"), 1.0, Qt.PenStyle.SolidLine))
            painter.drawLine(place.topLeft(), place.bottomLeft())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        pictures.want(numbers)

    def numbers(self, sight: Sight, width: int) -> list[int]:
        """The frames to show: a key frame for each place if there is one, else the first frame."""
        times = self.content.scores.times
        if not len(times):
            return []
        step = 2.0 ** math.ceil(math.log2(max(width * sight.pixel, 1e-6)))
        begins = np.arange(math.floor(sight.left / step), math.ceil(sight.right / step)) * step
        keys = self.content.key_times
        found: list[int] = []
        for begin in begins:
            key = int(np.searchsorted(keys, begin))
            at = keys[key] if key < len(keys) and keys[key] < begin + step else begin
            number = int(np.searchsorted(times, at - 1e-9))
            if number < len(times) and times[number] < begin + step and number not in found[-1:]:
                found.append(number)
        return found
