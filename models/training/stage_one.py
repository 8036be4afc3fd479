"""Stage one from its beginning to its end, in one process or in several."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import torch
from torch import nn

from models import NETWORKS
from models.preprocessing import normalise
from models.sequence_network import SequenceNetwork
from models.training.averaging import renew_statistics
from models.training.corruption import codec_note
from models.training.describe import architecture_of
from models.training.distillation import open_teacher, projection
from models.training.frames import STATE, Classroom, State, make_optimiser, train_frames
from models.training.initial import initialise
from models.training.loop.checkpoint import read_checkpoint, write_checkpoint
from models.training.loop.devices import choose_device, to_pixels
from models.training.loop.errors import TrainingError
from models.training.material import RECORDINGS, open_material
from models.training.pairs import Pairs
from models.training.presets import Preset
from models.training.processes import place_in_group, run_together
from models.training.regions import RegionHead
from models.training.request import Request, digest_of, settings_of
from models.training.schedule import along_schedule, hardness_at
from models.training.supply import Supply, validation_crops

TRUNK = "trunk.pt"
STATISTICS_PAIRS = 240
_AT_ONCE = 48
_FREE = ("frame_minutes", "learning_rate", "workers", "temporal_steps", "sequences", "steps")


def run(request: Request) -> None:
    """Run stage one, or go on with it, in as many processes as the preset says.

    Args:
        request: What is asked.

    Raises:
        TrainingError: Data, settings or machine do not allow it.
        TrainingStopped: It was asked to stop and has saved.
        OSError: A file cannot be read or written.
    """
    preset = preset_for(request)
    if is_done(request, preset):
        print(f"Stage one is done ({request.out / TRUNK}).", flush=True)
        return
    open_material(request, quiet=False)
    if (note := codec_note()) is not None:
        print(note, flush=True)
    run_together(_run, (request,), preset.processes, request.out)


def preset_for(request: Request) -> Preset:
    """The preset as this machine runs it: one process where there is a GPU.

    Raises:
        TrainingError: As `Request.stills_preset`, or the GPU asked for is not there.
    """
    preset = request.stills_preset()
    if choose_device(request.device).type == "cpu" or preset.processes == 1:
        return preset
    pairs = preset.pairs_per_batch * preset.processes
    return replace(preset, processes=1, pairs_per_batch=pairs, workers=None)


def settings(request: Request, preset: Preset) -> dict[str, Any]:
    """What must be the same for stage one to go on."""
    more = {}
    if request.recordings is not None:
        from models.training.authentic import digest_of_runs

        more["recordings"] = digest_of_runs(request.out / RECORDINGS)
    return settings_of(preset, _FREE, teacher=digest_of(request.teacher), **more)


def goal(preset: Preset) -> list[float | None]:
    """How far stage one goes."""
    return [preset.frame_minutes, preset.steps]


def is_done(request: Request, preset: Preset) -> bool:
    """Whether stage one has come to its end with these settings."""
    path = request.out / TRUNK
    if not path.exists():
        return False
    content = read_checkpoint(path)
    return bool(
        content["settings"] == settings(request, preset) and content["goal"] == goal(preset)
    )


def _run(rank: int, request: Request) -> None:
    """One process of stage one."""
    # OpenCV's own threads do not survive the fork into the workers.
    cv2.setNumThreads(0)
    preset, device = preset_for(request), choose_device(request.device)
    torch.manual_seed(preset.seed)
    pairs = Pairs(open_material(request), False, preset.size, preset.margin, preset.seed)
    state, room = open_state(request, preset, pairs, device)
    workers = request.workers_for(preset, preset.processes)
    if rank > 0:
        torch.manual_seed(preset.seed + 1000 * rank + state.step)
    else:
        held_out = replace(pairs, validation=True)
        check = validation_crops(held_out, preset.validation_pairs, workers)
        room = replace(room, check=check)
    supply = Supply(
        pairs,
        preset,
        place=place_in_group(),
        workers=workers,
        device=device,
        hardness=lambda: hardness_at(along_schedule(preset, state.step, state.seconds)),
        step=state.step,
        noted=state.noted,
    )
    try:
        train_frames(state, supply, room, preset, request.out)
    finally:
        supply.close()
    if rank == 0:
        finish(state, pairs, request, preset, workers)


def open_state(
    request: Request,
    preset: Preset,
    pairs: Pairs,
    device: torch.device,
    *,
    fresh: bool = False,
) -> tuple[State, Classroom]:
    """A state to go on from: the saved one, or a new one.

    Args:
        request: Where states lie, who teaches.
        preset: How.
        pairs: The supply, for typical crops.
        device: Where to compute.
        fresh: Pass over a saved state.

    Returns:
        The state, and where it learns, without validation crops yet.

    Raises:
        TrainingError: The saved state or the first weights cannot be used.
    """
    path = request.out / STATE
    saved = path.exists() and not fresh
    network = NETWORKS[preset.network](architecture_of(preset))
    origin = "" if saved else _first_weights(network, request, preset, pairs)
    nn.init.zeros_(network.output.weight)
    nn.init.zeros_(network.output.bias)
    average = copy.deepcopy(network).requires_grad_(False)
    head = _region_head(network)
    for part in (network, average):
        part.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    teacher = None
    if request.teacher is not None and preset.distil > 0:
        teacher = open_teacher(request.teacher, preset.margin, device)
    layer = None if teacher is None else projection(network, teacher).to(device)
    extras = [] if layer is None else list(layer.parameters())
    head.to(device)
    optimiser = make_optimiser([*network.parameters(), *head.parameters(), *extras], preset)
    state = State(network, average, head, optimiser, settings(request, preset), layer)
    state.origin = origin
    if saved:
        state.load(path)
    return state, Classroom(device, np.zeros((0, preset.size, preset.size, 3), np.uint8), teacher)


def finish(state: State, pairs: Pairs, request: Request, preset: Preset, workers: int) -> None:
    """Write what stage two starts from: the running average, or the mean of its states.

    Args:
        state: At the end of stage one.
        pairs: The supply, for the statistics of averaged weights.
        request: Where to.
        preset: How many states were averaged.
        workers: Processes that make pairs.
    """
    network = state.average
    if state.mean is not None:
        network.load_state_dict(state.mean)
        crops = validation_crops(replace(pairs, seed=preset.seed + 1), STATISTICS_PAIRS, workers)
        device = next(network.parameters()).device
        # Real and forged crops of the same pairs in each batch, as in training.
        halves = torch.from_numpy(crops.reshape(2, -1, *crops.shape[1:]))
        batches = [part.flatten(0, 1) for part in torch.split(halves, _AT_ONCE, 1)]
        renew_statistics(
            network, (to_pixels(batch, device, preset.mean, preset.std) for batch in batches)
        )
    for stale in request.out.glob("sequences-*-embedded.npy"):
        stale.unlink()
    content = {
        "network": {name: value.cpu() for name, value in network.state_dict().items()},
        "settings": settings(request, preset),
        "goal": goal(preset),
        "origin": state.origin,
        "averaged": state.averaged,
        "note": codec_note() or "",
        "device": device_name(next(network.parameters()).device),
    }
    write_checkpoint(request.out / TRUNK, content)


def device_name(device: torch.device) -> str:
    """What a training computed on, for its card."""
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name(device)}, bfloat16 autocast"
    return "CPU, bfloat16 autocast"


def _first_weights(network: SequenceNetwork, request: Request, preset: Preset, pairs: Pairs) -> str:
    def crops() -> torch.Tensor:
        typical = replace(pairs, seed=pairs.seed + 1)
        return normalise(validation_crops(typical, _AT_ONCE), preset.mean, preset.std)

    return initialise(network, preset.network, preset.init, request.data, crops)


def _region_head(network: SequenceNetwork) -> RegionHead:
    try:
        return RegionHead(network)
    except ValueError as error:
        raise TrainingError(f"This network cannot learn regions: {error}.") from error
