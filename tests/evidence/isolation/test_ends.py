"""Workers end with the program that began them, however it ends, and print nothing."""

import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.videos import make_video, read_code
from workstation.evidence.frame_index import build_frame_index
from workstation.evidence.frames import Frame, read_frames
from workstation.evidence.isolation import launching
from workstation.evidence.isolation.keeper import Keeper

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


def test_a_worker_that_ends_as_it_is_let_go_of_does_not_take_the_keeper_along() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    before = signal.getsignal(signal.SIGCHLD)
    try:
        with ours, theirs:
            keeper = Keeper(theirs)
            process = os.posix_spawn("/bin/true", ["true"], {})
            told, end = socket.socketpair()
            keeper._told[process] = told
            keeper._selector.register(told, selectors.EVENT_READ, process)
            end.close()
            os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
            both = [key for key, _ in keeper._selector.select(1) if key.data == process]
            keeper._reap()
            assert [key.data for key in both] == [process]
            keeper._kill(process)
            assert keeper._told == {}
            signal.set_wakeup_fd(-1)
            for one in (keeper._selector, keeper._alarm, keeper._end):
                one.close()
    finally:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, before)


def test_a_keeper_that_ends_listens_to_no_signal_any_more() -> None:
    """Else a worker that ends meanwhile has the interpreter complain on the way out."""
    said = subprocess.run(
        [sys.executable, "-c", KEPT],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=ROOT,
    )
    assert (said.stdout, said.stderr) == ("-1\n", "")


KEPT = """
import signal, socket, sys
from workstation.evidence.isolation import keeper
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
ours.close()
sys.argv[1:] = [str(theirs.detach())]
keeper.main()
print(signal.set_wakeup_fd(-1))
"""


LOST = """
import os, sys
from pathlib import Path
from workstation.evidence.frame_index import build_frame_index

sys.path.append("somewhere")
folder = Path(sys.argv[2])
os.chdir(folder)
folder.rmdir()
print(len(build_frame_index(Path(sys.argv[1]))))
"""


def test_workers_begin_where_the_working_directory_is_gone(tmp_path: Path) -> None:
    clip = make_video(tmp_path / "clip.mp4", frames=5)
    folder = tmp_path / "folder"
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", LOST, str(clip), str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "5\n", "")
