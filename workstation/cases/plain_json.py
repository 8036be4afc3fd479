"""JSON as the case stores and hashes it: plain values only, one spelling for each."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, TypeVar

import numpy as np
import rfc8785

_Kind = TypeVar("_Kind", dict, list)  # type: ignore[type-arg]


def utc_now() -> str:
    """The time now, ISO 8601 in UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def clean_text(text: str) -> str:
    """Text that UTF-8 can carry: what it cannot (odd bytes in a file name) is spelled out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def plain(value: Any) -> Any:
    """Reduce a value to what JSON knows: dict, list, str, int, float, bool, None.

    Raises:
        TypeError: the value is of a kind that JSON cannot carry.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, str):
        return clean_text(str(value))
    if isinstance(value, int | float):
        return value
    if isinstance(value, PurePath):
        return clean_text(str(value))
    if isinstance(value, Mapping):
        return {plain(str(name)): plain(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [plain(item) for item in value]
    raise TypeError(f"JSON cannot carry {type(value).__name__}")


def to_json(value: Any) -> str:
    """Readable JSON text of a plain value, names in order.

    Raises:
        TypeError: the value is of a kind that JSON cannot carry.
        ValueError: a number is infinite or not a number.
    """
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True, allow_nan=False)


def canonical(value: Any) -> bytes:
    """Canonical JSON (RFC 8785) of a plain value: equal values give equal bytes.

    Raises:
        TypeError: the value is of a kind that JSON cannot carry.
        rfc8785.CanonicalizationError: a number lies outside what JSON carries exactly.
    """
    return rfc8785.dumps(plain(value))


def from_json(text: str, kind: type[_Kind]) -> _Kind:
    """Parse JSON text whose outermost value must be a dict or a list.

    Raises:
        ValueError: the text is no JSON, or something else.
        RecursionError: it nests deeper than anything this program writes.
    """
    value = json.loads(text)
    if not isinstance(value, kind):
        raise ValueError(f"a {type(value).__name__} where a {kind.__name__} belongs")
    return value


def from_canonical(text: str) -> Any:
    """Parse canonical JSON so that `canonical` of the result gives the same text again.

    Raises:
        ValueError: the text is no JSON.
    """
    return json.loads(text, parse_int=_whole_number)


def _whole_number(digits: str) -> int | float:
    """RFC 8785 writes large floats without a point; beyond 2**53 a number is a float."""
    number = int(digits)
    return number if abs(number) < 2**53 else float(digits)
