"""The log, and the problem report: what failed and where, and no name of anybody or anything."""

import ast
import logging
import os
import subprocess
import sys
from enum import StrEnum
from pathlib import Path

import pytest

from workstation.commands import logbook, problem_report
from workstation.commands.logbook import Known, nameless, program_place, what_was_raised
from workstation.errors import CaseError

ROOT = Path(__file__).parents[2]
TELLING = ("Zebulon", "Quackenbush", "Ypsilanti", "Vanderdecken", "Przemysl", "Oberammergau")

SCRIPT = """
import sys
from pathlib import Path
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.commands import logbook, main

assert logbook.begin("workstation") is not None
place = Path(sys.argv[1]) / "Przemysl"
main(["case", "create", str(place), "--number", "Quackenbush-7", "--title", "Ypsilanti",
      "--examiner", "Zebulon Vanderdecken", "--organisation", "Oberammergau"])
(place.parent / "Ypsilanti.mp4").write_text("no video of Zebulon")
main(["exhibit", "add", str(place), str(place.parent / "Ypsilanti.mp4")])
main(["exhibit", "add", str(place), str(place.parent / "Oberammergau.mp4")])
main(["case", "show", str(place.parent / "Vanderdecken")])
with Case.open(place) as case:
    case.custody.append(Act.ANALYSIS_FAILED, "E001", run=3, reason="Zebulon's disk failed.")
    try:
        with case.transaction():
            case.custody.append(Act.ANALYSIS_COMPLETE, "E009", run=9)
            raise KeyError("Zebulon")
    except KeyError:
        pass
{"Vanderdecken": 1}["Quackenbush"]
"""


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with the log of a process that met trouble with telling names, and its errors."""
    home = tmp_path_factory.mktemp("home")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path_factory.mktemp("work"))],
        env=os.environ | {"XDG_STATE_HOME": str(home)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    return home / logbook.APPLICATION / "log", done.stderr


@pytest.fixture
def report(troubled: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(logbook, "folder", lambda: troubled[0])
    return problem_report.compose({"theme": Known("dark")})


def test_no_name_looks_like_a_line_of_the_log(
    tmp_path: Path,
) -> None:
    name = "a\n2026-01-01 00:00:00.000 ERROR 1 workstation: forged\x1b[2J\u202eb"
    handler = logbook._Whole(tmp_path / "log")
    try:
        raise CaseError(f"“{name}” is gone.")
    except CaseError as error:
        said = sys.exc_info()
        record = logging.LogRecord(
            "workstation", logging.ERROR, "", 1, "failed: %s", (error,), said
        )
    handler.handle(record)
    handler.close()
    text = (tmp_path / "log").read_text(encoding="utf-8")
    assert "failed: “a\\u{a}2026-01-01 00:00:00.000 ERROR" in text
    assert "\n2026-01-01" not in text
    assert all(one.isprintable() or one == "\n" for one in text)


def test_no_telling_name_is_in_the_report(report: str) -> None:
    assert [name for name in TELLING if name.lower() in report.lower()] == []


def test_the_report_says_what_failed_and_where(report: str) -> None:
    failed = report.partition("What failed last")[2].partition("Versions")[0]
    assert "entered in a custody log: analysis failed E001 3" in failed
    assert "ERROR" in failed
    assert "KeyError at" in failed
    assert "failed after" in failed
    assert "CaseError at " in failed
    assert "workstation/cases/case.py:" in failed
    assert "entered in a custody log: exhibit refused" in failed
    for section in ("Versions", "Computer", "Settings", "Detectors", "Crashes", "theme: dark"):
        assert section in report


def test_programs_that_did_not_end_are_named() -> None:
    begins = "2026-01-02 10:00:00.000 INFO {} workstation.commands.logbook: window begins, Python "
    ends = "2026-01-02 11:00:00.000 INFO {} workstation.commands.logbook: window ends"
    stopped = (
        "2026-01-02 11:00:00.000 INFO {} workstation.commands.program: interrupted after 3.0 s"
    )
    lines = [begins.format(n) for n in (11, 12, 13, os.getpid())]
    lines += [ends.format(11), stopped.format(13), "no line of a log"]
    assert list(problem_report.without_end(lines)) == [
        "process 12, begun 2026-01-02 10:00:00.000, was ended, crashed, or is still running"
    ]


def test_a_crash_of_the_interpreter_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "from workstation.commands import logbook; logbook.begin('workstation');"
        "import ctypes; ctypes.string_at(0)"
    )
    environment = os.environ | {"XDG_STATE_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=False)
    assert done.returncode != 0
    monkeypatch.setattr(logbook, "folder", lambda: tmp_path / logbook.APPLICATION / "log")
    text = problem_report.compose()
    assert 'File "python/ctypes/__init__.py"' in text
    assert "was ended, crashed, or is still running" in text


def test_what_was_taken_back_is_not_said_to_be_recorded(report: str) -> None:
    assert "E009" not in report


def test_the_whole_log_explains_and_the_message_says_where_it_lies(
    troubled: tuple[Path, str],
) -> None:
    whole = (troubled[0] / logbook.WHOLE).read_text(encoding="utf-8")
    assert "Zebulon's disk failed." in whole
    assert "KeyError: 'Quackenbush'" in whole
    assert "The file is not there" in whole
    assert "fault of this program" in troubled[1]
    assert str(troubled[0]) in troubled[1]


def test_values_keep_numbers_and_closed_words_only() -> None:
    class Colour(StrEnum):
        RED = "red"

    given = [None, True, 7, 1.5, Colour.RED, Known("begins"), "E001", Path("/cases/x"), "x", b"x"]
    assert [nameless(one) for one in given] == [
        *("None", "True", "7", "1.5", "red", "begins", "E001"),
        *(logbook.PLACE, logbook.TEXT, logbook.TEXT),
    ]
    assert nameless({"run": 3, "reason": "x"}) == f"run 3, reason {logbook.TEXT}"
    assert nameless(["E001", "Anna"]) == f"E001, {logbook.TEXT}"


def test_an_error_is_told_by_kind_and_place() -> None:
    try:
        try:
            raise OSError(28, "No space left on device", "Anna.mp4")
        except OSError as error:
            raise CaseError("Anna's disk is full.") from error
    except CaseError as error:
        said = what_was_raised(error)
    assert "Anna" not in said
    assert said.startswith("CaseError at ")
    assert "from OSError (No space left on device) at" in said


def test_places_are_those_of_the_program() -> None:
    assert program_place(logbook.__file__) == "workstation/commands/logbook.py"
    assert program_place(os.__file__) == "python/os.py"
    assert program_place(pytest.__file__) == "pytest/__init__.py"
    assert program_place("<string>") == "<string>"
    assert program_place(str(ROOT / "Anna" / "x.py")) == logbook.PLACE


def test_two_programs_share_the_log_when_its_page_is_turned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logbook, "LARGEST_BYTES", 2000)
    two = [logbook._Whole(tmp_path / "x.log") for _ in range(2)]
    for number in range(60):
        record = logging.makeLogRecord(
            {"name": "ui", "levelno": logging.INFO, "msg": "line %d", "args": (number,)}
        )
        two[number % 2].handle(record)
    for handler in two:
        handler.close()
    kept = "".join(path.read_text(encoding="utf-8") for path in tmp_path.iterdir())
    assert [n for n in range(60) if f"line {n}\n" not in kept] == []


def test_a_log_that_cannot_be_written_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(logbook, "folder", lambda: tmp_path / "file" / "log")
    hook = sys.excepthook
    assert logbook.begin("workstation") is None
    assert sys.excepthook is hook


def test_the_command_writes_the_report(call, answer, tmp_path: Path) -> None:
    path = tmp_path / "problem.txt"
    assert answer("problem-report", "--out", path)["output"] == str(path)
    assert "Problem report" in path.read_text(encoding="utf-8")
    status, _, err = call("problem-report", "--out", path)
    assert (status, "exists already" in err) == (1, True)
    assert call("problem-report", "--out", path, "--overwrite")[0] == 0


@pytest.mark.parametrize("top", logbook.OURS)
def test_every_log_call_begins_with_a_literal(top: str) -> None:
    """Else a name could stand in what counts as the program's own words."""
    levels = {"debug", "info", "warning", "error", "exception", "critical"}
    wrong = []
    for path in (ROOT / top).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            owner = ast.unparse(node.func.value)
            if owner in ("_log", "log", "logger", "logging") and node.func.attr in levels:
                first = node.args[0]
                if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
                    wrong.append(f"{path.name}:{node.lineno}")
    assert wrong == []
