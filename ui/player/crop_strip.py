"""What the network saw of a face, enlarged, with what it saw just before and after."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui import theme
from ui.background import Background
from ui.player.analysed import Analysed
from ui.player.decoding import to_picture
from ui.player.readings import frame_text, score_text
from workstation.cases.records import FaceTable, FrameIndex, FrameState
from workstation.errors import WorkstationError

AROUND = 4  # frames before and after; more on one side where the track ends on the other
COLUMNS = 3
IN_ROWS = (0, 1, 2, AROUND)  # frames before and after that are shown in so many rows
CAPTION_ROOM, LABEL_ROOM = 56, 20  # logical pixels below the large crop and below a small one
GAP = theme.GRID / 2
SETTLED_MS = 120  # the frame must have stood this long: stepping on does not queue up work
KEPT = 128
READER_BYTES = 48 * 2**20
CAPTION = "As the network saw it: {0} × {0} pixels, turned upright, enlarged here."
NO_RUN = "What the network saw can be shown once the exhibit has been analysed."
NOT_ANALYSED = "This frame has not been analysed."
NO_FACE = "There is no face on this frame."
NOT_DECODED = "This frame could not be decoded."
GAP_WORDS = "not there"  # of the track; another face may be on that frame
LOST_WORDS = "not decoded"
ABSENT = "Track {} is not on this frame."
WHILE_PLAYING = "What the network saw follows when playing stops."


@dataclass(frozen=True)
class Want:
    """A face on a frame, to be cut out.

    Attributes:
        landmarks: float32 (5, 2), pixels of the frame.
        size: side of the crop in pixels.
        margin: how many face sizes it spans.
    """

    frame: int
    track: int
    landmarks: NDArray[np.float32] = field(compare=False)
    size: int = 0
    margin: float = 0.0
    score: float = field(default=float("nan"), compare=False)


class _Cutter:
    """Reads the exhibit in the background thread, with a reader of its own."""

    def __init__(self, path: Path, index: FrameIndex) -> None:
        self._path, self._index = path, index
        self._reader: object = None

    def cut(self, want: Want) -> QImage | str:
        """The crop, or why there is none."""
        from workstation.analysis.detector import network_crop
        from workstation.evidence.frames import FrameReader

        try:
            if not isinstance(self._reader, FrameReader):
                self._reader = FrameReader(self._path, self._index, READER_BYTES)
            pixels = self._reader.read(want.frame).pixels
        except WorkstationError as problem:
            return str(problem)
        try:
            return to_picture(network_crop(pixels, want.landmarks, want.size, want.margin))
        except ValueError:
            return "The face could not be cut out."

    def close(self) -> None:
        close = getattr(self._reader, "close", None)
        if close is not None:
            close()
        self._reader = None


class CropStrip(QWidget):
    """Shows the crop of one face track at a frame, and those of the frames around it.

    Attributes:
        track: the face track that is shown; None for the largest face of the frame.
        message: the sentence on screen where there is no crop, or "".
    """

    frame_wanted = Signal(object)  # int: a crop of the strip was pressed

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.track: int | None = None
        self.message = NO_RUN
        self._wants: tuple[Want, ...] = ()
        self._middle: int | None = None
        self._lost: set[int] = set()  # frames of the strip that could not be decoded
        self._span = range(0)  # frames, from the track's first to its last one near the middle
        self._made: OrderedDict[Want, QImage | str] = OrderedDict()
        self._cutter: _Cutter | None = None
        self._background: Background | None = None
        self._order = 0
        self._next: Callable[[], None] | None = None
        self._settled = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self._settled.timeout.connect(self._begin)
        self.setMinimumWidth(168)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("What the network saw")
        theme.keeper().changed.connect(self._theme_changed)

    def sizeHint(self) -> QSize:
        """As wide as a small crop and a strip of three."""
        return QSize(208, 400)

    def open(self, path: Path, index: FrameIndex) -> None:
        """Change to another exhibit."""
        self.clear()
        self._cutter = _Cutter(path, index)

    def clear(self) -> None:
        """Let go of the exhibit."""
        self._order += 1
        self._settled.stop()
        self._made.clear()
        self.track = self._middle = None
        self._wants = ()
        cutter, self._cutter = self._cutter, None
        if cutter is not None and self._background is not None:
            self._background.ask(cutter.close, lambda _: None)
        self._say(NO_RUN)

    def show_frame(self, frame: int, analysed: Analysed) -> None:
        """Show the crops around a frame, as soon as no other is asked for."""
        if analysed.crop is None:
            self._say(NO_RUN)
            return
        faces = analysed.faces.at(frame)
        track = self._track_of(faces)
        unknown = {FrameState.NOT_ANALYSED: NOT_ANALYSED, FrameState.UNDECODABLE: NOT_DECODED}
        for state, sentence in unknown.items():
            if analysed.state(frame) == state:
                self._say(sentence)
                return
        if track is None:
            self._say(NO_FACE if self.track is None else ABSENT.format(self.track))
            return
        near = range(max(frame - 2 * AROUND, 0), frame + 2 * AROUND + 1)
        rows = [_want(analysed.faces.at(one), one, track, analysed.crop) for one in near]
        found = [want for want in rows if want is not None]
        span = range(found[0].frame, found[-1].frame + 1)
        shown = frames_around(frame, AROUND, span)
        wants = tuple(want for want in found if want.frame in shown)
        without = set(shown) - {want.frame for want in wants}
        lost = {one for one in without if analysed.state(one) == FrameState.UNDECODABLE}

        def begin() -> None:
            self._order += 1
            self._lost = lost
            self._wants, self._middle, self._span, self.message = wants, frame, span, ""
            self._ask(wants, frame)
            self._describe()
            self.update()

        self._next = begin
        self._settled.start()

    def forget(self) -> None:
        """Cut everything anew: another run may have found the faces elsewhere."""
        self._made.clear()

    def say_playing(self) -> None:
        """While frames follow each other there is no time to cut faces out of them."""
        self._settled.stop()
        self._order += 1
        self._say(WHILE_PLAYING)

    def shut_down(self) -> None:
        """End the thread and close the file."""
        self.clear()
        if self._background is not None:
            background, self._background = self._background, None
            background.close()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the crop, its caption, and the strip below."""
        painter = QPainter(self)
        colours = theme.current()
        painter.fillRect(event.rect(), colours.colour("surface_1"))
        if self.message or self._middle is None:
            self._draw_words(painter, self.message, QRectF(self.rect()).adjusted(12, 12, -12, -12))
            painter.end()
            return
        for frame, place in self._cells():
            self._draw_cell(painter, frame, place)
        for want, place in self._places():
            self._draw_crop(painter, want, place)
        caption = QRectF(theme.GRID, self._side() + 2 * theme.GRID, self.width() - 16, 48)
        self._draw_words(painter, self._caption(), caption)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the frame of a crop that is pressed."""
        found = self._want_at(event.position().toPoint())
        if found is not None:
            self.frame_wanted.emit(found.frame)

    def _begin(self) -> None:
        if self._next is not None:
            self._next()

    def _track_of(self, faces: FaceTable) -> int | None:
        if not len(faces):
            return None
        if self.track is not None:
            return self.track if self.track in faces.track else None
        return int(faces.track[np.argmax(faces.box[:, 2] * faces.box[:, 3])])

    def _ask(self, wants: Sequence[Want], middle: int) -> None:
        if self._cutter is None:
            return
        if self._background is None:
            self._background = Background("player crops")
        missing = [want for want in wants if want not in self._made]
        # In the order of the file, so that every frame is decoded once; first the one on screen
        # where the others would keep it waiting anyway.
        for want in sorted(missing, key=lambda one: (one.frame > middle, one.frame)):
            self._ask_one(self._cutter, want)

    def _ask_one(self, cutter: _Cutter, want: Want) -> None:
        order = self._order

        def cut() -> QImage | str | None:
            return cutter.cut(want) if order == self._order else None

        def arrived(made: QImage | str | None) -> None:
            if made is not None and cutter is self._cutter:
                self._made[want] = made
                while len(self._made) > KEPT:
                    self._made.popitem(last=False)
                self.update()

        assert self._background is not None
        self._background.ask(cut, arrived)

    def _side(self) -> float:
        """Side of the large crop, logical; the strip keeps its room below."""
        return max(min(self.width() - 16.0, self.height() * 0.5), 64.0)

    def _places(self) -> list[tuple[Want, QRectF]]:
        """Where each crop stands; that of the middle twice, large first."""
        side, cells = self._side(), dict(self._cells())
        large = QRectF((self.width() - side) / 2, theme.GRID, side, side)
        places = [(want, large) for want in self._wants if want.frame == self._middle]
        return places + [(one, cells[one.frame]) for one in self._wants if one.frame in cells]

    def _cells(self) -> list[tuple[int, QRectF]]:
        """Where each frame of the strip stands, whether there is a crop of it or not."""
        top = self._side() + 2 * theme.GRID + CAPTION_ROOM
        cell = (self.width() - 2 * theme.GRID - (COLUMNS - 1) * GAP) / COLUMNS
        rows = min(int((self.height() - top) / (cell + LABEL_ROOM)), len(IN_ROWS) - 1)
        if rows <= 0 or self._middle is None:
            return []
        cells = []
        for number, frame in enumerate(frames_around(self._middle, IN_ROWS[rows], self._span)):
            row, column = divmod(number, COLUMNS)
            x, y = theme.GRID + column * (cell + GAP), top + row * (cell + LABEL_ROOM)
            cells.append((frame, QRectF(x, y, cell, cell)))
        return cells

    def _want_at(self, point: QPoint) -> Want | None:
        return next((want for want, place in self._places() if place.contains(point)), None)

    def _draw_crop(self, painter: QPainter, want: Want, place: QRectF) -> None:
        colours = theme.current()
        large = place.width() >= self._side() - 1
        made = self._made.get(want)
        if isinstance(made, QImage):
            smooth = place.width() * self.devicePixelRatioF() < 2 * made.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.drawImage(place, made)
        else:
            painter.fillRect(place, colours.colour("surface_2"))
            if isinstance(made, str):
                self._draw_words(painter, made if large else "–", place)
        if not large:
            self._draw_edge(painter, want.frame, place)

    def _draw_cell(self, painter: QPainter, frame: int, place: QRectF) -> None:
        """How far the frame is from the one on screen, its score, and what it is without a crop."""
        want = next((one for one in self._wants if one.frame == frame), None)
        here = frame == self._middle
        painter.setPen(theme.current().colour("text" if here else "muted"))
        painter.setFont(theme.mono_font(theme.SMALL))
        below = QRectF(place.left(), place.bottom() + 2, place.width(), 16)
        offset = frame - (self._middle or 0)
        score = "–" if want is None or want.score != want.score else f"{want.score:.2f}"
        words = f"{offset:+d} {score}" if offset else f"0 {score}"
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, words)
        if want is None:
            words = LOST_WORDS if frame in self._lost else GAP_WORDS
            self._draw_words(painter, words, place.adjusted(0, place.height() / 2 - 8, 0, 0))
            self._draw_edge(painter, frame, place)

    def _draw_edge(self, painter: QPainter, frame: int, place: QRectF) -> None:
        here = frame == self._middle
        token = "accent" if here else "line"
        painter.setPen(QPen(theme.current().colour(token), 2 if here else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(place)

    def _caption(self) -> str:
        want = next((one for one in self._wants if one.frame == self._middle), None)
        if want is None:
            return ""
        first = f"track {want.track} · {score_text(want.score)} · frame {frame_text(want.frame)}"
        return f"{first}\n{CAPTION.format(want.size)}"

    def _theme_changed(self) -> None:
        self.update()

    def _draw_words(self, painter: QPainter, words: str, place: QRectF) -> None:
        painter.setPen(theme.current().colour("muted"))
        painter.setFont(theme.text_font(theme.SMALL))
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.drawText(place, int(flags | Qt.TextFlag.TextWordWrap), words)

    def _say(self, sentence: str) -> None:
        self._settled.stop()
        self.message, self._wants, self._middle = sentence, (), None
        self._describe()
        self.update()

    def _describe(self) -> None:
        self.setAccessibleDescription(self.message or self._caption())


def _want(faces: FaceTable, frame: int, track: int, crop: tuple[int, float]) -> Want | None:
    rows = np.flatnonzero(faces.track == track)
    if not len(rows):
        return None
    row = int(rows[0])
    score = float(faces.score[row]) if faces.scored[row] else float("nan")
    return Want(frame, track, faces.landmarks[row].copy(), *crop, score=score)


def frames_around(frame: int, around: int, span: range) -> range:
    """The frames before and after one; at an end of the span more of those on its other side.

    Args:
        frame: a frame of the span.
        around: how many before and how many after.
        span: the frames that there are.
    """
    first = max(min(frame - around, span.stop - 2 * around - 1), span.start)
    return range(first, min(first + 2 * around + 1, span.stop))
