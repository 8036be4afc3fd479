"""Random search over the settings of a training on labelled recordings.

Bergstra and Bengio, "Random Search for Hyper-Parameter Optimization", JMLR 2012. Every trial, also
a failed one, is a row of `trials.csv`; a search that was interrupted goes on with the next trial.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from models.training.epochs import Judged
from models.training.loop.errors import TrainingError
from models.training.presets import LabelledPreset

TABLE = "trials.csv"
SEARCHED = ("learning_rate", "dropout", "hidden_size", "sequences_per_batch", "weight_decay")
_COLUMNS = ("trial", *SEARCHED, "epochs", "validation_loss", "frame_auc", "clip_auc", "outcome")
_FINISHED = "finished"


def draw_trial(preset: LabelledPreset, number: int) -> LabelledPreset:
    """The settings of a trial: those of the preset for trial 0, then drawn from its ranges.

    Args:
        preset: With `ranges`; its seed and the number alone decide.
        number: Which trial.
    """
    short = replace(preset, epochs=preset.trial_epochs)
    if number == 0:
        return short
    rng = np.random.default_rng((preset.seed, 13, number))
    ranges = preset.ranges

    def between(bounds: tuple[float, float]) -> float:
        return float(math.exp(rng.uniform(math.log(bounds[0]), math.log(bounds[1]))))

    return replace(
        short,
        learning_rate=between(ranges.learning_rate),
        dropout=float(rng.uniform(*ranges.dropout)),
        hidden_size=int(rng.choice(ranges.hidden_size)),
        sequences_per_batch=int(rng.choice(ranges.sequences_per_batch)),
        weight_decay=between(ranges.weight_decay),
    )


def search(
    preset: LabelledPreset,
    trials: int,
    train: Callable[[LabelledPreset, Path], Judged],
    folder: Path,
) -> LabelledPreset:
    """Train shortly with several settings and choose those with the lowest validation loss.

    Args:
        preset: With the ranges.
        trials: How many settings to try, the preset's own among them.
        train: Trains with given settings in a given folder and says how it was judged.
        folder: Gets `trials.csv`; settings that were tried before are not tried again.

    Returns:
        The preset with the chosen settings and all its epochs.

    Raises:
        TrainingError: No trial finished, or the table cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = read_trials(folder)
    for number in range(len(rows), trials):
        drawn = draw_trial(preset, number)
        print(f"trial {number + 1} of {trials}: {_described(drawn)}", flush=True)
        try:
            judged, outcome = train(drawn, folder / f"trial-{number:03d}"), _FINISHED
        except TrainingError as error:
            judged, outcome = Judged(math.nan, math.nan, math.nan), str(error)
        rows.append(_row(number, drawn, judged, outcome))
        _write(folder, rows)
    finished = [row for row in rows[:trials] if row["outcome"] == _FINISHED]
    if not finished:
        raise TrainingError(f"No trial finished; {folder / TABLE} says why for each.")
    best = min(finished, key=lambda row: float(row["validation_loss"]))
    chosen = draw_trial(preset, int(best["trial"]))
    print(f"chosen: trial {int(best['trial']) + 1}, {_described(chosen)}", flush=True)
    return replace(chosen, epochs=preset.epochs)


def read_trials(folder: Path) -> list[dict[str, Any]]:
    """The table of a search, none where it has not begun.

    Raises:
        TrainingError: It cannot be read.
    """
    path = folder / TABLE
    if not path.exists():
        return []
    try:
        with path.open(newline="") as stream:
            return list(csv.DictReader(stream))
    except (OSError, csv.Error, UnicodeDecodeError) as error:
        raise TrainingError(f"{path} cannot be read: {error}. Move it away.") from error


def _row(number: int, drawn: LabelledPreset, judged: Judged, outcome: str) -> dict[str, Any]:
    settings = {name: getattr(drawn, name) for name in SEARCHED}
    figures = {
        "validation_loss": round(judged.loss, 6),
        "frame_auc": round(judged.frame_auc, 4),
        "clip_auc": round(judged.clip_auc, 4),
    }
    return {"trial": number, **settings, "epochs": drawn.epochs, **figures, "outcome": outcome}


def _write(folder: Path, rows: list[dict[str, Any]]) -> None:
    part = folder / (TABLE + ".part")
    try:
        with part.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, _COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        part.replace(folder / TABLE)
    except OSError as error:
        raise TrainingError(f"{folder / TABLE} cannot be written: {error}.") from error


def _described(drawn: LabelledPreset) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {getattr(drawn, name):.4g}" for name in SEARCHED)
