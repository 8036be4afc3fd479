"""Where an analysis spends its time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Stopwatch:
    """Adds up seconds per stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def add(self, seconds: Mapping[str, float]) -> None:
        """Count what another stopwatch measured.

        Args:
            seconds: Per stage.
        """
        for name, spent in seconds.items():
            self.seconds[name] = self.seconds.get(name, 0.0) + spent

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what happens inside towards a stage.

        Args:
            name: Of the stage.
        """
        start = time.perf_counter()
        try:
            yield
        finally:
            self.add({name: time.perf_counter() - start})
