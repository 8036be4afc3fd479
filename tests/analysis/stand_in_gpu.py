"""What of torch.cuda networks are run with, played on the processor.

A graph notes every operation while it is captured and repeats them on the same tensors, as a GPU
repeats its kernels on the same memory.
"""

import functools
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from workstation.analysis import cascade, on_gpu
from workstation.analysis.engines import Ready


class Stream:
    """A stream on which everything is done at once."""

    synchronised = 0

    def __init__(self, device=None):
        self.device = device
        self.waited_for = []

    def wait_stream(self, other):
        self.waited_for.append(other)

    def synchronize(self):
        Stream.synchronised += 1


class Graph(TorchDispatchMode):
    """A graph of operations."""

    def __init__(self):
        super().__init__()
        self.done = []
        self.replayed = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        given = func(*args, **(kwargs or {}))
        self.done.append((func, args, kwargs or {}, given))
        return given

    def replay(self):
        self.replayed += 1
        for func, args, kwargs, before in self.done:
            now = func(*args, **kwargs)
            for old, new in zip(tree_flatten(before)[0], tree_flatten(now)[0], strict=True):
                if isinstance(old, torch.Tensor) and old.data_ptr() != new.data_ptr():
                    old.copy_(new)


def stays(to):
    """Moving to a device that stays where it is."""

    def moved(self, *args, **kwargs):
        here = ["cpu" if str(one).startswith("cuda") else one for one in args]
        return to(self, *here, **kwargs)

    return moved


def install(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Let torch.cuda be played. `graphs` holds what is captured, `streams` what was current."""
    seen = SimpleNamespace(graphs=[], streams=[], capturing=0, most=0)

    @contextmanager
    def on(stream):
        seen.streams.append(stream)
        yield

    @contextmanager
    def capture(graph, stream, capture_error_mode):
        assert capture_error_mode == "thread_local"
        assert stream in seen.streams
        seen.graphs.append(graph)
        seen.capturing += 1
        seen.most = max(seen.most, seen.capturing)
        try:
            with graph:
                yield
        finally:
            seen.capturing -= 1

    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "stream", on)
    monkeypatch.setattr(torch.cuda, "default_stream", lambda device: ("default", device))
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(torch.cuda, "graph", capture)
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda self: self)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "stand-in")
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (2**33, 2**34))
    for moved in (torch.Tensor, torch.nn.Module):
        monkeypatch.setattr(moved, "to", stays(moved.to))
    monkeypatch.setattr(on_gpu, "_WARM", 1)
    # What was made ready for it is gone with it.
    monkeypatch.setattr(cascade, "READY", Ready())
    monkeypatch.setattr(cascade, "canvases", functools.cache(lambda _: Ready()))
    # That a captured pass takes no longer is not left to chance.
    monkeypatch.setattr(on_gpu.Lane, "_seconds", lambda *_: 1.0)
    return seen
