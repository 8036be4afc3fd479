"""ImageNet's MobileNetV2 as a starting point: folded weights back into batch-normalised layers."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models.mobilenet_lstm import MobileNetLSTM


def load_imagenet(network: MobileNetLSTM, path: Path, crops: Tensor) -> None:
    """Give a network's trunk the folded ImageNet weights.

    Batch normalisation was folded into the convolutions. Each normalisation layer is set from the
    statistics of the crops so that it undoes itself and adds the folded bias: the trunk reproduces
    the folded network exactly, and fine-tuning starts from sensible statistics.

    Args:
        network: Its trunk is changed in place.
        path: Plain state dict `conv00` to `conv51`, `.weight` and `.bias`.
        crops: Normalised RGB of typical faces, float32 ``(N, 3, S, S)``.

    Raises:
        OSError: The file cannot be read.
        ValueError: The file holds other layers than MobileNetV2 has.
    """
    state = torch.load(path, map_location="cpu", weights_only=True)
    modules = [m for m in network.trunk.modules() if isinstance(m, nn.Conv2d | nn.BatchNorm2d)]
    layers = [(a, b) for a, b in pairwise(modules) if isinstance(a, nn.Conv2d)]
    handles = []
    for number, (convolution, norm) in enumerate(layers):
        weight = state[f"conv{number:02d}.weight"].float()
        if weight.shape != convolution.weight.shape or not isinstance(norm, nn.BatchNorm2d):
            raise ValueError(f"layer {number} of {path.name} does not fit MobileNetV2")
        convolution.weight.data.copy_(weight)
        hook = _neutral(state[f"conv{number:02d}.bias"].float())
        handles.append(norm.register_forward_pre_hook(hook))
    network.eval()
    with torch.no_grad():
        network.embed(crops)
    for handle in handles:
        handle.remove()


def _neutral(bias: Tensor) -> Any:
    """A hook that sets a normalisation layer, from what reaches it, to add `bias` and no more."""

    def adjust(norm: nn.BatchNorm2d, inputs: tuple[Tensor, ...]) -> None:
        variance, mean = torch.var_mean(inputs[0].float(), dim=(0, 2, 3))
        assert norm.running_mean is not None
        assert norm.running_var is not None
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_(torch.sqrt(variance + norm.eps))
        norm.bias.copy_(mean + bias)

    return adjust
