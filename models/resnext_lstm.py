"""ResNeXt50 and an LSTM.

ResNeXt50-32x4d: Xie et al., "Aggregated Residual Transformations for Deep Neural Networks", CVPR
2017. LSTM: Hochreiter and Schmidhuber, Neural Computation 1997.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn
from torchvision.models import resnext50_32x4d

from models.sequence_network import SequenceNetwork

if TYPE_CHECKING:
    from models.card import Architecture

EMBEDDING_SIZE = 2048


class ResNextLSTM(SequenceNetwork):
    """ResNeXt50-32x4d without its classifier, pooled to 2048, and an LSTM over time.

    Args:
        architecture: Sizes, as on the card.

    Raises:
        ValueError: The card asks for an embedding of another size than 2048.
    """

    def __init__(self, architecture: Architecture) -> None:
        if architecture.embedding_size != EMBEDDING_SIZE:
            raise ValueError(f"ResNeXt50 gives {EMBEDDING_SIZE} values per crop")
        layers = list(resnext50_32x4d(weights=None).children())
        super().__init__(nn.Sequential(*layers[:-2]), architecture)
