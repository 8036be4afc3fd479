"""The panel that searches the case and goes to what was found."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from ui import theme, wording
from ui.lines import Line, LinesView
from ui.widgets import label
from ui.workbench import Place, Workbench
from workstation.cases.case import Case
from workstation.cases.search import MOST, Hit, HitKind, SearchIndex

PAUSE_MS = 180  # after the last letter
EMPTY = (
    "Searches notes, names, tags, your findings and the detector’s, what is known of each exhibit, "
    "and the custody log. Every word must occur; a phrase goes in double quotes."
)
ICONS = {
    HitKind.MARK: "note-text-outline",
    HitKind.EXHIBIT: "filmstrip",
    HitKind.FINDING: "scale-balance",
    HitKind.CUSTODY: "shield-outline",
}


class SearchPanel(QWidget):
    """A field and what it found; Enter and double click go there."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._index: SearchIndex | None = None
        self._asked = ""
        self.typed = QLineEdit()
        self.typed.setPlaceholderText("Search the case")
        self.typed.setAccessibleName("Search the case")
        self.typed.setClearButtonEnabled(True)
        self.typed.installEventFilter(self)
        self.view = LinesView("What was found")
        self._said = label(EMPTY, "muted", wrap=True)
        self._said.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._count = label("", "small")
        self._pages = QStackedWidget()
        self._due = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self.setFocusProxy(self.typed)
        self._build()
        self.typed.textChanged.connect(lambda _: self._due.start())
        self._due.timeout.connect(self._search)
        self.view.entered_line.connect(self._go)
        workbench.case_opened.connect(self._opened)
        workbench.case_closed.connect(self._closed)
        workbench.custody_changed.connect(lambda _: self._search())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the down arrow lead from the field into the list, Enter to the first hit."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Down and self.view.lines.rowCount():
                self.view.setFocus()
                self.view.step(0)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.view.step(0)
                hit = self.view.current()
                if hit is not None:
                    self._go(hit)
                return True
        return super().eventFilter(watched, event)

    def _build(self) -> None:
        empty = QWidget()
        inner = QVBoxLayout(empty)
        inner.setContentsMargins(theme.GRID + 4, 0, theme.GRID + 4, 0)
        inner.addWidget(self._said)
        inner.addStretch()
        self._pages.addWidget(self.view)
        self._pages.addWidget(empty)
        self._pages.setCurrentIndex(1)
        field = QVBoxLayout()
        field.setContentsMargins(theme.GRID + 4, theme.GRID, theme.GRID + 4, 0)
        field.setSpacing(4)
        field.addWidget(self.typed)
        field.addWidget(self._count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(field)
        column.addWidget(self._pages, 1)

    def _opened(self) -> None:
        self._index = SearchIndex()
        self._show([])

    def _closed(self) -> None:
        self._index = None
        self.typed.clear()
        self._show([])

    def _search(self) -> None:
        index, typed = self._index, self.typed.text().strip()
        if index is None or not typed:
            self._show([])
            return

        def find(case: Case) -> list[Hit]:
            return index.search(case, typed)

        def found(hits: list[Hit]) -> None:
            if typed == self.typed.text().strip():
                self._show(hits)

        self._workbench.ask(find, found)

    def _show(self, hits: list[Hit]) -> None:
        typed = self.typed.text().strip()
        self.view.show_lines([_line(hit) for hit in hits])
        self._pages.setCurrentIndex(0 if hits else 1)
        self._said.setText(EMPTY if not typed else f"Nothing in the case says “{typed}”.")
        found = wording.counted(len(hits), "place")
        first = f"the first {len(hits)} places" if len(hits) == MOST else found
        self._count.setText(first if hits else "")

    def _go(self, hit: Hit) -> None:
        if hit.kind is HitKind.CUSTODY:
            self._workbench.entry_wanted.emit(hit.number)
        elif hit.exhibit:
            self._workbench.go_to(Place(hit.exhibit, hit.frame, hit.track))


def _line(hit: Hit) -> Line:
    place = "" if hit.frame is None else f"frame {wording.number(hit.frame)}"
    return Line(
        hit,
        hit.title,
        " ".join(hit.snippet.split()),
        icon=ICONS[hit.kind],
        aside=place,  # two marks of the same name differ in nothing else
        tip=f"{hit.kind}",
    )
