"""The window: menus, dialogs, messages, dropping files, and closing without losing work."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QDialog,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ui import focus, keys, messages, preferences
from ui.deeds import Deeds
from ui.dialogs.case_dialog import CaseDialog
from ui.dialogs.question_dialog import QuestionDialog
from ui.dialogs.report_dialog import WrittenDialog
from ui.holding import FREE, OUT_OF_SIGHT, HoldWatch
from ui.jobs import Job, JobState
from ui.menus import enable, make_actions, set_keys
from ui.outcomes import outcome
from ui.problems import FaultDialog
from ui.reading import CaseView
from ui.start_page import StartPage
from ui.widgets import Banners
from ui.workbench import Workbench
from ui.workspace import Workspace

OF_A_CASE = ("locked", "unfinished", "outcome", "refused", "hint")
"""Causes of banners that mean nothing once another case is open."""
HINT_MS = 15_000  # for which what is to be done first stands there


class MainWindow(QMainWindow):
    """Shows the start page or the open case."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workbench = Workbench(self)
        self.banners = Banners()
        self.start_page = StartPage()
        self.workspace = Workspace(self.workbench)
        self._pages = QStackedWidget()
        self._stopping: Callable[[], object] | None = None
        self._hint_over = QTimer(self, singleShot=True, interval=HINT_MS)
        self._hint_over.timeout.connect(lambda: self.banners.dismiss("hint"))
        self._unfinished: tuple[str, ...] = ()  # exhibits whose analysis is offered to go on
        self._build()
        self.deeds = Deeds(self)
        self.actions_by_name = make_actions(self, self.deeds.table())
        self.workspace.place.share_actions(list(self.actions_by_name.values()))
        self._listen()
        self._update_actions()
        # A case that is opened at once comes first.
        QTimer.singleShot(0, self, self.workbench.look_for_detectors)

    # opening and closing cases

    def open_case(self, folder: Path) -> None:
        """Open a case, after the jobs of the one that is open have been stopped."""
        self._after_jobs(lambda: self.workbench.open_case(folder))

    def close_case(self) -> None:
        """Close the open case, after its jobs have been stopped."""
        self._after_jobs(self.workbench.close_case)

    def create_case(self) -> None:
        """Ask for the facts of a new case and create it."""
        dialog = CaseDialog(self)

        def create() -> None:
            folder, facts = dialog.chosen_folder(), dialog.facts()
            preferences.remember_examiner(facts["examiner"], facts["organisation"])
            self._after_jobs(lambda: self.workbench.create_case(folder, **facts))

        self._ask(dialog, create)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close when nothing is under way; otherwise ask, stop cleanly, then close."""
        jobs = self.workbench.jobs
        if jobs is not None and jobs.busy:
            event.ignore()
            if self._stopping is None:
                self._after_jobs(self.close)
            return
        preferences.keep_layout("window", self.saveGeometry())
        self.workspace.close_down()
        self.start_page.close_down()
        self.workbench.close()
        super().closeEvent(event)

    def focusNextPrevChild(self, on: bool) -> bool:
        """Let Tab lead around the window, past what lies behind other panels."""
        return focus.step(self, on, self.workspace.area.part_of)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take case folders and media files."""
        if self._dropped(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open a dropped case folder; add dropped files as exhibits."""
        paths = self._dropped(event)
        folders = [path for path in paths if path.is_dir()]
        files = [path for path in paths if path not in folders]
        if folders:
            self.open_case(folders[0])
        elif self.workbench.writable:
            self.workbench.add_exhibits(files)
        else:
            words = "Create or open a case first; then files can be added to it as exhibits."
            self.banners.say("drop", words)
        event.acceptProposedAction()

    # building

    def _build(self) -> None:
        self.setWindowTitle("Deepfake Forensics Workstation")
        self.setAcceptDrops(True)
        self.setMinimumSize(640, 400)
        self.resize(1280, 800)
        self.restoreGeometry(preferences.layout("window"))
        self._pages.addWidget(self.start_page)
        self._pages.addWidget(self.workspace)
        centre = QWidget()
        rows = QVBoxLayout(centre)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.banners)
        rows.addWidget(self._pages, 1)
        self.setCentralWidget(centre)

    def _listen(self) -> None:
        bench = self.workbench
        messages.door().told.connect(self._told)
        self.start_page.create_wanted.connect(self.create_case)
        self.start_page.open_wanted.connect(self.deeds.choose_case)
        self.start_page.case_chosen.connect(self.open_case)
        self.workspace.top_bar.actions_pressed.connect(self.deeds.show_palette)
        exhibits = self.workspace.panels["exhibits"]
        exhibits.add_wanted.connect(self.deeds.choose_exhibits)
        exhibits.refused_chosen.connect(lambda why: self.banners.say("refused", why, danger=True))
        marker = self.actions_by_name["add_marker"]
        self.workspace.panels["marks"].marker_wanted.connect(marker.trigger)
        bench.case_opening.connect(self.start_page.show_opening)
        bench.case_opened.connect(self._case_opened)
        bench.case_closed.connect(self._case_closed)
        bench.exhibit_selected.connect(self._update_actions)
        bench.exhibits_changed.connect(self._update_actions)
        bench.detector_found.connect(self._detector_found)
        HoldWatch(bench).changed.connect(self._holding_changed)
        bench.entry_wanted.connect(lambda _: self.workspace.show_panel("custody"))
        stack = bench.marks.undo_stack
        stack.undoTextChanged.connect(lambda what: self._name_action("undo", "&Undo", what))
        stack.redoTextChanged.connect(lambda what: self._name_action("redo", "&Redo", what))
        for changed in (stack.canUndoChanged, stack.canRedoChanged):
            changed.connect(self._update_actions)
        keys.keeper().changed.connect(self._keys_changed)
        self._keys_changed()

    # what the workbench announces

    def _case_opened(self, view: CaseView) -> None:
        jobs = self.workbench.jobs
        assert jobs is not None
        jobs.changed.connect(self._update_actions)
        jobs.job_ended.connect(self._job_ended)
        self._pages.setCurrentWidget(self.workspace)
        self.setWindowTitle(f"{view.facts.number} – Deepfake Forensics Workstation")
        self.banners.dismiss(*OF_A_CASE, "drop", "trouble")
        if view.locked_by:
            again = self._to_write("Try again", view.folder)
            self.banners.say("locked", view.locked_by, again)
        elif view.unfinished and not view.read_only:
            self._offer_to_continue(view.unfinished)
            jobs.changed.connect(self._offer_what_is_left)
        self._update_actions()
        QTimer.singleShot(0, self, lambda: self.workspace.show_panel("exhibits"))

    def _to_write(self, words: str, folder: Path) -> tuple[str, Callable[[], object]]:
        return words, lambda: self.open_case(folder)

    def _holding_changed(self, held: bool | None) -> None:
        view = self.workbench.view
        if view is None or not view.read_only:
            return
        said = OUT_OF_SIGHT.format(view.locked_by) if held is None else view.locked_by
        words, text = ("Open for writing", FREE) if held is False else ("Try again", said)
        self.banners.say("locked", text, self._to_write(words, view.folder))

    def _case_closed(self) -> None:
        self._pages.setCurrentWidget(self.start_page)
        self.setWindowTitle("Deepfake Forensics Workstation")
        self.start_page.refresh()
        self.banners.dismiss(*OF_A_CASE)
        self._update_actions()

    def _offer_what_is_left(self) -> None:
        """Drop from the offer what is being continued already, in whichever way."""
        jobs = self.workbench.jobs
        if jobs is not None and self.banners.shows("unfinished"):
            left = tuple(one for one in self._unfinished if not jobs.find("analysis", one))
            if not left:
                self.banners.dismiss("unfinished")
            elif left != self._unfinished:
                self._offer_to_continue(left)

    def _offer_to_continue(self, exhibits: tuple[str, ...]) -> None:
        self._unfinished = exhibits
        listed = ", ".join(exhibits)
        self.banners.say(
            "unfinished",
            f"The analysis of {listed} was not finished. Nothing scored was lost.",
            ("Continue", lambda: self.workbench.analyse(exhibits)),
        )

    def _detector_found(self, info: object, sentence: str) -> None:
        found = info is not None
        self.workspace.status_bar.show_detector(sentence if found else "No detector")
        if not found:
            self.banners.say("detector", sentence)
        self._update_actions()

    def _job_ended(self, job: Job) -> None:
        said = outcome(job)
        if said is not None and job.kind == "intake" and self.banners.shows("refused"):
            words = "Several files were refused; choose one in the list of exhibits to read why."
            self.banners.say("refused", words, danger=True)
        elif said is not None:
            cause = "refused" if job.kind == "intake" else "outcome"
            self.banners.say(cause, said.sentence, danger=said.danger)
        elif job.error is not None:
            messages.tell(job.error)
        if job.kind == "report" and job.state is JobState.DONE:
            WrittenDialog(job.result, self).open()

    def _told(self, message: messages.Message) -> None:
        if message.fault:
            FaultDialog(message, self).open()
        elif message.hint:
            self.banners.say("hint", message.sentence)
            self._hint_over.start()
        else:
            self.banners.say("trouble", message.sentence, danger=True)

    def _update_actions(self) -> None:
        bench = self.workbench
        jobs = bench.jobs
        enable(
            self.actions_by_name,
            {
                "case": bench.view is not None,
                "writable": bench.writable,
                "exhibit": bench.selected is not None,
                "detector": bench.detector is not None,
                "analysis": jobs is not None and any(job.can_pause for job in jobs.jobs()),
                "job": jobs is not None and jobs.busy,
                "undo": bench.marks.undo_stack.canUndo(),
                "redo": bench.marks.undo_stack.canRedo(),
            },
        )

    def _name_action(self, name: str, text: str, what: str) -> None:
        self.actions_by_name[name].setText(f"{text}: {what}" if what else text)

    def _keys_changed(self) -> None:
        set_keys(self.actions_by_name)
        self.workspace.top_bar.show_key(keys.shown(keys.keys_of("palette")[:1]))
        stage = self.workspace.stage
        stage.player.set_keys(keys.keys_after(keys.PLAYER))
        stage.timeline.set_keys(keys.keys_after(keys.TIMELINE))

    # stopping

    def _after_jobs(self, then: Callable[[], object]) -> None:
        """Do something once no job is under way; the examiner is asked before any is stopped."""
        jobs = self.workbench.jobs
        if jobs is None or not jobs.busy:
            then()
            return
        words = (
            "Work is under way. It can be stopped now without losing what was saved; the analysis "
            "can be continued when the case is opened again."
        )
        question = QuestionDialog("Work is under way", words, "Stop and close", "Go on", self)
        self._ask(question, lambda: self._stop_then(then))

    def _stop_then(self, then: Callable[[], object]) -> None:
        jobs = self.workbench.jobs
        if jobs is None or not jobs.busy:
            then()
            return
        self._stopping = then
        self.banners.say("stopping", "Stopping: the chunks in flight are being finished and saved.")
        jobs.idle.connect(self._stopped)
        self.workbench.stop_jobs()

    def _stopped(self) -> None:
        self.banners.dismiss("stopping")
        then, self._stopping = self._stopping, None
        if then is not None:
            QTimer.singleShot(0, self, then)

    def _ask(self, dialog: QDialog, then: Callable[[], object]) -> None:
        dialog.accepted.connect(lambda: then())
        dialog.open()

    def _dropped(self, event: QDragEnterEvent | QDropEvent) -> list[Path]:
        return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
