"""The plot and what the mouse does on it: time is a place, a place is a time."""

import math

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from ui import theme
from ui.timeline.axis import ThresholdAxis, TimeAxis, score_axis
from ui.timeline.layers import LANE, TOP

ZOOM_STEP = 1.25
LEAST_SPAN = 0.02  # seconds


class TimelineView(pg.PlotWidget):
    """A plot whose score axis stands still and whose time axis is moved by mouse and keys."""

    pointed = Signal(object)  # QPointF of seconds and score below the pointer, or None
    picked = Signal(object)  # float, seconds; while dragging too
    released = Signal()
    moved = Signal()  # another part of the exhibit is in sight

    def __init__(self, parent: QWidget | None = None) -> None:
        self.threshold_axis = ThresholdAxis()
        axes = {
            "bottom": TimeAxis("bottom"),
            "left": score_axis(),
            "right": self.threshold_axis,
        }
        super().__init__(parent, axisItems=axes)
        axes["bottom"].enableAutoSIPrefix(False)
        axes["bottom"].setHeight(24)
        self.picking = False
        self._panning_from: tuple[float, float] | None = None
        self._end = 1.0
        plot = self.getPlotItem()
        plot.hideButtons()
        plot.setMenuEnabled(False)
        box = plot.getViewBox()
        box.setMouseEnabled(False, False)
        box.disableAutoRange()
        box.setDefaultPadding(0.0)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the timeline has the keys
        self.setFrameShape(pg.PlotWidget.Shape.NoFrame)
        self.setMinimumHeight(140)
        self.viewport().setMouseTracking(True)
        self.viewport().setCursor(Qt.CursorShape.CrossCursor)
        box.sigResized.connect(self.set_score_range)
        self.dress()
        theme.keeper().changed.connect(self.dress)

    def dress(self) -> None:
        """Take the theme's colours."""
        colours = theme.current()
        self.setBackground(colours.colour("surface_1"))
        for name in ("bottom", "left", "right"):
            axis = self.getPlotItem().getAxis(name)
            axis.setPen(colours.colour("line"))
            axis.setTextPen(colours.colour("muted"))
            axis.setStyle(
                tickFont=theme.mono_font(theme.SMALL), tickLength=4, hideOverlappingLabels=True
            )
        axis = self.getPlotItem().getAxis("left")
        axis.label.setFont(theme.text_font(theme.SMALL))

    @property
    def span(self) -> tuple[float, float]:
        """Seconds at the left and the right edge."""
        left, right = self.getPlotItem().getViewBox().viewRange()[0]
        return left, right

    def columns(self) -> int:
        """Pixels of the plot's width, device pixels where they are finer."""
        width = self.getPlotItem().getViewBox().width() * self.devicePixelRatioF()
        return max(math.ceil(width), 1)

    def fit(self, end: float | None = None) -> None:
        """Bring the whole exhibit in sight.

        Args:
            end: seconds at which it ends, where it is another one.
        """
        self._end = end if end is not None else self._end
        self._look_at(0.0, self._end)

    def show_times(self, shown: bool) -> None:
        """Name times below the plot, or not while there is no exhibit they could belong to."""
        self.getPlotItem().getAxis("bottom").setStyle(showValues=shown)

    def zoom(self, factor: float, around: float) -> None:
        """Show `factor` times as much, keeping the time `around` where it is."""
        left, right = self.span
        factor = max(factor, LEAST_SPAN / (right - left))
        self._look_at(around - (around - left) * factor, around + (right - around) * factor)

    def pan(self, seconds: float) -> None:
        """Move along."""
        left, right = self.span
        self._look_at(left + seconds, right + seconds)

    def bring_in_sight(self, seconds: float) -> None:
        """Turn the page when a time is out of sight."""
        left, right = self.span
        if not left <= seconds <= right:
            self.pan(seconds - (left + 0.1 * (right - left)))

    def set_score_range(self) -> None:
        """Scores from 0 to 1, with room in pixels for labels above and frame states below."""
        box = self.getPlotItem().getViewBox()
        scale = max(box.height() - LANE - TOP, 1.0)
        box.setYRange(-LANE / scale, 1.0 + TOP / scale, padding=0)
        self.moved.emit()

    def time_at(self, place: QPointF | QPoint) -> QPointF:
        """Seconds and score at a pixel of this widget."""
        scene = self.mapToScene(QPointF(place).toPoint())
        fraction = QPointF(place) - QPointF(QPointF(place).toPoint())
        return self.getPlotItem().getViewBox().mapSceneToView(QPointF(scene) + fraction)

    def pixel_of(self, seconds: float, score: float = 0.5) -> QPointF:
        """Where a time and a score are in this widget."""
        box = self.getPlotItem().getViewBox()
        return QPointF(box.mapViewToDevice(QPointF(seconds, score)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Left picks a time; middle, or left with Shift, takes hold of the time axis."""
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        left = event.button() == Qt.MouseButton.LeftButton
        if event.button() == Qt.MouseButton.MiddleButton or (left and shift):
            self._panning_from = (event.position().x(), self.span[0])
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        elif left:
            self.picked.emit(self.time_at(event.position()).x())
            self.picking = True
        event.ignore()  # so that the timeline takes the keyboard

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag, or point."""
        place = self.time_at(event.position())
        if self._panning_from is not None:
            pixel, began = self._panning_from
            per_pixel = (self.span[1] - self.span[0]) / self.getPlotItem().getViewBox().width()
            self.pan(began - (event.position().x() - pixel) * per_pixel - self.span[0])
        elif self.picking:
            self.picked.emit(place.x())
        self.pointed.emit(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._panning_from = None
        self.viewport().setCursor(Qt.CursorShape.CrossCursor)
        if self.picking and event.button() == Qt.MouseButton.LeftButton:
            self.picking = False
            self.released.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Bring everything in sight."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; sideways, move along."""
        turned = event.angleDelta()
        if abs(turned.x()) > abs(turned.y()):
            self.pan(-turned.x() / 1200 * (self.span[1] - self.span[0]))
        elif turned.y():
            around = self.time_at(event.position()).x()
            self.zoom(ZOOM_STEP ** (-turned.y() / 120), around)
        event.accept()

    def leaveEvent(self, _event: QEvent) -> None:
        """The pointer is elsewhere."""
        self.pointed.emit(None)

    def _look_at(self, left: float, right: float) -> None:
        wide = min(right - left, self._end)
        left = min(max(left, 0.0), self._end - wide)
        self.getPlotItem().getViewBox().setXRange(left, left + wide, padding=0)
        self.moved.emit()

    def plot_area(self) -> QRectF:
        """The plot without its axes, in this widget's pixels."""
        box = self.getPlotItem().getViewBox()
        return QRectF(box.mapRectToDevice(box.rect()))
