"""Faults of this program: what the examiner is told, and the problem report they may hand on."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from ui import preferences
from ui.dialogs import files
from ui.dialogs.details_dialog import DetailsDialog
from ui.messages import Message
from ui.widgets import button
from workstation.commands import problem_report
from workstation.commands.groups import write_file

if TYPE_CHECKING:
    from ui.main_window import MainWindow

TITLE = "A fault of this program"
SAVE = "Save a problem report…"
SAVED = (
    "The problem report was saved as “{name}”. It holds what the program did, versions and "
    "settings; no evidence and no names. Read it before you hand it on."
)


class FaultDialog(DetailsDialog):
    """Says that this program is at fault, and offers the problem report."""

    def __init__(self, message: Message, window: "MainWindow") -> None:
        super().__init__(TITLE, message.sentence, message.details, window)
        self.save = button(SAVE, lambda: save(window))
        self.save.setToolTip("A text file with the log, versions and settings; no names in it")
        self._buttons.insertWidget(0, self.save)


def save(window: "MainWindow") -> None:
    """Ask for a file and write the problem report to it, off the window's thread."""
    suggestion = Path.home() / "problem report.txt"

    def write(path: Path, _: str) -> None:
        settings = preferences.for_report()

        def written() -> Path:
            content = problem_report.compose(settings).encode("utf-8")
            write_file(path, content, problem_report.WHAT)
            return path

        window.workbench.aside(written, lambda path: _tell(window, path))

    files.ask_target(window, "Save a problem report", suggestion, "Text (*.txt)", write)


def _tell(window: "MainWindow", path: Path) -> None:
    def show() -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    window.banners.say("problem", SAVED.format(name=path.name), ("Read it", show))
