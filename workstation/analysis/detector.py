"""Detectors: weights and card, found, checked, loaded and applied. The only door to `models`."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.devices import device_words, pick_device
from workstation.analysis.embedding import make_embedder
from workstation.analysis.libraries import load_libraries
from workstation.analysis.quality import FaceLimits
from workstation.analysis.temporal import score_track
from workstation.errors import DetectorError

WEIGHTS_VARIABLE = "WORKSTATION_WEIGHTS"
DETECTOR_VARIABLE = "WORKSTATION_DETECTOR"
_CARD_PATTERN = "*.card.json"
_SEQUENCES_AT_ONCE = 8


@dataclass(frozen=True)
class DetectorInfo:
    """A detector that can be loaded.

    Attributes:
        name: Short name from its card.
        title: Name for people.
        card_path: The card; its weights lie beside it.
        card: The card as plain JSON.
        weights_sha256: SHA-256 of the weights file, as the card states it.
    """

    name: str
    title: str
    card_path: Path
    card: Mapping[str, Any]
    weights_sha256: str

    @property
    def auc(self) -> float | None:
        """The first AUC among the card's evaluations, or None when nothing was measured."""
        for result in self.card["evaluation"]:
            value = result.get("auc")
            if isinstance(value, int | float) and not isinstance(value, bool):
                return float(value)
        return None


def weights_folders() -> list[Path]:
    """Where detectors are looked for, the most particular place first."""
    from platformdirs import user_data_path

    import resources

    folders = [user_data_path("deepfake-forensics-workstation", appauthor=False) / "weights"]
    folders += [Path(place) / "weights" for place in resources.__path__]
    named = os.environ.get(WEIGHTS_VARIABLE)
    return [Path(named), *folders] if named else folders


def available_detectors() -> list[DetectorInfo]:
    """Every detector whose card can be read and whose weights file is there, best first.

    Best means the highest AUC measured on its card; unmeasured ones come last, ties go by name. A
    name found in two places counts once, from the more particular place. torch is not imported.
    """
    found: dict[str, DetectorInfo] = {}
    for folder in weights_folders():
        for path in sorted(folder.glob(_CARD_PATTERN)) if folder.is_dir() else []:
            info = _readable(path)
            if info is not None:
                found.setdefault(info.name, info)
    return sorted(found.values(), key=lambda info: (-(info.auc or 0.0), info.name))


def unusable_cards() -> dict[Path, str]:
    """Cards in the weights folders that cannot be used, each with the reason."""
    found = {}
    for folder in weights_folders():
        for path in sorted(folder.glob(_CARD_PATTERN)) if folder.is_dir() else []:
            try:
                read_detector(path)
            except DetectorError as error:
                found[path] = str(error)
    return found


def default_detector() -> DetectorInfo:
    """The detector with the best measured AUC, or the one named in `WORKSTATION_DETECTOR`.

    Raises:
        DetectorError: There is none, or none of that name.
    """
    detectors = available_detectors()
    wanted = os.environ.get(DETECTOR_VARIABLE)
    if wanted:
        return find_detector(wanted)
    if not detectors:
        raise DetectorError(
            "No detector is installed, so nothing can be scored. Put a card and its weights into "
            f"{weights_folders()[0]}, or install the program again."
        )
    return detectors[0]


def find_detector(name: str) -> DetectorInfo:
    """The installed detector of a name.

    Args:
        name: As on its card.

    Raises:
        DetectorError: There is none of that name.
    """
    detectors = available_detectors()
    for info in detectors:
        if info.name == name:
            return info
    there = ", ".join(info.name for info in detectors) or "none"
    raise DetectorError(f"There is no detector named “{name}”. Installed: {there}.")


def read_detector(card_path: Path) -> DetectorInfo:
    """Read one card.

    Args:
        card_path: The card.

    Raises:
        DetectorError: The card cannot be used, or its weights file is missing.
    """
    from models.card import CardError, read_card

    try:
        card = read_card(card_path)
    except CardError as error:
        raise DetectorError(str(error)) from error
    if not (card_path.parent / card.weights.file).is_file():
        raise DetectorError(
            f"The weights file {card.weights.file} of {card_path.name} is missing. Put it beside "
            "its card, or install the program again."
        )
    return DetectorInfo(card.name, card.title, card_path, asdict(card), card.weights.sha256)


def _readable(path: Path) -> DetectorInfo | None:
    try:
        return read_detector(path)
    except DetectorError:
        return None


