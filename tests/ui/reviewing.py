"""An examiner before the window, with a case that holds one analysed clip.

The number of every frame of the clip is drawn into its pixels, so that what is on the screen can be
compared with what the player says.
"""

from contextlib import contextmanager

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QApplication

from tests.ui.small_cases import CARD, Scripted
from tests.videos import make_video, read_code
from ui import theme
from ui.application import make_application
from ui.main_window import MainWindow
from ui.player.decoding import to_pixels
from workstation.analysis.detector import DetectorInfo

WAIT = 20_000
FRAMES = 50
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class Examiner:
    """Presses keys where the focus is, as a person would, and reads the screen."""

    def __init__(self, window, qtbot):
        self.window, self.qtbot = window, qtbot
        self.bench, self.space = window.workbench, window.workspace
        self.player = self.space.stage.player
        self.panels = self.space.panels

    def press(self, key, modifiers=Qt.KeyboardModifier.NoModifier):
        active = QApplication.activeWindow()
        if active is None or not active.isVisible():  # there is no window manager to do it
            self.window.activateWindow()
            self.wait(lambda: QApplication.activeWindow() is self.window)
        focused = QApplication.focusWidget()
        here = focused if focused is not None and focused.isVisible() else self.window
        self.qtbot.keyClick(here, key, modifiers)

    def type(self, text):
        self.qtbot.keyClicks(QApplication.focusWidget(), text)

    def wait(self, holds):
        self.qtbot.waitUntil(holds, timeout=WAIT)

    def sees(self, frame):
        """The player says this frame, and its pixels on the screen do."""
        self.wait(lambda: self.player.current_frame == frame)
        view = self.player.view
        area = view.picture_area()
        shown = view.grab(QRect(area.toRect())).toImage()
        assert read_code(to_pixels(shown)) == frame

    def dialog(self, kind):
        self.wait(lambda: any(one.isVisible() for one in self.window.findChildren(kind)))
        return next(one for one in self.window.findChildren(kind) if one.isVisible())

    def click(self, widget):
        self.qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)

    def double_click(self, view, row):
        place = view.visualRect(view.lines.index(row)).center()
        self.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
        self.qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)

    def titles(self, panel):
        return [line.title for line in self.panels[panel].view.lines.lines]


@contextmanager
def sitting(qtbot, monkeypatch, folder, kind=Examiner, rate=25):
    """An examiner before a window of 1280 x 800 with one analysed exhibit of `FRAMES` frames."""
    info = DetectorInfo("test", "Test detector", folder / "card.json", CARD, "ab" * 32)
    monkeypatch.setattr("workstation.analysis.detector.default_detector", lambda: info)
    monkeypatch.setattr("workstation.analysis.pipeline.run_analysis", Scripted())
    monkeypatch.setattr("ui.analysis_job.load_torch_libraries", lambda: True)
    make_application()
    window = MainWindow()
    qtbot.addWidget(window)
    window.resize(1280, 800)
    window.show()
    window.activateWindow()
    made = kind(window, qtbot)
    made.bench.create_case(folder / "case", number="2026-1", examiner="A. Examiner")
    made.wait(lambda: made.bench.view is not None)
    clip = make_video(folder / "numbers.mp4", frames=FRAMES, group=10, rate=rate)
    made.bench.add_exhibits([clip])
    made.wait(lambda: made.player.current_frame == 0)
    made.wait(lambda: made.window.actions_by_name["analyse_all"].isEnabled())
    made.press(Qt.Key.Key_G, CTRL | SHIFT)
    made.wait(lambda: made.bench.shown is not None and bool(made.bench.shown.findings))
    for overlay in ("boxes", "state"):
        made.player.act(overlay)
    yield made
    made.wait(lambda: made.bench.jobs is None or not made.bench.jobs.busy)
    window.close()
    theme.keeper().choose("dark")
