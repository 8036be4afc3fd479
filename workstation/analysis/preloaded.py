"""What processes for chunks share: imported by the server that forks them (`chunk_process`)."""

import atexit
import gc

import facenet_pytorch  # noqa: F401
import torch  # noqa: F401
import torchvision.ops  # noqa: F401

import workstation.analysis.chunks  # noqa: F401
from workstation.analysis.engines import openvino

openvino()
gc.freeze()  # else the collector's marks have every process copy what they share
atexit.register(gc.unfreeze)  # else what is never collected is complained of
