"""Cases of the format before the seals, open for reading only: no file changed, nothing copied."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cases.test_run_store import FRAMES, exhibit, face_table
from workstation.cases.agreement import disagreements
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.database import Connection
from workstation.cases.schema import FORMAT_VERSION
from workstation.errors import CaseError

FACES = face_table([(frame, 1, 0.25) for frame in range(FRAMES)])
ROWS = "SELECT run, first, stop FROM seals ORDER BY run, first"


def commit(case: Case, run: int) -> None:
    case.runs.commit_stretch(run, 0, 20, FACES.where(FACES.frame < 20), [])


def start(case: Case) -> int:
    return case.runs.start("E001", {"name": "d"}, {"grid": 5}, {}, "cpu", "float32", FRAMES).id


@pytest.fixture
def older(tmp_path: Path) -> Path:
    folder = tmp_path / "case"
    with Case.create(folder, number="1", examiner="A. Examiner") as case:
        case.exhibits.add(*exhibit())
        digest = case.exhibits.digest("E001")
        case.custody.append(Act.EXHIBIT_ADDED, "E001", record_sha256=digest, sha256="a" * 64)
        run = start(case)
        case.custody.append(Act.ANALYSIS_STARTED, "E001", run=run)
        commit(case, run)
    with closing(sqlite3.connect(folder / "case.sqlite")) as raw:
        raw.executescript(
            "DELETE FROM _sqlite_migrations WHERE name = 'seals_of_stretches';"
            "DROP TABLE seals; PRAGMA user_version=2; PRAGMA wal_checkpoint(TRUNCATE);"
        )
    return folder


def test_an_older_case_is_read_where_it_lies(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (older / "case.sqlite").read_bytes()
    monkeypatch.delattr(Connection, "in_memory")
    with Case.open(older, read_only=True) as case, case.another() as second:
        for one in (case, second):
            assert len(one.runs.faces(1)) == 20
            assert disagreements(one) == ()
            assert one._connection.rows(ROWS) == []
            assert not one.runs.seals.whole(1)
            with pytest.raises(CaseError, match="reading only"):
                one.custody.append(Act.LOG_VERIFIED)
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                one._connection._raw.execute("DELETE FROM runs")
    assert (older / "case.sqlite").read_bytes() == before


@pytest.mark.parametrize("within", [False, True])
def test_seals_that_another_program_makes_meanwhile_are_seen(older: Path, within: bool) -> None:
    with Case.open(older, read_only=True) as reader:
        assert reader._connection.rows(ROWS) == []
        with Case.open(older) as case:
            assert case._connection.pragma("user_version") == FORMAT_VERSION
            run = start(case)
            commit(case, run)
            if within:
                with reader._connection.snapshot():
                    assert reader._connection.rows(ROWS) == [(run, 0, 20)]
            assert reader._connection.rows(ROWS) == [(run, 0, 20)]
            assert reader.runs.seals.whole(run)
            assert reader.runs.seals.hold(run)
            assert disagreements(reader) == disagreements(case)


def test_an_older_case_that_lacks_more_is_refused(older: Path) -> None:
    with closing(sqlite3.connect(older / "case.sqlite")) as raw:
        raw.executescript("DROP TABLE marks")
    with pytest.raises(CaseError, match="altered"):
        Case.open(older, read_only=True)
