"""The picture area: one frame with what is drawn over it, or a sentence where there is none."""

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui import theme, wording
from ui.player import faces as face_rows
from ui.player import overlay
from ui.player.decoding import fit
from ui.player.sight import STEP, Sight
from ui.player.tone import Tone
from workstation.cases.records import FaceTable

PREVIEW = "Preview, reduced: the frame itself is being decoded"
PIXELS_FROM = 2.0  # enlargement from which pixels are drawn as they are, not smoothed


class PictureView(QWidget):
    """Draws one frame at a time on neutral grey, as large as it fits or enlarged.

    Attributes:
        picture: the frame on screen at its own size, or None.
        whole: size of the frame on screen; of the last one where there is none.
        message: the sentence on screen instead of a picture, or "".
        shown: what is drawn over the picture.
        sight: which part of the picture is seen.
        tone: how the display departs from the recording.
        grid: one of `overlay.GRIDS`.
        state: state of the frame in words, or "".
        trouble: what has become of the exhibit's file, or "".
        lag: how far the picture is behind the sound, or "".
        remark: a sentence to the examiner, or "".
        note: how playing goes on, or "".
    """

    sight_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture: QImage | None = None
        self.whole = QSize()
        self._small: QImage | None = None  # stands for the picture until that is there
        self.message = self.state = self.trouble = self.lag = ""
        self.remark = self.note = ""
        self.shown = overlay.Shown()
        self.sight = Sight()
        self.tone = Tone()
        self.grid = overlay.GRIDS[0]
        self._title = ""
        self._is_trouble = False
        self._fitted: QImage | None = None
        self._displayed: tuple[object, ...] = ()  # what `_display` was made of, and what it is
        self._faces = face_rows.no_faces()
        self._dragged: QPointF | None = None
        self.setMinimumSize(160, 72)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        if parent is not None:
            self.setFocusProxy(parent)
            self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        theme.keeper().changed.connect(self._theme_changed)

    @property
    def boxes_shown(self) -> bool:
        """Whether anything of the faces is drawn."""
        return self.shown.faces

    def sizeHint(self) -> QSize:
        """Room for a small picture."""
        return QSize(640, 360)

    def room(self) -> QSize:
        """What frames are best reduced to, in device pixels; empty while the picture is zoomed."""
        if self.sight.scale is not None:
            return QSize()
        ratio = self.devicePixelRatioF()
        return QSize(round(self.width() * ratio), round(self.height() * ratio))

    def show_picture(self, picture: QImage, fitted: QImage | None, faces: FaceTable) -> None:
        """Put a frame and its faces on screen.

        Args:
            picture: the upright frame at its own size.
            fitted: the same, reduced to the picture area, where that is at hand.
            faces: the faces of this very frame.
        """
        self.picture, self._fitted, self._small = picture, fitted, None
        self.whole = picture.size()
        self._put_on(faces)

    def show_preview(self, small: QImage, whole: QSize, faces: FaceTable) -> None:
        """Put a small picture of a frame on screen, marked as such, until the frame is there.

        Args:
            small: the upright frame, reduced.
            whole: size of the frame itself.
            faces: the faces of this very frame.
        """
        self.picture = self._fitted = None
        self._small, self.whole = small, whole
        self._put_on(faces)

    def _put_on(self, faces: FaceTable) -> None:
        self._faces = faces
        self.message = self._title = ""
        self._take_sizes()
        self.setAccessibleDescription(self._content())
        self.update()

    def show_message(self, title: str, message: str, *, trouble: bool = False) -> None:
        """Put a sentence on screen; no picture stays behind it."""
        self.picture = self._fitted = self._small = None
        self._faces = face_rows.no_faces()
        self._title, self.message, self._is_trouble = title, message, trouble
        self.setAccessibleDescription(self._content())
        self.update()

    def set_faces(self, faces: FaceTable) -> None:
        """Change the faces of the frame that is on screen."""
        if self.has_picture:
            self._faces = faces
            self.update()

    def show_boxes(self, shown: bool) -> None:
        """Draw boxes, landmarks and labels of faces, or none of them."""
        self.shown.faces = shown
        self.update()

    def set_tone(self, tone: Tone) -> None:
        """Change how the display departs from the recording."""
        self.tone = tone
        self.update()

    def set_grid(self, grid: str) -> None:
        """Draw another grid, one of `overlay.GRIDS`."""
        self.grid = grid
        self.update()

    def set_state(self, state: str, trouble: str) -> None:
        """Say what state the frame has, and what has become of the file."""
        self.state, self.trouble = state, trouble
        self.update()

    def set_lag(self, lag: str) -> None:
        """Say how far the picture is behind the sound, or nothing of it."""
        if lag != self.lag:
            self.lag = lag
            self.update()

    def set_remark(self, remark: str) -> None:
        """Say something to the examiner, or no more."""
        if remark != self.remark:
            self.remark = remark
            self.setAccessibleDescription(remark or self._content())
            self.update()

    def set_note(self, note: str) -> None:
        """Say how playing goes on, or nothing of it."""
        if note != self.note:
            self.note = note
            self.update()

    def zoom(self, factor: float, place: QPointF | None = None) -> None:
        """Enlarge around a place of the widget, or its middle."""
        self.sight.zoom(factor, place)
        self._moved()

    def fit_picture(self) -> None:
        """See the whole picture."""
        self.sight.fit()
        self._moved()

    def actual_size(self) -> None:
        """One pixel of the picture to one of the screen."""
        self.sight.actual_size()
        self._moved()

    def look_at(self, box: QRectF, share: float) -> None:
        """Bring a box of the picture into the middle; enlarged so that it fills a share of it.

        Args:
            box: pixels of the picture.
            share: of the smaller side of the widget, unless the picture is enlarged already.
        """
        self._take_sizes()
        if self.sight.scale is None:
            room = min(self.width(), self.height()) * self.devicePixelRatioF()
            self.sight.zoom_to(room * share / max(box.width(), box.height(), 1.0))
        self.sight.centre_on(box.center())
        self._moved()

    def pan(self, by: QPointF) -> None:
        """Move the enlarged picture by logical pixels."""
        self.sight.pan(by)
        self._moved()

    def picture_area(self) -> QRectF:
        """Where the picture is drawn, in the widget's coordinates; empty where there is none."""
        return self.sight.area() if self.has_picture else QRectF()

    @property
    def has_picture(self) -> bool:
        """Whether a frame is on screen, or its small picture."""
        return self.picture is not None or self._small is not None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the picture in sight."""
        self._take_sizes()
        super().resizeEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer."""
        clicks = event.angleDelta().y() / 120
        if self.has_picture and clicks:
            self.zoom(STEP**clicks, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of an enlarged picture."""
        if event.button() == Qt.MouseButton.LeftButton and self.sight.scale is not None:
            self._dragged = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move an enlarged picture."""
        if self._dragged is not None:
            self.pan(event.position() - self._dragged)
            self._dragged = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002
        """Let go of the picture."""
        self._dragged = None
        self._show_hand()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Change between the whole picture and its own size."""
        if not self.has_picture:
            return
        if self.sight.scale is None:
            self.sight.actual_size(event.position())
        else:
            self.sight.fit()
        self._moved()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the surround, then the picture and what lies over it, or the sentence."""
        painter = QPainter(self)
        colours = theme.current()
        painter.fillRect(event.rect(), colours.colour("surface_0"))
        if self.has_picture:
            self._take_sizes()
            self._draw(painter)
        elif self.message or self._title:
            self._draw_message(painter)
        plates = self._plates()
        if plates:
            overlay.draw_plates(painter, QRectF(self.rect()), plates)
        keyboard = self.focusProxy()
        if keyboard is not None and keyboard.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(colours.colour("focus"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _draw(self, painter: QPainter) -> None:
        area = self.sight.area()
        scale = area.width() / self.whole.width()
        if self.picture is not None:
            self._draw_picture(painter, self.picture, area)
        elif self._small is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
            self._draw_part(painter, self._toned(self._small), area)
        if self.grid != overlay.GRIDS[0]:
            overlay.draw_grid(painter, self.grid, area, scale)
        if self.shown.faces:
            overlay.draw_faces(painter, self._faces, area, scale, self.shown)

    def _draw_picture(self, painter: QPainter, picture: QImage, area: QRectF) -> None:
        device = (area.size() * self.devicePixelRatioF()).toSize()
        if device.width() < picture.width() and self.sight.scale is None:
            if self._fitted is None or self._fitted.size() != device:
                self._fitted = fit(picture, self.room())
            picture = self._fitted or picture
        picture = self._toned(picture)
        enlarged = device.width() / picture.width()
        smooth = enlarged < PIXELS_FROM and (self.sight.scale is None or enlarged < 1)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        self._draw_part(painter, picture, area)

    def _draw_part(self, painter: QPainter, picture: QImage, area: QRectF) -> None:
        part = self._in_sight(picture.size(), area)
        target = QRectF(
            area.x() + part.x() * area.width() / picture.width(),
            area.y() + part.y() * area.height() / picture.height(),
            part.width() * area.width() / picture.width(),
            part.height() * area.height() / picture.height(),
        )
        painter.drawImage(target, picture, QRectF(part))

    def _in_sight(self, size: QSize, area: QRectF) -> QRect:
        """The pixels of the picture that are in the widget, and one more at each side."""
        across, down = size.width() / area.width(), size.height() / area.height()
        seen = area.intersected(QRectF(self.rect())).translated(-area.topLeft())
        part = QRectF(
            seen.x() * across, seen.y() * down, seen.width() * across, seen.height() * down
        ).toAlignedRect()
        return part.adjusted(-1, -1, 1, 1).intersected(QRect(QRect(0, 0, *size.toTuple())))

    def _toned(self, picture: QImage) -> QImage:
        if self.tone.plain:
            return picture
        key = (picture.cacheKey(), self.tone)
        if self._displayed[:1] != (key,):
            self._displayed = (key, self.tone.apply(picture))
        made = self._displayed[1]
        return made if isinstance(made, QImage) else picture

    def _plates(self) -> list[tuple[str, str]]:
        plates = [(self.trouble, "danger")] if self.trouble else []
        plates += [(self.remark, "accent")] if self.remark else []
        if not self.has_picture:
            return plates
        if self._small is not None:
            plates.append((PREVIEW, "accent"))
        plates += [(words, "accent") for words in (self.lag, self.note) if words]
        if not self.tone.plain:
            words = f"Display adjusted: {self.tone.words()}. The exhibit is unchanged."
            plates.append((words, "accent"))
        if self.sight.scale is not None:
            plates.append((f"Enlarged {self.sight.scale * 100:.0f} %", "edge"))
        if self.shown.state and self.state:
            plates.append((self.state, "edge"))
        return plates

    def _draw_message(self, painter: QPainter) -> None:
        colours = theme.current()
        area = QRectF(self.rect()).adjusted(32, 16, -32, -16)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        middle = area.center().y()
        upper = QRectF(area.left(), area.top(), area.width(), middle - area.top())
        lower = QRectF(area.left(), middle + 8, area.width(), area.bottom() - middle - 8)
        painter.setPen(colours.colour("danger" if self._is_trouble else "text"))
        painter.setFont(theme.text_font(strong=True))
        painter.drawText(upper, flags | Qt.AlignmentFlag.AlignBottom, self._title)
        painter.setPen(colours.colour("muted"))
        painter.setFont(theme.text_font())
        painter.drawText(lower, flags | Qt.AlignmentFlag.AlignTop, self.message)

    def _content(self) -> str:
        """What is on screen, in words."""
        if not self.has_picture:
            return f"{self._title} {self.message}".strip()
        said = wording.counted(len(self._faces), "face box", "face boxes") + " on this frame"
        return said if self._small is None else f"{PREVIEW}. {said}"

    def _take_sizes(self) -> None:
        if self.has_picture:
            self.sight.set_room(self.whole, self.size(), self.devicePixelRatioF())

    def _moved(self) -> None:
        self._show_hand()
        self.update()
        self.sight_changed.emit()

    def _show_hand(self) -> None:
        if self.sight.scale is None:
            self.unsetCursor()
        else:
            self.setCursor(Qt.CursorShape.OpenHandCursor)

    def _theme_changed(self) -> None:
        self.update()
