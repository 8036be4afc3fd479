"""Batches that do not fit the GPU's memory: halved, accumulated, and the training goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from models.training.loop.errors import TrainingError


@dataclass
class Portions:
    """In how many parts a batch is computed; gradients add up to those of the whole batch.

    Normalisation statistics are those of a part, so that halving is not quite the same training.
    """

    parts: int = 1

    def backward(
        self, count: int, loss_of: Callable[[int, int], Tensor], clear: Callable[[], None]
    ) -> Tensor:
        """Compute the loss of a batch and its gradients.

        Args:
            count: How many pairs or sequences the batch has.
            loss_of: Mean loss of the pairs or sequences from the first number up to the second.
            clear: Forgets gradients; called before each attempt.

        Returns:
            The batch's mean loss, without gradient, on the device.

        Raises:
            TrainingError: Not even one pair or sequence at a time fits.
        """
        while True:
            clear()
            total = self._attempt(count, loss_of)
            if total is not None:
                return total
            if self.parts >= count:
                raise TrainingError(
                    "The GPU has not enough free memory for a single pair or sequence. Close other "
                    "programs on it, or train with a smaller --size; nothing saved was lost."
                )
            self.parts = min(2 * self.parts, count)
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            each = -(-count // self.parts)
            print(
                f"GPU out of memory: going on with {each} at a time, gradients added up over "
                f"{self.parts} parts of the batch of {count}.",
                flush=True,
            )

    def _attempt(self, count: int, loss_of: Callable[[int, int], Tensor]) -> Tensor | None:
        """The mean loss, or None where memory ran out; leaving this frees what was allocated."""
        try:
            bounds = [count * part // self.parts for part in range(self.parts + 1)]
            total: Tensor | None = None
            for first, last in pairwise(bounds):
                loss = loss_of(first, last) * ((last - first) / count)
                loss.backward()  # type: ignore[no-untyped-call]
                total = loss.detach() if total is None else total + loss.detach()
        except torch.OutOfMemoryError:
            return None
        return total
