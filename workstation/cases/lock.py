"""Only one program at a time writes a case."""

import errno
import json
import os
import platform
import threading
from pathlib import Path

from filelock import FileLock, Timeout

from workstation.cases.plain_json import utc_now
from workstation.errors import CaseLocked, CaseUnwritable

LOCK_NAME = "case.lock"
HOLDER_NAME = "case.holder.json"
_WAIT_SECONDS = 0.3  # somebody may be looking whether the lock is free, and hold it for a moment
_LONGEST_HOLDER = 2000  # characters
_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS)


class WriteLock:
    """The right to write a case, shared by the connections of one process.

    The operating system drops the lock when the process ends, however it ends; the small file
    beside it only tells others whom to ask.

    A lock file that is deleted locks nobody out, and what is written to a deleted database is gone
    with this process: both are looked for before every transaction.

    Raises:
        CaseLocked: somebody else holds the lock; the sentence says who.
        CaseUnwritable: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._files: dict[Path, tuple[int, int] | None] = {}
        self._holder = folder / HOLDER_NAME
        self._lock = _file_lock(folder, _WAIT_SECONDS)
        self._guard = threading.Lock()
        self._users = 1
        try:
            self._lock.acquire()
        except Timeout as error:
            raise CaseLocked(
                _who(self._holder), "Close it there, or open it for reading only."
            ) from error
        except (OSError, NotImplementedError) as error:
            raise _unwritable(folder, error) from error
        try:
            self._holder.unlink(missing_ok=True)  # another account's may not be written
            self._holder.write_text(json.dumps(_me(), indent=1), encoding="utf-8")
        except OSError as error:
            self._lock.release()
            raise _unwritable(folder, error) from error
        self.watch(folder / LOCK_NAME)

    def watch(self, file: Path) -> None:
        """Notice from now on if another file takes a file's place; the first call counts."""
        self._files.setdefault(file, _identity(file))

    def refuse_lost(self) -> None:
        """Refuse to write on where a file that is watched is not in its place any more.

        Raises:
            CaseUnwritable: it was deleted, moved or exchanged.
        """
        for file, known in self._files.items():
            if _identity(file) != known:
                here = file.parent.exists()
                what = f"file “{file.name}” of the case" if here else f"folder “{file.parent.name}”"
                raise CaseUnwritable(
                    f"The {what} was deleted, moved or exchanged while the case was open here, so "
                    "nothing more is recorded.",
                    "Close the case, put back what is not in its place, and open the case again.",
                )

    def share(self) -> "WriteLock":
        """Count one more user of the lock."""
        with self._guard:
            if not self._users:
                raise RuntimeError("the lock was released")
            self._users += 1
        return self

    def release(self) -> None:
        """Give the lock back once its last user has done so."""
        with self._guard:
            self._users -= 1
            if self._users:
                return
            try:
                self.refuse_lost()  # where another program has the lock by now, it is named there
                self._holder.unlink(missing_ok=True)
            except (OSError, CaseUnwritable):
                # A stale name misleads nobody: it is read only while the lock is held.
                pass
            finally:
                self._lock.release()


def is_held(folder: Path) -> bool | None:
    """Whether a program, perhaps this one, has the case open for writing right now.

    Returns:
        None where that cannot be known: the lock may not be read, or nothing here can be locked.
    """
    path = folder / LOCK_NAME
    try:
        if not path.exists():
            return False
        lock = _file_lock(folder, 0.0)
        lock.acquire()
    except Timeout:
        return True
    except PermissionError:
        return _is_seen_held(path)
    except (OSError, NotImplementedError):
        return None
    lock.release()
    return False


def _is_seen_held(path: Path) -> bool | None:
    """Whether a lock is held that this account may see and not take; None if not even that."""
    try:
        import fcntl  # not everywhere

        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (ImportError, OSError):
        return None
    return False


def _identity(file: Path) -> tuple[int, int] | None:
    """Which file lies in a place, or None for none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _file_lock(folder: Path, patience: float) -> FileLock:
    # Never one that is the file's being there: that outlives a program that was killed.
    return FileLock(
        folder / LOCK_NAME,
        timeout=patience,
        poll_interval=0.05,
        thread_local=False,
        fallback_to_soft=False,
    )


def _me() -> dict[str, object]:
    return {
        "program": "Deepfake Forensics Workstation",
        "host": platform.node(),
        "pid": os.getpid(),
        "since_utc": utc_now(),
    }


def _who(holder: Path) -> str:
    try:
        with holder.open(encoding="utf-8") as file:
            facts = json.loads(file.read(_LONGEST_HOLDER))
        who = (
            f"in {facts['program']} on {facts['host']} (process {facts['pid']}, "
            f"since {facts['since_utc'][:16].replace('T', ' ')} UTC)"
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        who = "in another program"
    return f"The case is open for writing {who}."


def _unwritable(folder: Path, error: Exception) -> CaseUnwritable:
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return CaseUnwritable(
            f"The disk that holds the case folder “{folder.name}” is full.",
            "Free some space, or open the case for reading only.",
        )
    if isinstance(error, NotImplementedError) or getattr(error, "errno", None) in _NO_LOCKS:
        return CaseUnwritable(
            f"The drive that holds the case folder “{folder.name}” cannot lock files, so two "
            "programs could write the case at once.",
            "Copy the case to a drive of this computer, or open it for reading only.",
        )
    reason = getattr(error, "strerror", None) or str(error)
    return CaseUnwritable(
        f"The case folder “{folder.name}” cannot be written ({reason}).",
        "Open it for reading only, or change its permissions.",
    )
