"""The sizes at which a picture is searched for faces.

To search it all they are laid out on one canvas: one pass of the network over it takes the place of
one for every size. To search it about known places only, the network looks at tiles of some sizes.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.averaging import BEYOND, Averages

STEP, WINDOW = 2, 12
"""The first network looks at windows of this side, this far apart, in pixels."""

TILE = 32

_FACTOR = 0.709
_GREY = 127.5
_PARTS = (0.3, 2.2)
"""How many times as large as a face expected the window may be that sees it."""


@dataclass(frozen=True)
class Level:
    """One size of the picture, and where its upper left corner lies on the canvas, in pixels."""

    scale: float
    height: int
    width: int
    top: int
    left: int


@dataclass(frozen=True)
class Windows:
    """What the first network looks at.

    Attributes:
        level: int64 (N,), which level each is of.
        corner: float32 (N, 2), x and y of its upper left corner there, pixels.
        scale: float32 (N,), the scale of its level.
    """

    level: NDArray[np.int64]
    corner: NDArray[np.float32]
    scale: NDArray[np.float32]

    def of(self, rows: NDArray[np.int64]) -> Windows:
        """Some of them.

        Args:
            rows: Which.
        """
        return Windows(self.level[rows], self.corner[rows], self.scale[rows])


@dataclass(frozen=True)
class Tiles:
    """Squares of levels, `TILE` pixels wide, at even places, so that windows stay where they are.

    Attributes:
        plan: Whose levels.
        picture: int64 (N,), which picture each is of.
        level: int64 (N,), which of its levels.
        corner: int64 (N, 2), left and top there, pixels.
    """

    plan: Pyramid
    picture: NDArray[np.int64]
    level: NDArray[np.int64]
    corner: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Height and width of the level of each, int64 ``(N, 2)``."""
        return self.plan.sizes[self.level]

    def windows(self) -> tuple[Windows, NDArray[np.int64]]:
        """The windows within the tiles and their levels; which they are, counted tile by tile."""
        steps = np.arange(_answers(TILE))
        columns = self.corner[:, None, None, 0] // STEP + steps[None, None, :]
        rows = self.corner[:, None, None, 1] // STEP + steps[None, :, None]
        most = np.array([_answers(length) for length in self.sizes.ravel().tolist()], np.int64)
        most = most.reshape(-1, 1, 1, 2)
        cells = np.flatnonzero((rows < most[..., 0]) & (columns < most[..., 1]))
        tile, place = np.divmod(cells, steps.size**2)
        places = np.stack(np.divmod(place, steps.size)[::-1], axis=1)
        level = self.level[tile]
        corner = (self.corner[tile] + STEP * places).astype(np.float32)
        return Windows(level, corner, self.plan.scales[level]), cells


