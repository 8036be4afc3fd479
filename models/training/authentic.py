"""Runs of frames out of authentic recordings, to lay forgeries over as over stills.

They are cut by what makes stores of faces, into a store of that form; beside it lie an outline of
every face and a list of the runs that can be used. The list is written last, as a whole.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.fields import JsonValue
from models.training.datasets import DATASETS, list_recordings
from models.training.datasets.recording import DataError, Listing, Recording
from models.training.face_cutting import Protocol
from models.training.face_files import JOURNAL, replace_file, write_sides
from models.training.face_store import FaceRun, FaceStore, Problem
from models.training.face_writer import StoreWriter
from models.training.faces import PrintedProgress, cut_all
from models.training.likeness import face_hash
from models.training.loop.workers import in_order
from models.training.outlines import POINTS, OutlineNetwork
from models.training.store import APART, STORE_MARGIN, STORE_SIZE, is_validation

PROTOCOL = Protocol("motion", STORE_SIZE, STORE_MARGIN, runs=3, run_length=32)
"""Three runs of as many frames as the presets' sequences have, spread over a recording."""
SHORTEST = 16
"""Frames; a shorter run shows hardly any movement."""
SMALLEST_FACE = 64
"""Pixels of the longer side of its box; a smaller face is enlarged to twice that, and what would
be learnt of it is the enlarging."""
FACE_THERE = 0.0
"""The outline network's logit below which there is no face that it knows."""
EYES_APART = 0.08
"""How far, in parts of the crop, the eyes of landmarks and outline may lie apart."""
SAME_SHOT = 0.84
"""Share of their colours that a frame's crop and the one before have in common at least; below,
there is a cut between them. In 17 recordings it was 0.87 between neighbours, also where heads
turned fast, and 0.78 at most for 99 in 100 frames of different recordings."""
_BINS = 8
MOST_PROBLEMS = 20
_LIST, _HASHES, _OUTLINES = "runs.json", "run-hashes.npy", "outlines.bin"
_EYES = ([33, 133], [263, 362])
"""Outline points at the corners of the eyes that landmarks name first and second."""
_BEST_FIRST = ("raw", "c0", "c23", "c40")


@dataclass(frozen=True)
class Run:
    """Consecutive frames of one face that can be used: rows [first, stop) of the store of faces."""

    recording: Recording
    first: int
    stop: int


@dataclass(frozen=True)
class RecordedFaces:
    """The frames of all usable runs, run by run; N in all.

    `faces` is the store of faces and `rows` intp ``(N,)`` the frames' rows in it; `outlines`
    float32 ``(N, 478, 2)``; `identities`, `sources` text ``(N,)``; `runs`, `positions` int32
    ``(N,)``; `hashes` uint64 ``(K, 4)``, of every eighth frame of each run.
    """

    faces: FaceStore
    rows: NDArray[np.intp]
    outlines: NDArray[np.float32]
    identities: NDArray[np.str_]
    sources: NDArray[np.str_]
    runs: NDArray[np.int32]
    positions: NDArray[np.int32]
    hashes: NDArray[np.uint64]


