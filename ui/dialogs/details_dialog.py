"""Shows a sentence with a longer text to read and copy: a fault of this program, the keys."""

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from ui import theme
from ui.dialogs.form import WIDTH, FormDialog
from ui.widgets import label

MOST_HEIGHT = 520  # pixels; longer text scrolls


class DetailsDialog(FormDialog):
    """One sentence, the details below it, and a button that copies them."""

    def __init__(
        self, title: str, sentence: str, details: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(title, "Copy", parent)
        self.leave.setText("Close")
        self._details = QPlainTextEdit(details)
        self._details.setReadOnly(True)
        self._details.setFont(theme.mono_font(theme.SMALL))
        self.resize(WIDTH + 128, min(MOST_HEIGHT, 220 + 16 * details.count("\n")))
        self._details.setAccessibleName("Details")
        if sentence:
            self.rows.insertWidget(0, label(sentence, wrap=True))
        self.rows.insertWidget(self.rows.count() - 2, self._details, 1)

    def accept(self) -> None:
        """Copy; the dialog stays until it is closed."""
        QGuiApplication.clipboard().setText(self._details.toPlainText())
        self.act.setText("Copied")
