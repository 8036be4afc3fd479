"""Opens the comparison on what the examiner has on screen."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from ui import messages
from ui.bounds import shortened
from ui.compare.pair import Side
from ui.compare.window import CompareWindow
from ui.player.player import PlayerWidget
from ui.reading import ExhibitView
from ui.workbench import Workbench
from workstation.cases.case import Case
from workstation.cases.records import Exhibit
from workstation.commands.answers import one_line


def compare(workbench: Workbench, player: PlayerWidget, parent: QWidget) -> CompareWindow | None:
    """Hold the frame on screen against another moment of its exhibit, or another exhibit.

    With an in point the right side begins there; otherwise both begin with the frame on screen.

    Args:
        workbench: the open case.
        player: whose exhibit and frame stand on the left.
        parent: the main window; the comparison closes with it.

    Returns:
        The window, already shown; None where no exhibit is on screen.
    """
    view = workbench.shown
    if view is None or player.current_frame is None:
        messages.say(messages.NO_FRAME)
        return None
    window = CompareWindow(parent)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    times = view.index.times
    seconds = float(times[player.current_frame])
    moment = player.in_point
    offset = 0.0 if moment is None else float(times[moment]) - seconds
    side = _side(view)
    window.show_pair(side, side, seconds, offset)
    listed = [(line.exhibit.number, _title(line.exhibit)) for line in workbench.exhibits]
    window.offer(listed, view.exhibit.number)
    window.right_wanted.connect(lambda number: _load(workbench, window, number))
    workbench.case_closed.connect(window.close)
    window.show()
    window.setFocus()
    return window


def _load(workbench: Workbench, window: CompareWindow, number: str) -> None:
    window.say(f"opening {number}")

    def read(case: Case) -> Side:
        exhibit = case.exhibits.get(number)
        path = case.folder / exhibit.stored_name
        return Side(_title(exhibit), path, case.exhibits.index(number))

    def arrived(side: Side) -> None:
        if not window.closed:
            window.show_right(side)

    workbench.ask(read, arrived)


def _side(view: ExhibitView) -> Side:
    return Side(_title(view.exhibit), view.path, view.index)


def _title(exhibit: Exhibit) -> str:
    return f"{exhibit.number} · {one_line(shortened(exhibit.original_name))}"
