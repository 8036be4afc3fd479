"""`workstation faces`: the faces of labelled recordings, cut once into a store to train on."""

import argparse
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from models.training.face_options import add_face_options
from workstation.commands.analyse import positive
from workstation.commands.answers import Answer, say
from workstation.commands.groups import Commands, command
from workstation.commands.progress import Bars
from workstation.errors import WorkstationError

if TYPE_CHECKING:
    from models.training.faces import Progress

SAY_EVERY_S = 10.0


def register(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    help = "cut the faces of labelled recordings into a store to train on"
    parser = command(commands, common, "faces", faces, help)
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="a data set, or a tar of stills"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="STORE", help="made, or continued"
    )
    add_face_options(parser)
    parser.add_argument("--workers", type=positive, metavar="N", help="processes (default: 1)")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")


def faces(arguments: argparse.Namespace) -> Answer:
    """Make the store, or go on making it, and say what it holds."""
    from models.training.datasets import DataError
    from models.training.faces import faces as make
    from workstation.analysis.devices import pick_device

    try:
        with Bars("recording") as bars:
            summary = make(
                arguments.data,
                arguments.out,
                protocol=arguments.protocol,
                dataset=arguments.dataset,
                limit=arguments.limit,
                split=arguments.split,
                one_class=arguments.one_class,
                workers=arguments.workers or 1,
                device=pick_device(arguments.device),
                report=Reporter(arguments, bars),
            )
    except DataError as error:
        raise WorkstationError(str(error)) from error
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise WorkstationError(
            f"The store could not be made: {reason} ({error.filename or arguments.out}). What was "
            "cut is kept; mend this and call the same again."
        ) from error
    return Answer(asdict(summary), list(summary.lines()))


class Reporter:
    """Shows a bar on a terminal; elsewhere says a line now and then."""

    def __init__(self, arguments: argparse.Namespace, bars: Bars) -> None:
        self._arguments, self._bars, self._said = arguments, bars, time.monotonic()

    def __call__(self, progress: "Progress") -> None:
        """Tell how far it is."""
        from models.training.faces import progress_line

        self._bars.show("faces", progress.done, progress.total)
        now = time.monotonic()
        if not sys.stderr.isatty() and now - self._said >= SAY_EVERY_S:
            self._said = now
            say(self._arguments, progress_line(progress))
