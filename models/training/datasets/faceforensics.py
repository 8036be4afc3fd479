"""FaceForensics++ and the DeepFakeDetection set that is handed out with it.

Rössler et al., "FaceForensics++: Learning to Detect Manipulated Facial Images", ICCV 2019. The
download script lays the videos out as `original_sequences/SOURCE/COMPRESSION/videos` and
`manipulated_sequences/METHOD/COMPRESSION/videos`. `033_097.mp4` is recording 033 with the face, or
the movement, of recording 097; the data set does not name people, so a recording counts as one.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from models.training.datasets.recording import (
    NO_METHOD,
    DataError,
    Recording,
    some,
    unfinished_note,
    videos_in,
)

ORIGINALS = "original_sequences"
MANIPULATED = "manipulated_sequences"
ACTORS = "actors"
ACTOR_FAKES = "DeepFakeDetection"
COUNTS = {
    f"{ORIGINALS}/youtube": 1000,
    f"{ORIGINALS}/{ACTORS}": 363,
    f"{MANIPULATED}/Deepfakes": 1000,
    f"{MANIPULATED}/Face2Face": 1000,
    f"{MANIPULATED}/FaceSwap": 1000,
    f"{MANIPULATED}/FaceShifter": 1000,
    f"{MANIPULATED}/NeuralTextures": 1000,
    f"{MANIPULATED}/{ACTOR_FAKES}": 3068,
}
"""Where videos lie and how many there are at each compression."""

COMPRESSIONS = ("raw", "c0", "c23", "c40")
SPLIT_FILES = {"train": "train.json", "validation": "val.json", "test": "test.json"}
_SPLIT_FOLDERS = ("splits", "", "dataset/splits")
_YOUTUBE = re.compile(r"(?P<target>\d{3})(_(?P<donor>\d{3}))?")
_ACTORS = re.compile(r"(?P<target>\d{2})(_(?P<donor>\d{2}))?__(?P<scene>.+?)(__[A-Z0-9]{8})?")


def fits(folder: Path) -> bool:
    """Whether a folder looks like the download script's output."""
    return (folder / ORIGINALS).is_dir() or (folder / MANIPULATED).is_dir()


def read(folder: Path) -> tuple[list[Recording], list[str]]:
    """List the recordings, and say what is missing.

    Args:
        folder: The download script's output folder.

    Raises:
        DataError: The split files cannot be read.
        OSError: A folder cannot be read.
    """
    sides, notes = _official(folder)
    recordings: list[Recording] = []
    strange: list[str] = []
    places = [
        (part, compression, folder / part / compression / "videos")
        for part in COUNTS
        for compression in COMPRESSIONS
    ]
    present = {compression for _, compression, place in places if place.is_dir()}
    if not present:
        notes.append("There are no folders SOURCE/COMPRESSION/videos in it: only videos are read.")
    for part, compression, place in places:
        if compression not in present:
            continue
        found = videos_in(place)
        if len(found) < COUNTS[part]:
            notes.append(f"{part}/{compression}: {len(found)} of {COUNTS[part]} videos are here.")
        for path in found:
            recording = _recording(path, folder, part, compression, sides)
            if recording is None:
                strange.append(path.name)
            else:
                recordings.append(recording)
    if strange:
        notes.append(f"Passed over, named unlike FaceForensics++: {some(strange)}.")
    return recordings, notes + unfinished_note(place for _, _, place in places)


def _recording(
    path: Path, folder: Path, part: str, compression: str, sides: dict[str, str]
) -> Recording | None:
    """What the place and the name of a video say; None for a name that follows no rule."""
    name = part.split("/")[1]
    fake = part.startswith(MANIPULATED)
    actors = name in (ACTORS, ACTOR_FAKES)
    found = (_ACTORS if actors else _YOUTUBE).fullmatch(path.stem)
    if found is None or bool(found["donor"]) != fake:
        return None
    place = path.relative_to(folder).as_posix()
    collection = "dfd" if actors else "ff"
    scene = f"__{found['scene']}" if actors else ""
    source = ("FF++ DFD" if actors else "FF++") if fake else f"FF++ {name}"
    return Recording(
        key=f"faceforensics/{place}",
        path=place,
        fake=fake,
        method=("DFD" if actors else name) if fake else NO_METHOD,
        source=source,
        compression="raw" if compression == "c0" else compression,
        target=f"{collection}/{found['target']}",
        donor=f"{collection}/{found['donor']}" if fake else "",
        clip=f"{collection}/{found['target']}{scene}",
        official="" if actors else sides.get(found["target"], ""),
    )


def _official(folder: Path) -> tuple[dict[str, str], list[str]]:
    """Side of every recording named in the official lists of pairs, and what is to be said."""
    for place in _SPLIT_FOLDERS:
        if all((folder / place / name).is_file() for name in SPLIT_FILES.values()):
            sides: dict[str, str] = {}
            for side, name in SPLIT_FILES.items():
                sides.update(dict.fromkeys(_pairs(folder / place / name), side))
            return sides, []
    names = some(list(SPLIT_FILES.values()))
    return {}, [
        f"The official lists {names} are not here: sides are drawn by identity. Put them, from "
        "dataset/splits of the FaceForensics repository, into a folder “splits” to use them."
    ]


def _pairs(path: Path) -> list[str]:
    """All names in a list of pairs."""
    try:
        pairs = json.loads(path.read_text(encoding="utf-8"))
        names = [name for first, second in pairs for name in (first, second)]
        if not all(isinstance(name, str) for name in names):
            raise TypeError("names must be text")
    except (ValueError, TypeError) as error:
        raise DataError(
            f"The official list {path} cannot be read ({error}). It must hold pairs such as "
            '[["720", "672"], ...]: download it again.'
        ) from error
    return names
