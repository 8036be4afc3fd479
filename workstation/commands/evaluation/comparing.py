"""What sequence lengths and the order of frames are worth, on the same faces."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from workstation.commands.evaluation.figures import (
    DRAWS,
    FRAME_DRAWS,
    HALF,
    Cases,
    clip_cases,
    frame_cases,
    interval,
    plain,
)
from workstation.commands.evaluation.groups import Group, groups
from workstation.commands.evaluation.rescoring import (
    FRAMES_ALONE,
    LENGTHS,
    SHUFFLED,
    first,
    whole,
)
from workstation.commands.evaluation.running import ClipResult

PUBLISHED = {10: 84.21, 20: 87.79, 40: 89.35, 60: 90.59, 80: 91.50, 100: 93.59}
PUBLISHED_BY = (
    "Per cent of videos right, as stated in the README of abhijitjadhav1998/"
    "Deepfake_detection_using_deep_learning (commit 074d0b9): one network per length, on its own "
    "test part of 6,000 videos split by video, not by person. Other data: not comparable, printed "
    "as the table that these lengths come from."
)
_COMPARED = ("all", "tier", "pool")


def sequence_lengths(results: Sequence[ClipResult]) -> dict[str, Any]:
    """Figures for each sequence length, beside those published for it.

    Args:
        results: All clips, scored in every way.
    """
    scored = [result for result in results if result.score() is not None]
    both = next((group for group in groups(scored) if group.kind == "all"), None)
    lengths = [] if both is None else [_of_length(length, both) for length in LENGTHS]
    return {"lengths": lengths, "published_by": PUBLISHED_BY}


def _of_length(length: int, group: Group) -> dict[str, Any]:
    return {
        "length": length,
        "whole_clip": _accuracy_and_auc(clip_cases(group.members, whole(length))),
        "first_faces": _accuracy_and_auc(clip_cases(group.members, first(length))),
        "published_accuracy": PUBLISHED[length] / 100,
    }


def _accuracy_and_auc(cases: Cases) -> dict[str, Any]:
    from models.training.ranking import Curve
    from models.training.resampling import PersonBootstrap

    scores, fake, people = cases
    if not len(scores):
        return {"auc": None, "accuracy": None, "balanced_accuracy": None}
    again = PersonBootstrap(people, DRAWS, fake=fake)
    curve = Curve(scores, fake, again.person)
    decided = again.intervals(partial(curve.decisions, HALF), per_person=True)
    return {
        "auc": interval(again.intervals(curve.figures, per_person=True)["auc"]),
        "accuracy": interval(decided["accuracy"]),
        "balanced_accuracy": interval(decided["balanced_accuracy"]),
    }


def ablation(results: Sequence[ClipResult]) -> list[dict[str, Any]]:
    """The LSTM against each frame for itself, and against the same frames in a random order.

    Args:
        results: All clips, scored in every way.

    Returns:
        For every pooled group, on clips and on frames: three AUCs, and the LSTM's minus each of the
        others, whose intervals come from the same resamples of people.
    """
    scored = [result for result in results if result.score() is not None]
    return [
        {"name": group.name, "level": level, **_differences(group, level)}
        for group in groups(scored)
        if group.kind in _COMPARED
        for level in ("clips", "frames")
    ]


def _differences(group: Group, level: str) -> dict[str, Any]:
    from models.training.ranking import Curve
    from models.training.resampling import PersonBootstrap, Weights

    cases, draws = (clip_cases, DRAWS) if level == "clips" else (frame_cases, FRAME_DRAWS)
    ways = {"lstm": "", "frames_alone": FRAMES_ALONE, "shuffled": SHUFFLED}
    given = {name: cases(group.members, way) for name, way in ways.items()}
    _, fake, people = given["lstm"]
    if any(len(scores) != len(fake) for scores, _, _ in given.values()):
        return {"auc": None, "lstm_minus": None, "moved": None}
    again = PersonBootstrap(people, draws, fake=fake)
    curves = {name: Curve(scores, fake, again.person) for name, (scores, _, _) in given.items()}

    def areas(weights: Weights) -> dict[str, Any]:
        return {name: curve.figures(weights)["auc"] for name, curve in curves.items()}

    def apart(weights: Weights) -> dict[str, Any]:
        found = areas(weights)
        return {f"minus {name}": found["lstm"] - found[name] for name in found if name != "lstm"}

    found = again.intervals(areas, per_person=True)
    found |= again.intervals(apart, (-1.0, 1.0), per_person=True)
    lstm, others = given["lstm"][0], [name for name in ways if name != "lstm"]
    return {
        "auc": {name: interval(found[name]) for name in ways},
        "lstm_minus": {name: interval(found[f"minus {name}"]) for name in others},
        "moved": {name: plain(float(np.abs(lstm - given[name][0]).mean())) for name in others},
    }
