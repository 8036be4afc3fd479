"""Stage two: the LSTM on embeddings of simulated sequences, with the trunk as it is."""

from __future__ import annotations

import copy
import csv
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.sequence_network import SequenceNetwork, synthetic_score
from models.training.loop.devices import to_pixels
from models.training.metrics import auc
from models.training.presets import Preset
from models.training.sequences import sequence_files

BATCH = 32
VALIDATE_EVERY = 20
ADDED_WEIGHT = 0.3
"""How dear it is for the LSTM to differ from the frame head.

Some hundred simulated sequences teach it the simulation too: left free, it tells these apart better
and the frames of recordings worse (docs/detector-log.md).
"""
_COLUMNS = ("step", "seconds", "loss", "validation_loss", "frame_auc", "track_auc")


@dataclass(frozen=True)
class Embedded:
    """Embedded sequences.

    `values` float16 ``(N, 2, T, D)``, real then forged; `forged` bool ``(N, 2, T)``.
    """

    values: Tensor
    forged: Tensor


@dataclass(frozen=True)
class Outcome:
    """How the LSTM compares with the mean of frames on held-out sequences.

    AUC over single frames and over the mean scores of whole tracks, each for the frame head alone
    and with the LSTM; `step` is where the best was found, 0 meaning that the LSTM adds nothing.
    """

    step: int
    frame_auc_alone: float
    track_auc_alone: float
    frame_auc: float
    track_auc: float


def embed_sequences(
    network: SequenceNetwork, folder: Path, preset: Preset, *, validation: bool
) -> Embedded:
    """Embed what `write_sequences` wrote, or read the embeddings made before.

    Args:
        network: With a trained trunk.
        folder: Where the sequences are; keeps the embeddings.
        preset: How crops are normalised.
        validation: Which side of the split.

    Raises:
        OSError: The sequences cannot be read.
    """
    crops_path, labels_path = sequence_files(folder, validation=validation)
    kept = crops_path.with_name(crops_path.stem + "-embedded.npy")
    if not kept.exists():
        crops = np.load(crops_path, mmap_mode="r")
        flat = crops.reshape(-1, *crops.shape[-3:])
        network.eval()
        device = next(network.parameters()).device
        parts = []
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16):
            for first in range(0, len(flat), 64):
                batch = torch.from_numpy(np.array(flat[first : first + 64]))
                pixels = to_pixels(batch, device, preset.mean, preset.std)
                parts.append(network.embed(pixels).to(torch.float16).cpu().numpy())
        np.save(kept, np.concatenate(parts).reshape(*crops.shape[:3], -1))
    values = torch.from_numpy(np.load(kept))
    return Embedded(values, torch.from_numpy(np.load(labels_path)))


def train_temporal(
    network: SequenceNetwork, training: Embedded, held_out: Embedded, preset: Preset, folder: Path
) -> Outcome:
    """Train the LSTM and its output; trunk and frame head stay as they are.

    The output starts at zero, where the network is the mean of its frames, and the best state on
    held-out sequences is kept: the LSTM ends no worse there than the mean of frames.

    Args:
        network: Changed in place.
        training: Sequences to learn from.
        held_out: Sequences of other people.
        preset: How long.
        folder: Gets `temporal.csv`.

    Raises:
        OSError: The folder cannot be written.
    """
    network.requires_grad_(False)
    nn.init.zeros_(network.output.weight)
    nn.init.zeros_(network.output.bias)
    learned = [*network.lstm.parameters(), *network.output.parameters()]
    for value in learned:
        value.requires_grad_(True)
    optimiser = torch.optim.AdamW(learned, lr=1e-3, weight_decay=0.05)
    generator = torch.Generator().manual_seed(preset.seed)
    best = alone = _judge(network, held_out)
    kept = copy.deepcopy(network.state_dict())
    best_step, losses = 0, [float("nan")]
    start = time.monotonic()
    rows = [(0, 0, float("nan"), *alone)]
    for step in range(1, preset.temporal_steps + 1):
        losses.append(_step(network, optimiser, training, generator))
        if step % VALIDATE_EVERY == 0:
            judged = _judge(network, held_out)
            elapsed = round(time.monotonic() - start)
            rows.append((step, elapsed, float(np.nanmean(losses)), *judged))
            losses = []
            if judged[2] >= best[2] and judged[1] >= alone[1]:
                best, best_step = judged, step
                kept = copy.deepcopy(network.state_dict())
    network.load_state_dict(kept)
    network.eval()
    with (folder / "temporal.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(_COLUMNS)
        writer.writerows(rows)
    return Outcome(best_step, alone[1], alone[2], best[1], best[2])


def track_scores(network: SequenceNetwork, embedded: Embedded) -> NDArray[np.float32]:
    """Scores of every step, float32 ``(N, 2, T)``."""
    network.eval()
    with torch.inference_mode():
        sequences = embedded.values.flatten(0, 1).float()
        scores = [synthetic_score(network.temporal(part)) for part in torch.split(sequences, 64)]
    return np.asarray(torch.cat(scores).reshape(embedded.forged.shape).numpy())


def _step(
    network: SequenceNetwork,
    optimiser: torch.optim.AdamW,
    training: Embedded,
    generator: torch.Generator,
) -> float:
    """One step on a batch of pairs: thinned embeddings, time running either way."""
    rows = torch.randint(len(training.values), (BATCH,), generator=generator)
    values = training.values[rows].flatten(0, 1).float()
    labels = training.forged[rows].flatten(0, 1).long()
    if torch.rand((), generator=generator) < 0.5:
        values, labels = values.flip(1), labels.flip(1)
    network.train()
    loss = _loss(network, nn.functional.dropout(values, 0.2), labels)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_([*network.lstm.parameters(), *network.output.parameters()], 1.0)
    optimiser.step()
    return float(loss.detach())


def _loss(network: SequenceNetwork, values: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy of embeddings ``(B, T, D)`` with labels ``(B, T)``, and what the LSTM adds."""
    logits = added = network.along_time(values)
    price = torch.zeros(())
    if network.frame_head is not None:
        logits = added + network.frame_head(values)
        price = (added[..., 1] - added[..., 0]).square().mean()
    told = nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
    return told + ADDED_WEIGHT * price


def _judge(network: SequenceNetwork, held_out: Embedded) -> tuple[float, float, float]:
    """Loss, AUC over frames and AUC over tracks on held-out sequences."""
    scores = track_scores(network, held_out)
    forged = held_out.forged.numpy()
    bounded = np.clip(scores, 1e-6, 1 - 1e-6)
    loss = -np.where(forged, np.log(bounded), np.log(1 - bounded)).mean()
    whole = forged[:, 1].all(axis=1)
    means = scores.mean(axis=2)
    return float(loss), auc(scores[~forged], scores[forged]), auc(means[:, 0], means[whole, 1])
