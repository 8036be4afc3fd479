"""What is known of one recording of a data set, before it is opened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

VIDEO_SUFFIXES = frozenset({".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg"})
PARTIAL_SUFFIXES = frozenset({".part", ".partial", ".crdownload", ".download", ".tmp", ".aria2"})
NO_METHOD = "-"
UNKNOWN = "?"


class DataError(Exception):
    """The data are not as they must be; the text says what to do about it."""


@dataclass(frozen=True)
class Recording:
    """One video, or one still in an archive.

    Attributes:
        key: Names it among all data sets, for example `faceforensics/original_sequences/...`.
        path: File below the data folder, with forward slashes.
        member: Name inside the archive `path`; empty for a video.
        fake: Whether it is labelled as manipulated or generated.
        method: How it was made; "-" for a real one.
        source: Which collection, or part of one, it belongs to.
        compression: As the data set names it, such as "c23"; "?" where it does not.
        target: The person whose recording it is.
        donor: The person whose face or movement was put in; empty for a real one.
        clip: The original recording, the same for its copies and for all that was made from it.
        official: Side of the data set's own split ("train", "validation", "test"), or empty.
        group: Recordings that may show the same unnamed people; empty where people are named.
    """

    key: str
    path: str
    fake: bool
    method: str
    source: str
    compression: str
    target: str
    donor: str
    clip: str
    official: str = ""
    group: str = ""
    member: str = ""

    @property
    def people(self) -> tuple[str, ...]:
        """Everyone who is in it: the target, and the donor where there is one."""
        return (self.target, self.donor) if self.donor else (self.target,)


@dataclass(frozen=True)
class Listing:
    """The recordings of one folder.

    Attributes:
        dataset: Key of `DATASETS`.
        folder: Where the recordings' paths begin.
        recordings: Sorted by key.
        notes: Sentences on what is missing or was passed over.
    """

    dataset: str
    folder: Path
    recordings: tuple[Recording, ...]
    notes: tuple[str, ...]


def videos_in(folder: Path) -> list[Path]:
    """The video files that lie directly in a folder, sorted; none where there is no folder."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if is_video(path))


def is_video(path: Path) -> bool:
    """Whether a file is named like a video, is not empty, and is not hidden."""
    named = path.suffix.lower() in VIDEO_SUFFIXES and not path.name.startswith(".")
    return named and path.is_file() and path.stat().st_size > 0


def unfinished_in(folder: Path) -> list[Path]:
    """Downloads that did not finish: empty videos, and files named as parts, sorted."""
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file()
        and (
            path.suffix.lower() in PARTIAL_SUFFIXES
            or (path.suffix.lower() in VIDEO_SUFFIXES and path.stat().st_size == 0)
        )
    )


def unfinished_note(folders: Iterable[Path]) -> list[str]:
    """One sentence that names the unfinished downloads of some folders, or nothing."""
    names = [path.name for folder in folders for path in unfinished_in(folder)]
    if not names:
        return []
    return [f"{len(names)} downloads did not finish and are passed over: {some(names)}."]


def some(names: list[str], most: int = 5) -> str:
    """The first few of many names, and how many more there are."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
