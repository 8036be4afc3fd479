"""Training on labelled sequences, epoch by epoch, with a loss on every step of every sequence."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.sequence_network import SequenceNetwork, synthetic_score
from models.training.labelled import (
    Batch,
    Windows,
    batches_in,
    class_weights,
    plain_batches,
    training_batches,
)
from models.training.loop.checkpoint import (
    chance,
    read_checkpoint,
    restore_chance,
    same_settings,
    write_checkpoint,
)
from models.training.loop.curves import Curve, Panel
from models.training.loop.devices import to_pixels
from models.training.loop.errors import TrainingError, TrainingStopped
from models.training.loop.portions import Portions
from models.training.loop.progress import Progress
from models.training.loop.steps import LOST, all_finite, require_number
from models.training.loop.stopping import StopRequest
from models.training.metrics import auc
from models.training.presets import LabelledPreset

SAVE_EVERY_S = 120.0
STATE, BEST, CURVE = "epochs.pt", "best.pt", "epochs.csv"
_COLUMNS = (
    "epoch",
    "step",
    "seconds",
    "learning_rate",
    "loss",
    "validation_loss",
    "validation_frame_auc",
    "validation_clip_auc",
)
_PANELS = (
    Panel("loss", ("loss", "validation_loss")),
    Panel("AUC, validation people", ("validation_frame_auc", "validation_clip_auc")),
    Panel("learning rate", ("learning_rate",)),
)


@dataclass(frozen=True)
class Judged:
    """Figures on held-out windows: mean loss, AUC over frames, AUC over the means of clips."""

    loss: float
    frame_auc: float
    clip_auc: float


@dataclass
class Epochs:
    """Where a training by epochs stands.

    `position` batches of `epoch` are done; `stalled` epochs have passed without a better validation
    loss since the best or the last lowering of the rate, `since_best` since the best.
    """

    network: SequenceNetwork
    optimiser: torch.optim.Adam
    settings: dict[str, Any]
    rate: float
    portions: Portions = field(default_factory=Portions)
    epoch: int = 0
    position: int = 0
    step: int = 0
    seconds: float = 0.0
    best: Judged = field(default_factory=lambda: Judged(math.inf, 0.0, 0.0))
    stalled: int = 0
    since_best: int = 0
    losses: list[float] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write the state; refused where weights are not numbers any more."""
        if not all_finite(self.network):
            raise TrainingError(LOST.format(step=self.step, path=path))
        plain = {name: getattr(self, name) for name in _PLAIN}
        content = {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "parts": self.portions.parts,
            "best": [self.best.loss, self.best.frame_auc, self.best.clip_auc],
            "chance": chance(),
            "plain": plain,
        }
        write_checkpoint(path, content)

    def load(self, path: Path) -> None:
        """Go on from a saved state.

        Raises:
            TrainingError: It is damaged, or of a training with other settings.
        """
        content = read_checkpoint(path)
        plain = content["plain"]
        same_settings(path, plain.pop("settings"), self.settings)
        self.network.load_state_dict(content["network"])
        self.optimiser.load_state_dict(content["optimiser"])
        self.portions.parts = content["parts"]
        self.best = Judged(*content["best"])
        for name, value in plain.items():
            setattr(self, name, value)
        restore_chance(content["chance"])


_PLAIN = (
    "settings",
    "rate",
    "epoch",
    "position",
    "step",
    "seconds",
    "stalled",
    "since_best",
    "losses",
)


@dataclass(frozen=True)
class Material:
    """What to learn from, what to judge by, and where to compute."""

    training: Windows
    validation: Windows
    device: torch.device
    workers: int


def train_epochs(
    state: Epochs, material: Material, preset: LabelledPreset, folder: Path, minutes: float | None
) -> None:
    """Train until the validation loss stalls, the epochs are used up, or the time is.

    Args:
        state: Goes on from here; changed in place; ends as the best state on validation.
        material: Sequences of the training and of the validation people.
        preset: How.
        folder: Gets `epochs.pt`, `best.pt`, `epochs.csv` and `epochs.png`.
        minutes: At most so long, over all calls.

    Raises:
        TrainingError: The loss is no number, memory or disk are full.
        TrainingStopped: It was asked to stop, and has saved.
    """
    folder.mkdir(parents=True, exist_ok=True)
    curve = Curve(folder / CURVE, _COLUMNS, _PANELS)
    curve.rewind(state.step - 1 if state.position else state.step)
    progress = Progress(folder.name)
    limit = math.inf if minutes is None else 60 * minutes
    with StopRequest() as stop:
        while not _finished(state, preset, limit):
            _one_epoch(state, material, preset, folder, limit, stop, progress)
            judged = judge(state.network, material, preset)
            _after_epoch(state, judged, preset, folder)
            curve.add(_row(state, judged))
            progress.say(
                f"epoch {state.epoch}: validation loss {judged.loss:.4f}, "
                f"AUC of frames {judged.frame_auc:.3f}, of clips {judged.clip_auc:.3f}"
            )
            state.losses = []
            state.save(folder / STATE)
    progress.close()
    if (folder / BEST).exists():
        state.network.load_state_dict(read_checkpoint(folder / BEST))


