"""The data sets that can be read, and how each is recognised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from models.training.datasets import archives, celeb_df, dfdc, faceforensics, folders
from models.training.datasets.recording import DataError, Listing, Recording

__all__ = ["DATASETS", "DataError", "Dataset", "Listing", "Recording", "list_recordings"]


@dataclass(frozen=True)
class Dataset:
    """How a data set is recognised and listed, and on what terms it may be used."""

    title: str
    fits: Callable[[Path], bool]
    read: Callable[[Path], tuple[list[Recording], list[str]]]
    layout: str
    terms: str


DATASETS = {
    "faceforensics": Dataset(
        "FaceForensics++",
        faceforensics.fits,
        faceforensics.read,
        "original_sequences/ and manipulated_sequences/",
        "research and education only, after signing its terms of use",
    ),
    "celeb_df": Dataset(
        "Celeb-DF (v2)",
        celeb_df.fits,
        celeb_df.read,
        "Celeb-real/, YouTube-real/ and Celeb-synthesis/",
        "non-commercial research and education only, after signing its terms of use",
    ),
    "dfdc": Dataset(
        "DFDC",
        dfdc.fits,
        dfdc.read,
        "dfdc_train_part_N/ with metadata.json",
        "the challenge's data agreement, research only",
    ),
    "manifest": Dataset(
        "folder with manifest.csv",
        folders.manifest_fits,
        folders.read_manifest,
        "a manifest.csv with the columns file and label",
        "as its owner says",
    ),
    "real_fake": Dataset(
        "folders real and fake",
        folders.real_fake_fits,
        folders.read_real_fake,
        "real/ and fake/",
        "as its owner says",
    ),
    "stills": Dataset(
        "tar files of stills",
        archives.fits,
        archives.read,
        "one or more .tar files of pictures",
        "each archive's own",
    ),
}


def list_recordings(
    folder: Path, dataset: str | None = None, *, one_class: bool = False
) -> Listing:
    """List the recordings of a data set; no video is opened.

    Args:
        folder: The data set's folder, or a tar file of stills.
        dataset: Key of `DATASETS`; recognised by its layout when None.
        one_class: Allow recordings that are all real or all fake; stills always may be.

    Raises:
        DataError: The folder is no known data set, or has no recordings, or of one class only.
        OSError: The folder cannot be read.
    """
    if not folder.exists():
        raise DataError(f"There is no folder {folder}. Check the path of the data.")
    name = dataset or recognise(folder)
    kind = DATASETS[name]
    if not kind.fits(folder):
        raise DataError(f"{folder} does not look like {kind.title}: {kind.layout} is missing.")
    found, notes = kind.read(folder)
    said = " ".join(notes)
    if not found:
        raise DataError(f"No recordings were found in {folder} ({kind.title}). {said}".strip())
    labels = {recording.fake for recording in found}
    if len(labels) == 1 and name != "stills" and not one_class:
        here, lacking = ("fake", "real") if labels.pop() else ("real", "fake")
        raise DataError(
            f"{folder} ({kind.title}) holds {here} recordings only: the {lacking} ones are missing."
            f" Add them, or allow one class with --one-class. {said}".strip()
        )
    base = folder if folder.is_dir() else folder.parent
    recordings = tuple(sorted(found, key=lambda recording: recording.key))
    return Listing(name, base, recordings, tuple(notes))


def recognise(folder: Path) -> str:
    """Which data set a folder holds.

    Raises:
        DataError: None fits; the sentence names a folder inside that would, or all layouts.
        OSError: The folder cannot be read.
    """
    for name, kind in DATASETS.items():
        if kind.fits(folder):
            return name
    inside = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    fitting = [path for path in inside if any(kind.fits(path) for kind in DATASETS.values())]
    if fitting:
        raise DataError(f"{folder} is no data set, but {fitting[0]} is one: name that folder.")
    known = "; ".join(f"{kind.title}: {kind.layout}" for kind in DATASETS.values())
    raise DataError(f"{folder} is laid out like no known data set. Known are: {known}.")
