"""A reader of frames that is closed whatever happens."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workstation.cases.records import FrameIndex
from workstation.evidence.reading import FrameReader


@contextmanager
def reader(path: Path, index: FrameIndex, **arguments: int) -> Iterator[FrameReader]:
    opened = FrameReader(path, index, **arguments)
    try:
        yield opened
    finally:
        opened.close()
