"""Cases that come from somebody else: nothing leads out of them, nothing in them runs."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from workstation.cases.agreement import disagreements
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.marks import Mark, MarkKind
from workstation.cases.records import (
    Exhibit,
    Finding,
    FindingRecord,
    FrameIndex,
    Hashes,
    RunOutcome,
)
from workstation.errors import CaseError

NESTED = "[" * 3000 + "]" * 3000


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case with an exhibit, a run, a finding and a mark, closed."""
    folder = tmp_path_factory.mktemp("template") / "case"
    with Case.create(folder, number="1", examiner="A. Examiner") as case:
        name = "exhibits/E001_clip.mp4"
        (case.folder / name).write_bytes(b"video")
        facts = {"width": 4, "streams": [{}], "warnings": []}
        hashes = Hashes("a" * 64, "b" * 32, "c" * 40)
        exhibit = Exhibit("E001", "clip.mp4", name, 5, hashes, "video", "now", facts, 3)
        index = FrameIndex(np.arange(3), np.ones(3, np.bool_), (1, 25), 25.0)
        case.exhibits.add(exhibit, index)
        run = case.runs.start("E001", {}, {}, {}, "cpu", "float32", 3)
        case.runs.conclude(run.id, [], [FindingRecord(None, Finding.INCONCLUSIVE, ("few",), {})])
        case.runs.finish(run.id, RunOutcome.COMPLETE)
        case.marks.put(None, Mark(MarkKind.MARKER, "E001", first=1, last=1, name="blink"))
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return shutil.copytree(template, tmp_path / "case")


@contextmanager
def past_the_program(folder: Path) -> Iterator[sqlite3.Connection]:
    """The database, to be changed by hand."""
    with closing(sqlite3.connect(folder / "case.sqlite")) as raw, raw:
        yield raw


def alter(folder: Path, statement: str, *values: object) -> None:
    """Change the database past the program, and leave its triggers as they were."""
    with past_the_program(folder) as raw:
        triggers = raw.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in triggers:
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute(statement, values)
        for _, sql in triggers:
            raw.execute(sql)


def read_everything(folder: Path) -> None:
    with Case.open(folder, read_only=True) as case:
        for exhibit in case.exhibits.all():
            case.exhibits.index(exhibit.number)
            for run in case.runs.of_exhibit(exhibit.number):
                case.runs.findings(run.id)
                case.runs.faces(run.id)
        case.marks.all()
        case.references.all()
        case.custody.verify()
        disagreements(case)


def test_what_is_sound_is_read(folder: Path) -> None:
    read_everything(folder)


def link(path: Path, target: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)


@pytest.mark.parametrize(
    "name",
    ["case.sqlite", "case.sqlite-wal", "cache.sqlite", "case.lock", "case.holder.json"],
)
def test_links_among_the_cases_own_files_are_refused(
    folder: Path, tmp_path: Path, name: str
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes((folder / "case.sqlite").read_bytes())
    before = victim.read_bytes()
    link(folder / name, victim)
    for read_only in (True, False):
        with pytest.raises(CaseError, match=f"“{name}” is a link"):
            Case.open(folder, read_only=read_only)
    assert victim.read_bytes() == before


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.symlink_to("/etc/passwd"),
        lambda path: path.symlink_to("/dev/zero"),
        os.mkfifo,
    ],
)
def test_an_exhibit_that_leads_elsewhere_is_refused(
    folder: Path, make: Callable[[Path], object]
) -> None:
    (folder / "exhibits" / "E001_clip.mp4").unlink()
    make(folder / "exhibits" / "E001_clip.mp4")
    with pytest.raises(CaseError, match="would lead out of the case"):
        Case.open(folder, read_only=True)


def test_the_exhibits_folder_may_be_no_link(folder: Path, tmp_path: Path) -> None:
    (folder / "exhibits").rename(tmp_path / "elsewhere")
    (folder / "exhibits").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CaseError, match="“exhibits” is a link"):
        Case.open(folder)


