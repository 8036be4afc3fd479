"""Several arrays read as one, without copying them into one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Picked:
    """Some rows of an array, ``(K, ...)``: those numbered in `rows`, intp ``(K,)``."""

    array: NDArray[Any]
    rows: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, number: int) -> NDArray[Any]:
        """One of them."""
        return np.asarray(self.array[int(self.rows[number])])


@dataclass(frozen=True)
class Stacked:
    """The rows of one array, then some rows of another of the same form."""

    first: NDArray[Any]
    second: Picked

    def __len__(self) -> int:
        return len(self.first) + len(self.second)

    def __getitem__(self, asked: Any) -> NDArray[Any]:
        """A row by its number, part of one by number and slices, or several by their numbers."""
        if isinstance(asked, tuple):
            return self._row(asked[0])[asked[1:]]
        if np.ndim(asked) == 0:
            return self._row(asked)
        return np.stack([self._row(number) for number in asked])

    def _row(self, number: Any) -> NDArray[Any]:
        wanted = range(len(self))[int(number)]
        place = wanted - len(self.first)
        return np.asarray(self.first[wanted]) if place < 0 else self.second.row(place)
