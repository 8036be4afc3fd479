"""The house rules that no other tool holds: sizes, words, colours, places, kept promises."""

import argparse
import ast
import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import workstation
from workstation.commands.program import build_parser

ROOT = Path(__file__).parent.parent
SOURCES = ("workstation", "models", "ui", "resources", "packaging")
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_WINDOW = 400, 40, 350


def tracked() -> list[Path]:
    """Files that git knows or would add; all files where there is no git."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout.split(b"\0")
        found = [ROOT / os.fsdecode(name) for name in listed if name]
    except (OSError, subprocess.CalledProcessError):
        found = [path for top in (*SOURCES, "tests", "docs") for path in (ROOT / top).rglob("*")]
    return sorted(path for path in found if path.is_file())


FILES = tracked()
PYTHON = [path for path in FILES if path.suffix == ".py"]
CODE = [path for path in PYTHON if path.relative_to(ROOT).parts[0] in SOURCES]
TEXT_SUFFIXES = {".py", ".md", ".toml", ".txt", ".sh", ".json", ".qss", ".svg", ""}
TEXTS = [path for path in FILES if path.suffix in TEXT_SUFFIXES and path.name != "LICENSE"]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def trees(paths: list[Path]) -> Iterator[tuple[Path, ast.Module]]:
    for path in paths:
        yield path, ast.parse(path.read_text(encoding="utf-8"), str(path))


def docstrings(tree: ast.Module) -> set[int]:
    """Identities of the constant nodes that are docstrings."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, owners) and node.body and isinstance(node.body[0], ast.Expr)
    }


def strings(paths: list[Path]) -> Iterator[tuple[Path, int, str]]:
    """Every string that the program may show: literals, without docstrings."""
    for path, tree in trees(paths):
        documentation = docstrings(tree)
        for node in ast.walk(tree):
            shown = isinstance(node, ast.Constant) and id(node) not in documentation
            if shown and isinstance(node.value, str):
                yield path, node.lineno, node.value


def test_there_is_something_to_look_at() -> None:
    assert len(CODE) > 30
    assert ROOT / "workstation" / "errors.py" in CODE


def test_files_are_short() -> None:
    long = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in PYTHON}
    assert {file: lines for file, lines in long.items() if lines > LONGEST_FILE} == {}
    window = ROOT / "ui" / "main_window.py"
    if window.exists():
        assert long[name(window)] <= LONGEST_WINDOW


def test_functions_are_short() -> None:
    long = [
        f"{name(path)}:{node.lineno} {node.name}: {body_lines(node)} lines"
        for path, tree in trees(CODE)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and body_lines(node) > LONGEST_FUNCTION
    ]
    assert long == []


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first statement after the docstring to the end."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    last = node.end_lineno or node.lineno
    return last - body[0].lineno + 1 if body else 0


def test_colours_live_in_the_themes() -> None:
    homes = ("ui/theme.py", "ui/style.py", "resources/themes/", "workstation/report/style.py")
    literal = re.compile(r"#[0-9a-fA-F]{6}(?:[0-9a-fA-F]{2})?\b|#[0-9a-fA-F]{3}\b")
    stray = [
        f"{name(path)}:{line} {text!r}"
        for path, line, text in strings(CODE)
        if literal.search(text) and not name(path).startswith(homes)
    ]
    assert stray == []


def test_sql_lives_in_cases() -> None:
    statement = re.compile(
        r"^\s*(SELECT\s.+\sFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s"
        r"|CREATE\s+(TABLE|INDEX|TRIGGER|VIEW)\s|PRAGMA\s)",
        re.DOTALL,
    )
    stray = [
        f"{name(path)}:{line}"
        for path, line, text in strings(CODE)
        if statement.search(text) and not name(path).startswith("workstation/cases/")
    ]
    assert stray == []


def test_nothing_is_left_for_later() -> None:
    mark = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|NotImplemented" + r"Error\()")
    left = [
        f"{name(path)}:{number}"
        for path in TEXTS
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if mark.search(line)
    ]
    assert left == []


SHOWN = [path for path in CODE if path.relative_to(ROOT).parts[0] in ("workstation", "ui")]
NEGATED = re.compile(r"\b(not|no|never|nor|neither|none|without)\b", re.IGNORECASE)


def test_scores_are_never_called_what_they_are_not() -> None:
    """What SWGDE and DESIGN.md forbid, except where the text says that something is not that."""
    word = re.compile(r"\b(probabilit(y|ies)|confidence|confident|certainty|verdict)\b", re.I)
    wrong = [
        f"{name(path)}:{line} {text!r}"
        for path, line, text in strings(SHOWN)
        if " " in text and word.search(text) and not NEGATED.search(text)
    ]
    assert wrong == []


