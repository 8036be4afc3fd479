"""Files that leave the case: written once, hashed, entered in the custody log, never over another.

A file and its entry belong together: where the entry cannot be made, the file is taken back, and
what it had replaced is put back.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workstation.cases.agreement import refuse_altered_run
from workstation.cases.custody import Act
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


@contextmanager
def writing(target: Path, what: str) -> Iterator[Path]:
    """A place beside the target to write to; it takes the target's name when all went well.

    Used inside `taken_back`.

    Args:
        target: file or folder that is to be made.
        what: what is exported, such as "The frame".

    Raises:
        WorkstationError: the place cannot be written; what was written until then is removed.
    """
    part = target.with_name(f".{target.name}.part")
    try:
        _remove(part)
        yield part
        put_in_place(part, target)
    except OSError as error:
        _remove(part)
        why = os.strerror(error.errno) if error.errno else str(error)
        raise WorkstationError(
            f"{what} could not be written to {target}: {why}. Choose another place or make room."
        ) from error
    except BaseException:
        _remove(part)
        raise


def read_back(path: Path) -> Written:
    """Hash a file as it lies on the disk.

    Raises:
        OSError: it cannot be read.
    """
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            size += len(block)
    return Written(path, digest.hexdigest(), size)


@contextmanager
def taken_back() -> Iterator[list[Path]]:
    """Remove what was exported if a later step fails: it would not be recorded.

    Yields:
        A list for the caller to put in what was written, as soon as it is in its place.
    """
    written: list[Path] = []
    try:
        yield written
    except BaseException:
        for path in written:
            before = _before(path)
            if before.exists():
                before.replace(path)
            else:
                _remove(path)
        raise
    finally:
        for path in written:
            _remove(_before(path))


def put_in_place(part: Path, target: Path) -> None:
    """Give a file its name, and keep what had that name until `taken_back` ends.

    Raises:
        OSError: it cannot be done; what was there is still there.
    """
    before = _before(target)
    _remove(before)
    if target.is_file():
        try:
            before.hardlink_to(target)
        except OSError:  # a file system without links: it goes out of the way for a moment
            target.replace(before)
    try:
        part.replace(target)
    except OSError:
        if before.exists():
            before.replace(target)
        _remove(before)  # two links to one file: replacing one by the other leaves both
        raise


def _before(target: Path) -> Path:
    return target.with_name(f".{target.name}.before")


def write_out(
    case: "Case", target: Path, content: bytes, what: str, *, overwrite: bool = False
) -> Written:
    """Write one file out of the case; the caller enters it in the log, inside `taken_back`.

    Args:
        case: from which it is exported.
        target: the file.
        content: its bytes.
        what: what is exported, such as "The frame".
        overwrite: whether the examiner agreed to replace a file that is there.

    Raises:
        CaseError: the case is open for reading only.
        WorkstationError: the place is the case's own, taken, or cannot be written.
    """
    refuse(case, target, what, overwrite=overwrite)
    with writing(target, what) as part:
        with part.open("xb") as file:  # never through a link that somebody laid there
            file.write(content)
        found = read_back(part)
    return Written(target, found.sha256, found.size)


def write_timeline(
    case: "Case",
    number: str,
    runs: Sequence[int],
    target: Path,
    content: bytes,
    *,
    overwrite: bool = False,
    **shown: Any,
) -> Written:
    """Write a drawing of scores over time out of the case, and enter it in the log.

    Args:
        case: open for writing.
        number: the exhibit's.
        runs: whose scores it shows.
        target: the file.
        content: its bytes.
        overwrite: whether the examiner agreed to replace a file that is there.
        **shown: what of the exhibit it shows; plain JSON.

    Raises:
        CaseError: the case is open for reading only, or a run was changed past this program.
        WorkstationError: the place is the case's own, taken, or cannot be written.
    """
    for run in runs:
        refuse_altered_run(case, case.runs.get(run))
    what = "The picture of the timeline"
    with taken_back() as fresh:
        written = write_out(case, target, content, what, overwrite=overwrite)
        fresh.append(target)
        case.custody.append(
            Act.TIMELINE_EXPORTED,
            number,
            runs=list(runs),
            output=str(target),
            sha256=written.sha256,
            **shown,
        )
    return written


def _remove(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
