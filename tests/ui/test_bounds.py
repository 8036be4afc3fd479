"""Megabytes of text, in a file's metadata or a case from elsewhere, do not hold the window."""

from dataclasses import replace

import pytest

from tests.ui.small_cases import make_case
from ui.bounds import LONGEST, MOST, bounded
from ui.reading import read_case, read_custody, read_exhibit, read_exhibits
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.records import RunOutcome

BIG = "word " * 100_000
ROOM = 20 * LONGEST


@pytest.fixture
def case(tmp_path):
    with make_case(tmp_path / "case") as made:
        yield made


def test_what_can_be_shown_comes_back_itself(case):
    (exhibit, *_) = case.exhibits.all()
    assert bounded(exhibit) is exhibit
    assert bounded(case.facts) is case.facts
    assert all(bounded(entry) is entry for entry in case.custody.entries())


def test_what_is_left_out_is_said(case):
    (exhibit, *_) = case.exhibits.all()
    facts = {"title": "x" * (LONGEST + 1234), "list": [1] * (MOST + 5), "kept": 3}
    shown = bounded(replace(exhibit, facts=facts | {f"n{n}": n for n in range(MOST)}))
    assert shown.facts["title"].endswith("… (1,234 further characters are in the case)")
    assert shown.facts["list"][-1] == "… (5 further entries are in the case)"
    assert shown.facts["…"] == "3 further entries are in the case"
    assert shown.facts["kept"] == 3
    assert shown.hashes == exhibit.hashes


def test_what_the_window_reads_of_a_case_is_bounded(case, monkeypatch):
    genuine = case.exhibits.get("E001")
    huge = replace(genuine, original_name=BIG, facts={"title": BIG, "warnings": [BIG]})
    run = case.runs.start("E001", {"name": "d"}, {}, {}, "cpu", "fp32", genuine.frames)
    case.runs.finish(run.id, RunOutcome.FAILED, BIG)
    monkeypatch.setattr(case.exhibits, "get", lambda _: huge)
    monkeypatch.setattr(case.exhibits, "all", lambda: [huge])
    case.facts = replace(case.facts, title=BIG)
    case.custody.append(Act.EXHIBIT_REFUSED, BIG, reason=BIG)
    for read in (
        lambda: read_case(case, None, ()).facts,
        lambda: read_exhibits(case)[0].exhibit,
        lambda: read_exhibits(case)[0].run,
        lambda: read_exhibit(case, "E001").exhibit,
        lambda: read_exhibit(case, "E001").newer or read_exhibit(case, "E001").run,
        lambda: read_custody(case).entries[-1],
    ):
        said = repr(read())
        assert "further characters are in the case" in said
        assert len(said) < ROOM


def test_the_case_itself_keeps_it(tmp_path):
    with Case.create(tmp_path / "case", number="1", examiner="A. Examiner", title=BIG) as case:
        assert bounded(case.facts).title != BIG.strip()
        assert case.facts.title == BIG.strip()
