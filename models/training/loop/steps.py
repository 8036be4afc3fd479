"""What every step is watched for."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from models.training.loop.errors import TrainingError


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
        raise TrainingError(
            f"The loss stopped being a number at step {step}. The last good state is kept in the "
            "output folder: the same command goes on from it, best with a lower --learning-rate."
        )
    return value


def all_finite(network: nn.Module) -> bool:
    """Whether all weights and statistics of a network are numbers."""
    values = [value for value in network.state_dict().values() if value.is_floating_point()]
    found = torch.stack([torch.isfinite(value).all() for value in values])
    return bool(found.all())
