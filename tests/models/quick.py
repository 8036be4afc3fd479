"""Presets so small that a training takes a moment."""

from dataclasses import replace

import numpy as np
import torch

from models import NETWORKS
from models.training.describe import architecture_of
from models.training.frames import Classroom, State, make_optimiser
from models.training.presets import PRESETS
from models.training.regions import RegionHead

QUICK = replace(
    PRESETS["cpu"],
    size=32,
    hidden_size=8,
    pairs_per_batch=2,
    frame_minutes=0.01,
    steps=None,
    pace=None,
    temporal_steps=20,
    sequences=9,
    sequence_length=4,
    processes=1,
    workers=0,
    validation_pairs=4,
    init="scratch",
    echo=1,
)
STEPS = replace(QUICK, steps=6)
NOTHING = np.zeros((0, 32, 32, 3), np.uint8)
CPU = torch.device("cpu")


def small_state(seed=0, preset=QUICK):
    torch.manual_seed(seed)
    network = NETWORKS[preset.network](architecture_of(preset))
    average = NETWORKS[preset.network](architecture_of(preset))
    average.load_state_dict(network.state_dict())
    head = RegionHead(network)
    optimiser = make_optimiser([*network.parameters(), *head.parameters()], preset)
    return State(network, average.requires_grad_(False), head, optimiser)


def room(check=NOTHING, teacher=None):
    return Classroom(CPU, check, teacher)
