"""How far half precision moves scores, and which of the two; prints.

Run with `./run python tests/performance/half_precision.py [--frames 30] CLIP ...`. Faces are found
and cut out as always; their crops are then embedded in float16, as on a GPU, and in bfloat16, both
on the processor, and scored by the same LSTM in float32. Sums are taken in another order than on a
GPU; what is rounded to is the same.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
import torch
from numpy.typing import NDArray

from models.inference import CropEmbedder
from models.weights import load_network
from workstation.analysis.chunks import ChunkRequest, analyse_chunk
from workstation.analysis.detector import Detector, default_detector, load_detector
from workstation.analysis.devices import settle_rounding
from workstation.analysis.planning import ChunkSpan
from workstation.analysis.settings import AnalysisSettings
from workstation.evidence.frame_index import build_frame_index

LEAST = 0.02
KINDS = {"float16": torch.float16, "bfloat16": torch.bfloat16}
Crops = NDArray[np.uint8]


def ways(detector: Detector) -> dict[str, Callable[[Crops], NDArray[np.float16]]]:
    """From crops to embeddings in either precision."""
    card = detector.info.card["preprocessing"]
    trunk = load_network(detector.info.card_path, "cpu").trunk

    def way(kind: torch.dtype) -> Callable[[Crops], NDArray[np.float16]]:
        network = CropEmbedder(trunk, tuple(card["mean"]), tuple(card["std"]), kind).eval()

        def embed(crops: Crops) -> NDArray[np.float16]:
            with torch.inference_mode():
                parts = torch.from_numpy(crops).split(16)
                return torch.cat([network(part) for part in parts]).numpy().astype(np.float16)

        return embed

    return {name: way(kind) for name, kind in KINDS.items()}


class Kept:
    """A detector that keeps the crops it embeds."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.crops: list[Crops] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._detector, name)

    def embed(self, crops: Crops, batch: int) -> NDArray[np.float16]:
        self.crops.append(crops)
        return self._detector.embed(crops, batch)


def differences(path: Path, frames: int, detector: Detector) -> dict[str, NDArray[np.float64]]:
    """Of every scored face, between its score in float32 and in either precision."""
    from workstation.analysis import chunks

    index, settings, kept = build_frame_index(path), AnalysisSettings(), Kept(detector)
    stop = min(frames, len(index))
    chunks.load_detector = lambda *_: kept  # type: ignore[assignment,return-value]
    span = ChunkSpan(0, stop)
    found = analyse_chunk(ChunkRequest(path, index, span, settings, detector.info, "cpu"))
    rows = np.flatnonzero(found.suitable)
    if not len(rows):
        return {name: np.zeros(0) for name in KINDS}
    crops, chain, times = np.concatenate(kept.crops), found.chain[rows], index.times
    embedded = {"float32": found.embedding}
    embedded |= {name: embed(crops) for name, embed in ways(detector).items()}
    scores = {name: np.zeros(len(rows)) for name in embedded}
    for one in np.unique(chain):
        mine = np.flatnonzero(chain == one)
        for name, values in embedded.items():
            scores[name][mine] = detector.score(values[mine], times[found.frame[rows[mine]]])
    return {name: np.abs(scores[name] - scores["float32"]) for name in KINDS}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--frames", type=int, default=30)
    arguments = parser.parse_args()
    settle_rounding("cpu")
    detector = load_detector(default_detector(), "cpu")
    each = [differences(path, arguments.frames, detector) for path in arguments.clips]
    for name in KINDS:
        moved = np.concatenate([one[name] for one in each])
        if not len(moved):
            print("no face could be scored")
            return 1
        print(
            f"{name}: {len(moved)} scores of {len(each)} clips; {np.mean(moved <= LEAST):.2%} "
            f"within {LEAST}; half within {np.median(moved):.4f}, 99 % within "
            f"{np.quantile(moved, 0.99):.4f}, most {moved.max():.4f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
