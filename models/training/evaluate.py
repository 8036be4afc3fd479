"""What a detector does on labelled clips: counts, AUC with intervals, findings."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.card import Card, Decision, read_card
from models.fields import JsonValue
from models.preprocessing import normalise, sharpness
from models.scoring import score_track
from models.sequence_network import SequenceNetwork
from models.training.clips import Clip, Run, clip_runs, read_manifest
from models.training.metrics import bootstrap_auc
from models.weights import load_network

_SWAPS = ("Deepfakes", "FaceSwap", "FaceShifter")
_MANIPULATIONS = ("Deepfakes", "Face2Face", "FaceShifter", "FaceSwap", "NeuralTextures")
_ELSEWHERE = ("LivePortrait driving", "HDTF (via SadTalker)", "VoxCeleb2 (via PC-AVS)")


@dataclass(frozen=True)
class ClipScore:
    """One clip's mean score over `frames` scored frames."""

    clip: Clip
    score: float
    frames: int


@dataclass(frozen=True)
class Comparison:
    """Which fakes are held against which real clips."""

    name: str
    fake: Callable[[Clip], bool]
    real: Callable[[Clip], bool]


def comparisons() -> list[Comparison]:
    """Pooled comparisons first, then each method at each compression."""

    def faceforensics(methods: tuple[str, ...], compression: str) -> Callable[[Clip], bool]:
        return lambda clip: clip.method in methods and clip.compression == compression

    def youtube(compression: str) -> Callable[[Clip], bool]:
        return lambda clip: clip.source == "FF++ youtube" and clip.compression == compression

    def elsewhere(clip: Clip) -> bool:
        return clip.source in _ELSEWHERE

    def anything(clip: Clip) -> bool:
        return bool(clip.file)

    def generated(clip: Clip) -> bool:
        return clip.method.startswith("VASA")

    listed = [
        Comparison(
            "FF++ and DFD manipulations against all real clips",
            lambda clip: not generated(clip),
            anything,
        ),
        Comparison("FF++ c23, all", faceforensics(_MANIPULATIONS, "c23"), youtube("c23")),
        Comparison("FF++ c23, face swaps", faceforensics(_SWAPS, "c23"), youtube("c23")),
        Comparison(
            "FF++ c40, all, against FF++ and DFD real clips",
            faceforensics(_MANIPULATIONS, "c40"),
            lambda clip: clip.compression == "c40",
        ),
    ]
    for method in _MANIPULATIONS:
        for quality in ("c23", "c40"):
            name = f"{method} {quality}"
            listed.append(Comparison(name, faceforensics((method,), quality), youtube(quality)))
    listed.append(
        Comparison("DFD c23 against all real clips", lambda clip: clip.method == "DFD", anything)
    )
    listed.append(
        Comparison("Generated heads (VASA-1) against unlike real clips", generated, elsewhere)
    )
    return listed


def score_clips(network: SequenceNetwork, card: Card, clips: Path, cache: Path) -> list[ClipScore]:
    """Score every labelled clip in which a face is found.

    Args:
        network: In evaluation mode.
        card: Its card.
        clips: Folder with `manifest.csv` and the clips.
        cache: Folder for the crops, so that the next network is scored in seconds.

    Raises:
        OSError: A clip cannot be read.
    """
    results = []
    for clip in read_manifest(clips):
        runs = clip_runs(clips / clip.file, card.preprocessing, cache)
        scores = [score_run(network, card, run) for run in runs]
        every = np.concatenate(scores) if scores else np.zeros(0, np.float32)
        if len(every):
            results.append(ClipScore(clip, float(every.mean()), len(every)))
    return results


def score_run(network: SequenceNetwork, card: Card, run: Run) -> NDArray[np.float32]:
    """Scores ``(T,)`` of those crops of one run that the card's limits allow."""
    limits = card.face_limits
    sharp = np.array([sharpness(crop) for crop in run.crops]) >= limits.minimum_sharpness
    crops = run.crops[sharp & (run.sides >= limits.minimum_size)]
    if len(crops) == 0:
        return np.zeros(0, np.float32)
    pixels = normalise(crops, card.preprocessing.mean, card.preprocessing.std)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        embeddings = network.embed(pixels)
    halved = embeddings.to(torch.float16).numpy()
    return score_track(network, halved, card.sequence)


