"""What every step is watched for."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from models.training.loop.errors import TrainingError

LOST = (
    "The weights stopped being numbers at or before step {step}. The state saved before is kept in "
    "{path}; the same command goes on from it, best with a lower --learning-rate."
)
_LOOK_EVERY = 20


class Losses:
    """The losses since they were last averaged; on a GPU they are looked at a few at a time."""

    def __init__(self) -> None:
        self._waiting: list[Tensor] = []
        self._known: list[list[float]] = []
        self.latest = math.nan
        """The first of the figures of the last step known."""

    def add(self, figures: Tensor, step: int) -> None:
        """Take the losses of a step.

        Args:
            figures: float ``(K,)``.
            step: Which step.

        Raises:
            TrainingError: One is not finite.
        """
        self._waiting.append(figures)
        if figures.device.type == "cpu" or len(self._waiting) >= _LOOK_EVERY:
            self.settle(step)

    def settle(self, step: int) -> None:
        """Look at all losses; call it before a state is saved.

        Raises:
            TrainingError: One is not finite; no state was saved since it came.
        """
        if not self._waiting:
            return
        found = torch.stack(self._waiting).tolist()
        self._waiting = []
        for figures in found:
            if not all(map(math.isfinite, figures)):
                raise TrainingError(_NO_NUMBER.format(step=step))
        self._known += found
        self.latest = found[-1][0]

    def means(self, step: int) -> list[float]:
        """Means since the last call; NaN where there was no step.

        Raises:
            TrainingError: A loss is not finite.
        """
        self.settle(step)
        known, self._known = self._known, []
        if not known:
            return [math.nan] * 3
        return [sum(values) / len(known) for values in zip(*known, strict=True)]


def require_number(loss: Tensor, step: int) -> float:
    """The loss as a number.

    Args:
        loss: A scalar.
        step: Which step it is from.

    Raises:
        TrainingError: It is not finite; nothing has been saved since it was.
    """
    value = float(loss)
    if not math.isfinite(value):
        raise TrainingError(_NO_NUMBER.format(step=step))
    return value


def all_finite(network: nn.Module) -> bool:
    """Whether all weights and statistics of a network are numbers."""
    values = [value for value in network.state_dict().values() if value.is_floating_point()]
    found = torch.stack([torch.isfinite(value).all() for value in values])
    return bool(found.all())


_NO_NUMBER = (
    "The loss stopped being a number at or just before step {step}. The last good state is kept in "
    "the output folder: the same command goes on from it, best with a lower --learning-rate."
)
