"""A tiny network that sees nothing of a face."""

import cv2
import numpy as np

from models.training.metrics import auc


def surface_auc(pairs, count=160):
    """AUC of a linear probe on what every picture goes through, on pairs new to it."""
    made = [pairs.make(number, 1.0) for number in range(count)]
    made = [pair for pair in made if pair.kind != "generated"]
    facts = np.array([[surface(pair.real), surface(pair.forged)] for pair in made])
    facts = (facts - facts.mean(axis=(0, 1))) / (facts.std(axis=(0, 1)) + 1e-9)
    half = len(facts) // 2
    learned = facts[:half].reshape(-1, facts.shape[2])
    labels = np.tile([-1.0, 1.0], half)
    weights = np.linalg.solve(
        learned.T @ learned + 5.0 * np.eye(learned.shape[1]), learned.T @ labels
    )
    scores = facts[half:] @ weights
    return auc(scores[:, 0], scores[:, 1])


def surface(crop):
    """What codec, size and blur leave on the edge of a crop, where no forgery reaches."""
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    edge = np.concatenate([grey[:6].ravel(), grey[-6:].ravel()])
    steps = np.abs(np.diff(grey[:6], axis=1))
    return [
        edge.std(),
        steps.mean(),
        steps[:, 7::8].mean() - steps.mean(),
        float(len(np.unique(edge))),
    ]
