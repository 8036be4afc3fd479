"""Killed while a case was made, clocks set back, drives without locks, other programs' locks."""

import errno
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from workstation.cases import case as case_module
from workstation.cases import database, lock
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.lock import HOLDER_NAME, LOCK_NAME, is_held
from workstation.errors import CaseError, CaseLocked, CaseUnwritable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "case"


@pytest.fixture
def case(folder: Path) -> Iterator[Case]:
    with Case.create(folder, number="1", examiner="A. Examiner") as case:
        yield case


@pytest.mark.parametrize(
    "killed_in",
    [
        "workstation.cases.case.prepare",
        "workstation.cases.schema._statements",
        "workstation.cases.case._read_facts",
    ],
)
def test_a_creation_that_was_killed_is_said_and_done_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, killed_in: str
) -> None:
    def killed(*_: object, **__: object) -> None:
        shutil.copytree(folder, folder.with_name("killed"), ignore=shutil.ignore_patterns("*.lock"))
        raise KeyboardInterrupt

    monkeypatch.setattr(killed_in, killed)
    with pytest.raises(KeyboardInterrupt):
        Case.create(folder, number="1", examiner="A. Examiner")
    monkeypatch.undo()
    left = folder.with_name("killed")
    for read_only in (True, False):
        with pytest.raises(CaseError, match=r"not made to its end.*same folder"):
            Case.open(left, read_only=read_only)
    with Case.create(left, number="2", examiner="A. Examiner") as made:
        assert made.custody.verify().entries == 1


