"""What the export actions do: ask where to, draw what must be drawn, queue the work."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QGuiApplication

from ui import keys, messages
from ui.dialogs import files
from ui.dialogs.clip_dialog import ClipDialog
from ui.jobs import CallJob, Desk
from ui.player.readings import time_text
from ui.timeline.picture import timeline_picture
from ui.timeline.selection import stretch_words
from workstation.cases.outgoing import write_timeline
from workstation.commands.answers import one_line
from workstation.evidence.taking_clips import clip_suffix, take_clip
from workstation.evidence.taking_frames import take_frame, take_frames

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from ui.stage import Stage
    from ui.workbench import Workbench

READ_ONLY = (
    "The case is open for reading only. Nothing can be exported from it, since each export is "
    "entered in its custody log."
)
NO_STRETCH = (
    "Choose a stretch first: drag over the timeline with Shift held, or set an in point ({}) and "
    "an out point ({})."
)


class Exporting:
    """Takes along what is on screen."""

    def __init__(self, workbench: "Workbench", stage: "Stage", window: "QWidget") -> None:
        self._bench, self._stage, self._window = workbench, stage, window
        stage.timeline.export_wanted.connect(self.export_stretch)

    def table(self) -> dict[str, Callable[[], object]]:
        """What each action does."""
        return {
            "export_frame": self.export_frame,
            "copy_place": self.copy_place,
            "export_clip": self.export_clip,
            "export_timeline": self.export_timeline,
            "find_shots": self._stage.feeder.look_for_shots,
        }

    def export_frame(self) -> None:
        """Write the frame on screen as PNG, with its sidecar."""
        number, frame = self._bench.selected, self._stage.player.current_frame
        if number is None or not self._bench.writable:
            return
        if frame is None:
            messages.say(messages.NO_FRAME)
            return
        self._ask(
            "Export the frame",
            f"{number} frame {frame:06d}.png",
            "PNG (*.png)",
            lambda target: self._bench.add_job(frame_job(number, frame, target)),
        )

    def copy_place(self) -> None:
        """Copy exhibit, frame, time and acquisition hash as a line of text, to quote in notes."""
        shown, frame = self._bench.shown, self._stage.player.current_frame
        if shown is None or frame is None:
            messages.say(messages.NO_FRAME)
            return
        exhibit, counted = shown.exhibit, "" if shown.index.timestamps else "about "
        place = (
            f"{exhibit.number} {one_line(exhibit.original_name)}, frame {frame}, "
            f"{counted}{time_text(shown.index.times[frame])}, SHA-256 {exhibit.hashes.sha256}"
        )
        QGuiApplication.clipboard().setText(place)
        self._stage.player.say(f"copied: {exhibit.number}, frame {frame}")

    def export_clip(self) -> None:
        """Write the stretch that is selected, or lies between in and out point."""
        first, last = self._stage.player.in_point, self._stage.player.out_point
        stretch = self._stage.timeline.selection
        if stretch is None and first is not None and last is not None and first <= last:
            stretch = (first, last)
        if stretch is None:
            messages.say(
                NO_STRETCH.format(keys.said("player.in_point"), keys.said("player.out_point"))
            )
        else:
            self.export_stretch(*stretch)

    def export_stretch(self, first: int, last: int) -> None:
        """Ask in which form frames first..last are to be written, and where to."""
        shown, view = self._bench.shown, self._bench.view
        if shown is None or view is None:
            return
        if not self._bench.writable:
            messages.say(READ_ONLY)
            return
        exhibit, index = shown.exhibit, shown.index
        keys = np.flatnonzero(index.key[: first + 1])
        possible = exhibit.media_type == "video" and index.timestamps and len(keys) > 0
        dialog = ClipDialog(
            stretch_words(self._stage.timeline.content, first, last),
            view.folder / "reports",
            f"{exhibit.number} frames {first}-{last}",
            clip_suffix(exhibit),
            first - int(keys[-1]) if possible else None,
            self._window,
        )

        def begin() -> None:
            work = frames_job if dialog.as_frames else clip_job
            target, overwrite = dialog.target(), dialog.overwrite
            self._bench.add_job(work(exhibit.number, first, last, target, overwrite))

        dialog.accepted.connect(begin)
        dialog.open()

    def export_timeline(self) -> None:
        """Write the timeline as it is arranged, as PNG or SVG."""
        shown = self._bench.shown
        if shown is None or not self._bench.writable:
            return
        name = f"{shown.exhibit.number} timeline.png"
        kinds = "PNG (*.png);;SVG (*.svg)"
        self._ask("Export the timeline", name, kinds, self._write_timeline)

    def _write_timeline(self, target: Path) -> None:
        shown, view = self._bench.shown, self._bench.view
        if shown is None or view is None:
            return
        timeline, name = self._stage.timeline, one_line(shown.exhibit.original_name)
        facts = [
            f"Case {view.facts.number} · {shown.exhibit.number} {name}",
            f"SHA-256 {shown.exhibit.hashes.sha256}",
        ]
        form = ".svg" if target.suffix.lower() == ".svg" else ".png"
        content = timeline_picture(timeline, form, facts)
        runs = [shown.run.id] if shown.run is not None else []
        runs += [other.run for other in timeline.content.others]
        seconds = [round(time, 6) for time in timeline.view.span]
        self._bench.add_job(timeline_job(shown.exhibit.number, runs, seconds, target, content))

    def _ask(self, title: str, name: str, kinds: str, write: Callable[[Path], object]) -> None:
        """Ask for the file to write, then do so, unless the case was closed meanwhile."""
        view = self._bench.view
        assert view is not None

        def chosen(target: Path, kind: str) -> None:
            if self._bench.view is not view:
                return
            if kind.startswith("SVG") and target.suffix.lower() == ".png" and target.name == name:
                target = target.with_suffix(".svg")
            write(target)

        suggestion = view.folder / "reports" / name
        files.ask_target(self._window, title, suggestion, kinds, chosen)


def frame_job(number: str, frame: int, target: Path) -> CallJob:
    """The job that writes one frame; its result is a sentence."""

    def call(desk: Desk, _: CallJob) -> str:
        taken = take_frame(desk.case, number, frame, target, overwrite=target.exists())
        return (
            f"Frame {frame} was written to {taken.picture.path}, with its hashes beside it in "
            f"{taken.sidecar.path.name}."
        )

    return CallJob("export", f"Exporting frame {frame} of {number}", call)


def clip_job(number: str, first: int, last: int, target: Path, overwrite: bool) -> CallJob:
    """The job that copies packets; its result is a sentence."""

    def call(desk: Desk, job: CallJob) -> str:
        taken = take_clip(
            desk.case,
            number,
            first,
            last,
            target,
            overwrite=overwrite,
            announce=lambda done, total: job.announce("copying packets", done, total, "frames"),
        )
        return f"{taken.sentence} It was written to {target}."

    return CallJob("export", f"Exporting frames {first} to {last} of {number}", call)


def frames_job(number: str, first: int, last: int, target: Path, overwrite: bool) -> CallJob:  # noqa: ARG001
    """The job that writes every frame of a stretch; its result is a sentence."""

    def call(desk: Desk, job: CallJob) -> str:
        taken = take_frames(
            desk.case,
            number,
            first,
            last,
            target,
            announce=lambda done, total: job.announce("writing frames", done, total, "frames"),
        )
        lost = sum(one.last - one.first + 1 for one in taken.lost)
        said = f" {lost} could not be decoded and have no picture." if lost else ""
        return f"{taken.pictures} frames were written to {target}.{said}"

    return CallJob("export", f"Exporting frames {first} to {last} of {number}", call)


def timeline_job(
    number: str, runs: list[int], seconds: list[float], target: Path, content: bytes
) -> CallJob:
    """The job that writes a drawn timeline; its result is a sentence."""

    def call(desk: Desk, _: CallJob) -> str:
        write_timeline(
            desk.case,
            number,
            runs,
            target,
            content,
            overwrite=target.exists(),
            seconds=seconds,
        )
        return f"The timeline was written to {target}."

    return CallJob("export", f"Exporting the timeline of {number}", call)
