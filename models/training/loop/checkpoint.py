"""States of a training on disk: written whole or not at all, read without unpickling code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from models.training.loop.errors import TrainingError

UNREADABLE = (OSError, RuntimeError, EOFError, ValueError)
"""What reading a damaged file of tensors may raise."""
_DAMAGED = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError)


def write_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Write a state; the one before stays in place until the new one is safely on disk.

    Args:
        path: The file.
        content: Tensors and plain values.

    Raises:
        TrainingError: The disk is full or cannot be written; the state before is kept.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as stream:
            torch.save(content, stream)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except (OSError, RuntimeError) as error:
        part.unlink(missing_ok=True)
        raise TrainingError(
            f"The training's state could not be saved to {path}: {error}. The state saved before "
            "is kept; make room or choose another --out, then call the same command again."
        ) from error


def load_tensors(path: Path) -> Any:
    """What `torch.save` wrote, tensors and plain values only.

    Args:
        path: The file.

    Raises:
        OSError, RuntimeError, EOFError, ValueError: As in `UNREADABLE`: it cannot be read, is
            damaged, or holds something else.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except UNREADABLE:
        raise
    except _DAMAGED as error:
        raise ValueError(str(error)) from error
    except Exception as error:
        if type(error).__name__ != "UnpicklingError":
            raise
        raise ValueError(str(error)) from error


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a state.

    Args:
        path: As `write_checkpoint` wrote it.

    Raises:
        TrainingError: The file cannot be read or is damaged.
    """
    try:
        content = load_tensors(path)
    except UNREADABLE as error:
        raise TrainingError(
            f"The saved state {path} cannot be read: it is damaged or of another program. "
            "Move it away to begin this training anew."
        ) from error
    if not isinstance(content, dict):
        raise TrainingError(f"{path} is not the saved state of a training. Move it away.")
    return content


def same_settings(path: Path, there: dict[str, Any], here: dict[str, Any]) -> None:
    """Refuse to go on with another training than the one that was saved.

    Args:
        path: The saved state, for the sentence.
        there: Settings it was saved with.
        here: Settings of this call.

    Raises:
        TrainingError: They differ; names each difference.
    """
    names = sorted(name for name in there.keys() | here.keys() if there.get(name) != here.get(name))
    if names:
        differences = ", ".join(f"{n} {there.get(n)} there, {here.get(n)} here" for n in names)
        raise TrainingError(
            f"{path} belongs to a training with other settings ({differences}). "
            "Give those settings again to go on with it, or choose another --out."
        )


def chance() -> dict[str, Any]:
    """The state of torch's random numbers, on the CPU and on the GPU where there is one."""
    state: dict[str, Any] = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def restore_chance(state: dict[str, Any]) -> None:
    """Go on with the random numbers of a saved state."""
    torch.set_rng_state(state["cpu"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])
