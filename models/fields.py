"""Reading a JSON object field by field, refusing whatever is missing, unknown or out of bounds."""

from __future__ import annotations

import math
import re
from typing import Any, TypeAlias, TypeVar

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
_T = TypeVar("_T")
_LONGEST_TEXT = 20_000
_MOST_ENTRIES = 1000


class CardError(Exception):
    """A model card is missing, damaged or of a kind this version cannot use."""


class Fields:
    """One JSON object of a card; every field is asked for once, then `finish` refuses the rest.

    Args:
        content: The object.
        place: Its name, for messages.

    Raises:
        CardError: From every method, when the field is not what is asked for.
    """

    def __init__(self, content: dict[str, Any], place: str) -> None:
        self._left = dict(content)
        self._place = place

    def finish(self) -> None:
        """Refuse fields nobody asked for."""
        if self._left:
            raise CardError(f"The model card has an unknown field {self._name(min(self._left))}.")

    def finished(self, value: _T) -> _T:
        """`finish`, and hand the value through."""
        self.finish()
        return value

    def wrong(self, key: str, wanted: str) -> CardError:
        """The error that says what a field must be."""
        return CardError(f"In the model card, {self._name(key)} must be {wanted}.")

    def constant(self, key: str, wanted: int) -> None:
        """A whole number that must be exactly `wanted`."""
        value = self._take(key)
        if value != wanted or isinstance(value, bool):
            raise CardError(
                f"The model card has {key} {value!r}; this version reads {key} {wanted} only."
            )

    def text(self, key: str) -> str:
        """Text, not empty."""
        value = self._take(key)
        if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_TEXT:
            raise self.wrong(key, "text")
        return value

    def word(self, key: str) -> str:
        """A name of lower-case letters, digits, dots, dashes and underscores."""
        value = self.text(key)
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,99}", value):
            raise self.wrong(key, "a name of lower-case letters and digits")
        return value

    def file_name(self, key: str) -> str:
        """The name of a safetensors file in the card's own folder."""
        value = self.text(key)
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}\.safetensors", value):
            raise self.wrong(key, "the plain name of a .safetensors file")
        return value

    def sha256(self, key: str) -> str:
        """64 lower-case hexadecimal digits."""
        value = self.text(key)
        if not re.fullmatch(r"[0-9a-f]{64}", value):
            raise self.wrong(key, "a SHA-256 in 64 hexadecimal digits")
        return value

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        """One of `choices`."""
        value = self.text(key)
        if value not in choices:
            raise self.wrong(key, "one of " + ", ".join(choices))
        return value

    def whole(self, key: str, least: int, most: int) -> int:
        """A whole number within bounds."""
        value = self._take(key)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.wrong(key, f"a whole number from {least} to {most}")
        return value

    def number(self, key: str, least: float, most: float) -> float:
        """A number within bounds."""
        return self._number(key, self._take(key), least, most)

    def three(self, key: str, least: float, most: float) -> tuple[float, float, float]:
        """Three numbers within bounds."""
        value = self._take(key)
        if not isinstance(value, list) or len(value) != 3:
            raise self.wrong(key, "three numbers")
        first, second, third = (self._number(key, entry, least, most) for entry in value)
        return first, second, third

    def two(self, key: str, least: float, most: float) -> tuple[float, float]:
        """Two numbers within bounds, the smaller one first."""
        value = self._take(key)
        if not isinstance(value, list) or len(value) != 2:
            raise self.wrong(key, "two numbers")
        first, second = (self._number(key, entry, least, most) for entry in value)
        if first > second:
            raise self.wrong(key, "two numbers, the smaller one first")
        return first, second

    def bounds(self, key: str, least: float, most: float) -> tuple[float | None, float | None]:
        """A lower and an upper bound, each a number or null for none."""
        value = self._take(key)
        if not isinstance(value, list) or len(value) != 2:
            raise self.wrong(key, "two bounds")
        low, high = (
            None if entry is None else self._number(key, entry, least, most) for entry in value
        )
        return low, high

    def truth(self, key: str) -> bool:
        """True or false."""
        value = self._take(key)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        value = self._list(key)
        if not all(isinstance(entry, str) and len(entry) <= _LONGEST_TEXT for entry in value):
            raise self.wrong(key, "a list of texts")
        return tuple(value)

    def section(self, key: str) -> Fields:
        """An object to be read field by field."""
        return Fields(self.mapping(key), key)

    def optional_section(self, key: str) -> Fields | None:
        """The same, or None where the card has none."""
        if self._left.get(key) is None:
            self._left.pop(key, None)
            return None
        return self.section(key)

    def mapping(self, key: str) -> dict[str, JsonValue]:
        """An object taken as it is."""
        value = self._take(key)
        if not isinstance(value, dict):
            raise self.wrong(key, "an object")
        return value

    def mappings(self, key: str) -> tuple[dict[str, JsonValue], ...]:
        """A list of objects taken as they are."""
        value = self._list(key)
        if not all(isinstance(entry, dict) for entry in value):
            raise self.wrong(key, "a list of objects")
        return tuple(value)

    def _list(self, key: str) -> list[Any]:
        value = self._take(key)
        if not isinstance(value, list) or len(value) > _MOST_ENTRIES:
            raise self.wrong(key, f"a list of at most {_MOST_ENTRIES} entries")
        return value

    def _number(self, key: str, value: object, least: float, most: float) -> float:
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
            or not least <= value <= most
        ):
            raise self.wrong(key, f"a number from {least} to {most}")
        return float(value)

    def _take(self, key: str) -> Any:
        if key not in self._left:
            raise CardError(f"The model card lacks the field {self._name(key)}.")
        return self._left.pop(key)

    def _name(self, key: str) -> str:
        return f"“{key}” of its {self._place}" if self._place != "card" else f"“{key}”"
