"""The long tests: `python -m tests.reliability [--times N] [--each-step] [--seed N]`."""

import argparse
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from tests.reliability.ground import Ground
from tests.reliability.kills import Killing


def main() -> int:
    """Kill commands so many times, print what was found; 1 when anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability")
    parser.add_argument("--times", type=int, default=100, help="commands to kill")
    parser.add_argument("--each-step", action="store_true", help="at every step, once")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--acts", nargs="*", default=(), help="create, intake, analysis, report, clip"
    )
    parser.add_argument("--folder", type=Path, help="new; kept afterwards")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reliability-") as made:
        ground = Ground((arguments.folder or Path(made)).absolute())
        begun = time.monotonic()
        ground.prepare()
        killing = Killing(ground, arguments.seed, arguments.acts)
        tell = partial(print, flush=True)
        each = arguments.each_step
        tally = killing.each_step(tell) if each else killing.rounds(arguments.times, tell)
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


if __name__ == "__main__":
    sys.exit(main())
