"""What this account keeps beside all cases, and what it is good for."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from workstation.cases import own_place
from workstation.cases.case import Case
from workstation.cases.custody import Act


@pytest.fixture(autouse=True)
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return be(tmp_path / "account", monkeypatch)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "case"


@pytest.fixture
def case(folder: Path, account: Path) -> Iterator[Case]:
    with Case.create(folder, number="1", examiner="A. Examiner") as case:
        yield case


def be(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Become somebody else."""
    monkeypatch.setattr(own_place, "user_data_path", lambda *_, **__: home)
    return home


def alter_cache(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "cache.sqlite")) as raw, raw:
        for statement in statements:
            raw.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE blobs SET blob = CAST('forged' AS BLOB)",
        "UPDATE blobs SET chunk_first = chunk_first + 1",
        "UPDATE blobs SET key = 'another'",
        "UPDATE blobs SET code = zeroblob(32)",
        "UPDATE blobs SET code = x''",
    ],
)
def test_a_cache_that_was_changed_counts_for_nothing(
    folder: Path, case: Case, statement: str
) -> None:
    case.cache.put("key", 5, b"kept")
    assert case.cache.get("key", 5) == b"kept"
    assert case.cache.of_key("key") == [(5, b"kept")]
    case.cache.close()
    alter_cache(folder, statement)
    for key in ("key", "another"):
        assert case.cache.of_key(key) == []
        assert [case.cache.get(key, first) for first in (5, 6)] == [None, None]
    case.cache.put("key", 5, b"anew")
    assert case.cache.get("key", 5) == b"anew"


def test_a_cache_from_elsewhere_counts_for_nothing(
    folder: Path, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.cache.put("key", 0, b"kept")
    case.close()
    mine = own_place._folder()
    be(tmp_path / "another", monkeypatch)
    with Case.open(folder) as theirs:
        assert theirs.cache.get("key", 0) is None
    be(mine, monkeypatch)
    with Case.open(folder) as again:
        assert again.cache.get("key", 0) == b"kept"


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TRIGGER t AFTER INSERT ON blobs BEGIN DELETE FROM blobs; END"],
        ["ALTER TABLE blobs RENAME TO others", "CREATE VIEW blobs AS SELECT * FROM others"],
        ["DROP TABLE blobs", "CREATE TABLE blobs (key, chunk_first, blob, code)"],
        ["DROP TABLE blobs", "CREATE TABLE blobs (key TEXT, chunk_first INTEGER, blob BLOB)"],
    ],
)
def test_a_cache_of_another_make_is_begun_anew(
    folder: Path, case: Case, statements: list[str]
) -> None:
    case.cache.put("key", 0, b"kept")
    case.cache.close()
    alter_cache(folder, *statements)
    assert case.cache.get("key", 0) is None
    case.cache.put("key", 0, b"new")
    assert case.cache.get("key", 0) == b"new"


def test_the_key_is_the_owners_alone(account: Path) -> None:
    key = own_place.cache_key()
    path = account / "cache.key"
    assert path.read_bytes() == key == own_place.cache_key()
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0
    own_place._key.cache_clear()
    assert own_place.cache_key() == key
    for damaged in (b"", b"short", bytes(100)):
        path.write_bytes(damaged)
        own_place._key.cache_clear()
        assert len(own_place.cache_key()) == 32
        assert path.read_bytes() == own_place.cache_key()


def test_without_a_place_the_key_lasts_as_long_as_the_program(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").write_text("no folder")
    be(tmp_path / "taken", monkeypatch)
    case.cache.put("key", 0, b"kept")
    assert case.cache.get("key", 0) == b"kept"
    assert (tmp_path / "taken").read_text() == "no folder"


def remarks(folder: Path) -> tuple[str, ...]:
    with Case.open(folder, read_only=True) as case:
        check = case.custody.verify()
    assert check.intact
    return check.remarks


def test_a_log_that_grew_is_not_remarked(folder: Path, case: Case) -> None:
    for _ in range(3):
        case.close()
        assert remarks(folder) == ()
        case = Case.open(folder)
        case.custody.append(Act.LOG_VERIFIED)
    case.close()
    with Case.open(folder) as again:
        assert again.custody.verify().entries == 4


def test_an_older_copy_is_remarked_and_the_remark_enters_the_log(
    folder: Path, case: Case, tmp_path: Path
) -> None:
    case.close()
    shutil.copytree(folder, tmp_path / "older")
    with Case.open(folder) as going_on:
        going_on.custody.append(Act.LOG_VERIFIED)
    (remark,) = remarks(tmp_path / "older")
    assert "ended with entry 2" in remark
    assert "older or another copy" in remark
    with Case.open(tmp_path / "older") as older:
        assert older.custody.entries()[-1].act == Act.LOG_VERIFIED
        assert older.custody.entries()[-1].details["remarks"] == [remark]
    assert remarks(tmp_path / "older") == ()
    (remark,) = remarks(folder)
    assert "entry 2" in remark


def test_entries_cut_off_the_end_are_remarked(folder: Path, case: Case) -> None:
    case.custody.append(Act.EXHIBIT_VERIFIED, "E001", outcome="altered")
    case.close()
    with closing(sqlite3.connect(folder / "case.sqlite")) as raw, raw:
        raw.execute("DROP TRIGGER custody_no_delete")
        raw.execute("DELETE FROM custody WHERE sequence = 2")
    (remark,) = remarks(folder)
    assert "removed or rewritten" in remark


@pytest.mark.parametrize("note", ["", "1", "x" * 10**6, f"1 {'g' * 64}", f"{10**20} {'0' * 64}"])
def test_a_damaged_note_says_nothing(folder: Path, case: Case, note: str, account: Path) -> None:
    case.close()
    (path,) = (account / "logs-seen").iterdir()
    path.write_text(note)
    assert remarks(folder) == ()
    Case.open(folder).close()
    assert path.read_text().startswith("1 ")


def test_a_note_has_no_name_that_a_case_could_choose(account: Path) -> None:
    own_place.remember_log("../../elsewhere", 1, "0" * 64)
    (path,) = (account / "logs-seen").iterdir()
    assert len(path.name) == 64
    assert own_place.seen_log("../../elsewhere") == own_place.SeenLog(1, "0" * 64)
