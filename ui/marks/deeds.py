"""What the actions of the menu “Marks” do."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ui import keys, messages
from ui.marks.desk import READ_ONLY
from ui.marks.dialog import WRITTEN, MarkDialog
from workstation.cases.marks import Mark, MarkKind, finding_on
from workstation.cases.records import Finding

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from ui.player.player import PlayerWidget
    from ui.workbench import Workbench


NO_POINTS = (
    "Set an in point ({}) and an out point ({}) first; the clip is the stretch from one to the "
    "other."
)
NOT_ANALYSED = "Segments are flagged by the analysis; this exhibit has not been analysed."


class MarkDeeds:
    """Makes marks from what is on screen: frame, in and out points, track, exhibit."""

    def __init__(self, workbench: "Workbench", player: "PlayerWidget", window: "QWidget") -> None:
        self._workbench = workbench
        self._player = player
        self._window = window
        self._track: int | None = None
        workbench.track_selected.connect(self._track_selected)
        workbench.exhibit_selected.connect(lambda _: self._track_selected(None))
        player.marker_wanted.connect(self.add_marker)
        workbench.marks.lost.connect(self._lost)

    def table(self) -> dict[str, Callable[[], object]]:
        """What each action does."""
        return {
            "undo": self.undo,
            "redo": self.redo,
            "add_marker": self.add_marker,
            "add_clip": self.add_clip,
            "note_frame": self.note_frame,
            "note_segment": self.note_segment,
            "note_track": self.note_track,
            "note_exhibit": self.note_exhibit,
            "give_finding": lambda: self.give_finding(None),
            "give_track_finding": self.give_track_finding,
        }

    def undo(self) -> None:
        """Undo the last act, and say what it was: it may be out of sight, on another exhibit."""
        stack = self._workbench.marks.undo_stack
        what = stack.undoText()
        stack.undo()
        self._player.say(f"undone: {what}" if what else "")

    def redo(self) -> None:
        """Do again what was undone, and say what it is."""
        stack = self._workbench.marks.undo_stack
        what = stack.redoText()
        stack.redo()
        self._player.say(f"done again: {what}" if what else "")

    def add_marker(self, frame: int | None = None) -> None:
        """Mark the frame on screen, or another, at once; it can be named later."""
        exhibit = self._workbench.selected
        frame = self._player.current_frame if frame is None else frame
        if frame is None:
            messages.say(messages.NO_FRAME)
        elif exhibit is not None:
            mark = Mark(MarkKind.MARKER, exhibit, frame, frame)
            self._workbench.marks.add(mark, "add a marker")

    def add_clip(self, first: int | None = None, last: int | None = None) -> None:
        """Keep a stretch as a clip, by default from the in point to the out point."""
        if first is None or last is None:
            first, last = self._player.in_point, self._player.out_point
        if first is None or last is None or first > last:
            messages.say(
                NO_POINTS.format(keys.said("player.in_point"), keys.said("player.out_point"))
            )
            return
        self._ask(MarkKind.CLIP, first=first, last=last)

    def note_frame(self) -> None:
        """Mark the frame on screen, with a name, a note and tags."""
        frame = self._player.current_frame
        if frame is None:
            messages.say(messages.NO_FRAME)
        else:
            self._ask(MarkKind.MARKER, first=frame, last=frame)

    def note_segment(self) -> None:
        """Write a note on the flagged segment that the frame on screen lies in."""
        shown, frame = self._workbench.shown, self._player.current_frame
        if shown is None or frame is None:
            messages.say(messages.NO_FRAME)
            return
        if shown.run is None:
            messages.say(NOT_ANALYSED)
            return
        here = [part for part in shown.segments if part.first <= frame <= part.last]
        here.sort(key=lambda part: (part.track != self._track, -part.peak))
        if not here:
            messages.say("No flagged segment lies at this frame. Go to one, then try again.")
            return
        part = here[0]
        self._ask(
            MarkKind.SEGMENT, first=part.first, last=part.last, run=shown.run.id, track=part.track
        )

    def note_track(self) -> None:
        """Write a note on the selected face track."""
        place = self._of_track(self._track)
        if place is not None:
            self._ask(MarkKind.TRACK, **place)

    def note_exhibit(self) -> None:
        """Write a note on the exhibit."""
        self._ask(MarkKind.EXHIBIT)

    def give_finding(self, track: int | None) -> None:
        """Ask for the examiner's own finding on the exhibit or a track, or change it."""
        exhibit = self._workbench.selected
        if exhibit is None:
            return
        held = finding_on(self._workbench.marks.of_exhibit(exhibit), exhibit, track)
        if held is not None:
            self._open(held)
            return
        fields = {"finding": Finding.INCONCLUSIVE}
        if track is None:
            self._ask(MarkKind.FINDING, **fields)
        elif (place := self._of_track(track)) is not None:
            self._ask(MarkKind.FINDING, **place, **fields)

    def give_track_finding(self) -> None:
        """Ask for the examiner's own finding on the selected face track, or change it."""
        if self._of_track(self._track) is not None:
            self.give_finding(self._track)

    def _of_track(self, track: int | None) -> dict[str, int] | None:
        shown = self._workbench.shown
        if track is None or shown is None or shown.run is None:
            messages.say("Select a face track first, in the inspector or among the tracks.")
            return None
        return {"run": shown.run.id, "track": track}

    def _ask(self, kind: MarkKind, **fields: object) -> None:
        exhibit = self._workbench.selected
        if exhibit is not None:
            self._open(Mark(kind, exhibit, **fields))

    def _lost(self, mark: Mark) -> None:
        """Ask again, with what had been written: it is worth more than the click."""
        if mark.kind is not MarkKind.GROUPING and (mark.name or mark.note or mark.tags):
            marks = self._workbench.marks.all
            held = next((one for one in marks if mark.number and one.number == mark.number), mark)
            self._open(held, mark)

    def _open(self, mark: Mark, written: Mark | None = None) -> None:
        shown, desk = self._workbench.shown, self._workbench.marks
        if not desk.writable:  # before anything is written that would be lost
            messages.say(READ_ONLY)
            return
        dialog = MarkDialog(written or mark, shown.index if shown else None, self._window)

        def done() -> None:
            made = dialog.mark()
            if mark.number:
                desk.change(mark, **{name: getattr(made, name) for name in WRITTEN})
            else:
                desk.add(made)

        dialog.accepted.connect(done)
        dialog.open()

    def _track_selected(self, track: int | None) -> None:
        self._track = track
