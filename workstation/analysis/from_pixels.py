"""MTCNN's networks, given pixels as pictures hold them. Imports torch: to be imported late."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d

_FAR = 1e6


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


class FirstFromPixels(nn.Module):
    """MTCNN's first network, on pictures with something else behind their edges.

    At the end of a row or column of odd length facenet-pytorch pools the last answers alone. Where
    there are pixels behind them, those are to be negative: then no answer that saw one is pooled.

    Args:
        network: facenet-pytorch's `PNet`.
        example: A picture; all that are given have their edges where it has. Known before, that
            costs nothing.
    """

    most: Tensor | None

    def __init__(self, network: Any, example: Tensor | None = None) -> None:
        super().__init__()
        self.network = network
        most = None if example is None else _most(_colours_first(example))
        channels = network.conv1.out_channels
        self.register_buffer("most", None if most is None else most.repeat(1, channels, 1, 1))

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """What the network gives: shifts and chances.

        Args:
            pixels: RGB, float32 ``(N, H, W, 3)``, 0..255, or negative beyond an edge.
        """
        colours, net = _colours_first(pixels), self.network
        most = _most(colours) if self.most is None else self.most
        first = torch.minimum(net.prelu1(net.conv1((colours - 127.5) / 128.0)), most)
        second = net.prelu2(net.conv2(net.pool1(first)))
        third = net.prelu3(net.conv3(second))
        return net.conv4_2(third), net.softmax4_1(net.conv4_1(third))


def _colours_first(pixels: Tensor) -> Tensor:
    return pixels.permute(0, 3, 1, 2)


def _most(colours: Tensor) -> Tensor:
    """What the answers of a convolution over 3 x 3 pixels may come to; little beyond an edge."""
    beyond = max_pool2d((colours[:, :1] < 0).float(), 3, stride=1)
    return _FAR * (1.0 - 2.0 * beyond)
