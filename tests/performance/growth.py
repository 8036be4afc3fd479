"""Whether a frame of a long exhibit takes more processor time than one of a short one; prints.

Run with `./run python tests/performance/growth.py [SHORT] [LONG] [--size 320x240]`, in seconds (60
and 3600 unless others are named). A machine's own speed drifts by more than what is looked for, so
both are analysed at the same time, each by a process of its own with one worker: the long one
once, the short one anew, in a case of its own, until that is done. Ten seconds of one face are
repeated to either length, so that all frames are alike. Of the short one every pass that lies
within the long one's time counts; each quarter of the long one is held against the passes that
ended in it.
"""

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from tests.performance.length import CLIP_SECONDS, processor_seconds, repeated
from workstation.analysis.detector import default_detector, load_detector
from workstation.analysis.pipeline import run_analysis
from workstation.analysis.progress import Event, Progress
from workstation.analysis.settings import AnalysisSettings
from workstation.cases.case import Case
from workstation.commands.benchmark import measuring
from workstation.commands.benchmark.measuring import Means
from workstation.commands.benchmark.scenes import made
from workstation.evidence.intake import add_exhibit

QUARTERS = 4
DRAWS = 10_000


def analyse(path: Path) -> list[tuple[float, int, float]]:
    """Analyse one clip: time, frames done and seconds of processor time from beginning to end."""
    means = Means(load_detector(default_detector(), "cpu"), AnalysisSettings(), 1)
    course: list[tuple[float, int, float]] = []

    def note(frames: int) -> None:
        course.append((time.monotonic(), frames, processor_seconds()))

    def announce(event: Event) -> None:
        if isinstance(event, Progress) and event.frames_done > course[-1][1]:
            note(event.frames_done)

    with (
        tempfile.TemporaryDirectory(prefix="workstation-growth-") as folder,
        Case.create(Path(folder) / "case", number="GROWTH", examiner="Growth") as case,
        ThreadPoolExecutor(1) as pool,
    ):
        number = add_exhibit(case, path).number
        measuring._warm(case, number, means)
        note(0)
        run = run_analysis(
            case, number, means.detector, means.settings, pool, workers=1, announce=announce
        )
        note(run.frames_done)
    return course


def started(path: Path, *more: str) -> subprocess.Popen[bytes]:
    """A process that analyses a clip and prints its courses, a line each."""
    command = [sys.executable, __file__, "--clip", str(path), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def milliseconds(begin: tuple[float, int, float], end: tuple[float, int, float]) -> float:
    """Processor time of each frame between two moments of a course."""
    return (end[2] - begin[2]) / (end[1] - begin[1]) * 1000


def measured(short: Path, long: Path) -> tuple[list[Any], list[list[Any]]]:
    """The long one's course, and those of the short one that lie within its time."""
    again, once = started(short, "--again"), started(long)
    try:
        (course,) = (json.loads(line) for line in once.communicate()[0].splitlines())
    finally:
        again.terminate()
        lines = again.communicate()[0].decode().splitlines(keepends=True)
    # The last line may have been cut off.
    passes = [json.loads(line) for line in lines if line.endswith("\n")]
    begin, end = course[0][0], course[-1][0]
    return course, [one for one in passes if one[0][0] >= begin and one[-1][0] <= end]


def report(course: list[Any], passes: list[list[Any]]) -> None:
    """Print the ratios."""
    each = np.array([milliseconds(one[0], one[-1]) for one in passes])
    ended = np.array([one[-1][0] for one in passes])
    whole = milliseconds(course[0], course[-1])
    rng = np.random.default_rng(0)
    draws = rng.choice(each, (DRAWS, len(each))).mean(axis=1)
    low, high = np.quantile(whole / draws, [0.025, 0.975])
    print(
        f"long: {course[-1][1]} frames, {whole:.2f} ms of processor time each; short: "
        f"{passes[0][-1][1]} frames, {each.mean():.2f} ms each in {len(each)} passes "
        f"({each.min():.2f} to {each.max():.2f})"
    )
    print(f"ratio {whole / each.mean():.3f} [{low:.3f}, {high:.3f}]")
    marks = [course[-1][1] * part / QUARTERS for part in range(QUARTERS + 1)]
    bounds = [min(course, key=lambda at: abs(at[1] - mark)) for mark in marks]
    for begin, end in itertools.pairwise(bounds):
        within = each[(ended > begin[0]) & (ended <= end[0])]
        if len(within) and end[1] > begin[1]:
            ratio = milliseconds(begin, end) / within.mean()
            print(f"frames {begin[1]} to {end[1]}: {ratio:.3f} ({len(within)} passes)")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("short", nargs="?", type=int, default=60)
    parser.add_argument("long", nargs="?", type=int, default=3600)
    parser.add_argument("--size", default="320x240", help="width x height of the picture")
    parser.add_argument("--clip", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--again", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.clip:
        print(json.dumps(analyse(arguments.clip)), flush=True)
        while arguments.again:
            print(json.dumps(analyse(arguments.clip)), flush=True)
        return 0
    width, height = (int(side) for side in arguments.size.split("x"))
    with tempfile.TemporaryDirectory(prefix="workstation-growth-") as folder:
        scene = made(Path(folder), "once", (width, height), 1, CLIP_SECONDS)
        clips = [Path(folder) / f"{seconds} s.mp4" for seconds in (arguments.short, arguments.long)]
        for seconds, path in zip((arguments.short, arguments.long), clips, strict=True):
            repeated(scene.path, max(seconds // CLIP_SECONDS, 1), path)
        report(*measured(*clips))
    return 0


if __name__ == "__main__":
    sys.exit(main())
