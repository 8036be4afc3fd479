"""Folders that anyone can make: `real/` beside `fake/`, and clips listed in a `manifest.csv`."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from models.training.datasets.recording import (
    NO_METHOD,
    UNKNOWN,
    DataError,
    Recording,
    is_video,
    some,
    unfinished_note,
)

MANIFEST = "manifest.csv"
LABELS = {"real": False, "fake": True}
SPLITS = ("", "train", "validation", "test")
REQUIRED = ("file", "label")
_PAIR = re.compile(r"(?P<target>\d+)_(?P<donor>\d+)|(?P<onto>.+)<-(?P<given>.+)")


def manifest_fits(folder: Path) -> bool:
    """Whether there is a list of clips."""
    return (folder / MANIFEST).is_file()


def read_manifest(folder: Path) -> tuple[list[Recording], list[str]]:
    """List the clips of a `manifest.csv`, and say which are missing.

    Columns `file` and `label` (real or fake) are needed. `method`, `source`, `compression`,
    `identity`, `split` (train, validation, test) and `clip` are read where they are there. The
    identity of a fake may name two people, "585_599" or "actor01<-11": whose recording it is, then
    whose face or movement was put in.

    Raises:
        DataError: The list cannot be read, or a line says what cannot be.
        OSError: The folder cannot be read.
    """
    path = folder / MANIFEST
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read: {error}. Save it as CSV in UTF-8.") from error
    if not rows or not all(name in rows[0] for name in REQUIRED):
        raise DataError(f"{path} must have the columns {' and '.join(REQUIRED)}, and clips.")
    recordings = [_listed(folder, number, row) for number, row in enumerate(rows, 2)]
    files = [recording.path for recording in recordings]
    if len(set(files)) < len(files):
        twice = sorted({file for file in files if files.count(file) > 1})
        raise DataError(f"{path} lists clips more than once: {some(twice)}. Remove the doubles.")
    present = [r for r in recordings if (folder / r.path).is_file()]
    missing = sorted(set(files) - {recording.path for recording in present})
    notes = [f"{len(missing)} of {len(files)} listed clips are missing: {some(missing)}."]
    return present, notes if missing else []


def _listed(folder: Path, number: int, row: dict[str, str | None]) -> Recording:
    """One line of the list."""

    def cell(name: str, otherwise: str = "") -> str:
        return (row.get(name) or "").strip() or otherwise

    file, label, split = cell("file"), cell("label").lower(), cell("split")
    if not file or label not in LABELS or split not in SPLITS:
        raise DataError(
            f"Line {number} of {folder / MANIFEST} needs a file, the label real or fake, and if "
            f"there is a split, train, validation or test: “{file}”, “{label}”, “{split}”."
        )
    fake = LABELS[label]
    target, donor = named_people(cell("identity", Path(file).stem), fake)
    return Recording(
        key=f"manifest:{folder.resolve().name}/{file}",
        path=file,
        fake=fake,
        method=cell("method", UNKNOWN if fake else NO_METHOD) if fake else NO_METHOD,
        source=cell("source", folder.resolve().name),
        compression=cell("compression", UNKNOWN),
        target=target,
        donor=donor,
        clip=cell("clip", f"{folder.resolve().name}/{Path(file).stem}"),
        official=split,
    )


def named_people(identity: str, fake: bool) -> tuple[str, str]:
    """Target and donor of an identity such as "585_599" or "actor01<-11"; donor may be empty."""
    found = _PAIR.fullmatch(identity) if fake else None
    if found is None:
        return identity, ""
    if found["target"]:
        return found["target"], found["donor"]
    target, donor = found["onto"], found["given"]
    prefix = target.rstrip("0123456789")
    return target, prefix + donor if donor.isdigit() else donor


def real_fake_fits(folder: Path) -> bool:
    """Whether there is a folder for each label, or at least one of them."""
    return any((folder / label).is_dir() for label in LABELS)


def read_real_fake(folder: Path) -> tuple[list[Recording], list[str]]:
    """List the videos below `real/` and `fake/`.

    `real/PERSON/NAME.mp4` names the person, and `fake/METHOD/...` the method. Otherwise a real
    recording counts as a person of its own, named by its file, and a fake "A_B.mp4" or "A.mp4"
    belongs to the real recordings A and B where those are there.

    Raises:
        OSError: A folder cannot be read.
    """
    folders = [folder / label for label in LABELS]
    originals: dict[str, _Original] = {}
    for path in _videos_below(folder / "real"):
        inner = path.relative_to(folder / "real")
        person = inner.parts[0] if len(inner.parts) > 1 else path.stem
        originals[path.as_posix()] = _Original(path, person, inner.with_suffix("").as_posix())
    stems = [original.path.stem for original in originals.values()]
    named = {o.path.stem: o for o in originals.values() if stems.count(o.path.stem) == 1}
    reals = [
        _recording(folder, original.path, NO_METHOD, original, None)
        for original in originals.values()
    ]
    fakes = [_made(folder, path, named) for path in _videos_below(folder / "fake")]
    inner_folders = [p for top in folders if top.is_dir() for p in top.rglob("*") if p.is_dir()]
    return reals + fakes, unfinished_note([*folders, *sorted(inner_folders)])


@dataclass(frozen=True)
class _Original:
    """A real recording: where it is, who is in it, and its name as a source clip."""

    path: Path
    person: str
    clip: str


def _made(folder: Path, path: Path, named: dict[str, _Original]) -> Recording:
    """A fake, with the originals that its name is made of."""
    inner = path.relative_to(folder / "fake")
    method = inner.parts[0] if len(inner.parts) > 1 else UNKNOWN
    stem = path.stem
    if stem in named:
        return _recording(folder, path, method, named[stem], None)
    for cut in (at for at, letter in enumerate(stem) if letter == "_"):
        first, second = named.get(stem[:cut]), named.get(stem[cut + 1 :])
        if first and second:
            return _recording(folder, path, method, first, second)
    alone = _Original(path, stem, f"fake/{inner.with_suffix('').as_posix()}")
    return _recording(folder, path, method, alone, None)


def _recording(
    folder: Path, path: Path, method: str, target: _Original, donor: _Original | None
) -> Recording:
    name, place = folder.resolve().name, path.relative_to(folder).as_posix()
    return Recording(
        key=f"real_fake:{name}/{place}",
        path=place,
        fake=method != NO_METHOD,
        method=method,
        source=name,
        compression=UNKNOWN,
        target=f"{name}/{target.person}",
        donor=f"{name}/{donor.person}" if donor else "",
        clip=f"{name}/{target.clip}",
    )


def _videos_below(folder: Path) -> list[Path]:
    """Videos in a folder and the folders inside it, sorted."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.rglob("*") if is_video(path))
