"""Videos in, a store of face crops out: once, and resumable."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import astuple, dataclass
from itertools import islice, zip_longest
from pathlib import Path

from models.training.datasets import list_recordings
from models.training.datasets.recording import DataError, Listing, Recording, some
from models.training.face_cutting import PROTOCOLS, CutFaces, Protocol, cut_faces
from models.training.face_files import write_sides
from models.training.face_store import FaceStore, Problem
from models.training.face_writer import StoreWriter
from models.training.likeness import alike_pairs
from models.training.splits import LEFT_OUT, SIDES, check_leaks, split_recordings

Report = Callable[["Progress"], None]
Results = Generator[tuple[Recording, CutFaces], None, None]


@dataclass(frozen=True)
class Progress:
    """How far it is: recordings done, of all; `kept` were there before; faces found since."""

    done: int
    total: int
    kept: int
    faces: int
    seconds: float

    @property
    def left(self) -> float | None:
        """Seconds that the rest will take at the pace so far; None before there is one."""
        made = self.done - self.kept
        return self.seconds / made * (self.total - self.done) if made else None


@dataclass(frozen=True)
class SideSummary:
    """What is on one side: people, clips by label, faces."""

    side: str
    people: int
    real: int
    fake: int
    faces: int


@dataclass(frozen=True)
class FaceSummary:
    """What a store holds when it is finished.

    Attributes:
        dataset: Key of `DATASETS` of the recordings listed this time.
        protocol: Name of the protocol.
        clips: Recordings with faces.
        faces: Crops.
        made: Recordings cut this time.
        seconds: How long that took.
        sides: One line per side, "left out" last.
        problems: Recordings without faces, or with damaged frames.
        notes: What the data set lacks.
    """

    dataset: str
    protocol: str
    clips: int
    faces: int
    made: int
    seconds: float
    sides: tuple[SideSummary, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]

    def lines(self) -> list[str]:
        """The same in lines for people."""
        head = ("side", "people", "real", "fake", "faces")
        rows = [astuple(side) for side in self.sides if side.faces]
        lines = [
            f"{self.clips} recordings with {self.faces} faces, protocol {self.protocol}; "
            f"{self.made} recordings done now, in {self.seconds / 60:.1f} minutes.",
            "",
            "{:12}{:>8}{:>8}{:>8}{:>10}".format(*head),
            *("{:12}{:8}{:8}{:8}{:10}".format(*row) for row in rows),
        ]
        problems = [f"{p.kind}: {p.key}: {p.detail}" for p in self.problems]
        for more in (problems, self.notes):
            lines += ["", *more] if more else []
        return lines


def faces(
    data: Path,
    out: Path,
    *,
    protocol: str = "ours",
    dataset: str | None = None,
    limit: int | None = None,
    split: str = "official",
    one_class: bool = False,
    workers: int = 1,
    device: str = "cpu",
    report: Report | None = None,
) -> FaceSummary:
    """Cut the faces of a data set into a store, or go on doing so.

    A store may take several data sets, one call after the other; its sides are drawn anew, over
    everything in it, at the end of each call.

    Args:
        data: The data set's folder, or a tar file of stills.
        out: The store's folder, created if missing.
        protocol: Key of `PROTOCOLS`.
        dataset: Key of `DATASETS`; recognised by its layout when None.
        limit: At most so many recordings, taken from every label, method and compression in turn.
        split: "official", "identity" or "none", as `split_recordings` takes it.
        one_class: Allow recordings that are all real or all fake.
        workers: Processes that cut.
        device: Where the face finder runs, as torch names it.
        report: Told after each recording how far it is; prints lines when None.

    Raises:
        DataError: The data are not usable, or the sides would leak; nothing that was cut is lost.
        OSError: The data cannot be read or the store cannot be written.
    """
    listing = list_recordings(data, dataset, one_class=one_class)
    wanted = take(listing.recordings, limit)
    split_recordings(wanted, split)
    begun = time.monotonic()
    tell = report or PrintedProgress()
    with StoreWriter(out, PROTOCOLS[protocol]) as writer:
        made = cut_all(writer, listing, wanted, PROTOCOLS[protocol], workers, device, tell)
        finish(out, writer, split)
    return summarise(out, listing, made, time.monotonic() - begun)


def take(recordings: Sequence[Recording], limit: int | None) -> list[Recording]:
    """At most so many recordings, from every label, method and compression in turn."""
    if limit is None:
        return list(recordings)
    kinds: dict[tuple[bool, str, str, str], list[Recording]] = {}
    for recording in recordings:
        kind = (recording.fake, recording.method, recording.compression, recording.source)
        kinds.setdefault(kind, []).append(recording)
    turns = zip_longest(*(kinds[kind] for kind in sorted(kinds)))
    mixed = (recording for turn in turns for recording in turn if recording is not None)
    return list(islice(mixed, limit))


def finish(folder: Path, writer: StoreWriter, scheme: str) -> None:
    """Put everything in a store on sides that share no person, clip or face.

    Raises:
        DataError: There are too few people, or the official lists leak.
        OSError: The store cannot be written.
    """
    entries = [entry for entry in writer.entries.values() if entry.stop > entry.first]
    if not entries:
        raise DataError(
            f"No face was found in any of {len(writer.entries)} recordings. Look at the problems "
            f"in {folder / 'clips.jsonl'}."
        )
    hashes = {entry.recording.key: entry.hashes for entry in entries}
    recordings = [entry.recording for entry in entries]
    alike = list(alike_pairs(hashes)) if scheme != "none" else []
    sides = split_recordings(recordings, scheme, alike)
    check_leaks(recordings, sides, hashes)
    write_sides(folder, scheme, sides)


def summarise(folder: Path, listing: Listing, made: int, seconds: float) -> FaceSummary:
    """What a finished store holds."""
    store = FaceStore(folder)
    lines = []
    for side in (*SIDES, LEFT_OUT):
        clips = store.chosen(side=side)
        fake = sum(clip.recording.fake for clip in clips)
        people = {person for clip in clips for person in clip.recording.people}
        count = sum(clip.stop - clip.first for clip in clips)
        lines.append(SideSummary(side, len(people), len(clips) - fake, fake, count))
    return FaceSummary(
        listing.dataset,
        store.protocol.name,
        len(store.clips),
        len(store.crops),
        made,
        seconds,
        tuple(lines),
        store.problems,
        listing.notes,
    )


class PrintedProgress:
    """Prints how far it is, at most every ten seconds and at the end."""

    def __init__(self, every_s: float = 10.0) -> None:
        self._every, self._last = every_s, time.monotonic()

    def __call__(self, progress: Progress) -> None:
        """Print a line when it is time."""
        now = time.monotonic()
        if now - self._last >= self._every or progress.done == progress.total:
            self._last = now
            print(progress_line(progress), flush=True)


def progress_line(progress: Progress) -> str:
    """How far it is, in words."""
    line = f"{progress.done} of {progress.total} recordings, {progress.faces} faces"
    if progress.left is None or progress.done == progress.total:
        return line
    minutes = progress.left / 60
    left = f"{minutes / 60:.1f} h" if minutes > 90 else f"{minutes:.0f} min"
    return f"{line}, about {left} left"


def cut_all(
    writer: StoreWriter,
    listing: Listing,
    wanted: Sequence[Recording],
    protocol: Protocol,
    workers: int,
    device: str,
    report: Report,
) -> int:
    """Cut what is not yet in a store.

    Args:
        writer: The store.
        listing: Where the recordings are.
        wanted: Those of them to cut.
        protocol: As the store was made with.
        workers: Processes that cut.
        device: Where the face finder runs, as torch names it.
        report: Told after each recording how far it is.

    Returns:
        How many recordings were cut.

    Raises:
        DataError: A process died; nothing that was cut is lost.
        OSError: The store cannot be written.
    """
    begun = time.monotonic()
    sizes = {path: _bytes(listing.folder / path) for path in {r.path for r in wanted}}
    todo = [r for r in wanted if not writer.has(r, sizes[r.path])]
    kept, found = len(wanted) - len(todo), 0
    cut_them = _in_processes if workers > 1 and len(todo) > 1 else _in_turn
    report(Progress(kept, len(wanted), kept, 0, 0.0))
    with closing(cut_them(listing.folder, todo, protocol, device, workers)) as results:
        for number, (recording, cut) in enumerate(results, 1):
            writer.add(recording, sizes[recording.path], cut)
            found += len(cut.crops)
            seconds = time.monotonic() - begun
            report(Progress(kept + number, len(wanted), kept, found, seconds))
    return len(todo)


def _in_turn(
    folder: Path, todo: Sequence[Recording], protocol: Protocol, device: str, workers: int
) -> Results:
    """Cut in this process."""
    assert workers == 1 or len(todo) < 2
    for recording in todo:
        yield recording, cut_faces(folder, recording, protocol, device)


def _in_processes(
    folder: Path, todo: Sequence[Recording], protocol: Protocol, device: str, workers: int
) -> Results:
    """Cut in several processes; few results wait in memory at a time."""
    context = multiprocessing.get_context("spawn")
    waiting = iter(todo)
    running: dict[Future[CutFaces], Recording] = {}
    pool = ProcessPoolExecutor(workers, mp_context=context)
    try:
        while True:
            for recording in islice(waiting, 2 * workers - len(running)):
                running[pool.submit(cut_faces, folder, recording, protocol, device)] = recording
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()
    except BrokenProcessPool as error:
        names = some(sorted(recording.path for recording in running.values()))
        raise DataError(
            f"A process that cut faces died, perhaps for want of memory, at one of: {names}. Call "
            "again with fewer workers: it goes on where it was."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _bytes(path: Path) -> int:
    """Size of a file; -1 where there is none any more."""
    return path.stat().st_size if path.is_file() else -1
