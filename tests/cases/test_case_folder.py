import errno
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.records import RunOutcome
from workstation.cases.schema import FORMAT_VERSION
from workstation.errors import CaseError, CaseLocked

NOBODY = 65534


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a case"


@pytest.fixture
def case(folder: Path) -> Iterator[Case]:
    with Case.create(folder, number="2026-1", examiner="A. Examiner", title="Title") as case:
        yield case


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that somebody else may enter; pytest's own are private."""
    folder = Path(tempfile.mkdtemp(prefix="case-tests-"))
    folder.chmod(0o755)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)
    shutil.rmtree(folder)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Root ignores permissions, so root steps down."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def lock_tree(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o555 if path.is_dir() else 0o444)


def in_another_process(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def test_facts_survive_closing(folder: Path, case: Case) -> None:
    facts = case.facts
    case.close()
    with Case.open(folder) as again:
        assert again.facts == facts
        assert (facts.number, facts.examiner, facts.title) == ("2026-1", "A. Examiner", "Title")
        (entry,) = again.custody.entries()
        assert (entry.act, entry.actor, entry.subject) == ("case created", "A. Examiner", "2026-1")


def test_database_is_marked_and_durable(folder: Path, case: Case) -> None:
    pragma = case._connection.pragma
    assert pragma("application_id") == 0x44464657
    assert pragma("user_version") == FORMAT_VERSION
    assert (pragma("synchronous"), pragma("foreign_keys"), pragma("recursive_triggers")) == (
        2,
        1,
        1,
    )
    assert case._connection.rows("PRAGMA journal_mode") == [("wal",)]


@pytest.mark.parametrize(("number", "examiner"), [("", "A. Examiner"), ("1", "  ")])
def test_create_needs_number_and_examiner(folder: Path, number: str, examiner: str) -> None:
    with pytest.raises(CaseError, match="needs a case number"):
        Case.create(folder, number=number, examiner=examiner)
    assert not folder.exists()


def test_create_refuses_a_used_folder(folder: Path) -> None:
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(CaseError, match="not empty"):
        Case.create(folder, number="1", examiner="A. Examiner")
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_create_refuses_a_case_and_a_file(folder: Path, case: Case, tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="is a case already"):
        Case.create(folder, number="1", examiner="A. Examiner")
    (tmp_path / "file").write_text("x")
    with pytest.raises(CaseError, match="not empty"):
        Case.create(tmp_path / "file", number="1", examiner="A. Examiner")
    assert case.custody.verify().intact


def test_failed_creation_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise CaseError("The disk is full.")

    monkeypatch.setattr("workstation.cases.case.prepare", full)
    with pytest.raises(CaseError, match="full"):
        Case.create(folder, number="1", examiner="A. Examiner")
    assert not folder.exists()
    folder.mkdir()
    with pytest.raises(CaseError, match="full"):
        Case.create(folder, number="1", examiner="A. Examiner")
    assert list(folder.iterdir()) == []


def test_open_refuses_what_is_no_case(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="is not a case"):
        Case.open(tmp_path)
    (tmp_path / "case.sqlite").write_bytes(b"no database, but long enough to be looked at" * 40)
    with pytest.raises(CaseError, match="not a case database"):
        Case.open(tmp_path)
    (tmp_path / "case.sqlite").unlink()
    sqlite3.connect(tmp_path / "case.sqlite").execute("CREATE TABLE x (y)").connection.close()
    with pytest.raises(CaseError, match="no case of this program"):
        Case.open(tmp_path)


@pytest.mark.parametrize("read_only", [False, True])
def test_newer_format_is_refused(folder: Path, case: Case, read_only: bool) -> None:
    case.close()
    raw = sqlite3.connect(folder / "case.sqlite")
    raw.execute(f"PRAGMA user_version={FORMAT_VERSION + 1}")
    raw.close()
    with pytest.raises(CaseError, match="newer version"):
        Case.open(folder, read_only=read_only)


def test_damaged_database_is_said(folder: Path, case: Case) -> None:
    for _ in range(200):
        case.custody.append(Act.LOG_VERIFIED, padding="x" * 400)
    case.close()
    data = bytearray((folder / "case.sqlite").read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    (folder / "case.sqlite").write_bytes(data)
    with pytest.raises(CaseError, match="damaged"), Case.open(folder, read_only=True) as broken:
        broken.custody.entries()


def test_second_writer_is_told_who_has_it(folder: Path, case: Case) -> None:
    with pytest.raises(CaseLocked, match=rf"process {os.getpid()}, since 20"):
        Case.open(folder)
    case.close()
    Case.open(folder).close()


def test_other_process_is_locked_out_until_killed(folder: Path, case: Case) -> None:
    case.close()
    other = in_another_process(
        """
        import sys, time
        from workstation.cases.case import Case
        case = Case.open(sys.argv[1])
        print("open", flush=True)
        time.sleep(60)
        """,
        folder,
    )
    assert other.stdout is not None
    with other:
        assert other.stdout.readline() == "open\n"
        with pytest.raises(CaseLocked, match=f"process {other.pid}"):
            Case.open(folder)
        with Case.open(folder, read_only=True) as reader:
            assert reader.custody.verify().intact
        other.send_signal(signal.SIGKILL)
        other.wait()
    Case.open(folder).close()


def test_lock_lasts_until_the_last_connection_closes(folder: Path, case: Case) -> None:
    second = case.another()
    case.close()
    case.close()
    second.custody.append(Act.LOG_VERIFIED)
    with pytest.raises(CaseLocked):
        Case.open(folder)
    second.close()
    Case.open(folder).close()


def test_threads_write_through_their_own_connections(case: Case) -> None:
    def work(mine: Case) -> None:
        with mine:
            for _ in range(20):
                mine.custody.append(Act.LOG_VERIFIED)

    threads = [threading.Thread(target=work, args=(case.another(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check = case.custody.verify()
    assert (check.intact, check.entries) == (True, 81)


def test_connection_in_a_transaction_is_not_shared(case: Case) -> None:
    problems: list[BaseException] = []

    def intrude() -> None:
        try:
            case.custody.entries()
        except RuntimeError as error:
            problems.append(error)

    with case.transaction():
        thread = threading.Thread(target=intrude)
        thread.start()
        thread.join()
    assert len(problems) == 1


def test_transaction_is_all_or_nothing(case: Case) -> None:
    def fail_late() -> None:
        with case.transaction():
            case.custody.append(Act.LOG_VERIFIED)
            with case.transaction():
                case.custody.append(Act.LOG_VERIFIED)
            raise KeyError

    with pytest.raises(KeyError):
        fail_late()
    assert case.custody.verify().entries == 1


def test_read_only_refuses_to_write_and_sees_what_others_commit(folder: Path, case: Case) -> None:
    with Case.open(folder, read_only=True) as reader:
        case.custody.append(Act.LOG_VERIFIED)
        assert reader.custody.verify().entries == 2
        with pytest.raises(CaseError, match="reading only"):
            reader.custody.append(Act.LOG_VERIFIED)
        with pytest.raises(CaseError, match="reading only"):
            reader.cache.put("key", 0, b"")
        assert reader.cache.get("key", 0) is None


def test_full_disk_is_said_and_nothing_is_lost(folder: Path, case: Case) -> None:
    pages = case._connection.pragma("page_count")
    case._connection.rows(f"PRAGMA max_page_count={pages + 2}")

    def fill() -> None:
        for _ in range(1000):
            case.custody.append(Act.LOG_VERIFIED, padding="x" * 500)

    with pytest.raises(CaseError, match="disk that holds the case is full"):
        fill()
    done = case.custody.verify()
    assert done.intact
    case._connection.rows("PRAGMA max_page_count=100000")
    case.custody.append(Act.LOG_VERIFIED)
    assert case.custody.verify().entries == done.entries + 1


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_read_only_folder_opens_for_reading(open_to_all: Path) -> None:
    folder = open_to_all / "case"
    Case.create(folder, number="1", examiner="A. Examiner").close()
    lock_tree(folder)
    with unprivileged():
        with pytest.raises(CaseError, match="cannot be written"):
            Case.open(folder)
        with Case.open(folder, read_only=True) as case:
            assert case.custody.verify().entries == 1
        with pytest.raises(CaseError, match="cannot be made"):
            Case.create(folder / "new", number="1", examiner="A. Examiner")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_read_only_copy_of_a_crashed_case_shows_its_last_entries(open_to_all: Path) -> None:
    living = open_to_all / "living"
    crashed = open_to_all / "crashed"
    with Case.create(living, number="1", examiner="A. Examiner") as case:
        case.custody.append(Act.LOG_VERIFIED)
        crashed.mkdir()
        for name in ("case.sqlite", "case.sqlite-wal"):
            shutil.copy(living / name, crashed / name)
    assert (crashed / "case.sqlite-wal").stat().st_size > 0
    lock_tree(crashed)
    with unprivileged(), Case.open(crashed, read_only=True) as reader:
        assert reader.custody.verify().entries == 2
    assert sorted(path.name for path in crashed.iterdir()) == ["case.sqlite", "case.sqlite-wal"]


def test_killed_analysis_is_found_interrupted(folder: Path, case: Case) -> None:
    with case.transaction():
        case._connection.write(
            "INSERT INTO exhibits VALUES ('E001', 'a', 'exhibits/E001_a', 1, 'a', 'b', 'c', "
            "'video', '', '{}', 10, x'')"
        )
    run = case.runs.start("E001", {}, {}, {}, "cpu", "float32", 10)
    assert case.runs.interrupted() == []
    case.close()
    with Case.open(folder, read_only=True) as reader:
        assert reader.runs.get(run.id).outcome is RunOutcome.RUNNING
    with Case.open(folder) as again:
        (found,) = again.runs.interrupted()
        assert (found.id, found.outcome) == (run.id, RunOutcome.INTERRUPTED)
        assert again.custody.entries()[-1].act == "analysis interrupted"
    with Case.open(folder) as once_more:
        assert [e.act for e in once_more.custody.entries()].count("analysis interrupted") == 1


def test_cache_can_be_lost(folder: Path, case: Case) -> None:
    case.cache.put("key", 0, b"old")
    case.cache.put("key", 0, b"new")
    case.cache.put("other", 5, b"x")
    assert case.cache.get("key", 0) == b"new"
    case.cache.drop("key")
    assert (case.cache.get("key", 0), case.cache.get("other", 5)) == (None, b"x")
    case.cache.close()
    (folder / "cache.sqlite").write_bytes(b"rubbish " * 1000)
    assert case.cache.get("other", 5) is None
    case.cache.put("key", 0, b"again")
    assert case.cache.get("key", 0) == b"again"


def test_odd_names_are_kept(tmp_path: Path) -> None:
    title = 'O\'Neil "x" 😀 שלום \udcff'
    with Case.create(tmp_path / "שלום 😀", number="1'", examiner="Ä", title=title) as case:
        assert case.facts.title == 'O\'Neil "x" 😀 שלום \\udcff'
        assert stat.S_ISDIR(case.exhibits_folder.stat().st_mode)
        assert case.custody.verify().intact


def test_a_full_disk_is_said_on_opening(
    folder: Path, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.close()

    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(CaseError, match="is full"):
        Case.open(folder)
    monkeypatch.undo()
    with Case.open(folder) as again:
        assert again.custody.verify().intact
