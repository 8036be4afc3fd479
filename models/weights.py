"""Weights on disk: safetensors beside a card, hashed before they are read, never unpickled."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from models import NETWORKS
from models.card import Card, WeightsFile, read_card, write_card
from models.untrusted import read_small

if TYPE_CHECKING:
    import torch

    from models.sequence_network import SequenceNetwork

CARD_SUFFIX = ".card.json"
WEIGHTS_SUFFIX = ".safetensors"
_LONGEST_REASON = 500


class WeightsError(Exception):
    """A weights file is missing, altered, or does not fit its network."""


def load_network(card_path: Path, device: str = "cpu") -> SequenceNetwork:
    """Build the card's network and load its weights, ready to score (evaluation mode, float32).

    Args:
        card_path: The card; the weights lie in the same folder.
        device: As torch names it.

    Raises:
        CardError: The card cannot be used.
        WeightsError: The weights are missing, altered, or do not fit the network.
    """
    card = read_card(card_path)
    state = _read_state(card_path.parent / card.weights.file, card.weights)
    try:
        network = NETWORKS[card.network](card.architecture)
        network.load_state_dict({name: value.float() for name, value in state.items()})
    except (RuntimeError, ValueError) as error:
        raise WeightsError(
            f"The weights in {card.weights.file} do not fit the network {card.network}: "
            f"{str(error)[:_LONGEST_REASON]}"
        ) from error
    return network.eval().requires_grad_(False).to(device)


def save_weights(network: SequenceNetwork, folder: Path, card: Card) -> Card:
    """Store a network's weights in half precision, with their card.

    Args:
        network: Whose weights.
        folder: Created if missing. Gets `NAME.safetensors` and `NAME.card.json`.
        card: Everything but the facts about the file, which are filled in.

    Returns:
        The card as written.

    Raises:
        CardError: The card is not valid.
        OSError: The files cannot be written.
        WeightsError: A number is not finite, or too large for half precision.
    """
    import torch
    from safetensors.torch import save

    state = {
        name: value.detach().cpu().to(torch.float16).contiguous()
        for name, value in network.state_dict().items()
        if value.is_floating_point()
    }
    if not all(bool(torch.isfinite(value).all()) for value in state.values()):
        raise WeightsError("The weights hold numbers that half precision cannot store.")
    data = save(state)
    facts = WeightsFile(
        file=card.name + WEIGHTS_SUFFIX,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        precision="fp16",
    )
    card = replace(card, weights=facts)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / facts.file).write_bytes(data)
    write_card(card, folder / (card.name + CARD_SUFFIX))
    return card


def _read_state(path: Path, facts: WeightsFile) -> dict[str, torch.Tensor]:
    """The tensors of a weights file, once its size and SHA-256 agree with the card."""
    import safetensors
    from safetensors.torch import load

    try:
        if path.stat().st_size != facts.bytes:
            raise WeightsError(_altered(path))
        data = read_small(path, facts.bytes)
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"The weights file {path.name} cannot be read: {getattr(error, 'strerror', error)}. "
            "Put it back beside its card, or install the program again."
        ) from error
    if hashlib.sha256(data).hexdigest() != facts.sha256:
        raise WeightsError(_altered(path))
    try:
        state = dict(load(data))
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise WeightsError(
            f"{path.name} is not a safetensors file: {str(error)[:_LONGEST_REASON]}."
        ) from error
    if not all(bool(value.isfinite().all()) for value in state.values()):
        raise WeightsError(f"{path.name} holds numbers that are not finite. It was not loaded.")
    return state


def _altered(path: Path) -> str:
    return (
        f"The weights file {path.name} is not the one its card describes (SHA-256 differs). "
        "It was not loaded; install the program again or restore the file."
    )
