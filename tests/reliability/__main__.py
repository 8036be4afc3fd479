"""The long tests: `python -m tests.reliability [--times N] [--each-step] [--seed N]`."""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.reliability.ground import Ground
from tests.reliability.kills import Killing
from tests.reliability.power_cut import Cutting, Disk, SafeGround


def main() -> int:
    """Kill commands so many times, print what was found; 1 when anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability")
    parser.add_argument("--times", type=int, default=100, help="commands to kill")
    parser.add_argument(
        "--each-step", type=int, nargs="?", const=1, metavar="N", help="at every (N-th) step, once"
    )
    parser.add_argument(
        "--power-cut", action="store_true", help="lose what was not forced to the disk (root)"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--acts", nargs="*", default=(), help="create, intake, analysis, report, clip"
    )
    parser.add_argument("--folder", type=Path, help="new; kept afterwards")
    arguments = parser.parse_args()
    begun = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="reliability-") as made,
        _killing(arguments, (arguments.folder or Path(made)).absolute()) as killing,
    ):
        tell = partial(print, flush=True)
        if arguments.each_step:
            tally = killing.each_step(arguments.each_step, tell)
        else:
            tally = killing.rounds(arguments.times, tell)
    killed = sum(tally.killed.values())
    print(f"\nkilled {killed} ({dict(tally.killed)}), seed {arguments.seed}")
    print(f"ended before they could be killed: {tally.ended}")
    for what, times in sorted(tally.found.items()):
        print(f"{times:5}  {what}")
    print(f"survived {killed + tally.ended - len(tally.lost)}, lost {len(tally.lost)}")
    for sentence in tally.lost:
        print(f"LOST {sentence}")
    print(f"{time.monotonic() - begun:.0f} s")
    return 1 if tally.lost else 0


@contextmanager
def _killing(arguments: argparse.Namespace, folder: Path) -> Iterator[Killing]:
    """Rounds in a folder, on a disk of their own where power cuts are asked for."""
    if not arguments.power_cut:
        ground = Ground(folder)
        ground.prepare()
        yield Killing(ground, arguments.seed, arguments.acts)
        return
    (folder / "disk").mkdir(parents=True)
    disk = Disk(folder / "disk.img", folder / "disk")
    try:
        safe = SafeGround(disk.place / "ground")
        safe.prepare()
        yield Cutting(disk, safe, arguments.seed, arguments.acts)
    finally:
        disk.leave()


if __name__ == "__main__":
    sys.exit(main())
