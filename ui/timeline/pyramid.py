"""Lowest and highest values of blocks of rows, so that drawing two hours costs no more than one."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BLOCK = 4  # frames that one block of the next coarser level takes together
FEWEST = 1024  # rows below which coarser levels would not pay


@dataclass(frozen=True)
class Level:
    """Blocks of rows in time order; in the finest level every row is a block.

    Attributes:
        times: float64 (N,), seconds of each block's first row.
        low: float32 (N,), its lowest value.
        high: float32 (N,), its highest value.
        links: bool (N,), whether its last row joins the next block's first.
        longest: seconds between the first and the last row of the block that lasts longest.
    """

    times: NDArray[np.float64]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    links: NDArray[np.bool_]
    longest: float = 0.0


class Curve(NamedTuple):
    """Points to draw: x in seconds float64 (M,), y float32 (M,), bool (M,) joins the next."""

    x: NDArray[np.float64]
    y: NDArray[np.float32]
    joined: NDArray[np.bool_]


class Pyramid:
    """Every level of a row of values; no peak is lost on any of them.

    A block takes together frames whose numbers lie in one aligned stretch, so that it never spans
    more time than that stretch does, however many of its frames have no value.

    Args:
        frames: int64 (N,), frame numbers, strictly increasing.
        times: float64 (N,), seconds.
        low: float32 (N,), lowest value of each row.
        high: float32 (N,), highest value of each row; the same array where a row has one value.
        links: bool (N,), whether a row joins the next.
    """

    def __init__(
        self,
        frames: NDArray[np.int64],
        times: NDArray[np.float64],
        low: NDArray[np.float32],
        high: NDArray[np.float32],
        links: NDArray[np.bool_],
    ) -> None:
        self.levels = [Level(times, low, high, links)]
        ends = times
        while len(times) > FEWEST:
            groups = frames // BLOCK
            starts = np.flatnonzero(np.diff(groups, prepend=groups[0] - 1))
            if len(starts) > 0.7 * len(times):  # too sparse to gain by it
                return
            last = np.append(starts[1:], len(times)) - 1
            frames, times, ends = groups[starts], times[starts], ends[last]
            low, high = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
            links = links[last]
            self.levels.append(Level(times, low, high, links, float((ends - times).max())))

    def level(self, pixel: float) -> Level:
        """The coarsest level whose blocks last no longer than half of `pixel` seconds."""
        fine = [level for level in self.levels if level.longest <= pixel / 2]
        return fine[-1]

    @property
    def peak(self) -> float:
        """The highest value, NaN where there is none."""
        high = self.levels[-1].high
        return float(high.max()) if len(high) else float("nan")


def envelope(pyramid: Pyramid, left: float, right: float, columns: int) -> Curve:
    """What to draw between two times, without losing a peak or closing a gap.

    Where more rows than pixels are in sight, each pixel column gets its lowest and its highest
    value. Lines join consecutive rows only; a row that stands alone becomes a short dash.

    Args:
        pyramid: the values.
        left: first second in sight.
        right: last second in sight.
        columns: pixels between them.
    """
    pixel = (right - left) / max(columns, 1)
    level = pyramid.level(pixel)
    low, high = np.searchsorted(level.times, [left, right])
    part = slice(max(int(low) - 1, 0), min(int(high) + 1, len(level.times)))
    x, joined = level.times[part], level.links[part].copy()
    if not len(x):
        return Curve(x, level.high[part], joined)
    joined[-1] = False
    alone = np.flatnonzero(~joined)
    alone = alone[(alone == 0) | ~joined[alone - 1]]
    dashes_x = (x[alone][:, None] + np.array([-pixel, pixel])).ravel()
    dashes_y = np.repeat(level.high[part][alone], 2)
    y = level.high[part]
    if len(x) > 2 * columns or level.low is not level.high:
        edges = left + np.arange(-1, columns + 2) * pixel
        x, y, joined = _columns(x, level.low[part], y, joined, edges)
    return Curve(
        np.concatenate([x, dashes_x]),
        np.concatenate([y, dashes_y]),
        np.concatenate([joined, np.tile(np.array([True, False]), len(alone))]),
    )


def _columns(
    x: NDArray[np.float64],
    low: NDArray[np.float32],
    high: NDArray[np.float32],
    joined: NDArray[np.bool_],
    edges: NDArray[np.float64],
) -> Curve:
    """Lowest and highest value per pixel column, in turns so that neighbours join smoothly."""
    edges[0], edges[-1] = -np.inf, np.inf  # the rows just out of sight, which lines lead to
    places = np.searchsorted(x, edges)
    filled = np.flatnonzero(np.diff(places))
    starts = places[filled]
    pair = np.stack([np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)], axis=1)
    pair[1::2] = pair[1::2, ::-1]
    last = np.append(starts[1:], len(x)) - 1
    links = np.stack([np.ones(len(starts), np.bool_), joined[last]], axis=1)
    edges[0], edges[-1] = 2 * edges[1] - edges[2], 2 * edges[-2] - edges[-3]
    centre = (edges[filled] + edges[filled + 1]) / 2
    return Curve(np.repeat(centre, 2), pair.ravel(), links.ravel())
