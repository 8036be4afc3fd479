"""What is asked of a training: the preset's name, where things are, and what is to be different."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from models.training.loop.devices import cores
from models.training.loop.errors import TrainingError
from models.training.presets import LABELLED_PRESETS, PRESETS, LabelledPreset, Preset, Shape

CHANGES = {
    "init": "init",
    "learning_rate": "learning_rate",
    "size": "size",
    "sequence_length": "sequence_length",
    "seed": "seed",
    "minutes": "frame_minutes",
    "steps": "steps",
    "batch": "pairs_per_batch",
    "echo": "echo",
    "epochs": "epochs",
}
"""Option of the command line -> field of the preset."""
_LABELLED_NAMES = {"batch": "sequences_per_batch"}


@dataclass(frozen=True)
class Request:
    """One call of a training.

    Args:
        preset: Name of a preset.
        data: What to learn from.
        out: Where store, states, curves, weights and card go.
        device: "auto", "cpu" or "cuda".
        workers: Processes that make material, for each that computes; the preset's where None.
        teacher: Card of the network that teaches, if any.
        recordings: Data set of whose authentic recordings some faces are taken, if any.
        trials: How many settings a search tries; 0 for no search.
        minutes: Stage one's minutes, or at most so many of a training on recordings.
        init, learning_rate, size, sequence_length, seed, steps, batch, echo, epochs: In place of
            the preset's own.
    """

    preset: str
    data: Path
    out: Path
    device: str = "auto"
    workers: int | None = None
    teacher: Path | None = None
    recordings: Path | None = None
    trials: int = 0
    minutes: float | None = None
    init: str | None = None
    learning_rate: float | None = None
    size: int | None = None
    sequence_length: int | None = None
    seed: int | None = None
    steps: int | None = None
    batch: int | None = None
    echo: int | None = None
    epochs: int | None = None

    @property
    def labelled(self) -> bool:
        """Whether the preset learns from labelled recordings."""
        return self.preset in LABELLED_PRESETS

    def stills_preset(self) -> Preset:
        """The preset for stills with what is to be different.

        Raises:
            TrainingError: There is none of that name, or an option does not apply or is senseless.
        """
        preset: Preset = self._changed(_named(PRESETS, self.preset), skipped=("epochs",))
        if self.minutes is not None and self.steps is None:
            preset = replace(preset, steps=None, pace=None)
        if preset.echo < 1 or preset.pairs_per_batch % preset.echo:
            raise TrainingError(
                f"--batch {preset.pairs_per_batch} must be a multiple of --echo {preset.echo}."
            )
        return preset

    def labelled_preset(self) -> LabelledPreset:
        """The preset for labelled recordings with what is to be different.

        Raises:
            TrainingError: There is none of that name, or an option does not apply or is senseless.
        """
        preset = _named(LABELLED_PRESETS, self.preset)
        if self.recordings is not None:
            raise TrainingError(
                f"The preset {self.preset} has no --recordings: it learns from the labelled "
                "recordings that --data names."
            )
        changed: LabelledPreset = self._changed(preset, skipped=("minutes", "steps", "echo"))
        return changed

    def workers_for(self, preset: Shape, processes: int = 1) -> int:
        """How many processes make material for each that computes."""
        wanted = self.workers if self.workers is not None else preset.workers
        return max(1, cores() // processes - 1) if wanted is None else wanted

    def command(self) -> str:
        """The command that repeats this training, for its card."""
        words = [f"python -m models.training --preset {self.preset} --data DATA --out OUT"]
        if self.teacher is not None:
            words.append("--teacher CARD")
        if self.recordings is not None:
            words.append("--recordings RECORDINGS")
        for name in (*CHANGES, "search"):
            value = self.trials if name == "search" else getattr(self, name)
            if value:
                shown = "FILE" if name == "init" and Path(str(value)).is_file() else value
                words.append(f"--{name.replace('_', '-')} {shown}")
        return " ".join([*words, "all"])

    def _changed(self, preset: Any, skipped: tuple[str, ...]) -> Any:
        changes: dict[str, Any] = {}
        for option, field in CHANGES.items():
            value = getattr(self, option)
            if value is None or (option == "minutes" and option in skipped):
                continue
            if option in skipped:
                raise TrainingError(f"The preset {self.preset} has no --{option}.")
            if option not in ("init", "seed") and value <= 0:
                raise TrainingError(f"--{option.replace('_', '-')} must be above 0, not {value}.")
            name = _LABELLED_NAMES.get(option, field) if self.labelled else field
            changes[name] = value
        if self.size is not None and not 32 <= self.size <= 640:
            raise TrainingError(f"--size must lie between 32 and 640 pixels, not {self.size}.")
        return replace(preset, **changes)


def settings_of(preset: Shape, free: tuple[str, ...], **more: Any) -> dict[str, Any]:
    """What must be the same for a training to go on: all of the preset but what is free.

    Args:
        preset: As asked for.
        free: Fields that may change from one call to the next.
        more: Facts beside the preset.
    """
    plain = (str, int, float, bool, type(None))
    names = [field.name for field in fields(preset) if field.name not in free]
    values = {name: getattr(preset, name) for name in names}
    kept = {name: v if isinstance(v, plain) else str(v) for name, v in values.items()}
    return kept | more


def digest_of(path: Path | None) -> str | None:
    """SHA-256 of a file that decides a training, or None for none.

    Raises:
        TrainingError: It cannot be read.
    """
    if path is None:
        return None
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise TrainingError(f"{path} cannot be read: {error.strerror}.") from error


def _named(presets: dict[str, Any], name: str) -> Any:
    if name not in presets:
        known = ", ".join(sorted(PRESETS | LABELLED_PRESETS))
        raise TrainingError(f"There is no preset “{name}” for this; there are {known}.")
    return presets[name]
