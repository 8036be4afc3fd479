"""The window: PySide6 widgets over `workstation`, and the QThread pool that runs its chunks."""

from typing import Final, NamedTuple


class Panel(NamedTuple):
    """A panel beside the picture.

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
    Panel("inspector", "Inspector", "right", "ui.inspector.panel:InspectorPanel"),
    Panel("custody", "Custody", "right", "ui.custody.panel:CustodyPanel"),
)
"""Every panel, in the order of its tab. Each takes the `Workbench` and a parent."""
