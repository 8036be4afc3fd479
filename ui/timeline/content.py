"""Everything the timeline shows of one exhibit, for its lanes to draw from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ui.timeline.pyramid import Pyramid
from ui.timeline.scores import ExhibitScores, TrackScores
from workstation.cases.records import FrameIndex, Segment, Stretch

if TYPE_CHECKING:
    from ui.timeline.thumbnails import Thumbnails

NOT_LOOKED_FOR = "not looked for in this exhibit yet"


@dataclass(frozen=True)
class MarkLine:
    """What the examiner marked, as the timeline shows it.

    Attributes:
        key: handed back when it is picked.
        first: its first frame.
        last: its last frame; the same for a marker on one frame.
        words: its name or the beginning of its note.
        colour: name of the colour it was given (`workstation.cases.marks.COLOURS`), "" for none.
        track: the face track it is about, None for the whole picture.
    """

    key: object
    first: int
    last: int
    words: str
    colour: str = ""
    track: int | None = None


@dataclass(frozen=True)
class OtherRun:
    """Another run on the same exhibit, laid over the one shown.

    Attributes:
        run: its number in the case.
        title: detector and version.
        tracks: its scores by the track number of the run shown, matched by where the faces are.
        unmatched: how many of its face tracks have no counterpart; they are not drawn.
        same_detector: whether its scores are on the same scale as those shown.
    """

    run: int
    title: str
    tracks: Mapping[int, TrackScores]
    unmatched: int = 0
    same_detector: bool = True


@dataclass
class Content:
    """What there is to show; the timeline fills it in, lanes read it.

    Attributes:
        key_times: float64 (N,), seconds of the key frames.
        shot_times: float64 (N,), seconds at which a shot begins; None where nobody looked.
        sound: the sound's lowest and highest sample, 0..1 with silence at 0.5; None without.
        no_sound: why there is no waveform, as a sentence part.
        sound_waiting: how far the sound has been read, "" when it is not being read.
        run: number and detector of the run shown, for the legend.
    """

    index: FrameIndex | None = None
    scores: ExhibitScores = field(default_factory=ExhibitScores)
    segments: tuple[Segment, ...] = ()
    thresholds: tuple[float, float] | None = None
    lost: tuple[Stretch, ...] = ()
    key_times: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    shot_times: NDArray[np.float64] | None = None
    sound: Pyramid | None = None
    no_sound: str = "not read"
    sound_waiting: str = ""
    marks: tuple[MarkLine, ...] = ()
    run: str = ""
    others: tuple[OtherRun, ...] = ()
    thumbnails: "Thumbnails | None" = None
    selected_track: int | None = None
    message: str = ""

    def begin(self, frame: int) -> float:
        """Seconds at which a frame begins."""
        return float(self.scores.times[frame])

    def until(self, frame: int) -> float:
        """Seconds at which a frame ends."""
        return self.scores.until(frame)
