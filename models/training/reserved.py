"""Arrays on disk whose room is there before anything is put into them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap


def reserved(path: Path, shape: tuple[int, ...]) -> np.memmap[tuple[int, ...], np.dtype[np.uint8]]:
    """A new array of bytes on disk, mapped into memory.

    Without its room reserved, a disk that fills up later ends the whole process (SIGBUS).

    Args:
        path: Where, as a `.npy` file.
        shape: Of the array.

    Returns:
        uint8, all zero.

    Raises:
        OSError: There is no room for it, or it cannot be written; nothing is left of it.
    """
    made = open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    if hasattr(os, "posix_fallocate"):
        try:
            with path.open("r+b") as stream:
                os.posix_fallocate(stream.fileno(), 0, path.stat().st_size)
        except OSError:
            path.unlink()
            raise
    return made
