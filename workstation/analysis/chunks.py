"""The unit of analysis work: one chunk, from the exhibit's file to embeddings.

`analyse_chunk` is plain and holds no state, so any engine can run it: threads, processes, a
cluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.chunk_result import ChunkResult
from workstation.analysis.detector import Detector, DetectorInfo, load_detector
from workstation.analysis.devices import settle_rounding
from workstation.analysis.faces import FaceFinder, Faces, Reduced, no_faces, reduce_frame
from workstation.analysis.following import Step, follow
from workstation.analysis.gathering import FaceGatherer
from workstation.analysis.planning import ChunkSpan
from workstation.analysis.settings import AnalysisSettings
from workstation.analysis.shots import is_cut, sketch
from workstation.analysis.stopwatch import Stopwatch
from workstation.cases.records import FrameIndex, Stretch
from workstation.evidence.frames import Frame, read_frames


@dataclass(frozen=True)
class ChunkRequest:
    """Everything a worker must know; numbers and paths only, so that it can travel.

    Attributes:
        path: The exhibit's file.
        index: The exhibit's whole frame index.
        span: The frames to analyse.
        settings: How.
        detector: With what.
        device: "cpu", "cuda", or one GPU of several, such as "cuda:1".
        known: The faces of these frames, where they were found before; they are not looked for
            again then.
        threads: Of its decoder; 0 for as many as there are processors.
    """

    path: Path
    index: FrameIndex
    span: ChunkSpan
    settings: AnalysisSettings
    detector: DetectorInfo
    device: str
    known: ChunkResult | None = None
    threads: int = 0


@dataclass(frozen=True)
class _Look:
    """One decoded frame, or its absence, and whether a shot begins with it."""

    number: int
    pixels: NDArray[np.uint8] | None
    small: Reduced | None
    cut: bool

    def emitted(self) -> _Look:
        """Without its pixels: where they lie another frame can be decoded."""
        return replace(self, pixels=None)


def analyse_chunk(request: ChunkRequest) -> ChunkResult:
    """Decode a chunk, find and follow faces, cut them out and embed them.

    Holds no more frames than one grid interval at a time.

    Args:
        request: What to do.

    Returns:
        Numbers only; frames that could not be decoded are among them, with the reason.

    Raises:
        ExhibitError: The exhibit cannot be opened or read at all.
        DetectorError: The detector cannot be loaded.
    """
    settle_rounding(request.device)
    return _ChunkAnalysis(request).run()


class _ChunkAnalysis:
    """The steps of one chunk, and what they share."""

    def __init__(self, request: ChunkRequest) -> None:
        self._request = request
        self._span = request.span
        self._count = len(request.index)
        self._watch = Stopwatch()
        self._detector: Detector = load_detector(request.detector, request.device)
        self._finder = FaceFinder(request.settings, request.device)
        self._gatherer = FaceGatherer(self._detector, request.settings.batch, self._watch)
        self._cuts: list[tuple[int, NDArray[np.uint8]]] = []
        self._undecodable: list[Stretch] = []
        self._closing = (np.zeros(0, np.int32), np.zeros((0, 4), np.float32))

    def run(self) -> ChunkResult:
        """Look for the faces, or take those that are known."""
        known = self._request.known
        return self._search() if known is None else self._revisit(known)

    def _revisit(self, known: ChunkResult) -> ChunkResult:
        """Cut out and embed faces found before."""
        if not len(known.frame):
            return replace(known, embedding=np.zeros((0, self._detector.width), np.float16))
        self._gatherer.begin(int(known.chain.max()) + 1)
        for number, frame in self._frames(self._span.stop):
            rows = slice(*np.searchsorted(known.frame, [number, number + 1]).tolist())
            faces = Faces(known.box[rows], known.landmarks[rows], known.certainty[rows])
            if frame is not None:
                self._gatherer.add(number, frame.pixels, faces, known.chain[rows])
        result = self._result(known.closing_chain, known.closing_box)
        return replace(result, cut=known.cut, cut_sketch=known.cut_sketch)

    def _search(self) -> ChunkResult:
        looks = self._looks()
        look = next(looks)
        faces = self._find_in(look.small)
        chains = self._gatherer.begin(len(faces))
        self._emit(look, faces, chains)
        interval = [look.emitted()]
        for look in looks:
            interval.append(look)
            if not self._is_anchor(look.number):
                continue
            end = self._find_in(look.small)
            steps = self._follow(interval, faces, end)
            chains = self._emit_all(interval[1:], steps, chains)
            interval, faces = [look.emitted()], end
        return self._result(*self._closing)

    def _emit_all(
        self, looks: list[_Look], steps: list[Step], chains: NDArray[np.int32]
    ) -> NDArray[np.int32]:
        """An interval's frames but its first, whose chains are given; the chains of the last."""
        for look, step in zip(looks, steps, strict=True):
            carried = np.append(chains, -1)[step.origin]
            if look.number == self._span.stop:
                kept = carried >= 0
                self._closing = (carried[kept].astype(np.int32), step.faces.box[kept])
                break
            chains = self._gatherer.begin_where_new(carried)
            self._emit(look, step.faces, chains)
        return chains

    def _is_anchor(self, number: int) -> bool:
        return number % self._request.settings.grid == 0 or number == self._count - 1

    def _find_in(self, frame: Reduced | None) -> Faces:
        return no_faces() if frame is None else self._find([frame], None)[0]

    def _find(
        self, frames: Sequence[Reduced], near: Sequence[NDArray[np.float32]] | None
    ) -> list[Faces]:
        with self._watch.stage("faces"):
            return self._finder.find(frames, near)

    def _follow(self, interval: list[_Look], opening: Faces, closing: Faces) -> list[Step]:
        return follow(
            [look.small for look in interval],
            [look.cut for look in interval],
            opening,
            closing,
            self._find,
            interpolate=self._request.settings.interpolate,
        )

    def _emit(self, look: _Look, faces: Faces, chains: NDArray[np.int32]) -> None:
        if look.pixels is not None:
            self._gatherer.add(look.number, look.pixels, faces, chains)

    def _looks(self) -> Iterator[_Look]:
        """The chunk's frames and the one behind it, each compared with the one before."""
        before: NDArray[np.uint8] | None = None
        for number, frame in self._frames(min(self._span.stop + 1, self._count)):
            if frame is None:
                before = None
                yield _Look(number, None, None, False)
                continue
            with self._watch.stage("reduce"):
                small = reduce_frame(frame.pixels, self._request.settings.long_side)
            with self._watch.stage("shots"):
                now = sketch(small.pixels)
                cut = before is not None and is_cut(before, now)
            if cut and before is not None:
                self._cuts.append((number, np.stack([before, now])))
            before = now
            yield _Look(number, frame.pixels, small, cut)

    def _frames(self, stop: int) -> Iterator[tuple[int, Frame | None]]:
        """Number by number, None where a frame cannot be decoded."""
        request = self._request
        source = read_frames(
            request.path, request.index, self._span.first, stop, threads=request.threads
        )
        while True:
            with self._watch.stage("decode"):
                item = next(source, None)
            if item is None:
                return
            if isinstance(item, Frame):
                yield item.number, item
                continue
            self._note(item)
            for number in range(item.first, item.last + 1):
                yield number, None

    def _note(self, stretch: Stretch) -> None:
        last = min(stretch.last, self._span.stop - 1)
        if stretch.first <= last:
            self._undecodable.append(replace(stretch, last=last))

    def _result(
        self, closing_chain: NDArray[np.int32], closing_box: NDArray[np.float32]
    ) -> ChunkResult:
        cuts = np.array([number for number, _ in self._cuts], np.int64)
        sketches = np.array([pair for _, pair in self._cuts], np.uint8).reshape(-1, 2, 36, 64)
        return ChunkResult(
            self._span.first,
            self._span.stop,
            **self._gatherer.finish(),
            closing_chain=closing_chain,
            closing_box=closing_box,
            cut=cuts,
            cut_sketch=sketches,
            undecodable=tuple(self._undecodable),
            seconds=dict(self._watch.seconds),
        )
