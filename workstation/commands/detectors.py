"""`workstation detectors`: what is installed to score with, and what was measured of it."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from workstation.commands.answers import FAILURE, SUCCESS, Answer
from workstation.commands.groups import Commands, command

if TYPE_CHECKING:
    from workstation.analysis.detector import DetectorInfo

CARD_FIELDS = (
    *("title", "version", "network", "decision", "calibration", "domain"),
    *("evaluation", "not_covered", "limits"),
)


def register(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    command(commands, common, "detectors", show, "installed detectors with their measured figures")


def show(_arguments: argparse.Namespace) -> Answer:
    """The detectors, best first; exit status 1 when there is none."""
    from workstation.analysis.detector import (
        available_detectors,
        default_detector,
        unusable_cards,
    )

    detectors = available_detectors()
    unusable = [f"UNUSABLE  {path}: {reason}" for path, reason in unusable_cards().items()]
    if not detectors:
        none = "No detector is installed, so nothing can be scored."
        return Answer([], [none, *unusable], FAILURE)
    default = default_detector().name
    data = [detector_view(info, default) for info in detectors]
    lines = [line for view in data for line in detector_lines(view)]
    return Answer(data, [*lines, *unusable], SUCCESS)


def detector_view(info: "DetectorInfo", default: str) -> dict[str, Any]:
    """A detector's card in short, as plain JSON."""
    return {
        "name": info.name,
        "default": info.name == default,
        **{name: info.card.get(name) for name in CARD_FIELDS},
        "licence": info.card.get("licence"),
        "terms": info.card.get("terms"),
        "weights_sha256": info.weights_sha256,
        "card": str(info.card_path),
    }


def detector_lines(view: dict[str, Any]) -> Iterator[str]:
    """A detector in words: name, chief measurements with counts and intervals, limits."""
    from workstation.report.card_figures import chief_figures

    yield f"{view['name']}{' (default)' if view['default'] else ''}: {view['title']}"
    yield f"      weights SHA-256 {view['weights_sha256']}"
    yield f"      licence {view['licence']}"
    yield f"      {_calibrated(view['calibration'])}"
    yield from (
        f"      measured: {said}" for said in chief_figures(view, "in the card named below")
    )
    yield from (f"      limit: {text}" for text in view["limits"] or ())
    yield from (f"      not covered: {text}" for text in view["not_covered"] or ())
    yield f"      card {view['card']}"


def _calibrated(calibration: dict[str, Any] | None) -> str:
    from workstation.analysis.trust import calibration_sentence

    if calibration is None:
        return "Not calibrated: no likelihood ratio is given."
    return calibration_sentence(calibration)


def short(value: Any) -> str:
    """A figure of a card in few words."""
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(short(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {short(item)}" for name, item in value.items()) + "}"
    return str(value)
