"""The hostile trial from the command line: python -m tests.hostile --minutes 60 --seed 7."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from tests.hostile.corpus import FAMILIES, REFERENCES
from tests.hostile.runner import OUTCOMES, Tally, run


def main() -> int:
    """Run the trial; 1 where anything failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=120.0, help="seconds that one file may take")
    parser.add_argument("--most", type=int, help="at most so many files")
    parser.add_argument("--family", action="append", choices=[*FAMILIES, REFERENCES])
    parser.add_argument("--keep", type=Path, help="folder for the files that failed")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    tally = run(
        seconds=60 * chosen.minutes,
        seed=chosen.seed,
        limit=chosen.limit,
        most=chosen.most,
        families=chosen.family,
        tell=lambda line: print(line, file=sys.stderr, flush=True),
        keep=chosen.keep,
    )
    print(json.dumps(asdict(tally), indent=1) if chosen.json else table(tally))
    return 0 if tally.good else 1


def table(tally: Tally) -> str:
    """The outcome as a table in Markdown, for docs/reliability.md."""
    lines = ["| | tried | " + " | ".join(OUTCOMES) + " |", "|---|" + "--:|" * (len(OUTCOMES) + 1)]
    for family, counts in sorted(tally.outcomes.items()):
        numbers = [sum(counts.values()), *(counts[outcome] for outcome in OUTCOMES)]
        lines.append(f"| {family} | " + " | ".join(map(str, numbers)) + " |")
    totals = [sum(counts[outcome] for counts in tally.outcomes.values()) for outcome in OUTCOMES]
    lines.append(f"| all | {tally.tried} | " + " | ".join(map(str, totals)) + " |")
    lines.append(
        f"\n{tally.seconds:.0f} s; custody entries lost: {tally.lost}; "
        f"problems of the case: {len(tally.problems)}; "
        f"slowest {tally.slowest[0]:.1f} s ({tally.slowest[1]})"
    )
    return "\n".join([*lines, *tally.problems])


if __name__ == "__main__":
    sys.exit(main())
