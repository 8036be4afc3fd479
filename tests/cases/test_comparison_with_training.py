"""What tells a face from those of the training is kept, and covered by the custody log."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.cases.test_run_store import assert_same, exhibit, face_table
from workstation.cases.agreement import disagreements
from workstation.cases.case import DATABASE_NAME, Case
from workstation.cases.custody import Act
from workstation.cases.records import FaceTable, RunOutcome

ROWS = [(3, 1, 0.25), (3, 2, None), (4, 1, 1.0), (9, 2, 0.0)]


def table(*, known: bool) -> FaceTable:
    faces = face_table(ROWS)
    if not known:
        return faces
    return replace(
        faces,
        outside=np.array([0, -1, 5, -1], np.int16),
        sharpness=np.array([20.5, np.nan, 7.25, 0.0], np.float32),
    )


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with Case.create(tmp_path / "case", number="1", examiner="A. Examiner") as case:
        made, index = exhibit()
        case.exhibits.add(made, index)
        case.custody.append(Act.EXHIBIT_ADDED, "E001", record_sha256=case.exhibits.digest("E001"))
        yield case


def finish(case: Case, faces: FaceTable) -> int:
    run = case.runs.start("E001", {}, {}, {}, "cpu", "float32", 20).id
    case.runs.commit_stretch(run, 0, 20, faces, [])
    case.runs.finish(run, RunOutcome.COMPLETE)
    digest = case.runs.digest(run)
    case.custody.append(Act.ANALYSIS_COMPLETE, "E001", run=run, results_sha256=digest)
    return run


def tamper(case: Case, sql: str) -> None:
    with sqlite3.connect(case.folder / DATABASE_NAME) as raw:
        raw.execute(sql)
    raw.close()


@pytest.mark.parametrize("known", [True, False])
def test_it_comes_back_as_it_was(case: Case, known: bool) -> None:
    run = finish(case, table(known=known))
    assert_same(case.runs.faces(run), table(known=known))
    assert disagreements(case) == ()


def test_findings_rest_on_faces_not_known_to_be_unlike_the_training() -> None:
    assert table(known=True).counted.tolist() == [True, False, False, True]
    assert table(known=False).counted.tolist() == [True, False, True, True]


@pytest.mark.parametrize(
    ("known", "change"),
    [
        (True, "outside = 0 WHERE outside = 5"),
        (True, "outside = NULL, sharpness = NULL"),
        (True, "sharpness = 21 WHERE frame = 3"),
        (False, "outside = 0"),
    ],
)
def test_a_change_to_it_is_found(case: Case, known: bool, change: str) -> None:
    finish(case, table(known=known))
    tamper(case, f"UPDATE faces SET {change}")
    assert any("Run 1 on E001" in sentence for sentence in disagreements(case))


def test_a_run_of_before_still_verifies(case: Case) -> None:
    folder, run = case.folder, finish(case, table(known=False))
    case.close()
    with sqlite3.connect(folder / DATABASE_NAME) as raw:
        raw.execute("ALTER TABLE faces DROP COLUMN outside")
        raw.execute("ALTER TABLE faces DROP COLUMN sharpness")
        raw.execute("DELETE FROM _sqlite_migrations WHERE name = 'comparison_with_training'")
        raw.execute("PRAGMA user_version=1")
    raw.close()
    with Case.open(folder) as again:
        assert disagreements(again) == ()
        assert_same(again.runs.faces(run), table(known=False))
