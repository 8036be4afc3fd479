import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.evidence.refusals import assert_refused, kept
from tests.videos import (
    cut_off,
    draw_code,
    make_sound,
    make_video,
    without_contents,
    zero_bytes,
)
from workstation.cases.case import Case
from workstation.evidence.intake import (
    DuplicateExhibit,
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
    assert entry.details["source"] == str(clip.resolve())
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


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_link_is_followed_and_the_log_says_where_to(
    case: Case, clip: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link.mp4"
    link.symlink_to(clip)
    exhibit = add_exhibit(case, link)
    assert exhibit.original_name == "link.mp4"
    assert not (case.folder / exhibit.stored_name).is_symlink()
    assert case.custody.entries()[-1].details["source"] == str(clip.resolve())


def test_the_files_of_the_case_itself_are_no_exhibits(case: Case, clip: Path) -> None:
    exhibit = add_exhibit(case, clip)
    with pytest.raises(DuplicateExhibit):
        add_exhibit(case, case.folder / exhibit.stored_name)
    assert_refused(case, case.folder / "case.sqlite", "not a video or picture")
    assert kept(case) == ["E001_clip.mp4"]


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
