"""Take the pictures of the window that the guide shows, of the demonstration clip only.

    ./run python packaging/make_screens.py [--only NAME ...] [--case ANALYSED_CASE]

The clip is taken into a case and analysed, then the window is brought into each state and read back
in both themes and both sizes. No screen is needed. Pictures are reduced to 256 colours.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[1]))

from PIL import Image
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from ui import theme
from ui.application import make_application
from ui.compare.view import Mode
from ui.compare.window import CompareWindow
from ui.dialogs.preferences_dialog import PreferencesDialog
from ui.main_window import MainWindow

ROOT = Path(__file__).parents[1]
CLIP = ROOT / "resources" / "demonstration" / "demonstration.mp4"
OUTPUT = ROOT / "docs" / "guide" / "screens"
SMALL, LARGE = (1280, 800), (1920, 1080)
PATIENCE = 600.0
COLOURS = 256
ALTERED = 150  # a frame in the altered part of the clip


class Session:
    """A window with the demonstration case, brought from state to state."""

    def __init__(self, folder: Path, case: Path | None) -> None:
        self.folder, self.case = folder, case
        self.window = MainWindow()
        self.bench = self.window.workbench
        self.player = self.window.workspace.stage.player
        self.window.show()

    def wait(self, holds: Callable[[], object], patience: float = PATIENCE) -> None:
        """Let the window go on until something holds."""
        deadline = time.monotonic() + patience
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError("the window did not get there")
            self.rest(0.02)

    def rest(self, seconds: float = 0.6) -> None:
        """Let pictures arrive and jobs settle."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            QApplication.processEvents()
            time.sleep(0.005)

    def create(self, name: str) -> None:
        """An empty case."""
        facts = {"title": "Demonstration", "examiner": "A. Examiner"}
        folder = self.folder / name
        self.bench.create_case(folder, number="2026-114", **facts)
        self.wait(lambda: self.bench.view is not None and self.bench.view.folder == folder)
        self.rest()

    def open_analysed(self) -> None:
        """The case with the analysed clip, made once."""
        if self.case is None:
            self.create("analysed")
            self.bench.add_exhibits([CLIP])
            self.wait(lambda: self.bench.exhibits and not self.bench.jobs.busy)
            self.wait(lambda: self.bench.detector is not None)
            self.bench.analyse([self.bench.exhibits[0].exhibit.number])
            self.wait(lambda: not self.bench.jobs.busy)
            self.case = self.folder / "analysed"
        else:
            self.window.open_case(self.case)
        self.wait(lambda: self.bench.shown is not None and self.bench.shown.findings)
        self.wait(lambda: self.player.current_frame is not None)
        self.rest(2.0)

    def close(self) -> None:
        """Close the case and what stands over the window."""
        for dialog in self.window.findChildren(QDialog):
            dialog.reject()
        self.window.banners.dismiss("outcome", "trouble", "refused", "unfinished")
        if self.bench.view is not None:
            self.bench.stop_jobs()
            self.wait(lambda: self.bench.jobs is None or not self.bench.jobs.busy)
            self.bench.close_case()
        self.rest()


def start(session: Session) -> QWidget:
    """Before any case."""
    return session.window


def empty(session: Session) -> QWidget:
    """A case without exhibits."""
    session.create(f"empty-{theme.current().name}-{session.window.width()}")
    return session.window


def analysing(session: Session) -> QWidget:
    """The clip while it is scored."""
    session.create(f"under-way-{theme.current().name}-{session.window.width()}")
    session.bench.add_exhibits([CLIP])
    session.wait(lambda: session.bench.exhibits and not session.bench.jobs.busy)
    session.wait(lambda: session.bench.detector is not None)
    session.bench.analyse([session.bench.exhibits[0].exhibit.number])
    session.wait(lambda: session.bench.jobs.busy and scores_so_far(session))
    session.window.workspace.show_panel("queue")
    session.rest()
    return session.window


def scores_so_far(session: Session) -> bool:
    """Whether a stretch has been scored."""
    return session.window.workspace.stage.timeline.scores.analysed


def review(session: Session) -> QWidget:
    """Marks, a selection, and what the network saw."""
    session.open_analysed()
    session.player.seek(ALTERED)
    session.wait(lambda: session.player.current_frame == ALTERED)
    if not session.bench.marks.all:
        session.player.act("marker")
        session.wait(lambda: session.bench.marks.all)
    timeline = session.window.workspace.stage.timeline
    timeline.set_selection(100, 199)
    if not session.player.crops.isVisible():
        session.player.act("crops")
    session.window.workspace.show_panel("marks")
    session.rest(2.0)
    return session.window


