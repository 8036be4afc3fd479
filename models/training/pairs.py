"""Pairs of one real face and one forged from it, treated alike from there on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from models.preprocessing import align_face
from models.training.blending import Pixels, blend
from models.training.corruption import Corruption, draw_corruption
from models.training.drawing import draw_photograph
from models.training.forging import Canvas, make_forgery
from models.training.store import STORE_MARGIN, Store

GENERATED_SHARE = 0.1
MARGINS = (0.88, 1.15)
TIGHT_MARGINS = (0.8, 1.0)
"""Narrowest and widest margin of a crop, as parts of the network's."""
FINENESS = (1.3, 2.1)
"""How many pixels of a forgery become one of the crop, along a side, least and most.

Video faces are mostly larger than the crop. Forged and compressed at the crop's own size, what
interpolation alone leaves would tell the two apart, and it is lost when video faces are reduced.
"""
SURROUNDINGS = 1.15
"""What a forgery shows around the crop, for turning and shifting it: its side over the crop's."""


@dataclass(frozen=True)
class Pair:
    """A real crop and the one forged from it, RGB uint8 ``(size, size, 3)``.

    `region` float32 ``(size, size)``, 0..1: how much of each pixel of the second is forged; `kind`
    names the forgery.
    """

    real: NDArray[np.uint8]
    forged: NDArray[np.uint8]
    region: NDArray[np.float32]
    kind: str


@dataclass(frozen=True)
class View:
    """Where the crop is cut: margin, turned by `turn` degrees, shifted, mirrored.

    `shift` is in parts of the picture's side. `cover` hides a part, as a hand or a microphone
    would: left, top, width and height in parts of the crop's side, and a grey level.
    """

    margin: float
    turn: float
    shift: tuple[float, float]
    mirrored: bool
    cover: tuple[float, float, float, float, int] | None = None


def draw_canvas(rng: np.random.Generator, size: int, view: View) -> Canvas:
    """What to make a forgery on for crops of a size."""
    margin = min(STORE_MARGIN, view.margin * SURROUNDINGS)
    fineness = float(rng.uniform(*FINENESS))
    return Canvas(2 * round(size * margin / view.margin * fineness / 2), margin, fineness)


def draw_view(rng: np.random.Generator, margin: float, *, tight: bool = False) -> View:
    """A crop around the margin the network will be used with, sometimes partly covered.

    Args:
        rng: Source of chance.
        margin: As the network will be used.
        tight: Whether the still shows little more than the face, so that a wider crop would mostly
            show the reflection around it.
    """
    narrowest, widest = TIGHT_MARGINS if tight else MARGINS
    width, height = rng.uniform(0.1, 0.35, size=2)
    left, top = rng.uniform(0.0, 1.0 - width), rng.uniform(0.0, 1.0 - height)
    grey = int(rng.integers(256))
    return View(
        cover=(left, top, width, height, grey) if rng.random() < 0.15 else None,
        margin=float(margin * rng.uniform(narrowest, widest)),
        turn=float(rng.normal(0.0, 3.0)),
        shift=(float(rng.normal(0.0, 0.012)), float(rng.normal(0.0, 0.012))),
        mirrored=bool(rng.random() < 0.5),
    )


def cut(
    picture: NDArray[np.uint8],
    landmarks: NDArray[np.float32],
    scale: float,
    view: View,
    size: int,
) -> NDArray[np.uint8]:
    """Cut the crop a network sees out of a finished picture.

    Args:
        picture: RGB uint8 ``(S', S', 3)``.
        landmarks: float32 ``(5, 2)``, in pixels of the picture before it was scaled.
        scale: The picture's side over what it was then.
        view: Where to cut.
        size: Side of the crop in pixels.

    Returns:
        RGB uint8 ``(size, size, 3)``.
    """
    side = picture.shape[0] / scale
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), view.turn, 1.0)
    shift = np.asarray(view.shift) * side
    placed = (landmarks @ turn[:, :2].T + turn[:, 2] + shift + 0.5) * scale - 0.5
    crop = align_face(picture, placed, size, view.margin)
    if view.cover is not None:
        left, top, width, height = (round(part * size) for part in view.cover[:4])
        crop[top : top + height, left : left + width] = view.cover[4]
    return np.ascontiguousarray(crop[:, ::-1]) if view.mirrored else crop


@dataclass(frozen=True)
class Pairs:
    """An endless, indexable supply of pairs; pair `number` is always the same.

    Args:
        store: The stills.
        validation: From which side of the split.
        size: Side of the crops in pixels.
        margin: As the network will be used.
        seed: Seed of everything.
    """

    store: Store
    validation: bool
    size: int
    margin: float
    seed: int

    def make(self, number: int, hardness: float) -> Pair:
        """One pair.

        Args:
            number: Which.
            hardness: 0 (plain to see) to 1 (as in the field).
        """
        rng = np.random.default_rng((self.seed, number))
        if rng.random() < GENERATED_SHARE:
            return self._generated(rng, hardness)
        row = draw_photograph(self.store, rng, validation=self.validation)
        view = draw_view(rng, self.margin, tight=self.store.tight(row))
        corruption = draw_corruption(rng, hardness)
        canvas = draw_canvas(rng, self.size, view)
        made = make_forgery(self.store, row, canvas, rng, hardness * (1.0 - corruption.severity))
        weight = made.mask * np.float32(made.recipe.ratio)
        forged = blend(made.background, made.source, made.mask, made.recipe.ratio)
        crops = [self._finish(p, made.landmarks, corruption, view) for p in (made.real, forged)]
        return Pair(
            crops[0], crops[1], self._region(weight, made.landmarks, view), made.recipe.region
        )

    def _generated(self, rng: np.random.Generator, hardness: float) -> Pair:
        """A photograph and a face made up by a generator, of like sources, damaged alike."""
        corruption, view = draw_corruption(rng, hardness), draw_view(rng, self.margin)
        canvas = draw_canvas(rng, self.size, view)
        crops = []
        for synthetic in (False, True):
            rows = self.store.stills(validation=self.validation, synthetic=synthetic)
            if not synthetic and (self.store.sources[rows] == "ffhq_real").any():
                rows = rows[self.store.sources[rows] == "ffhq_real"]
            face = self.store.portrait(int(rng.choice(rows)), canvas.size, canvas.margin)
            crops.append(self._finish(face.pixels, face.landmarks, corruption, view))
        whole = np.ones((canvas.size, canvas.size), np.float32)
        return Pair(crops[0], crops[1], self._region(whole, face.landmarks, view), "generated")

    def _finish(
        self, picture: Pixels, landmarks: NDArray[np.float32], corruption: Corruption, view: View
    ) -> NDArray[np.uint8]:
        damaged = corruption(picture)
        scale = damaged.shape[0] / picture.shape[0]
        return cut(damaged, landmarks, scale, view, self.size)

    def _region(
        self, weight: NDArray[np.float32], landmarks: NDArray[np.float32], view: View
    ) -> NDArray[np.float32]:
        """Where the forgery lies in the crop; nothing shows through a cover."""
        shown = view if view.cover is None else replace(view, cover=(*view.cover[:4], 0))
        grey = np.repeat(np.rint(weight * 255).astype(np.uint8)[:, :, None], 3, axis=2)
        crop = cut(grey, landmarks, 1.0, shown, self.size)[:, :, 0]
        return crop.astype(np.float32) / np.float32(255)
