"""Where a forgery lies: a second thing to learn in stage one, left behind when it is over.

One label a crop says little about what to look at. Telling, for every patch of a feature map, how
much of it is forged teaches the trunk the blending border with far fewer pictures; after Li et al.,
"Face X-ray for More General Face Forgery Detection", CVPR 2020.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.sequence_network import SequenceNetwork

STRIDE = 16
"""Pixels of the crop, along a side, to one patch of the map."""


class RegionHead(nn.Module):
    """Says of every patch how much of it is forged, from the trunk's middle.

    Args:
        network: Whose trunk is watched; it is not changed.

    Raises:
        ValueError: The trunk has no feature map of that stride.
    """

    def __init__(self, network: SequenceNetwork) -> None:
        super().__init__()
        place, channels = _middle(network.trunk)
        self.classify = nn.Conv2d(channels, 1, kernel_size=1)
        nn.init.zeros_(self.classify.weight)
        if self.classify.bias is not None:
            nn.init.constant_(self.classify.bias, -2.0)
        self._seen: Tensor | None = None
        place.register_forward_hook(self._look)

    def forward(self) -> Tensor:
        """Logits ``(N, h, w)`` for the crops that the network, in training, has just embedded."""
        assert self._seen is not None, "the network has not embedded anything"
        logits: Tensor = self.classify(self._seen.float())
        self._seen = None
        return logits[:, 0]

    def _look(self, place: nn.Module, _inputs: object, output: Tensor) -> None:
        if place.training:
            self._seen = output


def region_map(region: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much of each patch is forged.

    Args:
        region: float32 ``(S, S)``, 0..1, per pixel of the crop.

    Returns:
        float32 ``(ceil(S / 16), ceil(S / 16))``, 0..1.
    """
    side = -(-region.shape[0] // STRIDE)
    resized = cv2.resize(region, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, dtype=np.float32)


def region_loss(logits: Tensor, wanted: Tensor) -> Tensor:
    """Cross-entropy per patch, averaged.

    Args:
        logits: float ``(N, h, w)``.
        wanted: Share forged, float ``(N, h, w)``, 0..1.
    """
    return nn.functional.binary_cross_entropy_with_logits(logits, wanted)


def _middle(trunk: nn.Module) -> tuple[nn.Module, int]:
    """The last part of the trunk whose feature map has the wanted stride, and its channels."""
    found: tuple[nn.Module, int] | None = None
    was_training = trunk.training
    trunk.eval()
    with torch.inference_mode():
        values = torch.zeros(1, 3, 4 * STRIDE, 4 * STRIDE)
        for part in trunk.children():
            values = part(values)
            if values.shape[-1] == 4:
                found = part, int(values.shape[1])
    trunk.train(was_training)
    if found is None:
        raise ValueError("the trunk has no feature map of a sixteenth of the crop's size")
    return found