def prepare_recordings(
    data: Path, folder: Path, bundle: Path, *, workers: int = 1, device: str = "cpu"
) -> None:
    """Cut and outline the authentic recordings of a data set; goes on where it was stopped.

    Args:
        data: The data set's folder, in any layout of `DATASETS` but stills.
        folder: Where runs go.
        bundle: `face_landmarker.task`.
        workers: Processes that cut and outline.
        device: Where the face finder runs, as torch names it.

    Raises:
        DataError: There is no authentic recording, or none that shows a face long enough.
        OSError: A file cannot be read or written.
    """
    listing = authentic_in(data)
    named = _digest_of_listing(listing)
    if is_prepared(folder) and _read_list(folder)["listing"] == named:
        return
    print(
        f"Authentic recordings in {data}: {len(listing.recordings)}. Up to {PROTOCOL.runs} runs of "
        f"{PROTOCOL.run_length} frames of each are cut.",
        flush=True,
    )
    wanted = listing.recordings
    with StoreWriter(folder, PROTOCOL) as writer:
        cut_all(writer, listing, wanted, PROTOCOL, workers, device, PrintedProgress())
        sides = {r.key: "validation" if is_validation(identity_of(r)) else "train" for r in wanted}
        write_sides(folder, "by name", sides)
        (folder / _LIST).unlink(missing_ok=True)
        faces = FaceStore(folder)
        runs = _usable(faces, set(sides), folder, bundle, workers)
        _tell(faces, set(sides), runs)
        if not runs:
            raise DataError(
                f"None of {len(wanted)} authentic recordings in {data} shows one face, at least "
                f"{SMALLEST_FACE} pixels large, for {SHORTEST} frames on end. Look at the problems "
                f"in {folder / JOURNAL}."
            )
        _write_list(folder, listing, named, faces, runs)


def authentic_in(data: Path) -> Listing:
    """The authentic recordings of a data set, of copies in several compressions the best one.

    Raises:
        DataError: It is no data set, or has none, or holds stills.
        OSError: The folder cannot be read.
    """
    listing = list_recordings(data, one_class=True)
    title = DATASETS[listing.dataset].title
    if listing.dataset == "stills":
        raise DataError(
            f"{listing.folder} holds stills, and --recordings wants videos. Name stills as --data."
        )
    chosen: dict[str, Recording] = {}
    for recording in sorted(listing.recordings, key=_compression):
        if not recording.fake:
            chosen.setdefault(recording.clip, recording)
    if not chosen:
        raise DataError(
            f"{listing.folder} ({title}) holds no authentic recording: all "
            f"{len(listing.recordings)} are manipulated. Name a folder with authentic ones as "
            "--recordings; manipulated ones are never used."
        )
    return replace(listing, recordings=tuple(sorted(chosen.values(), key=lambda r: r.key)))


def identity_of(recording: Recording) -> str:
    """Who counts as one person; where nobody is named, everyone who may be the same."""
    return recording.group or recording.target


def is_prepared(folder: Path) -> bool:
    """Whether the runs are ready."""
    return (folder / _LIST).exists()


def digest_of_runs(folder: Path) -> str | None:
    """SHA-256 over what was prepared, as hexadecimal digits; None where nothing was.

    Raises:
        DataError: The list of runs is damaged.
        OSError: It cannot be read.
    """
    return str(_read_list(folder)["digest"]) if is_prepared(folder) else None


def recorded_people(folder: Path) -> list[JsonValue]:
    """Everybody in the runs, as their data set names them, sorted.

    Raises:
        DataError: The list of runs is damaged.
        OSError: It cannot be read.
    """
    return [*sorted({str(run.recording.target) for run in _listed_runs(folder)})]


def recorded_rows(folder: Path) -> list[JsonValue]:
    """What the runs are of, a row for each source, for a card.

    Raises:
        DataError: The list of runs is damaged.
        OSError: It cannot be read.
    """
    dataset = DATASETS[str(_read_list(folder)["dataset"])]
    sources: dict[str, list[Run]] = defaultdict(list)
    for run in _listed_runs(folder):
        sources[run.recording.source].append(run)
    return [
        {
            "source": source,
            "recordings": len({run.recording.key for run in runs}),
            "people": len({run.recording.target for run in runs}),
            "runs": len(runs),
            "frames": sum(run.stop - run.first for run in runs),
            "terms": f"as their data set says ({dataset.title}: {dataset.terms})",
        }
        for source, runs in sorted(sources.items())
    ]


