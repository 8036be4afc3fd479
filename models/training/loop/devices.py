"""Where a training computes, and how pictures get there."""

from __future__ import annotations

import os
import signal

import cv2
import torch
from torch import Tensor

from models.training.loop.errors import TrainingError

DEVICES = ("auto", "cpu", "cuda")


def choose_device(wanted: str = "auto") -> torch.device:
    """The device to compute on.

    Args:
        wanted: One of `DEVICES`; "auto" takes the GPU where there is one.

    Raises:
        TrainingError: A GPU is asked for and torch sees none.
    """
    seen = torch.cuda.is_available()
    if wanted == "cuda" and not seen:
        raise TrainingError(
            "No GPU that torch can use was found. Give --device cpu, or install torch with CUDA "
            "and the GPU's driver."
        )
    if wanted == "cpu" or not seen:
        return torch.device("cpu")
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    return torch.device("cuda")


def cores() -> int:
    """How many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def prepare_worker(_number: int) -> None:
    """Set up a process that makes training material: one thread, and Ctrl+C left to its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    cv2.setNumThreads(0)
    torch.set_num_threads(1)


def to_pixels(
    crops: Tensor,
    device: torch.device,
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
) -> Tensor:
    """Bring crops to the device as bytes and normalise them there, as `preprocessing.normalise`.

    Args:
        crops: RGB, uint8 ``(N, S, S, 3)``; from pinned memory the copy does not block.
        device: Where to.
        mean: Subtracted per channel, on a scale of 0..1.
        std: Divided by per channel, on a scale of 0..1.

    Returns:
        float32 ``(N, 3, S, S)``, channels-last in memory.
    """
    pixels = crops.to(device, non_blocking=True).float()
    centre = torch.tensor(mean, device=device) * 255.0
    scale = torch.tensor(std, device=device) * 255.0
    return ((pixels - centre) / scale).permute(0, 3, 1, 2)