def test_a_waiting_folder_named_as_a_pattern_removes_nothing(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("mine", encoding="utf-8")
    for name in (".intake-*", ".intake-[E]001", ".intake-"):
        (folder / "exhibits" / name).mkdir()
    with Case.open(folder):
        pass
    assert (folder / "exhibits" / "E001_clip.mp4").read_bytes() == b"video"
    inside = folder / "exhibits" / ".intake-E002"
    inside.mkdir()
    (inside / "link").symlink_to(tmp_path / "mine" / "diary.txt")
    (tmp_path / "mine" / "diary.txt").chmod(0o644)
    with Case.open(folder):
        pass
    assert not inside.exists()
    assert (tmp_path / "mine" / "diary.txt").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "mine" / "diary.txt").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", ["case.sqlite-journal", "cache.sqlite-journal"])
def test_a_foreign_journal_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(504))
    with pytest.raises(CaseError, match="another program began"):
        Case.open(folder)


def test_a_database_of_an_unknown_make_is_refused(folder: Path) -> None:
    data = bytearray((folder / "case.sqlite").read_bytes())
    data[47] = 9  # the schema format number: "unsupported file format"
    (folder / "case.sqlite").write_bytes(data)
    for read_only in (True, False):
        with pytest.raises(CaseError, match="not a case database"):
            Case.open(folder, read_only=read_only)


def test_a_damaged_list_of_migrations_is_put_into_a_sentence(folder: Path) -> None:
    """The library that reads it has words of its own for that."""
    with past_the_program(folder) as raw:
        sql = "SELECT rootpage FROM sqlite_master WHERE name = '_sqlite_migrations'"
        ((page,),) = raw.execute(sql).fetchall()
        ((size,),) = raw.execute("PRAGMA page_size").fetchall()
    data = bytearray((folder / "case.sqlite").read_bytes())
    data[(page - 1) * size : page * size] = b"\xff" * size
    (folder / "case.sqlite").write_bytes(data)
    for read_only in (True, False):
        with pytest.raises(CaseError, match="damaged"):
            Case.open(folder, read_only=read_only)


