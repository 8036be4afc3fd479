"""Asking for files holds nothing up, and gives what was chosen."""

import pytest
import shiboken6
from PySide6.QtWidgets import QFileDialog, QWidget

from ui.dialogs import files


@pytest.fixture
def parent(qtbot):
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


def accept(dialog, qtbot, name):
    """Choose a file in the dialog and wait until it is gone."""
    dialog.selectFile(name)
    dialog.accept()
    qtbot.waitUntil(lambda: not shiboken6.isValid(dialog))


def test_nothing_waits_for_the_dialog(parent, qtbot, tmp_path):
    said = []
    dialog = files.ask_target(parent, "Where to", tmp_path / "a.csv", "CSV (*.csv)", said.append)
    assert dialog.isVisible()  # and yet this line is reached
    assert said == []
    dialog.reject()
    qtbot.waitUntil(lambda: not shiboken6.isValid(dialog))
    assert said == []


def test_a_target_comes_with_its_kind(parent, qtbot, tmp_path):
    said = []
    kinds = "PNG (*.png);;SVG (*.svg)"
    dialog = files.ask_target(
        parent, "Where to", tmp_path / "missing" / "a.png", kinds, lambda *told: said.append(told)
    )
    assert dialog.directory().path() == str(tmp_path)  # the next folder above that exists
    assert [name.rpartition("/")[2] for name in dialog.selectedFiles()] == ["a.png"]
    dialog.selectNameFilter("SVG (*.svg)")
    accept(dialog, qtbot, "b.svg")
    assert said == [(tmp_path / "b.svg", "SVG (*.svg)")]


def test_files_and_folders_that_exist(parent, qtbot, tmp_path):
    for name in ("one.mp4", "two.mp4"):
        (tmp_path / name).touch()
    said = []
    accept(files.ask_file(parent, "File", "All (*)", said.append), qtbot, str(tmp_path / "one.mp4"))
    dialog = files.ask_files(parent, "Files", "All (*)", said.extend)
    assert dialog.fileMode() is QFileDialog.FileMode.ExistingFiles
    accept(dialog, qtbot, str(tmp_path / "two.mp4"))
    accept(files.ask_folder(parent, "Folder", tmp_path, said.append), qtbot, str(tmp_path))
    assert said == [tmp_path / "one.mp4", tmp_path / "two.mp4", tmp_path]
