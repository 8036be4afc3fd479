"""Analyses whose processes for chunks are killed at random, over and over, until they are complete.

`python -m tests.reliability.chunk_processes CLIP [--times N] [--seed N]`
"""

import argparse
import logging
import os
import random
import signal
import sys
import tempfile
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from workstation.analysis import chunk_executor
from workstation.analysis.chunk_executor import ChunkExecutor
from workstation.analysis.detector import default_detector
from workstation.analysis.export import scores_digest
from workstation.analysis.pipeline import run_analysis
from workstation.analysis.settings import AnalysisSettings
from workstation.cases.case import Case
from workstation.errors import AnalysisError
from workstation.evidence.intake import add_exhibit

WORKERS, THREADS = 3, 1
SIGNALS = (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT)
PAUSES = (0.5, 2.5)  # seconds between two


def main() -> int:
    """Print what became of every analysis; 1 when anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.chunk_processes")
    parser.add_argument("clip", type=Path)
    parser.add_argument("--times", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    chunk_executor.MOST_THREADS = THREADS
    dice, seen, digests, lost = random.Random(arguments.seed), Counter[str](), set(), 0
    for number in range(arguments.times):
        with tempfile.TemporaryDirectory() as folder:
            digest, intact = analysed(arguments.clip, Path(folder) / "case", dice, seen)
        digests.add(digest)
        lost += not intact
        print(f"{number + 1}: {dict(seen)}, {len(digests)} kind of scores, log intact: {intact}")
    return 1 if lost or len(digests) > 1 else 0


def analysed(clip: Path, folder: Path, dice: random.Random, seen: Counter[str]) -> tuple[str, bool]:
    """The digest of the scores of a clip, and whether the custody log is intact."""
    stop = threading.Event()
    executor = ChunkExecutor(ThreadPoolExecutor(WORKERS))
    killer = threading.Thread(target=kill, args=(executor, dice, stop, seen))
    with Case.create(folder, number="C-1", examiner="A. Examiner") as case:
        add_exhibit(case, clip)
        killer.start()
        try:
            while True:
                try:
                    run = run_analysis(
                        case,
                        "E001",
                        default_detector(),
                        AnalysisSettings(chunk_seconds=2.0),
                        executor,
                        workers=WORKERS,
                        announce=lambda _: None,
                        device="cpu",
                    )
                    break
                except AnalysisError:  # one chunk lost two processes
                    seen["begun again"] += 1
        finally:
            stop.set()
            killer.join()
            executor.shutdown()
        return scores_digest(case, run), case.custody.verify().intact


def kill(
    executor: ChunkExecutor, dice: random.Random, stop: threading.Event, seen: Counter[str]
) -> None:
    """Kill a process that is at work, now and then."""
    while not stop.wait(dice.uniform(*PAUSES)):
        busy = [process._process.pid for process in executor._busy.copy()]
        with suppress(ProcessLookupError):  # already gone
            for one in dice.sample(busy, k=min(1, len(busy))):
                os.kill(one, dice.choice(SIGNALS))
                seen["killed"] += 1


if __name__ == "__main__":
    sys.exit(main())
