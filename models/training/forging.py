"""How a real face is forged: what is drawn for it, and what is made of that.

One still gives one forgery. The frames of a run are all forged in the same way, each by its own
landmarks and outline, so that the forged face moves with the head.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.training import alterations
from models.training.blending import Pixels, draw_region, region_mask
from models.training.fitting import lay_onto
from models.training.store import Portrait, Store

DONORS_LOOKED_AT = 40
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
    """Decide how to forge a still, or a frame of a run.

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
    return _wanted(store, row, canvas, rng, hardness)[0]


def forge_run(
    store: Store,
    rows: NDArray[np.intp],
    canvas: Canvas,
    rng: np.random.Generator,
    hardness: float,
) -> Iterator[Forgery]:
    """Forge consecutive frames of one face in one and the same way.

    Everything that is drawn, the donor too, is drawn as for the first frame; mask, expression and
    fitting follow each frame's own landmarks and outline.

    Args:
        store: Where the frames are.
        rows: The frames, in order, intp ``(T,)``.
        canvas: What to make each on.
        rng: Source of chance.
        hardness: 0 (plain to see) to 1 (subtle).

    Yields:
        A forgery for each frame.
    """
    first, drawn = _wanted(store, int(rows[0]), canvas, rng, hardness)
    yield first
    for row in rows[1:]:
        face = store.portrait(int(row), canvas.size, canvas.margin)
        again = copy.deepcopy(drawn)
        yield _forge(store, int(row), face, canvas.fineness, again, hardness, like=first.recipe)


def _wanted(
    store: Store, row: int, canvas: Canvas, rng: np.random.Generator, hardness: float
) -> tuple[Forgery, np.random.Generator]:
    """Of a few forgeries the one that changes about as much as wanted, and what drew it."""
    face = store.portrait(row, canvas.size, canvas.margin)
    bounds = [p + hardness * (s - p) for s, p in zip(SUBTLE_CHANGE, PLAIN_CHANGE, strict=True)]
    wanted = float(np.exp(rng.uniform(*np.log(bounds))))
    best, least = None, np.inf
    for _ in range(DRAWS):
        before = copy.deepcopy(rng)
        made = _forge(store, row, face, canvas.fineness, rng, hardness)
        smallest = SMALLEST_REGION * made.mask.size
        missed = abs(np.log(max(made.change(smallest), 1e-3) / wanted))
        if missed < least:
            best, least = (made, before), missed
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
    like: Recipe | None = None,
) -> Forgery:
    """One forgery, however much it shows; `like` gives the donor where there is one before it."""
    recipe = draw_recipe(store, row, face, fineness, rng, hardness)
    if like is not None:
        recipe = replace(recipe, donor=like.donor)
    donor = None
    if recipe.donor is not None:
        other = store.portrait(recipe.donor, face.size, face.margin)
        donor = lay_onto(other, face, fitted=recipe.fitted)
    mask = region_mask(rng, recipe.region, face.outline, face.size)
    real, background, source = forgery_layers(face.pixels, donor, mask, recipe)
    return Forgery(recipe, face.landmarks, mask, real, background, source)


def _similar(store: Store, row: int, rng: np.random.Generator) -> int:
    """Of some stills of others, the one whose face lies most like this one's."""
    generated = bool(rng.random() < GENERATED_DONORS)
    rows = store.rows(validation=bool(store.validation[row]), synthetic=generated)
    rows = rows[store.people[rows] != store.people[row]]
    looked_at = rng.choice(rows, size=min(DONORS_LOOKED_AT, len(rows)), replace=False)
    apart = np.abs(store.outlines[looked_at] - store.outlines[row]).mean(axis=(1, 2))
    return int(looked_at[int(np.argmin(apart))])
