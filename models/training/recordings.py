"""Training on labelled recordings, from a store of faces to weights with a card."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import torch

from models import NETWORKS
from models.card import Decision
from models.fields import JsonValue
from models.sequence_network import SequenceNetwork
from models.training.describe import LIMITS, architecture_of, describe
from models.training.epochs import (
    BEST,
    STATE,
    Epochs,
    Judged,
    Material,
    clip_means,
    train_epochs,
    window_scores,
)
from models.training.face_files import HEAD, read_journal
from models.training.face_store import FaceStore, open_face_store
from models.training.initial import initialise
from models.training.labelled import open_windows
from models.training.loop.devices import choose_device
from models.training.loop.errors import TrainingError
from models.training.presets import LabelledPreset
from models.training.request import Request, settings_of
from models.training.search import search
from models.training.splits import LEFT_OUT, check_leaks
from models.training.stage_one import device_name
from models.training.thresholds import FORGED_BELOW, REAL_ABOVE, choose_thresholds
from models.weights import CARD_SUFFIX, save_weights

FACES, TRIALS, TRAINING, WEIGHTS = "faces", "trials", "training", "weights"
_FREE = ("learning_rate", "epochs", "stop_after", "patience", "workers", "trial_epochs", "ranges")

RECIPE = (
    "Trunk and LSTM together on sequences of consecutive face crops of labelled recordings, a loss "
    "on every step, both classes weighed alike, half of the sequences mirrored; Adam, the rate "
    "lowered to a tenth where the validation loss stalls; the state with the lowest validation "
    "loss was kept."
)
NOT_COVERED = (
    "Manipulations made in other ways than those it was trained on (see training): they may go "
    "unnoticed. A low score on such material is not evidence of authenticity.",
    "Voice, and any manipulation outside the face.",
)


def train_recordings(request: Request) -> Path:
    """Search where asked, train, and write weights with their card; goes on where it stopped.

    Args:
        request: Its data is a store of faces, or recordings, which are cut first.

    Returns:
        The card.

    Raises:
        TrainingError: Data, settings or machine do not allow it.
        TrainingStopped: It was asked to stop and has saved.
        DataError: The recordings cannot be used, or the sides leak.
        OSError: A file cannot be read or written.
    """
    preset, device = request.labelled_preset(), choose_device(request.device)
    cv2.setNumThreads(0)
    store = find_store(request, preset, device)
    require_no_leak(store)
    if request.trials:
        preset = _searched(request, preset, store, device)
    state, judged, origin = _train(request, preset, store, device, request.out / TRAINING)
    card = describe(
        preset,
        _decide(state.network, store, preset, device, request),
        training_facts(request, preset, store, state, judged, origin, device),
        not_covered=NOT_COVERED,
        limits=(LIMITS[0], *LIMITS[2:]),
    )
    save_weights(state.network, request.out / WEIGHTS, card)
    return request.out / WEIGHTS / (card.name + CARD_SUFFIX)


def find_store(request: Request, preset: LabelledPreset, device: torch.device) -> FaceStore:
    """The store that the data is, or that is made of it in the output folder.

    Raises:
        DataError: The data cannot be used.
        OSError: A file cannot be read or written.
    """
    if (request.data / HEAD).exists():
        return open_face_store(request.data)
    from models.training.faces import faces

    folder = request.out / FACES
    print(f"Cutting the faces of {request.data} into {folder}.", flush=True)
    workers = max(1, request.workers_for(preset))
    faces(request.data, folder, protocol="seed", workers=workers, device=device.type)
    return open_face_store(folder)


def require_no_leak(store: FaceStore) -> None:
    """Refuse a store whose sides share a person, a recording or a near-duplicate face.

    Raises:
        LeakError: Names what is shared.
    """
    entries, _ = read_journal(store.folder)
    used = [clip for clip in store.clips if clip.side != LEFT_OUT]
    sides = {clip.recording.key: clip.side for clip in used}
    hashes = {key: entries[key].hashes for key in sides}
    check_leaks([clip.recording for clip in used], sides, hashes)


def training_facts(
    request: Request,
    preset: LabelledPreset,
    store: FaceStore,
    state: Epochs,
    judged: Judged,
    origin: str,
    device: torch.device,
) -> dict[str, JsonValue]:
    """What a training was: data, recipe, command, settings, held-out figures."""
    counts = Counter(
        (clip.recording.source, clip.recording.method, clip.recording.compression, clip.side)
        for clip in store.clips
    )
    names = ("source", "method", "compression", "side")
    data: list[JsonValue] = [
        {**dict(zip(names, kind, strict=True)), "recordings": count, "terms": "see its publisher"}
        for kind, count in sorted(counts.items())
    ]
    settings: dict[str, JsonValue] = {
        "sequence_length": preset.sequence_length,
        "sequences_per_batch": preset.sequences_per_batch,
        "learning_rate": preset.learning_rate,
        "weight_decay": preset.weight_decay,
        "dropout": preset.dropout,
        "hidden_size": preset.hidden_size,
        "chosen": f"by random search, {request.trials} trials"
        if request.trials
        else "as published",
    }
    return {
        "data": data,
        "identities": _people(store),
        "held_out": {"split": "by identity; no person, recording or near-duplicate on two sides"},
        "recipe": RECIPE,
        "settings": settings,
        "trunk_from": origin,
        "command": request.command(),
        "seed": preset.seed,
        "minutes": round(state.seconds / 60),
        "epochs": state.epoch,
        "steps": state.step,
        "device": device_name(device),
        "held_out_auc": {
            "frames, validation people": round(judged.frame_auc, 4),
            "clips (mean of sequences), validation people": round(judged.clip_auc, 4),
        },
    }


def _searched(
    request: Request, preset: LabelledPreset, store: FaceStore, device: torch.device
) -> LabelledPreset:
    def run(drawn: LabelledPreset, folder: Path) -> Judged:
        _, judged, _ = _train(request, drawn, store, device, folder)
        # A state is about a gigabyte; its curve stays.
        for name in (STATE, BEST):
            (folder / name).unlink(missing_ok=True)
        return judged

    return search(preset, request.trials, run, request.out / TRIALS)


def _train(
    request: Request, preset: LabelledPreset, store: FaceStore, device: torch.device, folder: Path
) -> tuple[Epochs, Judged, str]:
    """One training in a folder: its best state, how that was judged, where it began."""
    torch.manual_seed(preset.seed)
    network = NETWORKS[preset.network](architecture_of(preset))
    saved = folder / STATE
    origin = initialise(network, preset.network, preset.init, request.data, _no_crops)
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.Adam(
        network.parameters(), preset.learning_rate, weight_decay=preset.weight_decay
    )
    state = Epochs(network, optimiser, settings_of(preset, _FREE), preset.learning_rate)
    if saved.exists():
        state.load(saved)
        if request.learning_rate is not None:
            state.rate = min(state.rate, request.learning_rate)
    minutes = request.minutes if folder.name == TRAINING else None
    train_epochs(state, _material(store, preset, device, request), preset, folder, minutes)
    return state, state.best, origin


def _people(store: FaceStore) -> list[JsonValue]:
    """Everybody in the store: a calibration refuses recordings of them."""
    return [*sorted({name for clip in store.clips for name in clip.recording.people})]


def _material(
    store: FaceStore, preset: LabelledPreset, device: torch.device, request: Request
) -> Material:
    training, validation = (open_windows(store, preset, side) for side in ("train", "validation"))
    return Material(training, validation, device, request.workers_for(preset))


def _decide(
    network: SequenceNetwork,
    store: FaceStore,
    preset: LabelledPreset,
    device: torch.device,
    request: Request,
) -> Decision:
    """Thresholds from the validation people's recordings."""
    material = _material(store, preset, device, request)
    windows = material.validation
    scores = window_scores(network, windows, preset, material)
    means, fake = clip_means(scores, windows.labels(), windows.recordings())
    decision = choose_thresholds(means[~fake], means[fake])
    chosen = (
        f"On {int((~fake).sum())} real and {int(fake.sum())} manipulated recordings of people held "
        f"out from training: at most {REAL_ABOVE:.0%} of the real ones score above the upper "
        f"threshold, at most {FORGED_BELOW:.0%} of the manipulated ones below the lower. They are "
        "of the same data sets as the training material."
    )
    return replace(decision, chosen=chosen)


def _no_crops() -> Any:
    raise TrainingError("Folded MobileNetV2 weights are for the preset cpu only.")
