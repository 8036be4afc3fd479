"""A device that fails in the middle of an analysis, told from a fault of this program."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from workstation.analysis.settings import AnalysisSettings
from workstation.cases.case import Case
from workstation.cases.records import Run, RunOutcome
from workstation.errors import AnalysisError

_BEGINS = "The computing device"
_OUT_OF_MEMORY = ("out of memory", "ALLOC_FAILED", "can't allocate memory")
_LOST = (
    "CUDA error",
    "CUDA driver error",
    "cuDNN error",
    "CUDNN_STATUS",
    "CUBLAS_STATUS",
    "CUSOLVER_STATUS",
    "device-side assert",
    "device lost",
    "No CUDA GPUs are available",
)


class DeviceFault(AnalysisError):  # noqa: N818
    """The device on which an analysis computed failed; what was scored by then is kept."""


class DeviceOutOfMemory(DeviceFault):
    """The device has too little free memory for so many face crops at once."""


class DeviceLost(DeviceFault):
    """The device answers no more."""


def device_fault(error: BaseException, device: str) -> DeviceFault | None:
    """What an error says of the device; None where it says nothing of it.

    Args:
        error: Raised while a network computed.
        device: What it computed on, in words, such as "cuda: NVIDIA H200".
    """
    words = str(error)
    if not isinstance(error, RuntimeError):  # torch's errors of both kinds are
        return None
    if any(said in words for said in _OUT_OF_MEMORY):
        return DeviceOutOfMemory(
            f"{_BEGINS} ({device}) has too little free memory. Close other programs that use it, "
            "or analyse on the processor."
        )
    if not any(said in words for said in _LOST):
        return None
    first = words.splitlines()[0][:200].rstrip(".")
    return DeviceLost(
        f"{_BEGINS} ({device}) failed: {first}. Analyse on the processor, or have a look at the "
        "driver and start again."
    )


@contextmanager
def device_faults(device: str) -> Iterator[None]:
    """Raise what an error says of the device in place of the error.

    Args:
        device: In words.

    Raises:
        DeviceFault: The device failed.
    """
    try:
        yield
    except Exception as error:
        fault = device_fault(error, device)
        if fault is None:
            raise
        traceback.clear_frames(error.__traceback__)  # what they name lies on the device
        raise fault from error


def next_attempt(
    fault: DeviceFault, device: str, settings: AnalysisSettings
) -> tuple[str, AnalysisSettings]:
    """How an analysis goes on after its device failed.

    With half as many face crops at once while that may help, else on the processor, which is
    another run: one run has one device.

    Args:
        fault: What happened.
        device: "cpu" or "cuda".
        settings: With which it happened.

    Returns:
        Device and settings.

    Raises:
        DeviceFault: What happened, where there is no other way.
    """
    if isinstance(fault, DeviceOutOfMemory) and settings.batch > 1:
        return device, replace(settings, batch=settings.batch // 2)
    if device == "cpu":
        raise fault
    return "cpu", settings


def failed_before(case: Case, run: Run) -> list[Run]:
    """Runs that ended because their device failed and that this run stands in for, oldest first.

    Args:
        case: The case.
        run: One of its runs.
    """
    found: list[Run] = []
    for earlier in reversed(case.runs.of_exhibit(run.exhibit)):
        if earlier.id >= run.id:
            continue
        if earlier.outcome is not RunOutcome.FAILED or not earlier.reason.startswith(_BEGINS):
            break
        found.insert(0, earlier)
    return found


def said_of(failed: Run, run: Run) -> str:
    """That a run stands in for one whose device failed, in a sentence or two."""
    return (
        f"Run {failed.id} on {run.exhibit} ended early: {failed.reason} It was not mixed with "
        f"another: run {run.id}, on {run.device}, stands in its place."
    )
