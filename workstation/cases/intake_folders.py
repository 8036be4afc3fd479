"""The folder in which one file waits while it is taken in, and its removal after a crash."""

import shutil
import stat
from collections.abc import Iterator, Set
from contextlib import suppress
from pathlib import Path

INTAKE_PREFIX = ".intake-"


def intake_folder(exhibits_folder: Path, number: str) -> Path:
    """Where the copy of the exhibit with a number waits until the case has recorded it."""
    return exhibits_folder / f"{INTAKE_PREFIX}{number}"


def remove_intake(exhibits_folder: Path, number: str, *, taken: bool) -> tuple[str, int]:
    """Remove the waiting folder and, unless the exhibit was recorded, what it had brought.

    Args:
        exhibits_folder: the exhibits' folder of the case.
        number: the exhibit number the intake had in mind.
        taken: whether the case has recorded the exhibit; its copy is then left alone.

    Returns:
        Name and size in bytes of the half-taken copy; ("", 0) if there was none.
    """
    folder = intake_folder(exhibits_folder, number)
    waiting = [path for path in folder.glob("*") if path.is_file()]
    # The copy moves out just before the case records it, so a crash in between leaves it outside.
    moved = [] if taken else list(exhibits_folder.glob(f"{number}_*"))
    name, size = "", 0
    for path in waiting + moved:
        with suppress(OSError):
            name, size = path.name, path.lstat().st_size
            if not path.is_symlink():
                path.chmod(stat.S_IRUSR | stat.S_IWUSR)
            path.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    return name, size


def sweep_intakes(exhibits_folder: Path, taken: Set[str]) -> Iterator[tuple[str, str, int]]:
    """Remove what killed intakes left; yields number, name and size of each copy removed.

    Args:
        exhibits_folder: the exhibits' folder of the case.
        taken: numbers of the exhibits that the case has recorded.
    """
    for folder in sorted(exhibits_folder.glob(f"{INTAKE_PREFIX}*")):
        number = folder.name.removeprefix(INTAKE_PREFIX)
        # A name made by somebody else could be a pattern that fits what the case has taken in.
        if not number.isalnum() or folder.is_symlink() or not folder.is_dir():
            continue
        name, size = remove_intake(exhibits_folder, number, taken=number in taken)
        if number not in taken:
            yield number, name, size