@dataclass(frozen=True)
class Pyramid:
    """All levels of pictures of one size.

    Attributes:
        levels: The largest first.
        shape: Height and width of the canvas, pixels.
        windows: All there are.
        cells: int64 (N,), which of the network's answers, counted row by row over the canvas, is
            about each of them.
    """

    levels: tuple[Level, ...]
    shape: tuple[int, int]
    windows: Windows
    cells: NDArray[np.int64]

    @functools.cached_property
    def scales(self) -> NDArray[np.float32]:
        """Of all levels, float32 ``(L,)``."""
        return np.array([level.scale for level in self.levels], np.float32)

    @functools.cached_property
    def sizes(self) -> NDArray[np.int64]:
        """Heights and widths of all levels, int64 ``(L, 2)``."""
        return np.array([(level.height, level.width) for level in self.levels], np.int64)

    def blank(self) -> NDArray[np.float32]:
        """The canvas without a picture.

        Returns:
            float32 ``(1, *shape, 3)``: `BEYOND` behind a level's edges, grey elsewhere.
        """
        canvas = np.full((1, *self.shape, 3), _GREY, np.float32)
        for level in self.levels:
            bottom, right = level.top + level.height, level.left + level.width
            # The last pooling window may reach one pixel beyond.
            canvas[0, bottom, level.left : right + 1] = BEYOND
            canvas[0, level.top : bottom, right] = BEYOND
        return canvas

    def canvas(self, averages: Averages, picture: int) -> NDArray[np.float32]:
        """Lay out a picture.

        Args:
            averages: Of pictures of this size.
            picture: Which of them.

        Returns:
            float32 ``(1, *shape, 3)``, as `blank` gives it, with levels of 0..255.
        """
        canvas = self.blank()
        for level in self.levels:
            bottom, right = level.top + level.height, level.left + level.width
            averages.whole(picture, canvas[0, level.top : bottom, level.left : right])
        return canvas

    def tiles(self, picture: NDArray[np.int64], places: NDArray[np.float32]) -> Tiles:
        """Where the network sees the faces that lie about some places and are about as large.

        Args:
            picture: Which picture each place is in, int64 ``(N,)``.
            places: Left, top, right, bottom, float32 ``(N, 4)``, pixels.
        """
        sides = (places[:, 2:] - places[:, :2]).max(axis=1, initial=0)
        parts = WINDOW / np.maximum(sides[:, None] * self.scales, 1e-3)
        place, level = np.nonzero((parts >= _PARTS[0]) & (parts <= _PARTS[1]))
        centre = (places[place, :2] + places[place, 2:]) / 2 * self.scales[level, None]
        corner = STEP * np.floor((centre - TILE / 2) / STEP).astype(np.int64)
        last = np.maximum(self.sizes[level, ::-1] - TILE + 1, 0) // STEP * STEP
        return Tiles(self, picture[place], level, np.clip(corner, 0, last))


@functools.lru_cache(maxsize=32)
def pyramid(height: int, width: int, smallest: int) -> Pyramid:
    """Plan the levels for pictures of one size.

    Args:
        height: Of the picture, pixels.
        width: Of the picture, pixels.
        smallest: Shorter side of the smallest face wanted, pixels; at most the picture's.
    """
    levels, shape = _laid_out(_sizes(height, width, smallest))
    across = _answers(shape[1])
    cells, numbers, corners = [], [], []
    for number, level in enumerate(levels):
        rows, columns = np.mgrid[0 : _answers(level.height), 0 : _answers(level.width)]
        flat = (rows + level.top // STEP) * across + columns + level.left // STEP
        cells.append(flat.ravel())
        numbers.append(np.full(flat.size, number))
        corners.append(STEP * np.stack([columns.ravel(), rows.ravel()], axis=1))
    every = np.concatenate(numbers).astype(np.int64)
    scales = np.array([level.scale for level in levels], np.float32)
    windows = Windows(every, np.concatenate(corners).astype(np.float32), scales[every])
    return Pyramid(levels, shape, windows, np.concatenate(cells).astype(np.int64))


def _answers(length: int) -> int:
    """How many windows the network looks at along a side: two convolutions behind a pooling."""
    return -(-(length - 2) // 2) - 4


def _sizes(height: int, width: int, smallest: int) -> list[tuple[float, int, int]]:
    scale, sizes = WINDOW / smallest, []
    while min(height, width) * scale >= WINDOW:
        sizes.append((scale, int(height * scale + 1), int(width * scale + 1)))
        scale *= _FACTOR
    return sizes


def _laid_out(sizes: list[tuple[float, int, int]]) -> tuple[tuple[Level, ...], tuple[int, int]]:
    """In rows, each as high as its first level; with room for the network's reach between them."""
    widest = sum(_room(width) for _, _, width in sizes[:2])
    levels, top, left, bottom = [], 0, 0, 0
    for scale, height, width in sizes:
        if left + _room(width) > widest:
            top, left = bottom, 0
        levels.append(Level(scale, height, width, top, left))
        left += _room(width)
        bottom = max(bottom, top + _room(height))
    return tuple(levels), (bottom, widest)


def _room(length: int) -> int:
    """With a pixel behind it, and even, so that pooling windows stay where they are."""
    return length + 1 + (length + 1) % 2
