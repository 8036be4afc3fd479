"""The still pictures a training starts from, read out of their archives one by one."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from numpy.typing import NDArray

LARGEST_PICTURE = 64 * 2**20
"""Bytes; what is larger in an archive of pictures is passed over."""


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


def decode_picture(data: bytes) -> NDArray[np.uint8] | None:
    """Decode one picture of an archive.

    Args:
        data: JPEG, PNG or the like.

    Returns:
        RGB, uint8 ``(H, W, 3)``; None for what is no picture, or one of more pixels than OpenCV
        takes (2 to the power of 30).
    """
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    except cv2.error:
        return None
    if pixels is None:
        return None
    return np.ascontiguousarray(pixels[:, :, ::-1]).astype(np.uint8, copy=False)


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
            small = member.isfile() and member.size <= LARGEST_PICTURE
            data = stream.extractfile(member) if small else None
            rgb = decode_picture(data.read()) if data is not None else None
            if rgb is None:
                continue
            path = PurePosixPath(member.name)
            name = path.parent.name if archive.people else path.stem
            yield Still(source, f"{source}/{name}", archive.synthetic, rgb)
