"""Chunks in threads and in processes of their own."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import forkserver
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from workstation.analysis import chunk_executor, chunk_process, embedding
from workstation.analysis.chunk_executor import ChunkExecutor
from workstation.commands import logbook
from workstation.errors import AnalysisError, CaseLocked, DecodeError

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


def whose(folder: Path, others: int) -> int:
    """The process that makes this call, once as many others are being made."""
    (folder / f"{os.getpid()}-{threading.get_ident()}").touch()
    until = time.monotonic() + 120
    while len(list(folder.iterdir())) < others and time.monotonic() < until:
        time.sleep(0.01)
    return os.getpid()


def refuse(kind: type[Exception], words: str) -> None:
    logging.getLogger("workstation.some.place").warning("about to refuse %s", kind.__name__)
    raise kind(words)


def die_once(place: Path) -> int:
    if os.getpid() != int(place.read_text()):
        place.write_text(str(os.getpid()) if place.with_suffix(".died").exists() else "0")
        if not place.with_suffix(".died").exists():
            place.with_suffix(".died").touch()
            os.kill(os.getpid(), signal.SIGSEGV)
    return os.getpid()


def die(me: int) -> None:
    if os.getpid() != me:
        os.kill(os.getpid(), signal.SIGKILL)


def stay(place: Path) -> None:
    place.write_text(str(os.getpid()))
    time.sleep(600)


def slowly(number: int) -> tuple[int, int]:
    time.sleep(0.03)
    return os.getpid(), number


def odd() -> object:
    return lambda: None


class Stubborn(Exception):  # noqa: N818
    """Cannot be made anew from its words."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} {other}")


def refuse_with_two_words(kind: type[Exception]) -> None:
    logging.getLogger("workstation.some.place").warning("%s of %d", threading.Lock(), 7)
    raise kind("like", "this")


def fail_in_the_log() -> None:
    try:
        raise ValueError("one\nERROR made up \u202e")
    except ValueError:
        logging.getLogger("workstation.some.place").exception("it failed")


@contextmanager
def executor(workers: int, here: int, monkeypatch):
    monkeypatch.setattr(chunk_executor, "MOST_THREADS", here)
    with ChunkExecutor(ThreadPoolExecutor(workers)) as made:
        yield made


def test_a_few_calls_stay_in_this_process(monkeypatch, tmp_path):
    def none():
        raise AssertionError("no process is wanted")

    monkeypatch.setattr(chunk_executor, "ChunkProcess", none)
    with executor(3, 3, monkeypatch) as pool:
        calls = [pool.submit(whose, tmp_path, 3) for _ in range(3)]
        assert {call.result() for call in calls} == {os.getpid()}


@pytest.mark.parametrize("system", [sys.platform, "darwin"])
def test_further_calls_are_made_in_processes_that_are_asked_again(system, monkeypatch, tmp_path):
    # Elsewhere than on Linux nothing is forked.
    monkeypatch.setattr(chunk_process, "sys", SimpleNamespace(platform=system))
    rounds = []
    with executor(3, 1, monkeypatch) as pool:
        for number in range(2):
            folder = tmp_path / str(number)
            folder.mkdir()
            calls = [pool.submit(whose, folder, 3) for _ in range(3)]
            rounds.append({call.result() for call in calls})
    assert all(len(processes) == 3 for processes in rounds)
    assert rounds[0] == rounds[1]
    assert os.getpid() in rounds[0]


def test_what_is_raised_and_logged_there_comes_back(monkeypatch, caplog):
    import torch

    with executor(1, 0, monkeypatch) as pool:
        for kind in (DecodeError, torch.OutOfMemoryError, ZeroDivisionError):
            with pytest.raises(kind, match="like this") as raised:
                pool.submit(refuse, kind, "like this").result()
            assert "in refuse" in raised.value.__notes__[0]
            assert f"about to refuse {kind.__name__}" in caplog.text
        with pytest.raises(RuntimeError, match="function cannot be handed over"):
            pool.submit(odd).result()
        assert pool.submit(len, "abc").result() == 3


def test_what_cannot_be_made_anew_comes_back_in_its_words(monkeypatch, caplog):
    with executor(1, 0, monkeypatch) as pool:
        said = {CaseLocked: (AnalysisError, "like this")}
        said[Stubborn] = (RuntimeError, "Stubborn: like this")
        for kind, (instead, words) in said.items():
            with pytest.raises(instead, match="like this") as raised:
                pool.submit(refuse_with_two_words, kind).result()
            assert str(raised.value) == words
            assert "in refuse_with_two_words" in raised.value.__notes__[0]
        assert caplog.text.count("lock object") == 2
        assert caplog.text.count("of 7") == 2
        with pytest.raises(TypeError, match="pickle"):
            pool.submit(len, threading.Lock()).result()
        assert not pool._busy


