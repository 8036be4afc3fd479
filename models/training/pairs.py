"""Pairs of one real face and one forged from it, treated alike from there on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from models.preprocessing import align_face
from models.training import alterations
from models.training.blending import Pixels, blend, draw_region, region_mask
from models.training.corruption import Corruption, draw_corruption
from models.training.fitting import lay_onto
from models.training.store import STORE_MARGIN, Portrait, Store

DONORS_LOOKED_AT = 40
GENERATED_SHARE = 0.1
FITTED_SHARE = 0.85
"""How many of the donors' faces are fitted, feature by feature, to the face they are laid onto."""
DONOR_SHARE = 0.45
"""How many of the forgeries of more than mouth or eyes show another person's face."""
GENERATED_DONORS = 0.2
"""How many of the donors are faces made up by a generator."""
SUBTLE_CHANGE, PLAIN_CHANGE = (3.5, 12.0), (9.0, 40.0)
"""Least and most mean change under the mask, in grey levels, of subtle and of plain forgeries."""
NEAR_ENOUGH = 1.5
"""Factor between the change wanted and the change made up to which a forgery is not drawn again."""
SMALLEST_REGION = 0.004
"""Smallest share of the picture that a forged region should cover."""
DRAWS = 3
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
class Recipe:
    """How one forgery is made; the same recipe makes every frame of a simulated sequence."""

    region: str
    donor: int | None
    fitted: bool
    ratio: float
    background_altered: bool
    colour: alterations.Alteration
    quality: alterations.Alteration | None
    place: alterations.Alteration | None
    expression: alterations.Alteration | None
    quality_for_both: bool


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
class Forgery:
    """The parts of one forgery: pictures float32 ``(S, S, 3)``, 0..255, and the mask ``(S, S)``."""

    recipe: Recipe
    landmarks: NDArray[np.float32]
    mask: NDArray[np.float32]
    real: Pixels
    background: Pixels
    source: Pixels

    def change(self, smallest: float) -> float:
        """Mean change under the mask, in grey levels; no mask counts for less than `smallest`."""
        changed = np.abs(self.source - self.background).mean(axis=2) * self.mask
        return float(changed.sum()) * self.recipe.ratio / max(float(self.mask.sum()), smallest)


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


@dataclass(frozen=True)
class Canvas:
    """What a forgery is made on: a square of `size` pixels that spans `margin` face sizes.

    `fineness` of its pixels become one of the crop, along a side.
    """

    size: int
    margin: float
    fineness: float


def draw_recipe(
    store: Store,
    row: int,
    face: Portrait,
    fineness: float,
    rng: np.random.Generator,
    hardness: float,
) -> Recipe:
    """Decide how to forge a still.

    Args:
        store: Where donors are.
        row: Which still.
        face: The still at the size it is forged at.
        fineness: How many of its pixels become one of the crop.
        rng: Source of chance.
        hardness: 0 (plain to see) to 1 (subtle).
    """
    region = draw_region(rng)
    local = region in ("mouth", "eyes", "lower face")
    expressive = local and rng.random() < 0.7
    swapped = region not in ("mouth", "eyes") and rng.random() < DONOR_SHARE * (
        1.2 - 0.6 * hardness
    )
    altered = expressive or rng.random() < (0.5 if swapped else 0.75)
    ratios = [1.0, rng.uniform(0.9 - 0.5 * hardness, 1.0)]
    return Recipe(
        region=region,
        donor=_similar(store, row, rng) if swapped else None,
        fitted=bool(rng.random() < FITTED_SHARE),
        ratio=1.0 if local else float(rng.choice(ratios)),
        background_altered=bool(not expressive and rng.random() < 0.35),
        colour=alterations.draw_colour(rng, float(rng.uniform(0.3, 1.6 - 0.8 * hardness))),
        quality=alterations.draw_quality(rng, fineness) if altered else None,
        place=alterations.draw_place(rng, face.size) if rng.random() < 0.8 else None,
        expression=(
            alterations.draw_expression(rng, face.landmarks, region, face.size)
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


def make_forgery(
    store: Store, row: int, canvas: Canvas, rng: np.random.Generator, hardness: float
) -> Forgery:
    """Forge a still, drawing again until the change is about as large as wanted.

    A forgery that changes next to nothing is a real picture with the wrong label. And where every
    forgery is plain to see, seeing none makes a picture look very authentic: a network that learns
    so calls the forgeries of others authentic on good pictures and nothing else. So forgeries of
    pictures that stay good are made subtle, those of pictures that will be damaged are not.

    Args:
        store: The stills.
        row: Which still.
        canvas: What to make it on.
        rng: Source of chance.
        hardness: 0 (plain to see) to 1 (subtle).
    """
    face = store.portrait(row, canvas.size, canvas.margin)
    bounds = [p + hardness * (s - p) for s, p in zip(SUBTLE_CHANGE, PLAIN_CHANGE, strict=True)]
    wanted = float(np.exp(rng.uniform(*np.log(bounds))))
    best, least = None, np.inf
    for _ in range(DRAWS):
        made = _forge(store, row, face, canvas.fineness, rng, hardness)
        smallest = SMALLEST_REGION * made.mask.size
        missed = abs(np.log(max(made.change(smallest), 1e-3) / wanted))
        if missed < least:
            best, least = made, missed
        if missed <= np.log(NEAR_ENOUGH):
            break
    assert best is not None
    return best


def _forge(
    store: Store,
    row: int,
    face: Portrait,
    fineness: float,
    rng: np.random.Generator,
    hardness: float,
) -> Forgery:
    """One forgery, however much it shows."""
    recipe = draw_recipe(store, row, face, fineness, rng, hardness)
    donor = None
    if recipe.donor is not None:
        other = store.portrait(recipe.donor, face.size, face.margin)
        donor = lay_onto(other, face, fitted=recipe.fitted)
    mask = region_mask(rng, recipe.region, face.outline, face.size)
    real, background, source = forgery_layers(face.pixels, donor, mask, recipe)
    return Forgery(recipe, face.landmarks, mask, real, background, source)


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
        row = int(rng.choice(self.store.rows(validation=self.validation, synthetic=False)))
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
            rows = self.store.rows(validation=self.validation, synthetic=synthetic)
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


def _similar(store: Store, row: int, rng: np.random.Generator) -> int:
    """Of some stills of others, the one whose face lies most like this one's."""
    generated = bool(rng.random() < GENERATED_DONORS)
    rows = store.rows(validation=bool(store.validation[row]), synthetic=generated)
    rows = rows[store.identities[rows] != store.identities[row]]
    looked_at = rng.choice(rows, size=min(DONORS_LOOKED_AT, len(rows)), replace=False)
    apart = np.abs(store.outlines[looked_at] - store.outlines[row]).mean(axis=(1, 2))
    return int(looked_at[int(np.argmin(apart))])
