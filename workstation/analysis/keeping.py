"""Chunk results kept in the case's cache, so that nothing is decoded or looked for twice.

Two things are kept of each chunk: its whole result, for the same detector with another card, other
thresholds or another scoring along time; and the faces found in it, for other detectors.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from workstation.analysis.chunk_result import ChunkResult, from_bytes, to_bytes
from workstation.analysis.detector import Detector
from workstation.analysis.engines import engine_name
from workstation.analysis.planning import ChunkSpan
from workstation.analysis.replay import cache_key
from workstation.analysis.settings import AnalysisSettings
from workstation.analysis.versions import software_versions
from workstation.cases.case import Case
from workstation.cases.plain_json import canonical
from workstation.cases.records import Exhibit


class KeptChunks:
    """What the cache of a case holds of one exhibit, for one detector and its settings.

    Args:
        case: Open for writing.
        exhibit: Whose chunks.
        detector: Loaded.
        settings: How faces are found and followed, and how much is kept.

    Attributes:
        given: Frames whose results were there already.
    """

    def __init__(
        self, case: Case, exhibit: Exhibit, detector: Detector, settings: AnalysisSettings
    ) -> None:
        self._cache = case.cache
        self._results = cache_key(exhibit, detector, settings)
        self._faces = faces_key(exhibit, detector.torch_device, settings)
        self._width = detector.width
        self._most = settings.kept_megabytes * 2**20
        self.given = 0

    def result(self, span: ChunkSpan) -> ChunkResult | None:
        """A chunk's result, unless it is not there, damaged or of other frames.

        Args:
            span: The chunk's frames.
        """
        blob = self._cache.get(self._results, span.first)
        found = None if blob is None else _unpacked(blob, span, self._width)
        self.given += span.stop - span.first if found else 0
        return found

    def faces(self, span: ChunkSpan) -> ChunkResult | None:
        """The faces of a chunk, without what a detector made of them.

        Args:
            span: The chunk's frames.
        """
        blob = self._cache.get(self._faces, span.first)
        return None if blob is None else _unpacked(blob, span, 0)

    def keep(self, result: ChunkResult) -> None:
        """Keep a chunk's result and its faces.

        Raises:
            CaseError: The disk is full.
        """
        self._cache.put(self._results, result.first, to_bytes(result))
        self._cache.put(self._faces, result.first, to_bytes(only_faces(result)))

    def make_room(self) -> None:
        """Forget the largest of what other analyses left, until the bound is kept."""
        self._cache.trim(self._most, (self._faces, self._results))

    def forget(self, *, faces: bool = False) -> None:
        """Forget the results, and the faces too if asked; else they stay."""
        self._cache.drop(self._results)
        if faces:
            self._cache.drop(self._faces)


def only_faces(result: ChunkResult) -> ChunkResult:
    """A result as it would be for a detector that takes no face.

    Args:
        result: Any chunk's.
    """
    return replace(
        result,
        suitable=np.zeros_like(result.suitable),
        measures=np.full_like(result.measures, np.nan),
        embedding=np.zeros((0, 0), np.float16),
        seconds={},
    )


def faces_key(exhibit: Exhibit, device: str, settings: AnalysisSettings) -> str:
    """The name under which an exhibit's faces are kept: all that shapes them, and no detector.

    Args:
        exhibit: Whose faces.
        device: "cpu" or "cuda".
        settings: How faces are found and followed.
    """
    facts = {
        "faces of": exhibit.hashes.sha256,
        "settings": settings.shaping(),
        "engine": engine_name(device),
        "device": device,
        "versions": software_versions(),
    }
    return hashlib.sha256(canonical(facts)).hexdigest()


def _unpacked(blob: bytes, span: ChunkSpan, width: int) -> ChunkResult | None:
    try:
        return from_bytes(blob, span.first, span.stop, width)
    except ValueError:  # damaged or differently divided: the chunk is worked out again
        return None
