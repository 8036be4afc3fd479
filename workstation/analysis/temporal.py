"""From embeddings to scores: the LSTM along each face track, in sequences that overlap.

A track's scored faces are counted from its first, and anew after a gap. Sequence j holds faces
j * stride to j * stride + length - 1. A face takes its score from the earliest sequence that
holds it, the one with the longest past: with half a sequence's overlap that is the one in whose
second half it lies. So a score depends on a bounded past alone, and never changes when more frames
come.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class SequenceScorer(Protocol):
    """What `Detector` offers here."""

    @property
    def sequence(self) -> tuple[int, int]:
        """Length and stride, in face crops."""

    def score_sequences(self, sequences: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score float32 ``(B, L, D)`` to float32 ``(B, L)``."""


@dataclass
class _Past:
    """What a track's next scores need: its newest embeddings, and how many came before them."""

    last_time: float
    skipped: int = 0
    embeddings: list[NDArray[np.float16]] = field(default_factory=list)


@dataclass(frozen=True)
class _Piece:
    """One sequence to score, and which of its steps are wanted where."""

    steps: NDArray[np.float16]
    wanted: slice
    rows: NDArray[np.int64]


class TemporalScorer:
    """Scores the faces of many tracks as they come, in frame order.

    Args:
        detector: Gives the sequences' length and stride, and scores them.
        gap_seconds: A track's counting starts anew when its face was not scored for longer.
    """

    def __init__(self, detector: SequenceScorer, gap_seconds: float) -> None:
        self._detector = detector
        self._length, self._stride = detector.sequence
        self._gap = gap_seconds
        self._past: dict[int, _Past] = {}

    def score(
        self,
        track: NDArray[np.int32],
        times: NDArray[np.float64],
        embeddings: NDArray[np.float16],
    ) -> NDArray[np.float32]:
        """Score the next faces.

        Args:
            track: Track of each face, int32 ``(N,)``.
            times: Seconds, float64 ``(N,)``, in order, behind all that came before.
            embeddings: float16 ``(N, D)``.

        Returns:
            float32 ``(N,)``, 0..1.
        """
        scores = np.full(len(track), np.nan, np.float32)
        self._forget(times)
        pieces = [
            piece
            for number in np.unique(track).tolist()
            for piece in self._pieces(number, np.flatnonzero(track == number), times, embeddings)
        ]
        if not pieces:
            return scores
        batch = np.zeros((len(pieces), self._length, embeddings.shape[1]), np.float32)
        for row, piece in enumerate(pieces):
            batch[row, : len(piece.steps)] = piece.steps
        given = self._detector.score_sequences(batch)
        for row, piece in enumerate(pieces):
            scores[piece.rows] = given[row, piece.wanted]
        return scores

    def _forget(self, times: NDArray[np.float64]) -> None:
        """Let go of tracks whose counting starts anew if they are ever seen again."""
        if len(times):
            now, past = float(times[0]), self._past
            self._past = {n: past[n] for n in past if now - past[n].last_time <= self._gap}

    def _pieces(
        self,
        number: int,
        rows: NDArray[np.int64],
        times: NDArray[np.float64],
        embeddings: NDArray[np.float16],
    ) -> list[_Piece]:
        """The sequences one track's new faces lie in."""
        breaks = np.flatnonzero(np.diff(times[rows]) > self._gap) + 1
        pieces = []
        for some in np.split(rows, breaks):
            past = self._past.get(number)
            if past is None or times[some[0]] - past.last_time > self._gap:
                past = self._past[number] = _Past(float(times[some[0]]))
            pieces += self._continue(past, some, embeddings)
            past.last_time = float(times[some[-1]])
        return pieces

    def _continue(
        self, past: _Past, rows: NDArray[np.int64], embeddings: NDArray[np.float16]
    ) -> list[_Piece]:
        known = past.skipped + len(past.embeddings)
        past.embeddings.extend(embeddings[rows])
        total = known + len(rows)
        pieces = []
        face = known
        while face < total:
            start = self._sequence_of(face) * self._stride
            stop = min(start + self._length, total)
            steps = np.stack(past.embeddings[start - past.skipped : stop - past.skipped])
            wanted = slice(face - start, stop - start)
            pieces.append(_Piece(steps, wanted, rows[face - known : stop - known]))
            face = stop
        keep = self._sequence_of(total) * self._stride
        del past.embeddings[: keep - past.skipped]
        past.skipped = keep
        return pieces

    def _sequence_of(self, face: int) -> int:
        """Number of the earliest sequence that holds a face."""
        return max(0, -(-(face - self._length + 1) // self._stride))


def score_track(
    detector: SequenceScorer,
    embeddings: NDArray[np.float16],
    times: NDArray[np.float64],
    gap_seconds: float,
) -> NDArray[np.float32]:
    """Score one whole face track.

    Args:
        detector: Scores sequences.
        embeddings: float16 ``(T, D)``, in time order.
        times: Seconds, float64 ``(T,)``.
        gap_seconds: The counting starts anew after longer gaps.

    Returns:
        float32 ``(T,)``, 0..1.
    """
    return TemporalScorer(detector, gap_seconds).score(
        np.ones(len(embeddings), np.int32), times, embeddings
    )
