"""Draws two pictures: side by side, with a wipe, or their difference."""

from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui import theme
from ui.compare.pair import OPENING, Half
from ui.player import overlay
from ui.player.decoding import to_picture, to_pixels
from ui.player.picture import PIXELS_FROM
from ui.player.sight import STEP, Sight

AMPLIFIED = (1, 2, 4, 8, 16, 32)
WIPE_STEP = 0.05


class Mode(StrEnum):
    """How two pictures are held against each other."""

    BESIDE = "side by side"
    WIPE = "wipe"
    DIFFERENCE = "difference"


def difference(left: QImage, right: QImage, factor: int) -> QImage:
    """Absolute difference of two pictures by channel, amplified; 0 is black, clipped at 255.

    A right picture of another size is first brought to the size of the left one.
    """
    ours, theirs = to_pixels(left), to_pixels(right)
    apart = cv2.absdiff(ours, _resized(theirs, ours.shape[1], ours.shape[0]))
    return to_picture(cv2.convertScaleAbs(apart, alpha=float(factor)))


def _resized(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    if pixels.shape[:2] == (height, width):
        return pixels
    smaller = width < pixels.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=how), np.uint8)


class CompareView(QWidget):
    """Shows two halves that belong together.

    Attributes:
        mode: how they are held against each other.
        factor: by how much a difference is amplified.
        wipe: where the wipe stands, 0..1 of the width.
    """

    wiped = Signal(object)  # float

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.mode = Mode.BESIDE
        self.factor = 4
        self.wipe = 0.5
        self.titles = ("", "")
        self._left = self._right = Half(reason=OPENING)
        self._sights = (Sight(), Sight())
        self._difference: tuple[tuple[int, int, int], QImage] | None = None
        self._dragged: QPointF | None = None
        self.setMinimumSize(320, 180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Comparison")
        theme.keeper().changed.connect(self._theme_changed)

    def show_halves(self, left: Half, right: Half) -> None:
        """Put both on screen at once."""
        self._left, self._right = left, right
        self.update()

    def set_mode(self, mode: Mode) -> None:
        """Hold them against each other in another way."""
        self.mode = mode
        self.setCursor(
            Qt.CursorShape.SplitHCursor if mode is Mode.WIPE else Qt.CursorShape.ArrowCursor
        )
        self.update()

    def set_factor(self, factor: int) -> None:
        """Amplify differences by this."""
        self.factor = factor
        self.update()

    def set_wipe(self, wipe: float) -> None:
        """Move the wipe, 0..1 of the width."""
        self.wipe = min(max(wipe, 0.0), 1.0)
        self.wiped.emit(self.wipe)
        self.update()

    def zoom(self, factor: float, place: QPointF | None = None) -> None:
        """Enlarge both around the same place."""
        if place is not None and self.mode is Mode.BESIDE and place.x() > self.width() / 2:
            place = place - QPointF(self.width() / 2, 0)
        for sight in self._sights:
            sight.zoom(factor, place)
        self.update()

    def fit(self) -> None:
        """See both whole."""
        for sight in self._sights:
            sight.fit()
        self.update()

    def remarks(self) -> list[str]:
        """What the examiner should know of what is on screen."""
        said = [half.trouble for half in (self._left, self._right) if half.trouble]
        left, right = self._left.picture, self._right.picture
        if self.mode is Mode.BESIDE or left is None or right is None:
            return said
        if left.size() != right.size():
            said.append(
                f"The right picture ({_size(right)}) is shown at the size of the left "
                f"({_size(left)}), so edges differ even where the content does not."
            )
        if self.mode is Mode.DIFFERENCE:
            said.append(
                f"Absolute difference by channel, × {self.factor}. Compression alone makes "
                "differences; this picture is not a sign of manipulation."
            )
        return said

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer."""
        self.zoom(STEP ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the wipe, or of an enlarged picture (the middle button always)."""
        self._dragged = event.position()
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the wipe, or the pictures."""
        if self._dragged is None:
            return
        if self.mode is Mode.WIPE and event.buttons() & Qt.MouseButton.LeftButton:
            self.set_wipe(event.position().x() / max(self.width(), 1))
            return
        for sight in self._sights:
            sight.pan(event.position() - self._dragged)
        self._dragged = event.position()
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002
        """Let go."""
        self._dragged = None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw both as the mode says, then whose they are."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.current().colour("surface_0"))
        whole = QRectF(self.rect())
        if self.mode is Mode.BESIDE:
            middle = self.width() / 2
            self._draw_half(painter, self._left, 0, QRectF(0, 0, middle - 1, self.height()))
            self._draw_half(
                painter, self._right, 1, QRectF(middle + 1, 0, middle - 1, self.height())
            )
        elif self.mode is Mode.WIPE:
            self._draw_wipe(painter, whole)
        else:
            self._draw_difference(painter, whole)
        self._draw_titles(painter)
        painter.end()

    def _draw_half(self, painter: QPainter, half: Half, number: int, room: QRectF) -> None:
        if half.picture is None:
            self._draw_words(painter, half.reason, room)
            return
        self._draw_picture(painter, half.picture, number, room, half.picture.size())

    def _draw_picture(
        self, painter: QPainter, picture: QImage, number: int, room: QRectF, size: QSize
    ) -> None:
        sight = self._sights[number]
        sight.set_room(size, room.size().toSize(), self.devicePixelRatioF())
        area = sight.area().translated(room.topLeft())
        painter.save()
        painter.setClipRect(room, Qt.ClipOperation.IntersectClip)
        enlarged = sight.shown_scale
        painter.setRenderHint(
            QPainter.RenderHint.SmoothPixmapTransform,
            enlarged < PIXELS_FROM and (sight.scale is None or enlarged < 1),
        )
        painter.drawImage(area, picture, QRectF(picture.rect()))
        painter.restore()

    def _draw_wipe(self, painter: QPainter, room: QRectF) -> None:
        at = self.wipe * self.width()
        left, right = self._left.picture, self._right.picture
        size = (left or right or QImage()).size()
        sides = ((self._left, 0.0, at), (self._right, at, float(self.width())))
        for half, begin, end in sides:
            part = QRectF(begin, 0, end - begin, self.height())
            painter.save()
            painter.setClipRect(part)
            if half.picture is None:
                self._draw_words(painter, half.reason, part)
            else:
                self._draw_picture(painter, half.picture, 0, room, size)
            painter.restore()
        painter.setPen(QPen(theme.current().colour("surface_0"), 3))
        painter.drawLine(QPointF(at, 0), QPointF(at, self.height()))
        painter.setPen(QPen(theme.current().colour("accent"), 1))
        painter.drawLine(QPointF(at, 0), QPointF(at, self.height()))

    def _draw_difference(self, painter: QPainter, room: QRectF) -> None:
        left, right = self._left, self._right
        if left.picture is None or right.picture is None:
            missing = left if left.picture is None else right
            self._draw_words(painter, missing.reason, room)
            return
        key = (left.picture.cacheKey(), right.picture.cacheKey(), self.factor)
        if self._difference is None or self._difference[0] != key:
            made = difference(left.picture, right.picture, self.factor)
            self._difference = (key, made)
        self._draw_picture(painter, self._difference[1], 0, room, left.picture.size())

    def _draw_titles(self, painter: QPainter) -> None:
        whole = QRectF(self.rect())
        if self.mode is Mode.DIFFERENCE:
            lines = [(f"{self.titles[0]} against {self.titles[1]}", "edge")]
            overlay.draw_plates(painter, whole, [*lines, *((s, "accent") for s in self.remarks())])
            return
        overlay.draw_plates(painter, whole, [(self.titles[0], "edge")])
        begin = self.width() / 2 if self.mode is Mode.BESIDE else self.wipe * self.width()
        begin = min(max(begin, self.width() * 0.3), self.width() * 0.7)
        right = QRectF(begin, 0, self.width() - begin, self.height())
        plates = [(self.titles[1], "edge"), *((said, "accent") for said in self.remarks())]
        overlay.draw_plates(painter, right, plates)

    def _theme_changed(self) -> None:
        self.update()

    def _draw_words(self, painter: QPainter, words: str, room: QRectF) -> None:
        painter.setPen(theme.current().colour("muted"))
        painter.setFont(theme.text_font())
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(room.adjusted(24, 24, -24, -24), int(flags), words)


def _size(picture: QImage) -> str:
    return f"{picture.width()} × {picture.height()}"
