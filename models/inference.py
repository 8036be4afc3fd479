"""A trunk made ready for scoring: bytes in, embeddings out, nothing left to train."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


class CropEmbedder(nn.Module):
    """Normalises crops and looks at them.

    Gives what `models.preprocessing.normalise` and `SequenceNetwork.embed` give, but for rounding.

    Args:
        trunk: Maps crops ``(N, 3, S, S)`` to feature maps ``(N, D, h, w)``; left as it is.
        mean: Subtracted per channel, on a scale of 0..1.
        std: Divided by per channel, on a scale of 0..1.
        kind: What the trunk computes in; crops are normalised and features averaged in float32.
    """

    def __init__(
        self,
        trunk: nn.Module,
        mean: tuple[float, ...],
        std: tuple[float, ...],
        kind: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        self._kind = kind
        self.trunk = folded(copy.deepcopy(trunk).eval().float()).to(kind)
        self.trunk.to(memory_format=torch.channels_last)
        place = next(trunk.parameters()).device
        self.centre = nn.Buffer(torch.tensor(mean, device=place).view(1, 3, 1, 1) * 255.0)
        self.scale = nn.Buffer(torch.tensor(std, device=place).view(1, 3, 1, 1) * 255.0)

    def forward(self, crops: Tensor) -> Tensor:
        """Embed.

        Args:
            crops: RGB, uint8 ``(N, S, S, 3)``, 0..255.

        Returns:
            float32 ``(N, D)``.
        """
        # Bytes with the colours last in memory, seen with the colours first: channels-last.
        pixels = (crops.permute(0, 3, 1, 2).float() - self.centre) / self.scale
        features: Tensor = self.trunk(pixels.to(self._kind))
        return features.float().mean(dim=(2, 3))


def folded(network: nn.Module) -> nn.Module:
    """Take every batch normalisation into the convolution before it.

    Jacob et al., "Quantization and Training of Neural Networks for Efficient
    Integer-Arithmetic-Only Inference", CVPR 2018, section 3.2.

    Args:
        network: In evaluation mode; changed in place. Children that follow one another in the order
            they were given are applied in that order, as in every network here.

    Returns:
        The same network.
    """
    before: tuple[str, nn.Module] | None = None
    for name, child in list(network.named_children()):
        if isinstance(child, nn.BatchNorm2d) and before and isinstance(before[1], nn.Conv2d):
            setattr(network, before[0], fuse_conv_bn_eval(before[1], child))
            setattr(network, name, nn.Identity())
        else:
            folded(child)
        before = (name, child)
    return network
