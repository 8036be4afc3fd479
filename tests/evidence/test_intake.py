import errno
import hashlib
import os
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.videos import (
    cut_off,
    draw_code,
    make_sound,
    make_video,
    without_contents,
    zero_bytes,
)
from workstation.cases.case import Case
from workstation.cases.custody import CustodyLog
from workstation.errors import CaseError, ExhibitError
from workstation.evidence import copying, intake
from workstation.evidence.intake import (
    DuplicateExhibit,
    IntakeCancelled,
    IntakeProgress,
    add_exhibit,
    stored_name,
)


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with Case.create(tmp_path / "case", number="1", examiner="A. Examiner") as case:
        yield case


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("clip") / "clip.mp4", frames=30, audio=True)


def kept(case: Case) -> list[str]:
    return sorted(path.name for path in case.exhibits_folder.iterdir())


def assert_refused(case: Case, source: Path, match: str) -> str:
    """The file is refused with a sentence, nothing is kept, and the log says why."""
    before = kept(case), case.exhibits.all()
    with pytest.raises(ExhibitError, match=match) as caught:
        add_exhibit(case, source)
    assert (kept(case), case.exhibits.all()) == before
    entry = case.custody.entries()[-1]
    assert entry.act == "exhibit refused"
    assert entry.details["reason"] == str(caught.value)
    assert case.custody.verify().intact
    assert str(caught.value).endswith(".")
    return str(caught.value)


def test_exhibit_is_taken_whole(case: Case, clip: Path) -> None:
    data = clip.read_bytes()
    before = clip.stat()
    steps: list[IntakeProgress] = []
    exhibit = add_exhibit(case, clip, announce=steps.append)
    copy = case.folder / exhibit.stored_name
    assert copy.read_bytes() == data
    assert stat.S_IMODE(copy.stat().st_mode) == 0o444
    assert (clip.stat().st_mtime_ns, clip.stat().st_mode) == (before.st_mtime_ns, before.st_mode)
    assert exhibit == case.exhibits.get("E001")
    assert (exhibit.number, exhibit.stored_name) == ("E001", "exhibits/E001_clip.mp4")
    assert (exhibit.original_name, exhibit.size) == ("clip.mp4", len(data))
    assert exhibit.hashes.sha256 == hashlib.sha256(data).hexdigest()
    assert exhibit.hashes.md5 == hashlib.md5(data).hexdigest()
    assert exhibit.hashes.sha1 == hashlib.sha1(data).hexdigest()
    assert (exhibit.frames, len(case.exhibits.index("E001"))) == (30, 30)
    assert kept(case) == ["E001_clip.mp4"]
    entry = case.custody.entries()[-1]
    assert (entry.act, entry.subject) == ("exhibit added", "E001")
    assert entry.details["sha256"] == exhibit.hashes.sha256
    assert {step.step for step in steps} == {"copying", "comparing the copy", "indexing the frames"}
    assert all(0 <= step.done <= step.total == len(data) for step in steps)


def test_thumbnail_is_small_and_upright(case: Case, tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", frames=3, size=(640, 360), rotation=90)
    thumbnail = cv2.imdecode(
        np.frombuffer(add_exhibit(case, path).thumbnail, np.uint8), cv2.IMREAD_COLOR
    )
    assert thumbnail is not None
    assert thumbnail.shape == (320, 180, 3)


@pytest.mark.parametrize(
    "name",
    [
        "a b.mp4",
        'it\'s "quoted".mp4',
        "😀.mp4",
        "שלום עולם.mp4",
        "\u202egnp.mp4",
        "..mp4",
        "-rf.mp4",
        "x" * 240 + ".mp4",
        "no suffix",
        "back\\slash.mp4",
    ],
)
def test_odd_names_are_kept_in_the_list_and_tamed_on_disk(
    case: Case, clip: Path, tmp_path: Path, name: str
) -> None:
    source = tmp_path / name
    source.write_bytes(clip.read_bytes())
    exhibit = add_exhibit(case, source)
    assert exhibit.original_name == name
    base = exhibit.stored_name.removeprefix("exhibits/E001_")
    assert base.isascii()
    assert 0 < len(base) <= 92
    assert set(base) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
    assert (case.folder / exhibit.stored_name).is_file()


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes")
def test_name_in_no_encoding(case: Case, clip: Path, tmp_path: Path) -> None:
    source = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4"))
    source.write_bytes(clip.read_bytes())
    assert add_exhibit(case, source).original_name == "caf\\udce9.mp4"
    assert case.custody.verify().intact


def test_stored_name_keeps_what_it_can() -> None:
    assert stored_name("E002", "../Müller (1).MOV") == "E002_Muller_1.MOV"
    assert stored_name("E003", "😀") == "E003_exhibit"


def test_same_file_twice_is_noticed(case: Case, clip: Path, tmp_path: Path) -> None:
    add_exhibit(case, clip)
    other = tmp_path / "renamed.mp4"
    other.write_bytes(clip.read_bytes())
    with pytest.raises(DuplicateExhibit, match="as exhibit E001") as caught:
        add_exhibit(case, other)
    assert caught.value.number == "E001"
    assert case.custody.entries()[-1].subject == "E001"
    assert kept(case) == ["E001_clip.mp4"]


def test_picture_is_an_exhibit(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), draw_code(5)[:, :, ::-1])
    exhibit = add_exhibit(case, path)
    assert (exhibit.media_type, exhibit.frames) == ("picture", 1)
    assert (exhibit.facts["width"], exhibit.facts["height"]) == (320, 180)


