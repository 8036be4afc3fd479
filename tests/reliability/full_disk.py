"""Every act on a disk that is full from its n-th write on, for every n.

Runs as a process of its own with the file layer of `full_disk.c` before libc:
`python -m tests.reliability.full_disk FOLDER [ACT...] [--every N]`.
"""

import argparse
import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LAYER = Path(__file__).with_name("full_disk.c")
SPACE = ("full", "space", "room")
"""One of these is in every sentence about a full disk."""


def build(folder: Path) -> Path | None:
    """Compile the file layer; None where there is no compiler, or no Linux."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        return None
    made = folder / "full_disk.so"
    asked = [compiler, "-shared", "-fPIC", "-O1", "-o", str(made), str(LAYER), "-ldl"]
    done = subprocess.run(asked, capture_output=True, check=False)
    return made if done.returncode == 0 else None


@dataclass(frozen=True)
class Filled:
    """An act that is tried on disks that fill up.

    Attributes:
        base: state of the case it starts from.
        do: does it, on the case folder and a folder for what it exports.
    """

    name: str
    base: str
    do: Callable[[Path, Path], object]


class Disk:
    """The switch of the file layer in this process."""

    def __init__(self) -> None:
        layer = ctypes.CDLL(None)
        self._fill = layer.disk_full_after
        self._fill.argtypes = [ctypes.c_char_p, ctypes.c_long]
        self._count = layer.disk_writes
        self._count.restype = ctypes.c_long

    def full_after(self, folder: Path, writes: int) -> None:
        """Refuse every write below a folder after so many."""
        self._fill(os.fsencode(folder), writes)

    def empty_again(self) -> int:
        """Refuse none; how many there were."""
        seen = int(self._count())
        self._fill(b"", -1)
        return seen


@dataclass
class Outcome:
    """What became of one act: how many writes were refused, and what was lost."""

    tried: int
    lost: list[str]


def try_act(act: Filled, grounds: Path, disk: Disk, every: int) -> Outcome:
    """The act on disks that are full after 0, n, 2n, ... writes, until it gets through."""
    from tests.reliability.checks import Lost

    outcome = Outcome(0, [])
    for writes in range(0, 100_000, every):
        root = Path(tempfile.mkdtemp(dir=grounds, prefix=f"{act.name}-{writes}-"))
        case, out = root / "case", root / "out"
        out.mkdir()
        if act.base:
            shutil.copytree(grounds / "bases" / act.base, case)
        try:
            through = _once(act, case, out, disk, writes)
        except Lost as lost:
            outcome.lost.append(f"{act.name}, full after {writes} writes: {lost}")
            through = False
        outcome.tried += not through
        shutil.rmtree(root)
        if through:
            return outcome
    return outcome


def _once(act: Filled, case: Path, out: Path, disk: Disk, writes: int) -> bool:
    """Whether the act got through; what must hold, holds."""
    from tests.reliability.checks import must
    from workstation.errors import WorkstationError

    disk.full_after(case.parent, writes)
    said = None
    try:
        act.do(case, out)
    except WorkstationError as error:
        said = str(error)
    except Exception as error:
        disk.empty_again()
        must(False, f"{type(error).__name__}: {error}")
    seen = disk.empty_again()
    if said is None and seen <= writes:
        return True
    if said is not None:
        must(any(word in said.lower() for word in SPACE), f"the sentence says no cause: {said}")
        _nothing_half(out)
    _case_intact(act, case)
    again = out.with_name("again")
    again.mkdir()
    act.do(case, again)
    _case_intact(act, case)
    return False


def _nothing_half(out: Path) -> None:
    from tests.reliability.checks import must

    left = sorted(path.name for path in out.rglob("*"))
    must(not left, f"exported in spite of the failure: {left}")


def _case_intact(act: Filled, folder: Path) -> None:
    from tests.reliability.checks import Before, intact
    from workstation.cases.case import Case

    if not folder.exists() and act.name == "create":
        return
    with Case.open(folder) as case:
        intact(case, Before(0, ""))


def main() -> int:
    """Try the acts; 1 when anything was lost."""
    from tests.reliability.filling import ACTS, prepare

    parser = argparse.ArgumentParser(prog="python -m tests.reliability.full_disk")
    parser.add_argument("folder", type=Path)
    parser.add_argument("acts", nargs="*", help=", ".join(ACTS))
    parser.add_argument("--every", type=int, default=1, help="only every n-th write")
    arguments = parser.parse_args()
    wanted = arguments.acts or list(ACTS)
    grounds = arguments.folder.absolute()
    prepare(grounds, {ACTS[name].base for name in wanted})
    disk, lost = Disk(), 0
    for name in wanted:
        outcome = try_act(ACTS[name], grounds, disk, arguments.every)
        print(f"{name}: full at {outcome.tried} writes, lost {len(outcome.lost)}", flush=True)
        for sentence in outcome.lost:
            print(f"LOST {sentence}", flush=True)
        lost += len(outcome.lost)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
