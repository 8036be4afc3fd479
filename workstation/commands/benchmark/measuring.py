"""One clip through the real pipeline, then its stages one at a time."""

from __future__ import annotations

import argparse
import os
import platform
import threading
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workstation.commands.benchmark.memory import MemoryWatch
from workstation.errors import WorkstationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from workstation.analysis.detector import Detector
    from workstation.analysis.faces import FaceFinder, Faces, Reduced
    from workstation.analysis.settings import AnalysisSettings
    from workstation.cases.case import Case
    from workstation.commands.benchmark.scenes import Scene
    from workstation.evidence.frames import Frame

_SAMPLE = 26
"""Frames on which the stages are measured one at a time."""

_LEAST_SECONDS = 1.0


@dataclass(frozen=True)
class Means:
    """What a benchmark measures with.

    Attributes:
        detector: Loaded.
        settings: Of the analysis.
        workers: Chunks worked on at once.
    """

    detector: Detector
    settings: AnalysisSettings
    workers: int

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> Means:
        """As the options ask.

        Args:
            arguments: With those of `add_engine`.

        Raises:
            DetectorError: There is no such detector or device.
        """
        from workstation.analysis.detector import load_detector
        from workstation.analysis.devices import default_workers
        from workstation.commands.analyse import chosen_detector, chosen_settings

        detector = load_detector(chosen_detector(arguments), arguments.device)
        workers = arguments.workers or default_workers(detector.torch_device)
        return cls(detector, chosen_settings(arguments), workers)


