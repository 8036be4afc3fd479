"""One face track in the inspector: its picture, finding and numbers."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from ui import theme, wording
from ui.exhibits.rows import FINDING_ICONS
from ui.icons import icon
from ui.inspector import words
from workstation.analysis.trust import ratio_words
from workstation.cases.records import FindingRecord

PICTURE = 56
HEIGHT = PICTURE + 2 * theme.GRID


class TrackCard(QAbstractButton):
    """A button; pressing it selects the track and goes to its peak."""

    def __init__(self, finding: FindingRecord, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._finding = finding
        self._picture = QImage()
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(f"Track {finding.track}, {self._said()}, {self._numbers()}")
        reasons = "\n".join(finding.reasons)
        self.setToolTip(f"{reasons}\n\n{words.FINDINGS[finding.finding]}\n{words.SCORE}")
        theme.keeper().changed.connect(self.update)

    @property
    def track(self) -> int:
        """Number of the face track."""
        return self._finding.track or 0

    def show_picture(self, picture: QImage) -> None:
        """Show the face at the track's peak."""
        self._picture = picture
        self.update()

    def sizeHint(self) -> QSize:
        """As high as the picture with its margins."""
        return QSize(240, HEIGHT)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show that the card can be pressed."""
        self.update()
        super().enterEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Draw picture, track, finding, numbers."""
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._draw_ground(painter, tokens)
        spot = QRect(theme.GRID, theme.GRID, PICTURE, PICTURE)
        painter.fillRect(spot, tokens.colour("surface_0"))
        if not self._picture.isNull():
            painter.drawImage(spot, self._picture)
        left = spot.right() + theme.GRID + 4
        line = QRect(left, theme.GRID, self.width() - left - theme.GRID, 18)
        painter.fillRect(QRect(left, line.center().y() - 1, 12, 3), tokens.track(self.track))
        painter.setFont(theme.text_font(strong=True))
        name = f"Track {self.track}"
        _text(painter, line.adjusted(18, 0, 0, 0), name, tokens.colour("text"))
        room = line.adjusted(26 + painter.fontMetrics().horizontalAdvance(name), 0, 0, 0)
        painter.setFont(theme.mono_font(theme.SMALL))
        _text(painter, room, self._ratio(), tokens.colour("muted"), Qt.AlignmentFlag.AlignRight)
        sign, token = FINDING_ICONS[self._finding.finding]
        line.translate(0, 19)
        icon(sign, token).paint(painter, QRect(left, line.top() + 2, 14, 14))
        painter.setFont(theme.text_font())
        finding = str(self._finding.finding)
        _text(painter, line.adjusted(18, 0, 0, 0), finding, tokens.colour("text"))
        line.translate(0, 19)
        painter.setFont(theme.mono_font(theme.SMALL))
        _text(painter, line, self._numbers(), tokens.colour("muted"))

    def _draw_ground(self, painter: QPainter, tokens: theme.Theme) -> None:
        if self.isChecked():
            painter.fillRect(self.rect(), tokens.colour("surface_3"))
        elif self.underMouse():
            painter.fillRect(self.rect(), tokens.colour("surface_2"))
        if self.hasFocus():
            painter.setPen(tokens.colour("focus"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _said(self) -> str:
        """The finding, with the likelihood ratio where there is one."""
        return " · ".join(part for part in (str(self._finding.finding), self._ratio()) if part)

    def _ratio(self) -> str:
        log10_lr = self._finding.statistics.get("log10_lr")
        return "" if log10_lr is None else f"LR about {ratio_words(log10_lr)}"

    def _numbers(self) -> str:
        statistics = self._finding.statistics
        scored = int(statistics.get("scored") or 0)
        if not scored:
            return "no frame scored"
        if not statistics.get("counted", scored):
            return f"{wording.counted(scored, 'frame')} unlike training"
        mean, peak = statistics.get("mean"), statistics.get("peak")
        return f"mean {_score(mean)}  peak {_score(peak)}  {wording.counted(scored, 'frame')}"


def _score(value: object) -> str:
    return wording.score(float(value)) if isinstance(value, float | int) else "–"


def _text(
    painter: QPainter,
    area: QRect,
    text: str,
    colour: QColor,
    side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
) -> None:
    painter.setPen(colour)
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())
    painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | side, shown)
