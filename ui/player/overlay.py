"""What is drawn over the picture: faces, the frame's state, a grid."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from ui import theme
from ui.player.readings import score_text
from workstation.analysis.quality import outside_words
from workstation.cases.records import FaceTable

LABEL_ROOM = 4.0
GRIDS = ("none", "thirds", "16 pixels", "8 pixels")
LEAST_GAP = 4.0  # device pixels between the lines of a grid; a finer one would hide the picture


@dataclass
class Shown:
    """What of it is switched on; `faces` switches boxes, landmarks and labels together."""

    faces: bool = True
    boxes: bool = True
    landmarks: bool = False
    tracks: bool = True
    scores: bool = True
    state: bool = True

    def switch(self, name: str) -> None:
        """Turn one of it on or off."""
        setattr(self, name, not getattr(self, name))


def draw_faces(painter: QPainter, faces: FaceTable, area: QRectF, scale: float, on: Shown) -> None:
    """Draw boxes, landmarks and labels.

    Args:
        painter: on the widget.
        faces: those of the frame on screen.
        area: where the picture lies.
        scale: logical pixels for one of the picture.
        on: what is drawn.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(theme.mono_font())
    metrics = QFontMetricsF(painter.font())
    sight = area.intersected(QRectF(painter.viewport()))
    labels: list[QRectF] = []
    for row in range(len(faces)):
        x, y, width, height = (float(part) * scale for part in faces.box[row])
        box = QRectF(area.x() + x, area.y() + y, width, height)
        score = float(faces.score[row]) if faces.scored[row] else float("nan")
        label = _label(int(faces.track[row]), score, int(faces.outside[row]), on)
        if not faces.counted[row]:
            score = float("nan")  # no finding rests on it: no colour speaks for it either
        if on.boxes:
            _draw_box(painter, box, score)
        if on.landmarks:
            _draw_landmarks(painter, faces.landmarks[row] * scale, area.topLeft(), score)
        if label and box.intersects(sight):
            plate = _place_label(metrics, label, box, sight, labels)
            labels.append(plate)
            draw_plate(painter, plate, label, theme.current().score(score))


def draw_grid(painter: QPainter, kind: str, area: QRectF, scale: float) -> bool:
    """Draw lines over the picture; whether the grid was coarse enough to be drawn.

    Args:
        painter: on the widget.
        kind: one of `GRIDS`.
        area: where the picture lies.
        scale: logical pixels for one of the picture.
    """
    if kind == "thirds":
        across, down = area.width() / 3, area.height() / 3
    else:
        across = down = (16 if kind == "16 pixels" else 8) * scale
        if across < LEAST_GAP:
            return False
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    colours = theme.current()
    sight = area.intersected(QRectF(painter.viewport()))
    lines = _grid_lines(area, sight, across, down)
    for token, alpha, shift in (("surface_0", 0.45, 1.0), ("text", 0.35, 0.0)):
        painter.setPen(QPen(colours.colour(token, alpha), 1.0))
        painter.drawLines([line.translated(shift, shift) for line in lines])
    return True


def draw_plates(painter: QPainter, room: QRectF, lines: Sequence[tuple[str, str]]) -> None:
    """Plates in the upper left corner, one below the other; (words, colour token of the edge)."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(theme.text_font(theme.SMALL))
    metrics = QFontMetricsF(painter.font())
    top = room.top() + theme.GRID
    for words, token in lines:
        width = min(metrics.horizontalAdvance(words) + 4 * LABEL_ROOM, room.width() - 16)
        flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignCenter
        inner = QRectF(0, 0, width - 4 * LABEL_ROOM, 1000)
        height = metrics.boundingRect(inner, int(flags), words).height() + 6
        plate = QRectF(room.left() + theme.GRID, top, width, height)
        draw_plate(painter, plate, words, theme.current().colour(token))
        top = plate.bottom() + theme.GRID / 2


def draw_plate(painter: QPainter, plate: QRectF, text: str, edge: QColor) -> None:
    """Words on a plate that shows on any picture."""
    colours = theme.current()
    painter.setPen(QPen(edge, 1.0))
    painter.setBrush(colours.colour("surface_1", 0.92))
    painter.drawRect(plate)
    painter.setPen(colours.colour("text"))
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(plate, int(flags), text)


def _label(track: int, score: float, outside: int, on: Shown) -> str:
    """Track and score, and in a word why the score does not count where it does not."""
    parts = [str(track)] if on.tracks else []
    parts += [score_text(score), *outside_words(outside)[:1]] if on.scores else []
    return " · ".join(parts)


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


def _draw_landmarks(painter: QPainter, points: object, corner: QPointF, score: float) -> None:
    colours = theme.current()
    for x, y in points:  # type: ignore[attr-defined]
        middle = corner + QPointF(float(x), float(y))
        painter.setPen(QPen(colours.colour("surface_0", 0.7), 1.0))
        painter.setBrush(colours.score(score))
        painter.drawEllipse(middle, 2.5, 2.5)


def _grid_lines(area: QRectF, sight: QRectF, across: float, down: float) -> list[QLineF]:
    lines = []
    for number in range(int((sight.left() - area.left()) / across) + 1, 10_000):
        x = area.left() + number * across
        if x >= sight.right() - 1:
            break
        lines.append(QLineF(x, sight.top(), x, sight.bottom()))
    for number in range(int((sight.top() - area.top()) / down) + 1, 10_000):
        y = area.top() + number * down
        if y >= sight.bottom() - 1:
            break
        lines.append(QLineF(sight.left(), y, sight.right(), y))
    return lines


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
