"""Cases whose program was killed in the middle of an analysis, and what was done to them since."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.cases.test_run_store import FRAMES, exhibit, face_table
from workstation.cases.agreement import disagreements
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.records import RunOutcome, Stretch

__all__ = ["FACES", "FRAMES", "killed_in", "said", "tamper"]

FACES = face_table([(frame, 1, 0.25) for frame in range(FRAMES)])


def killed_in(folder: Path, **begun: str) -> Path:
    """Such a case; its log says of the analysis that began what programs of before did not."""
    with Case.create(folder, number="1", examiner="A. Examiner") as case:
        case.exhibits.add(*exhibit())
        digest = case.exhibits.digest("E001")
        case.custody.append(Act.EXHIBIT_ADDED, "E001", record_sha256=digest, sha256="a" * 64)
        case.runs.start("E001", {"name": "d"}, {"grid": 5}, {}, "cpu", "float32", FRAMES)
        case.custody.append(Act.ANALYSIS_STARTED, "E001", run=1, **begun)
        for first, lost in ((0, []), (20, [Stretch(30, 39, "damaged")])):
            table = FACES.where((FACES.frame >= first) & (FACES.frame < first + 10))
            case.runs.commit_stretch(1, first, first + 20, table, lost)
    return folder


def tamper(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "case.sqlite")) as raw, raw:
        for statement in statements:
            assert raw.execute(statement).rowcount


def said(folder: Path) -> tuple[list[str], list[str]]:
    """What verifying the case finds, and remarks, once it was opened for writing."""
    with Case.open(folder) as case:
        assert case.runs.get(1).outcome is RunOutcome.INTERRUPTED
        return list(disagreements(case)), list(case.custody.verify().remarks)
