"""Commands killed at random moments and steps, and what was left each time."""

import random
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from os import killpg
from pathlib import Path
from signal import SIGKILL

from tests.reliability.checks import Before, Lost, check, must, table
from tests.reliability.ground import ACTS, Act, Ground
from tests.reliability.remains import left_behind, shared_memory
from workstation.cases.case import Case

LATEST = 0.8  # of the time that it took undisturbed; later, many have ended
LOOK_SECONDS = 0.1
HOWS = ("group", "process", "step")
"""Killed by the clock with all its children, or alone, or by itself at one of its steps."""


@dataclass
class Tally:
    """What became of the rounds.

    Attributes:
        killed: commands that were killed before their end, by act.
        ended: those that ended before they were to be killed.
        lost: what did not hold, a sentence for each.
        found: how often what was found.
    """

    killed: Counter[str] = field(default_factory=Counter)
    ended: int = 0
    lost: list[str] = field(default_factory=list)
    found: Counter[str] = field(default_factory=Counter)


class Killing:
    """Rounds on one prepared ground.

    Args:
        ground: prepared.
        seed: of the moments and steps.
        acts: names of those to kill; all when empty.
    """

    def __init__(self, ground: Ground, seed: int, acts: Sequence[str] = ()) -> None:
        self._ground = ground
        self._acts = [act for act in ACTS if not acts or act.name in acts]
        self._random = random.Random(seed)
        self._seconds: dict[str, float] = {}
        self._steps: dict[str, int] = {}
        self._before = {act.name: self._measure(act) for act in self._acts}
        self._count = 0

    def rounds(self, times: int, tell: Callable[[str], None]) -> Tally:
        """Kill until so many commands were killed before their end."""
        tally = Tally()
        while sum(tally.killed.values()) < times:
            act = self._acts[self._count % len(self._acts)]
            how = HOWS[self._count // len(self._acts) % len(HOWS)]
            self._count += 1
            self._round(act, how, tally, tell)
        return tally

    def each_step(self, every: int, tell: Callable[[str], None]) -> Tally:
        """Kill every act at every one of its steps, or at every n-th."""
        tally = Tally()
        for act in self._acts:
            for step in range(1, self._steps[act.name] + 1, every):
                self._count += 1
                self._round(act, "step", tally, tell, step)
        return tally

    def _measure(self, act: Act) -> Before:
        """How long the act takes, in how many steps, and what it gives, undisturbed."""
        case = self._ground.case(act, f"timed-{act.name}")
        process = self._ground.start(act.words(case, self._ground.folder), f"timed-{act.name}")
        self._seconds[act.name] = self._until_it_ends(process, case / act.begun)
        must(process.wait() == 0, f"undisturbed, {act.name} failed")
        with Case.open(case, read_only=True) as done:
            run = done.runs.latest("E001") if act.name == "analysis" else None
            before = Before(0, table(done, run.id) if run is not None else "")
        counted = self._ground.case(act, f"counted-{act.name}")
        steps = self._ground.folder / f"steps-{act.name}"
        words = act.words(counted, self._ground.folder)
        dying = ("tests.reliability.dying", "0", str(steps))
        must(self._ground.start(words, "counting", *dying).wait() == 0, f"{act.name} failed")
        self._steps[act.name] = int(steps.read_text())
        if act.base:
            with Case.open(self._ground.folder / act.base, read_only=True) as base:
                before = Before(len(base.custody.entries()), before.table)
        return before

    def _until_it_ends(self, process: subprocess.Popen[bytes], begun_by: Path) -> float:
        """Seconds from the moment a command is at work to its end."""
        _wait_for(process, begun_by)
        begun = time.monotonic()
        process.wait()
        return time.monotonic() - begun

    def _round(
        self, act: Act, how: str, tally: Tally, tell: Callable[[str], None], chosen: int = 0
    ) -> None:
        name = f"{self._count:04d}-{act.name}-{how}"
        case, used = self._ground.case(act, name), set[bytes]()
        words = act.words(case, self._ground.folder)
        if how == "step":
            step = chosen or self._random.randint(1, self._steps[act.name])
            dying = ("tests.reliability.dying", str(step), str(case) + ".steps")
            process, moment = self._ground.start(words, name, *dying), f"step {step}"
            while process.poll() is None:
                used |= shared_memory(name)
                time.sleep(LOOK_SECONDS)
        else:
            process, moment = self._ground.start(words, name), ""
            moment = self._kill(process, act, how, case, name, used)
        killed = process.returncode == -SIGKILL
        tally.ended += not killed
        tally.killed[act.name] += killed
        said = self._judge(act, case, name, used, tally)
        tell(f"{name} {'killed' if killed else 'ended before'} {moment}: {said}")

    def _kill(
        self,
        process: subprocess.Popen[bytes],
        act: Act,
        how: str,
        case: Path,
        name: str,
        used: set[bytes],
    ) -> str:
        _wait_for(process, case / act.begun)
        seconds = self._random.uniform(0, LATEST * self._seconds[act.name])
        time.sleep(seconds)
        used |= shared_memory(name)
        if how == "group":
            killpg(process.pid, SIGKILL)
        else:
            process.kill()
        process.wait()
        return f"{seconds:.3f} s after it began"

    def _judge(self, act: Act, case: Path, name: str, used: set[bytes], tally: Tally) -> str:
        stray = left_behind(name, used)
        try:
            must(not stray, "; ".join(stray))
            said = check(act.name, case, self._ground, self._before[act.name])
            kind = "".join("n" if sign.isdigit() else sign for sign in said)
            tally.found[f"{act.name}: {kind}"] += 1
            shutil.rmtree(case, ignore_errors=True)
        except Lost as lost:
            said = f"LOST {lost}"
            tally.lost.append(f"{name}: {lost}")
        return said


def _wait_for(process: subprocess.Popen[bytes], file: Path) -> None:
    while process.poll() is None and not file.exists():
        time.sleep(0.001)
