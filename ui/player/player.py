"""The player: an exhibit's frames, one exactly at a time."""

from collections import deque
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import numpy as np
from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui import wording
from ui.player.decoding import Decoding, FrameReply, OpenFailed, OpenReader
from ui.player.faces import FacesByFrame
from ui.player.picture import PictureView
from ui.player.playback import SPEEDS, Playback
from ui.player.readings import frame_text
from ui.player.transport import TransportRow
from workstation.cases.records import FaceTable, FrameIndex
from workstation.evidence.frames import FrameReader

EMPTY = ("No exhibit is open", "Choose an exhibit to see its frames.")
LOADING = ("Opening the exhibit", "The first frame is being decoded.")
NO_FRAMES = ("No frames", "This exhibit's frame index is empty, so there is nothing to show.")

FacesAt = Callable[[int], FaceTable]


class PlayerWidget(QWidget):
    """Shows, steps and plays the frames of one exhibit.

    The picture, the frame number and the timestamp change together or not at all. Frames are
    decoded in a thread of the player's own, which ends with `shut_down` or when the widget closes.
    """

    frame_shown = Signal(object)  # int, the number of the frame now on screen

    def __init__(
        self, parent: QWidget | None = None, *, open_reader: OpenReader = FrameReader
    ) -> None:
        super().__init__(parent)
        self.view = PictureView(self)
        self.transport = TransportRow(self)
        self.current_frame: int | None = None
        self.speed = 1.0
        self._index: FrameIndex | None = None
        self._times = np.zeros(0)
        self._exact = True
        self._keys = np.zeros(0, np.int64)
        self._faces = FacesByFrame()
        self._faces_at: FacesAt = self._faces.at
        self._wanted: int | None = None  # the frame a seek is under way to
        self._playback: Playback | None = None
        self._held: deque[FrameReply] = deque()
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._play_on)
        self._decoding = Decoding(self._replied, self._failed, open_reader)
        self._keys_do = self._key_table()
        self._build()

    def show_exhibit(self, path: Path, index: FrameIndex, faces_at: FacesAt | None = None) -> None:
        """Open an exhibit and show its first frame.

        Args:
            path: the exhibit's file in the case.
            index: its frame index.
            faces_at: gives the faces of one frame; without it, those of `set_faces`.
        """
        self._let_go()
        self._faces_at = faces_at or self._faces.at
        self._index, self._times, self._exact = index, index.times, index.timestamps
        self._keys = np.flatnonzero(index.key)
        self.transport.set_usable(len(index) > 0)
        if not len(index):
            self.view.show_message(*NO_FRAMES, trouble=True)
            return
        self.view.show_message(*LOADING)
        self._decoding.open(path, index)
        self.seek(0)

    def clear(self) -> None:
        """Let go of the exhibit."""
        self._let_go()
        self._decoding.close()
        self.transport.set_usable(False)
        self.view.show_message(*EMPTY)

    def set_faces(self, faces: FaceTable) -> None:
        """Draw these faces, of the whole exhibit, instead of any before."""
        self._faces.set(faces)
        self._faces_changed()

    def append_faces(self, faces: FaceTable) -> None:
        """Draw these faces of further frames too."""
        self._faces.append(faces)
        self._faces_changed()

    def seek(self, frame: int) -> None:
        """Show this frame; the newest call wins, and playing ends."""
        if self._index is None or not len(self._index):
            return
        self._stop_playing()
        self._wanted = min(max(int(frame), 0), len(self._index) - 1)
        self._decoding.renew()
        self._decoding.ask(self._wanted, self.view.room())
        QTimer.singleShot(200, self, self._say_waiting)

    def step(self, frames: int) -> None:
        """Go forward or back, counting from the frame on screen or under way."""
        start = self._wanted if self._wanted is not None else self.current_frame
        if start is not None:
            self.seek(start + frames)

    def step_key_frame(self, direction: int) -> None:
        """Go to the next (1) or the previous (-1) key frame."""
        start = self._wanted if self._wanted is not None else self.current_frame
        if start is None:
            return
        later = direction > 0
        place = int(np.searchsorted(self._keys, start, side="right" if later else "left"))
        place -= not later
        if 0 <= place < len(self._keys):
            self.seek(int(self._keys[place]))

    @property
    def playing(self) -> bool:
        """Whether frames follow each other by themselves."""
        return self._playback is not None

    def play(self) -> None:
        """Play from the frame on screen, or from the first when it is the last."""
        if self._index is None or self.current_frame is None or self.playing:
            return
        start = self.current_frame
        if start == len(self._index) - 1:
            start = -1  # from before the first frame
        self._wanted = None
        self._decoding.renew()
        self._playback = Playback(self._times, start, self.speed)
        self.transport.show_playing(True)
        self._ask_ahead()

    def pause(self) -> None:
        """Stop exactly at the frame on screen."""
        self._stop_playing()

    def set_speed(self, speed: float) -> None:
        """Play at this speed; 1.0 is that of the timestamps."""
        was_playing = self.playing
        self.pause()
        self.speed = speed
        self.transport.show_speed(speed)
        if was_playing:
            self.play()

    def show_boxes(self, shown: bool) -> None:
        """Draw face boxes or not."""
        self.view.show_boxes(shown)
        self.transport.buttons["boxes"].setChecked(shown)

    def shut_down(self) -> None:
        """End the decoding thread; the next `show_exhibit` starts another."""
        self._stop_playing()
        self._decoding.stop()

    def closeEvent(self, event: QCloseEvent) -> None:
        """End the decoding thread with the widget."""
        self.shut_down()
        super().closeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step, play and seek by keyboard."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        shift = modifiers == Qt.KeyboardModifier.ShiftModifier
        act = self._keys_do.get((Qt.Key(event.key()), shift))
        if act is None or modifiers not in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.ShiftModifier,
        ):
            super().keyPressEvent(event)
        else:
            act()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the keyboard on a click."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        super().mousePressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that the keys are heard here."""
        self.view.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that the keys are heard elsewhere."""
        self.view.update()
        super().focusOutEvent(event)

    def _build(self) -> None:
        self.setAccessibleName("Player")
        self.view.setAccessibleName("Picture of the frame on screen")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.view, 1)
        column.addWidget(self.transport)
        self.transport.pressed.connect(self._button_pressed)
        self.transport.speed_chosen.connect(self.set_speed)
        self.transport.show_speed(self.speed)
        self.transport.set_usable(False)
        self.view.show_message(*EMPTY)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.shut_down)
        self.destroyed.connect(self._decoding.stop)

    def _key_table(self) -> dict[tuple[Qt.Key, bool], Callable[[], None]]:
        key = Qt.Key
        return {
            (key.Key_Space, False): self._toggle,
            (key.Key_K, False): self._toggle,
            (key.Key_Left, False): lambda: self.step(-1),
            (key.Key_Right, False): lambda: self.step(1),
            (key.Key_Left, True): lambda: self.step(-10),
            (key.Key_Right, True): lambda: self.step(10),
            (key.Key_PageUp, False): lambda: self.step_key_frame(-1),
            (key.Key_PageDown, False): lambda: self.step_key_frame(1),
            (key.Key_Home, False): lambda: self.seek(0),
            (key.Key_End, False): lambda: self.seek(len(self._times) - 1),
            (key.Key_BracketLeft, False): lambda: self._change_speed(-1),
            (key.Key_BracketRight, False): lambda: self._change_speed(1),
            (key.Key_B, False): lambda: self.show_boxes(not self.view.boxes_shown),
        }

    def _button_pressed(self, name: str) -> None:
        acts: dict[str, Callable[[], None]] = {
            "first": lambda: self.seek(0),
            "back": lambda: self.step(-1),
            "play": self._toggle,
            "forward": lambda: self.step(1),
            "last": lambda: self.seek(len(self._times) - 1),
            "boxes": lambda: self.show_boxes(not self.view.boxes_shown),
        }
        acts[name]()

    def _toggle(self) -> None:
        if self.playing:
            self.pause()
        else:
            self.play()

    def _change_speed(self, direction: int) -> None:
        place = SPEEDS.index(self.speed) + direction
        if 0 <= place < len(SPEEDS):
            self.set_speed(SPEEDS[place])

    def _let_go(self) -> None:
        self._stop_playing()
        self._decoding.renew()
        self._index, self._times, self._keys = None, np.zeros(0), np.zeros(0, np.int64)
        self._wanted = self.current_frame = None
        self._faces.clear()
        self._faces_at = self._faces.at
        self.transport.show_nothing()

    def _stop_playing(self) -> None:
        if self._playback is None:
            return
        self._playback = None
        self._timer.stop()
        self._held.clear()
        self._decoding.renew()
        self.transport.show_playing(False)

    @Slot(object)
    def _replied(self, reply: FrameReply) -> None:
        request = reply.request
        if request.exhibit != self._decoding.exhibit or self._index is None:
            return
        present = request.order == self._decoding.order
        if self._playback is not None and present:
            self._playback.arrived(monotonic())
            self._held.append(reply)
            self._play_on()
        elif self._playback is None and self._wanted is not None:
            # An older seek that was under way already: better to see than a frozen picture.
            if present:
                self._wanted = None
            self.transport.note.say("")
            self._show(reply)

    @Slot(object)
    def _failed(self, failure: OpenFailed) -> None:
        if failure.exhibit == self._decoding.exhibit:
            self._wanted = None
            self.transport.set_usable(False)
            self.transport.show_nothing()
            title = "The exhibit cannot be shown"
            self.view.show_message(title, failure.reason, trouble=True)

    def _show(self, reply: FrameReply) -> None:
        """The one place where picture, number and time change."""
        number = reply.request.number
        self.current_frame = number
        if reply.picture is None:
            self.view.show_message("This frame cannot be shown", reply.reason, trouble=True)
        else:
            self.view.show_picture(reply.picture, reply.fitted, self._faces_at(number))
        self.transport.show_frame(
            number, float(self._times[number]), len(self._times), exact=self._exact
        )
        self.frame_shown.emit(number)

    def _play_on(self) -> None:
        """Show the newest frame that is due, ask for more, wake up for the next."""
        playback, now = self._playback, monotonic()
        if playback is None:
            return
        reply = None
        while self._held and playback.wait(self._held[0].request.number, now) <= 0:
            reply = self._held.popleft()
        if reply is not None:
            playback.shows(reply.request.number, now)
            self._show(reply)
            self.transport.note.say(_playing_note(playback))
            if reply.request.number == len(self._times) - 1:
                self._stop_playing()
                return
        self._ask_ahead()
        if self._held:
            wait = playback.wait(self._held[0].request.number, now)
            self._timer.start(max(round(wait * 1000), 0))

    def _ask_ahead(self) -> None:
        if self._playback is not None:
            for number in self._playback.to_ask(monotonic(), len(self._held)):
                self._decoding.ask(number, self.view.room())

    def _faces_changed(self) -> None:
        if self.current_frame is not None:
            self.view.set_faces(self._faces_at(self.current_frame))

    def _say_waiting(self) -> None:
        if self._wanted is not None and self.current_frame is not None:
            self.transport.note.say(f"decoding frame {frame_text(self._wanted)}")


def _playing_note(playback: Playback) -> str:
    said = f"{wording.number(playback.left_out)} not shown" if playback.left_out else ""
    return f"slowed · {said}".rstrip(" ·") if playback.slowed else said
