"""The one door through which the program tells the examiner what went wrong."""

import functools
import logging
import platform
import sys
import traceback
from dataclasses import dataclass
from types import TracebackType

import PySide6
from PySide6.QtCore import QObject, Signal

import workstation
from workstation.commands import logbook
from workstation.commands.answers import one_line
from workstation.errors import WorkstationError

_log = logging.getLogger(__name__)

FAULT_SENTENCE = (
    "This is a fault of this program, not of the evidence. What was saved stays saved; "
    "what was under way may have to be started again."
)
NO_FRAME = "No frame is on screen; this needs one."


@dataclass(frozen=True)
class Message:
    """Something the examiner has to know.

    Attributes:
        sentence: what happened and what to do.
        details: for whoever mends the program; "" for the world's faults.
        fault: whether this program is at fault.
        hint: whether nothing went wrong: it says what to do first.
    """

    sentence: str
    details: str = ""
    fault: bool = False
    hint: bool = False


class Door(QObject):
    """Announces messages; may be told from any thread."""

    told = Signal(object)  # Message

    def tell(self, error: BaseException) -> None:
        """Announce an error and write a fault of this program to the log."""
        message = message_for(error)
        if message.fault:
            logbook.note_fault(error)
        else:
            _log.info("told the examiner: %s", error)
        self.told.emit(message)

    def say(self, sentence: str) -> None:
        """Announce a sentence that is no error."""
        self.told.emit(Message(sentence, hint=True))


@functools.cache
def door() -> Door:
    """The one door of this process."""
    return Door()


def message_for(error: BaseException) -> Message:
    """The world's faults in their own words; anything else as a fault of this program."""
    if isinstance(error, WorkstationError):
        return Message("\n".join(map(one_line, str(error).split("\n"))))
    lines = traceback.format_exception(error)
    versions = (
        f"workstation {workstation.__version__}, Python {platform.python_version()}, "
        f"PySide6 {PySide6.__version__}, {platform.platform()}"
    )
    sentence = f"{FAULT_SENTENCE} {logbook.where_it_lies()}"
    return Message(sentence, versions + "\n\n" + "".join(lines), fault=True)


def tell(error: BaseException) -> None:
    """Tell the examiner of an error, from any thread."""
    door().tell(error)


def say(sentence: str) -> None:
    """Tell the examiner a sentence that is no error, from any thread."""
    door().say(sentence)


def install_hook() -> None:
    """Send exceptions that nothing caught, in slots too, through the door."""
    sys.excepthook = _uncaught


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    tell(error)
