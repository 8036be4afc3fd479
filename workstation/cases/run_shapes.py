"""The shape of the JSON that a run leaves in the database, and what of it is refused.

A case may come from somebody else, and a run's card, settings and statistics are read all over the
program: by the window, the comparison, the report. What is read of them is of its kind, or the run
is said to be altered.
"""

from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeAlias

from workstation.cases.plain_json import from_json

_LONGEST = 2_000_000  # characters; a card has 1,000,000 at most
_DEEPEST = 40
_LARGEST = 2**53

_Shape: TypeAlias = Any


@dataclass(frozen=True)
class _Number:
    """A finite number within bounds; `maybe`: or null."""

    least: float = -1e15
    most: float = 1e15
    maybe: bool = False


@dataclass(frozen=True)
class _Each:
    """An object whose names are free and whose values are all of one shape."""

    shape: _Shape


_N = _Number()
_SHARE = _Number(0.0, 1.0)
_LOGARITHM = _Number(-300.0, 300.0)
_COUNT = _Number(0, _LARGEST)
_MAYBE = _Number(maybe=True)
_SPREAD = {"deviation": _Number(1e-9), "degrees": _Number(1), "measured_on": str}

# A name with a question mark may be missing or null; names that are not listed hold anything.
_CARD: _Shape = {
    **{f"{name}?": str for name in ("name", "title", "version", "network", "licence", "terms")},
    "weights?": {"sha256?": str},
    "preprocessing?": {"size?": _Number(1, 10_000), "margin?": _Number(0.1, 100)},
    "sequence?": {"length?": _COUNT},
    "decision?": {"low?": _SHARE, "high?": _SHARE, "minimum_frames?": _COUNT, "chosen?": str},
    "architecture?": {},
    "face_limits?": {},
    "training?": {},
    "evaluation?": [{}],
    "limits?": [str],
    "not_covered?": [str],
    "calibration?": {
        "intercept": _N,
        "slope": _N,
        "quality_slope": _N,
        "score_range": (_SHARE, _SHARE),
        "sharpness_range?": (_N, _N),
        "log10_bounds": (_LOGARITHM, _LOGARITHM),
        "real": _COUNT,
        "fake": _COUNT,
        "people": _COUNT,
        "material": str,
        "figures": {},
    },
    "domain?": {"ranges": _Each((_MAYBE, _MAYBE)), "share": _SHARE, "material": str},
    "references?": {"same_platform": _SPREAD, "any_platform": _SPREAD},
}
_STATISTICS: _Shape = {
    **{f"{name}?": _SHARE for name in ("mean", "peak", "share_above", "low", "high")},
    **{
        f"{name}?": _COUNT
        for name in ("scored", "counted", "faces", "segments", "undecodable", "sharpness")
    },
    "log10_lr?": _LOGARITHM,
    "unlike?": {},
}


def card_of(text: str) -> dict[str, Any]:
    """A detector's card as a run kept it.

    Raises:
        ValueError, TypeError: it is none.
    """
    return _read(text, _CARD)


def statistics_of(text: str) -> dict[str, Any]:
    """The statistics of a finding.

    Raises:
        ValueError, TypeError: they are none.
    """
    return _read(text, _STATISTICS)


def plain_of(text: str) -> dict[str, Any]:
    """Settings or versions of a run: an object of plain values.

    Raises:
        ValueError, TypeError: it is none.
    """
    return _read(text, {})


def _read(text: str, shape: _Shape) -> dict[str, Any]:
    if len(text) > _LONGEST:
        raise ValueError("longer than this program writes")
    value = from_json(text, dict)
    _refuse_odd(value, 0)
    _refuse_unlike(value, shape, "it")
    return value


def _refuse_odd(value: Any, depth: int) -> None:
    """Refuse what canonical JSON cannot hold, and what nests deeper than anything written here."""
    if depth > _DEEPEST:
        raise ValueError("nested deeper than this program writes")
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        if isinstance(value, int | float) and not (isfinite(value) and abs(value) < 1e300):
            raise ValueError("a number that is none")
        if isinstance(value, int) and abs(value) >= _LARGEST:
            raise ValueError("a whole number that canonical JSON cannot hold")
        return
    for inner in value:
        _refuse_odd(inner, depth + 1)


def _refuse_unlike(value: Any, shape: _Shape, place: str) -> None:
    if isinstance(shape, _Each):
        shape = dict.fromkeys(value, shape.shape) if isinstance(value, dict) else {}
    if isinstance(shape, _Number):
        _refuse_number(value, shape, place)
    elif isinstance(shape, dict):
        _refuse_kind(value, dict, place)
        for name, inner in shape.items():
            known = name.removesuffix("?")
            if known == name or value.get(known) is not None:
                _refuse_unlike(value[known], inner, f"{place}, {known}")
    elif isinstance(shape, list | tuple):
        _refuse_kind(value, list, place)
        each = shape if isinstance(shape, tuple) else shape * len(value)
        for one, inner in zip(value, each, strict=True):
            _refuse_unlike(one, inner, place)
    else:
        _refuse_kind(value, shape, place)


def _refuse_kind(value: Any, kind: type, place: str) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"{place} is a {type(value).__name__} where a {kind.__name__} belongs")


def _refuse_number(value: Any, shape: _Number, place: str) -> None:
    if value is None and shape.maybe:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{place} is no number")
    if not shape.least <= value <= shape.most:
        raise ValueError(f"{place} is out of bounds")
