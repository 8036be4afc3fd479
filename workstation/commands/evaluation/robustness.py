"""How far scores move, and how much order is lost, when clips arrive altered."""

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from workstation.commands.answers import say
from workstation.commands.evaluation.clips import LabelledClips
from workstation.commands.evaluation.figures import DRAWS, interval, kind_of, plain
from workstation.commands.evaluation.running import ClipResult, Means, analyse_clips
from workstation.commands.evaluation.variants import VARIANTS, Variant, write_variant
from workstation.errors import WorkstationError

FOLDER = "robustness"


def robustness(
    arguments: argparse.Namespace,
    data: LabelledClips,
    results: Sequence[ClipResult],
    means: Means,
) -> dict[str, Any]:
    """Alter some clips in each way, analyse them, and compare with the same frames as they were.

    Args:
        arguments: Of the command: `out`, `robustness_clips`, `frames`.
        data: Where the clips lie.
        results: Of the clips as they are.
        means: Detector and settings.

    Raises:
        WorkstationError: An altered copy cannot be written.
    """
    chosen = chosen_clips(results, arguments.robustness_clips)
    if not chosen:
        raise WorkstationError("Robustness cannot be measured: no clip has a score.")
    folder: Path = arguments.out / FOLDER
    (folder / "clips").mkdir(parents=True, exist_ok=True)
    means = replace(means, ways=False)
    rows = []
    for variant in VARIANTS:
        say(arguments, f"{variant.name}, {len(chosen)} clips")
        altered = _altered(data.folder, folder / "clips", chosen, variant, arguments.frames)
        again = analyse_clips(arguments, altered, means, folder / "case")
        rows.append(_row(variant, chosen, again, arguments.frames))
    for path in (folder / "clips").glob("*.mp4"):
        path.unlink()
    return {
        "clips": [result.clip.file for result in chosen],
        "frames": arguments.frames,
        "variants": rows,
    }


def chosen_clips(results: Sequence[ClipResult], count: int) -> list[ClipResult]:
    """Some clips with a score: reals and fakes in turn, of every kind before a kind's second.

    Args:
        results: All clips.
        count: How many at most.
    """
    sides = []
    for fake in (False, True):
        mine = [r for r in results if r.clip.fake == fake and r.score() is not None]
        kinds = [
            [r for r in mine if kind_of(r.clip) == kind]
            for kind in sorted({kind_of(r.clip) for r in mine})
        ]
        rounds = zip_longest(*kinds)
        sides.append([r for some in rounds for r in some if r is not None])
    turns = [r for pair in zip_longest(*sides) for r in pair if r is not None]
    return turns[:count]


def _altered(
    source: Path, folder: Path, chosen: Sequence[ClipResult], variant: Variant, frames: int
) -> LabelledClips:
    clips = []
    for result in chosen:
        path = source / result.clip.file
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        target = folder / f"{digest}-{variant.suffix}-{frames}.mp4"
        if not target.exists():
            write_variant(path, target, variant, frames)
        recording = replace(result.clip.recording, path=target.name)
        clips.append(replace(result.clip, recording=recording))
    return LabelledClips(folder, "", tuple(clips), ())


def _row(
    variant: Variant, chosen: Sequence[ClipResult], again: Sequence[ClipResult], frames: int
) -> dict[str, Any]:
    from models.training.ranking import Curve
    from models.training.resampling import PersonBootstrap, Weights

    pairs = [
        (before.clip, one, other)
        for before, after in zip(chosen, again, strict=True)
        if (one := before.score(first=frames)) is not None and (other := after.score()) is not None
    ]
    row: dict[str, Any] = {"name": variant.name, "how": variant.how, "clips": len(pairs)}
    row["without_score"] = len(chosen) - len(pairs)
    if not pairs:
        return row
    was, now = (np.array([pair[side] for pair in pairs], np.float64) for side in (1, 2))
    fake = np.array([clip.fake for clip, _, _ in pairs])
    before, after = Curve(was, fake), Curve(now, fake)

    def areas(weights: Weights) -> dict[str, Any]:
        pair = [curve.figures(weights)["auc"] for curve in (before, after)]
        return {"auc_before": pair[0], "auc": pair[1]}

    def change(weights: Weights) -> dict[str, Any]:
        found = areas(weights)
        return {"auc_change": found["auc"] - found["auc_before"]}

    people = np.array([clip.person for clip, _, _ in pairs])
    drawn = PersonBootstrap(people, DRAWS, fake=fake)
    found = drawn.intervals(areas) | drawn.intervals(change, (-1.0, 1.0))
    moved = np.abs(now - was)
    return {
        **row,
        "moved_median": plain(float(np.median(moved))),
        "moved_95th": plain(float(np.quantile(moved, 0.95))),
        "shift_median": plain(float(np.median(now - was))),
        "shift_median_real": _median((now - was)[~fake]),
        "shift_median_fake": _median((now - was)[fake]),
        **{name: interval(value) for name, value in found.items()},
    }


def _median(values: "np.ndarray[Any, np.dtype[np.float64]]") -> float | None:
    return plain(float(np.median(values))) if len(values) else None
