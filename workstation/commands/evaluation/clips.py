"""Which clips are measured, and what their labels say."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.errors import WorkstationError

if TYPE_CHECKING:
    from models.training.datasets import Recording

MANIFEST = "manifest.csv"
_FEW = 3


@dataclass(frozen=True)
class LabelledClip:
    """One clip and its labels.

    Attributes:
        recording: What the data set says of it.
        tier: How its label is known: "A" from the data set itself, "B" from its role there, or "".
    """

    recording: "Recording"
    tier: str = ""

    @property
    def file(self) -> str:
        """Path below the data folder."""
        return self.recording.path

    @property
    def fake(self) -> bool:
        """Whether the clip is labelled as manipulated."""
        return self.recording.fake

    @property
    def label(self) -> str:
        """The label in a word."""
        return "fake" if self.fake else "real"

    @property
    def person(self) -> str:
        """Who was filmed: the unit of every interval."""
        return self.recording.target

    def made_from(self, other: "LabelledClip") -> bool:
        """Whether this clip is a manipulation of that very recording, at the same compression."""
        mine, its = self.recording, other.recording
        same = mine.clip == its.clip or mine.target == its.target
        return self.fake and not other.fake and same and mine.compression == its.compression


@dataclass(frozen=True)
class LabelledClips:
    """A data set to be measured on.

    Attributes:
        folder: Where the clips' paths begin.
        kind: Key of `models.training.datasets.DATASETS`.
        clips: In the order of their paths.
        notes: Sentences on what is missing, or too little of.
    """

    folder: Path
    kind: str
    clips: tuple[LabelledClip, ...]
    notes: tuple[str, ...]


def read_clips(folder: Path, side: str = "", *, one_class: bool = False) -> LabelledClips:
    """List the labelled clips of a folder; no video is opened.

    Args:
        folder: A folder with `manifest.csv`, with `real/` and `fake/`, or a known data set.
        side: Only clips of this side of the official split ("train", "validation", "test").
        one_class: Allow clips that are all real or all fake.

    Raises:
        WorkstationError: There is nothing to measure on; the sentence says what is missing.
    """
    from models.training.datasets import DataError, list_recordings

    try:
        listing = list_recordings(folder, one_class=one_class)
    except (DataError, OSError) as error:
        raise WorkstationError(f"The labelled clips cannot be used: {error}") from error
    tiers = _tiers(folder) if listing.dataset == "manifest" else {}
    clips = tuple(
        LabelledClip(recording, tiers.get(recording.path, ""))
        for recording in listing.recordings
        if not recording.member and side in ("", recording.official)
    )
    if not clips:
        raise WorkstationError(
            f"{folder} has no video of the side “{side or 'any'}”. Name another side, or a folder "
            "with labelled videos."
        )
    if len({clip.fake for clip in clips}) < 2 and not one_class:
        raise WorkstationError(
            f"All clips of {folder} on the side “{side}” are {clips[0].label}: nothing can be "
            "compared. Add the other kind, or allow one class with --one-class."
        )
    return LabelledClips(
        listing.folder, listing.dataset, clips, (*listing.notes, *_few_people(clips))
    )


def _tiers(folder: Path) -> dict[str, str]:
    """How each clip's label is known, where the manifest says so."""
    with (folder / MANIFEST).open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {(row.get("file") or "").strip(): row.get("label_tier") or "" for row in rows}


def _few_people(clips: Sequence[LabelledClip]) -> list[str]:
    notes = []
    for label in ("real", "fake"):
        people = {clip.person for clip in clips if clip.label == label}
        if 0 < len(people) < _FEW:
            count = "1 person" if len(people) == 1 else f"{len(people)} people"
            notes.append(
                f"The {label} clips show {count} only: intervals over people say next to nothing."
            )
    return notes
