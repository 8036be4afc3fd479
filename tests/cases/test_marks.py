"""Marks: every state kept, every act in the custody log, nothing altered unnoticed."""

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ui.small_cases import exhibit, finish_run, frame_index
from workstation.cases import schema
from workstation.cases.agreement import disagreements
from workstation.cases.case import Case
from workstation.cases.marks import (
    COLOURS,
    Mark,
    MarkKind,
    check,
    finding_on,
    grouping_of,
    tags_of,
)
from workstation.cases.people import Person, Piece
from workstation.cases.records import Finding
from workstation.errors import CaseError

MARKER = Mark(MarkKind.MARKER, "E001", 7, 7, name="blink", tags=("mouth", "look again"))
CLIP = Mark(MarkKind.CLIP, "E001", 10, 20, note="Lips do not close.", colour="teal")


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with Case.create(tmp_path / "case", number="2026-1", examiner="A. Examiner") as made:
        for number in ("E001", "E002"):
            made.exhibits.add(exhibit(number), frame_index())
        yield made


def acts(case: Case) -> list[str]:
    return [
        entry.act for entry in case.custody.entries()[1:] if not entry.act.startswith("analysis")
    ]


def test_a_mark_is_kept_with_who_and_when(case: Case) -> None:
    made = case.marks.put(None, MARKER)
    assert made is not None
    assert (made.number, made.examiner, made.name) == (1, "A. Examiner", "blink")
    assert case.marks.all() == [made]
    assert case.marks.all("E002") == []
    entry = case.custody.entries()[-1]
    assert (entry.act, entry.subject, entry.actor) == ("mark added", "E001", "A. Examiner")
    assert entry.details["before"] is None
    assert entry.details["after"] == MARKER.plain()
    assert entry.details["mark"] == 1


def test_changing_and_removing_keep_what_was(case: Case) -> None:
    case.marks.put(None, MARKER)
    case.marks.put(None, CLIP)
    changed = replace(MARKER, note="At the beard.", colour="pink")
    case.marks.put(1, changed)
    assert case.marks.put(1, None) is None
    assert [mark.number for mark in case.marks.all()] == [2]
    states = [(mark.note, gone) for mark, gone in case.marks.history(1)]
    assert states == [("", False), ("At the beard.", False), ("At the beard.", True)]
    assert acts(case) == ["mark added", "mark added", "mark changed", "mark removed"]
    last = case.custody.entries()[-1].details
    assert (last["before"], last["after"]) == (changed.plain(), None)
    case.marks.put(1, MARKER, "undo")
    assert [mark.number for mark in case.marks.all()] == [1, 2]
    assert case.custody.entries()[-1].details["how"] == "undo"
    assert case.custody.verify().intact


def test_the_examiners_finding_stands_beside_the_detectors(case: Case) -> None:
    run = finish_run(case)
    machine = case.runs.findings(run.id)
    mine = Mark(
        MarkKind.FINDING,
        "E001",
        run=run.id,
        track=1,
        finding=Finding.INCONCLUSIVE,
        note="The beard hides the mouth.",
    )
    case.marks.put(None, mine)
    assert case.runs.findings(run.id) == machine
    found = finding_on(case.marks.all(), "E001", 1)
    assert found is not None
    assert (found.finding, found.examiner) == (Finding.INCONCLUSIVE, "A. Examiner")
    assert finding_on(case.marks.all(), "E001") is None
    case.marks.put(found.number, replace(found, finding=Finding.SUPPORTS))
    case.marks.put(found.number, None)
    assert acts(case) == [
        "examiner's finding given",
        "examiner's finding changed",
        "examiner's finding withdrawn",
    ]


def test_a_grouping_belongs_to_a_run(case: Case) -> None:
    run = finish_run(case)
    people = (Person((Piece(1, 0, 9), Piece(3, 12, 20)), "the interviewer"),)
    case.marks.put(None, Mark(MarkKind.GROUPING, "E001", run=run.id, people=people), "merged")
    found = grouping_of(case.marks.all(), run.id)
    assert found is not None
    assert found.people == people
    assert grouping_of(case.marks.all(), run.id + 1) is None
    assert acts(case) == ["face tracks grouped"]