def machine(means: Means) -> dict[str, Any]:
    """The machine and the software, as plain JSON.

    Args:
        means: What is measured with.
    """
    from workstation.analysis.versions import software_versions

    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "device": means.detector.device,
        "precision": means.detector.precision,
        "detector": means.detector.info.name,
        "workers": means.workers,
        "versions": software_versions(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def measure(scene: Scene, means: Means, folder: Path) -> dict[str, Any]:
    """Take a clip into a case of its own, analyse it, then run its stages one at a time.

    Args:
        scene: The clip.
        means: What is measured with.
        folder: For the case.

    Returns:
        Plain JSON: `frames_per_second` of the whole run, verification included; `stages`, each with
        its seconds (of all workers together), its share of them, and where it was run alone the
        frames per second it reaches; `slowest_stage` and `limit_share`, the part of its speed alone
        that the run reaches; `together`, the frames per second at which the stages, each as fast as
        alone, would take turns on the same cores without ever waiting, and `together_share`;
        `memory_mb` and what was seen.

    Raises:
        WorkstationError: The clip cannot be taken in or analysed.
    """
    from workstation.analysis.chunk_executor import MOST_THREADS, ChunkExecutor
    from workstation.cases.case import Case
    from workstation.commands.analyse import forget_kept
    from workstation.evidence.intake import add_exhibit

    with Case.create(
        folder / f"case of {scene.path.stem}", number="BENCHMARK", examiner="Benchmark"
    ) as case:
        number = add_exhibit(case, scene.path).number
        _warm(case, number, means)
        with ChunkExecutor(ThreadPoolExecutor(means.workers)) as executor:
            if means.workers > MOST_THREADS:  # what else works on chunks becomes ready, too
                _analysed(case, number, means, executor)
                forget_kept(case, number, means.detector, means.settings)
            result = _analysed(case, number, means, executor)
        alone = _alone(case, number, means)
    for name, reached in alone.items():
        if name in result["stages"]:
            result["stages"][name]["alone_frames_per_second"] = round(reached, 1)
    slowest = min(alone, key=lambda name: alone[name])
    together = 1 / sum(1 / speed for speed in alone.values())
    speed = result["frames_per_second"]
    return {
        "name": scene.name,
        **result,
        "slowest_stage": slowest,
        "limit_share": round(speed / alone[slowest], 3),
        "together": round(together, 1),
        "together_share": round(speed / together, 3),
    }


def _warm(case: Case, number: str, means: Means) -> None:
    """Make networks ready for frames of this size, as any but the first analysis finds them."""
    from workstation.analysis.faces import FaceFinder, reduce_frame

    finder = FaceFinder(means.settings, means.detector.torch_device)
    size = means.detector.info.card["preprocessing"]["size"]
    small = [
        reduce_frame(frame.pixels, means.settings.long_side) for frame in _frames(case, number, 1)
    ]

    together = threading.Barrier(means.workers)

    def look(_: int) -> None:
        together.wait()  # each thread that computes has a copy of some networks
        (faces,) = finder.find(small)
        finder.find(small, [faces.box])
        means.detector.embed(np.zeros((1, size, size, 3), np.uint8), means.settings.batch)

    with ThreadPoolExecutor(means.workers) as pool:
        list(pool.map(look, range(means.workers)))


def _analysed(case: Case, number: str, means: Means, executor: Executor) -> dict[str, Any]:
    from workstation.analysis.pipeline import run_analysis
    from workstation.analysis.stopwatch import Stopwatch

    exhibit = case.exhibits.get(number)
    watch = Stopwatch()
    with MemoryWatch() as memory:
        start = time.perf_counter()
        run = run_analysis(
            case,
            number,
            means.detector,
            means.settings,
            executor,
            workers=means.workers,
            announce=lambda _: None,
            watch=watch,
        )
        seconds = time.perf_counter() - start
    faces = case.runs.faces(run.id)
    total = sum(watch.seconds.values())
    facts = exhibit.facts
    return {
        "width": facts.get("width"),
        "height": facts.get("height"),
        "frames": run.frames_done,
        "faces": len(faces.frame),
        "faces_scored": int(faces.scored.sum()),
        "seconds": round(seconds, 3),
        "frames_per_second": round(run.frames_done / seconds, 1),
        "stages": {
            name: {"seconds": round(spent, 3), "share": round(spent / total, 3)}
            for name, spent in watch.seconds.items()
        },
        "memory_mb": round(memory.peak / 2**20),
    }


def _frames(case: Case, number: str, most: int) -> list[Frame]:
    from workstation.evidence.frames import Frame, read_frames

    exhibit, index = case.exhibits.get(number), case.exhibits.index(number)
    source = read_frames(case.folder / exhibit.stored_name, index, 0, min(most, len(index)))
    frames = [item for item in source if isinstance(item, Frame)]
    if not frames:
        raise WorkstationError("No frame of the clip could be decoded. Choose another.")
    return frames


def _alone(case: Case, number: str, means: Means) -> dict[str, float]:
    """Frames per second of each large stage, with all workers and nothing else to do."""
    from workstation.analysis.faces import FaceFinder, reduce_frame

    frames = _frames(case, number, _SAMPLE)
    finder = FaceFinder(means.settings, means.detector.torch_device)
    small = [reduce_frame(frame.pixels, means.settings.long_side) for frame in frames]
    faces = _found(finder, small, means.settings)
    cuts = [
        (frame.pixels, landmarks)
        for frame, found in zip(frames, faces, strict=True)
        for landmarks in found.landmarks
    ]
    each = len(cuts) / len(frames)
    speeds = {
        "decode": _decoding(case, number, means.workers),
        "faces": _speed(means.workers, lambda: _found(finder, small, means.settings), len(frames)),
    }
    if cuts:
        crops = np.stack([means.detector.crop(*cut) for cut in cuts])
        batch = means.settings.batch
        full = np.resize(crops, (max(1, round(len(crops) / batch)) * batch, *crops.shape[1:]))
        speeds["crops"] = _speed(
            means.workers, lambda: [means.detector.crop(*cut) for cut in cuts], len(frames)
        )
        speeds["embeddings"] = _speed(
            means.workers, lambda: means.detector.embed(full, batch), len(full) / each
        )
    return speeds


def _found(finder: FaceFinder, frames: list[Reduced], settings: AnalysisSettings) -> list[Faces]:
    """The faces of frames, looked for as the analysis does: all over on the grid only."""
    from workstation.analysis.following import follow

    (opening,) = finder.find(frames[:1])
    found = [opening]
    for start in range(0, len(frames) - 1, settings.grid):
        interval = frames[start : start + settings.grid + 1]
        (closing,) = finder.find(interval[-1:])
        cuts = [False] * len(interval)
        between = settings.interpolate
        steps = follow(interval, cuts, opening, closing, finder.find, interpolate=between)
        found += [step.faces for step in steps]
        opening = closing
    return found


def _decoding(case: Case, number: str, workers: int) -> float:
    """Frames per second when every worker decodes a part of its own and nothing else is done."""
    from workstation.evidence.frames import read_frames

    exhibit, index = case.exhibits.get(number), case.exhibits.index(number)
    path = case.folder / exhibit.stored_name
    edges = np.linspace(0, len(index), workers + 1).astype(int).tolist()

    def part(worker: int) -> int:
        return sum(1 for _ in read_frames(path, index, edges[worker], edges[worker + 1]))

    start = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        done = sum(pool.map(part, range(workers)))
    return done / (time.perf_counter() - start)


def _speed(workers: int, work: Callable[[], object], frames: float) -> float:
    """Frames per second when every worker does some work over and over for a second."""

    def repeat(_: int) -> int:
        times = 0
        while times == 0 or time.perf_counter() - start < _LEAST_SECONDS:
            work()
            times += 1
        return times

    with ThreadPoolExecutor(workers) as pool:
        start = time.perf_counter()
        times = sum(pool.map(repeat, range(workers)))
        return times * frames / (time.perf_counter() - start)
