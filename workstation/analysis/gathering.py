"""Gathering a chunk's faces: judged, cut out, and embedded batch by batch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.chunk_result import MEASURES
from workstation.analysis.detector import Detector
from workstation.analysis.faces import Faces
from workstation.analysis.quality import SHARPNESS, is_placed
from workstation.analysis.stopwatch import Stopwatch
from workstation.analysis.trust import measure

_UNMEASURED = np.full(MEASURES, np.nan, np.float32)


class FaceGatherer:
    """Collects the rows of a `ChunkResult`; holds at most one batch of crops.

    Args:
        detector: Cuts out and embeds.
        batch: Crops embedded together.
        watch: Counts the time.
    """

    def __init__(self, detector: Detector, batch: int, watch: Stopwatch) -> None:
        self._detector = detector
        self._limits = detector.limits
        self._batch = batch
        self._watch = watch
        self._chains = 0
        self._frames: list[int] = []
        self._faces: list[Faces] = []
        self._chain: list[NDArray[np.int32]] = []
        self._suitable: list[bool] = []
        self._measures: list[NDArray[np.float32]] = []
        self._crops: list[NDArray[np.uint8]] = []
        self._embeddings: list[NDArray[np.float16]] = []

    def begin(self, count: int) -> NDArray[np.int32]:
        """Numbers for chains that begin, int32 ``(count,)``."""
        numbers = np.arange(self._chains, self._chains + count, dtype=np.int32)
        self._chains += count
        return numbers

    def begin_where_new(self, chains: NDArray[np.int32]) -> NDArray[np.int32]:
        """The same chains, with new numbers in place of -1.

        Args:
            chains: int32 ``(N,)``.
        """
        new = chains < 0
        numbered = chains.astype(np.int32)
        numbered[new] = self.begin(int(new.sum()))
        return numbered

    def add(
        self, number: int, pixels: NDArray[np.uint8], faces: Faces, chains: NDArray[np.int32]
    ) -> None:
        """Take in the faces of one frame.

        Args:
            number: Of the frame.
            pixels: RGB, uint8 ``(H, W, 3)``.
            faces: Of the frame.
            chains: Chain of each face, int32 ``(N,)``.
        """
        if not len(faces):
            return
        self._frames += [number] * len(faces)
        self._faces.append(faces)
        self._chain.append(chains)
        size = (pixels.shape[1], pixels.shape[0])
        for box, landmarks in zip(faces.box, faces.landmarks, strict=True):
            suitable, measures = False, _UNMEASURED
            if is_placed(box, landmarks, size, self._limits):
                with self._watch.stage("crops"):
                    suitable, measures = self._cut(pixels, landmarks)
            self._suitable.append(suitable)
            self._measures.append(measures)
        while len(self._crops) >= self._batch:
            self._embed()

    def _cut(
        self, pixels: NDArray[np.uint8], landmarks: NDArray[np.float32]
    ) -> tuple[bool, NDArray[np.float32]]:
        """Keep the crop of a face if it is sharp enough; measure it either way."""
        try:
            crop = self._detector.crop(pixels, landmarks)
            measures = measure(crop, landmarks, self._detector.info.card)
        except ValueError:  # landmarks that span no face: nothing to cut out
            return False, _UNMEASURED
        suitable = float(measures[SHARPNESS]) >= self._limits.minimum_sharpness
        if suitable:
            self._crops.append(crop)
        return suitable, measures

    def _embed(self) -> None:
        some, self._crops = self._crops[: self._batch], self._crops[self._batch :]
        with self._watch.stage("embeddings"):
            self._embeddings.append(self._detector.embed(np.stack(some), self._batch))

    def finish(self) -> dict[str, NDArray[Any]]:
        """Embed what is left, and give the rows as columns of a `ChunkResult`."""
        if self._crops:
            self._embed()
        none = np.zeros((0, 4), np.float32)
        return {
            "frame": np.array(self._frames, np.int64),
            "chain": np.concatenate([np.zeros(0, np.int32), *self._chain]),
            "box": np.concatenate([none, *(faces.box for faces in self._faces)]),
            "landmarks": np.concatenate(
                [np.zeros((0, 5, 2), np.float32), *(faces.landmarks for faces in self._faces)]
            ),
            "certainty": np.concatenate(
                [np.zeros(0, np.float32), *(faces.certainty for faces in self._faces)]
            ),
            "suitable": np.array(self._suitable, np.bool_),
            "measures": np.array(self._measures, np.float32).reshape(-1, MEASURES),
            "embedding": np.concatenate(
                [np.zeros((0, self._detector.width), np.float16), *self._embeddings]
            ),
        }
