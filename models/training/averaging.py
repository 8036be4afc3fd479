"""Averages of weights along a training.

Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization", UAI 2018.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from models.sequence_network import SequenceNetwork

Weights = dict[str, Tensor]


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Let a running average of weights and statistics follow the network."""
    mine, theirs = average.state_dict(), network.state_dict()
    numbers = [name for name, value in mine.items() if value.is_floating_point()]
    torch._foreach_lerp_([mine[n] for n in numbers], [theirs[n] for n in numbers], 1.0 - decay)
    for name in mine.keys() - set(numbers):
        mine[name].copy_(theirs[name])


def add_state(mean: Weights | None, count: int, network: nn.Module) -> Weights:
    """Take another state into a mean in which each counts alike.

    Args:
        mean: Of the states so far, None where there is none.
        count: How many these were.
        network: Whose state is added.
    """
    state = {name: value.detach().clone() for name, value in network.state_dict().items()}
    if mean is None:
        return state
    for name, value in state.items():
        if value.is_floating_point():
            state[name] = mean[name].to(value.device).lerp(value, 1.0 / (count + 1))
    return state


def renew_statistics(network: SequenceNetwork, batches: Iterable[Tensor]) -> None:
    """Take a trunk's normalisation statistics anew, as averaged weights need it.

    Args:
        network: Its trunk's running statistics are changed in place.
        batches: Normalised RGB of training crops, each float32 ``(N, 3, S, S)``; each batch counts
            alike.
    """
    norms = [part for part in network.trunk.modules() if isinstance(part, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    network.train()
    with torch.no_grad():
        for pixels in batches:
            network.embed(pixels)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.eval()
