"""Near-duplicate faces: a perceptual hash of aligned crops.

256 bits: the signs of the low frequencies of a cosine transform against their median, after
Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), with more bits
than usual because all aligned faces resemble each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

ALIKE_BITS = 44
"""Two crops at most so many of 256 bits apart count as the same picture. Among all pairs of 22,421
stills (251 million) 446 are that close; the 24 that were looked at, all near this limit, each show
one photograph twice. Chance resemblances begin at 46 to 48 bits; copies that were cropped or
retouched anew may lie as far apart as 54."""

_SIDE, _LOW = 64, 16
_BLOCK = 1024


def face_hash(crop: NDArray[np.uint8], margin: float) -> NDArray[np.uint64]:
    """Hash the face of an aligned crop, without most of what surrounds it.

    Args:
        crop: RGB pixels, uint8 ``(S, S, 3)``.
        margin: How many face sizes the crop's side spans.

    Returns:
        256 bits as uint64 ``(4,)``.
    """
    size = crop.shape[0]
    rim = max(0, round(size * (1 - 1 / max(margin, 1.0)) / 2))
    grey = cv2.cvtColor(crop[rim : size - rim, rim : size - rim], cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = np.asarray(cv2.dct(small))[:_LOW, :_LOW].ravel()
    bits = np.packbits(low > np.median(low[1:]))
    return bits.view(np.uint64)


def distances(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Bits in which hashes differ, 0..256.

    Args:
        one: uint64 ``(N, 4)``.
        other: uint64 ``(M, 4)``.

    Returns:
        int64 ``(N, M)``.
    """
    differing = np.bitwise_count(one[:, None, :] ^ other[None, :, :])
    return np.asarray(differing.sum(axis=2), dtype=np.int64)


def alike_pairs(
    hashes: Mapping[str, NDArray[np.uint64]], sides: Mapping[str, str] | None = None
) -> Iterator[tuple[str, str]]:
    """Pairs of recordings that share a near-duplicate face.

    Args:
        hashes: By key uint64 ``(K, 4)``.
        sides: When given, only pairs on two different sides.

    Yields:
        Each pair of different keys once, in sorted order.
    """
    keys = sorted(key for key in hashes if len(hashes[key]))
    if not keys:
        return
    bits = np.concatenate([hashes[key] for key in keys])
    owner = np.repeat(np.arange(len(keys)), [len(hashes[key]) for key in keys])
    side = np.unique([sides[key] if sides else key for key in keys], return_inverse=True)[1][owner]
    seen: set[tuple[int, int]] = set()
    for start in range(0, len(bits), _BLOCK):
        stop = min(start + _BLOCK, len(bits))
        for other in range(start, len(bits), _BLOCK):
            end = min(other + _BLOCK, len(bits))
            near = distances(bits[start:stop], bits[other:end]) <= ALIKE_BITS
            near &= side[start:stop, None] != side[None, other:end]
            for row, column in zip(*np.nonzero(near), strict=True):
                low, high = sorted((int(owner[start + row]), int(owner[other + column])))
                seen.add((low, high))
    yield from ((keys[low], keys[high]) for low, high in sorted(seen))
