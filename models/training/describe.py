"""The card that a training writes about its own outcome."""

from __future__ import annotations

import csv
from typing import Any

from models.card import (
    Architecture,
    Card,
    Decision,
    FaceLimits,
    Preprocessing,
    Sequence,
    WeightsFile,
)
from models.fields import JsonValue
from models.training.drawing import recorded_share
from models.training.material import RECORDINGS
from models.training.presets import Preset, Shape
from models.training.request import Request
from models.training.stills import ARCHIVES
from models.training.store import NO_RUN, Store
from models.training.temporal import Outcome

_NAMES = {"mobilenetv2_lstm": "MobileNetV2-LSTM", "resnext50_lstm": "ResNeXt50-LSTM"}

RECIPE = (
    "Stage one: trunk and frame head on pairs of a real still and a forgery blended from it (the "
    "same face or a donor; region, colour, sharpness, position and expression altered on one side) "
    "or a StyleGAN face, both through the same crop, scaling, blur, noise, H.264 or JPEG. Stage "
    "two: the LSTM on embeddings of simulated sequences (stills moved; the forged region flickers, "
    "shifts and lags), a loss on every frame, the trunk unchanged."
)

NOT_COVERED = (
    "Wholly generated heads (talking-head animation such as VASA-1 or SadTalker): the detector was "
    "trained on blended faces. A low score on such material is not evidence of authenticity.",
    "Lip synchronisation, voice, and any manipulation outside the face.",
    "Pictures made entirely by a diffusion model.",
    "Faces seen from the side, covered, or smaller than the stated limits.",
)

LIMITS = (
    "Scores are uncalibrated: they order material, they are no probabilities.",
    "Trained on stills and simulated movement, not on real forged video.",
    "Blur, strong light and strong compression can raise the score of an authentic face.",
    "A low score does not show that a recording is authentic.",
    "Recordings differ from one another by an offset of their own; compare with known-authentic "
    "material of the same person and camera where there is some.",
)


RECORDED_LIMITS = (
    LIMITS[0],
    "Trained on stills with simulated movement and on authentic recordings, both with forgeries of "
    "its own laid over them; not on forged video of others.",
    *LIMITS[2:],
)


def architecture_of(preset: Shape) -> Architecture:
    """The sizes a preset trains."""
    sizes = {"mobilenetv2_lstm": 1280, "resnext50_lstm": 2048}
    return Architecture(
        embedding_size=sizes[preset.network],
        hidden_size=preset.hidden_size,
        layers=preset.layers,
        dropout=preset.dropout,
        frame_head=preset.frame_head,
    )


def describe(
    preset: Shape,
    decision: Decision,
    training: dict[str, JsonValue],
    evaluation: tuple[dict[str, JsonValue], ...] = (),
    version: str = "1",
    not_covered: tuple[str, ...] = NOT_COVERED,
    limits: tuple[str, ...] = LIMITS,
) -> Card:
    """A card for what a preset trained, all but the facts about the weights file.

    Args:
        preset: How it was trained.
        decision: Thresholds from held-out material.
        training: As `training_facts` gives it.
        evaluation: Named results.
        version: Of these weights.
        not_covered: What they were not trained for.
        limits: What a reader must know of their scores.
    """
    return Card(
        name=preset.network,
        title=_NAMES[preset.network],
        version=version,
        network=preset.network,
        architecture=architecture_of(preset),
        weights=WeightsFile(f"{preset.network}.safetensors", "0" * 64, 1, "fp16"),
        preprocessing=Preprocessing(
            "five_points_similarity", preset.size, preset.margin, preset.mean, preset.std, "RGB"
        ),
        labels=("authentic", "synthetic"),
        sequence=Sequence(preset.sequence_length, preset.sequence_length // 2),
        decision=decision,
        face_limits=FaceLimits(minimum_size=48, minimum_sharpness=7.0),
        training=training,
        evaluation=evaluation,
        not_covered=not_covered,
        limits=limits,
        licence="Apache-2.0 for the code; weights for research, see terms",
        terms=(
            "Trained on public research data of which some allows non-commercial use only and some "
            "states no licence (see training). The weights are not cleared for commercial use."
        ),
    )


def training_facts(
    preset: Preset, request: Request, trunk: dict[str, Any], store: Store, outcome: Outcome
) -> dict[str, JsonValue]:
    """What a training was: data, recipe, command, seed, duration, held-out figures.

    Args:
        preset: How.
        request: What was asked; its output folder holds the curves.
        trunk: What stage one wrote about its end.
        store: What it was trained on.
        outcome: Of stage two.

    Raises:
        OSError: The curve cannot be read.
    """
    with (request.out / "frames.csv").open(newline="") as stream:
        last = list(csv.DictReader(stream))[-1]
    data: list[JsonValue] = [
        {"source": source, "stills": count, "terms": ARCHIVES[source].terms}
        for source, count in store.counts().items()
    ]
    held_out: dict[str, JsonValue] = {
        "split": "by person where known, by still otherwise; near-duplicates on one side",
        "stills": int((store.validation & (store.runs == NO_RUN)).sum()),
    }
    people: dict[str, JsonValue] = {}
    if request.recordings is not None:
        from models.training.authentic import recorded_people, recorded_rows

        data += recorded_rows(request.out / RECORDINGS)
        people = {"identities": recorded_people(request.out / RECORDINGS)}
        held_out["people of recordings"] = len(store.recorded(validation=True))
    return {
        "data": data,
        **people,
        "held_out": held_out,
        "recipe": _recipe(preset, trunk, store, taught=request.teacher is not None),
        "trunk_from": trunk["origin"],
        "command": request.command(),
        "seed": preset.seed,
        "minutes": round(float(last["seconds"]) / 60),
        "samples": int(last["samples"]),
        "steps": int(last["step"]),
        "device": trunk["device"],
        "held_out_auc": {
            "single frames, blended stills": float(last["validation_auc"]),
            "frames of simulated sequences, frame head alone": round(outcome.frame_auc_alone, 4),
            "frames of simulated sequences, with the LSTM": round(outcome.frame_auc, 4),
            "simulated tracks, mean of frames": round(outcome.track_auc_alone, 4),
            "simulated tracks, with the LSTM": round(outcome.track_auc, 4),
        },
    }


def _recipe(preset: Preset, trunk: dict[str, Any], store: Store, *, taught: bool) -> str:
    """The recipe with what this training added to it."""
    averaged = trunk["averaged"]
    more = [f" {trunk['note']}"] if trunk["note"] else []
    if people := len(store.recorded(validation=False)):
        more.append(
            f" {recorded_share(store, validation=False):.0%} of the faces forged, and of the "
            f"sequences, are of authentic recordings of {people} people: forged frame by frame "
            "after each frame's own landmarks and outline, real movement instead of a simulated "
            "one."
        )
    if averaged > 1:
        more.append(f" Stage one ends with the mean of {averaged} states of its running average.")
    if preset.echo > 1:
        more.append(f" Each pair was used about {preset.echo} times.")
    if taught and preset.distil > 0:
        more.append(" Embeddings and scores of a smaller trained network guided the first part.")
    return "".join([RECIPE, *more])
