"""MTCNN's networks, given pixels as pictures hold them. Imports torch: to be imported late."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


class FromPixels(nn.Module):
    """Puts colours first and brings pixels onto the scale that the network was trained on.

    What computes the network does both faster than numpy, and to the same bits: a division by 128
    changes no digit.

    Args:
        network: Takes ``(N, 3, H, W)``, -1..1.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Any:
        """What the network gives.

        Args:
            pixels: RGB, float32 ``(N, H, W, 3)``, 0..255.
        """
        return self.network((pixels.permute(0, 3, 1, 2) - 127.5) / 128.0)
