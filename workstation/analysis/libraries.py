"""The large libraries that an analysis computes with, loaded without stopping the window."""

from __future__ import annotations

import atexit
import functools
import gc

from workstation.analysis.engines import engine_name


@functools.cache
def load_libraries() -> None:
    """Load torch, torchvision, facenet-pytorch and, where it is installed, OpenVINO.

    They bring some 350,000 objects. Python's collector of cycles would go through them all again
    and again while they come in, each time for a third of a second in which no other thread runs.
    It rests meanwhile, and leaves out for good what has come in by then.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        import facenet_pytorch  # noqa: F401
        import torch  # noqa: F401
        import torchvision.ops  # noqa: F401

        engine_name("cpu")
        gc.freeze()
        atexit.register(gc.unfreeze)  # else what is never collected is complained of
    finally:
        if collecting:
            gc.enable()
