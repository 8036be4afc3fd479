"""Small helpers that every group of commands shares."""

import argparse
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from workstation.commands.answers import Answer
from workstation.errors import WorkstationError

if TYPE_CHECKING:
    from workstation.cases.case import Case

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Act = Callable[[argparse.Namespace], Answer]


class Group(Protocol):
    """What a module in the table of groups offers."""

    def register(self, commands: Commands, common: argparse.ArgumentParser) -> None:
        """Add the module's commands to the parser."""


def command(
    commands: Commands, common: argparse.ArgumentParser, name: str, act: Act, help: str
) -> argparse.ArgumentParser:
    """Add one command that runs `act`."""
    parser = commands.add_parser(name, parents=[common], help=help, description=help)
    parser.set_defaults(act=act)
    return parser


def add_case(parser: argparse.ArgumentParser) -> None:
    """The case folder, first word of most commands."""
    parser.add_argument("case", metavar="DIR", type=Path, help="the case folder")


@contextmanager
def opened(arguments: argparse.Namespace, *, read_only: bool = False) -> Iterator["Case"]:
    """The case named on the command line, closed at the end.

    Raises:
        CaseError: the folder is no case or cannot be opened.
    """
    from workstation.cases.case import Case

    with Case.open(arguments.case, read_only=read_only) as case:
        yield case


def write_file(path: Path, content: bytes, what: str) -> None:
    """Write a file whole or not at all; an ordinary file that is there stays until then.

    Raises:
        WorkstationError: the place cannot be written; names `what` and the reason.
    """
    part = path.parent / f".{secrets.token_hex(4)}.part"
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            path.write_bytes(content)  # a pipe, or a link that the person has laid
            return
        try:
            with part.open("xb") as file:
                file.write(content)
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise WorkstationError(
            f"{what} could not be written to {path}: {os.strerror(error.errno or 0)}. "
            "Choose another place or make room."
        ) from error


def plain(mapping: Any, *names: str) -> dict[str, Any]:
    """Chosen attributes of a record as a dict."""
    return {name: getattr(mapping, name) for name in names}
