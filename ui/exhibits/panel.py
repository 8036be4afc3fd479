"""The panel at the left: the exhibits of the case."""

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QListView, QStackedWidget, QVBoxLayout, QWidget

from ui import theme
from ui.exhibits.delegate import ExhibitDelegate
from ui.exhibits.model import ROW_ROLE, ExhibitModel
from ui.exhibits.rows import compose
from ui.jobs import Job, JobState
from ui.widgets import IconButton, button, label
from ui.workbench import Workbench

CONTROL = Qt.KeyboardModifier.ControlModifier
FOR_THE_PLAYER = (
    Qt.Key.Key_Space,
    Qt.Key.Key_K,
    Qt.Key.Key_B,
    Qt.Key.Key_BracketLeft,
    Qt.Key.Key_BracketRight,
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
)


class ExhibitList(QListView):
    """A list without search by typing, so that the player's keys are heard here too."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave the player's keys to whoever holds the list."""
        if event.key() in FOR_THE_PLAYER and not event.modifiers() & CONTROL:
            event.ignore()
        else:
            super().keyPressEvent(event)


class ExhibitsPanel(QWidget):
    """Lists exhibits, files being added and files refused; selecting one selects it everywhere."""

    add_wanted = Signal()
    refused_chosen = Signal(str)  # why a file was refused

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._refused: list[Job] = []
        self.model = ExhibitModel(self)
        self.view = self._make_view()
        self._pages = QStackedWidget()
        self._loading = self._page("Reading the exhibits")
        words = "No exhibits yet. Drop video or picture files here, or add them."
        self._add = button("Add exhibits", self.add_wanted.emit, primary=True)
        self._empty = self._page(words, self._add)
        for page in (self._loading, self._empty, self.view):
            self._pages.addWidget(page)
        self._forget = IconButton("playlist-remove", "Clear refused files", self.clear_refused)
        self._forget.hide()
        self.head = QWidget(self)  # stands where the panel's title would
        top = QHBoxLayout(self.head)
        top.setContentsMargins(0, 0, 0, 0)
        top.addStretch()
        top.addWidget(self._forget)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, theme.GRID // 2, 0, 0)
        rows.addWidget(self._pages, 1)
        self._listen()

    def clear_refused(self) -> None:
        """Forget the files that were refused; the custody log keeps them."""
        self._refused.clear()
        self._show()

    def chosen(self) -> list[str]:
        """Numbers of the exhibits selected in the list."""
        rows = [index.data(ROW_ROLE) for index in self.view.selectionModel().selectedIndexes()]
        return [row.number for row in rows if row.number]

    def _make_view(self) -> QListView:
        view = ExhibitList()
        view.setModel(self.model)
        view.setItemDelegate(ExhibitDelegate(view))
        view.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setMouseTracking(True)
        view.setUniformItemSizes(True)
        view.setAccessibleName("Exhibits")
        view.selectionModel().currentChanged.connect(self._current_changed)
        return view

    def _page(self, sentence: str, *more: QWidget) -> QWidget:
        page = QWidget()
        rows = QVBoxLayout(page)
        rows.setContentsMargins(theme.GRID + 4, theme.GRID, theme.GRID, theme.GRID)
        rows.setSpacing(2 * theme.GRID)
        rows.addWidget(label(sentence, "muted", wrap=True))
        for one in more:
            rows.addWidget(one, 0, Qt.AlignmentFlag.AlignLeft)
        rows.addStretch()
        return page

    def _listen(self) -> None:
        workbench = self._workbench
        workbench.case_opened.connect(self._case_opened)
        workbench.exhibits_changed.connect(self._show)
        workbench.exhibit_selected.connect(self._select)
        theme.keeper().changed.connect(self.view.viewport().update)

    def _case_opened(self) -> None:
        self._refused.clear()
        self.model.show([])
        self._pages.setCurrentWidget(self._loading)
        jobs = self._workbench.jobs
        assert jobs is not None
        jobs.changed.connect(self._show)
        jobs.job_changed.connect(self._show)
        jobs.job_ended.connect(self._job_ended)

    def _job_ended(self, job: Job) -> None:
        if job.kind == "intake" and job.state is JobState.FAILED:
            self._refused.append(job)

    def _show(self) -> None:
        jobs = self._workbench.jobs
        rows = compose(self._workbench.exhibits, jobs.jobs() if jobs else (), self._refused)
        self.model.show(rows)
        self._forget.setVisible(bool(self._refused))
        self._add.setVisible(self._workbench.writable)
        had_focus = self.hasFocus() or self._add.hasFocus()
        self._pages.setCurrentWidget(self.view if rows else self._empty)
        self.setFocusProxy(self.view if rows else self._add)
        if had_focus:
            self.setFocus()
        if rows and not self.view.selectionModel().hasSelection():
            self._select(self._workbench.selected)

    def _select(self, number: str | None) -> None:
        row = self.model.row_of(number)
        selection = self.view.selectionModel()
        if row is not None and not selection.isRowSelected(row, QModelIndex()):
            selection.setCurrentIndex(
                self.model.index(row), QItemSelectionModel.SelectionFlag.ClearAndSelect
            )

    def _current_changed(self, current: QModelIndex) -> None:
        row = current.data(ROW_ROLE)
        if row is None:
            return
        if row.number:
            self._workbench.select(row.number)
        elif row.job in self._refused:
            self.refused_chosen.emit(f"{row.name} was refused. {row.tip}")
