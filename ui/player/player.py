"""The player: an exhibit's frames, one exactly at a time, with their sound."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QCoreApplication, QRectF, Qt, Signal
from PySide6.QtGui import QCloseEvent, QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.player import acts, places
from ui.player.adjust import AdjustRow
from ui.player.crop_strip import CropStrip
from ui.player.decoding import FrameReply, OpenReader, open_roomy
from ui.player.keys import KEYS, KeyMap
from ui.player.playback import SHUTTLE, SPEEDS
from ui.player.playing import Course, Playing
from ui.player.screen import EMPTY, FacesAt, FrameScreen
from ui.player.sound import Sound
from workstation.cases.records import FrameIndex

ONE_FRAME = "There is only this one frame to play."
ENDS_HERE = "Playing backwards ends with this frame."
FOLLOWED_SHARE = 0.45  # of the picture area that a followed face fills


class PlayerWidget(FrameScreen):
    """Shows, steps and plays the frames of one exhibit.

    Frames and sound are decoded in threads of the player's own, which end with `shut_down` or when
    it closes.
    """

    points_changed = Signal(object, object)  # int | None both: in and out point
    marker_wanted = Signal(object)  # int, the frame on screen

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        open_reader: OpenReader = open_roomy,
        sound: Sound | None = None,
    ) -> None:
        super().__init__(parent, open_reader)
        self.adjust = AdjustRow(self)
        self.sound = sound or Sound()
        self.speed = 1.0
        self.repeat = False
        self.crops = CropStrip(self)
        self.crops.hide()
        self._followed: tuple[int, ...] = ()
        self._points = places.Points()
        self._playing = Playing(self._decoding, self.sound, self._show)
        self._acts = acts.acts_of(self)
        self._menus = {
            "faces": acts.faces_menu(self, self),
            "adjust": acts.display_menu(self, self),
        }
        self._build()
        self.set_keys({})

    def show_exhibit(self, path: Path, index: FrameIndex, faces_at: FacesAt | None = None) -> None:
        """Open an exhibit with its sound and show its first frame."""
        super().show_exhibit(path, index, faces_at)
        self.crops.open(path, index)
        if len(index) > 1:
            self.sound.open(path, index)

    def clear(self) -> None:
        """Let go of the exhibit."""
        super().clear()
        self.sound.close()

    # going to a frame

    def go_to_segment(self, direction: int) -> None:
        """Go to the beginning of the next (1) or the previous (-1) flagged segment."""
        if self._from is not None:
            found = places.next_segment(self.analysed.segments, self._from, direction)
            none = "further " if self.analysed.segments else ""
            self._go_or_say(found and found.first, f"There is no {none}segment there.")

    def go_to_highest(self) -> None:
        """Go to the frame with the highest score."""
        self._go_or_say(self.analysed.highest(), "No frame has a score.")

    def go_to_least_certain(self) -> None:
        """Go to the frame whose score is nearest the middle of the inconclusive zone."""
        self._go_or_say(self.analysed.least_certain(), "No frame has a score.")

    def go_to_text(self, text: str) -> None:
        """Go to the frame that a number or a time means, or say what is wrong with it."""
        found = places.frame_of(text, self._times)
        if isinstance(found, str):
            self.say(found)
            return
        self.transport.go_to.clear()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.seek(found)

    def ask_where(self) -> None:
        """Put the keyboard into the field that takes a frame or a time."""
        self.transport.ask_where()

    def want_marker(self) -> None:
        """Ask for a marker on the frame on screen."""
        if self.current_frame is not None:
            self.marker_wanted.emit(self.current_frame)

    # playing

    @property
    def playing(self) -> bool:
        """Whether frames follow each other by themselves."""
        return self._playing.active

    def play(self, rate: float | None = None) -> None:
        """Play from the frame on screen, or from the first when it is the last.

        Args:
            rate: below 0 backwards; the chosen speed where it is left out.
        """
        if self._index is None or self.current_frame is None or (rate is None and self.playing):
            return
        rate = self.speed if rate is None else rate
        first, last = self._points.range(self.frames)
        if first == last:
            self._go_or_say(first if first != self.current_frame else None, ONE_FRAME)
            return
        way = 1 if rate > 0 else -1
        frame, (begin, end) = self.current_frame, (first, last)[::way]
        if way * (frame - end) > 0:  # beyond the points: on to the end of the exhibit
            end = self.frames - 1 if way > 0 else 0
        if frame == end and way < 0 and not self.repeat:  # from the other end it would be a jump
            self.pause()
            self.say(ENDS_HERE)
            return
        if frame == end or (self.repeat and way * (frame - begin) < 0):
            frame = begin - way  # from before the first frame
        self._wanted = None
        self.say("")
        course = Course(self._times, frame, rate, begin, end, self.repeat, self._keys)
        self._playing.start(course)

    def pause(self) -> None:
        """Stop exactly at the frame on screen."""
        self._playing.stop()

    def toggle(self) -> None:
        """Play or pause."""
        if self.playing:
            self.pause()
        else:
            self.play()

    def shuttle(self, way: int) -> None:
        """Play forwards (1) or backwards (-1); in that way already, twice as fast."""
        rate = self._playing.rate * way
        faster = [speed for speed in SHUTTLE if speed > rate]
        self.play(way * (1.0 if rate <= 0 else faster[0] if faster else SHUTTLE[-1]))

    def set_speed(self, speed: float) -> None:
        """Play at this speed; 1.0 is that of the timestamps."""
        self.speed = speed
        if self.playing:
            self.play(speed if self._playing.rate > 0 else -speed)
        self._playing_changed()

    def change_speed(self, direction: int) -> None:
        """Take the next higher (1) or lower (-1) speed."""
        now = abs(self._playing.rate) or self.speed
        further = [speed for speed in SPEEDS if (speed - now) * direction > 0]
        if further:
            self.set_speed(further[0] if direction > 0 else further[-1])

    # in and out point

    @property
    def in_point(self) -> int | None:
        """The frame that playing begins with, if one was set."""
        return self._points.first

    @property
    def out_point(self) -> int | None:
        """The frame that playing ends with, if one was set."""
        return self._points.last

    def begin_here(self) -> None:
        """Set the in point to the frame on screen."""
        if self.current_frame is not None:
            self._points.begin(self.current_frame)
            self._points_moved()

    def end_here(self) -> None:
        """Set the out point to the frame on screen."""
        if self.current_frame is not None:
            self._points.end(self.current_frame)
            self._points_moved()

    def set_points(self, first: int | None, last: int | None) -> None:
        """Set in and out point, or remove them."""
        self._points.set(first, last)
        self._points_moved()

    def set_repeat(self, repeat: bool) -> None:
        """Begin again at the in point, or at the first frame, after the last."""
        self.repeat = repeat
        self._points_moved()

    # what is drawn

    def show_boxes(self, shown: bool) -> None:
        """Draw what is known of the faces, or none of it."""
        self.view.show_boxes(shown)
        self.transport.buttons["faces"].setChecked(shown)

    def switch(self, name: str) -> None:
        """Turn one part of what is drawn over the picture on or off."""
        self.view.shown.switch(name)
        self.view.update()

    @property
    def crops_shown(self) -> bool:
        """Whether what the network saw stands beside the picture."""
        return not self.crops.isHidden()

    def show_crops(self, shown: bool) -> None:
        """Show what the network saw beside the picture, or not."""
        self.crops.setVisible(shown)
        self.transport.buttons["crops"].setChecked(shown)
        self._show_crop()

    def choose_track(self, track: int | None) -> None:
        """Show the crops of this face track; None for the largest face of each frame."""
        self.crops.track = track
        self._show_crop()

    def follow(self, tracks: Sequence[int]) -> None:
        """Keep the face of these tracks in the middle of the enlarged picture; none to stop."""
        self._followed = tuple(tracks)
        if self._followed:
            self._keep_in_sight()
        else:
            self.view.fit_picture()

    # keys

    def act(self, name: str) -> None:
        """Do one of `ui.player.keys.KEYS`."""
        self._acts[name]()

    def set_keys(self, changed: Mapping[str, Iterable[str]]) -> None:
        """Give acts other keys; those that are not named keep theirs."""
        self._key_map = KeyMap(changed)
        self.transport.show_keys({facts.name: self._key_map.keys_of(facts.name) for facts in KEYS})
        for menu in self._menus.values():
            acts.show_keys(menu, self._key_map)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step, play and seek by keyboard."""
        name = self._key_map.act(event)
        if name is None:
            super().keyPressEvent(event)
        else:
            self.act(name)

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

    def shut_down(self) -> None:
        """End the threads; the next `show_exhibit` starts others."""
        self._playing.stop()
        self._decoding.stop()
        self.previews.shut_down()
        self.sound.shut_down()
        self.crops.shut_down()

    def closeEvent(self, event: QCloseEvent) -> None:
        """End the threads with the widget."""
        self.shut_down()
        super().closeEvent(event)

    def _build(self) -> None:
        self.setAccessibleName("Player")
        self.view.setAccessibleName("Picture of the frame on screen")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        row = QHBoxLayout()
        row.setSpacing(1)
        row.addWidget(self.view, 1)
        row.addWidget(self.crops)
        column.addLayout(row, 1)
        column.addWidget(self.adjust)
        column.addWidget(self.transport)
        self._connect()
        self.transport.show_speed(self.speed)
        self.transport.set_usable(False)
        self._sound_changed()
        self.view.show_message(*EMPTY)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.shut_down)
        parts = (self._decoding.stop, self.previews.shut_down, self.crops.shut_down)
        for end in (*parts, self.sound.shut_down):
            self.destroyed.connect(end)

    def _connect(self) -> None:
        transport, adjust = self.transport, self.adjust
        for name, menu in self._menus.items():
            transport.add_menu(name, menu)
        transport.pressed.connect(self.act)
        transport.speed_chosen.connect(self.set_speed)
        transport.place_typed.connect(self.go_to_text)
        transport.go_to.left.connect(lambda: self.setFocus(Qt.FocusReason.OtherFocusReason))
        transport.volume_chosen.connect(lambda to: self.sound.set_volume(to, muted=False))
        adjust.tone_chosen.connect(self.view.set_tone)
        adjust.grid_chosen.connect(self.view.set_grid)
        adjust.closed.connect(adjust.hide)
        self.sound.changed.connect(self._sound_changed)
        self.crops.frame_wanted.connect(self.seek)
        self._playing.changed.connect(self._playing_changed)
        self._playing.noted.connect(self.say_state)
        self._playing.broke_off.connect(self.say)
        self._playing.lags.connect(self.view.set_lag)

    def _let_go(self) -> None:
        super()._let_go()
        self.crops.clear()
        self._followed = ()
        self._points = places.Points()
        self._points_moved()

    @property
    def _follows(self) -> bool:
        return self.playing

    def _stop_playing(self) -> None:
        self._playing.stop()

    def _arrived(self, reply: FrameReply) -> bool:
        if self.playing:
            self._playing.arrived(reply)
        return self.playing

    def _show(self, reply: FrameReply) -> None:
        super()._show(reply)
        self._keep_in_sight()
        self._show_crop()

    def _faces_changed(self) -> None:
        super()._faces_changed()
        self._show_crop()

    def _faces_replaced(self) -> None:
        self.crops.forget()

    def _keep_in_sight(self) -> None:
        if not self._followed or self.current_frame is None or not self.view.has_picture:
            return
        faces = self._faces_at(self.current_frame)
        for row in np.flatnonzero(np.isin(faces.track, self._followed))[:1]:
            self.view.look_at(QRectF(*(float(part) for part in faces.box[row])), FOLLOWED_SHARE)

    def _show_crop(self) -> None:
        if self.crops.isHidden() or self.current_frame is None:
            return
        if self.playing:
            self.crops.say_playing()
        else:
            self.crops.show_frame(self.current_frame, self.analysed)

    def _playing_changed(self) -> None:
        self._show_crop()
        self.transport.show_playing(self.playing, self._key_map.keys_of("play"))
        self.transport.show_speed(self._playing.rate or self.speed)

    def _points_moved(self) -> None:
        first, last = self.in_point, self.out_point
        self.transport.show_points(first, last, repeat=self.repeat)
        self.points_changed.emit(first, last)

    def _sound_changed(self) -> None:
        now = self.sound
        self.transport.show_sound(
            now.volume, muted=now.muted, trouble=now.reason, usable=now.usable
        )
