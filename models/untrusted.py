"""Small files that somebody else may have made: read within bounds, and no further than they go."""

from __future__ import annotations

import json
import math
import os
import stat
from pathlib import Path
from typing import Any

DEEPEST = 32
_LARGEST_WHOLE = 2**53  # beyond it, JSON does not carry a whole number exactly


def read_small(path: Path, most: int) -> bytes:
    """Read an ordinary file of at most so many bytes.

    Args:
        path: The file. A pipe or device is refused without waiting for it.
        most: Bytes.

    Raises:
        OSError: It cannot be read.
        ValueError: It is larger, or no ordinary file.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError("it is no ordinary file")
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"it is too large, more than {most} bytes")
    return data


def read_json(path: Path, most: int) -> Any:
    """Read JSON in which every name and number means one thing only.

    Args:
        path: The file.
        most: Bytes.

    Raises:
        OSError: It cannot be read.
        ValueError: It is larger, no JSON in UTF-8, nests deeper than `DEEPEST`, names a field
            twice, or holds a number that is not finite or not exact.
    """
    try:
        content = json.loads(read_small(path, most).decode("utf-8"), object_pairs_hook=_once_each)
    except RecursionError as error:
        raise ValueError(f"it nests deeper than {DEEPEST} levels") from error
    _check(content)
    return content


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("it names a field twice")
    return found


def _check(content: Any) -> None:
    level = [content]
    for _ in range(DEEPEST):
        if any(_is_odd(value) for value in level):
            raise ValueError("it holds a number that is not finite or not exact")
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return
    raise ValueError(f"it nests deeper than {DEEPEST} levels")


def _is_odd(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    return isinstance(value, int) and abs(value) >= _LARGEST_WHOLE
