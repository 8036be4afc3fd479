"""`workstation calibrate`: likelihood ratios and thresholds from labelled recordings."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workstation.commands.answers import Answer, table
from workstation.commands.detectors import short
from workstation.commands.groups import Commands, command
from workstation.errors import WorkstationError

if TYPE_CHECKING:
    from models.calibration import Calibration
    from models.card import Card
    from models.training.calibrating import Recordings

RATE = 0.05
EVALUATION = "evaluation.json"
_MOST_TEXT = 2**28  # characters of an evaluation
_UNCALIBRATED = "Scores are uncalibrated"
_CALIBRATED = (
    "Scores themselves are uncalibrated: they order material, they are no probabilities. The "
    "likelihood ratio of a track holds for recordings like those it was calibrated on."
)


@dataclass(frozen=True)
class Chosen:
    """The clips to calibrate with, and why the others are not among them."""

    clips: list[dict[str, Any]]
    left_out: dict[str, int]


def register(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    help = "fit likelihood ratios and thresholds on labelled recordings, onto a copy of the card"
    parser = command(commands, common, "calibrate", calibrate, help)
    parser.add_argument("named", metavar="DETECTOR", help="name, or path of a card")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--scores", type=Path, metavar="FILE", help="evaluation.json")
    source.add_argument("--data", type=Path, metavar="DIR", help="labelled clips, scored first")
    parser.add_argument("--out", type=Path, required=True, metavar="CARD", help="the new card")
    parser.add_argument(
        "--exclude", action="append", default=[], metavar="METHOD", help="as named; may be repeated"
    )
    for name, what in (("real-above", "authentic"), ("fake-below", "manipulated")):
        side = "above" if name == "real-above" else "below"
        text = f"at most this share of {what} recordings {side} the zone (default {RATE})"
        parser.add_argument(f"--{name}", type=_rate, default=RATE, metavar="SHARE", help=text)


def calibrate(arguments: argparse.Namespace) -> Answer:
    """Fit, write the card, and print what it rests on."""
    from models.training.calibrating import CalibrationError
    from models.training.calibrating import calibrate as fit
    from models.training.thresholds import calibrated_thresholds

    card = _card(arguments)
    if arguments.out.exists():
        raise WorkstationError(f"{arguments.out} is there already. Name a new file.")
    content = _evaluation(arguments, card)
    if content["detector"]["weights_sha256"] != card.weights.sha256:
        raise WorkstationError(
            "The evaluation is of other weights than the card's. Evaluate this detector first."
        )
    chosen = choose(content["clips"], arguments.exclude)
    overlap = check_people(card, chosen.clips)
    recordings = as_recordings(chosen.clips)
    try:
        made = fit(recordings, _material(content, chosen, arguments.exclude, overlap))
        decision = calibrated_thresholds(
            recordings,
            made,
            real_above=arguments.real_above,
            fake_below=arguments.fake_below,
            minimum_frames=card.decision.minimum_frames,
        )
    except CalibrationError as error:
        raise WorkstationError(str(error)) from error
    limits = tuple(_CALIBRATED if text.startswith(_UNCALIBRATED) else text for text in card.limits)
    new = replace(card, calibration=made, decision=decision, limits=limits)
    excluded = _excluded(content["clips"], arguments.exclude, new)
    _write(new, arguments.out)
    data = {
        "card": str(arguments.out),
        "calibration": asdict(made),
        "decision": {"low": decision.low, "high": decision.high, "chosen": decision.chosen},
        "left_out": chosen.left_out,
        "excluded_methods": excluded,
        "identities": overlap,
    }
    return Answer(data, _lines(made, data, recordings))


def choose(clips: Sequence[dict[str, Any]], excluded: Sequence[str]) -> Chosen:
    """The clips with a score whose method is not excluded.

    Raises:
        WorkstationError: A method to exclude is not among the clips.
    """
    methods = {clip["method"] for clip in clips if clip["fake"]}
    unknown = [name for name in excluded if name not in methods]
    if unknown:
        there = ", ".join(sorted(methods))
        raise WorkstationError(f"No recording is of the method “{unknown[0]}”. There are: {there}.")
    kept, left_out = [], {"without a score": 0, "of an excluded method": 0}
    for clip in clips:
        if clip["fake"] and clip["method"] in excluded:
            left_out["of an excluded method"] += 1
        elif clip["score"] is None:
            left_out["without a score"] += 1
        else:
            kept.append(clip)
    return Chosen(kept, left_out)


def check_people(card: "Card", clips: Sequence[dict[str, Any]]) -> str:
    """Refuse recordings of people the detector was trained on; say what was compared.

    Raises:
        WorkstationError: Somebody is on both sides, or a source is in both and nobody can tell.
    """
    stated = card.training.get("identities")
    people = {name for clip in clips for name in (clip["person"], clip["donor"]) if name}
    said = "the card does not list the people of the training"
    if isinstance(stated, list):
        both = sorted(people & {str(name) for name in stated})
        if both:
            raise WorkstationError(
                f"{len(both)} of the {len(people)} people are in the training as well, such as "
                f"{both[0]}. Calibrate with recordings of other people."
            )
        said = f"none of the {len(people)} people is among the {len(stated)} of the training"
    data = card.training.get("data")
    rows = [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []
    if isinstance(stated, list):
        # The people of its recordings are listed; those of its stills have no names.
        rows = [row for row in rows if "recordings" not in row]
        if not rows:
            return said
        said += " that the card lists"
    sources = {str(row.get("source")) for row in rows}
    shared = sorted(sources & {clip["source"] for clip in clips})
    if shared:
        raise WorkstationError(
            f"“{shared[0]}” was trained on and the card does not list whom it shows, so these "
            "recordings may be of the same people. Calibrate with recordings from elsewhere."
        )
    return f"{said}; no source of recordings is in both"


def as_recordings(clips: Sequence[dict[str, Any]]) -> "Recordings":
    """Clips of an evaluation as arrays."""
    import numpy as np

    from models.training.calibrating import Recordings

    sharpness = [(clip.get("quality") or {}).get("sharpness") for clip in clips]
    return Recordings(
        np.array([clip["score"] for clip in clips], np.float64),
        np.array([clip["fake"] for clip in clips], np.bool_),
        np.array([clip["person"] for clip in clips], np.str_),
        np.array([clip["donor"] for clip in clips], np.str_),
        np.array([np.nan if one is None else one for one in sharpness], np.float64),
    )


def _card(arguments: argparse.Namespace) -> "Card":
    from models.card import read_card
    from workstation.analysis.detector import find_detector, read_detector

    path = Path(arguments.named)
    known = path.is_file() or path.suffix == ".json"
    info = read_detector(path) if known else find_detector(arguments.named)
    return read_card(info.card_path)


def _evaluation(arguments: argparse.Namespace, card: "Card") -> dict[str, Any]:
    """What was measured, measured now where clips are named.

    Raises:
        WorkstationError: It cannot be read, or is no evaluation.
    """
    path = arguments.scores or _measure(arguments, card) / EVALUATION
    try:
        with path.open(encoding="utf-8") as file:
            content = json.loads(file.read(_MOST_TEXT))
        known = content["format"] == 2 and content["detector"]["weights_sha256"]
        fields = {"fake", "method", "source", "person", "donor", "score"}
        if not known or not all(fields <= set(clip) for clip in content["clips"]):
            raise KeyError("clips")
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise WorkstationError(
            f"{path} is not an evaluation that can be read ({error}). Make one with `workstation "
            "evaluate`."
        ) from error
    return dict(content)


def _measure(arguments: argparse.Namespace, card: "Card") -> Path:
    """Evaluate the detector on the clips, beside the new card."""
    from workstation.commands.program import build_parser

    _refuse_in_vain(arguments, card)
    folder = arguments.out.with_name(arguments.out.name.split(".")[0] + "-calibration")
    words = ["evaluate", arguments.named, "--data", str(arguments.data), "--out", str(folder)]
    measuring = build_parser().parse_args(words + (["--json"] if arguments.json else []))
    measuring.act(measuring)
    return Path(folder)


def _refuse_in_vain(arguments: argparse.Namespace, card: "Card") -> None:
    """Refuse recordings, before hours go into scoring them, that no score could make fit.

    Raises:
        WorkstationError: They are too few, of people of the training, or none is of a method named.
    """
    from models.training.calibrating import CalibrationError, check
    from workstation.commands.evaluation.clips import read_clips
    from workstation.commands.evaluation.document import labels

    listed = [labels(clip) | {"score": 0.5} for clip in read_clips(arguments.data).clips]
    chosen = choose(listed, arguments.exclude)
    check_people(card, chosen.clips)
    try:
        check(as_recordings(chosen.clips))
    except CalibrationError as error:
        raise WorkstationError(str(error)) from error


def _material(
    content: dict[str, Any], chosen: Chosen, excluded: Sequence[str], overlap: str
) -> str:
    sources = sorted({clip["source"] for clip in chosen.clips})
    said = f"{content['data']['folder']}: {', '.join(sources)}; {overlap}"
    return f"{said}; not among them: {', '.join(excluded)}" if excluded else said


def _excluded(
    clips: Sequence[dict[str, Any]], excluded: Sequence[str], card: "Card"
) -> dict[str, dict[str, int]]:
    """Where recordings of the excluded methods lie: a low score must not read as authentic."""
    found = {}
    for name in excluded:
        scores = [c["score"] for c in clips if c["method"] == name and c["score"] is not None]
        found[name] = {
            "recordings": len(scores),
            "above the zone": sum(score > card.decision.high for score in scores),
            "below the zone": sum(score < card.decision.low for score in scores),
        }
    return found


def _write(card: "Card", path: Path) -> None:
    from models.card import write_card

    try:
        write_card(card, path)
    except OSError as error:
        raise WorkstationError(
            f"The card cannot be written to {path}: {error.strerror}."
        ) from error


def _lines(made: "Calibration", data: dict[str, Any], recordings: "Recordings") -> list[str]:
    from workstation.analysis.trust import calibration_sentence, ratio_words

    section, figures = data["calibration"], made.figures
    people = {
        kind: len(set(recordings.people[recordings.fake == kind].tolist())) for kind in (0, 1)
    }
    rows = [
        ("authentic", made.real, people[0]),
        ("manipulated", made.fake, people[1]),
    ]
    low, high = made.log10_bounds
    lines = table(("recordings", "count", "people filmed"), rows)
    lines += ["", *(f"{name}: {short(value)}" for name, value in figures.items())]
    lines += [
        f"bounds of the likelihood ratio: {ratio_words(low)} to {ratio_words(high)}",
        f"range of scores: {made.score_range[0]:.2f} to {made.score_range[1]:.2f}",
        f"picture quality: {'used' if section['quality_slope'] else 'not used'}",
        f"thresholds: {data['decision']['low']:.2f} and {data['decision']['high']:.2f}",
        data["decision"]["chosen"],
        f"people: {data['identities']}",
        calibration_sentence(section),
    ]
    lines += [f"left out, {why}: {count}" for why, count in data["left_out"].items() if count]
    for method, counts in data["excluded_methods"].items():
        said = ", ".join(f"{count} {where}" for where, count in counts.items())
        lines.append(f"excluded, {method}: {said}")
    return [*lines, f"The card was written to {data['card']}."]


def _rate(text: str) -> float:
    value = float(text)
    if not 0.0 <= value < 0.5:
        raise argparse.ArgumentTypeError("a share from 0 to below 0.5 is wanted")
    return value
