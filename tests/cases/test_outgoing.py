"""Nothing stands under its name that the log does not know; what the log knows is to be found."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.outgoing import outgoing, place_of, unnamed
from workstation.errors import CaseError, WorkstationError
from workstation.evidence.verification import verify_case

ROOT = Path(__file__).parents[2]
OLD, NEW = "old", "new"
KILLED = """
import os, signal, sys
from pathlib import Path
from tests.cases.test_outgoing import export
from workstation.cases.case import Case

folder, target, when = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
with Case.open(folder) as case:
    die = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
    if when == "before the entry":
        case.custody.append = die
    else:
        Path.replace = die
    export(case, target)
"""


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with Case.create(tmp_path / "case", number="1", examiner="A. Examiner") as case:
        yield case


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "out" / "scores.csv"
    path.parent.mkdir()
    path.write_text(OLD)
    return path


def export(case: Case, *targets: Path, content: str = NEW) -> None:
    with outgoing(case) as out:
        written = [out.write(one, content.encode(), "The file", overwrite=True) for one in targets]
        named = zip(("sha256", "sidecar_sha256"), written, strict=False)
        digests = {name: one.sha256 for name, one in named}
        out.enter(
            lambda: case.custody.append(
                Act.FRAME_EXPORTED if len(targets) > 1 else Act.SCORES_EXPORTED,
                "E001",
                output=place_of(targets[0]),
                written_as=out.written_as,
                **digests,
            )
        )


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def acts(case: Case) -> list[str]:
    return [entry.act for entry in case.custody.entries()]


def killed_export(folder: Path, target: Path, when: str) -> Path:
    """What an export that is killed leaves beside its place."""
    words = [sys.executable, "-c", KILLED, str(folder), str(target), when]
    assert subprocess.run(words, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    (part,) = [path for path in target.parent.iterdir() if path != target]
    assert part.name.startswith(".export-")
    assert ".part" in part.name
    return part


def test_the_entry_comes_before_the_name(
    case: Case, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    genuine = case.custody.append

    def append(*facts: object, **details: object) -> object:
        seen.append(target.read_text())
        return genuine(*facts, **details)

    monkeypatch.setattr(case.custody, "append", append)
    export(case, target)
    assert seen == [OLD]
    assert target.read_text() == NEW
    assert names_in(target.parent) == [target.name]
    assert unnamed(case) == ()


def test_without_an_entry_nothing_changes(
    case: Case, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise CaseError("The disk is full.")

    monkeypatch.setattr(case.custody, "append", refuse)
    with pytest.raises(CaseError):
        export(case, target)
    assert target.read_text() == OLD
    assert names_in(target.parent) == [target.name]


@pytest.mark.parametrize("logged", [True, False])
def test_a_name_that_cannot_be_given_is_in_the_log(
    case: Case, target: Path, monkeypatch: pytest.MonkeyPatch, logged: bool
) -> None:
    beside = Path(f"{target}.json")
    genuine, append = Path.replace, case.custody.append

    def replace(part: Path, place: Path) -> Path:
        if place == beside:
            if not logged:
                monkeypatch.setattr(case.custody, "append", refuse)
            raise OSError(13, "Permission denied")
        return genuine(part, place)

    def refuse(*_: object, **__: object) -> None:
        raise CaseError("The disk is full.")

    monkeypatch.setattr(Path, "replace", replace)
    said = "The custody log says so" if logged else r"lies beside its place as \.export.*entry 2"
    with pytest.raises(WorkstationError, match=f"Permission denied.*{said}"):
        export(case, target, beside)
    monkeypatch.setattr(case.custody, "append", append)
    last = case.custody.entries()[-1]
    if logged:
        assert (last.act, last.details["entry"]) == (Act.EXPORT_FAILED, last.sequence - 1)
        assert last.details["missing"] == [str(beside)]
        assert names_in(target.parent) == [target.name]
    else:
        assert last.act == Act.FRAME_EXPORTED
        (said,) = unnamed(case)
        assert "scores.csv.json" in said


def test_what_is_put_in_the_place_meanwhile_is_left(case: Case, tmp_path: Path) -> None:
    target = tmp_path / "mine.csv"

    def late() -> None:
        with outgoing(case) as out, out.writing(target, "The file") as part:
            part.write_text(NEW)
            target.write_text("mine")

    with pytest.raises(WorkstationError, match="exists already"):
        late()
    assert target.read_text() == "mine"
    assert names_in(tmp_path) == ["case", "mine.csv"]


def test_two_exports_to_one_place_do_not_write_into_each_other(case: Case, target: Path) -> None:
    with outgoing(case) as out, out.writing(target, "The file", overwrite=True) as part:
        part.write_text(NEW)
        export(case, target, content="other")
        assert part.read_text() == NEW


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_an_export_killed_before_its_entry_looks_unfinished(case: Case, target: Path) -> None:
    case.close()
    part = killed_export(case.folder, target, "before the entry")
    assert target.read_text() == OLD
    with Case.open(case.folder) as again:
        assert acts(again)[-1] == Act.CASE_CREATED
        assert verify_case(again).chain.remarks == ()
        export(again, target.with_name("another.csv"))
    assert not part.exists()


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_an_export_killed_before_its_name_is_found_by_its_digest(case: Case, target: Path) -> None:
    case.close()
    part = killed_export(case.folder, target, "before the name")
    assert target.read_text() == OLD
    with Case.open(case.folder) as again:
        assert acts(again)[-1] == Act.SCORES_EXPORTED
        (said,) = verify_case(again).chain.remarks
        assert part.name in said
        assert f"Give it the name {target.name}" in said
        export(again, target.with_name("another.csv"), content="another")
        assert part.exists()  # the log knows it
        export(again, target)
        assert names_in(target.parent) == ["another.csv", target.name]
        assert verify_case(again).chain.remarks == ()


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.parametrize("when", ["before the entry", "before the name"])
def test_opening_a_case_clears_its_reports_of_what_the_log_does_not_know(
    case: Case, when: str
) -> None:
    case.close()
    part = killed_export(case.folder, case.reports_folder / "scores.csv", when)
    Case.open(case.folder, read_only=True).close()
    assert part.exists()
    Case.open(case.folder).close()
    assert part.exists() == (when == "before the name")


def test_what_a_log_names_is_looked_at_and_no_more(case: Case, tmp_path: Path) -> None:
    """The log of a case from elsewhere may name any place, and what lies there may be anything."""
    out = tmp_path / "out"
    out.mkdir()
    os.mkfifo(out / ".export-0.part")
    (out / ".export-1.part").symlink_to("/dev/zero")
    (out / ".export-3.part").mkdir()
    (out / ".export-4.part").mkdir()
    os.mkfifo(out / ".export-4.part" / "frames.json")
    (out / "secret").write_text("theirs")
    for place in (f"{out}/a", "a\0b", "x" * 5000, "/proc/self/fd/a", 3, "**/*", "", "/", "."):
        for names in (
            *([f".export-{n}.part"] for n in range(5)),
            ["secret"],
            ["../out/secret"],
            [".export-\0.part"],
            [[]],
            "x",
            {},
        ):
            details = {"output": place, "sha256": "0" * 64, "written_as": names}
            case.custody.append(Act.SCORES_EXPORTED, "E001", **details)
    assert unnamed(case) == ()
    assert len(names_in(out)) == 5


def test_what_lies_there_and_is_not_what_was_entered_is_said(case: Case, target: Path) -> None:
    (target.parent / ".export-0-1.part").write_text("theirs")
    case.custody.append(
        Act.SCORES_EXPORTED,
        "E001",
        output=str(target),
        sha256="0" * 64,
        written_as=[".export-0-1.part"],
    )
    heard = []
    (said,) = unnamed(case, lambda *told: heard.append(told))
    assert "with another SHA-256 than the entry. Remove it" in said
    assert heard == [(".export-0-1.part", 6, 6)]


def test_opening_a_case_hashes_nothing_that_was_left(case: Case) -> None:
    """A large file without content takes no room, and minutes to read."""
    case.close()
    part = case.reports_folder / ".export-0-1.part"
    with part.open("wb") as file:
        file.truncate(2**36)
    Case.open(case.folder).close()
    assert not part.exists()
