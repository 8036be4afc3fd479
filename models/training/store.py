"""The packed store of aligned stills: pixels in one array on disk, facts in another.

Crops are kept with more surroundings than a network sees, so that training can still turn, shift
and scale them, and cut a forged face into its whole picture.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.preprocessing import align_face, face_transform
from models.training.joined import Joined
from models.training.likeness import alike_pairs, face_hash
from models.training.outlines import POINTS, OutlineNetwork
from models.training.reserved import reserved
from models.training.stacked import Stacked
from models.training.stills import ARCHIVES, Still, read_stills

STORE_SIZE = 208
STORE_MARGIN = 1.6
TIGHT_BORDER = 0.25
"""Archives whose stills need at least so wide a reflected border show little more than the face."""
VALIDATION_SHARE = 0.08
NO_RUN = -1
APART = 8
"""Of a run every so many frames one stands for those around it, which resemble it."""
_PIXELS = "crops.npy"
_FACTS = "index.npz"


@dataclass(frozen=True)
class Portrait:
    """One aligned face at a working size.

    `pixels` RGB float32 ``(S, S, 3)``, 0..255; `landmarks` float32 ``(5, 2)`` and `outline` float32
    ``(478, 2)``, x and y in its pixels; `margin` is how many face sizes its side spans.
    """

    pixels: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    outline: NDArray[np.float32]
    margin: float

    @property
    def size(self) -> int:
        """Side in pixels."""
        return int(self.pixels.shape[0])


@dataclass(frozen=True)
class Store:
    """Aligned faces, stills and frames of recordings, and what is known about each.

    Pickling carries where it lies and its sides only, so that it can be handed to worker processes.

    `crops` uint8 ``(N, 208, 208, 3)`` RGB; `landmarks` float32 ``(N, 5, 2)`` and `outlines`
    float32 ``(N, 478, 2)`` in pixels of the crop; `identities` and `sources` text ``(N,)``;
    `synthetic` and `validation` bool ``(N,)``. `runs` int32 ``(N,)``: to which run of consecutive
    frames of one face each belongs, -1 for stills; `positions` int32 ``(N,)``: its place in it.
    `reopen` opens the same store again.
    """

    crops: NDArray[np.uint8] | Stacked
    landmarks: NDArray[np.float32]
    outlines: NDArray[np.float32] | Stacked
    identities: NDArray[np.str_]
    sources: NDArray[np.str_]
    synthetic: NDArray[np.bool_]
    validation: NDArray[np.bool_]
    runs: NDArray[np.int32]
    positions: NDArray[np.int32]
    reopen: Callable[[], Store] | None = None

    def __reduce__(self) -> tuple[Callable[..., Store], tuple[Any, ...]]:
        if self.reopen is None:
            return Store, tuple(getattr(self, field.name) for field in fields(self))
        return _with_sides, (self.reopen, self.validation)

    @cached_property
    def people(self) -> NDArray[np.intp]:
        """A number for every identity, intp ``(N,)``."""
        return np.asarray(np.unique(self.identities, return_inverse=True)[1], np.intp)

    def rows(self, *, validation: bool, synthetic: bool) -> NDArray[np.intp]:
        """Row numbers of one side of the split, generated faces or photographs, intp ``(K,)``.

        Of runs every eighth frame only.
        """
        here = (self.validation == validation) & (self.synthetic == synthetic)
        return np.flatnonzero(here & (self.positions % APART == 0))

    def stills(self, *, validation: bool, synthetic: bool) -> NDArray[np.intp]:
        """The same of stills alone."""
        here = (self.validation == validation) & (self.synthetic == synthetic)
        return np.flatnonzero(here & (self.runs == NO_RUN))

    def recorded(self, *, validation: bool) -> list[list[NDArray[np.intp]]]:
        """For every person of the recordings of one side the rows of each run, intp ``(T,)``."""
        return self._recorded[validation]

    @cached_property
    def _recorded(self) -> dict[bool, list[list[NDArray[np.intp]]]]:
        rows = np.flatnonzero(self.runs != NO_RUN)
        found: dict[bool, dict[int, list[NDArray[np.intp]]]] = {False: {}, True: {}}
        for run in np.split(rows, np.flatnonzero(np.diff(self.runs[rows])) + 1):
            if len(run):
                side = found[bool(self.validation[run[0]])]
                side.setdefault(int(self.people[run[0]]), []).append(run)
        return {side: list(people.values()) for side, people in found.items()}

    def tight(self, row: int) -> bool:
        """Whether a still shows little more than the face."""
        archive = ARCHIVES.get(str(self.sources[row]))
        return archive is not None and archive.border >= TIGHT_BORDER

    def portrait(self, row: int, size: int, margin: float = STORE_MARGIN) -> Portrait:
        """The middle of one still at another size.

        Args:
            row: Which.
            size: Side in pixels.
            margin: How many face sizes it spans, at most the store's.
        """
        side = min(STORE_SIZE, 2 * round(STORE_SIZE * margin / STORE_MARGIN / 2))
        first = (STORE_SIZE - side) // 2
        part = self.crops[row, first : first + side, first : first + side]
        scale = size / side
        way = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
        resized = cv2.resize(part, (size, size), interpolation=way)
        marks, outline = (
            ((points - first + 0.5) * scale - 0.5).astype(np.float32)
            for points in (self.landmarks[row], self.outlines[row])
        )
        return Portrait(np.asarray(resized, dtype=np.float32), marks, outline, margin)

    def counts(self) -> dict[str, int]:
        """How many stills each source gave."""
        names, counts = np.unique(self.sources[self.runs == NO_RUN], return_counts=True)
        return {str(name): int(count) for name, count in zip(names, counts, strict=True)}


def is_validation(identity: str) -> bool:
    """Whether a person belongs to validation; depends on the name alone, so it never changes."""
    digest = hashlib.sha256(identity.encode()).digest()
    return int.from_bytes(digest[:4], "big") < VALIDATION_SHARE * 2**32


def open_store(folder: Path) -> Store:
    """Open a prepared store of stills; the pixels stay on disk.

    Args:
        folder: Where `prepare_store` put it.

    Raises:
        OSError: The store is missing or unreadable.
    """
    with np.load(folder / _FACTS, allow_pickle=False) as facts:
        values = {name: facts[name] for name in facts.files}
    count = len(values["identities"])
    return Store(
        crops=np.load(folder / _PIXELS, mmap_mode="r"),
        runs=np.full(count, NO_RUN, np.int32),
        positions=np.zeros(count, np.int32),
        reopen=partial(open_store, folder),
        **values,
    )


def _with_sides(reopen: Callable[[], Store], validation: NDArray[np.bool_]) -> Store:
    """A store opened again, with the sides it had."""
    return replace(reopen(), validation=validation)


def prepare_store(data: Path, folder: Path, limit: int | None = None) -> Store:
    """Find the face in every still, align it, outline it, and pack the lot.

    Args:
        data: Folder with the archives and `landmarks/face_landmarker.task`.
        folder: Where the store goes.
        limit: At most so many stills of each archive.

    Raises:
        OSError: An archive cannot be read or the store cannot be written.
    """
    outline = OutlineNetwork(data / "landmarks" / "face_landmarker.task")
    crops: list[NDArray[np.uint8]] = []
    facts: list[tuple[NDArray[np.float32], NDArray[np.float32], Still]] = []
    for source in ARCHIVES:
        for still, landmarks in _with_landmarks(islice(read_stills(data, source), limit)):
            crop = align_face(still.pixels, landmarks, STORE_SIZE, STORE_MARGIN)
            points, _ = outline(crop)
            crops.append(crop)
            matrix = face_transform(landmarks, STORE_SIZE, STORE_MARGIN)
            placed = landmarks @ matrix[:, :2].T + matrix[:, 2]
            facts.append((placed.astype(np.float32), points, still))
        print(f"{source}: {len(crops)} faces so far", flush=True)
    write_store(folder, crops, facts)
    return open_store(folder)


def write_store(
    folder: Path,
    crops: list[NDArray[np.uint8]],
    facts: list[tuple[NDArray[np.float32], NDArray[np.float32], Still]],
) -> None:
    """Write crops with their landmarks, outlines and stills as a store.

    Args:
        folder: Created if missing.
        crops: RGB pixels, each uint8 ``(208, 208, 3)``.
        facts: For each crop landmarks ``(5, 2)``, outline ``(478, 2)`` and the still it is from.

    Raises:
        OSError: The store cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shape = (len(crops), STORE_SIZE, STORE_SIZE, 3)
    packed = reserved(folder / _PIXELS, shape)
    for row, crop in enumerate(crops):
        packed[row] = crop
    packed.flush()
    stills = [still for _, _, still in facts]
    together = _together(crops, [still.identity for still in stills])
    np.savez(
        folder / _FACTS,
        landmarks=np.array([marks for marks, _, _ in facts], np.float32).reshape(-1, 5, 2),
        outlines=np.array([points for _, points, _ in facts], np.float32).reshape(-1, POINTS, 2),
        identities=np.array([still.identity for still in stills]),
        sources=np.array([still.source for still in stills]),
        synthetic=np.array([still.synthetic for still in stills]),
        validation=np.array([is_validation(together[still.identity]) for still in stills]),
    )


