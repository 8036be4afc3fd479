"""What it costs to decode in a worker instead of in this process.

    python tests/performance/decoding.py [--video FILE] [--rounds 5]

Frames per second in order, alone and with a reader that computes between frames; milliseconds to
read one frame that is in memory; milliseconds until a worker has given its first frame. Both ways
take turns, and of each the best round counts, so that other work on the machine matters little.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.videos import make_video  # noqa: E402
from workstation.cases.records import FrameIndex  # noqa: E402
from workstation.evidence import frames, reading  # noqa: E402
from workstation.evidence.frame_index import build_frame_index  # noqa: E402

WAYS: dict[str, ModuleType] = {"in this process": reading, "in a worker": frames}
SIZES = {"720p": (1280, 720), "1080p": (1920, 1080)}
FRAMES = 200
WORK_SECONDS = 0.004
READS = 100


def film(path: Path, size: tuple[int, int]) -> Path:
    """A moving picture with some detail, as a camera's would have."""
    width, height = size
    rng = np.random.default_rng(5)
    wide = rng.integers(0, 255, (height // 8, width // 4, 3), np.uint8)
    wide = np.kron(wide, np.ones((8, 8, 1), np.uint8))
    pictures = [np.ascontiguousarray(wide[:, 3 * n : 3 * n + width]) for n in range(FRAMES)]
    return make_video(path, frames=FRAMES, size=size, group=50, pictures=pictures)


def in_order(way: ModuleType, path: Path, index: FrameIndex, work: float) -> float:
    """Frames per second."""
    count, begun = 0, time.perf_counter()
    for frame in way.read_frames(path, index, 0, min(FRAMES, len(index))):
        assert frame.pixels is not None
        count += 1
        until = time.thread_time() + work
        while time.thread_time() < until:
            pass
    return count / (time.perf_counter() - begun)


def reads(way: ModuleType, path: Path, index: FrameIndex) -> float:
    """Milliseconds to read a frame that the reader has in memory, median."""
    reader, taken = way.FrameReader(path, index), []
    try:
        reader.read(10)
        for number in np.arange(READS) % 8:
            begun = time.perf_counter()
            reader.read(int(number) + 3)
            taken.append(1000 * (time.perf_counter() - begun))
    finally:
        reader.close()
    return float(np.median(taken))


def first(way: ModuleType, path: Path, index: FrameIndex) -> float:
    """Milliseconds from nothing to the first frame."""
    begun = time.perf_counter()
    reader = way.FrameReader(path, index)
    try:
        reader.read(0)
        return 1000 * (time.perf_counter() - begun)
    finally:
        reader.close()


MEASURED: dict[str, tuple[Callable[..., float], tuple[Any, ...], Callable[..., float]]] = {
    "frames/s": (in_order, (0.0,), max),
    "frames/s, 4 ms of work a frame": (in_order, (WORK_SECONDS,), max),
    "read from memory, ms": (reads, (), min),
    "open to first frame, ms": (first, (), min),
}


def measure(path: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Every quantity, both ways in turn."""
    index = build_frame_index(path)
    found: dict[str, dict[str, float]] = {}
    for quantity, (take, more, best) in MEASURED.items():
        values: dict[str, list[float]] = {name: [] for name in WAYS}
        for _ in range(rounds):
            for name, way in WAYS.items():
                values[name].append(take(way, path, index, *more))
        found[quantity] = {name: round(best(each), 2) for name, each in values.items()}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--video", type=Path, help="a video instead of those made for it")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if chosen.video:
            videos = {chosen.video.name: chosen.video}
        else:
            videos = {n: film(Path(folder) / f"{n}.mp4", size) for n, size in SIZES.items()}
        for name, path in videos.items():
            print(name, json.dumps(measure(path, chosen.rounds), indent=1))


if __name__ == "__main__":
    main()
