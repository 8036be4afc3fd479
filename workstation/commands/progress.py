"""Progress bars: on a terminal only, on standard error, so that answers stay clean."""

import sys
from types import TracebackType
from typing import Self

from tqdm import tqdm

from workstation.commands.answers import one_line

BYTES = "B"


class Bars:
    """One bar at a time; a new title or total starts a new bar."""

    def __init__(self, unit: str) -> None:
        self._unit, self._scale = unit, unit == BYTES
        self._key: tuple[str, int] | None = None
        self._bar: tqdm[None] | None = None

    def show(self, title: str, done: int, total: int) -> None:
        """Set the bar called `title` to `done` of `total`."""
        if not sys.stderr.isatty():
            return
        if self._key != (title, total):
            self.close()
            self._key = (title, total)
            self._bar = tqdm(
                total=total,
                desc=one_line(title),
                unit=self._unit,
                unit_scale=self._scale,
                file=sys.stderr,
                leave=False,
            )
        if self._bar is not None:
            self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Finish the bar on screen."""
        if self._bar is not None:
            self._bar.close()
        self._bar, self._key = None, None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