class Detector:
    """A loaded detector: face crops in, scores out. Stateless once built; threads may share it.

    Args:
        info: What to load.
        device: "auto", "cpu" or "cuda".

    Raises:
        DetectorError: The card or the weights cannot be trusted, or there is no such device.
    """

    def __init__(self, info: DetectorInfo, device: str = "auto") -> None:
        from models.card import CardError
        from models.weights import WeightsError, load_network

        self.info = info
        self.torch_device = pick_device(device)
        self.device = device_words(self.torch_device)
        try:
            self._network = load_network(info.card_path, self.torch_device)
        except (CardError, WeightsError) as error:
            raise DetectorError(str(error)) from error
        # The weights were held against the card as it lay there just now: it must be ours still.
        if read_detector(info.card_path).card != info.card:
            raise DetectorError(_exchanged(info.card_path))
        self._embedder = make_embedder(self._network, info.card, self.torch_device)

    @property
    def precision(self) -> str:
        """The numbers the trunk computes in, and what computes, in words."""
        return self._embedder.precision

    @property
    def width(self) -> int:
        """Length D of an embedding."""
        return int(self.info.card["architecture"]["embedding_size"])

    @property
    def limits(self) -> FaceLimits:
        """Under these a face is not scored."""
        limits = self.info.card["face_limits"]
        return FaceLimits(limits["minimum_size"], limits["minimum_sharpness"])

    @property
    def sequence(self) -> tuple[int, int]:
        """Length and stride of the sequences the LSTM sees, in face crops."""
        sequence = self.info.card["sequence"]
        return int(sequence["length"]), int(sequence["stride"])

    def crop(self, frame: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Cut a face out as the network wants it.

        Args:
            frame: RGB, uint8 ``(H, W, 3)``.
            landmarks: float ``(5, 2)``, pixels of the frame.

        Returns:
            RGB, uint8 ``(S, S, 3)``.

        Raises:
            ValueError: The landmarks are unusable, or lie outside the frame.
        """
        preprocessing = self.info.card["preprocessing"]
        return network_crop(frame, landmarks, preprocessing["size"], preprocessing["margin"])

    def embed(self, crops: NDArray[np.uint8], batch: int = 16) -> NDArray[np.float16]:
        """Look at crops one by one.

        Every pass holds as many crops as any other, the last one filled up: what a crop gives then
        does not depend on how many others are there.

        Args:
            crops: RGB, uint8 ``(N, S, S, 3)``.
            batch: Crops per pass at most.

        Returns:
            Embeddings, float16 ``(N, D)``.

        Raises:
            ValueError: Wrong shape or type.
        """
        return self._embedder.embed(crops, batch)

    def score_sequences(self, sequences: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score sequences of embeddings; each step has seen the steps before it.

        Args:
            sequences: float32 ``(B, L, D)``; a short one is filled up at its end.

        Returns:
            Score per step, float32 ``(B, L)``, 0..1, higher is more likely synthetic.
        """
        import torch

        from models.sequence_network import synthetic_score

        parts = [np.zeros((0, sequences.shape[1]), np.float32)]
        with torch.inference_mode():
            for start in range(0, len(sequences), _SEQUENCES_AT_ONCE):
                some = torch.from_numpy(sequences[start : start + _SEQUENCES_AT_ONCE])
                logits = self._network.temporal(some.to(self.torch_device))
                parts.append(synthetic_score(logits).cpu().numpy())
        return np.concatenate(parts)

    def score(
        self, embeddings: NDArray[np.float16], times: NDArray[np.float64], gap: float = 0.5
    ) -> NDArray[np.float32]:
        """Score one face track.

        Args:
            embeddings: float16 ``(T, D)``, in time order.
            times: Seconds, float64 ``(T,)``.
            gap: Seconds without the face after which the LSTM starts anew.

        Returns:
            float32 ``(T,)``, 0..1, higher is more likely synthetic.
        """
        return score_track(self, embeddings, times, gap)


def network_crop(
    frame: NDArray[np.uint8], landmarks: NDArray[np.float32], size: int, margin: float
) -> NDArray[np.uint8]:
    """Cut a face out as a network wants it, without the network.

    Args:
        frame: RGB, uint8 ``(H, W, 3)``.
        landmarks: float ``(5, 2)``, pixels of the frame.
        size: Side of the crop in pixels, from the card.
        margin: How many face sizes it spans, from the card.

    Returns:
        RGB, uint8 ``(size, size, 3)``.

    Raises:
        ValueError: The landmarks are unusable, or lie outside the frame.
    """
    from models.preprocessing import align_face

    return align_face(frame, landmarks, size, margin)


@functools.cache
def _loaded(card_path: Path, weights_sha256: str, device: str) -> Detector:
    info = read_detector(card_path)
    if info.weights_sha256 != weights_sha256:
        raise DetectorError(_exchanged(card_path))
    return Detector(info, device)


def _exchanged(card_path: Path) -> str:
    return f"The card {card_path.name} was exchanged since this analysis began. Start it again."


def load_detector(info: DetectorInfo, device: str = "auto") -> Detector:
    """Load a detector, once per process and device.

    Args:
        info: What to load.
        device: "auto", "cpu" or "cuda".

    Raises:
        DetectorError: The card or the weights cannot be trusted, or there is no such device.
    """
    load_libraries()
    return _loaded(info.card_path, info.weights_sha256, pick_device(device))
