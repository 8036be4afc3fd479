"""Asks one question that has two answers."""

from PySide6.QtWidgets import QWidget

from ui.dialogs.form import FormDialog
from ui.widgets import label


class QuestionDialog(FormDialog):
    """`act` is what happens on accepting, `stay` what the other button says."""

    def __init__(
        self, title: str, sentence: str, act: str, stay: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(title, act, parent)
        self.leave.setText(stay)
        self.rows.insertWidget(0, label(sentence, wrap=True))
