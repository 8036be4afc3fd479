"""Networks as they are run on a GPU, which is played by a stand-in (`stand_in_gpu`)."""

import gc
import itertools
import logging
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor, wait

import numpy as np
import pytest
import torch

from tests.analysis import clips as scenes
from tests.analysis import stand_in_gpu
from tests.analysis.test_run_analysis import analyse
from workstation.analysis import on_gpu
from workstation.analysis.detector import Detector
from workstation.analysis.engines import OneEach, Ready, prepare
from workstation.analysis.on_gpu import Lane
from workstation.analysis.settings import AnalysisSettings
from workstation.evidence.intake import add_exhibit

QUICK = AnalysisSettings(batch=4)
SHAPE = (2, 3, 8, 8)


class Two(torch.nn.Module):
    """A network with two outputs, one of them in half precision."""

    def __init__(self):
        super().__init__()
        self.passes = 0
        self.network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU())

    def forward(self, pixels):
        self.passes += 1
        given = self.network(pixels.float())
        return given, given.sum(dim=(2, 3)).half()


@pytest.fixture
def gpu(monkeypatch):
    return stand_in_gpu.install(monkeypatch)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return Two().eval()


def inputs(count, kind="float32"):
    some = np.random.default_rng(1).integers(0, 256, (count, *SHAPE))
    return some.astype(kind)


def wanted(network, values):
    with torch.inference_mode():
        return [part.float().numpy() for part in network(torch.from_numpy(values))]


@pytest.mark.parametrize("kind", ["float32", "uint8"])
def test_a_captured_pass_answers_its_own_input(gpu, network, kind):
    lane = Lane(network, SHAPE, kind)
    passes = network.passes
    for values in inputs(5, kind):
        given = lane.answer(values)
        for one, other in zip(given, wanted(network, values), strict=True):
            assert one.dtype == np.float32
            np.testing.assert_array_equal(one, other)
    assert network.passes == passes + 5  # of `wanted` alone
    (graph,) = gpu.graphs
    assert graph.replayed == 6


def test_an_answer_stays_when_another_is_given(gpu, network):
    lane = Lane(network, SHAPE, "float32")
    one, other = inputs(2)
    kept = lane.answer(one)
    lane.answer(other)
    np.testing.assert_array_equal(kept[0], wanted(network, one)[0])


def test_weights_have_arrived_and_answers_are_waited_for(gpu, network):
    lane = Lane(network, SHAPE, "float32")
    assert lane._stream.waited_for == [("default", torch.device("cpu"))]
    before = stand_in_gpu.Stream.synchronised
    lane.answer(inputs(1)[0])
    assert stand_in_gpu.Stream.synchronised == before + 1
    assert set(gpu.streams) == {lane._stream}


def test_threads_that_ask_at_the_same_time_have_lanes_of_their_own(gpu, network):
    together = threading.Barrier(3, timeout=30)
    forward = prepare(network, SHAPE, "cuda")
    first = forward._begin

    def begin():
        together.wait()
        return first()

    forward._begin = begin
    held, forward._idle = list(forward._idle), type(forward._idle)()
    some = inputs(3)
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(forward, some))
    for values, given in zip(some, answers, strict=True):
        np.testing.assert_array_equal(given[0], wanted(network, values)[0])
    assert len(forward._idle) == 3
    assert len(held) == 1
    assert len(gpu.graphs) == 4
    assert gpu.most == 1  # captures never overlap


def test_lanes_on_one_stream_take_turns_while_a_pass_is_captured(gpu, network, monkeypatch):
    """torch has so many streams and no more; two lanes may be given the same."""
    stream, capturing, go_on = stand_in_gpu.Stream(), threading.Event(), threading.Event()
    monkeypatch.setattr(torch.cuda, "Stream", lambda device: stream)
    values = inputs(1)[0]
    lane = Lane(network, SHAPE, "float32")
    other = Two().eval()
    once = other.forward

    def slowly(pixels):
        if gpu.capturing:
            capturing.set()
            assert go_on.wait(60)
        return once(pixels)

    monkeypatch.setattr(other, "forward", slowly)
    with ThreadPoolExecutor(2) as pool:
        made = pool.submit(Lane, other, SHAPE, "float32")
        assert capturing.wait(60)
        answered = pool.submit(lane.answer, values)
        early, _ = wait([answered], 0.2)
        go_on.set()
        assert not early
        np.testing.assert_array_equal(answered.result()[0], wanted(network, values)[0])
        np.testing.assert_array_equal(made.result().answer(values)[0], wanted(other, values)[0])


