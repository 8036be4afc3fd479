"""Whether a face that appears is one that was lost a moment ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.boxes import overlaps, pair_up, size_ratios
from workstation.analysis.shots import is_cut
from workstation.cases.records import Stretch

_LEAST = 0.25
_GROWTH = 1.6
_CLEAR = 0.15
_LOOKS = 0.5
_SLOWING = 0.8


@dataclass(frozen=True)
class Ended:
    """A track that has ended, as it was last seen.

    Attributes:
        track: Its number.
        seconds: float64 (N,), when its last faces were seen.
        boxes: float32 (N, 4), x, y, width, height, pixels.
        embedding: float16 (D,), of its last suitable face, or None.
    """

    track: int
    seconds: NDArray[np.float64]
    boxes: NDArray[np.float32]
    embedding: NDArray[np.float16] | None


Known = tuple[NDArray[np.float32], NDArray[np.float16] | None]


def continuations(begun: Sequence[Known], second: float, ended: Sequence[Ended]) -> list[int]:
    """Which track each of some faces continues.

    A track goes on where its last box, or that box carried on at its last speed, overlaps the new
    one at a similar size; looks (cosine similarity of embeddings) decide between rivals. Where the
    second best is nearly as good as the best, nothing is claimed.

    Args:
        begun: Box (x, y, width, height, pixels) and embedding of each face, all of one frame.
        second: When it appears.
        ended: Tracks in question.

    Returns:
        Track numbers, 0 where a face continues none.
    """
    if not begun or not ended:
        return [0] * len(begun)
    worth = np.array([[_worth(face, second, track) for track in ended] for face in begun])
    answer = [0] * len(begun)
    for face, track in pair_up(worth, _LEAST):
        rivals = max(_second(worth[face], track), _second(worth[:, track], face))
        if worth[face, track] - rivals >= _CLEAR:
            answer[face] = ended[track].track
    return answer


def _second(worth: NDArray[np.float64], best: int) -> float:
    """The best of the others that would do at all, 0 if there are none."""
    others = np.delete(worth, best)
    return float(others.max(initial=0.0)) if (others >= _LEAST).any() else 0.0


def _worth(face: Known, second: float, track: Ended) -> float:
    box, embedding = face
    last: NDArray[np.float32] = track.boxes[-1]
    if size_ratios(box[None], last[None])[0, 0] > _GROWTH:
        return 0.0
    expected = _carried_on(track, second)
    shared = float(overlaps(box[None], np.stack([last, expected])).max())
    if shared < _LEAST:
        return 0.0
    nearer = float(overlaps(box[None], expected[None])[0, 0])
    return (shared + nearer) / 2 + _LOOKS * _looks(embedding, track.embedding)


def _carried_on(track: Ended, second: float) -> NDArray[np.float32]:
    """The last box moved on at the track's last speed, slowing a little."""
    last: NDArray[np.float32] = track.boxes[-1]
    passed = float(track.seconds[-1] - track.seconds[0])
    if passed <= 0:
        return last
    centres = track.boxes[:, :2] + track.boxes[:, 2:] / 2
    speed = (centres[-1] - centres[0]) / passed
    shift = speed * (second - float(track.seconds[-1])) * _SLOWING
    box = last.copy()
    box[:2] += shift.astype(np.float32)
    return box


def _looks(one: NDArray[np.float16] | None, other: NDArray[np.float16] | None) -> float:
    """Cosine similarity, 0 when either is unknown."""
    if one is None or other is None:
        return 0.0
    a, b = one.astype(np.float64), other.astype(np.float64)
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / size if size > 0 else 0.0


class Shots:
    """Where shots end, and where nobody can see."""

    def __init__(self) -> None:
        self._cuts: list[tuple[int, NDArray[np.uint8]]] = []
        self._blind: list[Stretch] = []

    def add(
        self, cut: NDArray[np.int64], sketches: NDArray[np.uint8], blind: Sequence[Stretch]
    ) -> None:
        """Take in the next chunk's cuts and undecodable stretches.

        Args:
            cut: Frames with which a shot begins, int64 ``(C,)``.
            sketches: Before and after each, uint8 ``(C, 2, 36, 64)``.
            blind: Frames that could not be decoded.
        """
        self._cuts += zip(cut.tolist(), sketches, strict=True)
        self._blind += blind

    def forget(self, frame: int) -> None:
        """Let go of what lies before a frame, when no earlier one will be asked about.

        Args:
            frame: Its number.
        """
        self._cuts = [cut for cut in self._cuts if cut[0] >= frame]
        self._blind = [stretch for stretch in self._blind if stretch.last >= frame]

    def apart(self, earlier: int, later: int) -> bool:
        """Whether a face seen in one frame cannot be followed to another.

        A flash cuts twice and leaves the shot as it was: that does not part frames.

        Args:
            earlier: Frame number.
            later: Frame number.
        """
        if any(s.first <= later and s.last >= earlier for s in self._blind):
            return True
        between = [sketches for frame, sketches in self._cuts if earlier < frame <= later]
        return bool(between) and is_cut(between[0][0], between[-1][1])
