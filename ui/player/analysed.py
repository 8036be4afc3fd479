"""What the player knows of a run: faces, states and segments of the exhibit on screen."""

from collections.abc import Sequence

import numpy as np

from ui.player.faces import FacesByFrame
from workstation.cases.records import FaceTable, FrameState, Segment, Stretch


class Analysed:
    """The results of one run, looked up by frame.

    Attributes:
        faces: those of all frames that are committed.
        segments: flagged by the run.
        zone: lower and upper threshold of the inconclusive zone, or None.
        crop: size in pixels and margin of the crops that the network saw, or None.
    """

    def __init__(self) -> None:
        self.faces = FacesByFrame()
        self.segments: tuple[Segment, ...] = ()
        self.zone: tuple[float, float] | None = None
        self.crop: tuple[int, float] | None = None
        self._committed: int | None = None
        self._lost: list[Stretch] = []

    def clear(self) -> None:
        """Forget the run."""
        self.faces.clear()
        self.segments, self.zone, self.crop = (), None, None
        self._committed, self._lost = None, []

    def begin(self, faces: FaceTable, committed: int, lost: Sequence[Stretch]) -> None:
        """Take over a run as far as it is committed."""
        self.faces.set(faces)
        self._committed, self._lost = committed, list(lost)

    def go_on(self, faces: FaceTable, committed: int | None, lost: Sequence[Stretch]) -> None:
        """Take over further frames of the run."""
        self.faces.append(faces)
        if committed is not None:
            self._committed = max(committed, self._committed or 0)
        self._lost += lost

    def state(self, frame: int) -> str:
        """The state of a frame in words, "" where there is no run."""
        if self._committed is None:
            return ""
        if frame >= self._committed:
            return str(FrameState.NOT_ANALYSED)
        if any(one.first <= frame <= one.last for one in self._lost):
            return str(FrameState.UNDECODABLE)
        faces = self.faces.at(frame)
        if not len(faces):
            return str(FrameState.NO_FACE)
        return str(FrameState.SCORED if faces.scored.any() else FrameState.UNSUITABLE)

    def highest(self) -> int | None:
        """The frame with the highest score, or None where nothing is scored."""
        return self.faces.most(lambda scores: scores)

    def least_certain(self) -> int | None:
        """The frame whose score is nearest the middle of the inconclusive zone, or None."""
        if self.zone is None:
            return None
        middle = sum(self.zone) / 2
        return self.faces.most(lambda scores: -np.abs(scores - middle))