def open_recorded(folder: Path) -> RecordedFaces:
    """Open prepared runs; pixels and outlines stay on disk.

    Raises:
        DataError: They are damaged.
        OSError: They are missing or unreadable.
    """
    runs = _listed_runs(folder)
    lengths = [run.stop - run.first for run in runs]
    rows = np.concatenate([np.arange(run.first, run.stop) for run in runs])
    hashes = np.load(folder / _HASHES, allow_pickle=False)
    path, shape = folder / _OUTLINES, (len(rows), POINTS, 2)
    if path.stat().st_size != 4 * int(np.prod(shape)):
        raise DataError(f"{path} has not the size it should have. Delete {folder}.")
    return RecordedFaces(
        FaceStore(folder),
        rows,
        np.memmap(path, np.float32, "r", shape=shape),
        np.repeat([identity_of(run.recording) for run in runs], lengths),
        np.repeat([run.recording.source for run in runs], lengths),
        np.repeat(np.arange(len(runs), dtype=np.int32), lengths),
        np.concatenate([np.arange(length, dtype=np.int32) for length in lengths]),
        hashes,
    )


def _compression(recording: Recording) -> tuple[int, str]:
    """Least compressed first, then by name."""
    known = recording.compression in _BEST_FIRST
    place = _BEST_FIRST.index(recording.compression) if known else len(_BEST_FIRST)
    return place, recording.key


def _usable(
    faces: FaceStore, wanted: set[str], folder: Path, bundle: Path, workers: int
) -> list[tuple[Run, NDArray[np.uint64]]]:
    """Outline every face, keep the outlines of what can be used, and say what that is.

    Returns:
        Runs, each with the hashes of every eighth frame.
    """
    cut = [run for run in faces.runs() if run.clip.recording.key in wanted]
    found: list[tuple[Run, NDArray[np.uint64]]] = []
    outline = partial(_outlined, faces, cut, bundle)
    with (folder / _OUTLINES).open("wb") as stream:
        for number, (points, hashes, good, alike) in enumerate(
            in_order(outline, len(cut), workers if workers > 1 else 0, "outlines")
        ):
            for first, stop in whole_stretches(good, alike):
                run = cut[number]
                stream.write(points[first:stop].tobytes())
                piece = Run(run.clip.recording, run.first + first, run.first + stop)
                found.append((piece, hashes[first:stop:APART]))
    return found


def whole_stretches(
    good: NDArray[np.bool_], alike: NDArray[np.float64]
) -> Iterator[tuple[int, int]]:
    """Stretches [first, stop) of consecutive frames that are long enough and have no cut inside.

    Args:
        good: Whether each frame's face is whole, bool ``(T,)``.
        alike: `common_colours` of each with the one before, ``(T,)``.
    """
    first = 0
    for place in range(1, len(good) + 1):
        ends = place == len(good)
        if ends or not good[place - 1] or not good[place] or alike[place] < SAME_SHOT:
            if good[place - 1] and place - first >= SHORTEST:
                yield first, place
            first = place


