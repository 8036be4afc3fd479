"""An evaluation's figures as a card states them."""

import json
from typing import TYPE_CHECKING, Any

from workstation.errors import DetectorError

if TYPE_CHECKING:
    from workstation.analysis.detector import DetectorInfo

_ON_CARD = ("all", "tier", "pool", "method")


def card_with_figures(info: "DetectorInfo", content: dict[str, Any]) -> bytes:
    """A copy of a detector's card whose evaluation is this one.

    Args:
        info: The detector measured.
        content: From `document.document`.

    Returns:
        The card as JSON.

    Raises:
        DetectorError: The card would not read back.
    """
    from models.card import CardError, parse_card

    # The file itself, not what was read from it: sections that were left out stay out.
    card = json.loads(info.card_path.read_text(encoding="utf-8"))
    card["evaluation"] = entries(content)
    try:
        parse_card(json.loads(json.dumps(card)))
    except CardError as error:
        raise DetectorError(f"The figures do not go onto the card: {error}") from error
    return (json.dumps(card, indent=2, ensure_ascii=False) + "\n").encode()


def entries(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Named results with counts, figures, intervals and the command.

    Args:
        content: From `document.document`.
    """
    figures, data = content["figures"], content["data"]
    rows = [row for row in figures["clips"] if row["kind"] in _ON_CARD]
    listed = [_entry(row) for row in rows]
    whole = {
        "name": f"Findings on {data['clips']} labelled clips, {data['frames']} frames",
        "real": data["real"],
        "fake": data["fake"],
        "people": data["people"],
        "findings": _findings(figures),
        "real clips called manipulated": _called(figures["called_manipulated"].get("real")),
        "fake clips called manipulated": _called(figures["called_manipulated"].get("fake")),
        "intervals": "exact binomial, clips taken as independent",
        "manipulated clips above their own original": (
            f"{figures['above_original']['above']} of {figures['above_original']['pairs']}"
        ),
        "command": content["analysis"]["command"],
    }
    calibration = _calibration(figures)
    return [*listed[:1], whole, *listed[1:], *([calibration] if calibration else [])]


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    at = row["at_upper"]
    return {
        "name": f"Labelled clips: {row['name']}",
        "real": row["real"],
        "fake": row["fake"],
        "people": row["people"],
        "auc": row["auc"][0],
        "auc_95": row["auc"][1:],
        "equal error rate": row["equal_error_rate"][0],
        "average precision": row["average_precision"][0],
        "true and false positives at the upper threshold": (
            f"{at['confusion']['true_positives']} and {at['confusion']['false_positives']}"
        ),
    }


def _findings(figures: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if value != 0 or name != "no result"}
        for row in figures["findings"]
    ]


def _called(row: dict[str, Any] | None) -> str:
    if row is None:
        return "no such clips"
    return f"{row['count']} of {row['clips']} ({row['low']:.0%} to {row['high']:.0%})"


_CALIBRATION = (
    ("ece", "calibration error"),
    ("ece_by_chance", "calibration error of perfect ratios in as few recordings"),
    ("cllr", "Cllr"),
)


def _calibration(figures: dict[str, Any]) -> dict[str, Any] | None:
    part = figures["reliability"]
    if part["before"] is None:
        return None
    said = {
        "before calibration": part["before"],
        "after the card's calibration": part["after"],
        "refitted on these clips, each without the person measured": part["left_out"],
    }
    return {
        "name": "Calibration on the labelled clips",
        **{
            f"{figure} {when}": found[key][0]
            for when, found in said.items()
            if found
            for key, figure in _CALIBRATION
        },
    }
