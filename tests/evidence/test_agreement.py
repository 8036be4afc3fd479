"""Changes that somebody makes to the database, past this program, are found."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.report.filled_case import Track, add, analyse, make_clip, new_case
from workstation.cases.agreement import disagreements
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.records import CustodyEntry, RunOutcome
from workstation.errors import CaseError
from workstation.evidence.verification import verify_case


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A case with an exhibit, a complete run and a report, closed."""
    folder = tmp_path / "case"
    with new_case(folder) as case:
        analyse(case, add(case, make_clip(tmp_path / "a.mp4")), [Track(1, 0, 40, 0.7)])
        head = case.custody.head()
        case.custody.append(
            Act.REPORT_SIGNED, "R001", path="a.pdf", sha256="a", signer="A", custody_head=head
        )
        case.reports.add("a.pdf", "a", "A", head)
    return folder


@pytest.fixture
def opened(folder: Path) -> Iterator[Case]:
    with Case.open(folder, read_only=True) as case:
        yield case


def tamper(folder: Path, sql: str) -> None:
    database = sqlite3.connect(folder / "case.sqlite")
    database.executescript(sql)
    database.close()


def test_an_untouched_case_agrees_with_its_log(folder: Path, opened: Case) -> None:
    assert disagreements(opened) == ()
    with Case.open(folder) as case:
        assert verify_case(case).intact
        assert case.custody.entries()[-2].details["disagreements"] == []


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("UPDATE faces SET score = 0.1 WHERE frame = 7", "Run 1 on E001"),
        ("UPDATE faces SET x = x + 1 WHERE frame = 7", "Run 1 on E001"),
        ("DELETE FROM faces WHERE frame = 7", "Run 1 on E001"),
        ("UPDATE findings SET finding = 'inconclusive'", "Run 1 on E001"),
        ("UPDATE findings SET reasons = '[]' WHERE track IS NULL", "Run 1 on E001"),
        ("DELETE FROM segments", "Run 1 on E001"),
        ("UPDATE runs SET detector = replace(detector, '0.6', '0.9')", "Run 1 on E001"),
        ("UPDATE runs SET outcome = 'running'", "Run 1 on E001"),
        ("UPDATE runs SET outcome = 'running'; UPDATE faces SET score = 0", "Run 1 on E001"),
        ("INSERT INTO undecodable VALUES (1, 3, 4, 'dust')", "Run 1 on E001"),
        ("PRAGMA foreign_keys=0; DELETE FROM runs", "names run 1"),
        (
            "INSERT INTO runs SELECT 2, exhibit, detector, settings, versions, device, precision, "
            "started_utc, finished_utc, outcome, reason, frames FROM runs",
            "Run 2 on E001",
        ),
        ("UPDATE frame_indexes SET average_rate = 50", "records of E001"),
        ("DROP TRIGGER exhibits_no_update; UPDATE exhibits SET original_name = 'b'", "of E001"),
        (
            "PRAGMA foreign_keys=0; DROP TRIGGER exhibits_no_delete; DELETE FROM exhibits",
            "E001 was added",
        ),
        ("UPDATE facts SET examiner = 'B. Examiner'", "Case number, title, examiner"),
        ("DELETE FROM reports", "list of reports"),
        ("UPDATE reports SET signer = 'B'", "list of reports"),
    ],
)
def test_what_is_changed_past_the_program_is_found(folder: Path, sql: str, said: str) -> None:
    tamper(folder, sql)
    with Case.open(folder) as case:
        assert any(said in sentence for sentence in disagreements(case))
        found = verify_case(case)
        assert not found.intact
        assert found.chain.intact


@pytest.mark.parametrize(
    "place", ["../../a.mp4", "/etc/hosts", "exhibits/../case.sqlite", "exhibits/", "exhibits/.."]
)
def test_no_exhibit_is_read_from_elsewhere(folder: Path, place: str) -> None:
    tamper(folder, f"DROP TRIGGER exhibits_no_update; UPDATE exhibits SET stored_name = '{place}'")
    with (
        Case.open(folder, read_only=True) as case,
        pytest.raises(CaseError, match="places E001 outside the folder"),
    ):
        verify_case(case)


def test_a_killed_run_agrees_once_the_case_was_opened_again(folder: Path) -> None:
    with Case.open(folder) as case:
        run = case.runs.start("E001", {}, {}, {}, "cpu", "float32", 40)
        case.custody.append(Act.ANALYSIS_STARTED, "E001", run=run.id)
        assert disagreements(case) == ()
    with Case.open(folder) as case:
        assert case.runs.get(run.id).outcome is RunOutcome.INTERRUPTED
        assert disagreements(case) == ()
    tamper(folder, f"UPDATE runs SET frames = 1 WHERE id = {run.id}")
    with Case.open(folder, read_only=True) as case:
        assert len(disagreements(case)) == 1


def test_what_another_connection_commits_meanwhile_is_no_disagreement(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Case.open(folder) as writer, Case.open(folder, read_only=True) as reader:
        entries = reader.custody.entries

        def while_a_run_completes() -> list[CustodyEntry]:
            read = entries()
            analyse(writer, writer.exhibits.get("E001"), [Track(1, 0, 40, 0.2)])
            return read

        monkeypatch.setattr(reader.custody, "entries", while_a_run_completes)
        assert disagreements(reader) == ()
        assert len(writer.runs.of_exhibit("E001")) == 2
