"""What this computer keeps beside all cases: a key of its own, and how far it saw each log.

A case folder may have been in other hands. What lies here has not: it is in the data folder of the
person's account, and never part of a case.
"""

import hashlib
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from platformdirs import user_data_path

_KEY_BYTES = 32
_LONGEST_NOTE = 200  # characters
_NOTE = re.compile(r"(\d{1,15}) ([0-9a-f]{64})\n?")


@dataclass(frozen=True)
class SeenLog:
    """Where a custody log ended when a case was last closed here, or an analysis began in it.

    Attributes:
        entries: how many entries it had.
        head: SHA-256 of the last one.
    """

    entries: int
    head: str


def cache_key() -> bytes:
    """The secret that shows that a cache was written on this account, 32 bytes.

    Made on first use. Where it cannot be kept, it holds for this process only.
    """
    return _key(_folder())


def seen_log(origin: str) -> SeenLog | None:
    """Where a log ended when this computer last remembered it, or None.

    Args:
        origin: SHA-256 of the log's first entry.
    """
    try:
        with _note(origin).open(encoding="ascii") as file:
            found = _NOTE.fullmatch(file.read(_LONGEST_NOTE))
    except (OSError, ValueError):
        return None
    return SeenLog(int(found[1]), found[2]) if found else None


def remember_log(origin: str, entries: int, head: str) -> None:
    """Remember where a log ends; where that cannot be kept, nothing is remembered.

    Args:
        origin: SHA-256 of the log's first entry.
        entries: how many entries it has.
        head: SHA-256 of the last one.
    """
    _replace(_note(origin), f"{entries} {head}\n".encode("ascii"))


def _folder() -> Path:
    return user_data_path("deepfake-forensics-workstation", appauthor=False)


def _note(origin: str) -> Path:
    # A digest of it: what a foreign case says there may be no name for a file.
    return _folder() / "logs-seen" / hashlib.sha256(origin.encode()).hexdigest()


@cache
def _key(folder: Path) -> bytes:
    path = folder / "cache.key"
    kept = _read(path)
    if len(kept) != _KEY_BYTES and not _is_unreadable(path):  # it may be read another time
        _replace(path, secrets.token_bytes(_KEY_BYTES))
        kept = _read(path)  # another program may have been faster
    return kept if len(kept) == _KEY_BYTES else secrets.token_bytes(_KEY_BYTES)


def _is_unreadable(path: Path) -> bool:
    try:
        path.open("rb").close()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_KEY_BYTES + 1)
    except OSError:
        return b""


def _replace(path: Path, content: bytes) -> None:
    """Write a small file, whole or not at all, that only its owner can read."""
    part = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # or a power cut leaves an empty file under its name
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
