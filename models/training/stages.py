"""The steps of a training, each picking up what the one before left in the output folder."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import cv2
import torch

from models import NETWORKS
from models.card import read_card
from models.training import stage_one
from models.training.describe import (
    LIMITS,
    RECORDED_LIMITS,
    architecture_of,
    describe,
    training_facts,
)
from models.training.loop.checkpoint import read_checkpoint
from models.training.loop.devices import choose_device
from models.training.loop.errors import TrainingError
from models.training.material import open_material, prepare
from models.training.presets import LABELLED_PRESETS, PRESETS, Preset
from models.training.request import Request
from models.training.sequences import write_sequences
from models.training.stage_one import TRUNK
from models.training.store import Store
from models.training.temporal import embed_sequences, track_scores, train_temporal
from models.training.thresholds import choose_thresholds
from models.weights import CARD_SUFFIX, save_weights

OUTCOME = "temporal.json"
WEIGHTS = "weights"


def train(request: Request) -> Path:
    """Everything a preset needs, from the data to weights with a card; goes on where it stopped.

    Args:
        request: What is asked.

    Returns:
        The card.

    Raises:
        TrainingError: Data, settings or machine do not allow it.
        TrainingStopped: It was asked to stop and has saved.
        OSError: A file cannot be read or written.
    """
    if request.labelled:
        from models.training.recordings import train_recordings

        return train_recordings(request)
    prepare(request)
    frames(request)
    return temporal(request)


def frames(request: Request) -> None:
    """Stage one; goes on where it stopped.

    Raises:
        TrainingError: As `stage_one.run`, or the stills were not prepared.
        TrainingStopped: It was asked to stop and has saved.
        OSError: A file cannot be read or written.
    """
    stage_one.run(request)


def temporal(request: Request) -> Path:
    """Stage two, then weights with a card.

    Args:
        request: Its output folder holds stage one, done.

    Returns:
        The card.

    Raises:
        TrainingError: Stage one is not done.
        OSError: A file cannot be read or written.
    """
    preset, device = stage_one.preset_for(request), choose_device(request.device)
    if not stage_one.is_done(request, preset):
        raise TrainingError(
            f"Stage one is not done in {request.out}, or was done with other settings. Call the "
            "same command with “frames” or “all” first."
        )
    cv2.setNumThreads(0)
    torch.manual_seed(preset.seed)
    out = request.out
    store = open_material(request)
    sequences(preset, store, out, request.workers_for(preset))
    network = NETWORKS[preset.network](architecture_of(preset))
    trunk = read_checkpoint(out / TRUNK)
    network.load_state_dict(trunk["network"])
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    training = embed_sequences(network, out, preset, validation=False)
    held_out = embed_sequences(network, out, preset, validation=True)
    network.to("cpu")
    outcome = train_temporal(network, training, held_out, preset, out)
    (out / OUTCOME).write_text(json.dumps(asdict(outcome)))
    scores = track_scores(network, held_out).mean(axis=2)
    whole = held_out.forged[:, 1].all(dim=1).numpy()
    decision = choose_thresholds(scores[:, 0], scores[whole, 1])
    facts = training_facts(preset, request, trunk, store, outcome)
    limits = LIMITS if request.recordings is None else RECORDED_LIMITS
    card = describe(preset, decision, facts, limits=limits)
    save_weights(network, out / WEIGHTS, card)
    return card_path(request)


def sequences(preset: Preset, store: Store, out: Path, workers: int = 0) -> None:
    """Simulate the sequences of stage two, and a third as many of held-out people.

    Args:
        preset: How many, how long.
        store: The stills.
        out: Gets them.
        workers: Processes that simulate, 0 for none.

    Raises:
        OSError: They cannot be written.
    """
    for validation, count in ((False, preset.sequences), (True, preset.sequences // 3)):
        write_sequences(
            store,
            out,
            count,
            validation=validation,
            size=preset.size,
            margin=preset.margin,
            steps=preset.sequence_length,
            seed=preset.seed,
            workers=workers,
        )


def measure(card_path: Path, clips: Path, out: Path) -> None:
    """Evaluate weights on labelled clips and write the results onto their card.

    Args:
        card_path: The card; rewritten.
        clips: Folder with `manifest.csv` and the clips.
        out: Gets the results.

    Raises:
        CardError: The card cannot be used.
        WeightsError: The weights cannot be used.
        OSError: A file cannot be read or written.
    """
    from models.card import write_card
    from models.training.evaluate import evaluate

    report = evaluate(card_path, clips, out)
    results, found = report["results"], report["findings"]
    assert isinstance(results, list)
    rows = tuple(row for row in results if isinstance(row, dict))
    last = {
        "name": "Findings on the labelled clips at the thresholds of this card",
        "findings": found,
        "manipulated clips above their own original": report["above_original"],
        "command": "python -m models.training --out OUT evaluate CARD --clips CLIPS",
    }
    write_card(replace(read_card(card_path), evaluation=(*rows, last)), card_path)


def card_path(request: Request) -> Path:
    """Where a preset's training leaves its card."""
    network = (PRESETS | LABELLED_PRESETS)[request.preset].network
    return request.out / WEIGHTS / (network + CARD_SUFFIX)
