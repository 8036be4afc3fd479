"""Named layouts: where the docks are, saved, put back, and forgotten."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from ui import preferences
from ui.dialogs.form import FormDialog
from ui.docks import DockArea
from ui.search.palette import Offer, Palette


class Layouts:
    """Saves and puts back layouts of one dock area.

    Args:
        area: the docks.
        window: over which questions are asked.
        reset: puts everything where it is at first.
    """

    def __init__(self, area: DockArea, window: QWidget, reset: Callable[[], object]) -> None:
        self._area = area
        self._window = window
        self._reset = reset

    def table(self) -> dict[str, Callable[[], object]]:
        """What the actions do."""
        return {
            "save_layout": self.save,
            "choose_layout": self.choose,
            "reset_layout": self._reset,
        }

    def save(self) -> None:
        """Ask for a name and keep where the docks are under it."""
        dialog = FormDialog("Save the layout", "Save", self._window)
        field = dialog.field("Name", "", "such as two screens")

        def done() -> None:
            name = " ".join(field.text().split())
            if name:
                preferences.keep_named_layout(name, self._area.keep())

        dialog.accepted.connect(done)
        dialog.open()

    def choose(self) -> None:
        """Offer the layouts there are."""
        offers = [Offer("Standard", "as it is at first", "", self._reset)]
        offers.append(Offer("Picture alone", "without any panel", "", self._picture_alone))
        offers.append(Offer("Picture and timeline", "without panels", "", self._review))
        for name in preferences.layout_names():
            offers.append(Offer(name, "saved by you", "", self._putting_back(name)))
        for name in preferences.layout_names():
            forget = Offer(f"Forget “{name}”", "saved by you", "", self._forgetting(name))
            offers.append(forget)
        Palette.pop_up(offers, "Choose a layout", self._window)

    def put_back(self, name: str) -> bool:
        """Put the docks where they were when a layout was saved; False if it is of no use."""
        return self._area.put_back(preferences.named_layout(name))

    def _putting_back(self, name: str) -> Callable[[], object]:
        return lambda: self.put_back(name)

    def _forgetting(self, name: str) -> Callable[[], object]:
        return lambda: preferences.forget_layout(name)

    def _picture_alone(self) -> None:
        self._only()

    def _review(self) -> None:
        self._only("timeline")

    def _only(self, *names: str) -> None:
        self._area.reset()
        for name, dock in self._area.docks.items():
            dock.setVisible(name in names)