def test_the_log_without_names_says_where_a_fault_happened(monkeypatch, caplog):
    with executor(1, 0, monkeypatch) as pool, pytest.raises(ValueError, match="expected uint8"):
        pool.submit(embedding._in_batches, np.zeros(3), 1, 1, None).result()
    (record,) = (one for one in caplog.records if one.levelno == logging.ERROR)
    line = logbook._NamelessLine().format(record)
    assert "ended with ValueError at" in line
    assert "workstation/analysis/embedding.py" in line
    assert "expected" not in line


def test_what_is_logged_there_cannot_pass_for_another_entry(monkeypatch, caplog):
    with executor(1, 0, monkeypatch) as pool:
        pool.submit(fail_in_the_log).result()
    (record,) = (one for one in caplog.records if one.message == "it failed")
    assert "    ERROR made up \\u{202e}" in record.exc_text.split("\n")
    assert all(line.startswith("    ") for line in record.exc_text.split("\n"))


def test_a_process_that_dies_costs_nothing(monkeypatch, tmp_path, caplog):
    place = tmp_path / "place"
    place.write_text("0")
    with executor(1, 0, monkeypatch) as pool:
        assert pool.submit(die_once, place).result() == int(place.read_text())
    assert "ended before it answered: exit status -11" in caplog.text


@linux
def test_processes_that_die_between_two_calls_cost_nothing(monkeypatch, tmp_path, caplog):
    with executor(3, 0, monkeypatch) as pool:
        calls = [pool.submit(whose, tmp_path, 3) for _ in range(3)]
        processes = {call.result() for call in calls}
        for process in processes:
            os.kill(process, signal.SIGKILL)
        assert all(gone(process) for process in processes)
        assert pool.submit(len, "abc").result() == 3
    assert len(processes) == 3
    assert "ended before" not in caplog.text


@linux
def test_no_process_outlives_what_begun_it(monkeypatch, tmp_path, caplog):
    """The server that forks them is killed: nobody can tell then whether one still lives."""
    monkeypatch.setattr(chunk_executor, "MOST_THREADS", 0)
    pool = ChunkExecutor(ThreadPoolExecutor(1))
    call = pool.submit(stay, tmp_path / "place")
    first = begun(tmp_path / "place")
    (tmp_path / "place").unlink()
    os.kill(forkserver._forkserver._forkserver_pid, signal.SIGKILL)
    assert gone(first)
    second = begun(tmp_path / "place")  # the call is made once more
    pool.shutdown(wait=False, cancel_futures=True)
    assert gone(second)
    with pytest.raises(AnalysisError, match="stopped"):
        call.result(60)
    assert caplog.text.count("ended before it answered: exit status 255") == 1


def test_a_call_that_kills_every_process_ends_the_analysis(monkeypatch, caplog):
    with executor(1, 0, monkeypatch) as pool:
        with pytest.raises(BrokenExecutor, match="Two processes"):
            pool.submit(die, os.getpid()).result()
        assert pool.submit(len, "abc").result() == 3
    assert caplog.text.count("exit status -9") == 2


@pytest.mark.parametrize(
    "error", [OSError("too many processes"), EOFError(), MemoryError(), ValueError("odd")]
)
def test_where_no_process_can_be_begun_threads_do_it_all(error, monkeypatch, tmp_path, caplog):
    def none():
        raise error

    monkeypatch.setattr(chunk_executor, "ChunkProcess", none)
    with executor(3, 1, monkeypatch) as pool:
        calls = [pool.submit(whose, tmp_path, 3) for _ in range(3)]
        assert {call.result() for call in calls} == {os.getpid()}
    assert "threads do it all" in caplog.text


