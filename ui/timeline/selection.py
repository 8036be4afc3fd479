"""A stretch that is selected: its figures per face track, and what can be done with it."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ui import theme
from ui.player.readings import frame_text, time_text
from ui.timeline.content import Content
from ui.widgets import ElidedLabel, IconButton
from ui.wording import counted, percent


@dataclass(frozen=True)
class StretchFigures:
    """What the scores of one face track are in a stretch.

    Attributes:
        track: its number.
        present: frames of the stretch in which the face was found.
        scored: frames that have a score.
        mean: of those scores, NaN where there is none.
        peak: the highest of them, NaN where there is none.
        peak_frame: the first frame with the peak, -1 where there is none.
        above: share of the scored frames above the upper threshold, NaN where there is none.
        outside: scored or not, frames whose face is unlike those the detector was trained on.
    """

    track: int
    present: int
    scored: int
    mean: float
    peak: float
    peak_frame: int
    above: float
    outside: int

    @property
    def sentence(self) -> str:
        """The figures in words."""
        if not self.scored:
            return f"track {self.track}: in {self.present} frames, none of them scored"
        above = "" if self.above != self.above else f", {percent(self.above)} above the threshold"
        unlike = f", {self.outside} outside the training range" if self.outside else ""
        return (
            f"track {self.track}: mean {self.mean:.2f}, peak {self.peak:.2f} (frame "
            f"{self.peak_frame}){above}, {self.scored} of {self.present} frames scored{unlike}"
        )


def figures(content: Content, first: int, last: int) -> list[StretchFigures]:
    """Figures of every face track that is present in frames first..last (inclusive)."""
    high = content.thresholds[1] if content.thresholds is not None else float("nan")
    found = []
    for number, frames in content.scores.present.items():
        present = _count(frames, first, last)
        if not present:
            continue
        track = content.scores.tracks.get(number)
        part = slice(*np.searchsorted(track.frames, [first, last + 1])) if track else slice(0, 0)
        scores = track.scores[part] if track else np.zeros(0, np.float32)
        outside = _count(content.scores.outside.get(number), first, last)
        nothing = float("nan")
        if not len(scores) or track is None:
            found.append(StretchFigures(number, present, 0, nothing, nothing, -1, nothing, outside))
            continue
        at = int(np.argmax(scores))
        above = float((scores > high).mean()) if high == high else nothing
        found.append(
            StretchFigures(
                number,
                present,
                len(scores),
                float(scores.mean(dtype=np.float64)),
                float(scores[at]),
                int(track.frames[part][at]),
                above,
                outside,
            )
        )
    return found


def _count(frames: np.ndarray | None, first: int, last: int) -> int:
    if frames is None:
        return 0
    low, high = np.searchsorted(frames, [first, last + 1])
    return int(high - low)


class SelectionBar(QFrame):
    """Says what is selected, with buttons for it; shown only while something is."""

    clip_wanted = Signal()
    export_wanted = Signal()
    closer_wanted = Signal()
    details_wanted = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "bar")
        self.setFixedHeight(36)
        self.setAccessibleName("Selected stretch")
        self.place, self.words = ElidedLabel("", self), ElidedLabel("", self)
        lines = QVBoxLayout()
        lines.setContentsMargins(0, 1, 0, 1)
        lines.setSpacing(0)
        self.place.setFont(theme.mono_font(theme.SMALL))
        self.words.setFont(theme.text_font(theme.SMALL))
        for line in (self.place, self.words):
            lines.addWidget(line)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GRID, 0, 4, 0)
        row.setSpacing(0)
        row.addLayout(lines, 1)
        for icon, words, signal in (
            ("magnify-plus-outline", "Zoom to the selection (E)", self.closer_wanted),
            ("table", "Figures of every face track (Y)", self.details_wanted),
            ("bookmark-plus-outline", "Make a clip of the selection (Enter)", self.clip_wanted),
            ("export-variant", "Export the selection", self.export_wanted),
            ("close", "Let go of the selection (Escape)", self.closed),
        ):
            button = IconButton(icon, words, signal.emit, self)
            button.setFixedSize(28, 26)
            row.addWidget(button)
        self.hide()

    def show_stretch(self, content: Content, first: int, last: int) -> list[StretchFigures]:
        """Show the figures of frames first..last; returns them all."""
        found = figures(content, first, last)
        self.place.say(stretch_words(content, first, last))
        self.words.say(_foremost(content, found))
        tips = [one.sentence for one in found] or ["No face is in it."]
        self.words.setToolTip("\n".join(tips))
        self.setAccessibleDescription(". ".join([self.place.text(), *tips]))
        self.show()
        return found


def stretch_words(content: Content, first: int, last: int) -> str:
    """Where a stretch is and how long it lasts."""
    seconds = content.until(last) - content.begin(first)
    frames = counted(last - first + 1, "frame", "frames")
    return (
        f"{frame_text(first)} to {frame_text(last)}   {time_text(content.begin(first))} + "
        f"{seconds:.3f} s   {frames}"
    )


def details(content: Content, first: int, last: int) -> str:
    """Every figure as lines of text, to read and to copy."""
    lines = [stretch_words(content, first, last), content.run]
    if content.thresholds is not None:
        lines.append(f"upper threshold {content.thresholds[1]:.2f}")
    lines += ["", *(one.sentence for one in figures(content, first, last))]
    lines += ["", "Scores are the detector's output and not probabilities."]
    return "\n".join(lines)


def _foremost(content: Content, found: list[StretchFigures]) -> str:
    """The figures of the selected track, else of the one with the highest mean."""
    if not found:
        return "no face in it"
    chosen = [one for one in found if one.track == content.selected_track]
    scored = [one for one in found if one.scored]
    best = chosen or sorted(scored, key=lambda one: -one.mean) or found
    more = f"   and {len(found) - 1} more tracks" if len(found) > 1 else ""
    return best[0].sentence + more
