"""The log: what the program did and why it failed, in a file of the person's own.

There are two of it, in one folder. `workstation.log` is whole and stays on this computer.
`without-names.log` is what a problem report may hold: the program's own words, numbers, words from
closed lists and places in the program's code, nothing that came from a case, a file or a person.
"""

import atexit
import faulthandler
import logging
import os
import platform
import re
import sys
import sysconfig
import threading
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import Enum
from functools import cache
from logging.handlers import RotatingFileHandler
from pathlib import Path, PurePath
from types import TracebackType
from typing import Any, Final, TextIO

from workstation import __version__
from workstation.commands.answers import one_line

APPLICATION: Final = "deepfake-forensics-workstation"
WHOLE, NAMELESS, CRASHES = "workstation.log", "without-names.log", "crashes.log"
LARGEST_BYTES, KEPT = 1_000_000, 3
OURS = ("workstation", "ui", "models")
TEXT, PLACE = "‹text›", "‹path›"

_NUMBER = re.compile(r"[ER]\d{3,6}")
_ROOT = Path(__file__).parents[2]
_OUR_FOLDERS = [(name,) for name in (*OURS, "resources")]
_LIBRARIES = Path(sysconfig.get_path("platlib"))
_STANDARD = Path(sysconfig.get_path("stdlib"))
_log = logging.getLogger(__name__)
_crashes: list[TextIO] = []


class Known(str):
    """A word of the program's own: it may stand in a problem report."""

    __slots__ = ()


def folder() -> Path:
    """Where the log lies, in the person's own state folder."""
    from platformdirs import user_log_path

    return user_log_path(APPLICATION, appauthor=False)


def begin(program: str) -> Path | None:
    """Begin to write the log in this process, and note faults that nothing catches.

    Args:
        program: "workstation" or "window".

    Returns:
        The folder of the log; None where it cannot be written: the program works without.
    """
    place = folder()
    try:
        place.mkdir(parents=True, exist_ok=True)
        place.chmod(0o700)  # the whole log names cases and files
        handlers = [_Whole(place / WHOLE), _Nameless(place / NAMELESS)]
        _note_crashes(place / CRASHES)
    except OSError:
        logging.getLogger().addHandler(logging.NullHandler())  # or Python prints what it warns of
        return None
    root = logging.getLogger()
    for handler in handlers:
        root.addHandler(handler)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    sys.excepthook = _uncaught
    threading.excepthook = lambda what: note_fault(what.exc_value)
    _log.info(
        "%s %s begins, Python %s on %s",
        Known(program),
        Known(__version__),
        Known(platform.python_version()),
        Known(platform.system()),
    )
    atexit.register(_log.info, "%s ends", Known(program))
    return place


def note_fault(error: BaseException | None) -> None:
    """Enter a fault of this program in the log, with where it happened."""
    if error is not None:
        _log.error("a fault of this program", exc_info=error)


def where_it_lies() -> str:
    """A sentence for the message about a fault of ours."""
    return f"The log in {folder()} says what happened before."


def nameless(value: Any) -> str:
    """A value of a log line as a problem report may hold it."""
    if value is None or isinstance(value, bool | int | float | Known):
        return str(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, BaseException):
        return what_was_raised(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return value
    if isinstance(value, PurePath):
        return program_place(str(value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {nameless(item)}" for name, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return ", ".join(map(nameless, value))
    return TEXT


def what_was_raised(error: BaseException) -> str:
    """Kind and place of an exception and of what caused it, without its words.

    The place leads to the sentence in the source; what was filled in there stays out. Errors of
    the operating system and of torch keep what is no name in them.
    """
    known = ""
    if isinstance(error, OSError) and error.errno is not None:
        known = f" ({os.strerror(error.errno)})"
    elif type(error).__module__.partition(".")[0] == "torch":
        known = f" ({str(error).splitlines()[0][:200] if str(error) else ''})"
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{program_place(one.filename)}:{one.lineno} in {one.name}" for one in frames[-12:]]
    said = f"{type(error).__qualname__}{known} at {' > '.join(places) or 'no place'}"
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return said if cause is None else f"{said}; from {what_was_raised(cause)}"


def program_place(path: str) -> str:
    """A path as seen from the program or a library; other places are left out."""
    place = PurePath(path)
    if place.is_relative_to(_ROOT) and place.relative_to(_ROOT).parts[:1] in _OUR_FOLDERS:
        return place.relative_to(_ROOT).as_posix()
    for base, name in ((_LIBRARIES, ""), (_STANDARD, "python")):
        if place.is_relative_to(base):
            return (PurePath(name) / place.relative_to(base)).as_posix()
    return path if path.startswith("<") and path.endswith(">") else PLACE


class _Whole(RotatingFileHandler):
    """Writes every line of ours, and what other libraries warn of."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            path, maxBytes=LARGEST_BYTES, backupCount=KEPT, encoding="utf-8", delay=True
        )
        self.setFormatter(_whole_line())
        self.addFilter(_worth_keeping)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; where another program turned the page, on the new one."""
        with suppress(OSError):
            if self.stream is not None and not _same_file(self.stream, self.baseFilename):
                self.stream.close()
                self.stream = self._open()
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """A log that cannot be written must not stop what it tells of."""


class _Nameless(_Whole):
    """Writes what a problem report may hold."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.setFormatter(_NamelessLine())
        self.addFilter(_is_ours)


class _WholeLine(logging.Formatter):
    """A line that no name from outside ends, so that none looks like another line."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        return one_line(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        lines = super().formatException(ei).split("\n")
        return "\n".join(f"    {one_line(line)}" for line in lines)


class _NamelessLine(logging.Formatter):
    """The literal of a log call, filled in with what is no name."""

    def format(self, record: logging.LogRecord) -> str:
        said = str(record.msg)
        if record.args:
            given = record.args if isinstance(record.args, tuple) else (record.args,)
            said = _fill(said, given)
        if record.exc_info and record.exc_info[1] is not None:
            said += f": {what_was_raised(record.exc_info[1])}"
        time = _whole_line().formatTime(record)
        return f"{time} {record.levelname} {record.process} {record.name}: {said}"


def _fill(literal: str, values: Sequence[Any]) -> str:
    whole = [value if isinstance(value, int | float) else nameless(value) for value in values]
    try:
        return literal % tuple(whole)
    except (TypeError, ValueError):
        return literal


@cache
def _whole_line() -> logging.Formatter:
    made = _WholeLine("%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s")
    made.default_msec_format = "%s.%03d"
    return made


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in OURS


def _worth_keeping(record: logging.LogRecord) -> bool:
    return record.levelno >= (logging.INFO if _is_ours(record) else logging.WARNING)


def _same_file(stream: TextIO, name: str) -> bool:
    try:
        there, open_one = Path(name).stat(), os.fstat(stream.fileno())
    except FileNotFoundError:
        return False
    return (there.st_dev, there.st_ino) == (open_one.st_dev, open_one.st_ino)


def _note_crashes(path: Path) -> None:
    """Where a crash of the interpreter itself is written, by all threads."""
    with suppress(OSError):
        if path.stat().st_size > LARGEST_BYTES:
            path.unlink()
    for stream in _crashes:
        stream.close()
    _crashes[:] = [path.open("a", encoding="utf-8")]
    faulthandler.enable(_crashes[0])


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.__excepthook__(kind, error, trace)
    if issubclass(kind, KeyboardInterrupt):
        return
    note_fault(error)
    print(
        f"workstation: This is a fault of this program, not of the evidence. {where_it_lies()} "
        "“workstation problem-report --out FILE” makes a file of it to send, without names.",
        file=sys.stderr,
    )
