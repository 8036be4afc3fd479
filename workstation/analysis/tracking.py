"""Linking the chains of all chunks into face tracks, in order and in one place.

Every decision depends on what came before in the exhibit and on nothing about its division into
chunks. Rules, in this order:

1. A chain that reaches a chunk's end goes on in the next chunk where the same box stands.
2. A chain seen in fewer than three frames whose best answer of the face finder stays below 0.999
   is not a face, unless the exhibit is shorter than that.
3. A chain that begins shortly after a track ended, in the same shot, where that track would be by
   now, continues it. Where two tracks come into question alike, it begins a track of its own.
4. Tracks are numbered from 1 as they appear, then from left to right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.boxes import overlaps, pair_up
from workstation.analysis.bridging import Ended, Shots, continuations
from workstation.analysis.chunk_result import MEASURES, ChunkResult
from workstation.cases.records import Stretch

_SHORTEST_CHAIN = 3
_CERTAIN = 0.999
_SAME_BOX = 0.8
_REMEMBERED = 8


@dataclass(frozen=True)
class LinkedFaces:
    """Faces of a stretch of frames with their tracks, ordered by frame, then track.

    Attributes:
        first: First frame of the stretch.
        stop: Frame behind its last.
        frame: int64 (N,).
        track: int32 (N,), from 1.
        box: float32 (N, 4), x, y, width, height, pixels.
        landmarks: float32 (N, 5, 2), pixels.
        suitable: bool (N,).
        measures: float32 (N, 7), as in `ChunkResult`.
        embedding: float16 (M, D), one for every suitable row, in their order.
        undecodable: Frames of the stretch that could not be decoded.
    """

    first: int
    stop: int
    frame: NDArray[np.int64]
    track: NDArray[np.int32]
    box: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    suitable: NDArray[np.bool_]
    measures: NDArray[np.float32]
    embedding: NDArray[np.float16]
    undecodable: tuple[Stretch, ...]


@dataclass(frozen=True)
class _Row:
    frame: int
    box: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    certainty: float
    measures: NDArray[np.float32]
    embedding: NDArray[np.float16] | None


@dataclass
class _Chain:
    """One face followed without a break; `rows` holds what was not handed out yet."""

    start: int
    rows: list[_Row] = field(default_factory=list)
    length: int = 0
    best: float = 0.0
    open: bool = True
    track: int = 0
    dropped: bool = False
    newest: list[_Row] = field(default_factory=list)

    def add(self, row: _Row) -> None:
        self.rows.append(row)
        self.length += 1
        self.best = max(self.best, row.certainty)


class Linker:
    """Takes chunk results in order and gives faces with tracks.

    Args:
        times: Seconds of every frame, float64 ``(N,)``.
        gap_seconds: A track may continue after at most this long.
        width: Length of the embeddings.
    """

    def __init__(self, times: NDArray[np.float64], gap_seconds: float, width: int) -> None:
        self._times = times
        self._gap = gap_seconds
        self._width = width
        self._shots = Shots()
        self._chains: list[_Chain] = []
        self._closing: list[tuple[NDArray[np.float32], _Chain]] = []
        self._undecodable: list[Stretch] = []
        self._tracks = 0
        self._given = 0
        self._taken = 0

    def add(self, result: ChunkResult) -> LinkedFaces:
        """Take the next chunk.

        Args:
            result: Of the frames right behind the last chunk's.

        Returns:
            The faces of all frames about which everything is known now: as a rule to the chunk's
            end, sometimes a frame or two less, which follow with the next chunk.

        Raises:
            ValueError: The chunk does not follow the last one.
        """
        if result.first != self._taken:
            raise ValueError(f"expected the chunk at frame {self._taken}, got {result.first}")
        self._taken = result.stop
        self._shots.add(result.cut, result.cut_sketch, result.undecodable)
        self._undecodable += result.undecodable
        self._collect(result)
        horizon = self._horizon()
        self._number(horizon)
        return self._hand_out(horizon)

    def _collect(self, result: ChunkResult) -> None:
        """Sort the chunk's rows into chains, joining those that came over the border."""
        local: dict[int, _Chain] = {}
        entering = np.flatnonzero(result.frame == result.first)
        local.update(self._joined(result, entering))
        for _, chain in self._closing:
            chain.open = False
        embeddings = iter(result.embedding)
        for number in range(len(result.frame)):
            row = _Row(
                int(result.frame[number]),
                result.box[number],
                result.landmarks[number],
                float(result.certainty[number]),
                result.measures[number],
                next(embeddings) if result.suitable[number] else None,
            )
            name = int(result.chain[number])
            if name not in local:
                local[name] = _Chain(row.frame)
                self._chains.append(local[name])
            local[name].add(row)
        closing = zip(result.closing_chain.tolist(), result.closing_box, strict=True)
        self._closing = [(box, local[name]) for name, box in closing]
        reaching = {id(chain) for _, chain in self._closing}
        for chain in local.values():
            chain.open = id(chain) in reaching

    def _joined(self, result: ChunkResult, entering: NDArray[np.int64]) -> dict[int, _Chain]:
        """Chains of the last chunk that stand at this one's first frame."""
        if not self._closing or not len(entering):
            return {}
        shared = overlaps(np.stack([box for box, _ in self._closing]), result.box[entering])
        return {
            int(result.chain[entering[here]]): self._closing[before][1]
            for before, here in pair_up(shared, _SAME_BOX)
        }

    def _horizon(self) -> int:
        """The frame up to which nothing that comes later can change anything."""
        doubtful = [c.start for c in self._chains if not c.track and c.open and not self._real(c)]
        return min([self._taken, *doubtful])

    def _real(self, chain: _Chain) -> bool:
        least = min(_SHORTEST_CHAIN, len(self._times))
        # An open chain is known to stand in the frame behind the chunk as well.
        return chain.length + chain.open >= least or chain.best >= _CERTAIN

    def _number(self, horizon: int) -> None:
        """Give every chain that begins before the horizon its track, in order of appearance."""
        new = [c for c in self._chains if not c.track and not c.dropped and c.start < horizon]
        for chain in new:
            chain.dropped = not self._real(chain)
        new = [chain for chain in new if not chain.dropped]
        new.sort(key=lambda chain: (chain.start, *chain.rows[0].box[:2].tolist()))
        for start in sorted({chain.start for chain in new}):
            here = [chain for chain in new if chain.start == start]
            for chain, track in zip(here, self._continued(here, start), strict=True):
                if not track:
                    self._tracks += 1
                chain.track = track or self._tracks

    def _continued(self, chains: Sequence[_Chain], start: int) -> list[int]:
        """The track each of some chains beginning at one frame continues, 0 for none."""
        ended = self._ended(start)
        known = [(c.rows[0].box, c.rows[0].embedding) for c in chains]
        return continuations(known, float(self._times[start]), ended)

    def _ended(self, start: int) -> list[Ended]:
        """Tracks that ended shortly before a frame, within its shot."""
        last: dict[int, _Chain] = {}
        for chain in self._chains:
            if chain.track and chain.start < start:
                other = last.get(chain.track)
                if other is None or chain.start > other.start:
                    last[chain.track] = chain
        ended = []
        for track, chain in sorted(last.items()):
            rows = [row for row in (*chain.newest, *chain.rows) if row.frame < start]
            everything = [*chain.newest, *chain.rows]
            over = bool(rows) and everything[-1].frame < start
            if not over or self._times[start] - self._times[rows[-1].frame] > self._gap:
                continue
            if self._shots.apart(rows[-1].frame, start):
                continue
            recent = rows[-_REMEMBERED:]
            seconds = self._times[[row.frame for row in recent]]
            boxes = np.stack([row.box for row in recent])
            ended.append(Ended(track, seconds, boxes, _newest_embedding(recent)))
        return ended

    def _hand_out(self, horizon: int) -> LinkedFaces:
        rows: list[tuple[int, int, _Row]] = []
        for chain in self._chains:
            passed = [row for row in chain.rows if row.frame < horizon]
            chain.rows = chain.rows[len(passed) :]
            chain.newest = [*chain.newest, *passed][-_REMEMBERED:]
            if chain.track:
                rows += [(row.frame, chain.track, row) for row in passed]
        self._forget(horizon)
        rows.sort(key=lambda entry: entry[:2])
        undecodable = tuple(
            _before(stretch, horizon) for stretch in self._undecodable if stretch.first < horizon
        )
        self._undecodable = [_behind(s, horizon) for s in self._undecodable if s.last >= horizon]
        first, self._given = self._given, horizon
        return _as_arrays(first, horizon, rows, undecodable, self._width)

    def _forget(self, horizon: int) -> None:
        """Let go of chains that can neither grow nor be continued, and of shots long past."""
        oldest = self._times[min(horizon, len(self._times) - 1)] - self._gap
        self._shots.forget(int(np.searchsorted(self._times, oldest)))
        self._chains = [
            c
            for c in self._chains
            if c.open or c.rows or (c.track and self._times[c.newest[-1].frame] >= oldest)
        ]


