"""The ranges of the faces a network was trained on, for its card.

    python -m models.training.ranges CARD --store STORE [--recordings RECORDINGS]

Pose comes from the landmarks of all stills trained on, and of every eighth frame of recordings;
sharpness, noise and brightness from crops as the network sees them, after scaling, blur, noise and
compression. How large a still's face was before it was packed is not kept: the smallest size
follows from how far training reduces faces.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from models.card import read_card, write_card
from models.domain import PICTURE, POSE, Domain, find_ranges, picture, pose
from models.training.corruption import draw_corruption
from models.training.material import open_both
from models.training.pairs import Pairs
from models.training.store import NO_RUN, Store, open_store

SHARE = 0.99
PICTURE_SHARE = 0.998
"""More than of the poses: extreme pictures were made so on purpose, extreme poses are mostly
landmarks in the wrong place."""
PAIRS = 1500
_SEED = 4711


def training_domain(store: Store, size: int, margin: float, pairs: int = PAIRS) -> Domain:
    """Measure what a network is trained on.

    Args:
        store: The stills, and the runs of recordings.
        size: Side of the network's crops, pixels.
        margin: How many face sizes the crop's side spans.
        pairs: How many pairs to draw for sharpness, noise and brightness, as many easy as hard.

    Raises:
        ValueError: The store holds no still for training.
    """
    faces = store.rows(validation=False, synthetic=False)
    faces = np.concatenate([faces, store.rows(validation=False, synthetic=True)])
    stills = int((store.runs[faces] == NO_RUN).sum())
    frames = f" and {len(faces) - stills} frames of recordings" if len(faces) > stills else ""
    drawn = Pairs(store, False, size, margin, _SEED)
    made = [drawn.make(number, number / max(1, pairs - 1)) for number in range(pairs)]
    looks = np.array([picture(crop) for pair in made for crop in (pair.real, pair.forged)])
    columns = dict(zip(POSE, pose(store.landmarks[faces]).T, strict=True))
    columns |= dict(zip(PICTURE, looks.T, strict=True))
    rng = np.random.default_rng(_SEED)
    scales = [draw_corruption(rng, 1.0).scale for _ in range(2000)]
    smallest = round(size / margin * float(np.quantile(scales, 1 - SHARE)), 1)
    return Domain(
        material=(
            f"{stills} stills{frames} trained on (pose) and {2 * pairs} crops drawn from them as "
            "in training, after scaling, blur, noise, H.264 or JPEG (sharpness, noise, "
            "brightness); smallest face: as far as training reduces faces. Bit rates are not "
            "compared: training compresses single faces, not whole pictures."
        ),
        crops=len(faces) + 2 * pairs,
        share=SHARE,
        ranges=find_ranges(columns, SHARE, smallest)
        | {name: find_ranges(columns, PICTURE_SHARE, None)[name] for name in PICTURE},
    )


def main(arguments: list[str] | None = None) -> None:
    """Write the ranges onto a card.

    Args:
        arguments: Command line without the program's name; the process's own by default.

    Raises:
        CardError: The card cannot be used.
        OSError: A file cannot be read or written.
    """
    parser = argparse.ArgumentParser(prog="python -m models.training.ranges", description=__doc__)
    parser.add_argument("card", type=Path, help="rewritten")
    parser.add_argument("--store", type=Path, required=True, help="prepared stills")
    parser.add_argument("--recordings", type=Path, help="prepared runs of recordings")
    parser.add_argument("--pairs", type=int, default=PAIRS)
    given = parser.parse_args(arguments)
    card = read_card(given.card)
    cut = card.preprocessing
    alone = given.recordings is None
    store = open_store(given.store) if alone else open_both(given.store, given.recordings)
    domain = training_domain(store, cut.size, cut.margin, given.pairs)
    write_card(replace(card, domain=domain), given.card)
    for name, (low, high) in domain.ranges.items():
        print(f"{name}: {'any' if low is None else low} to {'any' if high is None else high}")


if __name__ == "__main__":
    main()
