"""The custody log as lines."""

from ui.custody.model import lines, text
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


def test_newest_first_with_hash_and_details():
    shown = lines([entry(1, "case created"), entry(2)])
    assert [line.thing for line in shown] == [2, 1]
    assert shown[0].title == "exhibit added · E001"
    assert shown[0].further == "2026-01-31 14:02:11 UTC · A. Examiner"
    assert "size: 7" in shown[0].tip
    assert f"{2:064x}" in shown[0].tip


def test_copies_the_whole_log_oldest_first():
    rows = text([entry(1, "case created"), entry(2)]).split("\n")
    assert rows[0].startswith("No.\tTime (UTC)")
    assert rows[1].startswith("1\t2026-01-31 14:02:11\tcase created")
    assert rows[2].endswith(f"{2:064x}\tsize: 7")


def test_the_result_of_an_act_is_shown_and_a_bad_one_stands_out():
    shown = lines(
        [
            entry(1, "exhibit verified", outcome="intact"),
            entry(2, "analysis complete", finding="inconclusive"),
            entry(3, "log verified", intact=False),
            entry(4, "exhibit verified", outcome="altered"),
        ]
    )
    assert [line.detail for line in shown] == ["altered", "broken", "inconclusive", "intact"]
    assert [line.token for line in shown] == ["danger", "danger", "muted", "muted"]
    assert [bool(line.icon) for line in shown] == [True, True, False, False]
