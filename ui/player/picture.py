"""The picture area: one frame with its face boxes, or a sentence where there is no picture."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui import theme
from ui.player import faces as face_rows
from ui.player.decoding import fit
from ui.player.readings import score_text
from workstation.cases.records import FaceTable

PIXELS_FROM = 2.0  # enlargement from which pixels are drawn as they are, not smoothed
LABEL_ROOM = 4.0


class PictureView(QWidget):
    """Draws one frame at a time, as large as it fits, on neutral grey.

    Attributes:
        picture: the frame on screen at its own size, or None.
        message: the sentence on screen instead of a picture, or "".
        boxes_shown: whether face boxes are drawn.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture: QImage | None = None
        self.message = ""
        self.boxes_shown = True
        self._title = ""
        self._trouble = False
        self._fitted: QImage | None = None
        self._faces = face_rows.no_faces()
        self.setMinimumSize(160, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        theme.keeper().changed.connect(self._theme_changed)

    def sizeHint(self) -> QSize:
        """Room for a small picture."""
        return QSize(640, 360)

    def room(self) -> QSize:
        """The picture area in device pixels."""
        ratio = self.devicePixelRatioF()
        return QSize(round(self.width() * ratio), round(self.height() * ratio))

    def show_picture(self, picture: QImage, fitted: QImage | None, faces: FaceTable) -> None:
        """Put a frame and its faces on screen.

        Args:
            picture: the upright frame at its own size.
            fitted: the same, reduced to the picture area, where that is at hand.
            faces: the faces of this very frame.
        """
        self.picture, self._fitted, self._faces = picture, fitted, faces
        self.message = self._title = ""
        self.setAccessibleDescription(f"{len(faces)} face boxes on this frame")
        self.update()

    def show_message(self, title: str, message: str, *, trouble: bool = False) -> None:
        """Put a sentence on screen; no picture stays behind it."""
        self.picture = self._fitted = None
        self._faces = face_rows.no_faces()
        self._title, self.message, self._trouble = title, message, trouble
        self.setAccessibleDescription(f"{title} {message}".strip())
        self.update()

    def set_faces(self, faces: FaceTable) -> None:
        """Change the faces of the frame that is on screen."""
        if self.picture is not None:
            self._faces = faces
            self.update()

    def show_boxes(self, shown: bool) -> None:
        """Draw face boxes or not."""
        self.boxes_shown = shown
        self.update()

    def picture_area(self) -> QRectF:
        """Where the picture is drawn, in the widget's coordinates; empty where there is none."""
        if self.picture is None:
            return QRectF()
        keep = Qt.AspectRatioMode.KeepAspectRatio
        size = self.picture.size().scaled(self.room(), keep).toSizeF() / self.devicePixelRatioF()
        corner = QPointF((self.width() - size.width()) / 2, (self.height() - size.height()) / 2)
        return QRectF(corner, size)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the surround, then the picture and its faces, or the sentence."""
        painter = QPainter(self)
        colours = theme.current()
        painter.fillRect(event.rect(), colours.colour("surface_0"))
        if self.picture is not None:
            area = self.picture_area()
            self._draw_picture(painter, self.picture, area)
            if self.boxes_shown:
                self._draw_faces(painter, area, area.width() / self.picture.width())
        elif self.message or self._title:
            self._draw_message(painter)
        parent = self.parentWidget()
        if parent is not None and parent.hasFocus():
            painter.setPen(colours.colour("focus"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _draw_picture(self, painter: QPainter, picture: QImage, area: QRectF) -> None:
        device = (area.size() * self.devicePixelRatioF()).toSize()
        if device.width() < picture.width():
            if self._fitted is None or self._fitted.size() != device:
                self._fitted = fit(picture, self.room())
            picture = self._fitted or picture
        smooth = device.width() < PIXELS_FROM * picture.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(area, picture, QRectF(picture.rect()))

    def _draw_faces(self, painter: QPainter, area: QRectF, scale: float) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.mono_font())
        labels: list[QRectF] = []
        for row in range(len(self._faces)):
            x, y, width, height = (float(part) * scale for part in self._faces.box[row])
            box = QRectF(area.x() + x, area.y() + y, width, height)
            score = float(self._faces.score[row]) if self._faces.scored[row] else float("nan")
            label = f"{self._faces.track[row]} · {score_text(score)}"
            _draw_box(painter, box, score)
            plate = _place_label(QFontMetricsF(painter.font()), label, box, area, labels)
            labels.append(plate)
            _draw_label(painter, plate, label, theme.current().score(score))

    def _draw_message(self, painter: QPainter) -> None:
        colours = theme.current()
        area = QRectF(self.rect()).adjusted(32, 16, -32, -16)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        middle = area.center().y()
        upper = QRectF(area.left(), area.top(), area.width(), middle - area.top())
        lower = QRectF(area.left(), middle + 8, area.width(), area.bottom() - middle - 8)
        painter.setPen(colours.colour("danger" if self._trouble else "text"))
        painter.setFont(theme.text_font(strong=True))
        painter.drawText(upper, flags | Qt.AlignmentFlag.AlignBottom, self._title)
        painter.setPen(colours.colour("muted"))
        painter.setFont(theme.text_font())
        painter.drawText(lower, flags | Qt.AlignmentFlag.AlignTop, self.message)

    def _theme_changed(self) -> None:
        self.update()


def _draw_box(painter: QPainter, box: QRectF, score: float) -> None:
    """A thin line in the score's colour on a dark one, so that it shows on any picture."""
    colours = theme.current()
    unscored = score != score
    style = Qt.PenStyle.DashLine if unscored else Qt.PenStyle.SolidLine
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colours.colour("surface_0", 0.7), 3.0))
    painter.drawRect(box)
    painter.setPen(QPen(colours.score(score), 1.5, style))
    painter.drawRect(box)


def _place_label(
    metrics: QFontMetricsF, text: str, box: QRectF, area: QRectF, taken: Sequence[QRectF]
) -> QRectF:
    """Where a box's label goes: above it, else inside, else below, in the picture and in sight."""
    width = metrics.horizontalAdvance(text) + 2 * LABEL_ROOM
    height = metrics.height() + 2
    left = max(min(box.left(), area.right() - width), area.left())
    tops = (box.top() - height - 2, box.top() + 2, box.bottom() + 2, box.bottom() - height - 2)
    places = [QRectF(left, top, width, height) for top in tops]
    free = [
        place
        for place in places
        if area.top() <= place.top()
        and place.bottom() <= area.bottom()
        and not any(place.intersects(other) for other in taken)
    ]
    return free[0] if free else places[1]


def _draw_label(painter: QPainter, plate: QRectF, text: str, edge: QColor) -> None:
    """Track and score on a plate that shows on any picture."""
    colours = theme.current()
    painter.setPen(QPen(edge, 1.0))
    painter.setBrush(colours.colour("surface_1", 0.92))
    painter.drawRect(plate)
    painter.setPen(colours.colour("text"))
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
