"""How far a figure would move with other people: the bootstrap over whom the clips show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from models.training.metrics import Interval, exact_interval

Weights = NDArray[np.float64]
"""How often each case counts, float64 ``(B, N)``: one row per resample."""

Measures = Callable[[Weights], Mapping[str, NDArray[np.float64]]]
"""Figures ``(B,)`` by name for each row of weights; NaN where a row does not allow one."""

_BLOCK = 4_000_000


class PersonBootstrap:
    """Resamples people with replacement, each with all that belongs to them.

    The cluster bootstrap (Field and Welsh, J. R. Statist. Soc. B 2007): clips of one person are no
    independent evidence, so the person is the unit.

    Where every resample gives the same figure, as it does when the classes do not overlap, a
    bootstrap sees no uncertainty at all. A share 0..1 then gets the exact binomial interval
    (Clopper and Pearson, Biometrika 1934) of as many trials as there are people on the smaller
    side: what all of four people show may still fail with the next.

    Args:
        people: To whom each case belongs, ``(N,)``.
        draws: How many resamples.
        seed: Of the resampling.
        fake: Which cases are synthetic, bool ``(N,)``, where figures compare the two classes.

    Attributes:
        people: How many people there are.
        trials: How many there are on the smaller side.
        person: Number of the person of each case, intp ``(N,)``.

    Raises:
        ValueError: There is no case.
    """

    def __init__(
        self,
        people: NDArray[np.str_],
        draws: int = 2000,
        seed: int = 0,
        fake: NDArray[np.bool_] | None = None,
    ) -> None:
        if len(people) == 0:
            raise ValueError("a bootstrap needs cases")
        names, self.person = np.unique(people, return_inverse=True)
        self.people = len(names)
        sides = [self.person] if fake is None else [self.person[fake], self.person[~fake]]
        self.trials = min(len(np.unique(side)) for side in sides if len(side))
        even = np.full(self.people, 1.0 / self.people)
        rng = np.random.default_rng(seed)
        self._drawn = rng.multinomial(self.people, even, size=draws).astype(np.float64)

    def weights(self) -> Iterator[Weights]:
        """The resamples as weights of cases, in blocks ``(B, N)`` of bounded size."""
        step = max(1, _BLOCK // len(self.person))
        for start in range(0, len(self._drawn), step):
            yield self._drawn[start : start + step][:, self.person]

    def intervals(
        self,
        measures: Measures,
        bounds: tuple[float, float] = (0.0, 1.0),
        *,
        per_person: bool = False,
    ) -> dict[str, Interval]:
        """Figures on all cases, with percentile intervals of 95 %.

        Resamples that do not allow a figure (one class only) are passed over; where none allows it,
        the interval is everything that is possible.

        Args:
            measures: The figures.
            bounds: The least and the largest value possible.
            per_person: Whether the measures want one weight for each person, in the order of
                `person`, rather than for each case: much quicker where cases are many.

        Returns:
            By name; NaN as the value where the cases themselves do not allow the figure.
        """
        units = self.people if per_person else len(self.person)
        whole = measures(np.ones((1, units)))
        blocks = [measures(w) for w in ([self._drawn] if per_person else self.weights())]
        found = {}
        for name, value in whole.items():
            drawn = np.concatenate([block[name] for block in blocks])
            drawn = drawn[np.isfinite(drawn)]
            low, high = np.quantile(drawn, [0.025, 0.975]) if len(drawn) else bounds
            found[name] = self._interval(float(value[0]), float(low), float(high), bounds)
        return found

    def _interval(
        self, value: float, low: float, high: float, bounds: tuple[float, float]
    ) -> Interval:
        if low == high and bounds == (0.0, 1.0) and 0.0 <= value <= 1.0:
            exact = exact_interval(round(value * self.trials), self.trials)
            low, high = min(low, exact.low), max(high, exact.high)
        return Interval(value, low, high)