def test_container_facts(case: Case, clip: Path) -> None:
    facts = add_exhibit(case, clip).facts
    assert facts["format"].startswith("mov,mp4")
    assert (facts["width"], facts["height"], facts["rotation"]) == (320, 180, 0)
    assert (facts["codec"], facts["frame_rate"]) == ("h264", 25.0)
    assert facts["duration_s"] == pytest.approx(1.2, abs=0.1)
    video, audio = facts["streams"]
    assert (video["type"], video["pixel_format"], video["time_base"]) == (
        "video",
        "yuv420p",
        "1/12800",
    )
    assert (audio["type"], audio["codec"], audio["sample_rate"]) == ("audio", "aac", 48000)
    assert "Lavf" in facts["encoder"]["encoder"]
    assert (facts["warnings"], facts["variable_frame_rate"]) == ([], False)


def test_facts_tell_what_is_unusual(case: Case, tmp_path: Path) -> None:
    uneven = [0, 40, 80, 200, 240, 280, 400, 410, 450, 490]
    path = make_video(tmp_path / "a.mp4", frames=10, times_ms=uneven, rotation=-90)
    facts = add_exhibit(case, path).facts
    assert facts["variable_frame_rate"] is True
    assert (facts["rotation"], facts["width"], facts["height"]) == (90, 180, 320)


def test_what_is_no_video_is_refused(case: Case, clip: Path, tmp_path: Path) -> None:
    def source(name: str, data: bytes) -> Path:
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    assert_refused(case, source("text.mp4", b"Dear Sir or Madam, " * 50), "not a video or picture")
    assert_refused(case, source("empty.mp4", b""), "is empty")
    assert_refused(case, source("zeros.mp4", bytes(5000)), "zeros only")
    assert_refused(case, without_contents(clip, tmp_path / "a.mp4"), r"\(moov\) is missing")
    assert_refused(
        case, make_sound(tmp_path / "a.wav"), "^The file holds no video: .* streams are audio"
    )
    assert_refused(case, tmp_path, "a folder")
    assert_refused(case, tmp_path / "nowhere.mp4", "not there")
    picture = tmp_path / "a.png"
    cv2.imwrite(str(picture), np.random.default_rng(0).integers(0, 255, (99, 99, 3), np.uint8))
    assert_refused(case, cut_off(picture, tmp_path / "b.png", share=0.5), "cut off")
    assert len(case.custody.entries()) == 9


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes")
def test_pipe_is_refused_and_does_not_hang(case: Case, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    assert_refused(case, tmp_path / "pipe.mp4", "no ordinary file")


def test_damaged_video_is_taken_with_a_warning(case: Case, clip: Path, tmp_path: Path) -> None:
    damaged = zero_bytes(clip, tmp_path / "damaged.mp4", at=0.0, length=10**6)
    exhibit = add_exhibit(case, damaged)
    assert exhibit.frames == 30
    assert exhibit.thumbnail == b""
    assert "None of the first frames could be decoded." in exhibit.facts["warnings"]


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
