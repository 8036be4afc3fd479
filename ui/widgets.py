"""Small building blocks that several parts of the window share."""

import html
import re
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ui import theme
from ui.icons import icon

SIGN = 18  # pixels of the sign beside a warning


BREAK = "\u200b"  # takes no room; a line may end there
LONG_WORD = 20  # characters that are never broken


def breakable(text: str) -> str:
    """Text in which long names, paths and hashes may be broken, after signs where there are any."""
    if all(len(word) <= LONG_WORD for word in text.split()):
        return text
    return re.sub(rf"\S{{{LONG_WORD + 1},}}", lambda word: _broken(word[0]), text)


def _broken(word: str) -> str:
    pieces = re.findall(rf"[^/\\_.\-]{{0,{LONG_WORD}}}[/\\_.\-]?", word)
    return BREAK.join(piece for piece in pieces if piece)


class WrappedLabel(QLabel):
    """Several lines, never wider than there is room: words without an end are broken, too.

    Qt breaks lines between words only; one long file name would widen everything around it.
    """

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._whole = ""
        self.setWordWrap(True)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show this."""
        self._whole = text
        super().setText(breakable(text))

    def clear(self) -> None:
        """Show nothing."""
        self.setText("")

    def text(self) -> str:
        """What is shown, without the places where lines may end."""
        return self._whole

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy what is selected as it was written."""
        if event.matches(QKeySequence.StandardKey.Copy) and self.hasSelectedText():
            QApplication.clipboard().setText(self.selectedText().replace(BREAK, ""))
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The same for the menu."""
        if not self.hasSelectedText():
            event.ignore()
            return
        menu = QMenu(self)
        said = self.selectedText().replace(BREAK, "")
        menu.addAction("Copy", lambda: QApplication.clipboard().setText(said))
        menu.popup(event.globalPos())


def label(text: str = "", kind: str = "", *, wrap: bool = False, mono: bool = False) -> QLabel:
    """A label; `kind` is "title", "heading", "muted", "small" or "danger" in the style sheet."""
    made = WrappedLabel(text) if wrap else QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if kind:
        made.setProperty("kind", kind)
    if mono:
        made.setFont(theme.mono_font())
    return made


class ElidedLabel(QLabel):
    """One line that gives way where there is no room for it; the tooltip has all of it.

    Args:
        kind: how it looks.
        parent: the widget it is part of.
        cut: whether as much of it is shown as there is room for, else all of it or nothing.
    """

    def __init__(self, kind: str = "", parent: QWidget | None = None, *, cut: bool = True) -> None:
        super().__init__(parent)
        self._whole, self._cut = "", cut
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("kind", kind)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def say(self, text: str) -> None:
        """Show this, as much of it as there is room for."""
        self._whole = text
        self.setAccessibleDescription(text)
        self._fit()

    @property
    def whole(self) -> str:
        """All of the text."""
        return self._whole

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the text to the new width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.contentsRect().width()
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, room)
        self.setText(shown if self._cut or shown == self._whole else "")
        self.setToolTip("" if shown == self._whole else plain_tip(self._whole))


def plain_tip(text: str) -> str:
    """A tooltip that shows a name or a note as it is.

    Qt takes text with tags in it for markup, and reads the pictures that the markup names.
    """
    if "<" not in text:
        return text
    return f"<div style='white-space: pre-wrap'>{html.escape(text)}</div>"


def heading(text: str) -> QLabel:
    """The small heading of a panel."""
    return label(text.upper(), "heading")


def button(
    text: str, clicked: Callable[[], object], *, primary: bool = False, quiet: bool = False
) -> QPushButton:
    """A push button; one primary button at most in any place."""
    made = QPushButton(text)
    made.setProperty("primary", primary)
    made.setProperty("quiet", quiet)
    made.setAutoDefault(False)
    made.clicked.connect(lambda: clicked())
    return made


def keep_off_the_border(field: QAbstractSpinBox) -> None:
    """Leave room before the number; a style sheet's padding does not reach it."""
    field.lineEdit().setTextMargins(6, 0, 0, 0)


def line() -> QFrame:
    """A thin horizontal separator."""
    made = QFrame()
    made.setProperty("kind", "line")
    return made


class IconButton(QToolButton):
    """A button that shows an icon only, and says in words what it does."""

    def __init__(
        self, name: str, words: str, clicked: Callable[[], object], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name = name
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAutoRaise(True)
        self.say(words)
        self.clicked.connect(lambda: clicked())
        theme.keeper().changed.connect(self._draw)
        self._draw()

    def say(self, words: str) -> None:
        """Change what the button says it does."""
        self.setToolTip(words)
        self.setAccessibleName(words)

    def show_icon(self, name: str) -> None:
        """Change the icon."""
        self._name = name
        self._draw()

    def _draw(self) -> None:
        self.setIcon(icon(self._name))


class Banner(QFrame):
    """A sentence across the window with up to two buttons, until it is dismissed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "banner")
        self._text = label(wrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._buttons: list[QPushButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(2 * theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        self._row.setSpacing(theme.GRID)
        self._sign = QLabel()
        self._sign.setAccessibleName("Warning")
        self._row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addWidget(self._text, 1)
        self._close = IconButton("close", "Dismiss this message", self.dismiss)
        self._row.addWidget(self._close)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence shown."""
        return self._text.text()

    def say(
        self, sentence: str, *buttons: tuple[str, Callable[[], object]], danger: bool = False
    ) -> None:
        """Show a sentence with buttons; clicking one dismisses the banner."""
        self._clear()
        self._text.setText(sentence)
        self.setAccessibleName(sentence)
        self.setProperty("danger", danger)
        self._sign.setVisible(danger)
        self._sign.setPixmap(icon("alert-outline", "danger").pixmap(SIGN, SIGN))
        self.style().unpolish(self)
        self.style().polish(self)
        for words, clicked in buttons:
            made = button(words, partial(self._act, clicked))
            self._row.insertWidget(self._row.count() - 1, made)
            self._buttons.append(made)
        self.show()

    def dismiss(self) -> None:
        """Hide the banner."""
        self._clear()
        self._text.clear()
        self.hide()

    def _act(self, act: Callable[[], object]) -> None:
        self.dismiss()
        act()

    def _clear(self) -> None:
        for made in self._buttons:
            self._row.removeWidget(made)
            made.hide()
            made.deleteLater()
        self._buttons = []


class Banners(QWidget):
    """Banners one below the other, one for each cause."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(1)
        self._banners: dict[str, Banner] = {}

    def say(
        self,
        cause: str,
        sentence: str,
        *buttons: tuple[str, Callable[[], object]],
        danger: bool = False,
    ) -> None:
        """Show a sentence, instead of an earlier one of the same cause."""
        if cause not in self._banners:
            self._banners[cause] = Banner()
            self._rows.addWidget(self._banners[cause])
        self._banners[cause].say(sentence, *buttons, danger=danger)

    def dismiss(self, *causes: str) -> None:
        """Hide the banners of some causes, or all of them."""
        for cause, banner in self._banners.items():
            if not causes or cause in causes:
                banner.dismiss()

    def shows(self, cause: str) -> bool:
        """Whether a banner of this cause is on screen."""
        return cause in self._banners and bool(self._banners[cause].text)

    def texts(self) -> list[str]:
        """The sentences on screen."""
        return [banner.text for banner in self._banners.values() if banner.text]
