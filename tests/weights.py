"""Seeded random weights with a card, for tests only: they know nothing about forgeries."""

from pathlib import Path

import torch

from models import NETWORKS
from models.card import (
    Architecture,
    Card,
    Decision,
    FaceLimits,
    Preprocessing,
    Sequence,
    WeightsFile,
)
from models.weights import CARD_SUFFIX, save_weights

_SIZES = {"resnext50_lstm": (2048, 112, False), "mobilenetv2_lstm": (1280, 160, True)}


def random_card(network: str = "mobilenetv2_lstm") -> Card:
    """A valid card whose weights are not there yet."""
    embedding, size, frame_head = _SIZES[network]
    return Card(
        name=network,
        title=f"Random {network}",
        version="0",
        network=network,
        architecture=Architecture(embedding, 64, 1, 0.4, frame_head),
        weights=WeightsFile(f"{network}.safetensors", "0" * 64, 1, "fp16"),
        preprocessing=Preprocessing(
            "five_points_similarity", size, 1.25, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), "RGB"
        ),
        labels=("authentic", "synthetic"),
        sequence=Sequence(32, 16),
        decision=Decision(0.4, 0.6, 8, "Not measured: random weights."),
        face_limits=FaceLimits(48, 5.0),
        training={"recipe": "none: random weights"},
        evaluation=(),
        not_covered=("Everything: the weights are random.",),
        limits=("For tests only.",),
        licence="Apache-2.0",
        terms="none",
    )


def random_weights(folder: Path, network: str = "mobilenetv2_lstm", seed: int = 0) -> Path:
    """Write seeded random weights with their card into a folder; gives the card's path."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        card = random_card(network)
        save_weights(NETWORKS[network](card.architecture), folder, card)
    return folder / (card.name + CARD_SUFFIX)
