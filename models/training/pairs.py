"""Pairs of one real face and one forged from it, treated alike from there on."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.preprocessing import align_face
from models.training import alterations
from models.training.blending import Pixels, blend, draw_region, region_mask
from models.training.corruption import Corruption, draw_corruption
from models.training.store import STORE_SIZE, Store

DONORS_LOOKED_AT = 40
GENERATED_SHARE = 0.06
DONOR_SHARE = 0.3
VISIBLE_CHANGE = 8.0
"""Mean change under the mask, in grey levels, under which a forgery is drawn again."""
DRAWS = 4


@dataclass(frozen=True)
class Recipe:
    """How one forgery is made; the same recipe makes every frame of a simulated sequence."""

    region: str
    donor: int | None
    ratio: float
    background_altered: bool
    colour: alterations.Alteration
    quality: alterations.Alteration | None
    place: alterations.Alteration | None
    expression: alterations.Alteration | None
    quality_for_both: bool


@dataclass(frozen=True)
class Forgery:
    """The parts of one forgery: pictures float32 ``(S, S, 3)``, 0..255, and the mask ``(S, S)``."""

    recipe: Recipe
    mask: NDArray[np.float32]
    real: Pixels
    background: Pixels
    source: Pixels


@dataclass(frozen=True)
class View:
    """Where the crop is cut: margin, turned by `turn` degrees, shifted, mirrored.

    `cover` hides a part, as a hand or a microphone would: left, top, width and height in parts of
    the crop's side, and a grey level.
    """

    margin: float
    turn: float
    shift: tuple[float, float]
    mirrored: bool
    cover: tuple[float, float, float, float, int] | None = None


def draw_recipe(store: Store, row: int, rng: np.random.Generator, hardness: float) -> Recipe:
    """Decide how to forge a still: hardness 0 (plain to see) to 1 (subtle)."""
    region = draw_region(rng)
    local = region in ("mouth", "eyes", "lower face")
    expressive = local and rng.random() < 0.7
    altered = expressive or rng.random() < 0.8
    ratios = [1.0, 1.0, rng.uniform(0.9 - 0.45 * hardness, 1.0)]
    return Recipe(
        region=region,
        donor=_similar(store, row, rng) if rng.random() < DONOR_SHARE else None,
        ratio=1.0 if local else float(rng.choice(ratios)),
        background_altered=bool(not expressive and rng.random() < 0.35),
        colour=alterations.draw_colour(rng, float(rng.uniform(0.4, 1.6 - 0.4 * hardness))),
        quality=alterations.draw_quality(rng) if altered else None,
        place=alterations.draw_place(rng, STORE_SIZE) if rng.random() < 0.8 else None,
        expression=(
            alterations.draw_expression(rng, store.landmarks[row], region, STORE_SIZE)
            if expressive
            else None
        ),
        quality_for_both=bool(rng.random() < 0.35),
    )


def forgery_layers(
    authentic: Pixels, donor: Pixels | None, mask: NDArray[np.float32], recipe: Recipe
) -> tuple[Pixels, Pixels, Pixels]:
    """Make the parts of a forged face from a real one.

    In a third of the recipes the real face as a whole goes through the same loss of quality as the
    forged region, so that softness alone says nothing.

    Args:
        authentic: RGB float32 ``(S, S, 3)``, 0..255.
        donor: Another face, aligned to this one, or None for the same face.
        mask: Where the forged region is, float32 ``(S, S)``, 0..1.
        recipe: What to do.

    Returns:
        The real picture, the forgery's background and its foreground, all like `authentic`.
    """
    source = authentic
    if donor is not None:
        source = alterations.match_colours(donor, authentic, mask)
    degraded = authentic if recipe.quality is None else recipe.quality(authentic)
    background = authentic
    if recipe.background_altered:
        background = recipe.colour(degraded)
    else:
        source = recipe.colour(source if recipe.quality is None else recipe.quality(source))
    for move in (recipe.place, recipe.expression):
        source = source if move is None else move(source)
    return (degraded if recipe.quality_for_both else authentic), background, source


def make_forgery(store: Store, row: int, rng: np.random.Generator, hardness: float) -> Forgery:
    """Forge a still, drawing again where the forgery could hardly be seen.

    A forgery that changes next to nothing is a real picture with the wrong label.

    Args:
        store: The stills.
        row: Which still.
        rng: Source of chance.
        hardness: 0 (plain to see) to 1 (subtle).
    """
    authentic = store.crops[row].astype(np.float32)
    for _ in range(DRAWS):
        recipe = draw_recipe(store, row, rng, hardness)
        donor = None if recipe.donor is None else aligned_donor(store, recipe.donor, row)
        mask = region_mask(rng, recipe.region, store.outlines[row], STORE_SIZE)
        real, background, source = forgery_layers(authentic, donor, mask, recipe)
        change = np.abs(source - background).mean(axis=2) * mask * recipe.ratio
        if change.sum() >= VISIBLE_CHANGE * mask.sum():
            break
    return Forgery(recipe, mask, real, background, source)


def draw_view(rng: np.random.Generator, margin: float) -> View:
    """A crop around the margin the network will be used with, in a quarter partly covered."""
    width, height = rng.uniform(0.1, 0.35, size=2)
    left, top = rng.uniform(0.0, 1.0 - width), rng.uniform(0.0, 1.0 - height)
    grey = int(rng.integers(256))
    return View(
        cover=(left, top, width, height, grey) if rng.random() < 0.25 else None,
        margin=float(margin * rng.uniform(0.86, 1.1)),
        turn=float(rng.normal(0.0, 3.0)),
        shift=(float(rng.normal(0.0, 2.5)), float(rng.normal(0.0, 2.5))),
        mirrored=bool(rng.random() < 0.5),
    )


def cut(
    picture: NDArray[np.uint8], landmarks: NDArray[np.float32], view: View, size: int
) -> NDArray[np.uint8]:
    """Cut the crop a network sees out of a finished picture.

    Args:
        picture: RGB uint8 ``(S', S', 3)``; the store's crop at any scale.
        landmarks: float32 ``(5, 2)``, in pixels of the store's crop.
        view: Where to cut.
        size: Side of the crop in pixels.

    Returns:
        RGB uint8 ``(size, size, 3)``.
    """
    scale = picture.shape[0] / STORE_SIZE
    turn = cv2.getRotationMatrix2D((STORE_SIZE / 2, STORE_SIZE / 2), view.turn, 1.0)
    placed = (landmarks @ turn[:, :2].T + turn[:, 2] + view.shift + 0.5) * scale - 0.5
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

    def make(
        self, number: int, hardness: float
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8], str]:
        """One pair.

        Args:
            number: Which.
            hardness: 0 (plain to see) to 1 (as in the field).

        Returns:
            The real and the forged crop, RGB uint8 ``(size, size, 3)``, and the kind of forgery.
        """
        rng = np.random.default_rng((self.seed, number))
        if rng.random() < GENERATED_SHARE:
            return self._generated(rng, hardness)
        row = int(rng.choice(self.store.rows(validation=self.validation, synthetic=False)))
        made = make_forgery(self.store, row, rng, hardness)
        real = made.real
        forged = blend(made.background, made.source, made.mask, made.recipe.ratio)
        corruption = draw_corruption(rng, hardness)
        view = draw_view(rng, self.margin)
        landmarks = self.store.landmarks[row]
        crops = [self._finish(picture, landmarks, corruption, view) for picture in (real, forged)]
        return crops[0], crops[1], made.recipe.region

    def _generated(
        self, rng: np.random.Generator, hardness: float
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8], str]:
        """A photograph and a face made up by a generator, of like sources, damaged alike."""
        corruption, view = draw_corruption(rng, hardness), draw_view(rng, self.margin)
        crops = []
        for synthetic in (False, True):
            rows = self.store.rows(validation=self.validation, synthetic=synthetic)
            if not synthetic and (self.store.sources[rows] == "ffhq_real").any():
                rows = rows[self.store.sources[rows] == "ffhq_real"]
            row = int(rng.choice(rows))
            picture = self.store.crops[row].astype(np.float32)
            crops.append(self._finish(picture, self.store.landmarks[row], corruption, view))
        return crops[0], crops[1], "generated"

    def _finish(
        self, picture: Pixels, landmarks: NDArray[np.float32], corruption: Corruption, view: View
    ) -> NDArray[np.uint8]:
        return cut(corruption(picture), landmarks, view, self.size)


def aligned_donor(store: Store, donor: int, row: int) -> Pixels:
    """A donor's picture, laid by a similarity transform onto the outline of another still."""
    matrix, _ = cv2.estimateAffinePartial2D(store.outlines[donor], store.outlines[row])
    picture: Pixels = store.crops[donor].astype(np.float32)
    if matrix is None:
        return picture
    size = (STORE_SIZE, STORE_SIZE)
    laid = cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(laid, dtype=np.float32)


def _similar(store: Store, row: int, rng: np.random.Generator) -> int:
    """Of some stills of other people, the one whose face lies most like this one's."""
    rows = store.rows(validation=bool(store.validation[row]), synthetic=False)
    rows = rows[store.identities[rows] != store.identities[row]]
    looked_at = rng.choice(rows, size=min(DONORS_LOOKED_AT, len(rows)), replace=False)
    apart = np.abs(store.outlines[looked_at] - store.outlines[row]).mean(axis=(1, 2))
    return int(looked_at[int(np.argmin(apart))])
