"""What a training costs and how it goes, by name."""

from __future__ import annotations

from dataclasses import dataclass, field

_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What every training decides about its network, and how large its steps are.

    `init` is where the trunk starts from, as `initial.initialise` takes it. `workers` processes
    make material for each process that computes; None takes one for every core but one.
    """

    network: str
    size: int
    margin: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    hidden_size: int
    layers: int
    dropout: float
    frame_head: bool
    sequence_length: int
    init: str
    learning_rate: float
    weight_decay: float
    workers: int | None
    seed: int


@dataclass(frozen=True, kw_only=True)
class Preset(Shape):
    """Training without fakes: on stills, forgeries made from them, and simulated sequences.

    Stage one is given `frame_minutes`: its learning rate follows the clock, so that a slower
    machine sees fewer samples and still finishes the schedule; with `steps` it follows these
    instead. Each of `processes` computes with one thread on `pairs_per_batch` pairs of its own: on
    a busy CPU that loses less to waiting than threads do.

    Of each batch one part in `echo` is new and the rest was seen shortly before: data echoing (Choi
    et al., "Faster Neural Network Training with Data Echoing", 2019), for a GPU that outruns the
    processes that forge. `average_states` states of the running average, evenly spread over stage
    one, are averaged at its end. `distil` weighs what a teacher says against the labels at the
    start; it fades to nothing. With `pace`, rate, hardness and teacher go as though stage one had
    so many steps, and it ends after `steps` of them.
    """

    pairs_per_batch: int
    average_decay: float
    frame_minutes: float
    temporal_steps: int
    sequences: int
    processes: int
    validation_pairs: int = 200
    average_states: int = 1
    distil: float = 0.0
    echo: int = 1
    steps: int | None = None
    pace: int | None = None


@dataclass(frozen=True, kw_only=True)
class Ranges:
    """What a random search draws from: rates on a logarithmic scale, choices with equal chance."""

    learning_rate: tuple[float, float] = (1e-5, 1e-2)
    weight_decay: tuple[float, float] = (1e-6, 1e-3)
    dropout: tuple[float, float] = (0.2, 0.6)
    hidden_size: tuple[int, ...] = (512, 1024, 2048)
    sequences_per_batch: tuple[int, ...] = (2, 4, 8)


@dataclass(frozen=True, kw_only=True)
class LabelledPreset(Shape):
    """Training on labelled recordings, epoch by epoch.

    The rate falls to a tenth when the validation loss has stalled for `patience` epochs; training
    ends after `stop_after` epochs without a better one. A search tries settings for `trial_epochs`.
    """

    sequences_per_batch: int
    epochs: int
    patience: int
    stop_after: int
    largest_gradient: float
    trial_epochs: int
    ranges: Ranges = field(default_factory=Ranges)


PRESETS: dict[str, Preset] = {
    "cpu": Preset(
        network="mobilenetv2_lstm",
        size=160,
        margin=1.2,
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        hidden_size=256,
        layers=1,
        dropout=0.4,
        frame_head=True,
        init="backbones/mobilenet_v2_tf2_dequant_fp16.pt",
        pairs_per_batch=16,
        learning_rate=8e-4,
        weight_decay=0.02,
        average_decay=0.998,
        frame_minutes=60.0,
        steps=182,
        pace=1200,
        temporal_steps=200,
        sequences=240,
        sequence_length=32,
        processes=2,
        workers=1,
        echo=2,
        seed=12,
    ),
    # 25 minutes of one H200 with 16 cores. 128 hidden units keep the weights under 50 MB.
    "gpu30": Preset(
        network="resnext50_lstm",
        size=160,
        margin=1.25,
        mean=_IMAGENET[0],
        std=_IMAGENET[1],
        hidden_size=128,
        layers=1,
        dropout=0.4,
        frame_head=True,
        init="scratch",
        pairs_per_batch=128,
        learning_rate=1e-3,
        weight_decay=0.05,
        average_decay=0.9995,
        frame_minutes=18.0,
        temporal_steps=600,
        sequences=1500,
        sequence_length=32,
        processes=1,
        workers=None,
        validation_pairs=600,
        average_states=4,
        distil=1.0,
        echo=4,
        seed=3,
    ),
}

LABELLED_PRESETS: dict[str, LabelledPreset] = {
    "seed": LabelledPreset(
        network="resnext50_lstm",
        size=112,
        margin=1.0,
        mean=_IMAGENET[0],
        std=_IMAGENET[1],
        hidden_size=2048,
        layers=1,
        dropout=0.4,
        frame_head=False,
        init="torchvision",
        sequence_length=40,
        sequences_per_batch=4,
        learning_rate=1e-3,
        weight_decay=0.0,
        epochs=20,
        patience=2,
        stop_after=6,
        largest_gradient=5.0,
        trial_epochs=2,
        workers=None,
        seed=1,
    ),
}