def test_where_memory_is_short_calls_wait_for_a_thread(monkeypatch, tmp_path):
    def none():
        raise AssertionError("no process is wanted")

    (tmp_path / "meminfo").write_text("MemTotal: 16000000 kB\nMemAvailable:  900000 kB\n")
    monkeypatch.setattr(chunk_executor, "_MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr(chunk_executor, "ChunkProcess", none)
    with executor(4, 1, monkeypatch) as pool:
        calls = [pool.submit(slowly, number) for number in range(8)]
        assert [call.result() for call in calls] == [(os.getpid(), n) for n in range(8)]


def test_memory_is_left_for_all_processes_that_are_being_begun(monkeypatch, tmp_path, caplog):
    asked, go = threading.Semaphore(0), threading.Event()

    def slow():
        asked.release()
        go.wait(60)
        raise OSError("too late")

    (tmp_path / "meminfo").write_text(f"MemAvailable:  {2 * 2**20 + 5} kB\n")
    monkeypatch.setattr(chunk_executor, "_MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr(chunk_executor, "ChunkProcess", slow)
    with executor(6, 0, monkeypatch) as pool:
        calls = [pool.submit(len, "abc") for _ in range(6)]
        for _ in range(2):
            assert asked.acquire(timeout=60)
        until = time.monotonic() + 60
        while pool._waiting < 6 and time.monotonic() < until:
            time.sleep(0.01)
        assert not asked.acquire(timeout=0.2)
        go.set()
        assert [call.result() for call in calls] == [3] * 6
    assert caplog.text.count("too late") == 1


def test_where_no_thread_can_be_begun_those_that_are_do_it_all(monkeypatch, tmp_path, caplog):
    def none(**_):
        raise RuntimeError("can't start new thread")

    few = SimpleNamespace(Thread=none, Condition=threading.Condition)
    monkeypatch.setattr(chunk_executor, "threading", few)
    with executor(3, 1, monkeypatch) as pool:
        calls = [pool.submit(whose, tmp_path, 3) for _ in range(3)]
        assert {call.result() for call in calls} == {os.getpid()}
    assert caplog.text.count("threads do it all") == 1


@pytest.mark.parametrize("said", ["", "MemAvailable:", "MemAvailable: much kB", None])
def test_where_the_system_says_nothing_of_its_memory_processes_are_begun(
    said, monkeypatch, tmp_path
):
    if said is not None:
        (tmp_path / "meminfo").write_text(said)
    monkeypatch.setattr(chunk_executor, "_MEMORY", tmp_path / "meminfo")
    assert chunk_executor._room(1)


def begun(place: Path) -> int:
    until = time.monotonic() + 120
    while not (place.exists() and place.read_text()) and time.monotonic() < until:
        time.sleep(0.01)
    return int(place.read_text())


def gone(process: int) -> bool:
    until = time.monotonic() + 60
    while Path(f"/proc/{process}").exists() and time.monotonic() < until:
        time.sleep(0.02)
    return not Path(f"/proc/{process}").exists()


def test_a_server_that_is_just_ending_is_waited_for(monkeypatch, caplog):
    errors = [ConnectionRefusedError(), EOFError()]
    begin = chunk_executor.ChunkProcess

    def late():
        if errors:
            raise errors.pop()
        return begin()

    monkeypatch.setattr(chunk_executor, "_PAUSES", (0.0, 0.0, 0.0))
    monkeypatch.setattr(chunk_executor, "ChunkProcess", late)
    with executor(1, 0, monkeypatch) as pool:
        assert pool.submit(os.getpid).result() != os.getpid()
    assert not caplog.records


@linux
def test_what_runs_is_given_up_when_nobody_waits_for_it(monkeypatch, tmp_path):
    monkeypatch.setattr(chunk_executor, "MOST_THREADS", 0)
    pool = ChunkExecutor(ThreadPoolExecutor(1))
    call = pool.submit(stay, tmp_path / "place")
    process = begun(tmp_path / "place")
    pool.shutdown(wait=False, cancel_futures=True)
    assert gone(process)
    with pytest.raises(AnalysisError, match="stopped"):
        call.result(60)
    with pytest.raises(RuntimeError):
        pool.submit(len, "abc")


KILLED = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tests.analysis.test_chunk_executor import stay
from workstation.analysis import chunk_executor, chunk_process

if __name__ == "__main__":
    chunk_executor.MOST_THREADS = 0
    pool = chunk_executor.ChunkExecutor(ThreadPoolExecutor(1))
    pool.submit(stay, Path(sys.argv[1])).result()
"""


@linux
def test_processes_end_with_a_program_that_is_killed(tmp_path):
    script = tmp_path / "program.py"
    script.write_text(KILLED)
    program = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "place")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    process = begun(tmp_path / "place")
    program.kill()
    program.wait()
    assert gone(process)


UNDISTURBED = """
import os, signal, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from workstation.analysis import chunk_executor

with Path(sys.argv[1]).open("a") as loads:
    loads.write("loaded once more\\n")
chunk_executor.MOST_THREADS = 0
signal.signal(signal.SIGINT, lambda *_: None)
pool = chunk_executor.ChunkExecutor(ThreadPoolExecutor(1))
call = pool.submit(len, "abc")
while not call.done():
    os.killpg(0, signal.SIGINT)
    signal.sigtimedwait([], 0.02)
pool.shutdown()
print(call.result())
"""


@linux
def test_processes_are_begun_undisturbed(tmp_path):
    """By Ctrl-C all the while, by modules in the working directory, by what the program loads."""
    script, here = tmp_path / "program.py", tmp_path / "evidence"
    script.write_text(UNDISTURBED)
    here.mkdir()
    for name in ("selectors", "socket", "torch", "facenet_pytorch"):
        (here / f"{name}.py").write_text("raise SystemExit('taken from the evidence')")
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "loads")],
        cwd=here,
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "3\n", "")
    assert (tmp_path / "loads").read_text() == "loaded once more\n"
