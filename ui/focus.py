"""Where Tab leads: through everything in sight, one side of the window after the other.

Qt's own walk leads into panels that lie behind others, where nothing can be seen, and stays there
where such a panel hands the keyboard to a list that is hidden.
"""

from collections.abc import Callable, Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

IN_SIGHT = "in sight"  # dynamic property: False where a panel lies behind another


def step(top: QWidget, on: bool, rank: Callable[[QWidget], int] = lambda _: 0) -> bool:
    """Give the keyboard to the next widget of a window, or to the one before; whether one took it.

    Args:
        top: the window.
        on: forwards.
        rank: which part of the window a widget belongs to; parts follow one another in this order.
    """
    here = top.focusWidget()
    stops = sorted((one for one in _chain(top) if one is here or _takes(one, top)), key=rank)
    if not stops or stops == [here]:
        return False
    place = stops.index(here) if here in stops else -1 if on else 0
    reason = Qt.FocusReason.TabFocusReason if on else Qt.FocusReason.BacktabFocusReason
    stops[(place + (1 if on else -1)) % len(stops)].setFocus(reason)
    return True


def _chain(top: QWidget) -> Iterator[QWidget]:
    one = top.nextInFocusChain()
    while one is not top:
        yield one
        one = one.nextInFocusChain()


def _takes(one: QWidget, top: QWidget) -> bool:
    return (
        bool(one.focusPolicy().value & Qt.FocusPolicy.TabFocus.value)
        and one.focusProxy() is None
        and one.isEnabled()
        and one.isVisibleTo(top)
        and top.isAncestorOf(one)
        and not _behind(one, top)
    )


def _behind(one: QWidget, top: QWidget) -> bool:
    above: QWidget | None = one
    while above is not None and above is not top:
        if above.property(IN_SIGHT) is False:
            return True
        above = above.parentWidget()
    return False
