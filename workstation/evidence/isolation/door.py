"""The way into keeper and worker for a frozen build, whose Python runs no module by its name.

The entry point of such a build asks here before it does anything else (`packaging/entry.py`).
"""

import runpy
import sys
from collections.abc import Sequence

SERVE = "--serve-media"
KEEPER = "workstation.evidence.isolation.keeper"
WORKER = "workstation.evidence.isolation.worker"


def enter(arguments: Sequence[str]) -> bool:
    """Be the keeper or a worker, if this process was begun to be one; whether it was.

    Args:
        arguments: What the process was begun with, without its own name.
    """
    if len(arguments) < 2 or arguments[0] != SERVE or arguments[1] not in (KEEPER, WORKER):
        return False
    sys.argv = list(arguments[1:])
    runpy.run_module(arguments[1], run_name="__main__")
    return True


def command(module: str, *words: str) -> list[str]:
    """What begins a keeper or worker.

    Args:
        module: `KEEPER` or `WORKER`.
        *words: For it.
    """
    if getattr(sys, "frozen", False):
        return [sys.executable, SERVE, module, *words]
    # Without site: what `sys.path` has become is handed over as it is.
    return [sys.executable, "-S", "-P", "-m", module, *words]
