"""Whether looking near known places finds what looking all over every frame finds; prints.

Run with `./run python tests/performance/near_places.py CLIP ... [--frames N]`. Each clip's first
frames go through a chunk's analysis twice: as it is, and with every frame searched all over. Exit
status 0 when both have the same faces, to a twentieth of a pixel.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from workstation.analysis import following
from workstation.analysis.chunk_result import ChunkResult
from workstation.analysis.chunks import ChunkRequest, analyse_chunk
from workstation.analysis.detector import default_detector
from workstation.analysis.planning import ChunkSpan
from workstation.analysis.settings import AnalysisSettings
from workstation.evidence.frame_index import build_frame_index

NEAR = 0.05
PLACES = following._places


def found(path: Path, frames: int, places: object) -> ChunkResult:
    """The first frames of a clip, analysed."""
    index, settings = build_frame_index(path), AnalysisSettings()
    stop = len(index) if frames >= len(index) else frames // settings.grid * settings.grid
    following._places = places
    span = ChunkSpan(0, stop)
    return analyse_chunk(ChunkRequest(path, index, span, settings, default_detector(), "cpu"))


def only_in(one: ChunkResult, other: ChunkResult) -> list[tuple[int, bool]]:
    """Faces that only the first has: frame, and whether large and sharp enough to score."""
    alone = []
    for frame, box, suitable in zip(one.frame, one.box, one.suitable, strict=True):
        apart = np.abs(other.box[other.frame == frame] - box).max(axis=1, initial=0)
        if not (apart < NEAR).any():
            alone.append((int(frame), bool(suitable)))
    return alone


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--frames", type=int, default=1_000_000, help="of each clip at most")
    arguments = parser.parse_args()
    faces = differing = 0
    for path in arguments.clips:
        near = found(path, arguments.frames, PLACES)
        all_over = found(path, arguments.frames, lambda *_: None)
        missed, more = only_in(all_over, near), only_in(near, all_over)
        print(
            f"{path.name}: {len(all_over.frame)} faces; only all over {len(missed)}, of them large "
            f"and sharp {sum(suitable for _, suitable in missed)}; only near {len(more)}",
            flush=True,
        )
        faces += len(all_over.frame)
        differing += len(missed) + len(more)
    print(f"all: {faces} faces, {differing} found in one way only")
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(main())
