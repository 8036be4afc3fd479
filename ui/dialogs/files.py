"""Asks for files and folders; the window goes on behind the dialog, and the answer comes later.

The static functions of `QFileDialog` hold whoever calls them until the examiner has chosen.
"""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

PKCS12 = "PKCS#12 (*.p12 *.pfx);;All files (*)"


def ask_files(
    parent: QWidget, title: str, kinds: str, chosen: Callable[[list[Path]], object]
) -> QFileDialog:
    """Ask for any number of files that exist."""
    dialog = _dialog(parent, title, QFileDialog.FileMode.ExistingFiles, Path(), kinds)
    dialog.filesSelected.connect(lambda names: chosen([Path(name) for name in names]))
    dialog.open()
    return dialog


def ask_file(
    parent: QWidget, title: str, kinds: str, chosen: Callable[[Path], object]
) -> QFileDialog:
    """Ask for one file that exists."""
    dialog = _dialog(parent, title, QFileDialog.FileMode.ExistingFile, Path(), kinds)
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dialog.open()
    return dialog


def ask_folder(
    parent: QWidget, title: str, start: Path, chosen: Callable[[Path], object]
) -> QFileDialog:
    """Ask for a folder, beginning in one that may not exist yet."""
    dialog = _dialog(parent, title, QFileDialog.FileMode.Directory, start, "")
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dialog.open()
    return dialog


def ask_target(
    parent: QWidget,
    title: str,
    suggestion: Path,
    kinds: str,
    chosen: Callable[[Path, str], object],
) -> QFileDialog:
    """Ask for a file to write; the dialog itself asks before one that is there is replaced.

    Args:
        parent: window that the dialog belongs to.
        title: what it is asked for.
        suggestion: file to begin with.
        kinds: name filters as Qt writes them.
        chosen: gets the file and the filter that was in force.
    """
    dialog = _dialog(parent, title, QFileDialog.FileMode.AnyFile, suggestion.parent, kinds)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.selectFile(suggestion.name)
    dialog.fileSelected.connect(lambda name: chosen(Path(name), dialog.selectedNameFilter()))
    dialog.open()
    return dialog


def _dialog(
    parent: QWidget, title: str, mode: QFileDialog.FileMode, start: Path, kinds: str
) -> QFileDialog:
    dialog = QFileDialog(parent, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(mode)
    if kinds:
        dialog.setNameFilters(kinds.split(";;"))
    there = next((one for one in (start, *start.parents) if one.is_dir()), Path())
    if start != Path():
        dialog.setDirectory(str(there))
    return dialog
