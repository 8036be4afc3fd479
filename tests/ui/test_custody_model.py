"""The custody log as a table."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from ui.custody.model import COLUMNS, CustodyModel
from workstation.cases.records import CustodyEntry


def entry(sequence, act="exhibit added"):
    digests = (f"{sequence - 1:064x}", f"{sequence:064x}")
    return CustodyEntry(
        sequence, "2026-01-31T14:02:11Z", "A. Examiner", act, "E001", {"size": 7}, *digests
    )


def test_newest_first_with_hash_and_details(qtbot):
    model = CustodyModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show([entry(1, "case created"), entry(2)])
    cells = [model.index(0, column).data() for column in range(len(COLUMNS))]
    assert cells == ["2", "2026-01-31 14:02:11", "exhibit added", "E001", "A. Examiner"]
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
