"""The lanes and what the mouse does on them: time is a place, a place is a time."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from ui import theme
from ui.timeline.arrangement import Row
from ui.timeline.headings import (
    ARROW,
    HEADING,
    RULER,
    draw_headings,
    draw_playhead,
    draw_rows,
    draw_ruler,
    draw_selection,
)
from ui.timeline.paint import draw_plate, painting
from ui.timeline.sight import Sight
from ui.timeline.track_lanes import MARGIN

ZOOM_STEP = 1.25
LEAST_SPAN = 0.02  # seconds
DRAGGED = 5  # pixels after which a press on a heading is a drag


class LanesView(QAbstractScrollArea):
    """Lanes below each other over one time axis, with headings at the left and times below.

    What does not change with the playhead is painted once and kept as a picture.
    """

    pointed = Signal(object)  # QPointF of seconds and pixels below the top of the lanes, or None
    picked = Signal(object)  # float, seconds; while dragging too
    released = Signal()
    selecting = Signal(object, object)  # float, float: seconds from and to, while dragging too
    heading_pressed = Signal(object, object)  # Row; whether it was pressed on its arrow
    heading_dropped = Signal(object, object)  # Row that was dragged; Row it goes before, or None
    menu_wanted = Signal(object, object)  # Row | None, QPoint on the screen
    moved = Signal()  # another part of the exhibit is in sight

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []
        self.playhead: float | None = None
        self.selection: tuple[float, float] | None = None
        self.chosen_track: int | None = None
        self.selects = False  # whether dragging selects instead of seeking
        self.picking = False
        self.hover: tuple[float, list[tuple[Row, float]]] | None = None
        self.framed = False
        self.times_shown = True
        self._span = (0.0, 1.0)
        self._end = 1.0
        self._canvas: QPixmap | None = None
        self._headings: QPixmap | None = None
        self._panning_from: tuple[float, float] | None = None
        self._selecting_from: float | None = None
        self._heading: tuple[Row, QPointF, bool] | None = None
        self._build()

    def _build(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the timeline has the keys
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(RULER + 32)  # one lane
        self.viewport().setMouseTracking(True)
        self.viewport().setCursor(Qt.CursorShape.CrossCursor)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.verticalScrollBar().valueChanged.connect(self.refresh)
        theme.keeper().changed.connect(self.refresh)

    # what is in sight

    @property
    def span(self) -> tuple[float, float]:
        """Seconds at the left and the right edge."""
        return self._span

    @property
    def sight(self) -> Sight:
        """The time axis in pixels of this widget."""
        # The room of the scroll bar is left free without one: times must not move when it comes.
        bar = self.verticalScrollBar().sizeHint().width()
        wide = max(float(self.width() - HEADING - bar), 1.0)
        return Sight(*self._span, float(HEADING), wide, self.devicePixelRatioF())

    @property
    def shift(self) -> float:
        """Pixels by which the lanes are moved; 0 or less."""
        return -float(self.verticalScrollBar().value())

    @property
    def lanes_area(self) -> QRect:
        """Where the lanes are seen, without headings and ruler."""
        height = self.viewport().height() - RULER
        return QRect(HEADING, 0, round(self.sight.width), max(height, 0))

    def set_rows(self, rows: list[Row]) -> None:
        """Show these lanes."""
        self.rows = rows
        self._fit_scroll_bar()
        self.refresh()

    def fit(self, end: float | None = None) -> None:
        """Bring the whole exhibit in sight.

        Args:
            end: seconds at which it ends, where it is another one.
        """
        self._end = end if end is not None else self._end
        self._look_at(0.0, self._end)

    def zoom(self, factor: float, around: float) -> None:
        """Show `factor` times as much, keeping the time `around` where it is."""
        left, right = self._span
        factor = max(factor, LEAST_SPAN / (right - left))
        self._look_at(around - (around - left) * factor, around + (right - around) * factor)

    def pan(self, seconds: float) -> None:
        """Move along."""
        self._look_at(self._span[0] + seconds, self._span[1] + seconds)

    def show_stretch(self, left: float, right: float) -> None:
        """Bring a stretch in sight with some room beside it."""
        room = max((right - left) * 0.1, LEAST_SPAN)
        self._look_at(left - room, right + room)

    def bring_in_sight(self, seconds: float) -> None:
        """Turn the page when a time is out of sight."""
        left, right = self._span
        if not left <= seconds <= right:
            self.pan(seconds - (left + 0.1 * (right - left)))

    def row_at(self, y: float) -> Row | None:
        """The lane at a pixel of this widget."""
        below = y - self.shift
        if y >= self.lanes_area.bottom() + 1:
            return None
        return next((row for row in self.rows if row.top <= below < row.top + row.height), None)

    def time_at(self, place: QPointF | QPoint) -> QPointF:
        """Seconds and pixels below the top of the lanes at a pixel of this widget."""
        place = QPointF(place)
        return QPointF(self.sight.seconds(place.x()), place.y() - self.shift)

    def pixel_of(self, seconds: float, score: float = 0.5, name: str = "track 1") -> QPointF:
        """Where a time and a value of a lane are in this widget."""
        row = next((row for row in self.rows if row.lane.name == name), None)
        y = 40.0 if row is None else _height(row, score, self.shift)
        return QPointF(self.sight.x(seconds), y)

    # painting

    def refresh(self) -> None:
        """Paint the lanes and their headings anew."""
        self._canvas = self._headings = None
        self.viewport().update()

    def place_playhead(self, seconds: float | None) -> None:
        """Put the playhead at a time, or take it away; only where it was and is, is painted."""
        before, self.playhead = self.playhead, seconds
        for time in (before, seconds):
            if time is not None:
                x = round(self.sight.x(time))
                self.viewport().update(QRect(x - 8, 0, 17, self.viewport().height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Put the kept picture of the lanes on screen, then what lies over it."""
        canvas = self._painted()
        ratio = canvas.devicePixelRatio()
        target = QRectF(event.rect())
        source = QRectF(target.topLeft() * ratio, target.size() * ratio)
        with painting(self.viewport()) as painter:
            painter.drawPixmap(target, canvas, source)
            self._draw_over(painter)

    def _painted(self) -> QPixmap:
        size = self.viewport().size()
        if self._headings is None:
            self._headings = self._picture(QSize(HEADING, max(size.height() - RULER, 1)))
            with painting(self._headings) as painter:
                draw_headings(painter, self.rows, self.shift, self.chosen_track)
        if self._canvas is None:
            canvas = self._canvas = self._picture(size)
            with painting(canvas) as painter:
                self._draw(painter, self._headings)
            return canvas  # while it was drawn, a picture may have arrived: then it is not kept
        return self._canvas

    def _picture(self, size: QSize) -> QPixmap:
        """An empty picture with as many pixels as the screen has there."""
        picture = QPixmap(size * self.devicePixelRatioF())
        picture.setDevicePixelRatio(self.devicePixelRatioF())
        picture.fill(theme.current().colour("surface_1"))
        return picture

    def _draw(self, painter: QPainter, headings: QPixmap) -> None:
        size = self.viewport().size()
        painter.drawPixmap(0, 0, headings)
        painter.setClipRect(QRect(0, 0, size.width(), size.height() - RULER))
        draw_rows(painter, self.rows, self.sight, self.shift)
        painter.setClipping(False)
        if self.times_shown:
            ruler = QRectF(0, size.height() - RULER, size.width(), RULER)
            draw_ruler(painter, self.sight, ruler, self._end)

    def _draw_over(self, painter: QPainter) -> None:
        sight, area = self.sight, self.lanes_area
        painter.setClipRect(area.adjusted(0, 0, 0, 1))
        if self.selection is not None:
            left, right = (sight.x(time) for time in self.selection)
            draw_selection(painter, left, right, 0, area.bottom())
        if self.playhead is not None:
            draw_playhead(painter, sight.x(self.playhead), 0, area.bottom())
        if self.hover is not None:
            self._draw_hover(painter, sight, area)
        painter.setClipping(False)
        if self._heading is not None and self._heading[2]:
            self._draw_drop(painter)
        if self.framed:
            painter.setPen(theme.current().colour("focus"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))

    def _draw_hover(self, painter: QPainter, sight: Sight, area: QRect) -> None:
        assert self.hover is not None
        seconds, values = self.hover
        colours = theme.current()
        x = sight.x(seconds)
        painter.setPen(colours.colour("edge"))
        painter.drawLine(QPointF(round(x) + 0.5, 0), QPointF(round(x) + 0.5, area.bottom()))
        for row, value in values:
            at = QPointF(x, _height(row, value, self.shift))
            within = QRectF(area.left(), row.top + self.shift, area.width(), row.height)
            colour = row.lane.swatch() or colours.colour("edge")
            painter.setBrush(colour)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(at, 3, 3)
            draw_plate(painter, at, f"{value:.2f}", within, colour)

    def _draw_drop(self, painter: QPainter) -> None:
        assert self._heading is not None
        before = self._drop_target(self._heading[1].y())
        last = self.rows[-1]
        y = (before.top if before else last.top + last.height) + self.shift
        painter.fillRect(
            QRectF(0, y - 1, self.viewport().width(), 3), theme.current().colour("accent")
        )

    # the mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Left picks, selects or takes a heading; middle, or left on the ruler, takes the axis."""
        place = event.position()
        left = event.button() == Qt.MouseButton.LeftButton
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        row = self.row_at(place.y())
        on_ruler = place.y() > self.lanes_area.bottom()
        if event.button() == Qt.MouseButton.MiddleButton or (left and on_ruler):
            self._panning_from = (place.x(), self._span[0])
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        elif left and place.x() < HEADING:
            self._heading = None if row is None else (row, place, False)
        elif left and (shift or self.selects):
            self._selecting_from = self.time_at(place).x()
        elif left:
            self.picked.emit(self.time_at(place).x())
            self.picking = True
        event.ignore()  # so that the timeline takes the keyboard

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag, or point."""
        place = event.position()
        time = self.time_at(place)
        if self._panning_from is not None:
            pixel, began = self._panning_from
            self.pan(began - (place.x() - pixel) * self.sight.pixel - self._span[0])
        elif self._heading is not None:
            row, began_at, dragged = self._heading
            far = abs(place.y() - began_at.y()) > DRAGGED
            self._heading = (row, place if dragged or far else began_at, dragged or far)
            self.viewport().update()
        elif self._selecting_from is not None:
            self.selecting.emit(self._selecting_from, time.x())
        elif self.picking:
            self.picked.emit(time.x())
        over = place.x() >= HEADING and place.y() <= self.lanes_area.bottom()
        cursor = Qt.CursorShape.CrossCursor if over else Qt.CursorShape.ArrowCursor
        if self._panning_from is None:
            self.viewport().setCursor(cursor)
        self.pointed.emit(time if over else None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._panning_from = self._selecting_from = None
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if self.picking:
            self.picking = False
            self.released.emit()
        heading, self._heading = self._heading, None
        if heading is not None:
            row, place, dragged = heading
            if dragged:
                self.heading_dropped.emit(row, self._drop_target(place.y()))
            else:
                self.heading_pressed.emit(row, place.x() < ARROW)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Bring everything in sight."""
        if event.button() == Qt.MouseButton.LeftButton and event.position().x() >= HEADING:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; sideways, move along; over the headings, scroll the lanes."""
        turned, place = event.angleDelta(), event.position()
        sideways: Callable[[int], None] = lambda by: self.pan(  # noqa: E731
            -by / 1200 * (self._span[1] - self._span[0])
        )
        if place.x() < HEADING:
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() - turned.y() // 3)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            sideways(turned.y() or turned.x())
        elif abs(turned.x()) > abs(turned.y()):
            sideways(turned.x())
        elif turned.y():
            self.zoom(ZOOM_STEP ** (-turned.y() / 120), self.time_at(place).x())
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the lane below the pointer."""
        self.menu_wanted.emit(self.row_at(event.pos().y()), event.globalPos())

    def viewportEvent(self, event: QEvent) -> bool:
        """Explain a lane at its heading; notice when the pointer has left."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = self.row_at(event.pos().y()) if event.pos().x() < HEADING else None
            QToolTip.showText(event.globalPos(), row.lane.tip if row else "", self.viewport())
            return True
        if event.type() == QEvent.Type.Leave:
            self.pointed.emit(None)
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the lanes the new room."""
        super().resizeEvent(event)
        self._fit_scroll_bar()
        self.refresh()
        self.moved.emit()

    def _drop_target(self, y: float) -> Row | None:
        below = y - self.shift
        return next((row for row in self.rows if below < row.top + row.height / 2), None)

    def _fit_scroll_bar(self) -> None:
        whole = self.rows[-1].top + self.rows[-1].height if self.rows else 0.0
        seen = self.viewport().height() - RULER
        self.verticalScrollBar().setRange(0, max(round(whole - seen), 0))
        self.verticalScrollBar().setPageStep(max(seen, 1))
        self.verticalScrollBar().setSingleStep(16)

    def _look_at(self, left: float, right: float) -> None:
        wide = min(right - left, self._end)
        left = min(max(left, 0.0), self._end - wide)
        self._span = (left, left + wide)
        self._canvas = None  # the headings stay as they are
        self.viewport().update()
        self.moved.emit()


def _height(row: Row, value: float, shift: float) -> float:
    """Pixel of a value from 0 to 1 in a lane with a scale."""
    room = row.height - 2 * MARGIN
    return row.top + shift + MARGIN + (1.0 - value) * room
