"""How long a large case takes to open: 1,000 exhibits and 10 million scores, unless told otherwise.

    python tests/performance/opening_a_case.py [--exhibits N] [--scores N] [--folder DIR]

Measured is what the window waits for before it shows the list and the first exhibit: opening the
database, the facts, every exhibit's line, the custody log walked, the first exhibit with its run.
Wall-clock and processor time are printed; the second says more on a machine that does other work.
"""

import argparse
import io
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.report.filled_case import card
from tests.ui.small_cases import exhibit, frame_index
from ui import reading
from ui.workbench import READ_AT_ONCE
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.records import Finding, FindingRecord, RunOutcome

BUDGET_SECONDS = 2.0


def thumbnail() -> bytes:
    noise = np.random.default_rng(0).integers(0, 255, (18, 32, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).resize((320, 180), Image.Resampling.BICUBIC).save(stream, "JPEG")
    return stream.getvalue()


def build(folder: Path, exhibits: int, scores: int) -> None:
    """Fill a case past its stores where they would be slow: faces by `executemany`."""
    each = scores // exhibits
    picture = thumbnail()
    landmarks = bytes(40)
    with Case.create(folder, number="large", examiner="A. Examiner") as case:
        for place in range(exhibits):
            number = f"E{place + 1:03d}"
            with case.transaction():
                one = exhibit(number, frames=each, thumbnail=picture)
                case.exhibits.add(one, frame_index(each))
                digest = case.exhibits.digest(number)
                case.custody.append(Act.EXHIBIT_ADDED, number, record_sha256=digest)
                run = case.runs.start(number, card(), {}, {}, "cpu", "float32", each)
                case.custody.append(Act.ANALYSIS_STARTED, number, run=run.id)
                connection = case._connection
                connection.write("INSERT INTO committed VALUES (?, 0, ?)", (run.id, each))
                connection.write_many(
                    "INSERT INTO faces (run, frame, track, score, x, y, width, height, landmarks) "
                    "VALUES (?, ?, 1, 0.25, 10, 10, 80, 80, ?)",
                    ((run.id, frame, landmarks) for frame in range(each)),
                )
                statistics = {"scored": each, "mean": 0.25, "peak": 0.25}
                found = [
                    FindingRecord(track, Finding.INCONCLUSIVE, ("As measured.",), statistics)
                    for track in (None, 1)
                ]
                case.runs.conclude(run.id, [], found)
                case.runs.finish(run.id, RunOutcome.COMPLETE)
                case.custody.append(Act.ANALYSIS_COMPLETE, number, run=run.id)


def measure(folder: Path) -> list[tuple[str, float, float]]:
    steps = []

    def timed(name, act):
        wall, processor = time.perf_counter(), time.process_time()
        answer = act()
        steps.append((name, time.perf_counter() - wall, time.process_time() - processor))
        return answer

    case = timed("open the database", lambda: Case.open(folder))
    with case:
        timed("facts", lambda: reading.read_case(case, "", ()))
        lines = timed("lines of the exhibits", lambda: reading.read_exhibits(case))
        timed("custody log, walked", lambda: reading.read_custody(case))
        first = lines[0].exhibit.number
        timed("the first exhibit", lambda: reading.read_exhibit(case, first, most=READ_AT_ONCE))
    return steps


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--exhibits", type=int, default=1000)
    parser.add_argument("--scores", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path)
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = words.folder or Path(place) / "case"
        if not folder.exists():
            started = time.perf_counter()
            build(folder, words.exhibits, words.scores)
            size = (folder / "case.sqlite").stat().st_size / 1e9
            print(f"built in {time.perf_counter() - started:.0f} s, {size:.2f} GB")
        steps = measure(folder)
    for name, wall, processor in steps:
        print(f"{name:<24}{wall:8.3f} s  processor {processor:8.3f} s")
    wall, processor = (sum(step[column] for step in steps) for column in (1, 2))
    print(
        f"{'together':<24}{wall:8.3f} s  processor {processor:8.3f} s  (budget {BUDGET_SECONDS} s)"
    )
    return int(processor > BUDGET_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
