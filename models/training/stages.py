"""The steps of a training, each picking up what the one before left in the output folder."""

from __future__ import annotations

import copy
import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.distributed as group
from torch.multiprocessing.spawn import spawn

from models import NETWORKS
from models.card import read_card
from models.preprocessing import normalise
from models.training.describe import architecture_of, describe, training_facts
from models.training.evaluate import evaluate
from models.training.frames import State, make_optimiser, train_frames, validation_crops
from models.training.pairs import Pairs
from models.training.presets import PRESETS, Preset
from models.training.regions import RegionHead
from models.training.sequences import write_sequences
from models.training.store import Store, open_store, prepare_store
from models.training.temporal import embed_sequences, track_scores, train_temporal
from models.training.thresholds import choose_thresholds
from models.weights import CARD_SUFFIX, save_weights

STORE = "store"
FRAMES = "frames.pt"
TEMPORAL = "temporal.pt"
OUTCOME = "temporal.json"
WEIGHTS = "weights"
_BACKBONE = Path("backbones") / "mobilenet_v2_tf2_dequant_fp16.pt"
_STATISTICS_PAIRS = 48


def prepare(data: Path, out: Path) -> None:
    """Pack the stills; a store that is there is kept.

    Raises:
        OSError: An archive cannot be read or the store cannot be written.
    """
    if not (out / STORE / "index.npz").exists():
        prepare_store(data, out / STORE)


def frames(name: str, data: Path, out: Path) -> None:
    """Stage one, in as many processes as the preset says; goes on where it stopped.

    Args:
        name: Key of `PRESETS`.
        data: Folder with `backbones/`.
        out: Output folder, prepared.

    Raises:
        OSError: A file cannot be read or written.
    """
    preset = PRESETS[name]
    meeting = out / f"meeting-{os.getpid()}"
    if preset.processes == 1:
        _frames(0, preset, data, out, meeting)
        return
    try:
        spawn(_frames, (preset, data, out, meeting), preset.processes)  # type: ignore[no-untyped-call]
    finally:
        meeting.unlink(missing_ok=True)


def temporal(name: str, out: Path) -> None:
    """Stage two, then weights with a card.

    Args:
        name: Key of `PRESETS`.
        out: Output folder, with stage one done.

    Raises:
        OSError: A file cannot be read or written.
    """
    preset = PRESETS[name]
    cv2.setNumThreads(0)
    torch.manual_seed(preset.seed)
    store = open_store(out / STORE)
    sequences(preset, store, out)
    network = NETWORKS[preset.network](architecture_of(preset))
    content = torch.load(out / FRAMES, map_location="cpu", weights_only=True)
    network.load_state_dict(content["average"])
    network.to(memory_format=torch.channels_last)
    training = embed_sequences(network, out, preset, validation=False)
    held_out = embed_sequences(network, out, preset, validation=True)
    outcome = train_temporal(network, training, held_out, preset, out)
    (out / OUTCOME).write_text(json.dumps(asdict(outcome)))
    scores = track_scores(network, held_out).mean(axis=2)
    whole = held_out.forged[:, 1].all(dim=1).numpy()
    decision = choose_thresholds(scores[:, 0], scores[whole, 1])
    facts = training_facts(preset, name, store, out, outcome)
    save_weights(network, out / WEIGHTS, describe(preset, decision, facts))


def sequences(preset: Preset, store: Store, out: Path) -> None:
    """Simulate the sequences of stage two, and a third as many of held-out people.

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


def card_path(name: str, out: Path) -> Path:
    """Where a preset's training leaves its card."""
    return out / WEIGHTS / (PRESETS[name].network + CARD_SUFFIX)


def _frames(rank: int, preset: Preset, data: Path, out: Path, meeting: Path) -> None:
    """One process of stage one."""
    # OpenCV's own threads do not survive the fork into the workers.
    cv2.setNumThreads(0)
    torch.manual_seed(preset.seed)
    if preset.processes > 1:
        method = meeting.absolute().as_uri()
        group.init_process_group("gloo", method, rank=rank, world_size=preset.processes)
    store = open_store(out / STORE)
    pairs = Pairs(store, False, preset.size, preset.margin, preset.seed)
    state = _begin(pairs, preset, data)
    if (out / FRAMES).exists():
        state.load(out / FRAMES)
    torch.manual_seed(preset.seed + 1000 * rank + state.step)
    held_out = replace(pairs, validation=True)
    train_frames(state, pairs, validation_crops(held_out) if rank == 0 else _NOTHING, preset, out)
    if preset.processes > 1:
        group.destroy_process_group()


_NOTHING = np.zeros((0, 1, 1, 3), np.uint8)


def _begin(pairs: Pairs, preset: Preset, data: Path) -> State:
    """A network with the ImageNet trunk where there is one, whose LSTM says nothing yet."""
    from models.mobilenet_lstm import MobileNetLSTM
    from models.training.backbone import load_imagenet

    network = NETWORKS[preset.network](architecture_of(preset))
    if isinstance(network, MobileNetLSTM):
        crops = validation_crops(replace(pairs, seed=pairs.seed + 1), _STATISTICS_PAIRS)
        load_imagenet(network, data / _BACKBONE, normalise(crops, preset.mean, preset.std))
    torch.nn.init.zeros_(network.output.weight)
    torch.nn.init.zeros_(network.output.bias)
    network = network.to(memory_format=torch.channels_last)
    average = copy.deepcopy(network).requires_grad_(False)
    head = RegionHead(network)
    return State(network, average, head, make_optimiser(network, head, preset))
