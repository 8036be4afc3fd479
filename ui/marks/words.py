"""What the window says about a mark."""

from collections.abc import Sequence

from ui import wording
from ui.player.readings import time_text
from workstation.cases.marks import Mark, MarkKind
from workstation.cases.records import FrameIndex

ICONS = {
    MarkKind.MARKER: "map-marker-outline",
    MarkKind.CLIP: "content-cut",
    MarkKind.SEGMENT: "chart-bell-curve",
    MarkKind.TRACK: "account-outline",
    MarkKind.EXHIBIT: "note-text-outline",
    MarkKind.FINDING: "scale-balance",
    MarkKind.GROUPING: "account-multiple-outline",
}
NAMES = {
    MarkKind.MARKER: "Marker",
    MarkKind.CLIP: "Clip",
    MarkKind.SEGMENT: "Segment note",
    MarkKind.TRACK: "Track note",
    MarkKind.EXHIBIT: "Exhibit note",
    MarkKind.FINDING: "Examiner’s finding",
    MarkKind.GROUPING: "Grouping of tracks",
}
RECORDED = (
    "Adding, changing and removing are entries in the custody log; what was removed stays in the "
    "case."
)


def title(mark: Mark) -> str:
    """The name of a mark, or the beginning of its note, or its kind."""
    if mark.finding is not None:
        return str(mark.finding)
    first_line = mark.note.strip().split("\n")[0]
    return mark.name or first_line or NAMES[mark.kind]


def place(mark: Mark, index: FrameIndex | None = None) -> str:
    """Where a mark is, such as "E001 · frame 120 · 00:00:04.800".

    Args:
        mark: the mark.
        index: of its exhibit, for times; without it only frames are said.
    """
    said = [mark.exhibit]
    if mark.track is not None:
        said.append(f"track {mark.track}")
    if mark.first is not None and mark.last is not None:
        alone = mark.first == mark.last
        frames = wording.number(mark.first)
        said.append(f"frame {frames}" if alone else f"frames {frames}–{wording.number(mark.last)}")
        if index is not None and mark.last < len(index):
            times = index.times
            start, stop = time_text(times[mark.first]), time_text(times[mark.last])
            said.append(start if alone else f"{start} – {stop}")
    return " · ".join(said)


def line(mark: Mark, index: FrameIndex | None = None) -> str:
    """Everything about a mark in a few lines, for a tooltip."""
    said = [f"{NAMES[mark.kind]}: {title(mark)}", place(mark, index)]
    if mark.note and mark.note != title(mark):
        said.append(mark.note)
    if mark.tags:
        said.append(f"Tags: {', '.join(mark.tags)}")
    said.append(f"{mark.examiner}, {wording.utc(mark.time_utc)}")
    return "\n".join(said)


def matches(mark: Mark, words: Sequence[str]) -> bool:
    """Whether every word occurs somewhere in what a mark says, in any case of letters."""
    everything = " ".join(
        (NAMES[mark.kind], title(mark), place(mark), mark.note, mark.colour, *mark.tags)
    ).casefold()
    return all(word.casefold() in everything for word in words)
