"""What the timeline draws, held so that drawing it costs the same however long the exhibit is."""

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ui.timeline.pyramid import Pyramid
from workstation.cases.records import FaceTable, FrameIndex, FrameState, Stretch


class Mark(IntEnum):
    """Frame states by rank: where frames share a pixel, the highest one is drawn."""

    SCORED = 0
    NO_FACE = 1
    UNSUITABLE = 2
    NOT_ANALYSED = 3
    UNDECODABLE = 4

    @property
    def state(self) -> FrameState:
        """The state in the words of the case."""
        return FrameState[self.name]


NO_FRAMES = np.zeros(0, np.int64)

Spans = tuple[NDArray[np.float64], NDArray[np.float64]]
Rows = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float32]]


class TrackScores:
    """The scored frames of one face track, in time order; what is not scored is not in it.

    Attributes:
        frames: int64 (N,), frame numbers, strictly increasing.
        times: float64 (N,), seconds.
        scores: float32 (N,), 0..1.
    """

    def __init__(self) -> None:
        self._room: Rows = (np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.float32))
        self._links: NDArray[np.bool_] | None = None
        self._pyramid: Pyramid | None = None
        self._hold(0)

    @property
    def links(self) -> NDArray[np.bool_]:
        """Whether the next row is the very next frame, bool (N,)."""
        if self._links is None:
            self._links = np.append(np.diff(self.frames) == 1, False)
        return self._links

    @property
    def pyramid(self) -> Pyramid:
        """The scores at every level of detail, worked out once until rows change."""
        if self._pyramid is None:
            scores = self.scores
            self._pyramid = Pyramid(self.frames, self.times, scores, scores, self.links)
        return self._pyramid

    def put(
        self, frames: NDArray[np.int64], times: NDArray[np.float64], scores: NDArray[np.float32]
    ) -> None:
        """Add rows that come after those held; room grows by doubling.

        Args:
            frames: int64 (M,), increasing.
            times: float64 (M,), seconds.
            scores: float32 (M,), 0..1.
        """
        if not len(frames):
            return
        start, stop = len(self.frames), len(self.frames) + len(frames)
        if stop > len(self._room[0]):
            self._room = tuple(np.resize(column, 2 * stop) for column in self._room)
        for column, new in zip(self._room, (frames, times, scores), strict=True):
            column[start:stop] = new
        self._hold(stop)

    def cut(self, first: int, stop: int) -> Rows:
        """Take out frames `first`..`stop`-1 and all later ones; returns the later ones."""
        low, high = np.searchsorted(self.frames, [first, stop])
        later = (self.frames[high:].copy(), self.times[high:].copy(), self.scores[high:].copy())
        if low < len(self.frames):
            self._hold(int(low))
        return later

    def _hold(self, count: int) -> None:
        self.frames, self.times, self.scores = (column[:count] for column in self._room)
        self._links = self._pyramid = None

    def at(self, frame: int) -> float:
        """The score of a frame, NaN where this track has none."""
        place = int(np.searchsorted(self.frames, frame))
        found = place < len(self.frames) and self.frames[place] == frame
        return float(self.scores[place]) if found else float("nan")


