"""Where an analysis spends its time, stage by stage; prints.

Run with `./run python tests/performance/analysis.py CLIP [--detector NAME] [--workers N] [--grid N]
[--functions]`. The clip goes through the whole pipeline in a case of its own, verification
included. Seconds are those of all workers together; `--functions` adds the functions of one chunk
that take longest, by cProfile.
"""

import argparse
import cProfile
import pstats
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from workstation.analysis.chunks import ChunkRequest, analyse_chunk
from workstation.analysis.planning import plan_chunks
from workstation.commands.analyse import add_engine
from workstation.commands.benchmark.measuring import Means, machine, measure
from workstation.commands.benchmark.scenes import given
from workstation.commands.benchmark.words import lines_of
from workstation.evidence.frame_index import build_frame_index

FUNCTIONS = 30


def profile(path: Path, means: Means) -> None:
    """Print the functions that the first chunk spends its time in."""
    index = build_frame_index(path)
    span = plan_chunks(index, means.settings)[0]
    info, device = means.detector.info, means.detector.torch_device
    request = ChunkRequest(path, index, span, means.settings, info, device)
    analyse_chunk(request)
    with cProfile.Profile() as taken:
        analyse_chunk(request)
    pstats.Stats(taken).sort_stats("tottime").print_stats(FUNCTIONS)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--functions", action="store_true")
    add_engine(parser)
    arguments = parser.parse_args()
    means, scene = Means.of(arguments), given(arguments.clip)
    with tempfile.TemporaryDirectory(prefix="workstation-profile-") as folder:
        result = measure(scene, means, Path(folder))
    print("\n".join(lines_of({"machine": machine(means), "clips": [result]})))
    if arguments.functions:
        profile(arguments.clip, means)
    return 0


if __name__ == "__main__":
    sys.exit(main())
