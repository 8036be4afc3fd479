"""The custody log as a table."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from ui import theme
from ui.custody.model import COLUMNS, CustodyModel
from workstation.cases.records import CustodyEntry


def entry(sequence, act="exhibit added", **details):
    digests = (f"{sequence - 1:064x}", f"{sequence:064x}")
    return CustodyEntry(
        sequence,
        "2026-01-31T14:02:11Z",
        "A. Examiner",
        act,
        "E001",
        details or {"size": 7},
        *digests,
    )


def test_newest_first_with_hash_and_details(qtbot):
    model = CustodyModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show([entry(1, "case created"), entry(2)])
    cells = [model.index(0, column).data() for column in range(len(COLUMNS))]
    assert cells == ["2", "2026-01-31 14:02:11", "exhibit added", "E001", "", "A. Examiner"]
    tip = model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "size: 7" in tip
    assert f"{2:064x}" in tip
    assert model.headerData(1, Qt.Orientation.Horizontal) == "Time (UTC)"


def test_copies_the_whole_log_oldest_first():
    model = CustodyModel()
    model.show([entry(1, "case created"), entry(2)])
    lines = model.text().split("\n")
    assert lines[0].startswith("No.\tTime (UTC)")
    assert lines[1].startswith("1\t2026-01-31 14:02:11\tcase created")
    assert lines[2].endswith(f"{2:064x}\tsize: 7")


def test_the_result_of_an_act_is_shown_and_a_bad_one_stands_out():
    model = CustodyModel()
    model.show(
        [
            entry(1, "exhibit verified", outcome="intact"),
            entry(2, "analysis complete", finding="inconclusive"),
            entry(3, "log verified", intact=False),
            entry(4, "exhibit verified", outcome="altered"),
        ]
    )
    column = COLUMNS.index("Result")
    shown = [model.index(row, column) for row in range(4)]
    assert [one.data() for one in shown] == ["altered", "broken", "inconclusive", "intact"]
    colours = [one.data(Qt.ItemDataRole.ForegroundRole) for one in shown]
    danger = theme.current().colour("danger")
    assert colours == [danger, danger, None, None]
