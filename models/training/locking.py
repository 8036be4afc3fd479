"""One writer at a time: a lock that ends with its process, however that ends."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO

from models.training.datasets.recording import DataError


def locked(path: Path) -> IO[bytes]:
    """Hold a lock file until it is closed.

    Args:
        path: Created if missing; it may stay.

    Raises:
        DataError: Another process holds it.
        OSError: The file cannot be opened.
    """
    stream = path.open("ab")
    try:
        _lock(stream)
    except OSError as error:
        stream.close()
        raise DataError(
            f"Another process is writing to {path.parent}. Wait until it is done, or stop it."
        ) from error
    return stream


if sys.platform == "win32":
    import msvcrt

    def _lock(stream: IO[bytes]) -> None:
        stream.seek(0)
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(stream: IO[bytes]) -> None:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
