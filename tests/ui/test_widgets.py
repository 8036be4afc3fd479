"""Building blocks of the window."""

from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from ui.widgets import BREAK, LONG_WORD, breakable, label

NAME = "fake_dfd_c23_dfd_06_04__walking_outside_cafe_disgusted__ZK95PQDE.mp4"


@settings(deadline=None)
@given(st.text(st.sampled_from("ab_/.-\\ \n"), max_size=200))
def test_long_words_can_be_broken_and_nothing_is_lost(text):
    broken = breakable(text)
    assert broken.replace(BREAK, "") == text
    assert all(len(piece) <= LONG_WORD + 1 for piece in broken.replace(BREAK, " ").split())


def test_a_long_name_takes_lines_and_no_room_beside(qtbot):
    made = label(NAME, wrap=True)
    qtbot.addWidget(made)
    assert made.minimumSizeHint().width() < 200
    assert made.heightForWidth(160) > 2 * made.fontMetrics().height()
    assert made.text() == NAME


def test_what_is_copied_is_what_was_written(qtbot):
    made = label(NAME, wrap=True)
    qtbot.addWidget(made)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    made.show()
    made.setSelection(0, len(breakable(NAME)))
    qtbot.keyClick(made, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == NAME