def test_what_a_lane_is_tried_with_is_made_by_the_processor(gpu, network, monkeypatch):
    """The GPU's generator may be part of what another thread captures."""
    random, filled = torch.Tensor.random_, []

    def noted(self, *args, **kwargs):
        filled.append(self.data_ptr())
        return random(self, *args, **kwargs)

    monkeypatch.setattr(torch.Tensor, "random_", noted)
    assert filled == [Lane(network, SHAPE, "uint8")._taken.data_ptr()]


def test_what_is_captured_rounds_as_it_should_whoever_makes_it(gpu, network):
    parts = (torch.backends.cudnn.conv, torch.backends.cudnn.rnn)
    before = [part.fp32_precision for part in parts]
    try:
        for part in parts:
            part.fp32_precision = "tf32"
        Lane(network, SHAPE, "float32")
        assert [part.fp32_precision for part in parts] == ["ieee", "ieee"]
    finally:
        for part, precision in zip(parts, before, strict=True):
            part.fp32_precision = precision


def test_memory_is_let_go_of_with_what_cannot_be_captured(gpu, network, monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(torch.cuda, "graph", refuse)
    monkeypatch.setattr(on_gpu._log, "disabled", True)  # a record would keep what was raised
    gc.disable()
    try:
        lane = weakref.ref(Lane(network, SHAPE, "float32"))
        assert lane() is None
    finally:
        gc.enable()


def test_a_network_is_let_go_of_before_the_next_is_made():
    ready = Ready(1)
    first = OneEach(lambda: None)
    gone = weakref.ref(first)
    made = [first]
    ready.get("first", made.pop)
    del first
    assert gone() is not None
    ready.get("second", lambda: OneEach(lambda: None) if gone() is None else pytest.fail("kept"))


def not_captured(lane, network, caplog, why):
    values = inputs(1)[0]
    passes = network.passes
    given = lane.answer(values)
    assert network.passes == passes + 1
    np.testing.assert_array_equal(given[0], wanted(network, values)[0])
    assert why in caplog.text


def test_what_cannot_be_captured_is_begun_kernel_by_kernel(gpu, network, caplog, monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(torch.cuda, "graph", refuse)
    with caplog.at_level(logging.INFO):
        lane = Lane(network, SHAPE, "float32")
    not_captured(lane, network, caplog, "not permitted")


def test_a_capture_that_answers_otherwise_is_not_used(gpu, network, caplog, monkeypatch):
    def replay(self):
        for _, _, _, given in self.done:
            given.add_(1)

    monkeypatch.setattr(stand_in_gpu.Graph, "replay", replay)
    with caplog.at_level(logging.INFO):
        lane = Lane(network, SHAPE, "float32")
    not_captured(lane, network, caplog, "answers differ")


def test_a_capture_that_takes_longer_is_not_used(gpu, network, caplog, monkeypatch):
    seconds = itertools.count(2.0, -1.0)  # first the capture's, then the others'
    monkeypatch.setattr(on_gpu.Lane, "_seconds", lambda *_: next(seconds))
    with caplog.at_level(logging.INFO):
        lane = Lane(network, SHAPE, "float32")
    not_captured(lane, network, caplog, "takes longer")


def test_a_gpu_without_memory_says_so(gpu, network, monkeypatch):
    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(network, "forward", full)
    with pytest.raises(torch.OutOfMemoryError):
        prepare(network, SHAPE, "cuda")


def test_an_analysis_gives_what_it_gives_on_the_processor(gpu, case, clips, info):
    """All of it in the GPU's way: faces by larger passes, crops in half precision, the LSTM."""
    add_exhibit(case, clips(scenes.moving, 12))
    runs = [analyse(case, Detector(info, device), settings=QUICK) for device in ("cpu", "cuda")]
    assert [run.device.split(":")[0] for run in runs] == ["cpu", "cuda"]
    assert runs[1].precision == "float16"
    expected, given = (case.runs.faces(run.id) for run in runs)
    np.testing.assert_array_equal(given.frame, expected.frame)
    assert given.scored.all()
    np.testing.assert_allclose(given.box, expected.box, atol=0.02)
    np.testing.assert_allclose(given.score, expected.score, atol=0.02)
    assert len(gpu.graphs) == 5  # the canvas, three networks of the cascade, crops
    assert all(graph.replayed > 2 for graph in gpu.graphs)