def compare(results: list[ClipScore], wanted: Comparison) -> dict[str, JsonValue] | None:
    """AUC of one comparison with its counts and interval; None where a side is empty."""
    fake = [r for r in results if r.clip.fake and wanted.fake(r.clip)]
    real = [r for r in results if not r.clip.fake and wanted.real(r.clip)]
    if not fake or not real:
        return None
    chosen = real + fake
    interval = bootstrap_auc(
        np.array([r.score for r in chosen]),
        np.array([r.clip.fake for r in chosen]),
        np.array([r.clip.person for r in chosen]),
    )
    return {
        "name": wanted.name,
        "real": len(real),
        "fake": len(fake),
        "people": len({r.clip.person for r in chosen}),
        "auc": round(interval.value, 3),
        "auc_95": [round(interval.low, 3), round(interval.high, 3)],
    }


def findings(results: list[ClipScore], decision: Decision) -> list[dict[str, JsonValue]]:
    """How many clips of each source and method get which finding at the card's thresholds."""
    groups: dict[str, list[float]] = {}
    for result in results:
        clip = result.clip
        kind = f"fake: {clip.method}" if clip.fake else f"real: {clip.source}"
        groups.setdefault(f"{kind} {clip.compression}".replace(" ?", ""), []).append(result.score)
    rows: list[dict[str, JsonValue]] = []
    for name in sorted(groups):
        scores = np.array(groups[name])
        rows.append(
            {
                "name": name,
                "clips": len(scores),
                "supports manipulation": int((scores > decision.high).sum()),
                "inconclusive": int(((scores >= decision.low) & (scores <= decision.high)).sum()),
                "does not support manipulation": int((scores < decision.low).sum()),
            }
        )
    return rows


def above_original(results: list[ClipScore]) -> dict[str, JsonValue]:
    """How often a manipulated FF++ clip scores above the very recording it was made from."""
    real = {
        (r.clip.person, r.clip.compression): r.score
        for r in results
        if r.clip.source == "FF++ youtube"
    }
    pairs = [
        (r.score, real[r.clip.person, r.clip.compression])
        for r in results
        if r.clip.fake and (r.clip.person, r.clip.compression) in real
    ]
    return {"pairs": len(pairs), "above": sum(fake > original for fake, original in pairs)}


def evaluate(card_path: Path, clips: Path, folder: Path) -> dict[str, JsonValue]:
    """Measure a detector and write `evaluation.json` and `evaluation.md`.

    Args:
        card_path: The detector's card.
        clips: Folder with `manifest.csv` and the clips.
        folder: Gets the results, and the crops under `crops/`.

    Raises:
        CardError: The card cannot be used.
        WeightsError: The weights cannot be used.
        OSError: A clip cannot be read or a result not written.
    """
    card = read_card(card_path)
    results = score_clips(load_network(card_path), card, clips, folder / "crops")
    report: dict[str, JsonValue] = {
        "weights_sha256": card.weights.sha256,
        "decision": {"low": card.decision.low, "high": card.decision.high},
        "results": [row for c in comparisons() if (row := compare(results, c)) is not None],
        "findings": list(findings(results, card.decision)),
        "above_original": above_original(results),
        "clips": [
            {**asdict(r.clip), "score": round(r.score, 4), "frames": r.frames} for r in results
        ],
    }
    (folder / "evaluation.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    (folder / "evaluation.md").write_text(_markdown(report), encoding="utf-8")
    return report


def _markdown(report: dict[str, JsonValue]) -> str:
    """The tables of a report, for people."""
    tables = [
        _table(report["results"], ("name", "fake", "real", "people", "auc", "auc_95")),
        _table(
            report["findings"],
            (
                *("name", "clips", "supports manipulation", "inconclusive"),
                "does not support manipulation",
            ),
        ),
    ]
    return f"Weights {report['weights_sha256']}\n\n" + "\n\n".join(tables) + "\n"


def _table(rows: JsonValue, columns: tuple[str, ...]) -> str:
    assert isinstance(rows, list)
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    for row in rows:
        assert isinstance(row, dict)
        lines.append("| " + " | ".join(str(row[column]) for column in columns) + " |")
    return "\n".join(lines)
