"""Reading a file once, bit by bit: hashing, copying, comparing."""

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workstation.cases.records import Hashes
from workstation.errors import ExhibitError

BLOCK_BYTES = 4 * 2**20

CHANGED = (
    "The file changed while it was copied. Wait until nothing writes to it, then add it again."
)

Advance = Callable[[int], None]
"""Called with the number of bytes done so far; may raise to stop."""


@dataclass(frozen=True)
class Copied:
    """What was read from the source."""

    hashes: Hashes
    size: int


class _Digests:
    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha1 = hashlib.sha1(usedforsecurity=False)

    def update(self, block: bytes) -> None:
        for digest in (self._sha256, self._md5, self._sha1):
            digest.update(block)

    def hashes(self) -> Hashes:
        return Hashes(self._sha256.hexdigest(), self._md5.hexdigest(), self._sha1.hexdigest())


def copy_once(source: Path, target: Path, advance: Advance) -> Copied:
    """Read the source once, from start to end, writing a copy and taking its hashes.

    The copy is on the disk, not only in memory, when this returns.

    Raises:
        ExhibitError: the source cannot be read to its end or changed meanwhile, or the copy cannot
            be written.
    """
    digests, size = _Digests(), 0
    before = _stat(source)
    _refuse_too_large(before.st_size, target.parent)
    try:
        with target.open("xb") as out:
            for block in _blocks(source):
                digests.update(block)
                out.write(block)
                size += len(block)
                if size > before.st_size:
                    raise ExhibitError(CHANGED)
                advance(size)
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise _unwritable(error) from error
    after = _stat(source)
    changed = (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)
    if changed or size != after.st_size:
        raise ExhibitError(CHANGED)
    return Copied(digests.hashes(), size)


def hash_file(path: Path, advance: Advance) -> str:
    """SHA-256 of a file, lower-case hexadecimal.

    Raises:
        ExhibitError: the file cannot be read to its end.
    """
    digest, size = hashlib.sha256(), 0
    for block in _blocks(path):
        digest.update(block)
        size += len(block)
        advance(size)
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Have the names in a folder written to the disk, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                yield block
    except OSError as error:
        raise _unreadable(error) from error


def _stat(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise _unreadable(error) from error


def _refuse_too_large(size: int, folder: Path) -> None:
    """Say at once that there is no room, rather than after hours of filling the disk."""
    free = shutil.disk_usage(folder).free
    if size > free:
        raise ExhibitError(
            "The file is larger than the room left on the disk that holds the case "
            f"({size / 1e9:.1f} GB against {free / 1e9:.1f} GB). Free some space and add it again."
        )


def _unreadable(error: OSError) -> ExhibitError:
    if error.errno == errno.ENOENT:
        return ExhibitError("The file is not there (any more). Check the drive and the path.")
    return ExhibitError(
        f"The file could not be read to its end ({error.strerror}). Check the drive and your "
        "rights, then try again."
    )


def _unwritable(error: OSError) -> ExhibitError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ExhibitError(
            "The disk that holds the case is full, so the file was not taken in. Free some space "
            "and add it again."
        )
    return ExhibitError(
        f"The copy could not be written into the case ({error.strerror}). Check the disk that "
        "holds the case."
    )
