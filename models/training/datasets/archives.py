"""Tar files of stills: those the project knows, and any that hold `real/` and `fake/`."""

from __future__ import annotations

import tarfile
from pathlib import Path, PurePosixPath

from models.training.datasets.recording import NO_METHOD, UNKNOWN, DataError, Recording, some
from models.training.stills import ARCHIVES

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
LABELS = {"real": False, "fake": True}
METHODS = {"stylegan_fake": "StyleGAN"}


def fits(folder: Path) -> bool:
    """Whether it is a tar file, or a folder with some."""
    return (folder.is_file() and folder.suffix == ".tar") or any(folder.glob("*.tar"))


def read(folder: Path) -> tuple[list[Recording], list[str]]:
    """List the pictures of one archive, or of all archives of a folder.

    Args:
        folder: A tar file, or a folder with tar files.

    Raises:
        DataError: An archive is damaged or cut off.
        OSError: An archive cannot be read.
    """
    paths = [folder] if folder.is_file() else sorted(folder.glob("*.tar"))
    recordings: list[Recording] = []
    notes: list[str] = []
    for path in paths:
        found = _pictures(path)
        if not found:
            notes.append(
                f"{path.name} is passed over: it is not one of {some(sorted(ARCHIVES), 9)}, and "
                "holds no pictures below real/ or fake/."
            )
        recordings += found
    return recordings, notes


def _pictures(path: Path) -> list[Recording]:
    """The labelled pictures of one archive."""
    try:
        with tarfile.open(path) as archive:
            names = [member.name for member in archive if member.isfile()]
    except tarfile.TarError as error:
        raise DataError(
            f"{path} cannot be read to its end ({error}). Copy or download it again."
        ) from error
    pictures = [name for name in names if PurePosixPath(name).suffix.lower() in PICTURE_SUFFIXES]
    found = (_still(path, name) for name in pictures)
    return [recording for recording in found if recording is not None]


def _still(path: Path, member: str) -> Recording | None:
    """One picture; None where nothing says whether it is real."""
    place = PurePosixPath(member)
    known = ARCHIVES.get(path.stem)
    if known is not None:
        fake, people = known.synthetic, known.people
    else:
        label = next((part for part in place.parts[:-1] if part in LABELS), None)
        if label is None:
            return None
        fake, people = LABELS[label], place.parent.name != label
    person = place.parent.name if people else place.stem
    return Recording(
        key=f"stills/{path.stem}/{member}",
        path=path.name,
        member=member,
        fake=fake,
        method=METHODS.get(path.stem, UNKNOWN) if fake else NO_METHOD,
        source=path.stem,
        compression="stills",
        target=f"{path.stem}/{person}",
        donor="",
        clip=f"{path.stem}/{member}",
    )
