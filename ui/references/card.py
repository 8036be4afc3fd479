"""The section of the inspector that shows the exhibit beside its references."""

from functools import partial

import shiboken6
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ui import theme
from ui.icons import icon
from ui.reading import ExhibitView
from ui.references.acts import ask_reference, ask_revoke
from ui.references.plot import ReferencePlot
from ui.widgets import ElidedLabel, IconButton, button, heading, label, plain_tip
from ui.workbench import Workbench
from workstation.analysis import relative_words
from workstation.analysis.comparison import Relation
from workstation.analysis.references import (
    ReferenceScore,
    RelativeAnswer,
    TrackComparison,
    relative_answer,
)

RELATION_ICONS = {
    Relation.HIGHER: ("arrow-up-bold-outline", "score_high"),
    Relation.LIKE: ("approximately-equal", "inconclusive"),
    Relation.LOWER: ("arrow-down-bold-outline", "score_low"),
    Relation.TOO_FEW: ("dots-horizontal", "muted"),
}
MOST_TRACKS = 6
NONE = "No exhibit is taken as known authentic for {}, so there is nothing to compare it with."
LEGEND = "◆ the track   ○ references   ▭ 95 % interval for one more like them"
OFFER = "Compare with a reference"  # longer words would cut off the inspector at its narrowest


class ReferenceCard(QWidget):
    """Asks the case for the relative answer, off the window's thread, and shows it."""

    def __init__(
        self, workbench: Workbench, view: ExhibitView, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._workbench, self._view = workbench, view
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, theme.GRID, 0, theme.GRID)
        self._rows.setSpacing(theme.GRID)
        self.setAccessibleName("Beside its references")
        self._show([label("Reading the references", "muted")])
        workbench.exhibits_changed.connect(self._ask)
        self._ask()

    def _ask(self) -> None:
        number = self._view.exhibit.number

        self._workbench.ask(lambda case: relative_answer(case, number), self._answered)

    def _answered(self, answer: RelativeAnswer | None) -> None:
        if not shiboken6.isValid(self):
            return
        if answer is None:
            said = NONE.format(self._view.exhibit.number)
            self._show([label(said, "muted", wrap=True), *self._offer()])
            return
        shown: list[QWidget] = []
        if answer.problem:
            shown.append(label(answer.problem, wrap=True))
        if answer.tracks:
            shown.append(label(relative_words.references_counted(answer), "muted", wrap=True))
        for one in answer.tracks[:MOST_TRACKS]:
            shown += self._track(answer, one)
        if any(one.comparison.references for one in answer.tracks):
            shown.append(label(LEGEND, "small", wrap=True))
        if len(answer.tracks) > MOST_TRACKS:
            shown.append(label("The other tracks are in the report.", "small"))
        shown += [label(text, "small", wrap=True) for text in relative_words.meanings(answer)]
        shown += [self._reference(one) for one in answer.references]
        texts = [text for one in answer.references for text in (one.problem, *one.remarks) if text]
        if answer.tracks:
            texts += [*relative_words.limits(answer), relative_words.BESIDE]
        shown += [label(f"– {text}", "small", wrap=True) for text in texts]
        self._show([*shown, *self._offer()])

    def _show(self, contents: list[QWidget]) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for one in (heading("Beside its references"), *contents):
            self._rows.addWidget(one)

    def _track(self, answer: RelativeAnswer, one: TrackComparison) -> list[QWidget]:
        found = one.comparison
        sentence = relative_words.track_sentence(answer, one)
        name, token = RELATION_ICONS[found.relation]
        mark = QLabel()
        mark.setPixmap(icon(name, token).pixmap(QSize(16, 16)))
        said = label(f"Track {one.track}: {found.relation}", wrap=True)
        said.setToolTip(sentence)
        head = _row(mark, said, stretch=said)
        return [head, ReferencePlot(found, sentence)] if found.references else [head]

    def _reference(self, one: ReferenceScore) -> QWidget:
        """One reference: number, what it shares, its score, and a button that revokes it."""
        reference = one.reference
        copied = reference.recording != reference.reference
        copy = f", copy of {reference.recording}" * copied
        words = f"{reference.reference}  {', '.join(reference.kinds)}{copy}"
        name = ElidedLabel()
        name.say(words.replace("same ", ""))
        value = label("–" if one.logit is None else relative_words.both(one.logit), mono=True)
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        tip = f"{words}\nHow it is known: {reference.how}\n{relative_words.UNITS}"
        parts: list[QWidget] = [name, value]
        if self._workbench.writable:
            act = partial(ask_revoke, self._workbench, reference, self)
            parts.append(IconButton("close", f"Revoke {reference.reference} as a reference", act))
        row = _row(*parts, stretch=name)
        row.setToolTip(plain_tip(tip))
        return row

    def _offer(self) -> list[QWidget]:
        if not self._workbench.writable or len(self._workbench.exhibits) < 2:
            return []
        made = button(OFFER, partial(ask_reference, self._workbench, self))
        made.setToolTip("Say which exhibit is known authentic and what it has in common with this.")
        return [made]


def _row(*parts: QWidget, stretch: QWidget) -> QWidget:
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.GRID)
    for part in parts:
        row.addWidget(part, int(part is stretch))
    return made
