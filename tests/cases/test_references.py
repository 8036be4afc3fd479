import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.report.filled_case import add, make_picture, new_case
from workstation.cases.agreement import disagreements
from workstation.cases.case import DATABASE_NAME, Case
from workstation.cases.custody import Act
from workstation.cases.records import ReferenceKind
from workstation.errors import CaseError

PERSON, CAMERA, PLATFORM = ReferenceKind
HOW = "recorded by the laboratory"


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    picture = make_picture(tmp_path / "picture.jpg")
    with new_case(tmp_path / "case") as case:
        for _ in range(4):
            add(case, picture)
        yield case


def altered(case: Case, sql: str) -> None:
    with sqlite3.connect(case.folder / DATABASE_NAME) as raw:
        raw.execute(sql)
    raw.close()


def test_a_reference_is_on_record_with_its_custody_entry(case: Case) -> None:
    added = case.references.add("E001", "E002", [PLATFORM, PERSON], f" {HOW} ")
    assert (added.kinds, added.how, added.recording) == ((PERSON, PLATFORM), HOW, "E002")
    assert case.references.of("E001") == [added]
    assert case.references.of("E002") == []
    entry = case.custody.entries()[-1]
    assert (entry.act, entry.subject) == (Act.REFERENCE_ADDED, "E001")
    assert entry.details["reference"] == "E002"
    assert entry.details["kinds"] == ["same person", "same platform"]
    assert disagreements(case) == ()


def test_a_revoked_reference_stays_on_record_and_can_be_added_anew(case: Case) -> None:
    first = case.references.add("E001", "E002", [PERSON], HOW)
    revoked = case.references.revoke("E001", "E002", "another person after all")
    assert revoked.revoked_utc is not None
    assert case.references.of("E001") == []
    second = case.references.add("E001", "E002", [CAMERA], HOW)
    assert [one.id for one in case.references.all()] == [first.id, second.id]
    entry = case.custody.entries()[-2]
    assert entry.act == Act.REFERENCE_REVOKED
    assert entry.details["reason"] == "another person after all"
    assert disagreements(case) == ()


def test_copies_share_their_recording(case: Case) -> None:
    case.references.add("E001", "E002", [PERSON], HOW)
    copy = case.references.add("E001", "E003", [PERSON], HOW, copy_of="E002")
    again = case.references.add("E001", "E004", [PERSON], HOW, copy_of="E003")
    assert (copy.recording, again.recording) == ("E002", "E002")


@pytest.mark.parametrize(
    ("questioned", "reference", "kinds", "how", "copy_of", "said"),
    [
        ("E001", "E001", [PERSON], HOW, "", "its own reference"),
        ("E001", "E009", [PERSON], HOW, "", "no exhibit E009"),
        ("E009", "E001", [PERSON], HOW, "", "no exhibit E009"),
        ("E001", "E003", [], HOW, "", "in common"),
        ("E001", "E003", [PERSON], "  ", "", "how it is known"),
        ("E001", "E002", [PERSON], HOW, "", "already"),
        ("E001", "E003", [PERSON], HOW, "E004", "no reference for E001"),
    ],
)
def test_what_makes_no_sense_is_refused(
    case: Case,
    questioned: str,
    reference: str,
    kinds: list[ReferenceKind],
    how: str,
    copy_of: str,
    said: str,
) -> None:
    case.references.add("E001", "E002", [PERSON], HOW)
    entries = len(case.custody.entries())
    with pytest.raises(CaseError, match=said):
        case.references.add(questioned, reference, kinds, how, copy_of=copy_of)
    assert len(case.custody.entries()) == entries
    assert len(case.references.all()) == 1


def test_revoking_needs_a_reference_and_a_reason(case: Case) -> None:
    case.references.add("E001", "E002", [PERSON], HOW)
    with pytest.raises(CaseError, match="Say why"):
        case.references.revoke("E001", "E002", " ")
    with pytest.raises(CaseError, match="E003 is not"):
        case.references.revoke("E001", "E003", "a reason")
    assert len(case.references.of("E001")) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE known_authentic SET how = 'hearsay'",
        "UPDATE known_authentic SET kinds = '[\"same camera\"]'",
        "UPDATE known_authentic SET revoked_utc = '2026-11-20T10:00:00.000Z'",
        "INSERT INTO known_authentic (questioned, reference, kinds, how, recording, added_utc) "
        "VALUES ('E003', 'E004', '[\"same person\"]', 'x', 'E004', 'x')",
    ],
)
def test_a_change_past_the_program_shows(case: Case, sql: str) -> None:
    case.references.add("E001", "E002", [PERSON], HOW)
    altered(case, sql)
    assert any("Reference" in sentence for sentence in disagreements(case))


def test_a_reference_cannot_be_removed(case: Case) -> None:
    case.references.add("E001", "E002", [PERSON], HOW)
    with pytest.raises(sqlite3.IntegrityError, match="not removed"):
        altered(case, "DELETE FROM known_authentic")


def test_a_case_from_before_references_opens_and_keeps_its_log(case: Case) -> None:
    folder = case.folder
    exhibits, head = case.exhibits.all(), case.custody.head()
    case.close()
    with sqlite3.connect(folder / DATABASE_NAME) as raw:
        raw.execute("DROP TABLE known_authentic")
        raw.execute("DELETE FROM _sqlite_migrations WHERE name = 'references_of_exhibits'")
        raw.execute("PRAGMA user_version=1")
    raw.close()
    with Case.open(folder) as again:
        assert (again.exhibits.all(), again.custody.head()) == (exhibits, head)
        assert again.custody.verify().intact
        again.references.add("E001", "E002", [PERSON], HOW)
        assert disagreements(again) == ()
