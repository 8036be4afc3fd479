"""No file of an exhibit is opened as media in the program's own process, whatever is asked for."""

import ast
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.report.filled_case import Track, analyse, new_case
from tests.sounds import clicks, make_sounding
from workstation.cases.case import Case
from workstation.evidence import media
from workstation.evidence.frames import FrameReader, read_frames
from workstation.evidence.intake import add_exhibit
from workstation.evidence.sound import SoundReader, waveform
from workstation.evidence.taking_clips import take_clip
from workstation.evidence.taking_frames import take_frame, take_frames
from workstation.report.signing import SigningIdentity
from workstation.report.writer import write_report

ROOT = Path(__file__).parents[3]
OPENING = {"open_video", "read_picture", "VideoCapture", "imread"}
BEHIND = {"media", "decoding", "cutting", "frame_index", "probe", "hearing", "reading"}
# They open what they made themselves, or a file that is to be measured in this very process.
OWN = {"commands/evaluation/variants", "commands/benchmark/straightforward",
       "commands/benchmark/scenes"}  # fmt: skip


def openings(path: Path) -> set[str]:
    """Which calls of a module open media."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in ("av.open", "Image.open", "Pillow.open") or (
                called.rpartition(".")[2] in OPENING
            ):
                found.add(called)
    return found


def test_only_what_workers_run_opens_media() -> None:
    for top in ("workstation", "ui"):
        for path in (ROOT / top).rglob("*.py"):
            name = path.relative_to(ROOT / top).with_suffix("").as_posix()
            allowed = name in OWN or name in {f"evidence/{module}" for module in BEHIND}
            assert allowed or not openings(path), f"{name} calls {openings(path)}"


def test_nothing_asked_of_an_exhibit_opens_it_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = make_sounding(tmp_path / "a.mkv", frames=12, sound=clicks(0.5))
    picture = tmp_path / "b.png"
    cv2.imwrite(str(picture), np.zeros((40, 60, 3), np.uint8))
    out = tmp_path / "out"
    out.mkdir()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("media was opened in the program's own process")

    for module, name in ((av, "open"), (media, "open_video"), (cv2, "imdecode"), (cv2, "imread")):
        monkeypatch.setattr(module, name, refuse)
    with new_case(tmp_path / "case") as case:
        add_exhibit(case, picture)
        number = add_exhibit(case, recording).number
        ask(case, number, out)
        analyse(case, case.exhibits.get(number), [Track(1, 0, 10, 0.7)])
        write_report(case, out / "report.pdf", SigningIdentity.self_signed_for("A. Examiner", ""))


def ask(case: Case, number: str, out: Path) -> None:
    path = case.folder / case.exhibits.get(number).stored_name
    index = case.exhibits.index(number)
    assert len(list(read_frames(path, index, 0, 5))) == 5
    for close in (FrameReader(path, index), SoundReader(path, index)):
        close.close()
    assert len(waveform(path, index, 10)) == 10
    take_frame(case, number, 3, out / "frame.png")
    take_frames(case, number, 3, 4, out / "frames")
    taken = take_clip(case, number, 0, 4, out / "clip.mp4")
    assert taken.equal == taken.packets > 5
