"""Search: every kind of words is found, leads to its place, and is never out of date."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.small_cases import exhibit, finish_run, frame_index
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.marks import Mark, MarkKind
from workstation.cases.people import Person, Piece
from workstation.cases.records import Finding
from workstation.cases.search import AFTER, BEFORE, HitKind, SearchIndex


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with Case.create(tmp_path / "case", number="2026-1", examiner="A. Examiner") as made:
        made.exhibits.add(exhibit("E001", original_name="Straße Interview.mp4"), frame_index())
        made.exhibits.add(
            exhibit("E002", facts={"encoder": "Lavf60.3", "streams": [{"codec": "h264"}]}),
            frame_index(),
        )
        run = finish_run(made)
        made.custody.append(Act.ANALYSIS_COMPLETE, "E001", run=run.id)
        made.marks.put(
            None,
            Mark(MarkKind.CLIP, "E001", 10, 20, note="Lips do not close", tags=("mouth",)),
        )
        made.marks.put(
            None,
            Mark(
                MarkKind.FINDING,
                "E001",
                run=run.id,
                track=1,
                finding=Finding.INCONCLUSIVE,
                note="The beard hides the chin.",
            ),
        )
        people = (Person((Piece(1, 0, 44),), "Interviewer"),)
        made.marks.put(None, Mark(MarkKind.GROUPING, "E001", run=run.id, people=people))
        yield made


def first(case: Case, typed: str, kind: HitKind):
    hits = [hit for hit in SearchIndex().search(case, typed) if hit.kind is kind]
    assert hits, typed
    return hits[0]


def test_notes_and_tags_lead_to_frame_and_track(case: Case) -> None:
    hit = first(case, "lips", HitKind.MARK)
    assert (hit.exhibit, hit.frame, hit.number) == ("E001", 10, 1)
    assert f"{BEFORE}Lips{AFTER} do not close" in hit.snippet
    assert first(case, "mouth", HitKind.MARK).number == 1
    assert first(case, "interviewer", HitKind.MARK).number == 3


def test_findings_of_both_kinds(case: Case) -> None:
    mine = first(case, "beard", HitKind.FINDING)
    assert (mine.exhibit, mine.track) == ("E001", 1)
    assert first(case, "mean score", HitKind.FINDING).exhibit == "E001"


def test_exhibits_by_name_fact_and_hash(case: Case) -> None:
    assert first(case, "interview.mp4", HitKind.EXHIBIT).exhibit == "E001"
    assert first(case, "lavf60", HitKind.EXHIBIT).exhibit == "E002"
    digest = case.exhibits.get("E002").hashes.sha256
    assert first(case, digest[:9], HitKind.EXHIBIT).exhibit == "E002"


def test_the_custody_log(case: Case) -> None:
    hit = first(case, "case created", HitKind.CUSTODY)
    assert hit.number == 1


def test_every_word_must_occur_and_phrases_hold_together(case: Case) -> None:
    index = SearchIndex()
    assert index.search(case, "lips beard") == []
    assert next(hit.kind for hit in index.search(case, '"not close"')) is HitKind.MARK
    assert index.search(case, '"close not"') == []


@pytest.mark.parametrize("typed", ["", "  ", '"', "*", "AND", "NEAR(", 'a" OR "b', "(", "'--"])
def test_nothing_typed_breaks_it(case: Case, typed: str) -> None:
    SearchIndex().search(case, typed)


def test_it_is_never_out_of_date_and_needs_no_right_to_write(case: Case) -> None:
    with Case.open(case.folder, read_only=True) as reader:
        index = SearchIndex()
        assert index.search(reader, "zebra") == []
        case.marks.put(None, Mark(MarkKind.EXHIBIT, "E002", note="A zebra crossing."))
        assert [hit.exhibit for hit in index.search(reader, "zebra") if hit.exhibit] == ["E002"]
        case.marks.put(4, None)
        kinds = {hit.kind for hit in index.search(reader, "zebra")}
        assert kinds == {HitKind.CUSTODY}
