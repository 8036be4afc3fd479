"""What a hostile sample is: a name and how it comes to lie in a folder."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

Seeds = dict[str, bytes]
Family = Callable[[Seeds, Random], Iterator["Sample"]]


@dataclass(frozen=True)
class Sample:
    """One hostile file, or something else that an examiner may point at.

    Attributes:
        what: how it was made, for people; unique within its family.
        name: its file name; bytes where it is no text.
        data: its bytes.
        place: makes it at a path instead of writing `data`, and gives the path to point at.
    """

    what: str
    name: str | bytes
    data: bytes = b""
    place: Callable[[Path], Path] | None = None

    def put(self, folder: Path) -> Path:
        """Make it in an empty folder.

        Returns:
            The path to point at.
        """
        path = folder / os.fsdecode(self.name)
        if self.place is not None:
            return self.place(path)
        path.write_bytes(self.data)
        return path


def changed(data: bytes, at: int, new: bytes) -> bytes:
    """The bytes with some of them replaced; what reaches over the end is cut off."""
    new = new[: max(len(data) - at, 0)]
    return data[:at] + new + data[at + len(new) :]
