"""A trained network as teacher: another learns its embeddings and scores on the same faces.

Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015, for the scores;
Romero et al., "FitNets", ICLR 2015, for the embeddings.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.card import Card, CardError, read_card
from models.sequence_network import SequenceNetwork
from models.training.loop.devices import to_pixels
from models.training.loop.errors import TrainingError
from models.weights import WeightsError, load_network

TEMPERATURE = 2.0


@dataclass(frozen=True)
class Lesson:
    """What a teacher says of N crops: embeddings float ``(N, D')`` and logits float ``(N, 2)``."""

    embeddings: Tensor
    logits: Tensor


@dataclass(frozen=True)
class Teacher:
    """A network that no longer learns, with the card that says how it sees.

    Args:
        network: In evaluation mode, with a frame head.
        card: Its card.
        margin: How many face sizes the crops span that it will be shown.
    """

    network: SequenceNetwork
    card: Card
    margin: float

    @torch.no_grad()
    def __call__(self, crops: Tensor, device: torch.device) -> Lesson:
        """Look at crops as the card says: its part of the crop, at its size.

        Args:
            crops: RGB, uint8 ``(N, S, S, 3)``.
            device: Where the network is.
        """
        seen = self.card.preprocessing
        pixels = to_pixels(crops, device, seen.mean, seen.std)
        side = pixels.shape[2]
        border = round(side * (1.0 - seen.margin / self.margin) / 2)
        pixels = pixels[:, :, border : side - border, border : side - border]
        if pixels.shape[2] != seen.size:
            pixels = functional.interpolate(
                pixels, (seen.size, seen.size), mode="bilinear", antialias=True
            )
        assert self.network.frame_head is not None
        with torch.autocast(device.type, torch.bfloat16):
            embeddings = self.network.embed(pixels)
        embeddings = embeddings.float()
        return Lesson(embeddings, self.network.frame_head(embeddings))


def open_teacher(card_path: Path, margin: float, device: torch.device) -> Teacher:
    """Load a teacher.

    Args:
        card_path: Its card; the weights lie beside it.
        margin: How many face sizes the pupil's crops span.
        device: Where it computes.

    Raises:
        TrainingError: Card or weights cannot be used, or it sees more of a face than the pupil.
    """
    try:
        card = read_card(card_path)
        network = load_network(card_path, str(device))
    except (CardError, WeightsError) as error:
        raise TrainingError(f"The teacher cannot be used: {error}") from error
    if network.frame_head is None:
        raise TrainingError(f"{card_path.name} has no frame head, so it cannot teach frames.")
    if card.preprocessing.margin > margin + 1e-6:
        raise TrainingError(
            f"The teacher sees {card.preprocessing.margin} face sizes, the crops span {margin}. "
            "Choose another teacher or a preset with a wider margin."
        )
    return Teacher(network.to(memory_format=torch.channels_last), card, margin)


def projection(network: SequenceNetwork, teacher: Teacher) -> nn.Linear:
    """The layer, used in training only, that compares embeddings of different sizes."""
    return nn.Linear(network.embedding_size, teacher.network.embedding_size)


def lesson_loss(projected: Tensor, logits: Tensor, lesson: Lesson) -> Tensor:
    """How far a pupil is from its teacher.

    Embeddings are compared by the cosine between them, each batch's mean taken off first: what all
    faces share says nothing.

    Args:
        projected: The pupil's embeddings as the teacher's, float ``(N, D')``.
        logits: The pupil's, float ``(N, 2)``.
        lesson: The teacher's.

    Returns:
        Mean loss, a scalar; 0 where they agree.
    """
    theirs = lesson.embeddings - lesson.embeddings.mean(dim=0)
    mine = projected - projected.mean(dim=0)
    apart = 1.0 - functional.cosine_similarity(mine, theirs, dim=1).mean()
    said = functional.log_softmax(logits / TEMPERATURE, dim=1)
    wanted = functional.softmax(lesson.logits / TEMPERATURE, dim=1)
    return apart + TEMPERATURE**2 * functional.kl_div(said, wanted, reduction="batchmean")
