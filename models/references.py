"""How far authentic recordings lie apart, as a card states it: what references are held against."""

from __future__ import annotations

from dataclasses import dataclass

from models.fields import Fields


@dataclass(frozen=True)
class RecordingSpread:
    """Standard deviation between mean logits of authentic recordings.

    `degrees` of freedom is what it was estimated with; `measured_on` says on what.
    """

    deviation: float
    degrees: int
    measured_on: str


@dataclass(frozen=True)
class ReferenceSpread:
    """For references that share the platform with the questioned recording, and for others."""

    same_platform: RecordingSpread
    any_platform: RecordingSpread


def read_reference_spread(fields: Fields) -> ReferenceSpread:
    """Read the section of a card.

    Args:
        fields: The section.

    Raises:
        CardError: A field is missing, unknown, of the wrong kind or out of bounds.
    """
    return fields.finished(
        ReferenceSpread(
            same_platform=_spread(fields.section("same_platform")),
            any_platform=_spread(fields.section("any_platform")),
        )
    )


def _spread(fields: Fields) -> RecordingSpread:
    return fields.finished(
        RecordingSpread(
            deviation=fields.number("deviation", 1e-6, 100.0),
            degrees=fields.whole("degrees", 1, 1_000_000),
            measured_on=fields.text("measured_on"),
        )
    )
