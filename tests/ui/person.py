"""An examiner with hands, before a window on a real X server."""

from contextlib import suppress

from PySide6.QtWidgets import QFileDialog

from tests.ui.hands import Hands
from tests.ui.reviewing import Examiner
from tests.videos import read_code
from ui.player.decoding import to_pixels
from ui.search.palette import Palette


class Person(Examiner):
    """An examiner with hands: what is read is what the X server shows."""

    def __init__(self, window, qtbot):
        super().__init__(window, qtbot)
        self.hands = Hands()
        self.timeline = self.space.stage.timeline
        self.lanes = self.timeline.view

    def sees(self, frame):
        """The player says this frame, and its pixels on the screen do."""
        self.wait(lambda: self.player.current_frame == frame)
        view = self.player.view
        self.hands.wait(lambda: self.code_on_screen(view, view.picture_area()) == frame)

    def code_on_screen(self, widget, area):
        """The frame number in the pixels of the X server, None while it draws."""
        with suppress(ValueError):
            return read_code(to_pixels(self.hands.screen(widget, area)))
        return None

    def on_lanes(self, frame, score=0.5):
        """Where a frame lies on the timeline, in the pixels of its lanes."""
        return self.lanes.pixel_of(self.timeline.content.begin(frame), score).toPoint()

    def find(self, letters):
        """Do an action by a few letters of its name."""
        self.hands.press("ctrl+k")
        palette = self.dialog(Palette)
        self.hands.type(letters)
        self.hands.press("Return")
        self.wait(lambda: palette not in self.window.findChildren(Palette))

    def answer(self, path):
        """Type a path where a file is asked for."""
        asked = self.dialog(QFileDialog)
        self.hands.press("ctrl+a")
        self.hands.type(str(path))
        self.hands.press("Return")
        self.wait(lambda: asked not in self.window.findChildren(QFileDialog))

    def fill(self, field, text):
        """Click a field and type over what it holds."""
        self.hands.click(field)
        self.hands.press("ctrl+a")
        self.hands.type(text)
