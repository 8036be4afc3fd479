"""The still pictures a training starts from, read out of their archives one by one."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Archive:
    """One archive of stills and what is known about it."""

    file: str
    people: bool
    """One folder per person; otherwise every still counts as a person of its own."""
    synthetic: bool
    border: float
    """How much reflected border to add before looking for the face, in parts of the side."""
    terms: str


@dataclass(frozen=True)
class Still:
    """One picture: RGB pixels uint8 ``(H, W, 3)``, whose it is and where it is from."""

    source: str
    identity: str
    synthetic: bool
    pixels: NDArray[np.uint8]


ARCHIVES = {
    "utkface": Archive("utkface.tar", False, False, 0.25, "non-commercial research"),
    "human_faces": Archive("human_faces.tar", False, False, 0.1, "terms unknown"),
    "lfw": Archive("lfw.tar", True, False, 0.25, "no explicit licence"),
    "ffhq_real": Archive("ffhq_real.tar", False, False, 0.1, "CC BY-NC-SA 4.0"),
    "stylegan_fake": Archive("stylegan_fake.tar", False, True, 0.1, "terms unknown"),
}


def read_stills(folder: Path, source: str) -> Iterator[Still]:
    """Read one archive's pictures in the order they are stored.

    Args:
        folder: Where the archives lie.
        source: Key of `ARCHIVES`.

    Yields:
        Every picture that OpenCV can read; others are passed over.

    Raises:
        OSError: The archive cannot be read.
    """
    archive = ARCHIVES[source]
    with tarfile.open(folder / archive.file) as stream:
        for member in stream:
            data = stream.extractfile(member) if member.isfile() else None
            if data is None:
                continue
            pixels = cv2.imdecode(np.frombuffer(data.read(), np.uint8), cv2.IMREAD_COLOR)
            if pixels is None:
                continue
            path = PurePosixPath(member.name)
            name = path.parent.name if archive.people else path.stem
            rgb = np.ascontiguousarray(pixels[:, :, ::-1]).astype(np.uint8, copy=False)
            yield Still(source, f"{source}/{name}", archive.synthetic, rgb)
