"""Brings torch's shared libraries into memory without stopping the window meanwhile."""

import ctypes
import importlib.util
import os
import sys
from pathlib import Path


def load_torch_libraries() -> bool:
    """Load torch's largest libraries while Python's lock is free; whether that was done.

    `import torch` holds the lock while the system loads some hundred megabytes, and the window
    stands still. A foreign call lets go of the lock; the import then finds the libraries loaded.
    """
    if "torch" in sys.modules or sys.platform not in ("linux", "darwin"):
        return False
    found = importlib.util.find_spec("torch")
    if found is None or not found.submodule_search_locations:
        return False
    folder = Path(found.submodule_search_locations[0]) / "lib"
    suffix = "dylib" if sys.platform == "darwin" else "so"
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.argtypes, dlopen.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
    names = {"libtorch_global_deps": os.RTLD_GLOBAL, "libtorch_python": 0}
    return all(
        dlopen(os.fsencode(folder / f"{name}.{suffix}"), os.RTLD_NOW | scope)
        for name, scope in names.items()
    )