class ExhibitScores:
    """Scores and frame states of one exhibit.

    Attributes:
        times: float64 (N,), seconds of every frame.
        ends: float64 (N,), seconds at which every frame ends: where the next one begins.
        marks: uint8 (N,), `Mark` of every frame.
        tracks: scored frames by face track number.
        present: int64 (N,) by face track number, the frames in which it has a face, scored or not.
        outside: the same, frames in which the face is unlike those the detector was trained on.
    """

    def __init__(self, index: FrameIndex | None = None) -> None:
        self.times = index.times if index is not None else np.zeros(0)
        self.ends = np.append(self.times[1:], self.end)[: len(self.times)]
        self.marks = np.full(len(self.times), Mark.NOT_ANALYSED, np.uint8)
        self.tracks: dict[int, TrackScores] = {}
        self.present: dict[int, NDArray[np.int64]] = {}
        self.outside: dict[int, NDArray[np.int64]] = {}
        self._spans: dict[tuple[bool, int], Spans] = {}
        self._kinds: NDArray[np.bool_] | None = None

    def work_out(self) -> None:
        """Make ready, off the window's thread, what drawing would otherwise wait for."""
        for track in self.tracks.values():
            track.pyramid  # noqa: B018  kept once it was asked for
        for number in self.present:
            self.spans(number)
            self.spans(number, outside=True)
        self.kinds  # noqa: B018

    @property
    def kinds(self) -> NDArray[np.bool_]:
        """Which marks occur, bool (5,), by `Mark`."""
        if self._kinds is None:
            self._kinds = np.array([bool((self.marks == mark).any()) for mark in Mark])
        return self._kinds

    @property
    def end(self) -> float:
        """Seconds at which the last frame ends, if it lasts as long as frames do on average."""
        count = len(self.times)
        if count < 2:
            return 1.0
        return float(self.times[-1] * count / (count - 1))

    @property
    def analysed(self) -> bool:
        """Whether anything is known about any frame."""
        return bool(self.kinds[[mark for mark in Mark if mark is not Mark.NOT_ANALYSED]].any())

    def append(
        self, first: int, stop: int, faces: FaceTable, undecodable: Sequence[Stretch] = ()
    ) -> None:
        """Take over what the analysis found in frames `first`..`stop`-1, instead of any before."""
        self.marks[first:stop] = Mark.NO_FACE
        inside = (faces.frame >= first) & (faces.frame < stop)
        scored = inside & faces.scored & np.isfinite(faces.score)
        self.marks[faces.frame[inside]] = Mark.UNSUITABLE
        self.marks[faces.frame[scored]] = Mark.SCORED
        self.mark_undecodable(undecodable)
        later = {n: track.cut(first, stop) for n, track in self.tracks.items()}
        for number in np.unique(faces.track[scored]):
            chosen = scored & (faces.track == number)
            frames = faces.frame[chosen]
            track = self.tracks.setdefault(int(number), TrackScores())
            track.put(frames, self.times[frames], faces.score[chosen])
        for number, columns in later.items():
            self.tracks[number].put(*columns)
        self.tracks = {n: track for n, track in sorted(self.tracks.items()) if len(track.frames)}
        self.present = _merged(self.present, first, stop, faces, inside)
        self.outside = _merged(self.outside, first, stop, faces, inside & (faces.outside > 0))
        self._spans, self._kinds = {}, None

    def spans(self, track: int, *, outside: bool = False) -> Spans:
        """When a face is in the picture, or outside the training range, without a break each.

        Returns:
            Seconds at which each stretch begins and ends, both float64 (M,), increasing.
        """
        if (outside, track) not in self._spans:
            frames = (self.outside if outside else self.present).get(track, NO_FRAMES)
            breaks = np.flatnonzero(np.diff(frames) != 1)
            first = frames[np.append(0, breaks + 1)] if len(frames) else NO_FRAMES
            last = frames[np.append(breaks, len(frames) - 1)] if len(frames) else NO_FRAMES
            self._spans[outside, track] = (self.times[first], self.ends[last])
        return self._spans[outside, track]

    def clear(self) -> None:
        """Forget everything that an analysis found."""
        self.marks[:] = Mark.NOT_ANALYSED
        self.tracks, self.present, self.outside, self._spans = {}, {}, {}, {}
        self._kinds = None

    def mark_undecodable(self, stretches: Sequence[Stretch]) -> None:
        """Mark frames that could not be decoded."""
        for stretch in stretches:
            self.marks[max(stretch.first, 0) : stretch.last + 1] = Mark.UNDECODABLE
            self._kinds = None

    def nearest(self, seconds: float) -> int:
        """The frame whose timestamp is nearest; timestamps need not be evenly spaced."""
        after = int(np.searchsorted(self.times, seconds))
        if after == 0:
            return 0
        if after == len(self.times):
            return after - 1
        before = after - 1
        closer = seconds - self.times[before] <= self.times[after] - seconds
        return before if closer else after

    def until(self, frame: int) -> float:
        """Seconds at which a frame ends: where the next one begins."""
        return float(self.ends[frame])


def holds(frames: NDArray[np.int64] | None, frame: int) -> bool:
    """Whether a frame is among these frames, int64 (N,), increasing; None holds none."""
    if frames is None:
        return False
    place = int(np.searchsorted(frames, frame))
    return place < len(frames) and int(frames[place]) == frame


def _merged(
    old: dict[int, NDArray[np.int64]],
    first: int,
    stop: int,
    faces: FaceTable,
    chosen: NDArray[np.bool_],
) -> dict[int, NDArray[np.int64]]:
    """Frames by face track, those in `first`..`stop`-1 taken from the chosen rows of a table."""
    fresh = {int(n): faces.frame[chosen & (faces.track == n)] for n in np.unique(faces.track)}
    merged = {}
    for number in sorted({*old, *fresh}):
        before = old.get(number, NO_FRAMES)
        low, high = np.searchsorted(before, [first, stop])
        parts = (before[:low], fresh.get(number, NO_FRAMES), before[high:])
        merged[number] = np.concatenate(parts)
    return {number: frames for number, frames in merged.items() if len(frames)}


def mark_runs(
    times: NDArray[np.float64], marks: NDArray[np.uint8], left: float, right: float, columns: int
) -> list[tuple[int, int, Mark]]:
    """Frame states between two times as pixel columns first..last (inclusive), runs of one mark.

    Args:
        times: float64 (N,), seconds.
        marks: uint8 (N,), `Mark` of every frame.
        left: first second in sight.
        right: last second in sight.
        columns: pixels between them.
    """
    if not len(times) or columns < 1:
        return []
    edges = np.linspace(left, right, columns + 1)
    begin = np.maximum(np.searchsorted(times, edges[:-1], side="right") - 1, 0)
    end = np.maximum(np.searchsorted(times, edges[1:], side="left"), begin + 1)
    padded = np.append(marks, np.uint8(0))
    worst = np.maximum.reduceat(padded, np.stack([begin, end], axis=1).ravel())[::2]
    starts = np.flatnonzero(np.append(True, np.diff(worst) != 0))
    stops = np.append(starts[1:], columns) - 1
    return [(int(a), int(b), Mark(int(worst[a]))) for a, b in zip(starts, stops, strict=True)]
