"""Which lanes there are, in which order, and which of them are collapsed or hidden."""

from collections.abc import Sequence
from dataclasses import dataclass

from ui import preferences
from ui.timeline.content import Content
from ui.timeline.lanes import (
    SLIM,
    FacesLane,
    KeysLane,
    Lane,
    LostLane,
    MarksLane,
    SegmentsLane,
    ShotsLane,
    SoundLane,
    StatesLane,
)
from ui.timeline.thumbnails import ThumbnailsLane
from ui.timeline.track_lanes import DifferenceLane, TrackLane, WaitingLane

KINDS: tuple[type[Lane], ...] = (
    ThumbnailsLane,
    TrackLane,
    DifferenceLane,
    MarksLane,
    SegmentsLane,
    SoundLane,
    FacesLane,
    StatesLane,
    LostLane,
    ShotsLane,
    KeysLane,
)
TITLES = {TrackLane.kind: "Scores of face tracks", DifferenceLane.kind: "Differences between runs"}
ORDER = tuple(kind.kind for kind in KINDS)


@dataclass(frozen=True)
class Row:
    """A lane with its place.

    Attributes:
        top: pixels below the top of the first lane.
        height: pixels.
    """

    lane: Lane
    top: float
    height: float
    collapsed: bool


class Arrangement:
    """The examiner's order of lanes; kept between two uses of the program, except single tracks'.

    Attributes:
        order: every kind of lane once.
        collapsed: names of lanes that are collapsed.
        hidden: kinds of lanes that are not shown.
    """

    def __init__(self) -> None:
        kept = [kind for kind in preferences.lanes("order") if kind in ORDER]
        self.order = list(dict.fromkeys([*kept, *ORDER]))
        self.collapsed = set(preferences.lanes("collapsed"))
        self.hidden = set(preferences.lanes("hidden")) & set(ORDER)
        self._singles: list[str] = []  # the order of lanes of one kind, for this exhibit only

    def rows(self, lanes: Sequence[Lane]) -> list[Row]:
        """Lay out the lanes that have something to show."""
        rows: list[Row] = []
        top = 0.0
        shown = [one for one in lanes if one.kind not in self.hidden and not one.absent]
        for lane in sorted(shown, key=self._rank):
            collapsed = lane.name in self.collapsed
            height = float(SLIM if collapsed else lane.height)
            rows.append(Row(lane, top, height, collapsed))
            top += height + 1
        return rows

    def _rank(self, lane: Lane) -> tuple[int, int]:
        singles = self._singles
        among = singles.index(lane.name) if lane.name in singles else len(singles)
        return self.order.index(lane.kind), among

    def drop(self, rows: Sequence[Row], dragged: Row, before: Row | None) -> None:
        """Put a lane before another, or last; one of several of its kind moves among these."""
        lane, other = dragged.lane, before.lane if before else None
        if other is not None and other.kind == lane.kind:
            names = [row.lane.name for row in rows if row.lane.kind == lane.kind]
            if other.name != lane.name:
                names.remove(lane.name)
                names.insert(names.index(other.name), lane.name)
            self._singles = [name for name in self._singles if name not in names] + names
        else:
            self.move(lane.kind, other.kind if other else None)

    def toggle(self, name: str) -> None:
        """Collapse a lane, or open it."""
        self.collapsed ^= {name}
        self._keep()

    def show(self, kind: str, shown: bool) -> None:
        """Show lanes of a kind, or hide them."""
        self.hidden = self.hidden - {kind} if shown else self.hidden | {kind}
        self._keep()

    def move(self, kind: str, before: str | None) -> None:
        """Put lanes of a kind before those of another, or last."""
        if kind == before:
            return
        self.order.remove(kind)
        self.order.insert(self.order.index(before) if before else len(self.order), kind)
        self._keep()

    def step(self, kind: str, by: int) -> None:
        """Move lanes of a kind up (-1) or down (1)."""
        place = self.order.index(kind)
        other = min(max(place + by, 0), len(self.order) - 1)
        self.order.insert(other, self.order.pop(place))
        self._keep()

    def _keep(self) -> None:
        preferences.keep_lanes("order", self.order)
        preferences.keep_lanes("hidden", sorted(self.hidden))
        lasting = {name for name in self.collapsed if name in ORDER}
        preferences.keep_lanes("collapsed", sorted(lasting))


def make_lanes(content: Content) -> list[Lane]:
    """A lane of every kind; of face tracks and differences as many as there are."""
    tracks = list(content.scores.present)
    if content.index is None:
        return [WaitingLane(content)]
    lanes: list[Lane] = []
    for kind in KINDS:
        if kind is TrackLane:
            lanes += [TrackLane(content, track) for track in tracks] or [WaitingLane(content)]
        elif kind is DifferenceLane:
            shared = [n for n in tracks if any(n in other.tracks for other in content.others)]
            lanes += [DifferenceLane(content, track) for track in shared]
        else:
            lanes.append(kind(content))
    return lanes
