"""Keeper and workers of a frozen build are begun through the program's own entry point."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.videos import make_video
from workstation.evidence.frame_index import build_frame_index
from workstation.evidence.frames import read_frames
from workstation.evidence.isolation import door, launching

ENTRY = Path(__file__).parents[3] / "packaging" / "entry.py"


def test_a_frozen_program_begins_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/opt/program")
    assert door.command(door.KEEPER, "7") == ["/opt/program", "--serve-media", door.KEEPER, "7"]


@pytest.mark.skipif(sys.platform == "win32", reason="a worker's connection comes otherwise there")
@pytest.mark.parametrize("forked", [True, False])
def test_the_entry_point_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forked: bool
) -> None:
    asked = []

    def through_the_entry(module: str, *words: str) -> list[str]:
        asked.append(module)
        return [sys.executable, str(ENTRY), door.SERVE, module, *words]

    clip = make_video(tmp_path / "clip.mp4", frames=5)
    monkeypatch.setattr(door, "command", through_the_entry)
    monkeypatch.setattr(launching, "FORKED", forked and launching.FORKED)
    launching._forget()  # another test's keeper was begun otherwise
    try:
        index = build_frame_index(clip)
        assert len(list(read_frames(clip, index, 0, 5))) == 5
    finally:
        launching._forget()
    assert set(asked) == {door.KEEPER if forked and launching.FORKED else door.WORKER}


@pytest.mark.parametrize("words", [["--version"], ["--serve-media", "os", "7"]])
def test_the_entry_point_is_the_command_line_otherwise(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, str(ENTRY), *words],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONWARNINGS": "error"},
    )
    assert done.returncode == (0 if words == ["--version"] else 2)
    assert "workstation" in done.stdout + done.stderr


def test_other_arguments_are_not_served() -> None:
    for words in ([], ["--serve-media"], ["--serve-media", "os"], ["case", "show"]):
        assert not door.enter(words)
