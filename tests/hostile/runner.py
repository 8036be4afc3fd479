"""Feeds hostile files to the program, each within a time limit, and counts what becomes of them."""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.hostile.corpus import corpus
from tests.hostile.samples import Sample
from tests.hostile.seeds import make_seeds
from tests.hostile.victim import DAMAGED, FAULT, REFUSED, WHOLE
from tests.videos import make_video
from workstation.cases.agreement import disagreements
from workstation.cases.case import Case
from workstation.cases.custody import Act

ROOT = Path(__file__).parents[2]
CRASHED, HUNG, REACHED_OUT = "crashed", "hung", "reached out"
OUTCOMES = (REFUSED, WHOLE, DAMAGED, FAULT, CRASHED, HUNG, REACHED_OUT)
FAILURES = (FAULT, CRASHED, HUNG, REACHED_OUT)
SECRET_SIZE = (272, 208)
_START_SECONDS = 120.0


@dataclass
class Tally:
    """What became of the files.

    Attributes:
        outcomes: how many of each family had each outcome.
        failures: family, sample, outcome and words of each that should not have been.
        lost: custody entries that are not there although the file had been dealt with.
        problems: what the case says against itself at the end.
        slowest: seconds and name of the file that took longest.
    """

    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    failures: list[dict[str, str]] = field(default_factory=list)
    lost: int = 0
    problems: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")
    seconds: float = 0.0

    @property
    def tried(self) -> int:
        """How many files were tried."""
        return sum(sum(counts.values()) for counts in self.outcomes.values())

    @property
    def good(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.failures or self.lost or self.problems)

    def add(self, family: str, sample: Sample, outcome: str, words: str, seconds: float) -> None:
        """Count one file."""
        self.outcomes.setdefault(family, Counter())[outcome] += 1
        self.slowest = max(self.slowest, (seconds, f"{family}: {sample.what}"))
        if outcome in FAILURES:
            self.failures.append(
                {"family": family, "sample": sample.what, "outcome": outcome, "words": words}
            )


class Victim:
    """A process of the program, in a process group of its own, with one case open."""

    def __init__(self, folder: Path, errors: Path, *patience: float) -> None:
        self._errors = errors
        with errors.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.hostile.victim", folder, *map(str, patience)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self._answers: queue.Queue[str] = queue.Queue()
        self._reading = threading.Thread(target=self._read)
        self._reading.start()
        if self._answer(_START_SECONDS) is None:
            self.stop()
            raise RuntimeError(f"the program does not start: {self.last_words()}")

    def ask(self, path: Path, limit: float) -> dict[str, Any]:
        """Have a file examined; `crashed` or `hung` where no answer comes within the limit."""
        try:
            print(json.dumps({"path": str(path)}), file=self._process.stdin, flush=True)
        except BrokenPipeError:
            return {"outcome": CRASHED, "words": self.last_words()}
        answer = self._answer(limit)
        if answer is not None:
            return answer
        over = self._process.poll() is None and not self._answers.qsize()
        if not over:
            code = self._process.wait()
            return {"outcome": CRASHED, "words": f"ended with {code}: {self.last_words()}"}
        return {"outcome": HUNG, "words": f"no answer within {limit:.0f} s"}

    def last_words(self) -> str:
        """The end of what it wrote to its error output."""
        return self._errors.read_text(encoding="utf-8", errors="replace")[-2000:]

    def stop(self) -> None:
        """End it with all that it started."""
        if self._process.stdin and self._process.poll() is None:
            self._process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=5)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reading.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def kill(self) -> None:
        """End it at once."""
        os.killpg(self._process.pid, signal.SIGKILL)

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put("")

    def _answer(self, limit: float) -> dict[str, Any] | None:
        try:
            line = self._answers.get(timeout=limit)
        except queue.Empty:
            return None
        return dict(json.loads(line)) if line else None


