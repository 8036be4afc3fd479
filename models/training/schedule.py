"""How stage one goes along: rates, hardness, and when to look."""

from __future__ import annotations

import math

from models.training.presets import Preset


def progress_of(preset: Preset, step: int, seconds: float) -> float:
    """How much of stage one is done, 0..1: by its steps where it counts them, else by the clock."""
    if preset.steps is not None:
        return min(1.0, step / preset.steps)
    return min(1.0, seconds / (60 * preset.frame_minutes))


def along_schedule(preset: Preset, step: int, seconds: float) -> float:
    """How far along its schedule stage one is, 0..1: less than its progress where it ends early."""
    if preset.pace is not None and preset.steps is not None:
        return min(1.0, step / preset.pace)
    return progress_of(preset, step, seconds)


def hardness_at(progress: float) -> float:
    """Plain forgeries first; the full range from two thirds of the time on."""
    return min(1.0, 0.2 + 1.2 * progress)


def rate_at(progress: float, highest: float) -> float:
    """Learning rate: a short warm-up, then half a cosine down to a hundredth."""
    if progress < 0.03:
        return highest * (0.05 + 0.95 * progress / 0.03)
    along = (progress - 0.03) / 0.97
    return highest * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * min(along, 1.0))))


def lesson_weight_at(progress: float, highest: float) -> float:
    """What a teacher counts: all at first, nothing from two thirds of the time on."""
    return highest * max(0.0, 1.0 - 1.5 * progress)


def seconds_left(preset: Preset, step: int, seconds: float) -> float | None:
    """How long stage one will still take, or None while nothing can be said."""
    if preset.steps is None:
        return max(0.0, 60 * preset.frame_minutes - seconds)
    return seconds / step * (preset.steps - step) if step else None
