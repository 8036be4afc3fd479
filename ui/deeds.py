"""What the actions of the window do, as far as no panel does it itself."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import workstation
from ui import keys, preferences, problems, theme
from ui.actions import ACTIONS
from ui.compare.opening import compare
from ui.dialogs import files
from ui.dialogs.details_dialog import DetailsDialog
from ui.dialogs.preferences_dialog import PreferencesDialog
from ui.dialogs.report_dialog import ReportDialog, report_job, scores_job
from ui.exporting import Exporting
from ui.layouts import Layouts
from ui.marks.deeds import MarkDeeds
from ui.player.keys import KEYS, KeyFacts
from ui.references.acts import ask_reference
from ui.search.palette import TITLE, Offer, Palette
from ui.timeline import keys as timeline

if TYPE_CHECKING:
    from ui.main_window import MainWindow

MEDIA = (
    "Video and pictures (*.mp4 *.mov *.m4v *.mkv *.webm *.avi *.mts *.m2ts *.mpg *.mpeg *.wmv "
    "*.flv *.3gp *.ts *.jpg *.jpeg *.png);;All files (*)"
)
ABOUT = (
    f"Deepfake Forensics Workstation {workstation.__version__}, Apache-2.0. Works offline. Scores "
    "are not probabilities; findings are one element of an examination."
)


class Deeds:
    """Acts on the window, the workbench and the panels."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window
        self._bench = window.workbench
        self._space = window.workspace
        self.marks = MarkDeeds(self._bench, self._space.stage.player, window)
        self.exporting = Exporting(self._bench, self._space.stage, window)
        self._space.stage.timeline.clip_wanted.connect(self.marks.add_clip)
        self.layouts = Layouts(self._space.area, window, self._space.reset)

    def table(self) -> dict[str, Callable[[], object]]:
        """What each action does, by its name."""
        window = self._window
        return {
            "create_case": window.create_case,
            "open_case": self.choose_case,
            "close_case": window.close_case,
            "preferences": lambda: PreferencesDialog(window).open(),
            "quit": window.close,
            "show_keys": lambda: DetailsDialog("Keys", "", keys.listing(), window).open(),
            "problem_report": lambda: problems.save(window),
            "about": lambda: window.banners.say("about", ABOUT),
            "full_screen": self._full_screen,
            "palette": self.show_palette,
            **self._on_exhibits(),
            **self._on_panels(),
            **self.marks.table(),
            **self.exporting.table(),
            **self.layouts.table(),
        }

    def show_palette(self) -> Palette:
        """Offer every action, and every act of the player."""
        actions, stage = self._window.actions_by_name, self._space.stage
        offers = [
            Offer(
                facts.text.replace("&", ""),
                facts.menu.replace("&", ""),
                keys.shown(keys.keys_of(facts.name)),
                actions[facts.name].trigger,
                actions[facts.name].isEnabled(),
            )
            for facts in ACTIONS
            if facts.name != "palette"
        ]
        offers += self._acts("Player", keys.PLAYER, KEYS, stage.player.act)
        offers += self._acts("Timeline", keys.TIMELINE, timeline.KEYS, stage.timeline.act)
        return Palette.pop_up(offers, TITLE, self._window)

    def _acts(
        self, group: str, start: str, table: Iterable[KeyFacts], act: Callable[[str], object]
    ) -> list[Offer]:
        shown = self._bench.shown is not None
        return [
            Offer(
                f"{one.words[0].upper()}{one.words[1:]}",
                group,
                keys.shown(keys.keys_of(f"{start}{one.name}")),
                lambda name=one.name: act(name),
                shown,
            )
            for one in table
        ]

    def choose_case(self) -> None:
        """Ask for a case folder and open it."""
        beside = [folder.parent for folder in preferences.recent_cases()[:1]]
        start = beside[0] if beside else Path.home()
        files.ask_folder(self._window, "Open a case folder", start, self._window.open_case)

    def choose_exhibits(self) -> None:
        """Ask for files and queue them for intake."""
        files.ask_files(self._window, "Add exhibits", MEDIA, self._bench.add_exhibits)

    def _on_exhibits(self) -> dict[str, Callable[[], object]]:
        bench, space = self._bench, self._space
        return {
            "verify_case": bench.verify,
            "export_report": self._export_report,
            "add_exhibits": self.choose_exhibits,
            "verify_exhibit": lambda: bench.verify(bench.selected),
            "export_scores": self._export_scores,
            "add_reference": lambda: ask_reference(bench, self._window),
            "previous_exhibit": lambda: bench.select_beside(-1),
            "next_exhibit": lambda: bench.select_beside(1),
            "analyse": lambda: bench.analyse(space.panels["exhibits"].chosen()),
            "analyse_all": bench.analyse_all,
            "pause": self._pause,
            "cancel": self._cancel,
            **space.panels["tracks"].deeds(),
        }

    def _on_panels(self) -> dict[str, Callable[[], object]]:
        space = self._space
        named = {
            f"show_{name}": lambda name=name: space.show_panel(name) for name in space.area.docks
        }
        del named["show_search"]
        return {
            **named,
            "search": lambda: space.show_panel("search"),
            "show_player": space.stage.player.setFocus,
            "compare": lambda: compare(self._bench, space.stage.player, self._window),
            "detach_panel": space.detach_panel,
            "detach_player": space.place.detach,
            "picture_full_screen": space.place.toggle_whole_screen,
            **{
                f"{choice}_theme": lambda choice=choice: _choose_theme(choice)
                for choice in theme.CHOICES
            },
        }

    def _export_report(self) -> None:
        view = self._bench.view
        if view is not None:
            dialog = ReportDialog(view, self._window)
            dialog.accepted.connect(lambda: self._bench.add_job(report_job(dialog.order())))
            dialog.open()

    def _export_scores(self) -> None:
        number, view = self._bench.selected, self._bench.view
        if view is None or number is None:
            return
        suggestion = view.folder / "reports" / f"{number} scores.csv"

        def write(target: Path, _: str) -> None:
            self._bench.add_job(scores_job(number, target))

        kinds = "CSV (*.csv);;JSON (*.json)"
        files.ask_target(self._window, "Export the scores", suggestion, kinds, write)

    def _pause(self) -> None:
        jobs = self._bench.jobs
        if jobs is not None:
            jobs.resume() if jobs.held else jobs.pause()

    def _cancel(self) -> None:
        job, jobs = self._space.status_bar.current_job(), self._bench.jobs
        if job is not None and jobs is not None:
            jobs.cancel(job)

    def _full_screen(self) -> None:
        window = self._window
        window.showNormal() if window.isFullScreen() else window.showFullScreen()


def _choose_theme(choice: str) -> None:
    preferences.keep_theme(choice)
    theme.keeper().choose(choice)
