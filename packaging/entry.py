"""Entry point of a frozen build: the program, or a process that decodes or analyses for it.

Under a name with “gui” in it, it opens the window; otherwise it is the command line.
"""

import multiprocessing
import sys
from pathlib import Path

from workstation.evidence.isolation import door


def main() -> None:
    """Be what this process was begun as."""
    multiprocessing.freeze_support()
    if door.enter(sys.argv[1:]):
        return
    if "gui" in Path(sys.argv[0]).stem:
        from ui.application import main as window

        sys.exit(window())
    from workstation.commands import program

    program()


if __name__ == "__main__":
    main()
