"""The line at the top: which case, which examiner, whether custody is intact, every action."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from ui import theme
from ui.custody.panel import chain_icon, chain_sentence, chain_tip
from ui.icons import icon
from ui.reading import CaseView, CustodyView
from ui.widgets import button, label, plain_tip
from ui.workbench import Workbench


class TopBar(QFrame):
    """Says what is open; pressing the custody state shows the log."""

    custody_pressed = Signal()
    actions_pressed = Signal()

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "bar")
        self._custody_view: CustodyView | None = None
        self._case = label()
        self._case.setFont(theme.text_font(strong=True))
        self._examiner = label("", "muted")
        self._mode = label("", "muted")
        self._custody: QPushButton = button("", self.custody_pressed.emit, quiet=True)
        self._actions: QPushButton = button("", self.actions_pressed.emit, quiet=True)
        self._actions.setAccessibleName("Find an action")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GRID + 4, 4, theme.GRID, 4)
        row.setSpacing(3 * theme.GRID)
        row.addWidget(self._case)
        row.addWidget(self._examiner)
        row.addWidget(self._mode)
        row.addStretch()
        for pressed in (self._custody, self._actions):
            row.addWidget(pressed, 0, Qt.AlignmentFlag.AlignRight)
        workbench.case_opened.connect(self._opened)
        workbench.custody_changed.connect(self._custody_changed)
        theme.keeper().changed.connect(self._draw)

    def show_key(self, key: str) -> None:
        """Say which key finds an action."""
        self._actions.setText(key)
        said = f" ({key})" if key else ""
        self._actions.setToolTip(f"Find an action by a few letters of its name{said}")

    def _opened(self, view: CaseView) -> None:
        facts = view.facts
        title = f" · {facts.title}" if facts.title else ""
        self._case.setText(f"Case {facts.number}{title}")
        self._case.setToolTip(plain_tip(str(view.folder)))
        self._examiner.setText(f"Examiner {facts.examiner}")
        self._examiner.setToolTip(plain_tip(facts.organisation))
        self._mode.setText("read-only" if view.read_only else "")
        self._custody_view = None
        self._draw()

    def _custody_changed(self, view: CustodyView) -> None:
        self._custody_view = view
        self._draw()

    def _draw(self) -> None:
        self._actions.setIcon(icon("magnify", "muted"))
        view = self._custody_view
        if view is None:
            self._custody.setText("reading the custody log")
            self._custody.setIcon(icon("shield-outline", "muted"))
            return
        self._custody.setText(chain_sentence(view))
        self._custody.setToolTip(chain_tip(view))
        self._custody.setIcon(icon(*chain_icon(view)))
