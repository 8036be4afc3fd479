"""Celeb-DF (v2).

Li et al., "Celeb-DF: A Large-scale Challenging Dataset for DeepFake Forensics", CVPR 2020.
`Celeb-real/id0_0003.mp4` shows person id0; `Celeb-synthesis/id0_id1_0003.mp4` is that recording
with the face of id1. In the list of testing videos 1 means real and 0 means fake.
"""

from __future__ import annotations

import re
from pathlib import Path

from models.training.datasets.recording import (
    NO_METHOD,
    UNKNOWN,
    DataError,
    Recording,
    some,
    unfinished_note,
    videos_in,
)

CELEBRITIES, YOUTUBE, SYNTHESIS = "Celeb-real", "YouTube-real", "Celeb-synthesis"
COUNTS = {CELEBRITIES: 590, YOUTUBE: 300, SYNTHESIS: 5639}
TEST_LIST = "List_of_testing_videos.txt"
TEST_VIDEOS = 518
_NAMES = {
    CELEBRITIES: re.compile(r"(?P<target>id\d+)_(?P<number>\d+)"),
    YOUTUBE: re.compile(r"(?P<target>\d+)"),
    SYNTHESIS: re.compile(r"(?P<target>id\d+)_(?P<donor>id\d+)_(?P<number>\d+)"),
}


def fits(folder: Path) -> bool:
    """Whether one of the folders that only Celeb-DF has is there."""
    return any((folder / name).is_dir() for name in (CELEBRITIES, SYNTHESIS))


def read(folder: Path) -> tuple[list[Recording], list[str]]:
    """List the recordings, and say what is missing.

    Only the testing videos have an official side; who is among them is among the others too, so
    that with the official side only YouTube recordings are left to train on.

    Args:
        folder: Holds `Celeb-real`, `YouTube-real`, `Celeb-synthesis` and the list; the videos may
            lie in a folder `videos` inside each.

    Raises:
        DataError: The list of testing videos cannot be read or contradicts the folders.
        OSError: A folder cannot be read.
    """
    listed, notes = _testing(folder / TEST_LIST)
    recordings: list[Recording] = []
    strange: list[str] = []
    places = {part: _place(folder, part) for part in COUNTS}
    for part, place in places.items():
        found = videos_in(place)
        if len(found) < COUNTS[part]:
            notes.append(f"{part}: {len(found)} of {COUNTS[part]} videos are here.")
        for path in found:
            recording = _recording(path, folder, part, f"{part}/{path.name}" in listed)
            if recording is None:
                strange.append(path.name)
            else:
                recordings.append(recording)
    if strange:
        notes.append(f"Passed over, named unlike Celeb-DF: {some(strange)}.")
    here = sum(recording.official == "test" for recording in recordings)
    if here < len(listed):
        notes.append(f"{here} of the {len(listed)} videos on the testing list are here.")
    return recordings, notes + unfinished_note(places.values())


def _place(folder: Path, part: str) -> Path:
    """Where a part's videos lie; some tools write "Youtube-real", or add a folder `videos`."""
    same = (path for path in folder.iterdir() if path.name.lower() == part.lower())
    place = next(same, folder / part)
    return place / "videos" if (place / "videos").is_dir() else place


def _recording(path: Path, folder: Path, part: str, testing: bool) -> Recording | None:
    """What the place and the name of a video say; None for a name that follows no rule."""
    found = _NAMES[part].fullmatch(path.stem)
    if found is None:
        return None
    place = path.relative_to(folder).as_posix()
    fake = part == SYNTHESIS
    collection = "celeb-youtube" if part == YOUTUBE else "celeb"
    target = f"{collection}/{found['target']}"
    return Recording(
        key=f"celeb_df/{place}",
        path=place,
        fake=fake,
        method="Celeb-DF swap" if fake else NO_METHOD,
        source="Celeb-DF" if fake else f"Celeb-DF {part}",
        compression=UNKNOWN,
        target=target,
        donor=f"celeb/{found['donor']}" if fake else "",
        clip=target if part == YOUTUBE else f"{target}_{found['number']}",
        official="test" if testing else "",
    )


def _testing(path: Path) -> tuple[set[str], list[str]]:
    """The videos on the list ("PART/NAME"), and what is to be said."""
    if not path.is_file():
        return set(), [f"{TEST_LIST} is not here: sides are drawn by identity."]
    listed = set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        label, _, name = line.strip().partition(" ")
        part, _, file = name.strip().partition("/")
        if label not in ("0", "1") or part not in COUNTS or not file:
            raise DataError(
                f"Line {number} of {path} is not “1 PART/NAME.mp4” (real) or “0 ...” (fake): "
                f"“{line.strip()}”. Download the list again."
            )
        if (label == "0") != (part == SYNTHESIS):
            raise DataError(
                f"Line {number} of {path} contradicts the folder: 1 means real there, and only "
                f"{SYNTHESIS} holds fakes: “{line.strip()}”. Download the list again."
            )
        listed.add(f"{part}/{file}")
    few = [f"{TEST_LIST} names {len(listed)} of {TEST_VIDEOS} videos."]
    return listed, few if len(listed) < TEST_VIDEOS else []
