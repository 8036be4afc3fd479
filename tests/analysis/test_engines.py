import importlib.util
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from workstation.analysis import engines
from workstation.analysis.engines import Ready, prepare

ENDING = """
import numpy as np
from PySide6.QtCore import QCoreApplication, QRunnable, QThreadPool

import torch
from workstation.analysis import engines

app = QCoreApplication([])
networks = []
for engines._MOST_COPIED in (0, 10**6):
    networks.append(engines.prepare(torch.nn.Conv2d(3, 2, 3).eval(), (1, 3, 8, 8), "cpu"))


class Look(QRunnable):
    def run(self):
        for forward in networks:
            forward(np.zeros((1, 3, 8, 8), np.float32))


for _ in range(3):
    pool = QThreadPool()
    pool.start(Look())
    pool.waitForDone()
    del pool
print("ended well")
"""


needs_openvino = pytest.mark.skipif(
    importlib.util.find_spec("openvino") is None, reason="without OpenVINO"
)


@needs_openvino
def test_a_thread_of_qt_that_used_a_network_ends_well():
    done = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().endswith("ended well\n")


@needs_openvino
@pytest.mark.parametrize("small", [False, True])
def test_whoever_asks_a_small_network_computes(small, monkeypatch):
    import torch

    monkeypatch.setattr(engines, "_MOST_COPIED", 10**6 if small else 0)

    network = torch.nn.Conv2d(3, 32, 5).eval()
    forward = prepare(network, (4, 3, 96, 96), "cpu")
    pixels = np.zeros((4, 3, 96, 96), np.float32)
    forward(pixels)
    mine, everyones = time.thread_time(), time.process_time()
    for _ in range(100):
        forward(pixels)
    mine, everyones = time.thread_time() - mine, time.process_time() - everyones
    assert (mine > everyones / 2) == small


@pytest.mark.parametrize("small", [False, True])
def test_an_answer_is_to_its_own_input_and_stays_when_another_is_given(small, monkeypatch):
    import torch

    monkeypatch.setattr(engines, "_MOST_COPIED", 10**6 if small else 0)

    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU()).eval()
    forward = prepare(network, (2, 3, 8, 8), "cpu")
    inputs = np.random.default_rng(0).standard_normal((40, 2, 3, 8, 8)).astype(np.float32)
    with ThreadPoolExecutor(4) as pool:
        answers = [given[0] for given in pool.map(forward, inputs)]
    with torch.inference_mode():
        expected = [network(torch.from_numpy(some)).numpy() for some in inputs]
    np.testing.assert_allclose(answers, expected, atol=1e-5)


def test_networks_asked_for_longest_ago_are_let_go_of():
    made, ready = [], Ready(2)

    def get(key):
        def make():
            made.append(key)
            return lambda _: [key]

        return ready.get(key, make)(None)

    assert [get(key) for key in "abacabb"] == [[key] for key in "abacabb"]
    assert made == ["a", "b", "c", "b"]
