"""Names that somebody else gave: shown as they are, never taken for markup."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument

from ui.widgets import ElidedLabel, plain_tip

NAME = '<img src="file:///secret.png"><b>clip</b>.mp4\nsecond & last'


def shown(tip: str) -> QTextDocument:
    document = QTextDocument()
    document.setHtml(tip)
    return document


def test_markup_in_a_tooltip_is_shown_as_text(qtbot) -> None:
    assert plain_tip("clip & more\n> 3.mp4") == "clip & more\n> 3.mp4"
    tip = plain_tip(NAME)
    assert shown(tip).toPlainText().replace("\u2028", "\n") == NAME
    assert "<img" not in tip


def test_a_name_that_is_cut_off_has_a_plain_tooltip(qtbot) -> None:
    line = ElidedLabel("muted")
    qtbot.addWidget(line)
    line.resize(40, 20)
    line.say(NAME)
    assert line.textFormat() is Qt.TextFormat.PlainText
    assert line.toolTip() == plain_tip(NAME)
