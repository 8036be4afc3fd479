"""References in the window: adding, revoking, undoing, and the card in the inspector."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from tests.ui.small_cases import finish_run, make_case
from ui.exhibits.rows import KNOWN_AUTHENTIC, exhibit_row
from ui.inspector.panel import InspectorPanel
from ui.references.acts import add_reference, revoke_reference
from ui.references.card import OFFER, ReferenceCard
from ui.references.dialog import ReferenceDialog, ReferenceOrder, RevokeDialog
from ui.references.plot import ReferencePlot, span, ticks
from ui.workbench import Workbench
from workstation.analysis.comparison import Spread, compare
from workstation.cases.case import Case
from workstation.cases.records import Reference, ReferenceKind

NUMBERS = ("E001", "E002", "E003", "E004")
PERSON = (ReferenceKind.PERSON,)


@pytest.fixture
def folder(tmp_path):
    with make_case(tmp_path / "case", NUMBERS) as case:
        for number, score in zip(NUMBERS, (0.95, 0.2, 0.25, 0.3), strict=True):
            finish_run(case, number, score)
    return tmp_path / "case"


@pytest.fixture
def bench(qtbot, folder):
    made = Workbench()
    with qtbot.waitSignals([made.case_opened, made.findings_changed, made.custody_changed]):
        made.open_case(folder)
    yield made
    made.close()


@pytest.fixture
def card(qtbot, bench):
    made = ReferenceCard(bench, bench.shown)
    qtbot.addWidget(made)
    return made


def said(widget):
    return " | ".join(one.text() for one in widget.findChildren(QLabel) if one.isVisibleTo(widget))


def order(number, **changes):
    facts = {"questioned": "E001", "reference": number, "kinds": PERSON, "how": "seen"}
    return ReferenceOrder(**(facts | changes))


def held(number):
    return Reference(1, "E001", number, PERSON, "seen", number, "2026-11-20T10:00:00.000Z")


def test_the_card_follows_what_is_added_revoked_and_undone(qtbot, bench, card, folder):
    qtbot.waitUntil(lambda: "nothing to compare" in said(card))
    assert [one.text() for one in card.findChildren(QPushButton)] == [OFFER]
    for number in NUMBERS[1:]:
        add_reference(bench, order(number))
    qtbot.waitUntil(lambda: "Track 1: higher than its references" in said(card))
    assert "3 references (3 same person)" in said(card)
    assert "no probability" in said(card)
    (plot,) = [one for one in card.findChildren(ReferencePlot) if one.isVisibleTo(card)]
    assert "higher than its references" in plot.accessibleDescription()
    assert [line.reference_for for line in bench.exhibits] == [(), *[("E001",)] * 3]
    bench.marks.undo_stack.undo()
    qtbot.waitUntil(lambda: "too few references to say" in said(card))
    bench.marks.undo_stack.redo()
    qtbot.waitUntil(lambda: "higher than its references" in said(card))
    revoke_reference(bench, held("E002"), "another person")
    qtbot.waitUntil(lambda: "too few references to say" in said(card))
    with Case.open(folder, read_only=True) as case:
        acts = [entry.act for entry in case.custody.entries()]
    assert acts.count("reference added") == 4
    assert acts.count("reference revoked") == 2


def test_known_authentic_shows_in_the_list(qtbot, bench):
    add_reference(bench, order("E002"))
    qtbot.waitUntil(lambda: any(line.reference_for for line in bench.exhibits))
    rows = [exhibit_row(line, None) for line in bench.exhibits]
    assert [row.badge for row in rows] == ["", KNOWN_AUTHENTIC, "", ""]
    assert "reference for E001" in rows[1].tip


def test_the_inspector_has_the_card_beside_the_finding(qtbot, bench):
    panel = InspectorPanel(bench)
    qtbot.addWidget(panel)
    panel.show_exhibit(bench.shown)
    qtbot.waitUntil(lambda: "nothing to compare" in said(panel.widget()))
    text = said(panel.widget())
    assert text.index("FINDING") < text.index("BESIDE ITS REFERENCES") < text.index("LIMITS")
    panel.close_down()


def test_a_case_for_reading_offers_nothing_to_change(qtbot, bench, folder):
    add_reference(bench, order("E002"))
    qtbot.waitUntil(lambda: any(line.reference_for for line in bench.exhibits))
    reader = Workbench()
    with qtbot.waitSignals([reader.case_opened, reader.findings_changed]):
        reader.open_case(folder)
    made = ReferenceCard(reader, reader.shown)
    qtbot.addWidget(made)
    qtbot.waitUntil(lambda: "1 reference (1 same person)" in said(made))
    assert made.findChildren(QPushButton) == []
    reader.close()


def test_the_dialog_asks_for_all_it_needs(qtbot, bench):
    dialog = ReferenceDialog("E001", bench.exhibits, [held("E004")])
    qtbot.addWidget(dialog)
    dialog.show()
    assert [dialog.exhibits.item(row).data(Qt.ItemDataRole.UserRole) for row in (0, 1)] == [
        "E002",
        "E003",
    ]
    for sentence, then in (
        ("Choose an exhibit", lambda: dialog.exhibits.setCurrentRow(1)),
        ("in common", lambda: dialog.kinds[ReferenceKind.CAMERA].setChecked(True)),
        ("how it is known", lambda: dialog.how.setText(" by its owner ")),
    ):
        dialog.accept()
        assert sentence in dialog.problem.text()
        assert dialog.isVisible()
        then()
    dialog.copy.setCurrentIndex(1)
    dialog.accept()
    assert not dialog.isVisible()
    assert dialog.order() == ReferenceOrder(
        "E001", "E003", (ReferenceKind.CAMERA,), "by its owner", "E004"
    )


def test_a_case_with_one_exhibit_says_what_is_missing(qtbot, bench):
    dialog = ReferenceDialog("E001", bench.exhibits[:1], [])
    qtbot.addWidget(dialog)
    assert not dialog.act.isEnabled()
    assert "no other exhibit" in dialog.problem.text()


def test_revoking_asks_why(qtbot):
    dialog = RevokeDialog(held("E002"))
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.accept()
    assert "Say why" in dialog.problem.text()
    dialog.reason.setText("another person")
    dialog.accept()
    assert dialog.why() == "another person"


@pytest.mark.parametrize("references", [[-1.0], [-9.0, 0.0, 9.0]])
def test_the_plot_holds_everything_and_has_marks_on_its_axis(qtbot, references):
    found = compare(2.0, references, Spread(0.6, 16, "clips"))
    low, high = span(found)
    assert low < min(*references, 2.0, found.low)
    assert high > max(*references, 2.0, found.high)
    assert len(ticks(low, high)) >= 2
    plot = ReferencePlot(found, "a sentence")
    qtbot.addWidget(plot)
    plot.resize(300, plot.sizeHint().height())
    assert not plot.grab().isNull()
