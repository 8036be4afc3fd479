"""Workers end with the program that began them, however it ends, and print nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.videos import make_video, read_code
from workstation.evidence.frame_index import build_frame_index
from workstation.evidence.frames import Frame, read_frames
from workstation.evidence.isolation import launching

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")

ROOT = Path(__file__).parents[3]
PROGRAM = """
import os, signal, sys, time
from pathlib import Path
from workstation.evidence.frame_index import build_frame_index
from workstation.evidence.frames import FrameReader, read_frames
from workstation.evidence.isolation import launching

# A shell that began the tests in the background lets its children ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)
path = Path(sys.argv[1])
index = build_frame_index(path)
reader = FrameReader(path, index)
reader.read(5)
frames = read_frames(path, index, 0, len(index))
next(frames)
keeper = launching._keepers[os.getpid()][1].pid
children = Path(f"/proc/{keeper}/task/{keeper}/children").read_text()
print(keeper, children, flush=True)
if sys.argv[2] == "return":
    sys.exit()
while True:
    time.sleep(0.1)
"""


def living(processes: list[int]) -> list[int]:
    found = []
    for process in processes:
        stat = Path(f"/proc/{process}/stat")
        try:
            found += [process] if ") Z " not in stat.read_text() else []
        except OSError:
            continue
    return found


@pytest.mark.parametrize("how", ["SIGKILL", "SIGINT", "SIGTERM", "return"])
def test_no_process_is_left_and_nothing_printed(how: str, tmp_path: Path) -> None:
    video = make_video(tmp_path / "a.mp4", frames=200)
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(video), how],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=launching._environment() | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
    ) as program:
        assert program.stdout is not None
        processes = [int(one) for one in program.stdout.readline().split()]
        if how != "return":
            # To the program's whole group, as a terminal does.
            os.killpg(program.pid, getattr(signal, how))
        try:
            _, printed = program.communicate(timeout=20)
        finally:
            program.kill()
    assert len(processes) >= 3, printed
    until = time.monotonic() + 10
    while living(processes) and time.monotonic() < until:
        time.sleep(0.02)
    assert living(processes) == []
    assert printed.count("Traceback") == (how == "SIGINT"), printed
    assert "isolation/worker" not in printed
    assert "isolation/keeper" not in printed


def test_where_nothing_can_be_forked_a_worker_is_begun_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = make_video(tmp_path / "a.mp4", frames=30)
    monkeypatch.setattr(launching, "FORKED", False)
    index = build_frame_index(video)
    frames = [one for one in read_frames(video, index, 0, 30) if isinstance(one, Frame)]
    assert [read_code(one.pixels) for one in frames] == list(range(30))
