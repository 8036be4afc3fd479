"""Asks what a mark says, or what the examiner finds and why."""

from dataclasses import replace

from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QComboBox, QPlainTextEdit, QWidget

from ui import theme
from ui.dialogs.form import FormDialog
from ui.marks.words import NAMES, place
from ui.widgets import label
from workstation.cases.marks import COLOURS, Mark, MarkKind, tags_of
from workstation.cases.records import Finding, FrameIndex

WRITTEN = ("name", "note", "tags", "colour", "finding")  # fields of a mark that are asked for
FINDING_HINT = (
    "Your own finding stands beside the detector’s and never changes it. It is recorded with your "
    "name and the time, and is printed in the report with its reasons."
)


class MarkDialog(FormDialog):
    """Name, note, tags and colour of a mark; finding and reasons of an examiner's finding."""

    def __init__(
        self, mark: Mark, index: FrameIndex | None = None, parent: QWidget | None = None
    ) -> None:
        act = "Save" if mark.number else "Add"
        super().__init__(NAMES[mark.kind], act, parent)
        self._mark = mark
        self.form.addRow(label(place(mark, index), "small"))
        if mark.kind is MarkKind.FINDING:
            self.form.addRow(label(FINDING_HINT, "small", wrap=True))
            self.finding = _choice("Finding", {str(one): one for one in Finding}, mark.finding)
            if not mark.number and not mark.note:  # none is suggested
                self.finding.setPlaceholderText("choose one")
                self.finding.setCurrentIndex(-1)
            self.form.addRow(self._name("Finding", self.finding), self.finding)
            self.note = self._text("Reasons", mark.note)
            return
        self.name = self.field("Name", mark.name)
        self.note = self._text("Note", mark.note)
        self.tags = self.field("Tags", ", ".join(mark.tags), "separated by commas")
        self.colour = _choice("Colour", {name: name for name in COLOURS}, mark.colour)
        for row, name in enumerate(COLOURS):
            self.colour.setItemIcon(row, _swatch(name))
        self.form.addRow(self._name("Colour", self.colour), self.colour)

    def mark(self) -> Mark:
        """The mark as the dialog has it now."""
        note = self.note.toPlainText().strip()
        if self._mark.kind is MarkKind.FINDING:
            return replace(self._mark, finding=self.finding.currentData(), note=note)
        return replace(
            self._mark,
            name=" ".join(self.name.text().split()),
            note=note,
            tags=tags_of(self.tags.text()),
            colour=self.colour.currentData(),
        )

    def accept(self) -> None:
        """Close, unless something is missing."""
        if self._mark.kind is MarkKind.FINDING and not self.note.toPlainText().strip():
            self.refuse("Give the reasons: a finding without them says nothing.", self.note)
            return
        if self._mark.kind is MarkKind.FINDING and self.finding.currentIndex() < 0:
            self.refuse("Choose one of the three findings.", self.finding)
            return
        super().accept()

    def _text(self, name: str, text: str) -> QPlainTextEdit:
        made = QPlainTextEdit(text)
        made.setAccessibleName(name)
        made.setTabChangesFocus(True)
        made.setFixedHeight(96)
        self.form.addRow(self._name(name, made), made)
        return made


def _choice(name: str, values: dict[str, object], chosen: object) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    for text, value in values.items():
        made.addItem(text, value)
    made.setCurrentIndex(max(0, list(values.values()).index(chosen) if chosen else 0))
    return made


def _swatch(name: str) -> QIcon:
    picture = QPixmap(12, 12)
    picture.fill(theme.current().mark(name))
    return QIcon(picture)
