"""Where files that leave the case may go, and what was written; `outgoing` writes them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.errors import CaseError, WorkstationError

if TYPE_CHECKING:
    from workstation.cases.case import Case

BLOCK = 2**20


@dataclass(frozen=True)
class Written:
    """A file that was exported.

    Attributes:
        sha256: lower-case hexadecimal, of the file as it was read back.
        size: bytes.
    """

    path: Path
    sha256: str
    size: int


def refuse_place(target: Path, what: str) -> None:
    """Make sure that a file may be written to a place, whatever case is open.

    Args:
        target: file or folder that is to be made.
        what: what is to be written, such as "The frame".

    Raises:
        WorkstationError: the place has no name, cannot be reached, holds no ordinary file (a device
            or a pipe would be replaced), or is among the files of a case.
    """
    try:
        place = target.resolve()
        special = place.exists() and not (place.is_file() or place.is_dir())
        own = place.name.startswith(("case.", "cache.sqlite"))
        inside = place.parent.parent if place.parent.name == "exhibits" else place.parent
        of_a_case = (own or inside != place.parent) and (inside / "case.sqlite").is_file()
    except (OSError, RuntimeError) as error:  # a name too long, links that lead in a circle
        raise WorkstationError(
            f"{what} cannot be written to {target.name[:60]}: the place cannot be reached. Choose "
            "another one."
        ) from error
    if not target.name or special:
        raise WorkstationError(
            f"{what} cannot be written to “{target}”: that is no place for a file. Choose another."
        )
    if of_a_case:
        raise WorkstationError(
            f"{what} cannot be written among the exhibits or over the case's own files. Choose "
            "another place."
        )


def refuse(case: "Case", target: Path, what: str, *, overwrite: bool = False) -> None:
    """Make sure that something may be exported to a place.

    Args:
        case: from which it is exported.
        target: file or folder that is to be made.
        what: what is exported, such as "The frame".
        overwrite: whether the examiner agreed to replace a file that is there.

    Raises:
        CaseError: the case is open for reading only, so that the export could not be recorded.
        WorkstationError: the place is the case's own, or taken.
    """
    if case.read_only:
        raise CaseError(
            "The case is open for reading only, so an export could not be entered in the custody "
            "log. Open it for writing and export again."
        )
    refuse_place(target, what)
    if case.owns(target):
        raise WorkstationError(
            f"{what} cannot be written among the exhibits or over the case's own files. Choose "
            "another place."
        )
    if target.is_dir() or (target.exists() and not overwrite):
        raise WorkstationError(
            f"“{target.name}” exists already and was left as it is. Choose another name, or agree "
            "to replace it."
        )


def read_back(path: Path, advance: Callable[[int], object] | None = None) -> Written:
    """Hash a file as it lies on the disk.

    Args:
        path: the file.
        advance: is told the bytes done; what it raises ends it.

    Raises:
        OSError: it cannot be read.
    """
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            size += len(block)
            if advance is not None:
                advance(size)
    return Written(path, digest.hexdigest(), size)
