import errno
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.evidence.refusals import assert_refused, kept
from tests.videos import (
    make_video,
)
from workstation.cases.case import Case
from workstation.cases.custody import CustodyLog
from workstation.errors import CaseError, ExhibitError
from workstation.evidence import copying, intake
from workstation.evidence.intake import (
    IntakeCancelled,
    IntakeProgress,
    add_exhibit,
)


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with Case.create(tmp_path / "case", number="1", examiner="A. Examiner") as case:
        yield case


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("clip") / "clip.mp4", frames=30, audio=True)


class Failing:
    """A file whose writing or reading fails after some blocks."""

    def __init__(self, file: Any, method: str, error: OSError) -> None:
        self._file, self._method, self._error = file, method, error
        self._calls = 0

    def __enter__(self) -> "Failing":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        if name == self._method:
            self._calls += 1
            if self._calls > 2:
                raise self._error
        return getattr(self._file, name)


@pytest.mark.parametrize(
    ("mode", "method", "code", "match"),
    [
        ("xb", "write", errno.ENOSPC, "disk that holds the case is full"),
        ("xb", "write", errno.EIO, "could not be written"),
        ("rb", "read", errno.EIO, "could not be read to its end"),
        ("rb", "read", errno.ENOENT, "not there"),
    ],
)
def test_failing_disk_leaves_nothing(
    case: Case,
    clip: Path,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    method: str,
    code: int,
    match: str,
) -> None:
    original = Path.open

    def opening(self: Path, how: str = "r", *arguments: Any, **more: Any) -> Any:
        file = original(self, how, *arguments, **more)
        return Failing(file, method, OSError(code, os.strerror(code))) if how == mode else file

    monkeypatch.setattr(copying, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(Path, "open", opening)
    assert_refused(case, clip, match)


def test_vanishing_source_leaves_nothing(
    case: Case, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "card.mp4"
    source.write_bytes(clip.read_bytes())
    monkeypatch.setattr(copying, "BLOCK_BYTES", 1000)

    def unplug(progress: IntakeProgress) -> None:
        if progress.done > 2000:
            source.unlink(missing_ok=True)

    with pytest.raises(ExhibitError, match="not there"):
        add_exhibit(case, source, announce=unplug)
    assert kept(case) == []
    assert case.custody.entries()[-1].act == "exhibit refused"


def test_growing_source_is_refused(case: Case, clip: Path, tmp_path: Path) -> None:
    source = tmp_path / "recording.mp4"
    source.write_bytes(clip.read_bytes())

    def record(progress: IntakeProgress) -> None:
        if progress.step == "copying":
            with source.open("ab") as file:
                file.write(b"more")

    with pytest.raises(ExhibitError, match="changed while it was copied"):
        add_exhibit(case, source, announce=record)
    assert kept(case) == []


@pytest.mark.parametrize("step", ["copying", "comparing the copy", "indexing the frames"])
def test_cancelling_leaves_nothing(case: Case, clip: Path, step: str) -> None:
    reached: list[str] = []
    with pytest.raises(IntakeCancelled, match="cancelled"):
        add_exhibit(
            case,
            clip,
            announce=lambda progress: reached.append(progress.step),
            cancelled=lambda: bool(reached) and reached[-1] == step,
        )
    assert kept(case) == []
    assert case.custody.entries()[-1].details["reason"].startswith("Adding the file was cancelled")


def test_copy_that_differs_is_refused(
    case: Case, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "hash_file", lambda *_: "0" * 64)
    assert_refused(case, clip, "differs from what was read")


def test_full_database_leaves_nothing(
    case: Case, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_jpeg", lambda _: bytes(10**6))
    case._connection.rows(f"PRAGMA max_page_count={case._connection.pragma('page_count')}")
    with pytest.raises(CaseError, match="full"):
        add_exhibit(case, clip)
    assert kept(case) == []
    assert case.exhibits.all() == []
    case._connection.rows("PRAGMA max_page_count=1000000")
    assert add_exhibit(case, clip).number == "E001"


def test_fault_of_the_program_leaves_nothing(
    case: Case, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(CustodyLog, "append", broken)
    with pytest.raises(ZeroDivisionError):
        add_exhibit(case, clip)
    assert kept(case) == []
    assert case.exhibits.all() == []


def test_stranger_in_the_folder_is_left_alone(case: Case, clip: Path) -> None:
    stranger = case.exhibits_folder / "E001_mine.mp4"
    stranger.write_bytes(b"mine")
    assert_refused(case, clip, "Move it elsewhere")
    assert stranger.read_bytes() == b"mine"


def test_read_only_case_takes_nothing(case: Case, clip: Path) -> None:
    with (
        Case.open(case.folder, read_only=True) as reader,
        pytest.raises(CaseError, match="reading only"),
    ):
        add_exhibit(reader, clip)
    assert kept(case) == []


@pytest.mark.parametrize("moment", ["copying", "moved"])
def test_killed_intake_is_cleared_up_on_opening(
    case: Case, clip: Path, tmp_path: Path, moment: str
) -> None:
    case.close()
    code = """
        import os, signal, sys, time
        from pathlib import Path
        from workstation.cases.case import Case
        from workstation.evidence import intake

        def die(*_):
            os.kill(os.getpid(), signal.SIGKILL)

        def announce(progress):
            if sys.argv[3] == "copying" and progress.done:
                die()

        if sys.argv[3] == "moved":
            intake.sync_folder = die
        with Case.open(sys.argv[1]) as case:
            intake.add_exhibit(case, Path(sys.argv[2]), announce=announce)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), case.folder, clip, moment],
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert kept(case) != []
    with Case.open(case.folder) as again:
        assert kept(again) == []
        assert again.exhibits.all() == []
        entry = again.custody.entries()[-1]
        assert entry.act == "exhibit refused"
        assert entry.details["name"].endswith("clip.mp4")
        assert add_exhibit(again, clip).number == "E001"


def test_a_file_without_a_size_is_not_opened(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading some that the system makes up, such as its messages, never ends."""

    def read(*_: object) -> None:
        raise AssertionError("it was opened")

    monkeypatch.setattr(intake, "copy_once", read)
    (tmp_path / "messages").touch()
    assert_refused(case, tmp_path / "messages", "is empty")
