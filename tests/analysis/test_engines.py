import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from workstation.analysis.engines import prepare

ENDING = """
import numpy as np
from PySide6.QtCore import QCoreApplication, QRunnable, QThreadPool

import torch
from workstation.analysis.engines import prepare

app = QCoreApplication([])
forward = prepare(torch.nn.Conv2d(3, 2, 3).eval(), (1, 3, 8, 8), "cpu")


class Look(QRunnable):
    def run(self):
        forward(np.zeros((1, 3, 8, 8), np.float32))


for _ in range(3):
    pool = QThreadPool()
    pool.start(Look())
    pool.waitForDone()
    del pool
print("ended well")
"""


@pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="without OpenVINO")
def test_a_thread_of_qt_that_used_a_network_ends_well():
    done = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().endswith("ended well\n")


def test_an_answer_is_to_its_own_input_and_stays_when_another_is_given():
    import torch

    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU()).eval()
    forward = prepare(network, (2, 3, 8, 8), "cpu")
    inputs = np.random.default_rng(0).standard_normal((5, 2, 3, 8, 8)).astype(np.float32)
    answers = [forward(some)[0] for some in inputs]
    with torch.inference_mode():
        expected = [network(torch.from_numpy(some)).numpy() for some in inputs]
    np.testing.assert_allclose(answers, expected, atol=1e-5)
