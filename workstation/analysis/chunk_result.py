"""What one chunk's analysis gives: numbers only, and as bytes for the cache."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.cases.records import Stretch

FORMAT = 2
MEASURES = 7
_MOST_CHAINS = 2**24
_UNREADABLE = (LookupError, OverflowError, RecursionError, TypeError, AttributeError)


@dataclass(frozen=True)
class ChunkResult:
    """Faces of the frames a chunk owns, followed within it, and what joins it to its neighbours.

    A chain is one face followed from frame to frame without a break. Rows are ordered by frame.

    Attributes:
        first: First frame owned.
        stop: Frame behind the last one owned.
        frame: int64 (N,), frame number of each row.
        chain: int32 (N,), chain number within the chunk, from 0.
        box: float32 (N, 4), x, y, width, height, pixels of the upright frame.
        landmarks: float32 (N, 5, 2), pixels of the upright frame.
        certainty: float32 (N,), the face finder's answer, 0..1.
        suitable: bool (N,), large and sharp enough to score.
        measures: float32 (N, 7), pose and picture (`models.domain.measure`), NaN without a crop.
        embedding: float16 (M, D), one for every suitable row, in their order.
        closing_chain: int32 (K,), chains that reach frame `stop`.
        closing_box: float32 (K, 4), their boxes there.
        cut: int64 (C,), frames with which a shot begins.
        cut_sketch: uint8 (C, 2, 36, 64), what was before and after each cut.
        undecodable: Stretches of frames owned that could not be decoded.
        seconds: Time spent per stage.
    """

    first: int
    stop: int
    frame: NDArray[np.int64]
    chain: NDArray[np.int32]
    box: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    certainty: NDArray[np.float32]
    suitable: NDArray[np.bool_]
    measures: NDArray[np.float32]
    embedding: NDArray[np.float16]
    closing_chain: NDArray[np.int32]
    closing_box: NDArray[np.float32]
    cut: NDArray[np.int64]
    cut_sketch: NDArray[np.uint8]
    undecodable: tuple[Stretch, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)


_SHAPES: dict[str, tuple[type[np.generic], str, tuple[int, ...]]] = {
    "frame": (np.int64, "rows", ()),
    "chain": (np.int32, "rows", ()),
    "box": (np.float32, "rows", (4,)),
    "landmarks": (np.float32, "rows", (5, 2)),
    "certainty": (np.float32, "rows", ()),
    "suitable": (np.bool_, "rows", ()),
    "measures": (np.float32, "rows", (MEASURES,)),
    "closing_chain": (np.int32, "closing", ()),
    "closing_box": (np.float32, "closing", (4,)),
    "cut": (np.int64, "cuts", ()),
    "cut_sketch": (np.uint8, "cuts", (2, 36, 64)),
}


def empty_result(
    first: int, stop: int, undecodable: tuple[Stretch, ...], width: int
) -> ChunkResult:
    """A chunk without faces.

    Args:
        first: First frame owned.
        stop: Frame behind the last one owned.
        undecodable: Frames that could not be decoded.
        width: Length of the detector's embeddings.
    """
    arrays: dict[str, Any] = {
        name: np.zeros((0, *rest), kind) for name, (kind, _, rest) in _SHAPES.items()
    }
    embedding = np.zeros((0, width), np.float16)
    return ChunkResult(first, stop, **arrays, embedding=embedding, undecodable=undecodable)


def to_bytes(result: ChunkResult) -> bytes:
    """Pack a result as safetensors, which holds numbers and nothing that could run.

    Args:
        result: Any chunk's result.
    """
    from safetensors.numpy import save

    facts = {
        "format": FORMAT,
        "first": result.first,
        "stop": result.stop,
        "undecodable": [[s.first, s.last, s.reason] for s in result.undecodable],
        "seconds": dict(result.seconds),
    }
    arrays = {
        one.name: np.ascontiguousarray(getattr(result, one.name))
        for one in fields(result)
        if isinstance(getattr(result, one.name), np.ndarray)
    }
    arrays["facts"] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    return bytes(save(arrays))


def from_bytes(blob: bytes, first: int, stop: int, width: int) -> ChunkResult:
    """Unpack a result, refusing anything that is not exactly one for these frames.

    Args:
        blob: From `to_bytes`.
        first: First frame it must own.
        stop: Frame behind the last one it must own.
        width: Length of the detector's embeddings.

    Raises:
        ValueError: The bytes are damaged, or belong to other frames.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(blob)
        facts = json.loads(arrays.pop("facts").tobytes())
        known = (facts["format"], facts["first"], facts["stop"]) == (FORMAT, first, stop)
        undecodable = tuple(Stretch(int(a), int(b), str(why)) for a, b, why in facts["undecodable"])
        seconds = {str(name): float(value) for name, value in facts["seconds"].items()}
    except _UNREADABLE as error:
        raise ValueError("not a chunk result: its facts cannot be read") from error
    except SafetensorError as error:
        raise ValueError(f"not a chunk result: {error}") from error
    if any(not first <= one.first <= one.last < stop for one in undecodable):
        raise ValueError("a chunk result with stretches outside its frames")
    if not known or set(arrays) != {*_SHAPES, "embedding"}:
        raise ValueError("a chunk result of other frames or another format")
    _check(arrays, first, stop, width)
    return ChunkResult(first, stop, **arrays, undecodable=undecodable, seconds=seconds)


def _within(numbers: NDArray[Any], least: int, most: int) -> bool:
    return bool(((numbers >= least) & (numbers <= most)).all())


def _check(arrays: Mapping[str, NDArray[Any]], first: int, stop: int, width: int) -> None:
    lengths: dict[str, int] = {}
    for name, (kind, group, rest) in _SHAPES.items():
        array = arrays[name]
        length = lengths.setdefault(group, len(array))
        if array.dtype != kind or array.shape != (length, *rest):
            raise ValueError(f"chunk result: {name} has {array.dtype} {array.shape}")
    embedding, frame = arrays["embedding"], arrays["frame"]
    if embedding.dtype != np.float16 or embedding.shape != (int(arrays["suitable"].sum()), width):
        raise ValueError(f"chunk result: embedding has {embedding.dtype} {embedding.shape}")
    if len(frame) and (frame[0] < first or frame[-1] >= stop or (np.diff(frame) < 0).any()):
        raise ValueError("chunk result: rows lie outside its frames or out of order")
    if not (_within(arrays["cut"], first, stop) and _within(arrays["chain"], 0, _MOST_CHAINS)):
        raise ValueError("chunk result: a cut or a chain lies outside it")
    if not _within(arrays["closing_chain"], 0, _MOST_CHAINS):
        raise ValueError("chunk result: a chain lies outside it")
    for name in ("box", "landmarks", "certainty", "closing_box", "embedding"):
        if not np.isfinite(arrays[name]).all():
            raise ValueError(f"chunk result: {name} holds numbers that are not finite")