def test_a_log_that_takes_no_entry_is_put_into_a_sentence(folder: Path) -> None:
    """Its last number is damaged: SQLite refuses what the program would add."""
    with Case.open(folder) as case:
        case._connection._raw.execute(
            "CREATE TEMP TRIGGER damaged BEFORE INSERT ON custody "
            "BEGIN SELECT RAISE(ABORT, 'the custody log only grows at its end'); END"
        )
        with pytest.raises(CaseError, match=r"custody log was altered .* from a backup"):
            case.custody.append(Act.LOG_VERIFIED)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE VIEW facts AS SELECT no_such_function()",
        "CREATE VIEW facts AS SELECT * FROM facts",
    ],
)
def test_a_database_that_only_looks_like_a_case_is_refused(folder: Path, statement: str) -> None:
    (folder / "case.sqlite").unlink()
    with past_the_program(folder) as raw:
        for table in ("custody", "exhibits", "runs"):
            raw.execute(f"CREATE TABLE {table} (x)")
        raw.execute(statement)
    with pytest.raises(CaseError, match="no case of this program"):
        Case.open(folder, read_only=True)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER more AFTER INSERT ON custody BEGIN DELETE FROM findings; END",
        "CREATE VIEW marks_of_all AS SELECT * FROM marks",
        "CREATE TABLE more (x)",
        "DROP TABLE marks",
        "ALTER TABLE runs ADD COLUMN more TEXT",
        "ALTER TABLE runs RENAME COLUMN device TO gadget",
    ],
)
def test_foreign_tables_and_triggers_are_refused(folder: Path, statement: str) -> None:
    with past_the_program(folder) as raw:
        raw.execute(statement)
    with pytest.raises(CaseError, match="case database was altered"):
        Case.open(folder)


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("UPDATE exhibits SET stored_name = ?", "exhibits/../../../etc/passwd"),
        ("UPDATE exhibits SET stored_name = ?", "/etc/passwd"),
        ("UPDATE exhibits SET stored_name = ?", "reports/x.pdf"),
        ("UPDATE exhibits SET stored_name = ?", "exhibits/.."),
        ("UPDATE exhibits SET facts = ?", "no JSON"),
        ("UPDATE exhibits SET facts = ?", NESTED),
        ("UPDATE exhibits SET facts = ?", "[]"),
        ("UPDATE exhibits SET facts = ?", '{"width": "wide"}'),
        ("UPDATE exhibits SET facts = ?", '{"streams": [1]}'),
        ("UPDATE frame_indexes SET pts = ?", bytes(23)),
        ("UPDATE frame_indexes SET pts = ?", bytes(24)),
        ("UPDATE frame_indexes SET pts = ?", bytes(8)),
        ("UPDATE frame_indexes SET key = ?", b""),
        ("UPDATE frame_indexes SET time_base_denominator = ?", 0),
        ("UPDATE frame_indexes SET average_rate = ?", float("inf")),
        ("UPDATE exhibits SET frames = ?", 2**62),
        ("UPDATE runs SET detector = ?", "7"),
        ("UPDATE runs SET settings = ?", "{"),
        ("UPDATE runs SET outcome = ?", "splendid"),
        ("UPDATE findings SET finding = ?", "certain"),
        ("UPDATE findings SET reasons = ?", "{}"),
        ("UPDATE findings SET statistics = ?", "null"),
        ("INSERT INTO faces VALUES (1, 0, 1, 0.5, 1, 1, 1, 1, ?, NULL, NULL)", b"short"),
        ("INSERT INTO faces VALUES (1, 0, 1, ?, 1, 1, 1, 1, zeroblob(40), 0, 1)", 7.5),
        ("INSERT INTO faces VALUES (1, 0, 1, 1, ?, 1, 1, 1, zeroblob(40), 0, 1)", 1e300),
        ("INSERT INTO faces VALUES (1, 0, 1, 1, 1, 1, 1, 1, zeroblob(40), ?, 1)", 2**61),
        ("INSERT INTO faces VALUES (1, 0, ?, 1, 1, 1, 1, 1, zeroblob(40), 0, 1)", 2**40),
        ("UPDATE marks SET kind = ?", "omen"),
        ("UPDATE marks SET tags = ?", NESTED),
        ("UPDATE marks SET people = ?", '[{"name": "x", "pieces": []}]'),
        ("UPDATE marks SET people = ?", '[{"name": "x", "pieces": [["1", 2, 3]]}]'),
        ("UPDATE exhibits SET original_name = CAST(? AS TEXT)", b"\xff\xfe"),
    ],
)
def test_values_never_written_are_said_to_be_altered(
    folder: Path, statement: str, value: object
) -> None:
    alter(folder, statement, value)
    with pytest.raises(CaseError, match=r"altered|damaged"):
        read_everything(folder)


@pytest.mark.parametrize("details", ["[]", "null", "7", NESTED, '{"run":', '"run"', "NaN"])
def test_entries_that_are_no_entries_are_shown_and_named(folder: Path, details: str) -> None:
    alter(folder, "UPDATE custody SET details = ? WHERE sequence = 1", details)
    with Case.open(folder, read_only=True) as case:
        assert case.custody.entries()[0].details == {"unreadable": details}
        assert case.custody.verify().problem == "Entry 1 of the custody log was altered."
        assert disagreements(case)


def test_a_name_in_the_schema_that_is_no_text_is_put_into_a_sentence(folder: Path) -> None:
    with past_the_program(folder) as raw:
        raw.execute("PRAGMA writable_schema=ON")
        raw.execute("UPDATE sqlite_master SET sql='CREATE TABLE', name=CAST(x'a1' AS TEXT) "
                    "WHERE name='marks'")  # fmt: skip
    for read_only in (True, False):
        with pytest.raises(CaseError, match="database"):
            Case.open(folder, read_only=read_only)


