"""An exhibit's frames on screen, one exactly at a time, with what a run found in them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from ui.player import places
from ui.player.analysed import Analysed
from ui.player.decoding import Decoding, FrameReply, OpenFailed, OpenReader
from ui.player.picture import PictureView
from ui.player.previews import Previews
from ui.player.readings import frame_text
from ui.player.transport import LOW, TransportRow
from workstation.cases.records import FaceTable, FrameIndex, Segment, Stretch

EMPTY = ("No exhibit is open", "Add an exhibit, or choose one, to see its frames.")
LOADING = ("Opening the exhibit", "The first frame is being decoded.")
NO_FRAMES = ("No frames", "This exhibit's frame index is empty, so there is nothing to show.")
WAITING_MS = 200  # after which it is said that a frame is being decoded
SAID_MS = 6000  # for which a sentence stays in the picture
CALM = 0.5  # seconds after the last order from which others may use the processors
PREVIEW_MS = 40  # after which the small picture of a frame is shown until the frame is there

FacesAt = Callable[[int], FaceTable]


class FrameScreen(QWidget):
    """Opens exhibits and shows the frame that is asked for.

    The picture, the frame number and the timestamp change together or not at all. Frames are
    decoded in a thread of their own.
    """

    frame_shown = Signal(object)  # int, the number of the frame now on screen

    def __init__(self, parent: QWidget | None, open_reader: OpenReader) -> None:
        super().__init__(parent)
        self.view = PictureView(self)
        self.transport = TransportRow(self)
        self.current_frame: int | None = None
        self.analysed = Analysed()
        self._index: FrameIndex | None = None
        self._path: Path | None = None
        self._times = np.zeros(0)
        self._exact = True
        self._keys = np.zeros(0, np.int64)
        self._faces_at: FacesAt = self.analysed.faces.at
        self._wanted: int | None = None  # the frame a seek is under way to
        self._ordered = 0.0  # clock at the last order
        self._previewed = False  # whether the picture on screen is a small one
        self._decoding = Decoding(self._replied, self._failed, open_reader)
        self.previews = Previews(lambda: self._wanted is not None or self._follows, self)
        self._preview_due = QTimer(self, singleShot=True, interval=PREVIEW_MS)
        self._preview_due.timeout.connect(self._show_preview)
        self._said = QTimer(self, singleShot=True, interval=SAID_MS)
        self._said.timeout.connect(lambda: self.view.set_remark(""))
        self.view.sight_changed.connect(self._fit_to_view)

    def show_exhibit(self, path: Path, index: FrameIndex, faces_at: FacesAt | None = None) -> None:
        """Open an exhibit and show its first frame.

        Args:
            path: the exhibit's file in the case.
            index: its frame index.
            faces_at: gives the faces of one frame; without it, those of `set_faces`.
        """
        self._let_go()
        self._faces_at = faces_at or self.analysed.faces.at
        self._path = path
        self._index, self._times, self._exact = index, index.times, index.timestamps
        self._keys = np.flatnonzero(index.key)
        self.transport.set_usable(len(index) > 0)
        if not len(index):
            self.view.show_message(*NO_FRAMES, trouble=True)
            return
        self.view.show_message(*LOADING)
        self._decoding.open(path, index)
        self.previews.open(path, index)
        self.seek(0)

    def clear(self) -> None:
        """Let go of the exhibit."""
        self._let_go()
        self._decoding.close()
        self.transport.set_usable(False)
        self.view.show_message(*EMPTY)

    def set_faces(
        self, faces: FaceTable, committed: int | None = None, lost: Sequence[Stretch] = ()
    ) -> None:
        """Draw these faces, of the whole exhibit, instead of any before.

        Args:
            faces: faces of the run.
            committed: frames analysed so far; all of them where it is left out.
            lost: frames that the run could not decode.
        """
        self._faces_replaced()
        self.analysed.begin(faces, self.frames if committed is None else committed, lost)
        self._faces_changed()

    def append_faces(
        self, faces: FaceTable, committed: int | None = None, lost: Sequence[Stretch] = ()
    ) -> None:
        """Draw these faces of further frames too."""
        self.analysed.go_on(faces, committed, lost)
        self._faces_changed()

    def set_segments(self, segments: Sequence[Segment]) -> None:
        """Go to these segments with `go_to_segment`."""
        self.analysed.segments = tuple(segments)

    def set_zone(self, zone: tuple[float, float]) -> None:
        """Take over the thresholds between which the run is inconclusive."""
        self.analysed.zone = zone

    def set_crop(self, preprocessing: Mapping[str, Any] | None) -> None:
        """Take over how the network's crops are cut, from the run's card (`size`, `margin`)."""
        facts = preprocessing or {}
        known = "size" in facts and "margin" in facts
        self.analysed.crop = (int(facts["size"]), float(facts["margin"])) if known else None

    @property
    def frames(self) -> int:
        """Frames of the exhibit; 0 where none is open."""
        return len(self._times)

    @property
    def settled(self) -> bool:
        """Whether the frame that was asked for is on screen itself, not its small picture."""
        return self._wanted is None and not self._previewed

    @property
    def busy(self) -> bool:
        """Whether it plays, or a frame was asked for just now; to be asked from any thread."""
        recent = monotonic() - self._ordered < CALM
        return recent or self._wanted is not None or self._follows

    def seek(self, frame: int) -> None:
        """Show this frame; the newest call wins, and playing ends."""
        self._go(frame)

    def step(self, frames: int) -> None:
        """Go forward or back, counting from the frame on screen or under way."""
        if self._from is not None:
            self._go(self._from + frames, 1 if frames > 0 else -1)

    def step_key_frame(self, direction: int) -> None:
        """Go to the next (1) or the previous (-1) key frame."""
        if self._from is not None:
            found = places.neighbour(self._keys, self._from, direction)
            self._go_or_say(found, "There is no further key frame there.")

    def say(self, sentence: str) -> None:
        """Put a sentence into the picture, for some seconds or until the next frame is sought."""
        self.view.set_remark(sentence)
        if sentence:
            self._said.start()

    def say_state(self, words: str) -> None:
        """Write beside the readings how it goes on; in the picture where there is no room there."""
        note = self.transport.note
        note.say(words)
        self.view.set_note("" if note.text() == words else words)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the picture its room where there is little height."""
        super().resizeEvent(event)
        self.transport.set_low(self.height() < LOW)

    @property
    def _from(self) -> int | None:
        """The frame that steps count from: the one under way, else the one on screen."""
        return self._wanted if self._wanted is not None else self.current_frame

    def _go(self, frame: int, way: int = 0) -> None:
        if self._index is None or not len(self._index):
            return
        self._stop_playing()
        self._ordered = monotonic()
        self._wanted = min(max(int(frame), 0), len(self._index) - 1)
        self._fit_to_view()
        self._decoding.renew()
        if self.previews.has(self._wanted):
            self._decoding.give_up_older()
            if not self._preview_due.isActive():
                self._preview_due.start()
        self._decoding.ask(self._wanted, way)
        QTimer.singleShot(WAITING_MS, self, self._say_waiting)

    def _go_or_say(self, frame: int | None, sentence: str) -> None:
        if frame is None:
            self.say(sentence)
        else:
            self.seek(frame)

    @property
    def _follows(self) -> bool:
        """Whether frames follow each other by themselves. What plays overrides it."""
        return False

    def _stop_playing(self) -> None:
        """Stop before another frame is sought; what plays overrides it."""

    def _faces_replaced(self) -> None:
        """Another run is shown; what was made of the faces of the one before overrides it."""

    def _arrived(self, reply: FrameReply) -> bool:  # noqa: ARG002
        """Take a reply under the present order; whether it was taken. What plays overrides it."""
        return False

    def _let_go(self) -> None:
        self._stop_playing()
        self._decoding.renew()
        self._index, self._times, self._keys = None, np.zeros(0), np.zeros(0, np.int64)
        self._path = None
        self._wanted = self.current_frame = None
        self.previews.close()
        self._preview_due.stop()
        self._previewed = False
        self.analysed.clear()
        self._faces_at = self.analysed.faces.at
        self.view.set_state("", "")
        self.say("")
        self.say_state("")
        self.transport.show_nothing()

    @Slot(object)
    def _replied(self, reply: FrameReply) -> None:
        request = reply.request
        if request.exhibit != self._decoding.exhibit or self._index is None:
            return
        present = request.order == self._decoding.order
        if present and self._arrived(reply):
            return
        if self._wanted is not None and (present or not self._previewed):
            # An older seek that was under way already: better to see than a frozen picture.
            if present:
                self._wanted = None
            self.say("")
            self.say_state("")
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
        """Put a frame on screen; its small picture, if that was there before, goes."""
        number = reply.request.number
        self.current_frame = number
        self._previewed = False
        self.view.set_state(self._state_text(number), reply.trouble)
        if reply.picture is None:
            self.view.show_message("This frame cannot be shown", reply.reason, trouble=True)
        else:
            self.view.show_picture(reply.picture, reply.fitted, self._faces_at(number))
        self._tell(number)

    def _show_preview(self) -> None:
        """Put the small picture of the frame that is wanted on screen until the frame is there."""
        number, whole = self._wanted, self.view.whole
        small = None if number is None or whole.isEmpty() else self.previews.get(number)
        if number is None or small is None:
            return
        self.current_frame = number
        self._previewed = True
        self.view.set_state(self._state_text(number), self.view.trouble)
        self.view.show_preview(small, whole, self._faces_at(number))
        self._tell(number)

    def _tell(self, number: int) -> None:
        self.previews.at_frame(number)
        self.transport.show_frame(
            number, float(self._times[number]), len(self._times), exact=self._exact
        )
        self.frame_shown.emit(number)

    def _state_text(self, frame: int) -> str:
        state = self.analysed.state(frame)
        return state[:1].upper() + state[1:]

    def _faces_changed(self) -> None:
        if self.current_frame is not None:
            self.view.set_faces(self._faces_at(self.current_frame))
            self.view.set_state(self._state_text(self.current_frame), self.view.trouble)

    def _fit_to_view(self) -> None:
        self._decoding.room = self.view.room()

    def _say_waiting(self) -> None:
        if self._wanted is not None and self.current_frame is not None:
            self.say_state(f"decoding frame {frame_text(self._wanted)}")
