"""What a training costs and how it goes, by name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """One way of training.

    `frame_minutes` is the time stage one is given: its learning rate follows the clock, so that a
    slower machine sees fewer samples and still finishes the schedule. Each of `processes` computes
    with one thread on `pairs_per_batch` pairs of its own, and each has `workers` that make pairs:
    on a busy machine that loses less to waiting than threads do.
    """

    network: str
    size: int
    margin: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    hidden_size: int
    layers: int
    dropout: float
    frame_head: bool
    pairs_per_batch: int
    learning_rate: float
    weight_decay: float
    average_decay: float
    frame_minutes: float
    temporal_steps: int
    sequences: int
    sequence_length: int
    processes: int
    workers: int
    seed: int


PRESETS = {
    "cpu": Preset(
        network="mobilenetv2_lstm",
        size=112,
        margin=1.2,
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        hidden_size=256,
        layers=1,
        dropout=0.4,
        frame_head=True,
        pairs_per_batch=16,
        learning_rate=8e-4,
        weight_decay=0.02,
        average_decay=0.998,
        frame_minutes=63.0,
        temporal_steps=240,
        sequences=320,
        sequence_length=32,
        processes=2,
        workers=1,
        seed=2,
    ),
}