def judge(network: SequenceNetwork, material: Material, preset: LabelledPreset) -> Judged:
    """Figures on the validation people."""
    scores = window_scores(network, material.validation, preset, material)
    labels = material.validation.labels()
    spread = np.repeat(labels[:, None], scores.shape[1], axis=1)
    bounded = np.clip(scores, 1e-6, 1 - 1e-6)
    weights = class_weights(labels).numpy()[spread]
    logs = np.where(spread == 1, np.log(bounded), np.log(1 - bounded))
    means, fake = clip_means(scores, labels, material.validation.recordings())
    return Judged(
        float(-(weights * logs).sum() / weights.sum()),
        auc(scores[spread == 0], scores[spread == 1]),
        auc(means[~fake], means[fake]),
    )


def window_scores(
    network: SequenceNetwork, windows: Windows, preset: LabelledPreset, material: Material
) -> NDArray[np.float32]:
    """Scores of every step of every window, float32 ``(N, T)``."""
    network.eval()
    found = []
    with torch.inference_mode():
        for crops, _ in plain_batches(windows, preset.sequences_per_batch, material.workers):
            found.append(synthetic_score(_logits(network, crops, preset, material.device)).cpu())
    return np.asarray(torch.cat(found).numpy())


def clip_means(
    scores: NDArray[np.float32], labels: NDArray[np.int64], recordings: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Mean score of each recording, float64 ``(K,)``, and whether it is manipulated."""
    counts = np.bincount(recordings)
    means = np.bincount(recordings, scores.mean(axis=1)) / counts
    return means, np.bincount(recordings, labels) > 0


def _one_epoch(
    state: Epochs,
    material: Material,
    preset: LabelledPreset,
    folder: Path,
    limit: float,
    stop: StopRequest,
    progress: Progress,
) -> None:
    """The rest of an epoch; saves on the way and when asked to stop."""
    windows, started, saved = material.training, time.monotonic(), time.monotonic()
    before = state.seconds
    weights = class_weights(windows.labels()).to(material.device)
    length = batches_in(windows, preset.sequences_per_batch)
    for batch in training_batches(
        windows,
        preset.sequences_per_batch,
        epoch=state.epoch,
        skip=state.position,
        seed=preset.seed,
        workers=material.workers,
    ):
        loss = learn(state, batch, weights, preset, material.device)
        state.losses.append(loss)
        state.position += 1
        state.seconds = before + time.monotonic() - started
        done = state.epoch + state.position / length
        each = state.seconds / max(done, 1e-6)
        facts = f"epoch {state.epoch + 1}, step {state.step}, loss {loss:.3f}"
        left = min(each * (preset.epochs - done), limit - state.seconds)
        progress.show(done / preset.epochs, left, facts)
        if stop.asked or time.monotonic() - saved > SAVE_EVERY_S:
            state.save(folder / STATE)
            saved = time.monotonic()
        if stop.asked:
            progress.close()
            raise TrainingStopped(f"Stopped and saved at step {state.step}.")
        if state.seconds > limit:
            return


def learn(
    state: Epochs, batch: Batch, weights: Tensor, preset: LabelledPreset, device: torch.device
) -> float:
    """One step of the optimiser on a batch; gives the mean loss over all steps of all sequences."""
    crops, labels = batch
    for group in state.optimiser.param_groups:
        group["lr"] = state.rate
    state.network.train()

    def loss_of(first: int, last: int) -> Tensor:
        logits = _logits(state.network, crops[first:last], preset, device)
        wanted = labels[first:last].to(device, non_blocking=True)
        return nn.functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), weights)

    loss = state.portions.backward(
        len(crops), loss_of, lambda: state.optimiser.zero_grad(set_to_none=True)
    )
    value = require_number(loss, state.step)
    nn.utils.clip_grad_norm_(state.network.parameters(), preset.largest_gradient)
    state.optimiser.step()
    state.step += 1
    return value


def _logits(
    network: SequenceNetwork, crops: Tensor, preset: LabelledPreset, device: torch.device
) -> Tensor:
    """Logits ``(B, T, 2)`` of crops uint8 ``(B, T, S, S, 3)``."""
    pixels = to_pixels(crops.flatten(0, 1), device, preset.mean, preset.std)
    with torch.autocast(device.type, torch.bfloat16):
        embeddings = network.embed(pixels)
    return network.temporal(embeddings.float().reshape(*crops.shape[:2], -1))


def _after_epoch(state: Epochs, judged: Judged, preset: LabelledPreset, folder: Path) -> None:
    """Keep the best state; lower the rate where validation has stalled."""
    state.epoch, state.position = state.epoch + 1, 0
    if judged.loss < state.best.loss:
        state.best, state.stalled, state.since_best = judged, 0, 0
        write_checkpoint(folder / BEST, state.network.state_dict())
        return
    state.stalled += 1
    state.since_best += 1
    if state.stalled >= preset.patience:
        state.rate, state.stalled = state.rate * 0.1, 0


def _finished(state: Epochs, preset: LabelledPreset, limit: float) -> bool:
    return (
        state.epoch >= preset.epochs
        or state.since_best >= preset.stop_after
        or state.seconds > limit
    )


def _row(state: Epochs, judged: Judged) -> dict[str, object]:
    return {
        "epoch": state.epoch,
        "step": state.step,
        "seconds": round(state.seconds),
        "learning_rate": f"{state.rate:.2e}",
        "loss": f"{np.mean(state.losses) if state.losses else math.nan:.4f}",
        "validation_loss": f"{judged.loss:.4f}",
        "validation_frame_auc": f"{judged.frame_auc:.4f}",
        "validation_clip_auc": f"{judged.clip_auc:.4f}",
    }
