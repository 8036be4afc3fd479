"""What a killed command may leave behind outside the case: processes and shared memory."""

import os
import time
from pathlib import Path

from tests.reliability.ground import TOKEN

GRACE_SECONDS = 10.0
SHARED = b"/dev/shm/"


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


def shared_memory(token: str) -> set[bytes]:
    """The named shared memory that processes with a token have open or mapped."""
    found: set[bytes] = set()
    for process in alive(token):
        folder = Path(f"/proc/{process}")
        try:
            lines = (folder / "maps").read_bytes().splitlines()
            opened = [os.fsencode(path.readlink()) for path in (folder / "fd").iterdir()]
        except OSError:
            continue
        paths = [line[line.index(SHARED) :] for line in lines if SHARED in line] + opened
        found |= {path for path in paths if path.startswith(SHARED)}
    return {path for path in found if not path.endswith(b" (deleted)")}


def left_behind(token: str, used: set[bytes]) -> list[str]:
    """What is still there some seconds after the command was killed, a sentence for each.

    Args:
        token: of the command.
        used: the shared memory that it had while it was alive.
    """
    deadline = time.monotonic() + GRACE_SECONDS
    while alive(token) and time.monotonic() < deadline:
        time.sleep(0.05)
    orphans = alive(token)
    for process in orphans:
        os.kill(process, 9)
    stray = sorted(os.fsdecode(path) for path in used if Path(os.fsdecode(path)).exists())
    return [f"process {process} lived on" for process in orphans] + [
        f"shared memory {path} was left" for path in stray
    ]
