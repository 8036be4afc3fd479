"""Processor time of one frame, ours and the straightforward pipeline's; prints.

Run with `./run python tests/performance/processor_time.py [CLIP]`. Unlike frames per second it says
something on a machine with other work to do, too, though nothing about waiting. Everything runs in
this process, decoding included, both with one thread of torch's. Without a clip one is made as
`workstation benchmark` makes it: 720p, one face, ten seconds.
"""

import resource
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import torch

from workstation.analysis import chunks
from workstation.analysis.chunks import ChunkRequest, analyse_chunk
from workstation.analysis.detector import default_detector, load_detector
from workstation.analysis.planning import ChunkSpan
from workstation.analysis.settings import AnalysisSettings
from workstation.commands.benchmark import straightforward
from workstation.commands.benchmark.measuring import Means
from workstation.commands.benchmark.scenes import given, made
from workstation.evidence import reading
from workstation.evidence.frame_index import build_frame_index

FRAMES = 200


def milliseconds(work: Callable[[], int]) -> float:
    """Processor time of each of the frames that some work says it has seen."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    frames = work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return used / frames * 1000


def main() -> int:
    """Measure and print."""
    chunks.read_frames = reading.read_frames
    with tempfile.TemporaryDirectory(prefix="workstation-processor-") as folder:
        scene = given(Path(sys.argv[1])) if len(sys.argv) > 1 else None
        scene = scene or made(Path(folder), "720p", (1280, 720), 1, 10)
        settings, info = AnalysisSettings(), default_detector()
        index = build_frame_index(scene.path)
        stop = min(FRAMES, len(index)) // settings.grid * settings.grid
        request = ChunkRequest(scene.path, index, ChunkSpan(0, stop), settings, info, "cpu")
        analyse_chunk(replace(request, span=ChunkSpan(0, 2 * settings.grid)))
        ours = milliseconds(lambda: analyse_chunk(request).stop)
        means = Means(load_detector(info, "cpu"), settings, 1)
        torch.set_num_threads(1)
        plain = milliseconds(lambda: straightforward._run(scene, means)[0] + 1)
    print(
        f"{scene.name}: ours {ours:.1f} ms of processor time a frame, straightforward {plain:.1f}"
    )
    print(f"ratio {plain / ours:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
