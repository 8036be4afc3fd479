"""pyqtgraph, whose curves the timeline draws, loaded when they are first drawn or a little later.

Loading it takes several tenths of a second. A window that is just being opened puts that off until
its first picture is on screen, and does it off its own thread; curves follow then.
"""

from types import ModuleType

_functions: ModuleType | None = None
_put_off = False


def put_off() -> None:
    """Draw no curve before `load` was called."""
    global _put_off
    _put_off = True


def load() -> None:
    """Load it now, on whichever thread."""
    global _functions
    from pyqtgraph import functions

    _functions = functions


def functions() -> ModuleType | None:
    """`pyqtgraph.functions`, or None while it is put off."""
    if _functions is None and not _put_off:
        load()
    return _functions
