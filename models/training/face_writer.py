"""Making a store of faces, so that it may be killed at any moment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, cast

from models.training.datasets.recording import DataError, Recording
from models.training.face_cutting import FACT, CutFaces, Protocol
from models.training.face_files import (
    CROPS,
    FACTS,
    HEAD,
    JOURNAL,
    LOCK,
    Entry,
    journal_line,
    read_head,
    read_journal,
    write_head,
)
from models.training.locking import locked


class StoreWriter:
    """A store being made, by one process at a time. A context manager.

    Killed, it loses at most the recording in hand: what lies behind the journal's last line is cut
    off when the store is opened again.

    Attributes:
        entries: The journal, by the recordings' keys.

    Args:
        folder: Created if missing; what an earlier process left is kept.
        protocol: How faces are cut.

    Raises:
        DataError: The folder holds something else, was made with another protocol, is damaged, or
            another process is writing to it.
        OSError: The folder cannot be written.
    """

    def __init__(self, folder: Path, protocol: Protocol) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._side = protocol.size
        lock = locked(folder / LOCK)
        self._open: list[BinaryIO] = [cast(BinaryIO, lock)]
        try:
            _begin(folder, protocol)
            self.entries, length = read_journal(folder)
            rows = max((entry.stop for entry in self.entries.values()), default=0)
            self._rows = rows
            self._crops = self._continued(folder / CROPS, rows * protocol.size**2 * 3)
            self._facts = self._continued(folder / FACTS, rows * FACT.itemsize)
            self._journal = self._continued(folder / JOURNAL, length)
        except BaseException:
            self.close()
            raise

    def has(self, recording: Recording, size: int) -> bool:
        """Whether a recording is done: it gave faces, or its file still is the one that gave none.

        Args:
            recording: Of a listing.
            size: Bytes of its file now.
        """
        entry = self.entries.get(recording.key)
        return entry is not None and (entry.stop > entry.first or entry.bytes == size)

    def add(self, recording: Recording, size: int, cut: CutFaces) -> None:
        """Keep what a recording gave; on return it is safely on disk.

        Args:
            recording: Without faces in the store.
            size: Bytes of its file.
            cut: Its faces, cut with the store's protocol.

        Raises:
            OSError: The disk is full or cannot be written; the store stays as it was before.
            ValueError: Its faces are in the store already, or the crops have another size.
        """
        before = self.entries.get(recording.key)
        if before is not None and before.stop > before.first:
            raise ValueError(f"{recording.key} is in the store already")
        if cut.crops.shape[1:] != (self._side, self._side, 3):
            raise ValueError(f"expected crops of {self._side} pixels, got {cut.crops.shape}")
        first, stop = self._rows, self._rows + len(cut.crops)
        entry = Entry(recording, size, first, stop, cut.hashes, cut.problem, cut.detail)
        parts = {
            self._crops: cut.crops.tobytes(),
            self._facts: cut.facts.astype(FACT).tobytes(),
            self._journal: journal_line(entry),
        }
        lengths = {stream: stream.tell() for stream in parts}
        try:
            for stream, data in parts.items():
                _append(stream, data)
        except OSError:
            for stream, length in lengths.items():
                stream.truncate(length)
            raise
        self.entries[recording.key], self._rows = entry, stop

    def close(self) -> None:
        """Close the files and give up the lock."""
        while self._open:
            self._open.pop().close()

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _continued(self, path: Path, length: int) -> BinaryIO:
        """A file opened to be appended to, after what lies beyond `length` bytes is cut off."""
        stream = cast(BinaryIO, path.open("ab", buffering=0))
        self._open.append(stream)
        if path.stat().st_size < length:
            raise DataError(f"{path} is shorter than its journal says. Make the store anew.")
        stream.truncate(length)
        stream.seek(length)
        return stream


def _append(stream: BinaryIO, data: bytes) -> None:
    """Write all of it and wait until it is on the disk."""
    rest = memoryview(data)
    while rest:
        rest = rest[stream.write(rest) :]
    os.fsync(stream.fileno())


def _begin(folder: Path, protocol: Protocol) -> None:
    """Write what the store is, or see that it is what is asked for."""
    if (folder / HEAD).exists():
        there = read_head(folder)
        if there != protocol:
            raise DataError(
                f"{folder} was made with the protocol {there.name}, not {protocol.name}. Choose "
                "another folder, or that protocol."
            )
        return
    strange = sorted(path.name for path in folder.iterdir() if path.name != LOCK)
    if strange:
        raise DataError(
            f"{folder} holds other files ({strange[0]}) and is no store of faces. Choose an empty "
            "folder."
        )
    write_head(folder, protocol)
