"""Hands on a real X server: keys, mouse and wheel through xdotool, and what is on the screen.

Nothing here calls a method of the window to bring something about: events go the way they go when a
person sits there, from the server through Qt's xcb plugin to whatever has the focus.
"""

import subprocess
import time
from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QWidget

PATIENCE = 20.0
LEFT, MIDDLE, RIGHT, WHEEL_UP, WHEEL_DOWN = "1", "2", "3", "4", "5"


class Hands:
    """Presses keys and moves the mouse; places are in a widget's own pixels."""

    def __init__(self) -> None:
        self._pointer: tuple[str, str] | None = None

    def press(self, *keys: str) -> None:
        """Press keys or combinations one after the other, in xdotool's spelling: ctrl+shift+z."""
        for key in keys:
            self._focus()
            self._do("key", key)

    def type(self, text: str) -> None:
        """Type text."""
        self._focus()
        self._do("type", "--delay", "5", text)

    def click(self, widget: QWidget, place: QPoint | None = None, button: str = LEFT) -> None:
        """Click a place of a widget, its middle unless told."""
        self.point(widget, place)
        self._do("click", button)

    def double_click(self, widget: QWidget, place: QPoint | None = None) -> None:
        """Click twice."""
        self.point(widget, place)
        self._do("click", "--repeat", "2", "--delay", "60", LEFT)

    def point(self, widget: QWidget, place: QPoint | None = None) -> None:
        """Move the pointer to a place of a widget."""
        there = widget.mapToGlobal(widget.rect().center() if place is None else place)
        ratio = widget.devicePixelRatioF()
        x, y = str(round(there.x() * ratio)), str(round(there.y() * ratio))
        if (x, y) != self._pointer:  # xdotool waits long for a pointer that is there already
            self._do("mousemove", "--sync", x, y)
        self._pointer = (x, y)

    def drag(
        self, widget: QWidget, start: QPoint, stop: QPoint, button: str = LEFT, held: str = ""
    ) -> None:
        """Press at one place, move in steps, let go at another; with a key held where named."""
        self.point(widget, start)
        if held:
            self._do("keydown", held)
        self._do("mousedown", button)
        for step in range(1, 6):
            self.point(widget, start + (stop - start) * step / 5)
        self._do("mouseup", button)
        if held:
            self._do("keyup", held)

    def wheel(self, widget: QWidget, place: QPoint, turns: int) -> None:
        """Turn the wheel away from oneself (positive) or towards oneself at a place."""
        self.point(widget, place)
        self._do("click", "--repeat", str(abs(turns)), WHEEL_UP if turns > 0 else WHEEL_DOWN)

    def wait(self, holds: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Let the program go on until something holds.

        Raises:
            TimeoutError: it did not come about.
        """
        deadline = time.monotonic() + patience
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError("what was waited for did not come about")
            self._go_on(0.02)

    def screen(self, widget: QWidget, part: QRectF | QRect | None = None) -> QImage:
        """What is on the screen where a widget, or a part of it, is: read back from the server."""
        self._go_on(0.05)
        area = QRectF(widget.rect() if part is None else part)
        corner = widget.mapToGlobal(QPointF(area.topLeft()).toPoint())
        size = area.size().toSize()
        screen = QGuiApplication.primaryScreen()
        return screen.grabWindow(0, corner.x(), corner.y(), size.width(), size.height()).toImage()

    def _do(self, *words: str) -> None:
        with subprocess.Popen(["xdotool", *words]) as hand:
            self.wait(lambda: hand.poll() is not None)
            if hand.returncode:
                raise RuntimeError(f"xdotool {' '.join(words)}: exit status {hand.returncode}")
        self._go_on(0.03)

    def _focus(self) -> None:
        """Give the window in front the keyboard: there is no window manager that would."""
        front = QApplication.activeModalWidget() or QApplication.activeWindow()
        if front is None:
            shown = [one for one in QApplication.topLevelWidgets() if one.isVisible()]
            front = next((one for one in shown if one.isWindow() and one.layout()), None)
        if front is not None and not front.isActiveWindow():
            front.activateWindow()
            self.wait(front.isActiveWindow)

    def _go_on(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while True:
            QApplication.processEvents()
            if time.monotonic() >= deadline:
                return
            time.sleep(0.002)
