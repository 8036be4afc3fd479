"""What runs a network: OpenVINO on the processor when it is installed, else torch; a GPU otherwise.

Both compute in float32 on the processor. Half precision there is faster, but moved the scores of
real clips by more than 0.02, so it is not used (docs/measurements.md).
"""

from __future__ import annotations

import functools
import os
import sys
import threading
import warnings
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.on_gpu import Lane

ENGINE_VARIABLE = "WORKSTATION_ENGINE"
"""Set to "torch", OpenVINO is left alone although it is installed."""

Forward = Callable[[NDArray[Any]], list[NDArray[np.float32]]]
_MOST_STREAMS = 16
_MOST_COPIED = 2**25  # bytes
_GATE = threading.Lock()


class Ready:
    """Networks made ready, each once, whichever thread asks for it first.

    Others that want it meanwhile wait: torch does not trace in two threads at a time.

    Args:
        most: How many are kept; those asked for longest ago are let go of. All where left out.
    """

    def __init__(self, most: int = sys.maxsize) -> None:
        self._made: dict[Hashable, Forward] = {}
        self._most = most

    def get(self, key: Hashable, make: Callable[[], Forward]) -> Forward:
        """The network of a name, made if nobody has asked for it lately.

        Args:
            key: The name.
            make: Calls `prepare`.
        """
        with _GATE:
            forward = self._made.pop(key, None)
            while len(self._made) >= self._most:  # first of all, as the next may need its memory
                del self._made[next(iter(self._made))]
            forward = forward or make()
            self._made[key] = forward
            return forward

    def forget(self) -> None:
        """Let go of them all."""
        self._made.clear()


def engine_name(device: str) -> str:
    """What computes, in words, with its version where it is not torch.

    Args:
        device: "cpu" or "cuda".
    """
    if device != "cpu" or _core() is None:
        return "torch"
    from importlib import metadata

    return f"OpenVINO {metadata.version('openvino')}"


def prepare(network: Any, shape: Sequence[int], device: str, kind: str = "float32") -> Forward:
    """Make a network ready for inputs of one shape. Threads may share what is returned.

    Args:
        network: A torch module in evaluation mode, on the device.
        shape: Of its only input.
        device: "cpu", "cuda", or one GPU of several, such as "cuda:1".
        kind: Type of the input, "float32" or "uint8".

    Returns:
        A function from an array of that shape and type to the network's outputs, float32.
    """
    if device != "cpu":
        return OneEach(functools.partial(Lane, network, shape, kind))
    core = _core()
    if core is None:
        return functools.partial(_by_torch, network)
    return OneEach(_compiled(core, network, tuple(shape), kind))


class Request(Protocol):
    """One pass at a time through a network, and the memory it reads and writes."""

    def answer(self, values: NDArray[Any]) -> list[NDArray[np.float32]]:
        """The network's outputs for an input."""


class OneEach:
    """A network that threads share: each call takes a request that no other is using.

    Requests must not belong to threads: one of OpenVINO's that is let go of while a thread of Qt's
    ends takes the thread's Python state with it, which is then freed twice.

    Args:
        begin: Makes another request, where all are in use.
    """

    def __init__(self, begin: Callable[[], Request]) -> None:
        self._begin = begin
        self._idle = deque([begin()])

    def __call__(self, values: NDArray[Any]) -> list[NDArray[np.float32]]:
        """The network's outputs for an input."""
        try:
            request = self._idle.pop()
        except IndexError:
            request = self._begin()
        answers = request.answer(values)
        self._idle.append(request)
        return answers


def _by_torch(network: Any, values: NDArray[Any]) -> list[NDArray[np.float32]]:
    import torch

    with torch.inference_mode():
        given = network(torch.from_numpy(values))
        parts = given if isinstance(given, tuple) else (given,)
        return [part.float().numpy() for part in parts]


def _compiled(core: Any, network: Any, shape: tuple[int, ...], kind: str) -> Callable[[], Request]:
    """What begins requests of a network compiled by OpenVINO.

    Where its weights take little room whoever asks computes, with a copy of its own: handing over
    to OpenVINO's threads and waking up again takes a tenth of an analysis, or more. Otherwise those
    threads compute, with weights that they share.
    """
    import torch

    copied = sum(weights.nbytes for weights in network.parameters()) <= _MOST_COPIED
    example = torch.zeros(shape, dtype=getattr(torch, kind))
    with warnings.catch_warnings(), torch.inference_mode():
        # Shapes are fixed here, so what the tracer warns about cannot go wrong.
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(  # type: ignore[no-untyped-call]
            network, example, check_trace=False
        )
        model = _converted(traced, example)
    streams = 0 if copied else min(os.cpu_count() or 1, _MOST_STREAMS)
    settings = {
        "INFERENCE_PRECISION_HINT": "f32",
        "NUM_STREAMS": streams,  # none: whoever asks computes
        "INFERENCE_NUM_THREADS": max(streams, 1),  # one each: rounds alike on every machine
        "ENABLE_CPU_PINNING": False,
    }
    # Without streams a compiled model is locked while it computes.
    shared = None if copied else core.compile_model(model, "CPU", settings)
    return lambda: _Request(shared or core.compile_model(model, "CPU", settings))


class _Request:
    """One pass at a time through a network that OpenVINO compiled.

    By hand: OpenVINO's own way from arrays and back takes longer than a small network, and asking
    for that memory anew at every pass nearly as long.
    """

    def __init__(self, model: Any) -> None:
        self._request = model.create_infer_request()
        self._taken = self._request.get_input_tensor().data
        outputs = range(len(model.outputs))
        self._given = [self._request.get_output_tensor(number).data for number in outputs]

    def answer(self, values: NDArray[Any]) -> list[NDArray[np.float32]]:
        """The network's outputs for an input."""
        self._taken[:] = values
        self._request.start_async()
        self._request.wait()
        return [np.array(given, np.float32) for given in self._given]


def _converted(traced: Any, example: Any) -> Any:
    """What `openvino.convert_model` gives, but for transformations that compiling does as well.

    There they hold Python's lock, and a window would stand still meanwhile.
    """
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    frontend = FrontEndManager().load_by_framework("pytorch")
    decoder = TorchScriptPythonDecoder(traced, example_input=example)
    model = frontend.convert(frontend.load(decoder))
    model.reshape(list(example.shape))
    return model


@functools.cache
def _core() -> Any:
    """OpenVINO's core, or None where it is not installed or not wanted."""
    package = openvino()
    return None if package is None else package.Core()


def openvino() -> Any:
    """The package, or None where it is not installed or not wanted."""
    if os.environ.get(ENGINE_VARIABLE) == "torch":
        return None
    # It otherwise tells its makers over the network that it is used; evidence machines say nothing
    # to anyone. Without that part it works as before.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    try:
        import openvino as package
    except ImportError:
        return None
    return package
