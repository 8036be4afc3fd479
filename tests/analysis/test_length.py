"""Nothing that is held while an exhibit is analysed grows with the number of its chunks."""

import tracemalloc

import numpy as np

from workstation.analysis.chunk_result import ChunkResult
from workstation.analysis.temporal import TemporalScorer
from workstation.analysis.tracking import Linker
from workstation.cases.records import Stretch

WIDTH, FRAMES, RATE = 1280, 50, 25
CHUNK_BYTES = FRAMES * WIDTH * 2


class Still:
    """A detector that scores everything alike."""

    sequence = (20, 10)

    def score_sequences(self, sequences):
        return np.zeros(sequences.shape[:2], np.float32)


def chunk(first: int) -> ChunkResult:
    """A shot of its own with a face of its own, and a stretch that cannot be decoded."""
    lost = Stretch(first + 1, first + 1, "damaged")
    frame = np.delete(np.arange(first, first + FRAMES), 1)
    rows = len(frame)
    return ChunkResult(
        first,
        first + FRAMES,
        frame=frame,
        chain=(frame > first).astype(np.int32),
        box=np.tile(np.array([[first % 700, 10, 80, 90]], np.float32), (rows, 1)),
        landmarks=np.zeros((rows, 5, 2), np.float32),
        certainty=np.ones(rows, np.float32),
        suitable=np.ones(rows, np.bool_),
        measures=np.zeros((rows, 7), np.float32),
        embedding=np.ones((rows, WIDTH), np.float16),
        closing_chain=np.zeros(0, np.int32),
        closing_box=np.zeros((0, 4), np.float32),
        cut=np.arange(first + 2, first + FRAMES),
        cut_sketch=np.zeros((FRAMES - 2, 2, 36, 64), np.uint8),
        undecodable=(lost,),
    )


def test_linking_and_scoring_hold_no_more_after_many_chunks_than_after_a_few():
    few, many = 10, 60
    times = np.arange(many * FRAMES) / RATE
    linker, scorer = Linker(times, 0.5, WIDTH), TemporalScorer(Still(), 0.5)
    held, tracks = [], set()
    tracemalloc.start()
    try:
        for number in range(many):
            linked = linker.add(chunk(number * FRAMES))
            scorer.score(linked.track, times[linked.frame], linked.embedding)
            tracks.update(linked.track.tolist())
            del linked
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert len(tracks) >= many
    assert held[-1] - held[few] < CHUNK_BYTES