def test_findings_are_never_labels() -> None:
    word = re.compile(r"\b(FAKE|REAL|GENUINE)\b|\b(is|are) (fake|genuine|a deepfake)\b")
    wrong = [
        f"{name(path)}:{line} {text!r}"
        for path, line, text in strings(SHOWN)
        if word.search(text) and path.name != "schema.py"  # REAL is a type of SQL
    ]
    assert wrong == []


def test_no_pickles() -> None:
    wrong = []
    for path, tree in trees(CODE):
        for node in ast.walk(tree):
            names = [alias.name for alias in getattr(node, "names", ()) if hasattr(alias, "name")]
            if isinstance(node, ast.Import | ast.ImportFrom) and "pickle" in names:
                wrong.append(f"{name(path)}:{node.lineno} imports pickle")
            loads = isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load"
            if loads and "weights_only=True" not in ast.unparse(node):
                wrong.append(f"{name(path)}:{node.lineno} torch.load without weights_only=True")
    assert wrong == []


def test_requirements_carry_no_addresses() -> None:
    lock = (ROOT / "packaging" / "requirements.txt").read_text(encoding="utf-8")
    lines = [line.split("#")[0].strip() for line in lock.splitlines()]
    for line in filter(None, lines):
        requirement = Requirement(line)
        assert requirement.url is None
        assert str(requirement.specifier).startswith("=="), line
    assert "://" not in lock


def test_requirements_lie_in_the_ranges() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = (ROOT / "packaging" / "requirements.txt").read_text(encoding="utf-8")
    pinned = {}
    for line in lock.splitlines():
        if "==" in line and not line.lstrip().startswith("#"):
            requirement = Requirement(line.split("#")[0].strip())
            pinned[requirement.name.lower()] = str(requirement.specifier).removeprefix("==")
    asked = project["dependencies"] + project["optional-dependencies"]["dev"]
    for text in asked:
        requirement = Requirement(text)
        version = pinned.get(requirement.name.lower())
        assert version is not None, f"{text} is not pinned: run packaging/lock.sh"
        assert Version(version) in requirement.specifier, f"{text} against {version}"


def test_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["setuptools"]["dynamic"]["version"]["attr"] == "workstation.__version__"
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", changes, re.MULTILINE)
    assert released[0] == workstation.__version__


def shell_lines(document: Path) -> list[str]:
    """The lines of a document's code blocks that start with a command of ours."""
    blocks = re.findall(r"```sh\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


@pytest.mark.parametrize(
    "line",
    [
        line.removeprefix("./run ")
        for line in shell_lines(ROOT / "README.md")
        if line.removeprefix("./run ").startswith("workstation ")
    ],
)
def test_commands_in_the_readme_exist(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(line)[1:]
    if "-h" in words:
        with pytest.raises(SystemExit, match="0"):
            build_parser().parse_args(words)
    else:
        assert build_parser().parse_args(words).act is not None


def test_every_command_is_documented() -> None:
    pages = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    assert [
        words for words in commands(build_parser()) if f"workstation {words}" not in pages
    ] == []


def commands(parser: argparse.ArgumentParser, before: str = "") -> Iterator[str]:
    """Every command in words, such as "case create"."""
    groups = [
        action for action in parser._actions if isinstance(action, argparse._SubParsersAction)
    ]
    if not groups:
        yield before.strip()
    for group in groups:
        for word, inner in group.choices.items():
            yield from commands(inner, f"{before} {word}")


def test_words_of_run_exist() -> None:
    script = (ROOT / "run").read_text(encoding="utf-8")
    for document in ("README.md", "CONTRIBUTING.md"):
        for line in shell_lines(ROOT / document):
            if line.startswith("./run "):
                word = line.split()[1]
                assert re.search(rf"^{word}\)|\b{word}\b", script, re.MULTILINE), line


def test_links_in_documents_lead_somewhere() -> None:
    broken = []
    for path in FILES:
        if path.suffix == ".md":
            for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8")):
                if "://" not in target and not (path.parent / target).exists():
                    broken.append(f"{name(path)}: {target}")
    assert broken == []


def test_nothing_names_a_place_on_somebodys_computer() -> None:
    place = re.compile(r"(?<![\w.])/(home|Users|work|root|mnt)/\w")
    stray = [
        f"{name(path)}:{number} {line.strip()}"
        for path in TEXTS
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if place.search(line)
    ]
    assert stray == []


def test_no_large_files_but_the_shipped_ones() -> None:
    large = [name(path) for path in FILES if path.stat().st_size > 2_000_000]
    assert [file for file in large if not file.startswith("resources/")] == []


def test_the_demonstration_clip_is_small_and_labelled() -> None:
    folder = ROOT / "resources" / "demonstration"
    assert (folder / "demonstration.mp4").stat().st_size < 1_500_000
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "NASA" in card
    assert "public domain" in card
    assert "Seconds 4 to 8 (frames 100 to 199)" in card