def _together(crops: list[NDArray[np.uint8]], identities: list[str]) -> dict[str, str]:
    """For every name the first of those under which the same pictures are found.

    The archives hold hundreds of photographs twice, under two names: both must fall to one side.
    """
    hashes = {str(row): face_hash(crop, STORE_MARGIN)[None] for row, crop in enumerate(crops)}
    joined = Joined(identities)
    for one, other in alike_pairs(hashes):
        joined.join(identities[int(one)], identities[int(other)])
    return joined.leaders()


def _with_landmarks(
    stills: Iterable[Still], batch: int = 64
) -> Iterator[tuple[Still, NDArray[np.float32]]]:
    """Stills in which a face is found, each with the five landmarks of the most central face."""
    from facenet_pytorch import MTCNN

    finder = MTCNN(keep_all=True, device="cpu", min_face_size=48)
    stream = iter(stills)
    while group := list(islice(stream, batch)):
        padded = [_pad(still) for still in group]
        sizes = sorted({(picture.shape, border) for picture, border in padded})
        for shape, border in sizes:
            rows = [i for i, (picture, _) in enumerate(padded) if picture.shape == shape]
            _, _, found = finder.detect([padded[i][0] for i in rows], landmarks=True)
            for row, faces in zip(rows, found, strict=True):
                if faces is not None:
                    points = np.asarray(faces, dtype=np.float32)
                    yield group[row], _most_central(points, shape) - border


def _pad(still: Still) -> tuple[NDArray[np.uint8], int]:
    """The still with its reflected border, and how wide that is in pixels."""
    border = round(ARCHIVES[still.source].border * still.pixels.shape[0])
    edges = (border, border, border, border)
    padded = cv2.copyMakeBorder(still.pixels, *edges, cv2.BORDER_REFLECT_101)
    return np.asarray(padded, dtype=np.uint8), border


def _most_central(faces: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    centre = np.array([shape[1] / 2, shape[0] / 2])
    distances = np.linalg.norm(faces.mean(axis=1) - centre, axis=1)
    return np.asarray(faces[int(np.argmin(distances))], dtype=np.float32)
