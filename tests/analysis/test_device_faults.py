"""A GPU that is lost or out of memory: another run goes on, and the case says why."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import numpy as np
import pytest
import torch

from tests.analysis.test_run_analysis import SHORT, Inline, analyse
from workstation.analysis import pipeline, scheduling
from workstation.analysis.chunk_result import empty_result
from workstation.analysis.device_faults import (
    DeviceLost,
    DeviceOutOfMemory,
    device_fault,
    failed_before,
    said_of,
)
from workstation.cases.records import RunOutcome

LOST = RuntimeError("CUDA error: device-side assert triggered\nCompile with TORCH_USE_CUDA_DSA.")
FULL = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


class StandIn:
    """The detector on the processor, saying that it is on a GPU."""

    torch_device, device, precision = "cuda", "cuda: stand-in", "float16"

    def __init__(self, detector) -> None:
        self._detector = detector

    def __getattr__(self, name):
        return getattr(self._detector, name)


@pytest.fixture
def gpu(detector, monkeypatch):
    """A GPU that fails as told: `gpu.fails(request) -> Exception | None`."""

    class Gpu:
        asked: ClassVar[list[tuple[str, int]]] = []
        fails = staticmethod(lambda request: None)

    def load(info, device="auto"):
        return detector if device == "cpu" else StandIn(detector)

    def chunk(request):
        Gpu.asked.append((request.device, request.settings.batch))
        error = Gpu.fails(request) if request.device == "cuda" else None
        if error is not None:
            raise error
        return empty_result(request.span.first, request.span.stop, (), detector.width)

    Gpu.asked = []
    monkeypatch.setattr(pipeline, "load_detector", load)
    monkeypatch.setattr(scheduling, "analyse_chunk", chunk)
    return Gpu


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (LOST, DeviceLost),
        (FULL, DeviceOutOfMemory),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), DeviceLost),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"), DeviceOutOfMemory),
        (RuntimeError("a bug"), type(None)),
        (ValueError("CUDA error"), type(None)),
    ],
)
def test_faults_of_the_device_are_told_from_ours(error, kind):
    found = device_fault(error, "cuda: stand-in")
    assert isinstance(found, kind)
    if found is not None:
        assert "cuda: stand-in" in str(found)
        assert "processor" in str(found)
        assert "TORCH_USE" not in str(found)


def test_a_lost_gpu_gives_way_to_the_processor_as_another_run(moving_case, info, gpu):
    gpu.fails = lambda request: LOST if request.span.first > 0 else None
    run = analyse(moving_case, info)
    first, second = moving_case.runs.of_exhibit("E001")
    assert (first.outcome, first.device, first.precision) == (
        RunOutcome.FAILED,
        "cuda: stand-in",
        "float16",
    )
    assert "device-side assert" in first.reason
    assert (second.id, second.outcome) == (run.id, RunOutcome.COMPLETE)
    assert second.device.startswith("cpu")
    entries = [one for one in moving_case.custody.entries() if one.act.startswith("analysis")]
    assert [(one.act, one.details["device"][:4]) for one in entries] == [
        ("analysis started", "cuda"),
        ("analysis failed", "cuda"),
        ("analysis started", "cpu:"),
        ("analysis complete", "cpu:"),
    ]
    assert run.frames_done == 60
    assert {device for device, _ in gpu.asked[2:]} == {"cpu"}
    assert [one.id for one in failed_before(moving_case, run)] == [first.id]
    assert "stands in its place" in said_of(first, run)


def test_too_little_memory_is_tried_with_fewer_crops_first(moving_case, info, gpu):
    gpu.fails = lambda request: FULL if request.settings.batch > 4 else None
    run = analyse(moving_case, info)
    assert (run.outcome, run.device, run.settings["batch"]) == (
        RunOutcome.COMPLETE,
        "cuda: stand-in",
        4,
    )
    runs = moving_case.runs.of_exhibit("E001")
    assert [one.settings["batch"] for one in runs] == [16, 8, 4]
    assert all("too little free memory" in one.reason for one in runs[:2])


def test_nothing_of_what_failed_keeps_memory_of_the_device(moving_case, info, gpu):
    taken, kept = [], []

    def fails(request):
        if request.settings.batch > 4:
            memory = np.zeros(10)
            taken.append(weakref.ref(memory))
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        kept.extend(one() for one in taken if one() is not None)

    gpu.fails = fails
    gc.disable()
    try:
        with ThreadPoolExecutor(1) as pool:
            assert analyse(moving_case, info, executor=pool).settings["batch"] == 4
    finally:
        gc.enable()
    assert taken
    assert not kept


def test_a_gpu_without_any_memory_gives_way_to_the_processor(moving_case, info, gpu):
    gpu.fails = lambda request: FULL
    run = analyse(moving_case, info)
    assert (run.outcome, run.device[:3]) == (RunOutcome.COMPLETE, "cpu")
    assert len(moving_case.runs.of_exhibit("E001")) == 6


def test_the_processor_gives_way_to_nothing(moving_case, info, monkeypatch):
    def lost(_request):
        raise LOST

    monkeypatch.setattr(scheduling, "analyse_chunk", lost)
    with pytest.raises(DeviceLost, match="driver"):
        analyse(moving_case, info, Inline(), SHORT, device="cpu")
    (run,) = moving_case.runs.of_exhibit("E001")
    assert run.outcome is RunOutcome.FAILED