@pytest.mark.parametrize(
    "wrong",
    [
        Mark(MarkKind.MARKER, "E001"),
        Mark(MarkKind.MARKER, "E001", 3, 4),
        Mark(MarkKind.CLIP, "E001", 5, 4),
        Mark(MarkKind.CLIP, "E001", -1, 4),
        Mark(MarkKind.TRACK, "E001", run=1),
        Mark(MarkKind.TRACK, "E001", track=1),
        Mark(MarkKind.FINDING, "E001"),
        Mark(MarkKind.EXHIBIT, "E001", finding=Finding.SUPPORTS),
        Mark(MarkKind.GROUPING, "E001"),
        replace(MARKER, colour="red"),
    ],
)
def test_what_makes_no_sense_is_refused(case: Case, wrong: Mark) -> None:
    with pytest.raises(ValueError, match=r"."):
        case.marks.put(None, wrong)
    assert acts(case) == []
    assert case.marks.states() == []


def test_unknown_marks_and_exhibits_are_refused(case: Case) -> None:
    with pytest.raises(CaseError, match="no mark 4"):
        case.marks.put(4, MARKER)
    with pytest.raises(sqlite3.IntegrityError):
        case.marks.put(None, replace(MARKER, exhibit="E009"))
    case.marks.put(None, MARKER)
    case.marks.put(1, None)
    with pytest.raises(CaseError, match="no mark 1"):
        case.marks.put(1, None)
    assert acts(case) == ["mark added", "mark removed"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE marks SET note = 'mine'",
        "DELETE FROM marks",
        "INSERT OR REPLACE INTO marks SELECT * FROM marks",
    ],
)
def test_states_are_never_changed(case: Case, statement: str) -> None:
    case.marks.put(None, MARKER)
    with pytest.raises(sqlite3.IntegrityError, match="state of a mark"):
        case._connection.write(statement)


def test_marks_altered_past_the_program_are_noticed(case: Case) -> None:
    case.marks.put(None, MARKER)
    said = "The examiner's marks"
    assert not any(one.startswith(said) for one in disagreements(case))
    case._connection.write("DROP TRIGGER marks_no_update")
    case._connection.write("UPDATE marks SET note = 'forged'")
    assert any(one.startswith(said) for one in disagreements(case))


def test_reading_only_refuses(case: Case) -> None:
    case.marks.put(None, MARKER)
    with Case.open(case.folder, read_only=True) as reader:
        assert [mark.name for mark in reader.marks.all()] == ["blink"]
        with pytest.raises(CaseError, match="reading only"):
            reader.marks.put(None, CLIP)


def test_an_older_case_is_brought_up_to_date(case: Case, tmp_path: Path) -> None:
    run = finish_run(case)
    entries, scores = case.custody.entries(), case.runs.faces(run.id).score
    case.close()
    raw = sqlite3.connect(case.folder / "case.sqlite")
    raw.executescript(
        "DROP TABLE marks; PRAGMA user_version=1;"
        "DELETE FROM _sqlite_migrations WHERE name = 'marks_of_the_examiner';"
    )
    raw.close()
    before = tmp_path / "kept"
    shutil.copytree(case.folder, before)
    database = (case.folder / "case.sqlite").read_bytes()
    with Case.open(case.folder, read_only=True) as reader, reader.another() as second:
        assert (reader.custody.entries(), reader.marks.all()) == (entries, [])
        assert second.runs.faces(run.id).score.tolist() == scores.tolist()
        with pytest.raises(CaseError, match="reading only"):
            reader.marks.put(None, MARKER)
    assert (case.folder / "case.sqlite").read_bytes() == database
    with Case.open(case.folder) as again:
        assert again.custody.entries() == entries
        assert again.custody.verify().intact
        assert again.runs.faces(run.id).score.tolist() == scores.tolist()
        assert again.marks.all() == []
        again.marks.put(None, MARKER)
        assert again._connection.pragma("user_version") == schema.FORMAT_VERSION


def test_tags_are_read_as_typed() -> None:
    assert tags_of(" mouth ,look   again,, mouth") == ("mouth", "look again")
    assert tags_of("") == ()


def test_every_colour_is_accepted() -> None:
    for colour in COLOURS:
        check(replace(MARKER, colour=colour))
