"""Whether a file that is being looked at stays the file it was."""

from pathlib import Path

MISSING = (
    "The exhibit's file is no longer in its place. What was read before is still shown; put the "
    "case folder back, then verify the exhibit."
)
CHANGED = (
    "The exhibit's file has changed since it was opened, so what is shown may not be what was "
    "taken in. Verify the exhibit."
)


class WatchedFile:
    """Size, time of change and place of a file, as they were on opening.

    This costs nothing and proves nothing: whether the exhibit is intact, its hash says.

    Args:
        path: the exhibit's copy.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._then = self._facts()

    def trouble(self) -> str:
        """What has become of the file, as a sentence, or ""."""
        if self._then is None:
            return ""
        now = self._facts()
        if now is None:
            return MISSING
        return CHANGED if now != self._then else ""

    def _facts(self) -> tuple[int, int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
