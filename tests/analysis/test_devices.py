"""What networks compute on. GPUs are stand-ins: what torch is asked for is looked at."""

import subprocess
import sys

import pytest
import torch

from tests.analysis.test_device_faults import StandIn
from tests.analysis.test_run_analysis import analyse
from workstation.analysis import pipeline, scheduling
from workstation.analysis.chunk_result import empty_result
from workstation.analysis.devices import (
    computing,
    decoder_threads,
    default_workers,
    device_words,
    fitting_workers,
    pick_device,
)
from workstation.errors import DetectorError


@pytest.fixture
def gpus(monkeypatch):
    """Lets torch say that there are GPUs of these names."""

    def there_are(*names):
        def name_of(device):
            number = device if isinstance(device, int) else device.partition(":")[2]
            return names[int(number or 0)]

        monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(names))
        monkeypatch.setattr(torch.cuda, "device_count", lambda: len(names))
        monkeypatch.setattr(torch.cuda, "get_device_name", name_of)
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (8 * 2**30, 16 * 2**30))

    return there_are


def test_a_device_is_picked(gpus):
    gpus()
    assert pick_device("auto") == pick_device("cpu") == "cpu"
    for device in ("cuda", "cuda:0"):
        with pytest.raises(DetectorError, match="No usable NVIDIA GPU"):
            pick_device(device)
    gpus("A", "A")
    assert [pick_device(one) for one in ("auto", "cuda", "cuda:1")] == ["cuda", "cuda", "cuda:1"]
    with pytest.raises(DetectorError, match="No usable NVIDIA GPU"):
        pick_device("cuda:2")


@pytest.mark.parametrize("device", ["tpu", "cpu:0", "auto:1", "cuda:", "cuda:x", "cuda:-1", ""])
def test_other_words_are_no_device(device, gpus):
    gpus("A", "A")
    with pytest.raises(DetectorError, match="auto, cpu or cuda"):
        pick_device(device)


def test_only_gpus_of_one_kind_share_an_analysis(gpus):
    gpus("A")
    assert computing("cpu") == ("cpu",)
    assert computing("cuda") == ("cuda",)
    assert device_words("cuda") == "cuda: A"
    gpus("A", "B", "A")
    assert computing("cuda") == ("cuda:0", "cuda:2")
    assert computing("cuda:1") == ("cuda:1",)
    assert device_words("cuda") == "cuda: 2 × A"
    assert device_words("cuda:1") == "cuda: B"


def test_workers_fit_the_machine(gpus, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 16)
    gpus("A")
    assert default_workers("cpu") == 16
    assert default_workers("cuda") == 8
    monkeypatch.setattr("os.cpu_count", lambda: None)
    assert default_workers("cpu") == default_workers("cuda") == 1


def test_workers_fit_the_memory_of_every_gpu(gpus, monkeypatch):
    gpus("A", "A")
    free = {"cuda:0": 9 * 2**30, "cuda:1": 6.5 * 2**30}
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (int(free[device]), 2**35))
    assert [fitting_workers(count, "cuda") for count in (0, 1, 6, 7, 40)] == [1, 1, 6, 6, 6]
    free["cuda:1"] = 100
    assert fitting_workers(4, "cuda") == 1
    assert fitting_workers(40, "cpu") == 40


@pytest.mark.parametrize(("side_by_side", "threads"), [(16, 1), (20, 1), (5, 3), (1, 16), (0, 16)])
def test_decoders_leave_the_processors_to_the_chunks(side_by_side, threads, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 16)
    assert decoder_threads("cpu", side_by_side) == threads
    assert decoder_threads("cuda", side_by_side) == max(threads - 1, 1)


def test_chunks_take_the_gpus_in_turn(moving_case, detector, gpus, monkeypatch):
    asked = []

    def chunk(request):
        asked.append(request.device)
        assert request.threads >= 1
        return empty_result(request.span.first, request.span.stop, (), detector.width)

    gpus("A", "A")
    monkeypatch.setattr(pipeline, "load_detector", lambda *_: StandIn(detector))
    monkeypatch.setattr(scheduling, "analyse_chunk", chunk)
    analyse(moving_case, detector.info)
    assert len(asked) > 2
    assert asked == [f"cuda:{number % 2}" for number in range(len(asked))]


def test_what_is_float32_is_computed_so_on_a_gpu():
    code = (
        "import torch; from workstation.analysis.devices import settle_rounding; "
        "settle_rounding('cuda'); cudnn = torch.backends.cudnn; "
        "print(cudnn.conv.fp32_precision, cudnn.rnn.fp32_precision)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.split() == [b"ieee", b"ieee"]
