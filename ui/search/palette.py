"""The palette: type a few letters of any action and press Enter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QVBoxLayout, QWidget

from ui import theme
from ui.lines import STRONG, WEAK, Line, LinesView
from ui.search.fuzzy import match
from ui.widgets import label

WIDTH, HEIGHT = 560, 420
MOST = 60
TITLE = "Find an action"


@dataclass(frozen=True)
class Offer:
    """Something that the palette can do.

    Attributes:
        text: what it does.
        group: where it stands in the menus.
        keys: its keys in words.
        act: does it.
        enabled: whether it applies now.
    """

    text: str
    group: str
    keys: str
    act: Callable[[], object]
    enabled: bool = True


class Palette(QDialog):
    """Lists the offers that fit what is typed, the best first."""

    def __init__(
        self, offers: Sequence[Offer], title: str = TITLE, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._offers = sorted(offers, key=lambda offer: not offer.enabled)
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedSize(WIDTH, HEIGHT)
        self.setProperty("kind", "palette")
        self.typed = QLineEdit()
        self.typed.setPlaceholderText(title)
        self.typed.setAccessibleName(title)
        self.view = LinesView("What fits")
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._none = label("Nothing fits these letters.", "muted")
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        rows.addWidget(self.typed)
        rows.addWidget(self._none)
        rows.addWidget(self.view, 1)
        self.typed.textChanged.connect(self._show)
        self.typed.installEventFilter(self)
        self.view.clicked.connect(self._chosen)
        self._show("")
        self.typed.setFocus()

    @classmethod
    def pop_up(cls, offers: Sequence[Offer], title: str, window: QWidget) -> "Palette":
        """Show offers over the upper middle of a window."""
        made = cls(offers, title, window)
        middle = window.mapToGlobal(window.rect().center())
        top = window.mapToGlobal(window.rect().topLeft())
        made.move(middle.x() - WIDTH // 2, top.y() + 80)
        made.show()
        return made

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let up, down and Enter in the field go to the list."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            steps = {
                Qt.Key.Key_Up: -1,
                Qt.Key.Key_Down: 1,
                Qt.Key.Key_PageUp: -8,
                Qt.Key.Key_PageDown: 8,
            }
            key = Qt.Key(event.key())
            if key in steps:
                self.view.step(steps[key])
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._chosen()
                return True
        return super().eventFilter(watched, event)

    def _show(self, typed: str) -> None:
        fits = []
        for offer in self._offers:
            found = match(typed, offer.text) or (
                (0, []) if match(typed, f"{offer.group} {offer.text}") else None
            )
            if found is not None:
                fits.append((found[0], offer, found[1]))
        if typed.strip():
            fits.sort(key=lambda one: (not one[1].enabled, -one[0], len(one[1].text)))
        self.view.show_lines([_line(offer, where) for _, offer, where in fits[:MOST]])
        self.view.setVisible(bool(fits))
        self._none.setVisible(not fits)
        if fits:
            self.view.setCurrentIndex(self.view.lines.index(0))
            self.view.scrollToTop()

    def _chosen(self) -> None:
        offer: Offer | None = self.view.current()
        if offer is not None and offer.enabled:
            self.close()
            QTimer.singleShot(0, offer.act)


def _line(offer: Offer, where: Sequence[int]) -> Line:
    strong = set(where)
    shown = "".join(
        f"{STRONG}{letter}{WEAK}" if place in strong else letter
        for place, letter in enumerate(offer.text)
    )
    group = offer.group if offer.enabled else f"{offer.group} · does not apply now"
    return Line(offer, shown.replace(WEAK + STRONG, ""), group, aside=offer.keys)