LARGE = '{"training": "' + "x" * 3_000_000 + '"}'
DEEP = '{"training": {"x": ' + "[" * 100 + "]" * 100 + "}}"


@pytest.mark.parametrize(
    "card",
    [
        LARGE,
        DEEP,
        '{"title": 7}',
        '{"weights": "none"}',
        '{"weights": {"sha256": ["a"]}}',
        '{"preprocessing": {"size": "large"}}',
        '{"preprocessing": {"margin": -1}}',
        '{"decision": {"low": "0.5"}}',
        '{"decision": {"low": true}}',
        '{"decision": {"high": 7}}',
        '{"decision": [0.4, 0.6]}',
        '{"sequence": {"length": "long"}}',
        '{"evaluation": "good"}',
        '{"evaluation": ["good"]}',
        '{"limits": [1]}',
        '{"not_covered": "all"}',
        '{"calibration": {}}',
        '{"calibration": 1}',
        '{"domain": {"ranges": {"pose": [1, 2, 3]}, "share": 0.9, "material": "x"}}',
        '{"domain": {"ranges": [], "share": 0.9, "material": "x"}}',
        '{"references": {"same_platform": {}}}',
        '{"training": {"seed": 1e999}}',
        '{"training": {"seed": NaN}}',
        '{"training": {"seed": 99999999999999999999}}',
    ],
)
def test_a_card_that_no_run_keeps_is_refused(folder: Path, card: str) -> None:
    alter(folder, "UPDATE runs SET detector = ?", card)
    with pytest.raises(CaseError, match="case records of the runs cannot be read"):
        read_everything(folder)


@pytest.mark.parametrize(
    "figures",
    [
        '{"mean": "high"}',
        '{"mean": 7}',
        '{"scored": -1}',
        '{"scored": [1]}',
        '{"log10_lr": 1e9}',
        '{"unlike": [1]}',
        DEEP,
    ],
)
def test_statistics_that_no_run_keeps_are_refused(folder: Path, figures: str) -> None:
    alter(folder, "UPDATE findings SET statistics = ?", figures)
    with pytest.raises(CaseError, match="case records of the findings cannot be read"):
        read_everything(folder)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO segments VALUES (1, 1, 0, 99, 0.5, 0.5, 1)",
        "INSERT INTO segments VALUES (1, 1, 0, 1, 0.5, 0.5, 99)",
        "INSERT INTO segments VALUES (1, 1, 2, 1, 0.5, 0.5, 1)",
        "INSERT INTO segments VALUES (1, 1, -5, 1, 0.5, 0.5, 1)",
        "INSERT INTO undecodable VALUES (1, 0, 3, 'x')",
        "INSERT INTO committed VALUES (1, 0, 9223372036854775807)",
        "INSERT INTO committed VALUES (1, -1, 2)",
        "INSERT INTO faces VALUES (1, 3, 1, 1, 1, 1, 1, 1, zeroblob(40), 0, 1)",
        "UPDATE runs SET frames = -1",
        "UPDATE runs SET frames = 4",
    ],
)
def test_frames_that_the_exhibit_does_not_have_are_refused(folder: Path, statement: str) -> None:
    alter(folder, statement)
    with pytest.raises(CaseError, match="case records of the runs cannot be read"):
        read_everything(folder)


MEMORY = """
import sqlite3, sys
from workstation.cases.case import Case
from workstation.errors import CaseError

sqlite3.connect(":memory:").execute("PRAGMA hard_heap_limit=50000")  # in all of this process
try:
    Case.open(sys.argv[1], read_only=True)
except CaseError as error:
    print(error)
"""


def test_a_database_that_asks_for_too_much_memory_is_put_into_a_sentence(folder: Path) -> None:
    """Some damaged schemas make SQLite ask for memory that nobody has; fuzzing found one."""
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(folder)], capture_output=True, text=True, check=False
    )
    assert "asks for more memory than there is" in done.stdout, done.stderr