def test_a_creation_never_takes_another_programs_case(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir()
    made: list[Case] = []

    def faster(path: Path) -> None:
        monkeypatch.undo()
        made.append(Case.create(path, number="theirs", examiner="B. Examiner"))

    monkeypatch.setattr(case_module, "_make_folders", faster)
    with pytest.raises(CaseLocked):
        Case.create(folder, number="ours", examiner="A. Examiner")
    with made[0] as theirs:
        assert theirs.custody.verify().intact
    with Case.open(folder) as again:
        assert again.facts.number == "theirs"


def test_a_clock_set_back_is_a_remark_and_the_log_stays_intact(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(["2031-05-01T10:00:00.000Z", "2030-05-01T10:00:00.000Z"])
    monkeypatch.setattr("workstation.cases.custody.utc_now", lambda: next(times))
    assert case.custody.verify().remarks == ()
    case.custody.append(Act.LOG_VERIFIED)
    case.custody.append(Act.LOG_VERIFIED)
    found = case.custody.verify()
    assert (found.intact, found.problem, found.entries) == (True, "", 3)
    (remark,) = found.remarks
    assert "between entries 2 (2031-05-01T10:00:00.000Z) and 3" in remark
    assert "set back" in remark


def test_another_programs_lock_is_waited_for_then_said(
    folder: Path, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    backup = sqlite3.connect(folder / "case.sqlite", isolation_level=None, check_same_thread=False)
    with case.another() as mine:
        backup.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CaseError, match="busy in another program"):
            mine.custody.append(Act.LOG_VERIFIED)
        assert mine.custody.verify().entries == 1
    monkeypatch.setattr(database, "BUSY_SECONDS", 30.0)
    with case.another() as patient:
        release = threading.Timer(0.2, backup.execute, ["COMMIT"])
        release.start()
        patient.custody.append(Act.LOG_VERIFIED)
        release.join()
        assert patient.custody.verify().entries == 2
    backup.close()


def test_a_drive_without_locks_is_said(
    folder: Path, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.close()

    def none(*_: object, **__: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(lock.FileLock, "acquire", none)
    with pytest.raises(CaseUnwritable, match=r"cannot lock files.*Copy the case"):
        Case.open(folder)
    assert is_held(folder) is None


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_system_that_refuses_locks_is_said_each_time(
    folder: Path, case: Case, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    case.close()
    files = sorted(path.name for path in folder.iterdir())

    def refuse(*_: object) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr("fcntl.flock", refuse)
    for _ in range(2):
        with pytest.raises(CaseUnwritable, match=r"cannot lock files.*Copy the case"):
            Case.open(folder)
    assert is_held(folder) is None
    with Case.open(folder, read_only=True) as reading:
        assert reading.custody.verify().intact
    monkeypatch.undo()
    Case.open(folder).close()
    assert sorted(path.name for path in folder.iterdir()) == files


@pytest.mark.parametrize("text", ["[" * 100_000, '{"program": "' + "x" * 10**6, "[]", "1e999"])
def test_of_a_holder_that_makes_no_sense_only_that_there_is_one_is_said(
    folder: Path, case: Case, text: str
) -> None:
    (folder / HOLDER_NAME).write_text(text)
    with pytest.raises(CaseLocked, match=r"open for writing in another program\. Close"):
        Case.open(folder)


def test_a_stale_holder_is_nobody(folder: Path, case: Case) -> None:
    case.close()
    (folder / HOLDER_NAME).write_text('{"program": "x", "host": "y", "pid": 1, "since_utc": "z"}')
    (folder / LOCK_NAME).write_text("old")
    assert is_held(folder) is False
    with Case.open(folder) as again:
        assert is_held(folder) is True
        again.custody.append(Act.LOG_VERIFIED)
        with pytest.raises(CaseLocked):
            Case.open(folder)


def test_without_a_lock_nobody_holds_a_case(folder: Path, case: Case) -> None:
    case.close()
    (folder / LOCK_NAME).unlink()
    assert is_held(folder) is False
    assert not (folder / LOCK_NAME).exists()


@pytest.mark.skipif(os.name != "posix", reason="open files stay where they are")
@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("database deleted", "file “case.sqlite” of the case"),
        ("database exchanged", "file “case.sqlite” of the case"),
        ("lock deleted", "file “case.lock” of the case"),
        ("folder moved", "folder “case”"),
    ],
)
def test_what_is_taken_away_under_an_open_case_ends_its_writing(
    folder: Path, case: Case, what: str, said: str
) -> None:
    """What went to a deleted database was gone with the process, and nobody said so."""
    database = folder / "case.sqlite"
    if what.startswith("database"):
        copy = database.read_bytes()
        database.unlink()
        if what == "database exchanged":
            database.write_bytes(copy)
    elif what == "lock deleted":
        (folder / LOCK_NAME).unlink()
    else:
        folder.rename(folder.with_name("elsewhere"))
    files = sorted(folder.glob("*"))
    for act in (lambda: case.custody.append(Act.LOG_VERIFIED), case.another):
        with pytest.raises(CaseUnwritable, match=f"The {said} was deleted, moved or exchanged"):
            act()
    assert sorted(folder.glob("*")) == files
    case.close()


@pytest.mark.skipif(os.name != "posix", reason="open files stay where they are")
def test_of_two_programs_only_the_one_with_the_lock_that_is_there_writes(
    folder: Path, case: Case
) -> None:
    (folder / LOCK_NAME).unlink()  # a remedy that people know
    with Case.open(folder) as second:
        with pytest.raises(CaseUnwritable, match=LOCK_NAME):
            case.custody.append(Act.LOG_VERIFIED)
        case.close()
        assert (folder / HOLDER_NAME).exists()
        second.custody.append(Act.LOG_VERIFIED)
        assert second.custody.verify().intact


def test_looking_whether_a_case_is_held_never_locks_anybody_out(folder: Path, case: Case) -> None:
    case.close()
    looking = lock.FileLock(folder / LOCK_NAME, timeout=0, thread_local=False)
    looking.acquire()
    release = threading.Timer(0.1, looking.release)
    release.start()
    Case.open(folder).close()
    release.join()


def test_reports_left_half_written_are_removed(folder: Path, case: Case) -> None:
    case.close()
    half = folder / "reports" / ".report-0123456789ab-x.part"
    half.write_bytes(b"%PDF-1.7")
    Case.open(folder, read_only=True).close()
    assert half.exists()
    Case.open(folder).close()
    assert not half.exists()


def test_a_cache_that_is_busy_is_not_thrown_away(
    folder: Path, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.cache.put("key", 0, b"kept")
    case.cache.close()
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    backup = sqlite3.connect(folder / "cache.sqlite", isolation_level=None)
    backup.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CaseError, match="busy in another program"):
        case.cache.put("key", 1, b"new")
    backup.execute("COMMIT")
    backup.close()
    assert case.cache.get("key", 0) == b"kept"
