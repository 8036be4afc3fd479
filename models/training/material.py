"""What a training learns from: the stills, and runs of authentic recordings where there are any."""

from __future__ import annotations

import tarfile
from functools import partial
from pathlib import Path

import numpy as np

from models.training.loop.devices import choose_device
from models.training.loop.errors import TrainingError
from models.training.request import Request
from models.training.sides import sound_sides
from models.training.stacked import Picked, Stacked
from models.training.store import Store, is_validation, open_store, prepare_store

STORE, RECORDINGS = "store", "recordings"
BUNDLE = Path("landmarks") / "face_landmarker.task"


def prepare(request: Request) -> None:
    """Pack the stills, and cut the recordings; what is there is kept.

    Raises:
        TrainingError: An archive is missing or damaged.
        DataError: The recordings cannot be used.
        OSError: They cannot be written.
    """
    preset = request.stills_preset()
    if request.recordings is not None:
        from models.training.authentic import authentic_in

        # What cannot be used is said before the stills, which take minutes.
        authentic_in(request.recordings)
    if not (request.out / STORE / "index.npz").exists():
        _pack_stills(request)
    if request.recordings is None:
        return
    from models.training.authentic import prepare_recordings

    prepare_recordings(
        request.recordings,
        request.out / RECORDINGS,
        request.data / BUNDLE,
        workers=max(1, request.workers_for(preset)),
        device=choose_device(request.device).type,
    )


def open_material(request: Request, *, quiet: bool = True) -> Store:
    """Open what was prepared, on sound sides.

    Args:
        request: Its output folder holds it.
        quiet: Do not say who changed sides.

    Raises:
        TrainingError: It was not prepared, or the sides leak or lack something.
        DataError: The runs are damaged.
        OSError: It cannot be read.
    """
    folder = request.out / STORE
    if not (folder / "index.npz").exists():
        raise TrainingError(f"{request.out} holds no prepared stills. Run “prepare” or “all”.")
    if request.recordings is None:
        return sound_sides(open_store(folder), folder, quiet=quiet)
    from models.training.authentic import is_prepared, open_recorded

    place = request.out / RECORDINGS
    if not is_prepared(place):
        raise TrainingError(f"{request.out} holds no prepared recordings. Run “prepare” or “all”.")
    hashes = open_recorded(place).hashes
    return sound_sides(open_both(folder, place), folder, quiet=quiet, recorded=hashes)


def open_both(stills: Path, recordings: Path) -> Store:
    """Stills and the frames of runs as one store; the pixels stay on disk.

    Args:
        stills: Where the stills lie.
        recordings: Where the runs lie.

    Raises:
        DataError: The runs are damaged.
        OSError: Something cannot be read.
    """
    from models.training.authentic import open_recorded

    first, second = open_store(stills), open_recorded(recordings)
    count = len(second.rows)
    assert isinstance(first.crops, np.ndarray)
    assert isinstance(first.outlines, np.ndarray)
    joined = {
        "landmarks": second.faces.facts["landmarks"][second.rows],
        "identities": second.identities,
        "sources": second.sources,
        "synthetic": np.zeros(count, np.bool_),
        "validation": np.array([is_validation(str(name)) for name in second.identities]),
        "runs": second.runs,
        "positions": second.positions,
    }
    return Store(
        crops=Stacked(first.crops, Picked(second.faces.crops, second.rows)),
        outlines=Stacked(first.outlines, Picked(second.outlines, np.arange(count))),
        reopen=partial(open_both, stills, recordings),
        **{name: np.concatenate([getattr(first, name), more]) for name, more in joined.items()},
    )


def _pack_stills(request: Request) -> None:
    try:
        prepare_store(request.data, request.out / STORE)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise TrainingError(
            f"The stills are not complete in {request.data}: {error.filename} is missing. Give "
            "the folder with the archives as --data."
        ) from error
    except (tarfile.TarError, EOFError) as error:
        raise TrainingError(
            f"An archive of stills in {request.data} is damaged or half downloaded: {error}. "
            "Fetch it again."
        ) from error
