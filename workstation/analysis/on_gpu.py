"""Networks on an NVIDIA GPU: streams side by side, page-locked memory, a pass begun as a whole.

A small network is some dozen short kernels, and beginning them one by one takes the processor
longer than the GPU takes to compute them. As every pass has the same shape it can be captured, and
begun as a whole from then on (NVIDIA, "CUDA C++ Programming Guide", CUDA Graphs).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.devices import settle_rounding

if TYPE_CHECKING:
    from torch import Tensor

_WARM = 3
"""Passes after which libraries have chosen their ways and set up their memory."""

_TIMED = 10

_CAPTURING = threading.Lock()
"""Only one pass of a process can be captured at a time."""

_STREAMS: dict[Any, threading.Lock] = {}
"""Who uses each stream. torch has 32 for every GPU and hands out the first again after the last:
what another lane did on a stream while a pass is captured there would become part of that pass."""

_log = logging.getLogger(__name__)


class Lane:
    """One pass at a time through a network, beside those of others.

    Args:
        network: A torch module in evaluation mode, on its GPU.
        shape: Of its only input.
        kind: Type of the input, "float32" or "uint8".
    """

    def __init__(self, network: Any, shape: Sequence[int], kind: str) -> None:
        import torch

        device = next(network.parameters()).device
        settle_rounding("cuda")  # what is captured keeps to it
        self._network = network
        self._stream = torch.cuda.Stream(device=device)  # type: ignore[no-untyped-call]
        self._alone = _STREAMS.setdefault(self._stream, threading.Lock())
        with self._alone, torch.inference_mode(), torch.cuda.stream(self._stream):
            # Weights are put there on another stream, and must have arrived.
            self._stream.wait_stream(torch.cuda.default_stream(device))
            self._taken = torch.zeros(*shape, dtype=getattr(torch, kind)).pin_memory()
            # Not by the GPU, whose generator may be part of what another thread captures.
            self._taken.random_(0, 256, generator=torch.Generator().manual_seed(0))
            self._inside = torch.empty_like(self._taken, device=device).copy_(self._taken)
            for _ in range(_WARM):
                answers = self._pass()
            self._given = [torch.empty_like(one, device="cpu").pin_memory() for one in answers]
            self._replay = self._captured_if_faster()

    def answer(self, values: NDArray[Any]) -> list[NDArray[np.float32]]:
        """The network's outputs for an input."""
        import torch

        compute = self._replay or self._pass
        with self._alone, torch.inference_mode(), torch.cuda.stream(self._stream):
            self._taken.numpy()[:] = values
            self._inside.copy_(self._taken, non_blocking=True)
            for given, answer in zip(self._given, compute(), strict=True):
                given.copy_(answer, non_blocking=True)
            self._stream.synchronize()
            return [given.numpy().copy() for given in self._given]

    def _pass(self) -> list[Tensor]:
        """Kernel by kernel."""
        given = self._network(self._inside)
        return [part.float() for part in (given if isinstance(given, tuple) else (given,))]

    def _captured_if_faster(self) -> Callable[[], list[Tensor]] | None:
        """A captured pass, where one can be captured, answers the same and takes no longer."""
        import torch

        try:
            with _CAPTURING:
                captured = self._captured()
            alike = zip(captured(), self._pass(), strict=True)
            if not all(torch.equal(one, other) for one, other in alike):
                raise RuntimeError("its answers differ")
            if self._seconds(captured) > self._seconds(self._pass):
                raise RuntimeError("it takes longer")
        except RuntimeError as error:
            _log.info("A pass of a network is not replayed from a capture: %s", error)
            return None  # not a method of its own: memory is let go of with the lane
        return captured

    def _captured(self) -> Callable[[], list[Tensor]]:
        import torch

        graph = torch.cuda.CUDAGraph()
        # Other threads go on with what they do on streams of their own.
        with torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"):
            answers = self._pass()

        def replay() -> list[Tensor]:
            graph.replay()
            return answers

        return replay

    def _seconds(self, compute: Callable[[], list[Tensor]]) -> float:
        self._stream.synchronize()
        start = time.perf_counter()
        for _ in range(_TIMED):
            compute()
            self._stream.synchronize()
        return time.perf_counter() - start
