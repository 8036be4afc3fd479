"""The window: PySide6 widgets over `workstation`, and the QThread pool that runs its chunks."""

from typing import Final, NamedTuple


class Panel(NamedTuple):
    """A panel beside the picture, a dock of its own.

    Attributes:
        name: for settings and shortcuts.
        title: on its tab.
        side: "left" or "right".
        place: module and class, imported when the window is made.
    """

    name: str
    title: str
    side: str
    place: str


PANELS: Final = (
    Panel("exhibits", "Exhibits", "left", "ui.exhibits.panel:ExhibitsPanel"),
    Panel("queue", "Queue", "left", "ui.queue_panel:QueuePanel"),
    Panel("inspector", "Inspector", "right", "ui.inspector.panel:InspectorPanel"),
    Panel("tracks", "People", "right", "ui.tracks.panel:TracksPanel"),
    Panel("marks", "Marks", "right", "ui.marks.panel:MarksPanel"),
    Panel("search", "Search", "right", "ui.search.panel:SearchPanel"),
    Panel("custody", "Custody", "right", "ui.custody.panel:CustodyPanel"),
)
"""Every panel, in the order of its tab. Each takes the `Workbench` and a parent."""