def people(session: Session) -> QWidget:
    """The person in the clip, and the search."""
    session.open_analysed()
    session.window.workspace.show_panel("tracks")
    if session.player.crops.isVisible():
        session.player.act("crops")
    session.player.seek(ALTERED)
    session.rest(2.0)
    return session.window


def comparison(session: Session) -> QWidget:
    """Two moments side by side."""
    session.open_analysed()
    session.player.seek(60)
    session.wait(lambda: session.player.current_frame == 60)
    session.player.act("in_point")
    session.player.seek(ALTERED)
    session.wait(lambda: session.player.current_frame == ALTERED)
    session.window.actions_by_name["compare"].trigger()
    found = session.window.findChildren(CompareWindow)[-1]
    found.resize(session.window.size())
    found.choose(Mode.WIPE)
    session.rest(2.5)
    session.player.act("clear_points")
    return found


def preferences(session: Session) -> QWidget:
    """The page of the keys, one of them given twice."""
    session.open_analysed()
    dialog = PreferencesDialog(session.window)
    dialog.pages.setCurrentWidget(dialog.keys_page)
    dialog.open()
    dialog.keys_page.choose("player.marker")
    QTest.keyClick(dialog.keys_page.field, Qt.Key.Key_Space)
    session.rest()
    return session.window


def error(session: Session) -> QWidget:
    """A copy that was altered after it was taken in."""
    name = f"altered-{theme.current().name}-{session.window.width()}"
    session.open_analysed()
    session.close()
    shutil.copytree(session.case, session.folder / name)
    (copy,) = (session.folder / name / "exhibits").iterdir()
    copy.chmod(0o644)
    content = bytearray(copy.read_bytes())
    content[len(content) // 2] ^= 1
    copy.write_bytes(content)
    session.window.open_case(session.folder / name)
    session.wait(lambda: session.bench.shown is not None and session.bench.shown.findings)
    session.rest()
    session.window.workspace.show_panel("inspector")
    session.bench.verify()
    session.wait(lambda: not session.bench.jobs.busy)
    session.rest(1.5)
    return session.window


SHOTS: dict[str, tuple[str, tuple[int, int], Callable[[Session], QWidget]]] = {
    "start": ("dark", SMALL, start),
    "empty-case": ("light", SMALL, empty),
    "analysis": ("dark", SMALL, analysing),
    "analysis-large": ("light", LARGE, analysing),
    "review": ("dark", LARGE, review),
    "review-light": ("light", SMALL, review),
    "people": ("dark", SMALL, people),
    "comparison": ("dark", SMALL, comparison),
    "preferences": ("light", SMALL, preferences),
    "error": ("dark", SMALL, error),
}


def picture(session: Session, shown: QWidget) -> QImage:
    """A window with the dialogs that stand over it."""
    whole = shown.grab().toImage()
    with_dialogs = QPainter(whole)
    for dialog in session.window.findChildren(QDialog):
        if dialog.isVisible():
            room = shown.size() - dialog.size()
            corner = QPoint(room.width() // 2, room.height() // 2)
            with_dialogs.drawPixmap(corner, dialog.grab())
            with_dialogs.setPen(theme.current().colour("edge"))
            with_dialogs.drawRect(QRect(corner, dialog.size()))
    with_dialogs.end()
    return whole


def save(image: QImage, path: Path) -> None:
    """As few bytes as a reader can do with."""
    image.save(str(path))
    with Image.open(path) as whole:
        reduced = whole.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    reduced.save(path, optimize=True)


def main() -> int:
    """Take every picture, or those named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=SHOTS, default=list(SHOTS), metavar="NAME")
    parser.add_argument("--case", type=Path, help="an analysed case of the clip, copied first")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    words = parser.parse_args()
    words.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ["XDG_CONFIG_HOME"] = str(folder / "settings")
        make_application()
        case = None if words.case is None else folder / "given"
        if case is not None:
            shutil.copytree(words.case, case)
        session = Session(folder, case)
        for name in words.only:
            look, size, bring = SHOTS[name]
            theme.keeper().choose(look)
            session.window.resize(*size)
            session.rest()
            shown = bring(session)
            session.rest(1.0)
            save(picture(session, shown), words.output / f"{name}.png")
            if shown is not session.window:
                shown.close()
            session.close()
            print(f"{name}: {words.output / name}.png", flush=True)
        session.window.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
