"""How far a card lets a score be trusted: faces like the training's, and what a score weighs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from models.calibration import Strength

_SCALE = (
    (6.0, "extremely strong"),
    (4.0, "very strong"),
    (3.0, "strong"),
    (2.0, "moderately strong"),
    (1.0, "moderate"),
    (0.301, "weak"),
)
"""The verbal scale of the ENFSI Guideline for Evaluative Reporting in Forensic Science (2015): the
decimal logarithm from which on a word holds; a ratio under 2 supports neither proposition."""


def measure(
    crop: NDArray[np.uint8], landmarks: NDArray[np.float32], card: Mapping[str, Any]
) -> NDArray[np.float32]:
    """Pose and picture of a face, float32 ``(7,)`` as in `models.domain.measure`.

    Args:
        crop: RGB, uint8 ``(S, S, 3)``, cut as the card says.
        landmarks: It was cut by these, float ``(5, 2)``, pixels of the frame.
        card: Plain JSON.

    Raises:
        ValueError: The landmarks are unusable.
    """
    from models.domain import measure as of_face

    return of_face(crop, landmarks, card["preprocessing"]["margin"])


def outside(measures: NDArray[np.float32], card: Mapping[str, Any]) -> NDArray[np.int16]:
    """Which training ranges faces lie outside of.

    Args:
        measures: float32 ``(N, 7)``, from `measure`.
        card: Plain JSON.

    Returns:
        int16 ``(N,)``, as `FaceTable.outside`; -1 throughout where the card states no ranges.
    """
    from models.domain import outside as of_ranges

    domain = card.get("domain")
    if domain is None:
        return np.full(len(measures), -1, np.int16)
    return of_ranges(measures, domain["ranges"])


def weigh(card: Mapping[str, Any], mean: float, sharpness: float | None) -> Strength | None:
    """The likelihood ratio of a track's mean score, or None where the card has no calibration.

    Args:
        card: Plain JSON.
        mean: Mean score, 0..1.
        sharpness: Median sharpness of the faces it rests on, None where it was not measured.
    """
    from models.calibration import weigh as by_calibration

    calibration = card.get("calibration")
    return None if calibration is None else by_calibration(calibration, mean, sharpness)


def ratio_words(log10_lr: float) -> str:
    """A likelihood ratio for people, two digits of it: "4.2", "1/15", "1".

    Args:
        log10_lr: Its decimal logarithm.
    """
    size = 10.0 ** abs(log10_lr)
    text = f"{size:.1f}".removesuffix(".0") if size < 9.95 else f"{float(f'{size:.2g}'):,.0f}"
    return text if log10_lr >= 0 or text == "1" else f"1/{text}"


def supports(log10_lr: float) -> bool:
    """Whether a likelihood ratio is far enough above 1 to support a proposition at all.

    Args:
        log10_lr: Its decimal logarithm.
    """
    return log10_lr >= _SCALE[-1][0]


def support_words(log10_lr: float) -> str:
    """What a likelihood ratio supports and how strongly, on ENFSI's verbal scale.

    Args:
        log10_lr: Its decimal logarithm.
    """
    if not supports(abs(log10_lr)):
        return "too near 1 to support either side"
    word = next(word for least, word in _SCALE if abs(log10_lr) >= least)
    if log10_lr > 0:
        return f"{word} support for manipulation of the kinds covered"
    return (
        f"{word} support against manipulation of the kinds covered; it says nothing about other "
        "kinds"
    )


def strength_sentences(card: Mapping[str, Any], strength: Strength) -> list[str]:
    """A likelihood ratio, and what it rests on.

    Args:
        card: Plain JSON, with a calibration.
        strength: From `weigh`.
    """
    said = (
        f"Likelihood ratio about {ratio_words(strength.log10_lr)}: "
        f"{support_words(strength.log10_lr)}."
    )
    notes = []
    if strength.outside:
        which = "Score or sharpness" if card["calibration"]["quality_slope"] else "The score"
        notes.append(
            f"{which} lies outside the range of the calibration recordings and counts as the "
            "nearest inside it."
        )
    if strength.bounded:
        notes.append("The ratio is held at the bound that so few recordings support.")
    return [said, " ".join([*notes, calibration_sentence(card["calibration"])])]


def calibration_sentence(calibration: Mapping[str, Any]) -> str:
    """What a calibration rests on and how far it reaches, in one sentence.

    Args:
        calibration: The card's section.
    """
    lowest, highest = calibration["score_range"]
    low, high = calibration["log10_bounds"]
    return (
        f"Calibrated on {calibration['real']} authentic and {calibration['fake']} manipulated "
        f"recordings of {calibration['people']} people, with mean scores from {lowest:.2f} to "
        f"{highest:.2f}; they support ratios from {ratio_words(low)} to {ratio_words(high)}."
    )
