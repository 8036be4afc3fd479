"""The file with what the window remembers: plain JSON, bounded, never anything that could run.

Qt's own settings files are not used: reading one, PySide6 restores whatever Python object its
values describe, and restoring an object can run anything.
"""

import json
import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from stat import S_ISREG
from typing import Any

from platformdirs import user_config_path

LARGEST = 4 * 2**20  # bytes; layouts and a thousand recent cases have a hundredth of it
_APPLICATION = "deepfake-forensics-workstation"


class SettingsFile:
    """Named values in one file, read again when another window has written it.

    A file that cannot be used is set aside under another name, never overwritten.

    Args:
        path: The file; it need not be there.

    Attributes:
        trouble: What was wrong with the file that was found, as a sentence, or "".
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._held: dict[str, Any] = {}
        self._stuck = False  # an unusable file could not be set aside, and stays as it is
        self.trouble = ""

    def value(self, name: str, default: object = None) -> Any:
        """A value as JSON knows it, or the default; it may be of any kind."""
        self._look()
        return self._held.get(name, default)

    def keep(self, name: str, value: object) -> bool:
        """Remember a value, None to forget it; whether it is in the file now."""
        return self.keep_all({name: value})

    def keep_all(self, values: dict[str, object]) -> bool:
        """Remember several values, all or none; whether they are in the file now."""
        self._look()
        held = {name: one for name, one in (self._held | values).items() if one is not None}
        try:
            content = json.dumps(held, ensure_ascii=True, indent=1).encode("ascii")
            if self._stuck or len(content) > LARGEST:
                return False
            self._write(content)
        except OSError:
            return False
        self._held, self._seen = held, self._signature()
        return True

    def _look(self) -> None:
        seen = self._signature()
        if seen == self._seen:
            return
        self._seen, self._held, self._stuck = seen, {}, False
        if seen is None:
            return
        try:
            self._held = self._read()
        except (OSError, ValueError, RecursionError) as error:
            self._set_aside(str(error) if type(error) is ValueError else "the file is damaged")

    def _read(self) -> dict[str, Any]:
        found = self._path.stat()
        if not S_ISREG(found.st_mode):
            raise ValueError("there is no ordinary file")
        with self._path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ValueError("the file is larger than any that this program writes")
        held = json.loads(content)
        if not isinstance(held, dict):
            raise ValueError("the file is damaged")
        return held

    def _set_aside(self, why: str) -> None:
        number = 1
        while os.path.lexists(aside := self._path.with_name(f"{self._path.name}.aside-{number}")):
            number += 1
        begun = "The window begins with its standard settings; no case is touched."
        try:
            self._path.rename(aside)
            self._seen = None
            self.trouble = (
                f"Your settings of the window could not be read: {why}. It was set aside as "
                f"“{aside.name}” in {aside.parent}. {begun}"
            )
        except OSError:
            self._stuck = True
            self.trouble = (
                f"Your settings of the window could not be read: {why}. {begun} Nothing is "
                f"remembered until you move {self._path} out of the way."
            )

    def _write(self, content: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            part.write_bytes(content)
            part.replace(self._path)
        except OSError:
            with suppress(OSError):
                part.unlink()
            raise

    def _signature(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns


def store() -> SettingsFile:
    """The settings of whoever runs the program."""
    return _of(user_config_path(_APPLICATION, appauthor=False) / "window.json")


@cache
def _of(path: Path) -> SettingsFile:
    return SettingsFile(path)
