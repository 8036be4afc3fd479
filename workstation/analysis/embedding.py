"""Face crops to embeddings, as fast as the device allows without moving a score."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.engines import Ready, engine_name, prepare
from workstation.errors import DetectorError

_AT_ONCE = 8
"""Crops in one pass on the processor: more of them do not fit its caches, and take longer each."""

_Look = Callable[[NDArray[np.uint8]], NDArray[Any]]


class Embedder(Protocol):
    """Looks at crops one by one."""

    @property
    def precision(self) -> str:
        """The numbers it computes in, and what computes, in words."""

    def embed(self, crops: NDArray[np.uint8], batch: int) -> NDArray[np.float16]:
        """Crops uint8 ``(N, S, S, 3)`` to embeddings float16 ``(N, D)``, `batch` at a time.

        Raises:
            DetectorError: An answer is not finite.
        """


def make_embedder(network: Any, card: Mapping[str, Any], device: str) -> Embedder:
    """An embedder for a device.

    Args:
        network: A sequence network on the device, in evaluation mode.
        card: The card's facts.
        device: "cpu" or "cuda".
    """
    return _Embedder(network, card, device)


class _Embedder:
    """Batch normalisations folded in, the bytes of crops given over, not their float values.

    In float32 on the processor. On a GPU in float16, channels-last: never bfloat16, whose eight
    bits move three in four scores by more than 0.02 (docs/measurements.md).
    """

    def __init__(self, network: Any, card: Mapping[str, Any], device: str) -> None:
        import torch

        from models.inference import CropEmbedder

        preprocessing, on_gpu = card["preprocessing"], device != "cpu"
        self._size, self._width = preprocessing["size"], card["architecture"]["embedding_size"]
        mean, std = tuple(preprocessing["mean"]), tuple(preprocessing["std"])
        kind = torch.float16 if on_gpu else torch.float32
        self._network = CropEmbedder(network.trunk, mean, std, kind).eval()
        self._device = device
        # Only of what is in use: after one found too little memory the next takes fewer at once.
        self._ready = Ready(1) if on_gpu else Ready()
        engine = engine_name(device)
        words = "float16" if on_gpu else "float32"
        self.precision = words if engine == "torch" else f"{words}, {engine}"

    def embed(self, crops: NDArray[np.uint8], batch: int) -> NDArray[np.float16]:
        """As in `Embedder`; on the processor never more than `_AT_ONCE` at a time."""
        batch = min(batch, _AT_ONCE) if self._device == "cpu" else batch
        shape = (batch, self._size, self._size, 3)
        make = functools.partial(prepare, self._network, shape, self._device, "uint8")
        forward = self._ready.get(shape, make)
        return _in_batches(crops, batch, self._width, lambda some: forward(some)[0])


def _in_batches(
    crops: NDArray[np.uint8], batch: int, width: int, look: _Look
) -> NDArray[np.float16]:
    """Every pass holds exactly `batch` crops, the last one filled up."""
    if crops.ndim != 4 or crops.shape[3] != 3 or crops.dtype != np.uint8:
        raise ValueError(f"expected uint8 (N, S, S, 3), got {crops.dtype} {crops.shape}")
    parts = [np.zeros((0, width), np.float16)]
    for start in range(0, len(crops), batch):
        some = crops[start : start + batch]
        if len(some) < batch:
            spare = np.zeros((batch - len(some), *crops.shape[1:]), np.uint8)
            given = look(np.concatenate([some, spare]))[: len(some)]
        else:
            given = look(some)
        parts.append(_finite(given))
    return np.concatenate(parts)


def _finite(values: NDArray[Any]) -> NDArray[np.float16]:
    """Rounded to float16.

    Raises:
        DetectorError: What a score would be computed from is not a number, or too large a one.
    """
    with np.errstate(over="ignore"):
        rounded = values.astype(np.float16)
    if not np.isfinite(rounded).all():
        raise DetectorError(
            "The network's answer to a face crop is no number that can be scored. Analyse on the "
            "processor if this was a GPU; else choose another detector."
        )
    return rounded
