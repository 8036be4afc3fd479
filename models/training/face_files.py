"""What a store of faces consists of on disk.

`store.json` says how faces were cut; `crops.bin` and `facts.bin` hold the crops and what is known
of each, one after the other; `clips.jsonl` is the journal, a line per recording, written only once
its crops are safely on disk; `sides.json` puts every recording on a side.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.training.datasets.recording import DataError, Recording
from models.training.face_cutting import Protocol

FORMAT = 1
HEAD, CROPS, FACTS = "store.json", "crops.bin", "facts.bin"
JOURNAL, SPLIT, LOCK = "clips.jsonl", "sides.json", "lock"


@dataclass(frozen=True)
class Entry:
    """One line of the journal.

    `first` to `stop` are its rows of crops and facts; `hashes` perceptual hashes of a few crops,
    uint64 ``(K, 4)``; `bytes` the size of its file; `problem` and `detail` as in `CutFaces`.
    """

    recording: Recording
    bytes: int
    first: int
    stop: int
    hashes: NDArray[np.uint64]
    problem: str
    detail: str


def read_journal(folder: Path) -> tuple[dict[str, Entry], int]:
    """The journal's entries by key, and how many of its bytes are whole lines.

    A line without its end, as a killed process leaves it, does not count. A later line of the same
    recording takes the place of an earlier one.

    Raises:
        DataError: A line in the middle is damaged.
        OSError: The journal cannot be read.
    """
    path = folder / JOURNAL
    data = path.read_bytes() if path.exists() else b""
    length = data.rfind(b"\n") + 1
    entries = {}
    for number, line in enumerate(data[:length].splitlines(), 1):
        try:
            entry = _entry(json.loads(line))
        except (ValueError, TypeError, KeyError) as error:
            raise DataError(
                f"Line {number} of {path} is damaged ({error}). Make the store anew in an empty "
                "folder."
            ) from error
        entries[entry.recording.key] = entry
    return entries, length


def journal_line(entry: Entry) -> bytes:
    """An entry as the journal holds it."""
    fields = {**asdict(entry), "hashes": [bits.tobytes().hex() for bits in entry.hashes]}
    return json.dumps(fields, ensure_ascii=False).encode() + b"\n"


def _entry(fields: dict[str, Any]) -> Entry:
    hashes = b"".join(bytes.fromhex(text) for text in fields.pop("hashes"))
    bits = np.frombuffer(hashes, np.uint64).reshape(-1, 4)
    recording = Recording(**fields.pop("recording"))
    return Entry(recording=recording, hashes=bits, **fields)


def read_head(folder: Path) -> Protocol:
    """How the faces of a store are cut.

    Raises:
        DataError: There is no store, or one that this program cannot read.
        OSError: The file cannot be read.
    """
    path = folder / HEAD
    if not path.exists():
        raise DataError(
            f"There is no store of faces in {folder}. Make one: workstation faces --data DATA "
            f"--out {folder}"
        )
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
        if head["format"] != FORMAT:
            raise ValueError(f"format {head['format']}, and only {FORMAT} can be read")
        return Protocol(**head["protocol"])
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"{path} cannot be read: {error}. Make the store anew.") from error


def write_head(folder: Path, protocol: Protocol) -> None:
    """Say how the faces of a new store are cut."""
    replace_file(folder / HEAD, {"format": FORMAT, "protocol": asdict(protocol)})


def read_sides(folder: Path) -> dict[str, str]:
    """The side of every recording, by its key.

    Raises:
        DataError: The store is not finished, or the file is damaged.
        OSError: The file cannot be read.
    """
    path = folder / SPLIT
    if not path.exists():
        raise DataError(
            f"The store {folder} is not finished. Call workstation faces again with the same "
            "words: it goes on where it was."
        )
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))["sides"])
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"{path} cannot be read: {error}. Call workstation faces again.") from error


def write_sides(folder: Path, scheme: str, sides: Mapping[str, str]) -> None:
    """Finish a store: put its recordings on sides.

    Args:
        folder: The store.
        scheme: How the sides were drawn.
        sides: "train", "validation", "test" or "left out", by the recordings' keys.

    Raises:
        OSError: The store cannot be written.
    """
    replace_file(folder / SPLIT, {"scheme": scheme, "sides": dict(sorted(sides.items()))})


def replace_file(path: Path, content: Mapping[str, Any]) -> None:
    """Write a small file so that either the old or the new one is there."""
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=1, ensure_ascii=False)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
