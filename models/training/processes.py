"""Several processes that train one network together on a CPU."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
import torch.distributed as group
from torch import nn
from torch.multiprocessing.spawn import ProcessRaisedException, spawn

from models.training.loop.errors import TrainingError, TrainingStopped
from models.training.loop.stopping import StopRequest


def place_in_group() -> tuple[int, int]:
    """This process's number and how many train together."""
    if group.is_available() and group.is_initialized():
        return group.get_rank(), group.get_world_size()
    return 0, 1


def share(values: list[nn.Parameter], figures: list[float]) -> list[float]:
    """Average gradients over the process group, and some figures; gives the latter."""
    _, processes = place_in_group()
    if processes == 1:
        return figures
    gradients = [value.grad for value in values if value.grad is not None]
    flat = torch.cat([g.reshape(-1) for g in gradients] + [torch.tensor(figures)])
    group.all_reduce(flat)
    flat /= processes
    parts = torch.split(flat, [*(g.numel() for g in gradients), len(figures)])
    for gradient, part in zip(gradients, parts[:-1], strict=True):
        gradient.copy_(part.reshape(gradient.shape))
    return [float(figure) for figure in parts[-1]]


def run_together(
    work: Callable[..., None], arguments: tuple[Any, ...], count: int, out: Path
) -> None:
    """Run a function in a group of processes, or in this one where the count is 1.

    Args:
        work: A function of a module; gets its number and then the arguments.
        arguments: Can be pickled.
        count: How many processes.
        out: Where the processes meet and leave what stopped them.

    Raises:
        TrainingError: What stopped one of them.
        TrainingStopped: They were asked to stop, and have saved.
    """
    if count == 1:
        work(0, *arguments)
        return
    meeting, left = out / f"meeting-{os.getpid()}", out / f"stopped-{os.getpid()}.json"
    try:
        with StopRequest(patient=True) as stop:
            running = spawn(  # type: ignore[no-untyped-call]
                _member, (work, arguments, count, meeting, left), count, join=False
            )
            forwarded = False
            while not running.join(timeout=0.5):
                if stop.asked and not forwarded:
                    print("\nStopping after this step; the state is being saved.", flush=True)
                    _forward(running.pids())
                    forwarded = True
    except ProcessRaisedException:
        _raise_left(left)
        raise
    finally:
        meeting.unlink(missing_ok=True)
    _raise_left(left)


def _raise_left(left: Path) -> None:
    """Raise what a process left behind in words."""
    if left.exists():
        kind, text = json.loads(left.read_text())
        left.unlink()
        raise (TrainingStopped if kind == "stopped" else TrainingError)(text)


def _forward(numbers: list[int]) -> None:
    for number in numbers:
        os.kill(number, signal.SIGTERM)


def _member(
    rank: int,
    work: Callable[..., None],
    arguments: tuple[Any, ...],
    count: int,
    meeting: Path,
    left: Path,
) -> None:
    """One process of the group; what stops it in words is left for the parent."""
    torch.set_num_threads(1)
    group.init_process_group("gloo", meeting.absolute().as_uri(), rank=rank, world_size=count)
    try:
        try:
            work(rank, *arguments)
        except TrainingStopped as stopped:
            if rank == 0:
                left.write_text(json.dumps(["stopped", str(stopped)]))
        # Whoever left first would break what the first process is still about: sharing, saving.
        with suppress(RuntimeError):
            group.barrier()
    except TrainingError as error:
        left.write_text(json.dumps(["error", str(error)]))
        raise
    finally:
        group.destroy_process_group()
