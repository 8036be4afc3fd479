"""The panel that lists the people in an exhibit; merging, splitting, naming and following them."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QListView, QStackedWidget, QVBoxLayout, QWidget

from ui import keys, messages, theme
from ui.dialogs.form import FormDialog
from ui.inspector.crops import FacePictures
from ui.lines import Line, LinesView
from ui.reading import ExhibitView
from ui.tracks import words
from ui.widgets import IconButton, label
from ui.workbench import Workbench
from workstation.analysis.grouping import PersonFigures, extents, figures
from workstation.cases import people as groups
from workstation.cases.marks import Mark, MarkKind, finding_on, grouping_of
from workstation.cases.people import Extents, Person
from workstation.cases.records import RunOutcome

EMPTY = "Select an exhibit to see who is in it."
READING = "Reading the faces; their people are listed here in a moment."
NOT_ANALYSED = "Not analysed yet: {} analyses the exhibit, and its people are listed here."
NO_FACE = "The analysis found no face in this exhibit."
UNFINISHED = "The people are listed when the analysis is complete."
ALONE = "Select a person in the list of people first."
AS_IT_IS = "This is a face track as the detector followed it; there is nothing to give back."
TOGETHER = "Select two people or more, with Ctrl or Shift, to merge them."


class TracksPanel(QWidget):
    """People as the examiner grouped the face tracks; figures and findings stay the detector's."""

    follow_wanted = Signal(object)  # tuple[int, ...]: tracks to keep in view, () for none

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._pictures = FacePictures(self)
        self._view: ExhibitView | None = None
        self._extents: Extents = {}
        self.people: tuple[Person, ...] = ()
        self._wanted: tuple[Person, ...] = ()
        self._crops: dict[Person, QImage] = {}
        self._figures: dict[Person, PersonFigures] = {}
        self._frame: int | None = None
        self.following: tuple[int, ...] = ()
        self.view = LinesView("People in the exhibit")
        self.view.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self._message = label("", "muted", wrap=True)
        self._message.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._pages = QStackedWidget()
        self.buttons = self._make_buttons()
        self.setFocusProxy(self.view)
        self._build()
        self._listen()

    def close_down(self) -> None:
        """End the thread that cuts out pictures."""
        self._pictures.close()

    def at_frame(self, frame: int) -> None:
        """Know the frame on screen: splitting happens there."""
        self._frame = frame

    def merge(self) -> None:
        """Take the people selected for one."""
        chosen = self.view.chosen()
        if len(chosen) < 2:
            messages.say(TOGETHER)
            return
        said = " and ".join(words.label_of(one, self._extents) for one in chosen)
        self._group(groups.merged(self.people, chosen), f"merged {said}")

    def split(self) -> None:
        """Take the person in hand for two, before the frame on screen and from it on."""
        person = self._in_hand()
        if person is None or self._frame is None:
            return
        try:
            people = groups.split(self.people, person, self._frame)
        except ValueError:
            messages.say(
                "All of this person lies on one side of the frame on screen. Go to the first frame "
                "that shows somebody else, then split."
            )
            return
        said = words.label_of(person, self._extents)
        self._group(people, f"split {said} at frame {self._frame}")

    def give_back(self) -> None:
        """Show the tracks of the person in hand as the detector followed them."""
        person = self._in_hand()
        if person is not None and not words.is_by_hand(person, self._extents):
            messages.say(AS_IT_IS)
        elif person is not None:
            said = words.label_of(person, self._extents)
            people = groups.as_followed(self.people, person, self._extents)
            self._group(people, f"gave back {said}")

    def name_person(self) -> None:
        """Ask what to call the person in hand."""
        person = self._in_hand()
        if person is None:
            return
        dialog = FormDialog("Name a person", "Save", self)
        field = dialog.field("Name", person.name, "as it shall be in the report; empty for none")

        def done() -> None:
            name = " ".join(field.text().split())
            people = groups.named(self.people, person, name)
            self._group(people, f"named {words.pieces(person, self._extents)} “{name}”")

        dialog.accepted.connect(done)
        dialog.open()

    def follow(self) -> None:
        """Let the player keep the person in hand in view, or stop."""
        person = self.view.current() if self.following else self._in_hand()
        wanted = person.tracks if person is not None else ()
        self.following = () if wanted == self.following else wanted
        self.follow_wanted.emit(self.following)
        self._show()

    def deeds(self) -> dict[str, Callable[[], object]]:
        """What the actions of the menu do."""
        return {
            "merge_people": self.merge,
            "split_person": self.split,
            "give_back_person": self.give_back,
            "name_person": self.name_person,
            "follow_person": self.follow,
        }

    def _in_hand(self) -> Person | None:
        """The person that the cursor is on; where it is on none, that is said."""
        person = self.view.current()
        if person is None:
            messages.say(ALONE)
        return person

    def _group(self, people: Sequence[Person], how: str) -> None:
        view, desk = self._view, self._workbench.marks
        if view is None or view.run is None:
            return
        kept = groups.by_hand(people, self._extents)
        held = grouping_of(desk.all, view.run.id)
        if held is None:
            number, run = view.exhibit.number, view.run.id
            desk.add(Mark(MarkKind.GROUPING, number, run=run, people=kept), how, how)
        elif kept:
            desk.change(held, how, how, people=kept)
        else:
            desk.remove(held, how)

    def _make_buttons(self) -> dict[str, IconButton]:
        return {
            "merge": IconButton("call-merge", "Merge the people selected", self.merge),
            "split": IconButton("call-split", "Split at the frame on screen", self.split),
            "back": IconButton("restore", "As the detector followed them", self.give_back),
            "name": IconButton("rename-outline", "Name the person", self.name_person),
            "follow": IconButton("crosshairs", "Follow the person in the player", self.follow),
        }

    def _build(self) -> None:
        empty = QWidget()
        inner = QVBoxLayout(empty)
        inner.setContentsMargins(theme.GRID + 4, 0, theme.GRID + 4, 0)
        inner.addWidget(self._message)
        inner.addStretch()
        self._pages.addWidget(self.view)
        self._pages.addWidget(empty)
        self.head = QWidget(self)
        bar = QHBoxLayout(self.head)
        bar.setContentsMargins(theme.GRID, 0, 0, 0)
        for made in self.buttons.values():
            bar.addWidget(made)
        bar.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.addWidget(self._pages, 1)

    def _listen(self) -> None:
        bench = self._workbench
        bench.run_changed.connect(self._run_changed)
        bench.marks.changed.connect(lambda _: self._regroup())
        bench.case_closed.connect(lambda: self._run_changed(None))
        self.view.entered_line.connect(self._go)
        self.view.current_line.connect(self._pointed)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._enable())
        theme.keeper().changed.connect(self._show)
        self._run_changed(None)

    def _run_changed(self, view: ExhibitView | None) -> None:
        self._pictures.forget()
        self._crops, self._figures = {}, {}
        if self.following:
            self.following = ()
            self.follow_wanted.emit(())
        complete = view is not None and view.run is not None
        complete = complete and view.run.outcome is RunOutcome.COMPLETE and view.faces is not None
        self._view, self._extents = None, {}
        self._message.setText(READING if complete else self._why_empty(view))
        self._regroup()
        if complete:
            self._workbench.aside(
                lambda: extents(view.faces), lambda found: self._extents_read(view, found)
            )

    def _extents_read(self, view: ExhibitView, found: Extents) -> None:
        if view is self._workbench.shown:
            self._view, self._extents = view, found
            self._regroup()

    def _why_empty(self, view: ExhibitView | None) -> str:
        if view is None:
            return EMPTY
        if view.run is None:
            return NOT_ANALYSED.format(keys.said("analyse"))
        return READING if view.faces_waited_for else UNFINISHED

    def _regroup(self) -> None:
        view = self._view
        if view is None or view.run is None or view.faces is None:
            self.people = ()
            self._show()
            return
        held = grouping_of(self._workbench.marks.all, view.run.id)
        wanted = groups.everyone(held.people if held else (), self._extents)
        new = [one for one in wanted if one not in self._figures]

        def count() -> dict[Person, PersonFigures]:
            return {one: figures(one, view.faces, view.index.times) for one in new}

        self._wanted = wanted
        self._workbench.aside(count, lambda found: self._counted(view, wanted, found))

    def _counted(
        self, view: ExhibitView, people: tuple[Person, ...], found: dict[Person, PersonFigures]
    ) -> None:
        if view is not self._view:
            return
        self._figures.update(found)
        if people is self._wanted:  # the last grouping that was asked for
            self.people = people
            self._message.setText(NO_FACE)
            self._ask_pictures(view)
            self._show()

    def _ask_pictures(self, view: ExhibitView) -> None:
        missing = [one for one in self.people if one not in self._crops]
        wanted = {n: self._figures[one].best_row for n, one in enumerate(missing)}
        found = {n: row for n, row in wanted.items() if row is not None}
        for one in missing:
            self._crops[one] = QImage()

        def ready(n: int, picture: QImage) -> None:
            self._crops[missing[n]] = picture
            self._renew(missing[n])

        if view.faces is not None:
            self._pictures.ask(view.path, view.index, view.faces, found, ready)

    def _renew(self, person: Person) -> None:
        for row, one in enumerate(self.people):
            if one == person and row < self.view.lines.rowCount():
                self.view.lines.renew(row, self._line(person))

    def _show(self) -> None:
        before = self.view.current()
        self.view.show_lines([self._line(person) for person in self.people])
        if before is not None and self.view.current() is None:  # it was merged, split, or named
            held = set(before.tracks)
            row = next((n for n, one in enumerate(self.people) if held & set(one.tracks)), None)
            if row is not None:
                self.view.setCurrentIndex(self.view.lines.index(row))
        self._pages.setCurrentIndex(0 if self.people else 1)
        self.head.setVisible(bool(self.people))
        self._enable()

    def _line(self, person: Person) -> Line:
        view, by_hand = self._view, words.is_by_hand(person, self._extents)
        said = words.finding(person, self._extents, view.findings if view else ())
        mine = [
            finding_on(self._workbench.marks.all, view.exhibit.number, track)
            for track in person.tracks
            if view is not None
        ]
        given = "".join(f" · you: {one.finding}" for one in mine if one is not None)
        named = f" · {words.pieces(person, self._extents)}" if person.name else ""
        followed = bool(self.following) and self.following == person.tracks
        tip = [words.BY_HAND if by_hand else words.AS_FOLLOWED, words.FIGURES]
        return Line(
            thing=person,
            title=words.label_of(person, self._extents),
            detail=f"{said}{given}{named}",  # what is cut off, where there is no room, is its end
            further=words.numbers(self._figures[person]),
            icon="crosshairs" if followed else "account-edit-outline" if by_hand else "",
            token="accent" if followed else "muted",
            colour=theme.current().track(person.tracks[0]),
            picture=self._crops.get(person, QImage()),
            aside="by hand" if by_hand else "",
            tip="\n".join([said + given + named, *tip]),
        )

    def _enable(self) -> None:
        person = self.view.current()
        writable = self._workbench.marks.writable
        by_hand = person is not None and words.is_by_hand(person, self._extents)
        self.buttons["merge"].setEnabled(writable and len(self.view.chosen()) > 1)
        self.buttons["split"].setEnabled(writable and person is not None)
        self.buttons["back"].setEnabled(writable and by_hand)
        self.buttons["name"].setEnabled(writable and person is not None)
        self.buttons["follow"].setEnabled(person is not None)

    def _pointed(self, person: Person | None) -> None:
        self._enable()
        if person is not None and self.view.chosen():  # not where the keyboard merely arrived
            self._workbench.select_track(person.tracks[0])

    def _go(self, person: Person) -> None:
        view, row = self._view, self._figures[person].peak_row
        if row is None:
            row = self._figures[person].best_row
        if view is not None and view.faces is not None and row is not None:
            self._workbench.want_frame(int(view.faces.frame[row]))
