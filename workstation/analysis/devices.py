"""What networks compute on: chosen, named, shared out, and set to round alike everywhere."""

from __future__ import annotations

import os
import re

from workstation.errors import DetectorError

_EACH = 2**30
"""Bytes of a GPU's memory for a chunk: a process's context, networks, captured passes. An estimate,
measured on no GPU."""


def pick_device(device: str) -> str:
    """Turn "auto" into "cuda" where there is a GPU, else "cpu".

    Args:
        device: "auto", "cpu", "cuda", or one GPU of several, such as "cuda:1".

    Raises:
        DetectorError: No usable GPU for "cuda", or another word.
    """
    import torch

    if not re.fullmatch(r"auto|cpu|cuda(:[0-9]{1,3})?", device):
        raise DetectorError(f"The device must be auto, cpu or cuda, not “{device}”.")
    if device == "cpu":
        return "cpu"
    number = int(device.partition(":")[2] or 0)
    if torch.cuda.is_available() and number < torch.cuda.device_count():
        return "cuda" if device == "auto" else device
    if device != "auto":
        raise DetectorError(
            "No usable NVIDIA GPU was found. Choose the device cpu, or look at the driver."
        )
    return "cpu"


def computing(device: str) -> tuple[str, ...]:
    """The devices that the chunks of one analysis take in turn.

    Of several GPUs those of the first one's kind: another kind rounds in another way, and a run
    says of one device that it computed on it.

    Args:
        device: "cpu" or "cuda".
    """
    if device != "cuda":
        return (device,)
    import torch

    count = torch.cuda.device_count()
    alike = [
        number
        for number in range(count)
        if torch.cuda.get_device_name(number) == torch.cuda.get_device_name(0)
    ]
    return tuple(f"cuda:{number}" for number in alike) if len(alike) > 1 else (device,)


def device_words(device: str) -> str:
    """A device as runs name it, such as "cuda: 2 × NVIDIA H200".

    Args:
        device: "cpu" or "cuda".
    """
    import torch

    if device == "cpu":
        return f"cpu: {os.cpu_count()} cores"
    many, name = len(computing(device)), torch.cuda.get_device_name(device)
    return f"cuda: {many} × {name}" if many > 1 else f"cuda: {name}"


def default_workers(device: str) -> int:
    """How many chunks to work on at once.

    On a CPU each chunk keeps one core busy; beside a GPU one, and its decoder another.

    Args:
        device: "cpu" or "cuda".
    """
    cores = os.cpu_count() or 1
    return cores if device == "cpu" else max(cores // 2, 1)


def fitting_workers(workers: int, device: str) -> int:
    """How many chunks can be worked on at once, of those that are wished for.

    Beyond a few each has a process of its own, with a context on every GPU that takes part.

    Args:
        workers: Wished for.
        device: "cpu" or "cuda".
    """
    import torch

    if device == "cpu" or not torch.cuda.is_available():
        return max(workers, 1)
    free = min(torch.cuda.mem_get_info(one)[0] for one in computing(device))
    return max(min(workers, free // _EACH), 1)


def decoder_threads(device: str, side_by_side: int) -> int:
    """On how many threads each chunk is decoded.

    Chunks side by side keep the processors busy; further threads of their decoders would take turns
    with them, and decoding on several takes a third more time in all.

    Args:
        device: "cpu" or "cuda".
        side_by_side: How many chunks are worked on at once.
    """
    each = (os.cpu_count() or 1) // max(side_by_side, 1)
    return max(each if device == "cpu" else each - 1, 1)


def settle_rounding(device: str) -> None:
    """See to it that torch and OpenCV round alike, whatever the machine and the other work on it.

    On a processor they keep to the calling thread; chunks side by side fill the cores better than
    threads that wait for each other. On a GPU what is float32 is computed so, and not in
    TensorFloat-32, which keeps ten of its 23 bits.

    Args:
        device: As `pick_device` gives it.
    """
    import cv2
    import torch

    if device != "cpu":
        torch.backends.cudnn.conv.fp32_precision = "ieee"  # type: ignore[attr-defined]
        torch.backends.cudnn.rnn.fp32_precision = "ieee"  # type: ignore[attr-defined]
        return
    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)
    if cv2.getNumThreads() != 1:
        cv2.setNumThreads(1)
