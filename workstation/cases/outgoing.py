"""Files on their way out of a case: finished beside their places, entered in the log, then named.

So nothing ever stands under its name that the log does not know, in whatever moment the program
ends. What is left beside a place looks unfinished. The entry holds the name it was written under,
so that what was finished and only lacks its name is found again, and `unnamed` says so.
"""

import hashlib
import itertools
import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workstation.cases.agreement import refuse_altered_run
from workstation.cases.custody import Act
from workstation.cases.exports import Written, read_back, refuse
from workstation.cases.records import CustodyEntry
from workstation.errors import CaseError, WorkstationError

if TYPE_CHECKING:
    from workstation.cases.case import Case

HALF_WRITTEN = ".export-{}.part*"
_NAME = re.compile(r"\.export-[0-9a-f-]{1,60}\.part")
LISTING = "frames.json"
"""In a folder that was exported; it holds the digests of all that lies beside it."""

Announce = Callable[[str, int, int], object]

_OURS = secrets.token_hex(4)  # this process; only one at a time exports from a case
_counted = itertools.count()


class Outgoing:
    """What one export writes; made by `outgoing`."""

    def __init__(self, case: "Case") -> None:
        self._case = case
        self._parts: dict[Path, Path] = {}
        self._entered = False
        self._what = ""

    @property
    def written_as(self) -> list[str]:
        """The names under which lies what is to be entered, for the entry."""
        return [part.name for part in self._parts]

    @contextmanager
    def writing(self, target: Path, what: str, *, overwrite: bool = False) -> Iterator[Path]:
        """A place beside the target to write to.

        Args:
            target: file or folder that is to be made.
            what: what is exported, such as "The frame".
            overwrite: whether the examiner agreed to replace a file that is there.

        Raises:
            CaseError: the case is open for reading only.
            WorkstationError: the place is the case's own, taken, or cannot be written.
        """
        refuse(self._case, target, what, overwrite=overwrite)
        name = HALF_WRITTEN.format(f"{_mark(self._case)}-{_OURS}{next(_counted)}")
        part = target.with_name(name.rstrip("*"))
        self._parts[part], self._what = target, what
        try:
            _sweep(self._case, target)
            yield part
            _settle(part)
        except OSError as error:
            raise WorkstationError(
                f"{what} could not be written to {target}: {_why(error)}. Choose another place or "
                "make room."
            ) from error
        refuse(self._case, target, what, overwrite=overwrite)  # it may be taken by now

    def write(self, target: Path, content: bytes, what: str, *, overwrite: bool = False) -> Written:
        """Write a file beside its place, and read back what lies there.

        Args:
            target: file that is to be made.
            content: its bytes.
            what: what is exported, such as "The frame".
            overwrite: whether the examiner agreed to replace a file that is there.

        Raises:
            CaseError: the case is open for reading only.
            WorkstationError: the place is the case's own, taken, or cannot be written.
        """
        with self.writing(target, what, overwrite=overwrite) as part:
            with part.open("xb") as file:  # never through a link that somebody laid there
                file.write(content)
            found = read_back(part)
        return Written(target, found.sha256, found.size)

    def enter(self, record: Callable[[], CustodyEntry]) -> CustodyEntry:
        """Enter the export in the log, then give what was written its names.

        Args:
            record: makes the entry, with all that belongs to it, and commits it.

        Raises:
            CaseError: it could not be entered; nothing is exported.
            WorkstationError: a name could not be given. That is entered, too.
        """
        self._entered = True  # whatever ends the program from here on
        try:
            entry = record()
        except Exception:
            self._entered = False
            raise
        for part, target in list(self._parts.items()):
            try:
                part.replace(target)
            except OSError as error:
                raise self._nameless(entry, part, _why(error)) from error
            del self._parts[part]
            _sync(target.parent)
        return entry

    def _nameless(self, entry: CustodyEntry, part: Path, why: str) -> WorkstationError:
        """Say in the log that what an entry tells of did not come to its place."""
        target = self._parts[part]
        failed = f"{self._what} could not be given its name {target}: {why}."
        try:
            self._case.custody.append(
                Act.EXPORT_FAILED,
                entry.subject,
                entry=entry.sequence,
                missing=[place_of(one) for one in self._parts.values()],
                reason=why,
            )
        except CaseError:
            return WorkstationError(
                f"{failed} It lies beside its place as {part.name}, and is entry {entry.sequence} "
                "of the custody log. Give it its name, or export again."
            )
        self._entered = False
        return WorkstationError(
            f"{failed} The custody log says so. Choose another place and export again."
        )

    def clear(self) -> None:
        """Remove what did not get its name, unless the log may know it."""
        if not self._entered:
            for part in self._parts:
                _remove(part)


