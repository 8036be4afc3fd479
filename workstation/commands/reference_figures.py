"""`workstation references evaluate`: how often the relative answer is right on labelled clips."""

import argparse
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.comparison import COVERAGE, MINIMUM_RECORDINGS, Relation, Spread
from workstation.commands.answers import Answer
from workstation.commands.groups import Commands, command, write_file
from workstation.commands.reference_trials import (
    Trial,
    estimate,
    original_trials,
    person_trials,
    platform_trials,
    recordings,
)
from workstation.errors import WorkstationError

FORMAT = 2
SETS = {
    "same platform": platform_trials,
    "same person": person_trials,
    "own original": original_trials,
}
TREATED = (
    "A recording, its compressions and everything made from it are never references of each other; "
    "of several copies of a reference recording one counts. The spread known beforehand comes from "
    "the real clips of the other sources. “own original” is no case of references: it holds a fake "
    "against the recording it was made from, and a real clip against its other compression."
)

_MOST_TEXT = 2**28  # characters


def register(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add the group with its one command."""
    group = commands.add_parser("references", help="measure the comparison with references")
    acts = group.add_subparsers(metavar="ACT", required=True)
    help = "trials of the relative answer on the scores of an evaluation"
    parser = command(acts, common, "evaluate", evaluate, help)
    scores = "evaluation.json, as workstation evaluate wrote it"
    parser.add_argument("--scores", type=Path, required=True, metavar="FILE", help=scores)
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the figures here too, JSON")
    card = "the detector's card: the spread of authentic recordings is written on it"
    parser.add_argument("--card", type=Path, metavar="FILE", help=card)


def evaluate(arguments: argparse.Namespace) -> Answer:
    """Hold every labelled clip against references among the others, and count."""
    content = read_scores(arguments.scores)
    found = figures(content)
    if arguments.out is not None:
        text = json.dumps(found, indent=2, allow_nan=False).encode()
        write_file(arguments.out, text, "The figures")
    lines = markdown(found)
    if arguments.card is not None:
        write_spread(arguments.card, found)
        lines.append(f"The spread of authentic recordings was written on {arguments.card.name}.")
    return Answer(found, lines)


def read_scores(path: Path) -> Mapping[str, Any]:
    """An evaluation's JSON.

    Raises:
        WorkstationError: it cannot be read, or is not one that holds the scores of every track.
    """
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_MOST_TEXT + 1)
        content = json.loads(text) if len(text) <= _MOST_TEXT else None
    except OSError as error:
        raise WorkstationError(f"{path} cannot be read ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:
        raise WorkstationError(
            f"{path.name} is no evaluation: it is not JSON. Name the evaluation.json that "
            "“workstation evaluate” wrote."
        ) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise WorkstationError(
            f"{path.name} does not hold the scores of every face track. Make it anew with: "
            "workstation evaluate"
        )
    return content


def figures(content: Mapping[str, Any]) -> dict[str, Any]:
    """Every figure as plain JSON.

    Args:
        content: An evaluation's JSON.

    Raises:
        WorkstationError: no clip can be compared.
    """
    held = recordings(content["clips"])
    if not held:
        raise WorkstationError("No clip of the evaluation has a face track that is long enough.")
    return {
        "detector": content["detector"]["name"],
        "weights_sha256": content["detector"]["weights_sha256"],
        "minimum_recordings": MINIMUM_RECORDINGS,
        "interval": f"{COVERAGE:.0%} prediction interval, Student's t on mean logits",
        "intervals_of_figures": "95 %, bootstrap over the people filmed",
        "treated": TREATED,
        "spread": {
            name: _plain(estimate(held, same_platform=same))
            for name, same in (("same_platform", True), ("any_platform", False))
        },
        "sets": {name: _set(make(held)) for name, make in SETS.items()},
    }


def _plain(spread: Spread | None) -> dict[str, Any] | None:
    if spread is None:
        return None
    return asdict(spread) | {"deviation": round(spread.deviation, 4)}


def _set(trials: Sequence[Trial]) -> dict[str, Any]:
    fakes = [trial for trial in trials if trial.questioned.fake]
    reals = [trial for trial in trials if not trial.questioned.fake]
    return {
        "references": sorted({len(trial.references) for trial in trials}),
        "fake": _side(fakes),
        "real": _side(reals),
        "auc": _aucs(trials) if fakes and reals else None,
        "groups": _groups(trials),
        "trials": [_trial(trial) for trial in trials],
    }


def _side(trials: Sequence[Trial]) -> dict[str, Any]:
    """Counts of each relation, and shares with intervals, of fakes or of reals."""
    counts = Counter(trial.comparison.relation for trial in trials)
    said = {str(relation): counts[relation] for relation in Relation}
    view: dict[str, Any] = {"trials": len(trials), "relations": said}
    if trials:
        view |= _shares(
            [trial.questioned.person for trial in trials],
            {
                "higher": [trial.comparison.relation is Relation.HIGHER for trial in trials],
                "inside_interval": [_inside(trial) for trial in trials],
                "above_mean": [_above(trial) for trial in trials],
            },
        )
    return view


def _inside(trial: Trial) -> bool:
    found = trial.comparison
    if found.low is None or found.high is None:
        return False
    return found.low <= found.questioned <= found.high


def _above(trial: Trial) -> bool:
    return trial.comparison.mean is not None and trial.comparison.questioned > trial.comparison.mean


def _shares(people: Sequence[str], hits: Mapping[str, Sequence[bool]]) -> dict[str, list[float]]:
    from models.training.resampling import PersonBootstrap

    told = {name: np.array(values, np.float64) for name, values in hits.items()}

    def measures(weights: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        with np.errstate(invalid="ignore"):
            return {name: weights @ values / weights.sum(1) for name, values in told.items()}

    found = PersonBootstrap(np.array(people)).intervals(measures)
    return {name: [one.value, one.low, one.high] for name, one in found.items()}


def _aucs(trials: Sequence[Trial]) -> dict[str, list[float]]:
    """AUC of the difference from the references and of the track alone, and what is gained."""
    from models.training.resampling import PersonBootstrap

    fake = np.array([trial.questioned.fake for trial in trials])
    alone = np.array([trial.questioned.logit for trial in trials])
    beside = np.array([trial.comparison.distance or 0.0 for trial in trials])

    def measures(weights: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        one, other = (_auc(values, fake, weights) for values in (beside, alone))
        return {"beside": one, "alone": other, "gain": one - other}

    people = np.array([trial.questioned.person for trial in trials])
    found = PersonBootstrap(people).intervals(measures)
    return {name: [value.value, value.low, value.high] for name, value in found.items()}


def _auc(
    values: NDArray[np.float64], fake: NDArray[np.bool_], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """AUC for each row of weights, ties counted half; NaN where a side has no weight."""
    ahead = values[fake][:, None] - values[~fake][None, :]
    won = (ahead > 0) + 0.5 * (ahead == 0)
    of_fakes, of_reals = weights[:, fake], weights[:, ~fake]
    with np.errstate(invalid="ignore", divide="ignore"):
        total = of_fakes.sum(1) * of_reals.sum(1)
        shares: NDArray[np.float64] = ((of_fakes @ won) * of_reals).sum(1) / total
        return shares


def _groups(trials: Sequence[Trial]) -> list[dict[str, Any]]:
    """Counts by method, or source for real clips, and compression."""
    rows: dict[str, list[Trial]] = {}
    for trial in trials:
        one = trial.questioned
        of = one.method if one.fake else f"real, {one.source}"
        rows.setdefault(f"{of}, {one.compression}", []).append(trial)
    return [
        {
            "name": name,
            "trials": len(held),
            "higher": sum(trial.comparison.relation is Relation.HIGHER for trial in held),
            "above_mean": sum(_above(trial) for trial in held),
        }
        for name, held in sorted(rows.items())
    ]


def _trial(trial: Trial) -> dict[str, Any]:
    found, one = trial.comparison, trial.questioned
    return {
        "file": one.file,
        "fake": one.fake,
        "person": one.person,
        "references": [real.file for real in trial.references],
        "mean_logit": found.questioned,
        "references_mean": found.mean,
        "interval": None if found.low is None else [found.low, found.high],
        "relation": str(found.relation),
    }


def write_spread(path: Path, found: Mapping[str, Any]) -> None:
    """Write the measured spread on a card.

    Raises:
        WorkstationError: the card belongs to other weights, cannot be read or written, or no
            spread was measured.
    """
    from dataclasses import replace

    from models.card import read_card, write_card
    from models.fields import CardError
    from models.references import RecordingSpread, ReferenceSpread

    spread = found["spread"]
    if None in spread.values():
        raise WorkstationError(
            "Too few real clips of different people to measure how far authentic recordings lie "
            "apart; the card was left as it is."
        )
    try:
        card = read_card(path)
        if card.weights.sha256 != found["weights_sha256"]:
            raise WorkstationError(
                f"{path.name} is the card of other weights than those that were evaluated; it was "
                "left as it is."
            )
        parts = {name: RecordingSpread(**part) for name, part in spread.items()}
        write_card(replace(card, references=ReferenceSpread(**parts)), path)
    except (CardError, OSError) as error:
        raise WorkstationError(f"The card cannot be changed: {error}") from error


def markdown(found: Mapping[str, Any]) -> list[str]:
    """The figures as Markdown tables."""
    lines = [
        f"Detector {found['detector']}, weights SHA-256 {found['weights_sha256']}.",
        "",
        *(
            f"Standard deviation between authentic recordings, {name.replace('_', ' ')}: "
            + (f"{part['deviation']:.2f} ({part['measured_on']})." if part else "not measured.")
            for name, part in found["spread"].items()
        ),
        "",
        "| references | in question | trials | higher | like | lower | too few | inside interval "
        "| above mean |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, held in found["sets"].items():
        lines += [_row(name, side, held[side]) for side in ("fake", "real") if held[side]["trials"]]
    lines += [
        "",
        "| references | AUC beside them | AUC alone, same clips | gain |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {name} | " + " | ".join(map(_figure, held["auc"].values())) + " |"
        for name, held in found["sets"].items()
        if held["auc"]
    ]
    return [*lines, "", found["treated"]]


def _row(name: str, side: str, held: Mapping[str, Any]) -> str:
    counts = " | ".join(str(count) for count in held["relations"].values())
    shares = " | ".join(_figure(held[key]) for key in ("inside_interval", "above_mean"))
    return f"| {name} | {side} | {held['trials']} | {counts} | {shares} |"


def _figure(figure: Sequence[float]) -> str:
    value, low, high = figure
    return f"{value:.2f} [{low:.2f}, {high:.2f}]"
