"""Which part of the picture is seen, and how large: fitted, or enlarged around a point."""

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF

LARGEST = 16.0  # device pixels for one of the picture
SMALLEST = 1 / 16
STEP = 2**0.5  # of one click of the wheel or one key


class Sight:
    """Maps the picture to the widget; sizes are logical, scales count device pixels.

    Attributes:
        scale: device pixels for one pixel of the picture; None to fit the picture to the room.
        centre: the point of the picture in the middle of the room, pixels.
    """

    def __init__(self) -> None:
        self.scale: float | None = None
        self.centre = QPointF()
        self._picture = QSize()
        self._room = QSizeF()
        self._ratio = 1.0

    def set_room(self, picture: QSize, room: QSize, ratio: float) -> None:
        """Take over the sizes; another size of picture is fitted again.

        Args:
            picture: pixels.
            room: of the widget, logical.
            ratio: device pixels for one logical.
        """
        if picture != self._picture:
            self.scale, self._picture = None, picture
            self.centre = QPointF(picture.width() / 2, picture.height() / 2)
        self._room, self._ratio = QSizeF(room), ratio
        self._keep_inside()

    @property
    def fit_scale(self) -> float:
        """The scale at which the whole picture is seen."""
        if self._picture.isEmpty():
            return 1.0
        across = self._room.width() / self._picture.width()
        down = self._room.height() / self._picture.height()
        return max(min(across, down) * self._ratio, 1e-6)

    @property
    def shown_scale(self) -> float:
        """The scale in force."""
        return self.fit_scale if self.scale is None else self.scale

    def area(self) -> QRectF:
        """Where the whole picture lies, in the widget's coordinates; may reach beyond it."""
        factor = self.shown_scale / self._ratio
        size = QSizeF(self._picture) * factor
        if self.scale is None:
            corner = QPointF(
                (self._room.width() - size.width()) / 2, (self._room.height() - size.height()) / 2
            )
        else:
            middle = QPointF(self._room.width() / 2, self._room.height() / 2)
            corner = middle - self.centre * factor
        # On a whole device pixel, so that every pixel of the picture is equally large.
        x, y = (round(part * self._ratio) / self._ratio for part in corner.toTuple())
        return QRectF(QPointF(x, y), size)

    def point(self, place: QPointF) -> QPointF:
        """The point of the picture at a place of the widget."""
        return (place - self.area().topLeft()) * (self._ratio / self.shown_scale)

    def zoom(self, factor: float, place: QPointF | None = None) -> None:
        """Enlarge by a factor; the point at `place` (or in the middle) stays where it is."""
        self.zoom_to(self.shown_scale * factor, place)

    def zoom_to(self, scale: float, place: QPointF | None = None) -> None:
        """Set the scale; at or below that of the whole picture, the picture is fitted."""
        middle = QPointF(self._room.width() / 2, self._room.height() / 2)
        place = middle if place is None else place
        fixed, fit = self.point(place), self.fit_scale
        scale = min(max(scale, min(SMALLEST, fit)), LARGEST)
        if scale <= fit * 1.001 and fit <= LARGEST:
            self.fit()
            return
        self.scale = scale
        self.centre = fixed - (place - middle) * (self._ratio / scale)
        self._keep_inside()

    def actual_size(self, place: QPointF | None = None) -> None:
        """One pixel of the picture to one of the screen."""
        middle = QPointF(self._room.width() / 2, self._room.height() / 2)
        place = middle if place is None else place
        fixed = self.point(place)
        self.scale = 1.0
        self.centre = fixed - (place - middle) * self._ratio
        self._keep_inside()

    def fit(self) -> None:
        """See the whole picture."""
        self.scale = None
        self.centre = QPointF(self._picture.width() / 2, self._picture.height() / 2)

    def pan(self, by: QPointF) -> None:
        """Move the picture by logical pixels."""
        if self.scale is not None:
            self.centre -= by * (self._ratio / self.scale)
            self._keep_inside()

    def centre_on(self, point: QPointF) -> None:
        """Bring a point of the picture into the middle, as far as the picture reaches."""
        if self.scale is not None:
            self.centre = QPointF(point)
            self._keep_inside()

    def _keep_inside(self) -> None:
        if self.scale is None:
            return
        self.centre = QPointF(
            _inside(self.centre.x(), self._picture.width(), self._seen(self._room.width())),
            _inside(self.centre.y(), self._picture.height(), self._seen(self._room.height())),
        )

    def _seen(self, room: float) -> float:
        return room * self._ratio / self.shown_scale


def _inside(middle: float, size: float, seen: float) -> float:
    """The middle moved so that no room is left beside a picture that is larger than it."""
    if seen >= size:
        return size / 2
    return min(max(middle, seen / 2), size - seen / 2)
