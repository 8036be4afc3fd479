"""What every dialog does."""

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QScreen

from ui.dialogs.details_dialog import DetailsDialog
from ui.dialogs.preferences_dialog import PreferencesDialog
from ui.dialogs.report_dialog import WrittenDialog, WrittenReport
from ui.timeline.arrangement import Arrangement
from ui.timeline.lanes_dialog import LanesDialog

SMALL = QSize(640, 400)  # a screen of 1280 x 800 pixels at 200 %


@pytest.mark.parametrize(
    "make",
    [
        PreferencesDialog,
        lambda: DetailsDialog("Keys", "", "key\n" * 200),
        lambda: LanesDialog(Arrangement(), {}, lambda: None),
    ],
)
def test_dialogs_fit_a_small_screen(make, qtbot, monkeypatch):
    monkeypatch.setattr(QScreen, "availableSize", lambda _: SMALL)
    made = make()
    qtbot.addWidget(made)
    made.show()
    assert made.width() <= SMALL.width()
    assert made.height() <= SMALL.height() - 40


def test_a_long_answer_scrolls_on_a_small_screen(qtbot, monkeypatch, tmp_path):
    monkeypatch.setattr(QScreen, "availableSize", lambda _: SMALL)
    sentences = tuple(f"Sentence {number} " + "about an exhibit " * 8 for number in range(20))
    made = WrittenDialog(WrittenReport(tmp_path / "report.pdf", sentences, True))
    qtbot.addWidget(made)
    made.show()
    assert made.height() <= SMALL.height() - 40
    assert made.act.isVisible()
