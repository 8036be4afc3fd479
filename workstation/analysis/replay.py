"""What the network saw of an exhibit, from chunk results that were kept; nothing is decoded again.

An evaluation keeps them, to score the same embeddings in other ways: in shorter or longer
sequences, out of order, one by one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.chunk_result import from_bytes
from workstation.analysis.detector import Detector
from workstation.analysis.planning import plan_chunks
from workstation.analysis.settings import AnalysisSettings
from workstation.analysis.tracking import Linker
from workstation.analysis.versions import software_versions
from workstation.cases.case import Case
from workstation.cases.plain_json import canonical
from workstation.cases.records import Exhibit

_SHAPING = ("network", "architecture", "preprocessing", "face_limits")


@dataclass(frozen=True)
class SeenTrack:
    """The scored faces of one face track, in time order.

    Attributes:
        number: Of the track, as in the run.
        frame: Frame numbers, int64 ``(T,)``.
        times: Seconds, float64 ``(T,)``.
        embeddings: float16 ``(T, D)``.
    """

    number: int
    frame: NDArray[np.int64]
    times: NDArray[np.float64]
    embeddings: NDArray[np.float16]


def cache_key(exhibit: Exhibit, detector: Detector, settings: AnalysisSettings) -> str:
    """The name under which an exhibit's chunk results are kept.

    It holds everything that shapes them, and of the card no more than that: with other thresholds
    the same faces need not be looked at again.

    Args:
        exhibit: Whose chunks.
        detector: Loaded.
        settings: How faces are found and followed.
    """
    facts = {
        "exhibit": exhibit.hashes.sha256,
        "weights": detector.info.weights_sha256,
        "card": {name: detector.info.card[name] for name in _SHAPING},
        "settings": settings.shaping(),
        "precision": detector.precision,
        "device": detector.torch_device,
        "versions": software_versions(),
    }
    return hashlib.sha256(canonical(facts)).hexdigest()


def seen_tracks(
    case: Case, exhibit: Exhibit, detector: Detector, settings: AnalysisSettings
) -> list[SeenTrack] | None:
    """Every face track with its embeddings, linked as the run linked it.

    Args:
        case: Open for writing.
        exhibit: Analysed with `keep` (see `pipeline.run_analysis`).
        detector: As in the run.
        settings: As in the run.

    Returns:
        Tracks by number, without those of which no face was scored; None where a chunk's result was
        not kept or is damaged.

    Raises:
        CaseError: The case is open for reading only.
    """
    index = case.exhibits.index(exhibit.number)
    key = cache_key(exhibit, detector, settings)
    linker = Linker(index.times, settings.gap_seconds, detector.width)
    frames, tracks = [np.zeros(0, np.int64)], [np.zeros(0, np.int32)]
    embeddings = [np.zeros((0, detector.width), np.float16)]
    for span in plan_chunks(index, settings):
        blob = case.cache.get(key, span.first)
        if blob is None:
            return None
        try:
            linked = linker.add(from_bytes(blob, span.first, span.stop, detector.width))
        except ValueError:  # damaged or differently divided
            return None
        frames.append(linked.frame[linked.suitable])
        tracks.append(linked.track[linked.suitable])
        embeddings.append(linked.embedding)
    frame, track = np.concatenate(frames), np.concatenate(tracks)
    seen = np.concatenate(embeddings)
    return [
        SeenTrack(number, frame[rows], index.times[frame[rows]], seen[rows])
        for number in np.unique(track).tolist()
        for rows in [np.flatnonzero(track == number)]
    ]