def _newest_embedding(rows: Sequence[_Row]) -> NDArray[np.float16] | None:
    return next((row.embedding for row in reversed(rows) if row.embedding is not None), None)


def _before(stretch: Stretch, frame: int) -> Stretch:
    return Stretch(stretch.first, min(stretch.last, frame - 1), stretch.reason)


def _behind(stretch: Stretch, frame: int) -> Stretch:
    return Stretch(max(stretch.first, frame), stretch.last, stretch.reason)


def _as_arrays(
    first: int,
    stop: int,
    rows: Sequence[tuple[int, int, _Row]],
    undecodable: tuple[Stretch, ...],
    width: int,
) -> LinkedFaces:
    embeddings = [row.embedding for _, _, row in rows if row.embedding is not None]
    return LinkedFaces(
        first,
        stop,
        frame=np.array([frame for frame, _, _ in rows], np.int64),
        track=np.array([track for _, track, _ in rows], np.int32),
        box=np.array([row.box for _, _, row in rows], np.float32).reshape(-1, 4),
        landmarks=np.array([row.landmarks for _, _, row in rows], np.float32).reshape(-1, 5, 2),
        suitable=np.array([row.embedding is not None for _, _, row in rows], np.bool_),
        measures=np.array([row.measures for _, _, row in rows], np.float32).reshape(-1, MEASURES),
        embedding=np.array(embeddings, np.float16).reshape(-1, width),
        undecodable=undecodable,
    )
