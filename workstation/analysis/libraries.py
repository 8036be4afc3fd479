"""The large libraries that an analysis computes with, loaded without stopping the window."""

from __future__ import annotations

import atexit
import functools
import gc
import threading

from workstation.analysis.engines import engine_name
from workstation.errors import DetectorError

_loading = threading.Event()


def loading() -> bool:
    """Whether they are being loaded: whoever collects cycles leaves it until they are there."""
    return _loading.is_set()


@functools.cache
def load_libraries() -> None:
    """Load torch, torchvision, facenet-pytorch and, where it is installed, OpenVINO.

    They bring some 350,000 objects. Python's collector of cycles would go through them all again
    and again while they come in, each time for a third of a second in which no other thread runs.
    It rests meanwhile, and leaves out for good what has come in by then.

    Raises:
        DetectorError: They cannot be loaded, for want of memory or because they are damaged.
    """
    collecting = gc.isenabled()
    gc.disable()
    _loading.set()
    try:
        import facenet_pytorch  # noqa: F401
        import torch  # noqa: F401
        import torchvision.ops  # noqa: F401

        engine_name("cpu")
        gc.freeze()
        atexit.register(gc.unfreeze)  # else what is never collected is complained of
    except (ImportError, OSError, MemoryError) as error:
        raise DetectorError(
            f"What an analysis computes with could not be loaded: {error}. Close other programs if "
            "memory is short; otherwise install the program again."
        ) from error
    finally:
        _loading.clear()
        if collecting:
            gc.enable()
