"""Asks which exhibit is known authentic, what it has in common, and how that is known."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ui import theme
from ui.dialogs.form import FormDialog
from ui.exhibits.delegate import decoded
from ui.reading import ExhibitLine
from ui.widgets import label, plain_tip
from workstation.cases.records import Reference, ReferenceKind, RunOutcome
from workstation.commands.answers import one_line

EXPLAINED = (
    "A detector's scores lie higher or lower with every camera, platform and person. Beside "
    "recordings that are known authentic it shows better what a score is worth. The answer stands "
    "beside the finding and changes nothing about it."
)
KIND_TIPS = {
    ReferenceKind.PERSON: "It shows the person in question, recorded at another time.",
    ReferenceKind.CAMERA: "It was recorded with the same device.",
    ReferenceKind.PLATFORM: (
        "It came the same way: the same messenger, site or export, so that it was compressed alike."
    ),
}
HOW_TIP = "It enters the custody log and stands in the report; the comparison rests on it."
COPY_TIP = (
    "Two versions of one recording, such as an original and what a messenger made of it, are one "
    "piece of evidence and count once."
)
OWN = "none: a recording of its own"
ROWS = 5


class ReferenceOrder(NamedTuple):
    """What the examiner chose."""

    questioned: str
    reference: str
    kinds: tuple[ReferenceKind, ...]
    how: str
    copy_of: str = ""


class ReferenceDialog(FormDialog):
    """Candidates are the other exhibits that are no reference of this one yet."""

    def __init__(
        self,
        questioned: str,
        exhibits: Sequence[ExhibitLine],
        standing: Sequence[Reference],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(f"Compare {questioned} with a known authentic exhibit", "Add", parent)
        self._questioned = questioned
        taken = {questioned, *(one.reference for one in standing)}
        self.rows.insertWidget(0, label(EXPLAINED, "muted", wrap=True))
        self.exhibits = self._candidates(
            [one for one in exhibits if one.exhibit.number not in taken]
        )
        self.form.addRow(self._name("Known authentic", self.exhibits), self.exhibits)
        self.kinds = self._kinds()
        self.how = self.field("How it is known", hint="seized on the camera's own card")
        self.how.setToolTip(HOW_TIP)
        self.copy = self._copies(standing)

    def order(self) -> ReferenceOrder:
        """What was chosen."""
        kinds = tuple(kind for kind, box in self.kinds.items() if box.isChecked())
        chosen = self.exhibits.selectedItems()  # a list that gets the keyboard has a current one
        number = chosen[0].data(Qt.ItemDataRole.UserRole) if chosen else ""
        return ReferenceOrder(
            self._questioned, number, kinds, self.how.text().strip(), self.copy.currentData() or ""
        )

    def accept(self) -> None:
        """Close if nothing is missing."""
        order = self.order()
        for given, field, sentence in (
            (order.reference, self.exhibits, "Choose an exhibit that is known authentic."),
            (order.kinds, self.kinds[ReferenceKind.PERSON], "Say what both have in common."),
            (order.how, self.how, "Say how it is known that it is authentic."),
        ):
            if not given:
                self.refuse(sentence, field)
                return
        super().accept()

    def _candidates(self, exhibits: Sequence[ExhibitLine]) -> QListWidget:
        made = QListWidget()
        made.setAccessibleName("Exhibits that may be known authentic")
        made.setIconSize(QSize(64, 36))
        made.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for one in exhibits:
            words = f"{one.exhibit.number}  {one_line(one.exhibit.original_name)}\n{_state(one)}"
            item = QListWidgetItem(QIcon(QPixmap.fromImage(decoded(one.exhibit.thumbnail))), words)
            item.setData(Qt.ItemDataRole.UserRole, one.exhibit.number)
            tip = f"{one_line(one.exhibit.original_name)}\nSHA-256 {one.exhibit.hashes.sha256}"
            item.setToolTip(plain_tip(tip))
            item.setSizeHint(QSize(0, 44))
            made.addItem(item)
        if not exhibits:
            self.problem.setText(
                "The case has no other exhibit to compare with. Add one that is known authentic."
            )
            self.problem.show()
            self.act.setEnabled(False)
        made.setFixedHeight(44 * max(1, min(ROWS, len(exhibits))) + 4)
        if len(exhibits) == 1:
            made.setCurrentRow(0)
        return made

    def _kinds(self) -> dict[ReferenceKind, QCheckBox]:
        group = QWidget()
        rows = QVBoxLayout(group)
        rows.setContentsMargins(0, theme.GRID // 2, 0, theme.GRID // 2)
        rows.setSpacing(theme.GRID)
        made = {kind: QCheckBox(str(kind)) for kind in ReferenceKind}
        for kind, box in made.items():
            box.setToolTip(KIND_TIPS[kind])
            rows.addWidget(box)
        self._fields += made.values()
        self.form.addRow(label("In common", "muted"), group)
        return made

    def _copies(self, standing: Sequence[Reference]) -> QComboBox:
        made = QComboBox()
        made.setAccessibleName("Copy of the same recording as")
        made.setToolTip(COPY_TIP)
        made.addItem(OWN, "")
        for one in standing:
            if one.recording == one.reference:
                made.addItem(one.reference, one.reference)
        if standing:
            self.form.addRow(self._name("Same recording as", made), made)
        return made


class RevokeDialog(FormDialog):
    """Asks why a reference is revoked."""

    def __init__(self, reference: Reference, parent: QWidget | None = None) -> None:
        super().__init__(f"Revoke {reference.reference} as a reference", "Revoke", parent)
        self.rows.insertWidget(
            0,
            label(
                f"{reference.reference} no longer counts for {reference.questioned}. That it did, "
                "and why it does not, stays in the custody log.",
                wrap=True,
            ),
        )
        self.reason = self.field("Why", hint="shows another person after all")

    def why(self) -> str:
        """The reason given."""
        return self.reason.text().strip()

    def accept(self) -> None:
        """Close if a reason is given."""
        if self.why():
            super().accept()
        else:
            self.refuse("Say why; the reason enters the custody log.", self.reason)


def _state(line: ExhibitLine) -> str:
    if line.run is None:
        return "not analysed: analyse it, so that it can be compared"
    if line.run.outcome is not RunOutcome.COMPLETE or line.finding is None:
        return f"analysis {line.run.outcome}"
    return str(line.finding.finding)