@contextmanager
def outgoing(case: "Case") -> Iterator[Outgoing]:
    """One export: its files are written and entered inside; what fails leaves nothing behind."""
    made = Outgoing(case)
    try:
        yield made
    finally:
        made.clear()


def place_of(target: Path) -> str:
    """Where something goes, as the log says it."""
    return str(target.absolute())


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
    with outgoing(case) as out:
        written = out.write(target, content, what, overwrite=overwrite)
        out.enter(
            lambda: case.custody.append(
                Act.TIMELINE_EXPORTED,
                number,
                runs=list(runs),
                output=place_of(target),
                written_as=out.written_as,
                sha256=written.sha256,
                **shown,
            )
        )
    return written


def unnamed(case: "Case", announce: Announce | None = None) -> tuple[str, ...]:
    """Exports that were entered whose program ended before they got their names, a sentence each.

    Args:
        case: the case.
        announce: hears of what is hashed: its name, bytes done and their total; may raise to stop.

    Raises:
        CaseError: the log cannot be read.
    """
    found = []
    for name, (entry, place, digest) in _entered(case).items():
        part = place.with_name(name)
        size = _size(part)
        if size is None:
            continue
        hear = partial(_hear, announce, name, size)
        same = _digest(part, hear) == digest
        with_it = "with the SHA-256 of the entry" if same else "with another SHA-256 than the entry"
        what = f"Give it the name {place.name}, or export" if same else "Remove it, and export"
        found.append(
            f"Entry {entry.sequence} ({entry.act}): the program ended before {place.name} got its "
            f"name. It lies in {place.parent} as {name}, {with_it}. {what} again."
        )
    return tuple(found)


def sweep_reports(case: "Case") -> None:
    """Remove what killed programs left half written among a case's reports."""
    earlier = case.reports_folder.glob(".report-*.part")  # what earlier versions called them
    left = [*_parts_in(case.reports_folder, "*"), *earlier]
    if left:
        known = _entered(case)
        for part in left:
            if part.name not in known:
                _remove(part)


def _sweep(case: "Case", target: Path) -> None:
    """Remove what killed programs left of this case where something is to be written.

    What was finished and has an entry stays, unless it is written anew.
    """
    left = [one for one in _parts_in(target.parent, f"{_mark(case)}-*") if _OURS not in one.name]
    if left:
        known = _entered(case)
        for part in left:
            if part.name not in known or known[part.name][1].name == target.name:
                _remove(part)


def _mark(case: "Case") -> str:
    """What names this case's parts: a digest, since what a foreign log says may be no name."""
    return hashlib.sha256(f"{case.custody.origin()} {case.folder}".encode()).hexdigest()[:12]


def _entered(case: "Case") -> dict[str, tuple[CustodyEntry, Path, str]]:
    """By the names that exports were written under: entry, place and digest of each."""
    found: dict[str, tuple[CustodyEntry, Path, str]] = {}
    for entry in case.custody.entries():
        details = entry.details
        place, names = details.get("output", details.get("path")), details.get("written_as")
        if not isinstance(place, str) or "\0" in place or not isinstance(names, list):
            continue
        places = (place, f"{place}.json")
        first = "sha256" if "sha256" in details else "sidecar_sha256"
        for name, where, digest in zip(names, places, (first, "sidecar_sha256"), strict=False):
            if isinstance(name, str) and _NAME.fullmatch(name) and Path(where).name:
                found[name] = (entry, case.folder / where, str(details.get(digest)))
    return found


def _parts_in(folder: Path, of: str) -> list[Path]:
    return sorted(one for one in folder.glob(HALF_WRITTEN.format(of)) if not one.is_symlink())


def _size(part: Path) -> int | None:
    """Bytes of a file, or of the listing in a folder; None for anything else."""
    try:
        found = part.lstat()
        if stat.S_ISDIR(found.st_mode):
            found = (part / LISTING).lstat()
    except (OSError, ValueError):  # the log may name any place
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _digest(part: Path, advance: Callable[[int], object]) -> str:
    try:
        return read_back(part / LISTING if part.is_dir() else part, advance).sha256
    except OSError:
        return ""


def _hear(announce: Announce | None, name: str, size: int, done: int) -> None:
    if announce is not None:
        announce(name, done, size)


def _settle(part: Path) -> None:
    """See to it that what was written lies on the disk before anything says so."""
    files = sorted(part.iterdir()) if part.is_dir() else [part]
    for file in files:
        with file.open("rb") as opened:
            os.fsync(opened.fileno())


def _sync(folder: Path) -> None:
    with suppress(OSError):  # not every system lets a folder be opened
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _why(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error)


def _remove(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
