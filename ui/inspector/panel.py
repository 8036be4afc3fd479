"""The panel at the right: the selected exhibit's findings, or why there are none."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from ui import keys, theme, wording
from ui.inspector import sections, words
from ui.inspector.crops import FacePictures, shown_row
from ui.inspector.track_card import TrackCard
from ui.reading import MOST_COMPARED, ExhibitView
from ui.references.card import ReferenceCard
from ui.widgets import button, label, line
from ui.workbench import Workbench
from workstation.cases.records import Run, RunOutcome, Segment

MOST_CARDS = 40
UNDER_WAY = (
    "Analysis is waiting or under way. The finding follows when every frame is accounted for."
)
PAUSED = "Analysis is paused; what was scored stays. Go on with it below or with {}."


class InspectorPanel(QScrollArea):
    """Rebuilt whenever the exhibit or its findings change."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._pictures = FacePictures(self)
        self._cards: dict[int, TrackCard] = {}
        self._said = ""
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Inspector")
        workbench.run_changed.connect(self.show_exhibit)
        workbench.run_altered.connect(self.show_exhibit)
        workbench.exhibits_changed.connect(self._exhibits_changed)
        workbench.case_opened.connect(self._case_opened)
        workbench.case_closed.connect(lambda: self.show_exhibit(None))
        workbench.track_selected.connect(self._mark)
        theme.keeper().changed.connect(self._theme_changed)
        self.show_exhibit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scroll up and down; sideways there is nothing, those keys step through frames."""
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def close_down(self) -> None:
        """End the thread that cuts out pictures."""
        self._pictures.close()

    def show_exhibit(self, view: ExhibitView | None) -> None:
        """Show an exhibit with its run."""
        self._pictures.forget()
        self._cards = {}
        self._said = "" if view is None else self._altered(view)
        contents = self._nothing() if view is None else self._contents(view)
        page = QWidget()
        rows = QVBoxLayout(page)
        rows.setContentsMargins(theme.GRID + 4, theme.GRID, theme.GRID + 4, theme.GRID)
        rows.setSpacing(0)
        for number, content in enumerate(contents):
            if number:
                rows.addWidget(line())
            rows.addWidget(content)
        rows.addStretch()
        self.setWidget(page)
        if view is not None:
            self._ask_pictures(view)

    def _case_opened(self) -> None:
        jobs = self._workbench.jobs
        assert jobs is not None
        jobs.changed.connect(self._jobs_changed)

    def _jobs_changed(self) -> None:
        view = self._workbench.shown
        if view is not None and not view.findings:
            self.show_exhibit(view)

    def _theme_changed(self) -> None:
        self.show_exhibit(self._workbench.shown)

    def _nothing(self) -> list[QWidget]:
        if self._workbench.selected is not None:
            return [label(f"Reading {self._workbench.selected}", "muted", wrap=True)]
        return [label("Select an exhibit to see what was found in it.", "muted", wrap=True)]

    def _contents(self, view: ExhibitView) -> list[QWidget]:
        run = view.run
        whole = sections.finding_of(view, None)
        if run is None:
            return [self._not_analysed(view), sections.exhibit(view)]
        if run.outcome is not RunOutcome.COMPLETE or whole is None:
            return [
                self._unfinished(view, run),
                *_not_compared(view),
                sections.limits(run),
                sections.measured(run),
                sections.detector(run),
                sections.exhibit(view),
            ]
        return [
            sections.finding(whole, self._altered(view)),
            *_not_compared(view),
            *self._newer(view),
            ReferenceCard(self._workbench, view),
            sections.limits(run),
            self._tracks(view),
            sections.segments(view.segments, view.index, self._go_to_segment),
            sections.numbers(whole),
            sections.measured(run),
            sections.detector(run),
            sections.exhibit(view),
        ]

    def _not_analysed(self, view: ExhibitView) -> QWidget:
        number = view.exhibit.number
        waits = self._waits(number)
        if waits:
            return sections.section("Finding", label(waits, wrap=True))
        said = label("This exhibit was not analysed; nothing is known about it.", wrap=True)
        return sections.section("Finding", said, *self._offer(f"Analyse {number}", number))

    def _unfinished(self, view: ExhibitView, run: Run) -> QWidget:
        number = view.exhibit.number
        share = _share(run)
        waits = self._waits(number)
        if waits:
            return sections.section("Finding", label(waits, wrap=True))
        said = (
            f"No finding: the analysis ended as “{run.outcome}” with {share} of the frames "
            "accounted for. What was scored stays."
        ).replace(" %", "\N{NO-BREAK SPACE}%")
        reason = [label(run.reason, "muted", wrap=True)] if run.reason else []
        doubt = [label(view.altered, "danger", wrap=True)] if view.altered else []
        offer = self._offer("Continue the analysis", number)
        return sections.section("Finding", *doubt, label(said, wrap=True), *reason, *offer)

    def _altered(self, view: ExhibitView) -> str:
        """What to say beside a finding whose scores or file are not what they were."""
        number = view.exhibit.number
        lines = (line for line in self._workbench.exhibits if line.exhibit.number == number)
        found = next((line.verification for line in lines), "")
        return " ".join(filter(None, (view.altered, words.ALTERED.get(found, ""))))

    def _exhibits_changed(self) -> None:
        view = self._workbench.shown
        if view is not None and self._altered(view) != self._said:
            self.show_exhibit(view)

    def _newer(self, view: ExhibitView) -> list[QWidget]:
        newer, run = view.newer, view.run
        if newer is None or run is None:
            return []
        said = (
            f"A later analysis ended as “{newer.outcome}” at {_share(newer)}. Window, exported "
            f"scores and report rest on the complete one, of {wording.utc(run.started_utc)}."
        )
        return [sections.section("", label(said, wrap=True))]

    def _waits(self, number: str) -> str:
        """What to say while the exhibit is queued for analysis, "" when it is not."""
        jobs = self._workbench.jobs
        if jobs is None or jobs.find("analysis", number) is None:
            return ""
        return PAUSED.format(keys.said("pause")) if jobs.held else UNDER_WAY

    def _offer(self, words: str, number: str) -> list[QWidget]:
        if not self._workbench.writable or self._workbench.detector is None:
            return []
        act: Callable[[], object] = lambda: self._workbench.analyse([number])  # noqa: E731
        return [button(words, act, primary=True)]

    def _tracks(self, view: ExhibitView) -> QWidget:
        findings = [one for one in view.findings if one.track is not None]
        if not findings:
            return sections.section("Face tracks", label("No face was found.", "muted"))
        box = QWidget()
        rows = QVBoxLayout(box)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        for record in findings[:MOST_CARDS]:
            card = TrackCard(record)
            card.clicked.connect(lambda _, track=card.track: self._go_to_track(view, track))
            self._cards[card.track] = card
            rows.addWidget(card)
        more = len(findings) - MOST_CARDS
        if more > 0:
            rows.addWidget(
                label(f"{more} more tracks are in the report and on the timeline.", "small")
            )
        return sections.section("Face tracks", box)

    def _ask_pictures(self, view: ExhibitView) -> None:
        if view.faces is None:
            return
        faces, cards = view.faces, self._cards

        def shown() -> dict[int, int]:
            found = {track: shown_row(faces, track) for track in cards}
            return {track: row for track, row in found.items() if row is not None}

        def ask(rows: dict[int, int]) -> None:
            if cards is self._cards:
                self._pictures.ask(
                    view.path,
                    view.index,
                    faces,
                    rows,
                    lambda track, picture: cards[track].show_picture(picture),
                )

        self._workbench.aside(shown, ask)

    def _go_to_track(self, view: ExhibitView, track: int) -> None:
        self._workbench.select_track(track)
        row = shown_row(view.faces, track) if view.faces is not None else None
        if view.faces is not None and row is not None:
            self._workbench.want_frame(int(view.faces.frame[row]))

    def _go_to_segment(self, segment: Segment) -> None:
        self._workbench.select_track(segment.track)
        self._workbench.want_frame(segment.peak_frame)

    def _mark(self, track: int | None) -> None:
        for number, card in self._cards.items():
            card.setChecked(number == track)


def _not_compared(view: ExhibitView) -> list[QWidget]:
    if view.compared or view.goes_on or view.faces is None:
        return []
    said = (
        f"With more than {MOST_COMPARED:,} faces, this run was not held against the custody log "
        "here. Reports, exported scores and verifying the case do so."
    )
    return [sections.section("", label(said, "muted", wrap=True))]


def _share(run: Run) -> str:
    return wording.percent(run.frames_done / run.frames) if run.frames else "0 %"
