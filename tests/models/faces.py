"""Drawn faces that stand in for photographs."""

import numpy as np

from models.preprocessing import template_points
from models.training.outlines import POINTS
from models.training.stills import Still
from models.training.store import (
    STORE_MARGIN,
    STORE_SIZE,
    is_validation,
    open_store,
    write_store,
)


def drawn_still(number, synthetic=False):
    """A smooth coloured pattern with grain: no face, but something to blend."""
    rng = np.random.default_rng(number)
    rows, columns = np.indices((STORE_SIZE, STORE_SIZE)) / STORE_SIZE
    waves = [np.sin(rng.uniform(4, 20) * rows + rng.uniform(4, 20) * columns) for _ in range(3)]
    pixels = 128 + 60 * np.stack(waves, axis=2) + rng.normal(0, 6, (STORE_SIZE, STORE_SIZE, 3))
    source = "stylegan_fake" if synthetic else "ffhq_real"
    return Still(source, person(number), synthetic, pixels.clip(0, 255).astype(np.uint8))


def person(number):
    """A name of its own; every third falls to validation."""
    names = (f"person {number}-{attempt}" for attempt in range(10_000))
    return next(name for name in names if is_validation(name) == (number % 3 == 0))


def drawn_outline(number):
    """478 points on rings around the middle of the picture."""
    rng = np.random.default_rng(1000 + number)
    turn = np.linspace(0, 40 * np.pi, POINTS)
    reach = STORE_SIZE * (0.08 + 0.2 * np.linspace(0, 1, POINTS)) * rng.uniform(0.95, 1.05)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return (STORE_SIZE / 2 + reach[:, None] * circle).astype(np.float32)


def drawn_store(folder, count=36):
    """A store of drawn stills, a quarter of them passing for generated."""
    stills = [drawn_still(number, synthetic=number % 4 == 0) for number in range(count)]
    landmarks = template_points(STORE_SIZE, STORE_MARGIN).astype(np.float32)
    facts = [(landmarks, drawn_outline(i), still) for i, still in enumerate(stills)]
    write_store(folder, [still.pixels for still in stills], facts)
    return open_store(folder)
