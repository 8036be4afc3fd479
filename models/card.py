"""The card beside the weights: what a network is, what made it, what it was measured to do."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from models.calibration import Calibration, read_calibration
from models.domain import Domain, read_domain
from models.fields import CardError, Fields, JsonValue
from models.references import ReferenceSpread, read_reference_spread
from models.untrusted import read_json

FORMAT = 1
_LARGEST_CARD = 1_000_000

__all__ = [
    "FORMAT",
    "Architecture",
    "Card",
    "CardError",
    "Decision",
    "FaceLimits",
    "Preprocessing",
    "Sequence",
    "WeightsFile",
    "read_card",
    "write_card",
]


@dataclass(frozen=True)
class Architecture:
    """Sizes a network is built with. `frame_head`: each crop also speaks for itself."""

    embedding_size: int
    hidden_size: int
    layers: int
    dropout: float
    frame_head: bool


@dataclass(frozen=True)
class WeightsFile:
    """The file with the numbers: its name beside the card, SHA-256, size, stored precision."""

    file: str
    sha256: str
    bytes: int
    precision: str


@dataclass(frozen=True)
class Preprocessing:
    """How a crop is made.

    `models.preprocessing.align_face` at `size` pixels and `margin` face sizes, then `normalise`
    with `mean` and `std` (0..1, in `colour_order`).
    """

    alignment: str
    size: int
    margin: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    colour_order: str


@dataclass(frozen=True)
class Sequence:
    """What the LSTM sees at once.

    `length` consecutive crops; a new sequence starts every `stride` crops, and a crop takes its
    score from the earliest sequence that holds it.
    """

    length: int
    stride: int


@dataclass(frozen=True)
class Decision:
    """How a track's mean score becomes a finding.

    Under `low` it does not support manipulation, over `high` it supports it, between it is
    inconclusive, and so is a track with fewer than `minimum_frames` scored frames.
    """

    low: float
    high: float
    minimum_frames: int
    chosen: str


@dataclass(frozen=True)
class FaceLimits:
    """Under these a face is too small or too blurred to score.

    `minimum_size` is the face box's shorter side in pixels of the frame; `minimum_sharpness` the
    variance of the Laplacian of the crop's luma (0..255).
    """

    minimum_size: int
    minimum_sharpness: float


@dataclass(frozen=True)
class Card:
    """All facts about one set of weights.

    `training` and `evaluation` are free JSON for people and reports: data with counts and terms,
    recipe, command, seed, duration; and named results with counts, AUC, intervals, error rates.
    Without a `calibration` there is no likelihood ratio, without a `domain` no face is held against
    the training's ranges, without `references` the spread between authentic recordings is unknown.
    """

    name: str
    title: str
    version: str
    network: str
    architecture: Architecture
    weights: WeightsFile
    preprocessing: Preprocessing
    labels: tuple[str, str]
    sequence: Sequence
    decision: Decision
    face_limits: FaceLimits
    training: dict[str, JsonValue]
    evaluation: tuple[dict[str, JsonValue], ...]
    not_covered: tuple[str, ...]
    limits: tuple[str, ...]
    licence: str
    terms: str
    calibration: Calibration | None = None
    domain: Domain | None = None
    references: ReferenceSpread | None = None


def read_card(path: Path) -> Card:
    """Read and check a card.

    Args:
        path: The JSON file.

    Raises:
        CardError: The file is missing, too large, no JSON, of an unknown format, or a field is
            missing, unknown, of the wrong kind or out of bounds.
    """
    try:
        content = read_json(path, _LARGEST_CARD)
    except (OSError, ValueError) as error:
        raise CardError(f"{path.name} cannot be read as a model card: {error}.") from error
    if not isinstance(content, dict):
        raise CardError(f"{path.name} is not a model card.")
    return parse_card(content)


def write_card(card: Card, path: Path) -> None:
    """Write a card as indented JSON.

    Args:
        card: Checked once more before it is written.
        path: The JSON file; overwritten.

    Raises:
        CardError: The card would not read back.
        OSError: The file cannot be written.
    """
    content = {name: value for name, value in asdict(card).items() if value is not None}
    text = json.dumps({"format": FORMAT} | content, indent=2, ensure_ascii=False)
    parse_card(json.loads(text))
    path.write_text(text + "\n", encoding="utf-8")


def parse_card(content: dict[str, Any]) -> Card:
    """Check a card's JSON object.

    Args:
        content: As `json.loads` gives it.

    Raises:
        CardError: As for `read_card`.
    """
    fields = Fields(content, "card")
    fields.constant("format", FORMAT)
    architecture, weights = fields.section("architecture"), fields.section("weights")
    calibration = fields.optional_section("calibration")
    domain = fields.optional_section("domain")
    references = fields.optional_section("references")
    card = Card(
        name=fields.word("name"),
        title=fields.text("title"),
        version=fields.text("version"),
        network=_network(fields.word("network")),
        architecture=_architecture(architecture),
        weights=_weights(weights),
        preprocessing=_preprocessing(fields.section("preprocessing")),
        labels=_labels(fields.texts("labels")),
        sequence=_sequence(fields.section("sequence")),
        decision=_decision(fields.section("decision")),
        face_limits=_face_limits(fields.section("face_limits")),
        training=fields.mapping("training"),
        evaluation=fields.mappings("evaluation"),
        not_covered=fields.texts("not_covered"),
        limits=fields.texts("limits"),
        licence=fields.text("licence"),
        terms=fields.text("terms"),
        calibration=None if calibration is None else read_calibration(calibration),
        domain=None if domain is None else read_domain(domain),
        references=None if references is None else read_reference_spread(references),
    )
    fields.finish()
    return card


def _network(name: str) -> str:
    from models import NETWORKS

    if name not in NETWORKS:
        raise CardError(f"The card asks for the network “{name}”, which this version lacks.")
    return name


def _architecture(fields: Fields) -> Architecture:
    return fields.finished(
        Architecture(
            embedding_size=fields.whole("embedding_size", 1, 8192),
            hidden_size=fields.whole("hidden_size", 1, 4096),
            layers=fields.whole("layers", 1, 4),
            dropout=fields.number("dropout", 0.0, 0.95),
            frame_head=fields.truth("frame_head"),
        )
    )


def _weights(fields: Fields) -> WeightsFile:
    weights = WeightsFile(
        file=fields.file_name("file"),
        sha256=fields.sha256("sha256"),
        bytes=fields.whole("bytes", 1, 4_000_000_000),
        precision=fields.choice("precision", ("fp16", "fp32")),
    )
    return fields.finished(weights)


def _preprocessing(fields: Fields) -> Preprocessing:
    return fields.finished(
        Preprocessing(
            alignment=fields.choice("alignment", ("five_points_similarity",)),
            size=fields.whole("size", 32, 640),
            margin=fields.number("margin", 0.5, 4.0),
            mean=fields.three("mean", -1.0, 2.0),
            std=fields.three("std", 0.01, 2.0),
            colour_order=fields.choice("colour_order", ("RGB",)),
        )
    )


def _labels(names: tuple[str, ...]) -> tuple[str, str]:
    if names != ("authentic", "synthetic"):
        raise CardError("The card's labels must be “authentic” and “synthetic”, in this order.")
    return ("authentic", "synthetic")


def _sequence(fields: Fields) -> Sequence:
    length = fields.whole("length", 1, 1024)
    return fields.finished(Sequence(length=length, stride=fields.whole("stride", 1, length)))


def _decision(fields: Fields) -> Decision:
    decision = Decision(
        low=fields.number("low", 0.0, 1.0),
        high=fields.number("high", 0.0, 1.0),
        minimum_frames=fields.whole("minimum_frames", 1, 100_000),
        chosen=fields.text("chosen"),
    )
    if decision.low > decision.high:
        raise CardError("The card's lower threshold lies above its upper one.")
    return fields.finished(decision)


def _face_limits(fields: Fields) -> FaceLimits:
    return fields.finished(
        FaceLimits(
            minimum_size=fields.whole("minimum_size", 1, 10_000),
            minimum_sharpness=fields.number("minimum_sharpness", 0.0, 100_000.0),
        )
    )
