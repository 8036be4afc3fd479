"""MobileNetV2 and an LSTM, for machines without a GPU.

MobileNetV2: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import mobilenet_v2

from models.sequence_network import SequenceNetwork

if TYPE_CHECKING:
    from models.card import Architecture

EMBEDDING_SIZE = 1280


class SamePadded(nn.Conv2d):
    """A strided convolution padded as TensorFlow's "SAME": what is missing goes right and below."""

    def forward(self, pixels: Tensor) -> Tensor:
        """Convolve ``(N, C, H, W)`` to ``(N, C', ceil(H / stride), ceil(W / stride))``."""
        down, right = (
            max((-(-length // step) - 1) * step + kernel - length, 0)
            for length, step, kernel in zip(
                pixels.shape[-2:], self.stride, self.kernel_size, strict=True
            )
        )
        edges = (right // 2, right - right // 2, down // 2, down - down // 2)
        padded = functional.pad(pixels, edges)
        if not (self.training and self.groups > 1 and padded.device.type == "cpu"):
            return super().forward(padded)
        # Its backward pass in bfloat16 takes a CPU seven times as long as in float32.
        with torch.autocast("cpu", enabled=False):
            return super().forward(padded.float())


class MobileNetLSTM(SequenceNetwork):
    """MobileNetV2 without its classifier, pooled to 1280, and an LSTM over time.

    Args:
        architecture: Sizes, as on the card.

    Raises:
        ValueError: The card asks for an embedding of another size than 1280.
    """

    def __init__(self, architecture: Architecture) -> None:
        if architecture.embedding_size != EMBEDDING_SIZE:
            raise ValueError(f"MobileNetV2 gives {EMBEDDING_SIZE} values per crop")
        trunk = mobilenet_v2(weights=None).features
        _pad_like_tensorflow(trunk)
        super().__init__(trunk, architecture)


def _pad_like_tensorflow(module: nn.Module) -> None:
    """Swap every strided convolution, so that ImageNet weights trained with "SAME" padding fit."""
    for name, child in module.named_children():
        if isinstance(child, nn.Conv2d) and child.stride != (1, 1):
            swapped = SamePadded(
                child.in_channels,
                child.out_channels,
                child.kernel_size,  # type: ignore[arg-type]
                child.stride,  # type: ignore[arg-type]
                groups=child.groups,
                bias=child.bias is not None,
            )
            setattr(module, name, swapped)
        else:
            _pad_like_tensorflow(child)
