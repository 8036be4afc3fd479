"""What every network here has in common: a trunk that sees one crop, an LSTM that sees a track."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from models.card import Architecture


class SequenceNetwork(nn.Module):
    """A convolutional trunk, an LSTM over its embeddings, and two logits for every step.

    Class 0 is authentic, class 1 synthetic. The LSTM runs along time, one batch row per track: rows
    never influence each other. With `architecture.frame_head` the logits of a step are the sum of
    what its own crop says (a linear layer) and what the LSTM adds.

    Args:
        trunk: Maps crops ``(N, 3, S, S)`` to feature maps ``(N, D, h, w)``.
        architecture: Sizes, as on the card.
    """

    def __init__(self, trunk: nn.Module, architecture: Architecture) -> None:
        super().__init__()
        size, hidden = architecture.embedding_size, architecture.hidden_size
        self.embedding_size = size
        self.trunk = trunk
        self.lstm = nn.LSTM(size, hidden, architecture.layers, batch_first=True)
        self.activation = nn.LeakyReLU()
        self.dropout = nn.Dropout(architecture.dropout)
        self.output = nn.Linear(hidden, 2)
        self.frame_head = nn.Linear(size, 2) if architecture.frame_head else None

    def embed(self, crops: Tensor) -> Tensor:
        """Look at crops one by one.

        Args:
            crops: Normalised RGB, float ``(N, 3, S, S)``.

        Returns:
            Embeddings ``(N, D)``.

        Raises:
            ValueError: Wrong shape.
        """
        if crops.ndim != 4 or crops.shape[1] != 3:
            raise ValueError(f"expected crops (N, 3, S, S), got {tuple(crops.shape)}")
        features: Tensor = self.trunk(crops)
        return features.mean(dim=(2, 3))

    def temporal(self, embeddings: Tensor) -> Tensor:
        """Look along tracks.

        Args:
            embeddings: float ``(B, T, D)``, in time order.

        Returns:
            Logits ``(B, T, 2)``, authentic then synthetic; step t has seen steps 0..t.

        Raises:
            ValueError: Wrong shape.
        """
        if embeddings.ndim != 3 or embeddings.shape[2] != self.embedding_size:
            raise ValueError(
                f"expected embeddings (B, T, {self.embedding_size}), got {tuple(embeddings.shape)}"
            )
        logits = self.along_time(embeddings)
        if self.frame_head is not None:
            logits = logits + self.frame_head(embeddings)
        return logits

    def along_time(self, embeddings: Tensor) -> Tensor:
        """What the LSTM says, without what each crop says by itself.

        Args:
            embeddings: As `temporal` takes them.

        Returns:
            Logits ``(B, T, 2)``.
        """
        steps, _ = self.lstm(embeddings)
        logits: Tensor = self.output(self.dropout(self.activation(steps)))
        return logits

    def forward(self, crops: Tensor) -> Tensor:
        """Both in one.

        Args:
            crops: Normalised RGB, float ``(B, T, 3, S, S)``, in time order.

        Returns:
            Logits ``(B, T, 2)``, authentic then synthetic.

        Raises:
            ValueError: Wrong shape.
        """
        if crops.ndim != 5:
            raise ValueError(f"expected crops (B, T, 3, S, S), got {tuple(crops.shape)}")
        embeddings = self.embed(crops.flatten(0, 1))
        return self.temporal(embeddings.reshape(*crops.shape[:2], -1))


def synthetic_score(logits: Tensor) -> Tensor:
    """Scores 0..1 (higher: more likely synthetic) from logits ``(..., 2)``; uncalibrated."""
    return torch.softmax(logits.float(), dim=-1)[..., 1]
