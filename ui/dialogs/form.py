"""What the dialogs share: a form above a line of buttons, and a place to say what is missing."""

from collections.abc import Callable
from itertools import pairwise

from PySide6.QtCore import QSize
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from ui import theme
from ui.widgets import button, label

WIDTH = 520
FRAME = QSize(0, 40)  # what a window manager puts around a dialog, about


class FormDialog(QDialog):
    """A titled dialog with one primary button and "Cancel"."""

    def __init__(self, title: str, act: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(WIDTH)
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(2 * theme.GRID)
        self.form.setVerticalSpacing(theme.GRID)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.problem = label("", "danger", wrap=True)
        self.problem.hide()
        self.act = button(act, self.accept, primary=True)
        self.act.setDefault(True)
        self.leave = button("Cancel", self.reject)
        self._fields: list[QWidget] = []
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(theme.GRID)
        self._buttons.addStretch()
        self._buttons.addWidget(self.leave)
        self._buttons.addWidget(self.act)
        self.rows = QVBoxLayout(self)
        self.rows.setContentsMargins(*[3 * theme.GRID] * 4)
        self.rows.setSpacing(2 * theme.GRID)
        self.rows.addLayout(self.form)
        self.rows.addWidget(self.problem)
        self.rows.addLayout(self._buttons)

    def showEvent(self, event: QShowEvent) -> None:
        """Fit the screen; let the keyboard begin in the first field and go through buttons last."""
        self.resize(self.size().boundedTo(self.screen().availableSize() - FRAME))
        super().showEvent(event)
        for one, other in pairwise([*self._fields, self.leave, self.act]):
            QWidget.setTabOrder(one, other)
        if self._fields:
            self._fields[0].setFocus()

    def field(self, name: str, text: str = "", hint: str = "") -> QLineEdit:
        """A line to type into, with its name beside it."""
        made = QLineEdit(text)
        made.setPlaceholderText(hint)
        made.setAccessibleName(name)
        self.form.addRow(self._name(name, made), made)
        return made

    def path_field(
        self, name: str, text: str, browse: Callable[[], None], hint: str = ""
    ) -> QLineEdit:
        """A line for a path, with a button to look for it."""
        made = QLineEdit(text)
        made.setPlaceholderText(hint)
        made.setAccessibleName(name)
        row = QHBoxLayout()
        row.setSpacing(theme.GRID)
        row.addWidget(made, 1)
        look = button("Browse", browse)
        row.addWidget(look)
        self.form.addRow(self._name(name, made), row)
        self._fields.append(look)
        return made

    def refuse(self, sentence: str, field: QWidget | None = None) -> None:
        """Say what is missing and go to where it belongs."""
        self.problem.setText(sentence)
        self.problem.show()
        if field is not None:
            field.setFocus()

    def _name(self, name: str, buddy: QWidget) -> QLabel:
        made = label(name, "muted")
        made.setBuddy(buddy)
        self._fields.append(buddy)
        return made
