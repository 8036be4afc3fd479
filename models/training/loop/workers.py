"""Slow work shared out to processes, its results in order."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from models.training.loop.devices import prepare_worker
from models.training.loop.progress import Progress

Made = TypeVar("Made")


def in_order(make: Callable[[int], Made], count: int, workers: int, title: str) -> Iterator[Made]:
    """Make number 0 to `count` - 1, in processes, and give each in its turn.

    Args:
        make: Can be pickled; depends on its number alone.
        count: How many.
        workers: Processes, 0 for none.
        title: Of the bar that shows how far it is.
    """
    progress, began = Progress(title), time.monotonic()
    for number, made in enumerate(_made(make, count, workers), 1):
        each = (time.monotonic() - began) / number
        progress.show(number / count, each * (count - number), f"{number} of {count}")
        yield made
    progress.close()


def _made(make: Callable[[int], Made], count: int, workers: int) -> Iterator[Made]:
    if workers == 0:
        yield from map(make, range(count))
        return
    # Handed over as processes begin, not with every number: it may hold a store of pictures.
    with multiprocessing.get_context().Pool(workers, _begin, (make,)) as pool:
        yield from pool.imap(_call, range(count))


_making: list[Callable[[int], Any]] = []


def _begin(make: Callable[[int], Any]) -> None:
    prepare_worker(0)
    _making[:] = [make]


def _call(number: int) -> Any:
    return _making[0](number)
