"""Standard streams that are closed, as under some services and in a build without a console."""

import os
import sys
from pathlib import Path

_LAST = 2  # number of the last standard stream


def keep_standard_places() -> None:
    """Open the null device in place of every standard stream that is closed.

    Otherwise a file of a case would be opened under the number of one of them, and what a library
    prints would go into it.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _LAST:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            nothing = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115
            setattr(sys, name, nothing)
