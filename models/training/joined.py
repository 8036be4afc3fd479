"""Names that belong together."""

from __future__ import annotations

from collections.abc import Iterable


class Joined:
    """Names that are joined into sets (disjoint-set forest); a set is led by its first name."""

    def __init__(self, names: Iterable[str]) -> None:
        self._above = {name: name for name in names}

    def join(self, one: str, other: str) -> None:
        """Make one set of the sets that two names are in."""
        low, high = sorted((self._leader(one), self._leader(other)))
        self._above[high] = low

    def leaders(self) -> dict[str, str]:
        """The first name of every name's set."""
        return {name: self._leader(name) for name in self._above}

    def _leader(self, name: str) -> str:
        while self._above[name] != name:
            self._above[name] = self._above[self._above[name]]
            name = self._above[name]
        return name
