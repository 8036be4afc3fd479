"""From a track's embeddings to a score for every crop of it."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from models.card import Sequence
from models.sequence_network import SequenceNetwork, synthetic_score


def score_track(
    network: SequenceNetwork, embeddings: NDArray[np.floating], sequence: Sequence
) -> NDArray[np.float32]:
    """Score every crop of one track.

    A sequence starts every `stride` crops; a crop takes its score from the earliest sequence that
    holds it, the one with the longest past.

    Args:
        network: In evaluation mode.
        embeddings: float ``(T, D)``, in time order.
        sequence: Length and stride of what the LSTM sees at once.

    Returns:
        Scores 0..1, float32 ``(T,)``.

    Raises:
        ValueError: Wrong shape.
    """
    device = next(network.parameters()).device
    values = torch.from_numpy(np.asarray(embeddings, dtype=np.float32)).to(device)
    scores = np.zeros(len(values), np.float32)
    done = start = 0
    with torch.inference_mode():
        while done < len(values):
            part = values[start : start + sequence.length]
            given = synthetic_score(network.temporal(part[None]))[0].cpu().numpy()
            scores[done : start + len(part)] = given[done - start :]
            done, start = start + len(part), start + sequence.stride
    return scores
