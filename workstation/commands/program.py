"""The parser and the one place where a command's failure becomes a sentence and an exit status."""

import argparse
import io
import logging
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from workstation import __version__
from workstation.commands import (
    analyse,
    benchmark,
    calibrate,
    case,
    custody,
    demo,
    detectors,
    evaluate,
    exhibit,
    export,
    faces,
    logbook,
    problem_report,
    reference_figures,
    report,
    scores,
    train,
    verify,
)
from workstation.commands.answers import FAILURE, INTERRUPTED, complain, give
from workstation.commands.standard_streams import keep_standard_places
from workstation.errors import WorkstationError

GROUPS = (
    case,
    exhibit,
    analyse,
    scores,
    export,
    report,
    verify,
    custody,
    detectors,
    evaluate,
    calibrate,
    reference_figures,
    faces,
    train,
    demo,
    benchmark,
    problem_report,
)

_log = logging.getLogger(__name__)


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; every command takes `--json`."""
    parser = argparse.ArgumentParser(
        prog="workstation",
        description="Examine video for face manipulation: cases, custody, scores, signed reports.",
        epilog="Scores are not probabilities. Exit status: 0 success, 1 failure, 2 usage.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="answer in JSON")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in GROUPS:
        group.register(commands, common)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: words after the program's name; `sys.argv` when None.

    Returns:
        Exit status: 0 success, 1 failure (one sentence on standard error), 2 usage,
        130 interrupted from the keyboard.
    """
    speak_utf8()
    try:
        arguments = build_parser().parse_args(argv)
    except SystemExit as asked:
        return int(asked.code or 0)
    began = time.monotonic()
    _log.info("command %s", logbook.Known(arguments.act.__module__))
    try:
        status = give(arguments.act(arguments), arguments.json)
        _log.info("ended with status %d after %.1f s", status, time.monotonic() - began)
        return status
    except WorkstationError as error:
        _log.info("failed after %.1f s: %s", time.monotonic() - began, error)
        return complain(str(error), arguments.json)
    except BrokenPipeError:
        # The reader (head, a pager) has gone; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE
    except OSError as error:
        if error.filename is None:  # nothing that can be named, so perhaps a fault of ours
            raise
        _log.exception("failed after %.1f s", time.monotonic() - began)
        said = f"{Path(str(error.filename)).name} cannot be used ({error.strerror})"
        return complain(f"{said}. Check the path, the disk and your rights.", arguments.json)
    except KeyboardInterrupt:
        _log.info("interrupted after %.1f s", time.monotonic() - began)
        complain("Interrupted.", arguments.json)
        return INTERRUPTED


def program() -> NoReturn:
    """Run the command that this process was started for, and end the process."""
    keep_standard_places()
    logbook.begin("workstation")
    status = main()
    if status == INTERRUPTED:
        # Chunks still at work on other threads are not waited for: nobody takes their results.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


def speak_utf8() -> None:
    """File names may be in any script; a console that is not UTF-8 gets escapes, not a crash."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
