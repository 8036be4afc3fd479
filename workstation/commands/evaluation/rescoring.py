"""The same faces scored in other ways: other sequence lengths, out of order, each for itself.

Nothing is decoded or embedded again: the embeddings were kept (`workstation.analysis.replay`).
"""

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from workstation.analysis.detector import Detector
    from workstation.analysis.replay import SeenTrack

LENGTHS = (10, 20, 40, 60, 80, 100)
FRAMES_ALONE = "frames alone"
SHUFFLED = "shuffled"


def whole(length: int) -> str:
    """The way in which all faces are scored in sequences of a length."""
    return f"sequences of {length}"


def first(length: int) -> str:
    """The way in which only the first faces of a track are scored, in one sequence."""
    return f"first {length}"


@dataclass(frozen=True)
class _Sequences:
    """The detector, with sequences of another length and stride."""

    detector: "Detector"
    sequence: tuple[int, int]

    def score_sequences(self, sequences: NDArray[np.float32]) -> NDArray[np.float32]:
        return self.detector.score_sequences(sequences)


class Rescorer:
    """Scores tracks in every way that an evaluation compares.

    Args:
        detector: Loaded.
        gap_seconds: The LSTM starts anew after longer gaps.
    """

    def __init__(self, detector: "Detector", gap_seconds: float) -> None:
        self._detector = detector
        self._gap = gap_seconds
        self._head = _frame_head(detector)

    def ways(self, track: "SeenTrack") -> dict[str, NDArray[np.float32]]:
        """Scores by way.

        Args:
            track: With its embeddings.

        Returns:
            float32 ``(T,)`` each, in frame order; the ways of `first` hold the faces they saw only.
        """
        found = {FRAMES_ALONE: self._alone(track.embeddings), SHUFFLED: self._shuffled(track)}
        for length in LENGTHS:
            stride = max(1, length // 2)
            found[whole(length)] = self._scored(length, stride, track.embeddings, track.times)
            some = slice(0, length)
            start = self._scored(length, stride, track.embeddings[some], track.times[some])
            found[first(length)] = start
        return found

    def _scored(
        self,
        length: int,
        stride: int,
        embeddings: NDArray[np.float16],
        times: NDArray[np.float64],
    ) -> NDArray[np.float32]:
        from workstation.analysis.temporal import score_track

        scorer = _Sequences(self._detector, (length, stride))
        return score_track(scorer, embeddings, times, self._gap)

    def _shuffled(self, track: "SeenTrack") -> NDArray[np.float32]:
        """Each face in its own place again, after the LSTM saw them in a random order."""
        # Seeded by what is shuffled, so that no other clip changes the order.
        rng = np.random.default_rng(zlib.crc32(track.embeddings.tobytes()))
        order = rng.permutation(len(track.frame))
        length, stride = self._detector.sequence
        given = self._scored(length, stride, track.embeddings[order], track.times)
        scores = np.empty_like(given)
        scores[order] = given
        return scores

    def _alone(self, embeddings: NDArray[np.float16]) -> NDArray[np.float32]:
        """What the frame head says of each face; without one, the LSTM from a standing start."""
        import torch

        from models.sequence_network import synthetic_score

        if self._head is None:
            return self._detector.score_sequences(embeddings[:, None].astype(np.float32))[:, 0]
        with torch.inference_mode():
            logits = self._head(torch.from_numpy(embeddings.astype(np.float32)))
        scores: NDArray[np.float32] = synthetic_score(logits).numpy()
        return scores


def _frame_head(detector: "Detector") -> "torch.nn.Module | None":
    """The layer that judges each crop alone, on the CPU, or None where the network has none."""
    from models.weights import load_network

    return load_network(detector.info.card_path).frame_head


if TYPE_CHECKING:
    import torch
