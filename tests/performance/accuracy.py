"""How far the analysis is from one that looks at every frame in float32 by plain torch; prints.

Run with `./run python tests/performance/accuracy.py CLIP ... [--frames N]`. The reference looks for
faces with facenet-pytorch itself in every frame, reduced as the analysis reduces it, and embeds
with the detector's own torch network in float32, unfolded. For each clip: the share of scores
within 0.02 of the reference's, the largest difference, whether the findings agree. Exit status 0
when at least 99 % of all scores are that near and every finding is the same.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

import torch
from facenet_pytorch import MTCNN

from models.preprocessing import normalise
from models.weights import load_network
from workstation.analysis import chunks, following
from workstation.analysis import faces as finding
from workstation.analysis.cascade import Cascade, Found
from workstation.analysis.chunks import ChunkRequest, analyse_chunk
from workstation.analysis.detector import Detector, default_detector
from workstation.analysis.findings import Thresholds, conclude
from workstation.analysis.planning import plan_chunks
from workstation.analysis.settings import AnalysisSettings
from workstation.analysis.temporal import TemporalScorer
from workstation.analysis.tracking import Linker
from workstation.analysis.trust import outside
from workstation.cases.records import FaceTable, FrameIndex
from workstation.evidence.frame_index import build_frame_index

NEAR, SHARE = 0.02, 0.99
PLACES = following._places


class PlainCascade:
    """What `Cascade` does, by facenet-pytorch."""

    def __init__(self, smallest: int, device: str) -> None:
        self._network = MTCNN(keep_all=True, min_face_size=smallest, device=device).eval()

    def find(self, pictures: Sequence[NDArray[np.uint8]]) -> list[Found]:
        """As `Cascade.find`."""
        return [self._found(picture) for picture in pictures]

    def _found(self, picture: NDArray[np.uint8]) -> Found:
        boxes, certainty, landmarks = self._network.detect(picture, landmarks=True)
        nothing = [np.zeros(shape, np.float32) for shape in ((0, 4), (0, 5, 2), 0, (0, 4))]
        if boxes is None:
            return Found(*nothing)
        parts = (boxes, landmarks, certainty)
        return Found(*(np.asarray(list(part), np.float32) for part in parts), nothing[3])


class PlainEmbedder:
    """What an embedder does, by the network as it is."""

    precision = "float32"

    def __init__(self, detector: Detector) -> None:
        self._card = detector.info.card
        self._network = load_network(detector.info.card_path, "cpu").eval()

    def embed(self, crops: NDArray[np.uint8], batch: int) -> NDArray[np.float16]:
        """As `Embedder.embed`."""
        card, parts = self._card["preprocessing"], [np.zeros((0, 0), np.float16)]
        with torch.inference_mode():
            for start in range(0, len(crops), batch):
                some = crops[start : start + batch]
                pixels = normalise(some, tuple(card["mean"]), tuple(card["std"]))
                parts.append(self._network.embed(pixels).numpy().astype(np.float16))
        return np.concatenate(parts[1:]) if len(parts) > 1 else parts[0]


def scored(
    path: Path, index: FrameIndex, detector: Detector, settings: AnalysisSettings
) -> FaceTable:
    """All faces of a clip with their scores, as the pipeline would store them."""
    linker = Linker(index.times, settings.gap_seconds, detector.width)
    scorer = TemporalScorer(detector, settings.gap_seconds)
    tables = []
    for span in plan_chunks(index, settings):
        request = ChunkRequest(path, index, span, settings, detector.info, "cpu")
        linked = linker.add(analyse_chunk(request))
        rows = np.flatnonzero(linked.suitable)
        score = np.full(len(linked.frame), np.nan, np.float32)
        seconds = index.times[linked.frame[rows]]
        score[rows] = scorer.score(linked.track[rows], seconds, linked.embedding)
        unlike = np.full(len(linked.frame), -1, np.int16)
        unlike[rows] = outside(linked.measures[rows], detector.info.card)
        columns = (linked.frame, linked.track, linked.suitable, score, linked.box)
        sharpness = linked.measures[:, 4]
        tables.append(FaceTable(*columns, linked.landmarks, unlike, sharpness))
    names = ("frame", "track", "scored", "score", "box", "landmarks", "outside", "sharpness")
    parts = [[getattr(table, name) for table in tables] for name in names]
    return FaceTable(*(np.concatenate(part) for part in parts))


def shortened(index: FrameIndex, frames: int) -> FrameIndex:
    """The first frames of an index."""
    if len(index) <= frames:
        return index
    return replace(index, pts=index.pts[:frames], key=index.key[:frames])


def differences(one: FaceTable, other: FaceTable) -> Iterator[float]:
    """Between the scores of the n-th faces of each frame; 1 for a face that only one has."""
    for frame in np.unique(np.concatenate([one.frame[one.scored], other.frame[other.scored]])):
        mine = np.flatnonzero((one.frame == frame) & one.scored)
        theirs = np.flatnonzero((other.frame == frame) & other.scored)
        yield from [1.0] * abs(len(mine) - len(theirs))
        mine, theirs = mine[one.box[mine, 0].argsort()], theirs[other.box[theirs, 0].argsort()]
        for a, b in zip(mine, theirs, strict=False):
            yield abs(float(one.score[a]) - float(other.score[b]))


def compare(
    path: Path, frames: int, settings: AnalysisSettings
) -> tuple[NDArray[np.float64], bool]:
    """Differences of one clip, and whether the findings agree."""
    info = default_detector()
    index = shortened(build_frame_index(path), frames)
    ours, plain = Detector(info, "cpu"), Detector(info, "cpu")
    plain._embedder = PlainEmbedder(plain)
    rule, tables, findings = Thresholds.of_card(info.card), [], []
    for detector, cascade, chosen, places in (
        (ours, Cascade, settings, PLACES),
        (plain, PlainCascade, AnalysisSettings(), lambda *_: None),
    ):
        finding.Cascade, following._places = cascade, places
        chunks.load_detector = lambda *_, detector=detector: detector
        tables.append(scored(path, index, detector, chosen))
        _, found = conclude(tables[-1], index.times, (), rule)
        findings.append([str(one.finding) for one in found])
    return np.array(list(differences(*tables))), findings[0] == findings[1]


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--frames", type=int, default=1_000_000, help="of each clip at most")
    parser.add_argument("--grid", type=int, help="interpolate between every Nth frame")
    arguments = parser.parse_args()
    grid = arguments.grid
    settings = AnalysisSettings(grid=grid, interpolate=True) if grid else AnalysisSettings()
    gathered, agree = [], True
    for path in arguments.clips:
        apart, same = compare(path, arguments.frames, settings)
        gathered.append(apart)
        agree &= same
        print(
            f"{path.name}: {len(apart)} scores, within {NEAR}: {(apart <= NEAR).mean():.1%}, "
            f"most {apart.max(initial=0):.4f}, findings {'the same' if same else 'DIFFER'}",
            flush=True,
        )
    share = float((np.concatenate(gathered) <= NEAR).mean())
    print(f"all: {share:.2%} within {NEAR}; findings {'the same' if agree else 'DIFFER'}")
    return 0 if share >= SHARE and agree else 1


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
