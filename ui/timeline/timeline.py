"""The timeline: what is known about an exhibit, over its own time."""

from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import QCoreApplication, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from ui import messages, theme
from ui.dialogs.details_dialog import DetailsDialog
from ui.player.keys import KeyMap
from ui.timeline.arrangement import Row, make_lanes
from ui.timeline.board import Board
from ui.timeline.keys import KEYS, ON_SELECTION
from ui.timeline.lanes import MarksLane
from ui.timeline.lanes_dialog import LanesDialog
from ui.timeline.readout import SELECT_TIP
from ui.timeline.selection import SelectionBar, details
from ui.timeline.track_lanes import TrackLane
from ui.timeline.view import ZOOM_STEP

COMPARE_TIP = "Lay other runs on this exhibit over the one shown"
NO_SELECTION = (
    "Select a stretch first: drag over the timeline with Shift held, or with the selection button "
    "pressed."
)
PAN_SHARE = 0.25  # of what is in sight, for one press of a key
LANES_TIP = "Choose and order the lanes"


class TimelineWidget(Board):
    """Lanes below each other: scores of every face track, and whatever else has a place in time.

    What is drawn depends on the pixels there are, not on the length of the exhibit.
    """

    seek_requested = Signal(object)  # int, frame number
    track_picked = Signal(object)  # int | None, face track whose heading was pressed
    mark_picked = Signal(object)  # the key of a MarkLine
    selection_changed = Signal(object, object)  # int, int: first and last frame; None, None
    clip_wanted = Signal(object, object)  # int, int: first and last frame
    export_wanted = Signal(object, object)  # int, int: first and last frame
    compare_wanted = Signal(object)  # QPoint on the screen, where a menu would open

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.selection: tuple[int, int] | None = None
        self.selection_bar = SelectionBar(self)
        self._keys_to: QWidget | None = None
        self._key_map = KeyMap(None, KEYS)
        self._build()
        self.clear()

    def clear(self) -> None:
        """Show no exhibit."""
        self.set_selection(None, None)
        super().clear()

    def redraw(self) -> None:
        """Draw everything anew, the figures of the selection too."""
        super().redraw()
        if self.selection is not None:
            self._show_selection()

    def set_selection(self, first: int | None, last: int | None) -> None:
        """Select frames first..last (inclusive), or nothing; says so only when it changes."""
        chosen = None if first is None or last is None else (min(first, last), max(first, last))
        if chosen == self.selection:
            return
        self.selection = chosen
        self._show_selection()
        self.selection_changed.emit(*(chosen or (None, None)))

    def pass_keys_to(self, widget: QWidget) -> None:
        """Hand keys that the timeline does not use, such as the arrows, to the player."""
        self._keys_to = widget

    def choose_lanes(self) -> None:
        """Open the list of lanes."""
        absent = {lane.kind: lane.absent for lane in make_lanes(self.content) if lane.absent}
        LanesDialog(self.arrangement, absent, self._arrange, self).open()

    # keys and focus

    def set_keys(self, changed: Mapping[str, Iterable[str]]) -> None:
        """Give acts of the timeline other keys than the default ones."""
        self._key_map = KeyMap(changed, KEYS)

    def act(self, name: str) -> None:
        """Do what a key would do: one of `ui.timeline.keys.KEYS`."""
        view, bar = self.view, self.view.verticalScrollBar()
        wide = view.span[1] - view.span[0]
        acts: dict[str, Callable[[], object]] = {
            "zoom_in": lambda: view.zoom(1 / ZOOM_STEP**2, self._middle()),
            "zoom_out": lambda: view.zoom(ZOOM_STEP**2, self._middle()),
            "fit": view.fit,
            "pan_back": lambda: view.pan(-PAN_SHARE * wide),
            "pan_on": lambda: view.pan(PAN_SHARE * wide),
            "lanes_up": lambda: bar.setValue(bar.value() - bar.singleStep()),
            "lanes_down": lambda: bar.setValue(bar.value() + bar.singleStep()),
            "closer": self._zoom_to_selection,
            "clip": self._want_clip,
            "figures": self._show_details,
            "let_go": lambda: self.set_selection(None, None),
            "select_tool": self._select.click,
        }
        if self.selection is None and name in ON_SELECTION:
            messages.say(NO_SELECTION)
        else:
            acts[name]()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Do what the timeline has the key for; other keys are the player's."""
        act = self._key_map.act(event)
        if act is not None and (self.selection is not None or act not in ON_SELECTION):
            self.act(act)
        elif self._keys_to is not None:
            QCoreApplication.sendEvent(self._keys_to, event)
        else:
            super().keyPressEvent(event)

    def _middle(self) -> float:
        """Seconds that stay where they are when keys zoom: the playhead's where it is in sight."""
        left, right = self.view.span
        if self.playhead_frame is not None:
            seconds = self.content.begin(self.playhead_frame)
            if left <= seconds <= right:
                return seconds
        return (left + right) / 2

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the keyboard on a click."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that the keys are heard here."""
        self._show_focus(True)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that the keys are heard elsewhere."""
        self._show_focus(False)
        super().focusOutEvent(event)

    def _build(self) -> None:
        self.setAccessibleName("Timeline")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.view.setAccessibleName("Lanes over time")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.readout, self.runs_legend, self.selection_bar):
            column.addWidget(part)
        column.addWidget(self.view, 1)
        self._select, self._compare, _ = self.readout.add_tools(
            (
                ("selection-drag", SELECT_TIP, self._toggle_tool),
                ("vector-difference", COMPARE_TIP, self._want_comparison),
                ("tune-variant", LANES_TIP, self.choose_lanes),
            )
        )
        self._select.setCheckable(True)
        self._listen()

    def _listen(self) -> None:
        view, bar = self.view, self.selection_bar
        view.picked.connect(self._picked)
        view.pointed.connect(self._pointed)
        view.selecting.connect(self._selecting)
        view.heading_pressed.connect(self._heading_pressed)
        view.heading_dropped.connect(self._heading_dropped)
        view.menu_wanted.connect(self._open_menu)
        bar.clip_wanted.connect(self._want_clip)
        bar.export_wanted.connect(lambda: self.export_wanted.emit(*(self.selection or (0, 0))))
        bar.closer_wanted.connect(self._zoom_to_selection)
        bar.details_wanted.connect(self._show_details)
        bar.closed.connect(lambda: self.set_selection(None, None))
        theme.keeper().changed.connect(self.redraw)

    def _show_focus(self, focus: bool) -> None:
        self.view.framed = focus
        self.view.viewport().update()

    # the mouse

    def _picked(self, seconds: float) -> None:
        if not len(self.scores.times):
            return
        frame = self.scores.nearest(seconds)
        if self.view.picking and frame == self.playhead_frame:
            return
        if not self.view.picking:
            self._pick_mark(seconds)
        self.playhead_frame = frame
        self.view.place_playhead(self.content.begin(frame))
        self.seek_requested.emit(frame)

    def _pick_mark(self, seconds: float) -> None:
        place = self._pointer
        row = None if place is None else self.view.row_at(place.y() + self.view.shift)
        if row is not None and isinstance(row.lane, MarksLane):
            mark = row.lane.at(self.view.sight, self.view.sight.x(seconds))
            if mark is not None:
                self.mark_picked.emit(mark.key)

    def _selecting(self, start: float, stop: float) -> None:
        if len(self.scores.times):
            self.set_selection(self.scores.nearest(start), self.scores.nearest(stop))

    def _pointed(self, place: QPointF | None) -> None:
        self._pointer = place
        self._read()

    def _heading_pressed(self, row: Row, on_arrow: bool) -> None:
        if isinstance(row.lane, TrackLane) and not on_arrow:
            track = None if row.lane.track == self.selected_track else row.lane.track
            self.select_track(track)
            self.track_picked.emit(track)
        else:
            self.arrangement.toggle(row.lane.name)
            self._arrange()

    def _heading_dropped(self, row: Row, before: Row | None) -> None:
        self.arrangement.drop(self.view.rows, row, before)
        self._arrange()

    def _open_menu(self, row: Row | None, place: QPoint) -> None:
        menu = QMenu(self)
        if row is not None:
            lane, arrangement = row.lane, self.arrangement

            def act(words: str, deed: object) -> None:
                menu.addAction(words, lambda: (deed(), self._arrange()))  # type: ignore[operator]

            title = "Open" if row.collapsed else "Collapse"
            act(f"{title} “{lane.title}”", lambda: arrangement.toggle(lane.name))
            act("Hide it", lambda: arrangement.show(lane.kind, False))
            act("Move it up", lambda: arrangement.step(lane.kind, -1))
            act("Move it down", lambda: arrangement.step(lane.kind, 1))
            menu.addSeparator()
        menu.addAction("Lanes…", self.choose_lanes)
        menu.popup(place)

    def _toggle_tool(self) -> None:
        self.view.selects = self._select.isChecked()

    def _want_comparison(self) -> None:
        below = QPoint(0, self._compare.height())
        self.compare_wanted.emit(self._compare.mapToGlobal(below))

    # the selection

    def _show_selection(self) -> None:
        if self.selection is None:
            self.view.selection = None
            self.selection_bar.hide()
        else:
            first, last = self.selection
            self.view.selection = (self.content.begin(first), self.content.until(last))
            self.selection_bar.show_stretch(self.content, first, last)
        self.view.viewport().update()

    def _zoom_to_selection(self) -> None:
        if self.selection is not None:
            first, last = self.selection
            self.view.show_stretch(self.content.begin(first), self.content.until(last))

    def _want_clip(self) -> None:
        if self.selection is not None:
            self.clip_wanted.emit(*self.selection)

    def _show_details(self) -> None:
        if self.selection is not None:
            words = details(self.content, *self.selection)
            DetailsDialog("Figures of the selection", "", words, self).open()