def common_colours(crops: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How much of its colours each crop has in common with the one before.

    The intersection of histograms, after Swain and Ballard, "Color Indexing", 1991.

    Args:
        crops: RGB, uint8 ``(T, S, S, 3)``.

    Returns:
        float64 ``(T,)``, 0..1; 1 for the first.
    """
    found = []
    for crop in crops:
        lab = cv2.cvtColor(np.asarray(crop), cv2.COLOR_RGB2LAB)
        counts = cv2.calcHist([lab], [0, 1, 2], None, [_BINS] * 3, [0, 256] * 3)
        found.append(np.asarray(counts, np.float64).ravel() / (lab.shape[0] * lab.shape[1]))
    pairs = zip([found[0], *found], found, strict=False)
    return np.array([np.minimum(one, other).sum() for one, other in pairs])


def _outlined(
    faces: FaceStore, runs: Sequence[FaceRun], bundle: Path, number: int
) -> tuple[NDArray[np.float32], NDArray[np.uint64], NDArray[np.bool_], NDArray[np.float64]]:
    """Outlines and hashes of one run, which of its faces are whole, and `common_colours`."""
    rows = slice(runs[number].first, runs[number].stop)
    network = _network(bundle)
    seen = [network(np.asarray(crop)) for crop in faces.crops[rows]]
    points = np.array([outline for outline, _ in seen], np.float32)
    facts = faces.facts[rows]
    eyes = np.stack([points[:, part].mean(axis=1) for part in _EYES], axis=1)
    apart = np.linalg.norm(eyes - facts["landmarks"][:, :2], axis=2).max(axis=1)
    good = np.array([there for _, there in seen]) >= FACE_THERE
    good &= apart <= EYES_APART * STORE_SIZE
    good &= facts["box"][:, 2:].max(axis=1) >= SMALLEST_FACE
    hashes = [face_hash(np.asarray(crop), STORE_MARGIN) for crop in faces.crops[rows]]
    return points, np.array(hashes, np.uint64), good, common_colours(faces.crops[rows])


@cache
def _network(bundle: Path) -> OutlineNetwork:
    """Once per process."""
    return OutlineNetwork(bundle)


def _tell(faces: FaceStore, wanted: set[str], runs: Sequence[tuple[Run, object]]) -> None:
    """Say what was found, and what gave nothing."""
    used = {run.recording.key for run, _ in runs}
    frames = sum(run.stop - run.first for run, _ in runs)
    print(f"{len(runs)} runs with {frames} frames of {len(used)} recordings.", flush=True)
    problems = [problem for problem in faces.problems if problem.key in wanted]
    told = {problem.key for problem in problems}
    problems += [
        Problem(key, "no run", f"no face is whole and large enough for {SHORTEST} frames on end")
        for key in sorted(wanted - used - told)
    ]
    for problem in problems[:MOST_PROBLEMS]:
        print(f"{problem.kind}: {problem.key}: {problem.detail}", flush=True)
    if len(problems) > MOST_PROBLEMS:
        print(f"and {len(problems) - MOST_PROBLEMS} more, in {faces.folder / JOURNAL}", flush=True)


def _write_list(
    folder: Path,
    listing: Listing,
    named: str,
    faces: FaceStore,
    runs: Sequence[tuple[Run, NDArray[np.uint64]]],
) -> None:
    """Write hashes, and then the list, which makes the runs count as prepared."""
    hashes = np.concatenate([bits for _, bits in runs])
    np.save(folder / _HASHES, hashes)
    chosen = [run for run, _ in runs]
    digest = hashlib.sha256(hashes.tobytes())
    for run in chosen:
        digest.update(f"{run.recording.key}\n{identity_of(run.recording)}\n".encode())
        digest.update(faces.facts[run.first : run.stop].tobytes())
    replace_file(
        folder / _LIST,
        {
            "dataset": listing.dataset,
            "listing": named,
            "digest": digest.hexdigest(),
            "runs": [asdict(run) for run in chosen],
        },
    )


def _read_list(folder: Path) -> dict[str, Any]:
    """The list of runs."""
    path = folder / _LIST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not {"dataset", "listing", "digest", "runs"} <= set(content):
            raise ValueError("something is missing")
        return dict(content)
    except (ValueError, TypeError) as error:
        raise DataError(f"{path} cannot be read: {error}. Delete it and prepare anew.") from error


def _listed_runs(folder: Path) -> list[Run]:
    return [
        Run(Recording(**run["recording"]), int(run["first"]), int(run["stop"]))
        for run in _read_list(folder)["runs"]
    ]


def _digest_of_listing(listing: Listing) -> str:
    """SHA-256 over names and sizes, and over how runs are cut."""
    said = [listing.dataset, str(PROTOCOL)]
    for recording in listing.recordings:
        path = listing.folder / recording.path
        said.append(f"{recording} {path.stat().st_size if path.is_file() else -1}")
    return hashlib.sha256("\n".join(said).encode()).hexdigest()