def run(
    *,
    seconds: float,
    seed: int = 0,
    limit: float = 60.0,
    least: int = 0,
    most: int | None = None,
    families: list[str] | None = None,
    patience: float | None = None,
    tell: Callable[[str], object] = lambda _: None,
    keep: Path | None = None,
) -> Tally:
    """Try hostile files until the time is up or there are none left.

    Args:
        seconds: how long.
        seed: chooses the files and their order.
        limit: seconds that one file may take.
        least: so many files even where they take longer.
        most: at most so many files.
        families: only these.
        patience: seconds of a processor that a worker may take without a sign of life; as in the
            program by default.
        tell: is given a line for each failure.
        keep: folder that gets a copy of each file that failed.
    """
    tally, begun = Tally(), time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hostile-")))
        calls: list[str] = []
        port = stack.enter_context(_listening(calls))
        (folder / "seeds").mkdir()
        seeds = make_seeds(folder / "seeds")
        secret = make_video(folder / "secret.mp4", frames=6, size=SECRET_SIZE)
        trial = _Trial(folder, secret, limit, tally, calls, keep, patience)
        stack.callback(trial.end)
        for family, sample in corpus(seeds, seed, secret, port, families):
            over = time.monotonic() - begun > seconds and tally.tried >= least
            if over or tally.tried == most:
                break
            before = len(tally.failures)
            trial.give(family, sample)
            for failure in tally.failures[before:]:
                tell("{outcome}: {family}: {sample}\n{words}".format(**failure))
    tally.seconds = time.monotonic() - begun
    return tally


class _Trial:
    """One case that all files are offered to, and the process that has it open."""

    def __init__(
        self,
        folder: Path,
        secret: Path,
        limit: float,
        tally: Tally,
        calls: list[str],
        keep: Path | None,
        patience: float | None,
    ) -> None:
        self._folder, self._limit, self._tally = folder, limit, tally
        self._calls, self._keep = calls, keep
        self._patience = () if patience is None else (patience,)
        self._case, self._victim = folder / "case", None
        self._samples = folder / "sample"
        self._offered = 1
        Case.create(self._case, number="1", examiner="A. Examiner").close()
        self._alive().ask(secret, limit)

    def give(self, family: str, sample: Sample) -> None:
        """Offer one file."""
        inside = self._samples / "inside"
        inside.mkdir(parents=True)
        path = sample.put(inside)
        begun, calls = time.monotonic(), len(self._calls)
        victim = self._alive()
        answer = victim.ask(path, self._limit)
        outcome = answer["outcome"]
        self._offered += 1
        if len(self._calls) > calls or tuple(answer.get("size", ())) == SECRET_SIZE:
            outcome = REACHED_OUT
        if outcome in (CRASHED, HUNG):
            victim.kill()
            self._stop()
        words = answer.get("words", "")
        self._tally.add(family, sample, outcome, words, time.monotonic() - begun)
        if outcome in FAILURES and self._keep and sample.data:
            self._keep.mkdir(exist_ok=True)
            (self._keep / f"{len(self._tally.failures):03d}-{path.suffix}").write_bytes(sample.data)
        _clear(self._samples)

    def end(self) -> None:
        """Stop the process, and look at what the case holds."""
        self._stop()
        with Case.open(self._case) as case:
            check = case.custody.verify()
            acts = Counter(entry.act for entry in case.custody.entries())
            known = acts[Act.EXHIBIT_ADDED] + acts[Act.EXHIBIT_REFUSED]
            self._tally.lost = max(self._offered - known, 0)
            if known > self._offered:
                self._tally.problems.append(f"{known} entries for {self._offered} files.")
            if not check.intact:
                self._tally.problems.append(check.problem)
            self._tally.problems += disagreements(case)
            left = {path.name for path in case.exhibits_folder.iterdir()}
            named = {Path(exhibit.stored_name).name for exhibit in case.exhibits.all()}
            if left != named:
                self._tally.problems.append(f"Left among the exhibits: {sorted(left ^ named)}.")

    def _alive(self) -> Victim:
        if self._victim is None:
            self._victim = Victim(self._case, self._folder / "errors.txt", *self._patience)
        return self._victim

    def _stop(self) -> None:
        if self._victim is not None:
            self._victim.stop()
            self._victim = None


def _clear(folder: Path) -> None:
    for path in [*(folder / "inside").iterdir(), folder / "inside", folder]:
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


@contextmanager
def _listening(calls: list[str]) -> Iterator[int]:
    """Listen on a port of this machine, and note who calls."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                connection, address = server.accept()
                with connection:
                    if address == closing:
                        return
                    calls.append(str(address))

        closing: Any = None
        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            with socket.socket() as last:
                last.bind(("127.0.0.1", 0))
                closing = last.getsockname()
                last.connect(server.getsockname())
                thread.join()
