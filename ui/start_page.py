"""What the window shows when no case is open."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui import preferences, theme
from ui.background import Background
from ui.widgets import button, heading, label, plain_tip
from workstation.cases.case import DATABASE_NAME

WIDTH = 560
INVITATION = "Create a case or open one; a case folder can also be dropped here."
OPENING = "A case is being opened …"


class StartPage(QWidget):
    """One sentence, two buttons, and the cases opened before."""

    create_wanted = Signal()
    open_wanted = Signal()
    case_chosen = Signal(object)  # Path

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._background = Background("recent cases", self)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(2)
        column = QWidget()
        column.setFixedWidth(WIDTH)
        rows = QVBoxLayout(column)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2 * theme.GRID)
        rows.addWidget(label("Deepfake Forensics Workstation", "title"))
        self.sentence = label(INVITATION, "muted")
        rows.addWidget(self.sentence)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GRID)
        self.create_button = button("Create a case", self.create_wanted.emit, primary=True)
        self.open_button = button("Open a case", self.open_wanted.emit)
        buttons.addWidget(self.create_button)
        buttons.addWidget(self.open_button)
        buttons.addStretch()
        rows.addLayout(buttons)
        rows.addSpacing(theme.GRID)
        self._heading = heading("Recent cases")
        rows.addWidget(self._heading)
        rows.addLayout(self._recent)
        outer = QVBoxLayout(self)
        outer.addStretch(2)
        outer.addWidget(column, 0, Qt.AlignmentFlag.AlignHCenter)
        outer.addStretch(3)
        self.refresh()

    def refresh(self) -> None:
        """List the recent cases; whether they are still there is found out off this thread."""
        folders = preferences.recent_cases()
        self._list([(folder, None) for folder in folders])
        if folders:
            self._background.ask(lambda: _present(folders), self._list)

    def show_opening(self, opening: bool) -> None:
        """Say that a case is being opened, which may take some seconds, or no longer."""
        self.sentence.setText(OPENING if opening else INVITATION)

    def close_down(self) -> None:
        """End the thread that looks for the folders."""
        self._background.close()

    def _list(self, folders: Sequence[tuple[Path, bool | None]]) -> None:
        while (item := self._recent.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self._heading.setVisible(bool(folders))
        for folder, present in folders:
            self._recent.addWidget(self._line(folder, present))

    def _line(self, folder: Path, present: bool | None) -> QWidget:
        choose: Callable[[], object] = lambda: self.case_chosen.emit(folder)  # noqa: E731
        missing = "   not found" if present is False else ""
        made = button(f"{folder.name}   {folder.parent}{missing}", choose, quiet=True)
        made.setEnabled(present is True)
        made.setToolTip(plain_tip(str(folder)))
        return made


def _present(folders: list[Path]) -> list[tuple[Path, bool]]:
    return [(folder, _is_case(folder)) for folder in folders]


def _is_case(folder: Path) -> bool:
    try:
        return (folder / DATABASE_NAME).is_file()
    except OSError:
        return False
