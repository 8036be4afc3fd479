"""Measured performance as a card states it: free JSON, read leniently, shown whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workstation.report import words

_CHIEF = 3
_NAMES = ("name", "title", "data", "set", "dataset", "on")
_REAL = ("n_real", "real", "reals", "n_authentic")
_FAKE = ("n_fake", "fake", "fakes", "n_synthetic")
_AUC = ("auc", "video_auc")
_INTERVAL = ("auc_interval", "interval", "auc_95", "ci95", "auc_ci95", "auc_ci", "interval_95")


@dataclass(frozen=True)
class Breakdown:
    """A measurement broken down: rows of one named field, as text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Evaluation:
    """One measurement of a detector, as text; "–" where the card does not state it.

    Attributes:
        rest: everything else that the card says about it, such as error rates.
        tables: what it breaks down by kind of material, such as findings at the thresholds.
    """

    name: str
    real: str
    fake: str
    auc: str
    interval: str
    rest: str
    tables: tuple[Breakdown, ...]

    @property
    def sentence(self) -> str:
        """The measurement in one line."""
        said = (
            f"{self.name}: AUC {self.auc} (95 % interval {self.interval};"
            f" {self.real} real, {self.fake} fake)"
        )
        return f"{said}; {self.rest}." if self.rest else f"{said}."


def evaluations(card: Mapping[str, Any]) -> list[Evaluation]:
    """The measurements on a card, in its order.

    Args:
        card: The card, plain JSON.
    """
    entries = card.get("evaluation") or ()
    return [_evaluation(entry) for entry in entries if isinstance(entry, Mapping)]


def chief_figures(card: Mapping[str, Any], elsewhere: str) -> list[str]:
    """The first measurements on a card as sentences, and how many more there are.

    Args:
        card: The card, plain JSON.
        elsewhere: where the others stand, such as "in the section “Method”".

    Returns:
        Nothing when the card states no measurement.
    """
    sentences = [entry.sentence for entry in evaluations(card) if entry.auc != "–"]
    more = len(sentences) - _CHIEF
    rest = [f"{more} further measurements stand {elsewhere}."] if more > 0 else []
    return sentences[:_CHIEF] + rest


def _evaluation(entry: Mapping[str, Any]) -> Evaluation:
    left = dict(entry)

    def take(keys: tuple[str, ...]) -> Any:
        return next((left.pop(key) for key in keys if left.get(key) is not None), None)

    name, real, fake = take(_NAMES), take(_REAL), take(_FAKE)
    auc, interval = take(_AUC), take(_INTERVAL)
    tables = [_breakdown(key, left.pop(key)) for key in list(left) if _is_rows(left[key])]
    others = {key: _figure(held) if isinstance(held, float) else held for key, held in left.items()}
    return Evaluation(
        name=str(name or "unnamed data"),
        real=_figure(real),
        fake=_figure(fake),
        auc=_figure(auc),
        interval=_interval(interval),
        rest=words.value(others) if others else "",
        tables=tuple(tables),
    )


def _is_rows(content: Any) -> bool:
    return (
        isinstance(content, list | tuple)
        and len(content) > 0
        and all(isinstance(row, Mapping) and len(row) > 0 for row in content)
    )


def _breakdown(title: str, rows: Any) -> Breakdown:
    keys = dict.fromkeys(str(key) for row in rows for key in row)
    columns = tuple(sorted(keys, key=lambda key: key not in _NAMES))
    return Breakdown(
        words.label(title).capitalize(),
        tuple(words.label(column) for column in columns),
        tuple(tuple(_figure(row.get(column)) for column in columns) for row in rows),
    )


def _figure(content: Any) -> str:
    if content is None:
        return "–"
    return f"{content:.2f}" if isinstance(content, float) else words.value(content)


def _interval(content: Any) -> str:
    ends = content if isinstance(content, list | tuple) else ()
    if len(ends) == 2 and all(isinstance(end, int | float) for end in ends):
        return f"{float(content[0]):.2f} to {float(content[1]):.2f}"
    return _figure(content)
