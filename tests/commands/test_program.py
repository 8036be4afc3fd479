"""The command line as a whole: statuses, sentences, JSON, a light start."""

import io
import json
import os
import subprocess
import sys

import pytest

from workstation import __version__
from workstation.cases.case import Case
from workstation.commands import groups
from workstation.commands.answers import Answer, complain, give, table, to_json
from workstation.commands.progress import Bars
from workstation.errors import WorkstationError

HEAVY = ("torch", "cv2", "reportlab", "pyhanko", "PySide6", "pyqtgraph", "av")


def test_version(call):
    assert call("--version") == (0, f"workstation {__version__}\n", "")


@pytest.mark.parametrize("words", [[], ["case"], ["nonsense"], ["scores", "DIR"]])
def test_wrong_usage_is_status_2(call, words):
    status, out, err = call(*words)
    assert (status, out) == (2, "")
    assert "usage: workstation" in err


def test_a_failure_is_one_sentence(call, tmp_path):
    status, out, err = call("case", "show", tmp_path)
    assert (status, out) == (1, "")
    assert err.startswith("workstation: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_a_failure_in_json(call, tmp_path):
    status, out, err = call("case", "show", tmp_path, "--json")
    assert (status, out) == (1, "")
    assert "is not a case" in json.loads(err)["error"]


def test_every_command_has_help(call):
    for words in (["-h"], ["case", "create", "-h"], ["analyse", "-h"], ["demo", "-h"]):
        status, out, _ = call(*words)
        assert status == 0
        assert out.startswith("usage: workstation")


@pytest.mark.parametrize("words", [["--version"], ["-h"], ["case", "show", "nowhere"]])
def test_light_commands_start_without_heavy_libraries(words):
    script = (
        "import sys; from workstation.commands import main; main(sys.argv[1:]);"
        f"print('heavy:', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "heavy: []"


def test_python_m_workstation():
    done = subprocess.run(
        [sys.executable, "-m", "workstation", "--version"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, f"workstation {__version__}\n")


def test_a_bug_is_not_dressed_up_as_a_sentence(call, tmp_path, monkeypatch):
    def broken(*_arguments, **_options):
        raise RuntimeError("a bug")

    monkeypatch.setattr("workstation.cases.case.Case.open", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        call("case", "show", tmp_path)


def test_keyboard_interrupt_is_130(call, tmp_path, monkeypatch):
    def interrupted(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("workstation.cases.case.Case.open", interrupted)
    assert call("case", "show", tmp_path) == (130, "", "workstation: Interrupted.\n")


def test_answers_come_in_one_of_two_forms(capsys):
    answer = Answer({"a": "é 🎥"}, ["one", "two"], 1)
    assert give(answer, as_json=True) == 1
    assert json.loads(capsys.readouterr().out) == {"a": "é 🎥"}
    assert give(answer, as_json=False) == 1
    assert capsys.readouterr().out == "one\ntwo\n"


def test_no_word_from_outside_begins_a_line_or_steers(capsys):
    name = "a\nVALID: b\x1b[2J\x9b1m\u202ec\x7f"
    give(Answer({"name": name}, [f"Signed by {name}", "last"]), as_json=False)
    out = capsys.readouterr().out
    assert out.count("\n") == 2
    assert out.startswith("Signed by a\\u{a}VALID")
    assert all(one.isprintable() or one == "\n" for one in out)
    for put in (
        lambda: give(Answer({"name": name}, []), as_json=True),
        lambda: complain(name, True),
    ):
        put()
        said = capsys.readouterr()
        text = said.out + said.err
        assert all(one.isprintable() or one == "\n" for one in text)
        assert name in json.loads(text).values()


def test_a_case_does_not_steer_by_what_a_bar_is_called(monkeypatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", terminal)
    with Bars("B") as bars:
        bars.show("E001\x1b[2J\u202e", 1, 2)
    assert "E001\\u{1b}[2J\\u{202e}" in terminal.getvalue()
    assert "\x1b[2J" not in terminal.getvalue()


def test_json_refuses_what_json_cannot_carry():
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json({"score": float("nan")})


def test_numbers_stand_to_the_right():
    assert table(("A", "N"), [("x", 5), ("yy", 123)]) == ["A     N", "x     5", "yy  123"]
    assert table(("A", "N"), []) == ["A  N"]


@pytest.mark.parametrize(
    "words",
    [
        ["case", "show", "LONG"],
        ["case", "create", "LONG", "--number", "1", "--examiner", "A. Examiner"],
        ["exhibit", "list", "LONG"],
        ["analyse", "LONG"],
        ["references", "evaluate", "--scores", "LONG"],
        ["references", "evaluate", "--scores", "FOLDER"],
    ],
)
def test_a_name_that_cannot_be_used_gives_one_sentence(call, tmp_path, words):
    named = {"LONG": "x" * 300, "FOLDER": tmp_path}
    status, out, err = call(*(named.get(word, word) for word in words))
    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    assert "cannot be read (" in err


def test_trouble_with_a_file_that_nobody_expected_names_the_file(
    call, tmp_path, monkeypatch, caplog
):
    def fail(*_, **__):
        raise OSError(5, "Input/output error", str(tmp_path / "drive"))

    monkeypatch.setattr(Case, "open", fail)
    status, _, err = call("case", "show", tmp_path)
    assert status == 1
    assert "drive cannot be used (Input/output error). Check the path" in err
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("step", ["write", "replace"])
def test_a_file_is_written_whole_or_stays_as_it_was(tmp_path, monkeypatch, step):
    path, linked, link = (tmp_path / name for name in ("old.json", "linked", "link"))
    path.write_text("old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    if step == "write":
        monkeypatch.setattr(groups.Path, "open", fail)
    else:
        monkeypatch.setattr(groups.Path, "replace", fail)
    with pytest.raises(WorkstationError, match=r"The answer could not.*No space left"):
        groups.write_file(path, b"new", "The answer")
    monkeypatch.undo()
    assert path.read_text() == "old"
    link.symlink_to(linked)
    for place in (path, link):
        groups.write_file(place, b"new", "The answer")
    assert link.is_symlink()
    assert (path.read_text(), linked.read_text()) == ("new", "new")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["link", "linked", "old.json"]
    for place in (tmp_path, type(path)(""), path / "below"):
        with pytest.raises(WorkstationError, match="The answer could not be written"):
            groups.write_file(place, b"new", "The answer")


CLOSED = """
import os, sys
from pathlib import Path
from workstation.commands import program
from workstation.commands.answers import Answer
from workstation.commands import case

def act(arguments):
    file = Path(sys.argv[-1]).open("xb")
    print("printed", file=sys.stderr)
    os.write(2, b"printed by a library")
    sys.stderr.isatty()
    file.write(b"evidence")
    file.close()
    return Answer({}, ["done"])

case.show = act
sys.argv[1:-1] = ["case", "show"]
program()
"""


@pytest.mark.skipif(os.name != "posix", reason="closes streams by a shell")
@pytest.mark.parametrize("closed", ["2>&-", "0<&- 2>&-", "0<&- 1>&- 2>&-"])
def test_a_closed_standard_stream_gives_its_number_to_no_file(tmp_path, closed):
    path = tmp_path / "copy"
    words = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-c", CLOSED, str(path)]
    environment = os.environ | {"XDG_STATE_HOME": str(tmp_path)}
    done = subprocess.run(words, capture_output=True, env=environment, check=False)
    assert path.read_bytes() == b"evidence"
    assert done.returncode == 0
    assert done.stdout == (b"" if "1>" in closed else b"done\n")
