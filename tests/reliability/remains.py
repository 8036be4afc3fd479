"""What a killed command may leave behind outside the case: processes and shared memory."""

import os
import time
from pathlib import Path

from tests.reliability.ground import TOKEN

GRACE_SECONDS = 10.0
SHARED = Path("/dev/shm")


def shared_memory() -> set[str]:
    """Names of the pieces of shared memory on this machine."""
    found = SHARED.iterdir() if SHARED.is_dir() else ()
    return {path.name for path in found if path.is_file()}


def alive(token: str) -> list[int]:
    """Processes that were started with a token, by whatever process."""
    mark = f"{TOKEN}={token}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue  # it ended meanwhile, or is somebody else's
    return found


def unmapped(names: set[str]) -> set[str]:
    """Of some pieces of shared memory, those that no process uses any more."""
    used = b"".join(_maps(folder) for folder in Path("/proc").glob("[0-9]*"))
    return {name for name in names if f"{SHARED}/{name}".encode() not in used}


def left_behind(token: str, before: set[str]) -> list[str]:
    """What is still there some seconds after the command was killed, a sentence for each.

    Args:
        token: of the command.
        before: the shared memory that was there before it.
    """
    deadline = time.monotonic() + GRACE_SECONDS
    while alive(token) and time.monotonic() < deadline:
        time.sleep(0.05)
    orphans = alive(token)
    for process in orphans:
        os.kill(process, 9)
    stray = unmapped(shared_memory() - before)
    return [f"process {process} lived on" for process in orphans] + [
        f"shared memory {name} was left" for name in sorted(stray)
    ]


def _maps(folder: Path) -> bytes:
    try:
        return (folder / "maps").read_bytes()
    except OSError:
        return b""
