"""The Deepfake Detection Challenge's training parts.

Dolhansky et al., "The DeepFake Detection Challenge (DFDC) Dataset", arXiv:2006.07397. Each part is
a folder `dfdc_train_part_N` with videos and a `metadata.json` that gives every file its label and,
for a fake, the original it was made from. People are not named: what is known is which recordings
share an original, and in which part they lie.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from models.training.datasets.recording import (
    NO_METHOD,
    UNKNOWN,
    DataError,
    Recording,
    some,
    unfinished_note,
    videos_in,
)

METADATA = "metadata.json"
LABELS = {"REAL": False, "FAKE": True}
PARTS = 50
_PATTERNS = ("dfdc_train_part_*", "train/dfdc_train_part_*")


def fits(folder: Path) -> bool:
    """Whether a folder holds parts, or is one."""
    return (folder / METADATA).is_file() or bool(_parts(folder))


def read(folder: Path) -> tuple[list[Recording], list[str]]:
    """List the recordings, and say what is missing.

    Args:
        folder: Holds `dfdc_train_part_N`, or is one part.

    Raises:
        DataError: A `metadata.json` cannot be read.
        OSError: A folder cannot be read.
    """
    parts = _parts(folder) or [folder]
    recordings: list[Recording] = []
    notes = ["DFDC does not name people: one person's recordings lie in several originals."]
    if len(parts) < PARTS:
        notes.append(f"{len(parts)} of {PARTS} parts are here.")
    for part in parts:
        if not (part / METADATA).is_file():
            notes.append(f"{part.name} has no {METADATA} and is passed over.")
            continue
        facts = _metadata(part / METADATA)
        present = {path.name: path for path in videos_in(part)}
        missing = sorted(set(facts) - set(present))
        if missing:
            notes.append(
                f"{part.name}: {len(facts) - len(missing)} of {len(facts)} videos are here; "
                f"missing: {some(missing)}."
            )
        recordings += [
            _recording(present[name], folder, part.name, fact)
            for name, fact in sorted(facts.items())
            if name in present
        ]
    return recordings, notes + unfinished_note(parts)


def _parts(folder: Path) -> list[Path]:
    """The parts' folders, sorted."""
    found = (path for pattern in _PATTERNS for path in folder.glob(pattern))
    return sorted(path for path in found if path.is_dir())


def _recording(path: Path, folder: Path, part: str, fact: dict[str, Any]) -> Recording:
    place = path.relative_to(folder).as_posix()
    fake = LABELS[fact["label"]]
    original = Path(fact["original"]).stem if fake else path.stem
    return Recording(
        key=f"dfdc/{part}/{path.name}",
        path=place,
        fake=fake,
        method="DFDC" if fake else NO_METHOD,
        source="DFDC",
        compression=UNKNOWN,
        target=f"dfdc/{original}",
        donor="",
        clip=f"dfdc/{original}",
        group=f"dfdc/{part}",
    )


def _metadata(path: Path) -> dict[str, dict[str, Any]]:
    """Facts by file name, with label and original checked."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        for name, fact in facts.items():
            if fact["label"] not in LABELS:
                raise ValueError(f"{name} is labelled “{fact['label']}”")
            if LABELS[fact["label"]] and not isinstance(fact.get("original"), str):
                raise ValueError(f"{name} is labelled FAKE and names no original")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(
            f"{path} cannot be read ({error}). Each file needs a label, REAL or FAKE, and a FAKE "
            "its original: unpack the part again."
        ) from error
    return dict(facts)
