"""Draws one exhibit: thumbnail, number, name, state and progress."""

import functools

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ui import theme
from ui.exhibits.model import ROW_ROLE
from ui.exhibits.rows import ExhibitRow
from ui.icons import icon
from workstation.evidence.picture_size import is_small_jpeg

HEIGHT = 80
PICTURE = QSize(72, 48)
MARGIN = theme.GRID + 4
ICON = 14
DECODED = 128  # pictures kept decoded


class ExhibitDelegate(QStyledItemDelegate):
    """Paints rows in the theme in force."""

    def sizeHint(
        self,
        option: QStyleOptionViewItem,  # noqa: ARG002
        index: QModelIndex | QPersistentModelIndex,  # noqa: ARG002
    ) -> QSize:
        """Every row is as high as every other."""
        return QSize(200, HEIGHT)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw the row."""
        row: ExhibitRow = index.data(ROW_ROLE)
        tokens = theme.current()
        area = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        _background(painter, option, tokens)
        picture = QRect(
            area.left() + MARGIN, area.top() + MARGIN, PICTURE.width(), PICTURE.height()
        )
        _picture(painter, picture, row, tokens)
        left = picture.right() + MARGIN
        text = QRect(left, area.top() + MARGIN - 2, area.right() - left - theme.GRID, HEIGHT - 16)
        _text(painter, text, row, tokens)
        if row.part is not None:
            _progress(painter, QRect(left, area.bottom() - 9, text.width(), 3), row.part, tokens)
        painter.restore()


def _background(painter: QPainter, option: QStyleOptionViewItem, tokens: theme.Theme) -> None:
    area = option.rect
    if option.state & QStyle.StateFlag.State_Selected:
        painter.fillRect(area, tokens.colour("surface_3"))
        painter.fillRect(QRect(area.left(), area.top(), 3, area.height()), tokens.colour("accent"))
    elif option.state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(area, tokens.colour("surface_2"))
    if option.state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(tokens.colour("focus"))
        painter.drawRect(area.adjusted(0, 0, -1, -1))


def _picture(painter: QPainter, area: QRect, row: ExhibitRow, tokens: theme.Theme) -> None:
    painter.fillRect(area, tokens.colour("surface_0"))
    thumbnail = decoded(row.thumbnail)
    if thumbnail.isNull():
        name = "file-alert-outline" if row.token == "danger" else "filmstrip"
        spot = QRect(0, 0, 20, 20)
        spot.moveCenter(area.center())
        icon(name, "muted").paint(painter, spot)
        return
    fitted = QRect()
    fitted.setSize(thumbnail.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio))
    fitted.moveCenter(area.center())
    painter.drawImage(fitted, thumbnail)


@functools.lru_cache(DECODED)
def decoded(thumbnail: bytes) -> QImage:
    """A picture that is in sight; decoding those of a thousand exhibits would take seconds.

    Nothing but a small JPEG is decoded: the case may come from somebody else.
    """
    return QImage.fromData(thumbnail, "JPEG") if is_small_jpeg(thumbnail) else QImage()


def _text(painter: QPainter, area: QRect, row: ExhibitRow, tokens: theme.Theme) -> None:
    x = area.left()
    if row.number:
        painter.setFont(theme.mono_font())
        painter.setPen(tokens.colour("text"))
        line = QRect(x, area.top(), area.width(), 18)
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, row.number)
        if row.badge:
            _badge(painter, line, row.badge, tokens)
    top = area.top() + (18 if row.number else 0)
    painter.setFont(theme.text_font())
    _elided(painter, QRect(x, top, area.width(), 18), row.name, tokens.colour("text"), middle=True)
    state = QRect(x + ICON + 4, top + 18, area.width() - ICON - 4, 16)
    icon(row.icon, row.token).paint(painter, QRect(x, state.top() + 1, ICON, ICON))
    painter.setFont(theme.text_font(theme.SMALL))
    colour = tokens.colour("danger" if row.token == "danger" else "muted")
    painter.setPen(colour)
    metrics = painter.fontMetrics()
    room = 2 * state.width() - 4 * metrics.averageCharWidth()  # words do not fill lines to the end
    shown = metrics.elidedText(row.state, Qt.TextElideMode.ElideRight, room)
    state.setHeight(2 * metrics.lineSpacing())
    painter.drawText(state, Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap, shown)


def _badge(painter: QPainter, line: QRect, words: str, tokens: theme.Theme) -> None:
    """What the exhibit is taken as, at the right end of its first line."""
    painter.setFont(theme.text_font(theme.SMALL))
    width = painter.fontMetrics().horizontalAdvance(words)
    place = QRect(line.right() - width, line.top(), width + 1, line.height())
    spot = QRect(place.left() - ICON - 3, line.top() + 2, ICON, ICON)
    icon("check-decagram-outline", "accent").paint(painter, spot)
    painter.setPen(tokens.colour("muted"))
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, words)


def _elided(
    painter: QPainter, area: QRect, text: str, colour: QColor, *, middle: bool = False
) -> None:
    how = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
    painter.setPen(colour)
    shown = painter.fontMetrics().elidedText(text, how, area.width())
    painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


def _progress(painter: QPainter, area: QRect, part: float, tokens: theme.Theme) -> None:
    painter.fillRect(area, tokens.colour("line"))
    done = QRect(area)
    done.setWidth(round(area.width() * part))
    painter.fillRect(done, tokens.colour("accent"))
