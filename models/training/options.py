"""The options of a training on a command line; this module imports nothing heavy."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from models.training.presets import LABELLED_PRESETS, PRESETS

if TYPE_CHECKING:
    from models.training.request import Request

_PLAIN: tuple[tuple[str, type, str, str], ...] = (
    ("--minutes", float, "M", "stage one's minutes; of a training on recordings, at most so many"),
    ("--steps", int, "N", "stage one's steps, in place of its minutes"),
    ("--epochs", int, "N", "epochs of a training on recordings"),
    ("--init", str, "torchvision|scratch|FILE", "where the trunk's first weights come from"),
    ("--learning-rate", float, "R", "highest learning rate"),
    ("--size", int, "PIXELS", "side of the crops"),
    ("--sequence-length", int, "T", "frames of a sequence"),
    ("--batch", int, "N", "pairs, or labelled sequences, to a step"),
    ("--echo", int, "N", "how often each pair is used"),
    ("--seed", int, "N", "of everything that is drawn"),
    ("--workers", int, "N", "processes that make material, for each that computes"),
)


def add_options(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """Add everything that makes up a `Request`.

    Args:
        parser: Gets the options.
        required: Whether preset and data must be given.
    """
    presets = sorted(PRESETS | LABELLED_PRESETS)
    parser.add_argument(
        "--preset",
        choices=presets,
        required=required,
        default=None if required else "cpu",
        help="cpu: light network, stills; gpu30: ResNeXt50, stills, half an hour of a GPU; "
        "seed: ResNeXt50 on labelled recordings, the papers' recipe",
    )
    parser.add_argument(
        "--data",
        type=Path,
        required=required,
        default=None if required else Path("data"),
        metavar="DIR",
        help="archives of stills; for seed a store of faces, or the recordings",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="states, curves, weights, card"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument(
        "--teacher", type=Path, metavar="CARD", help="card of a network to learn from (gpu30)"
    )
    parser.add_argument(
        "--recordings",
        type=Path,
        metavar="DIR",
        help="data set of whose authentic recordings a share of the faces is taken, beside the "
        "stills (cpu, gpu30); its manipulated ones are never used",
    )
    parser.add_argument(
        "--search", type=int, default=0, metavar="N", help="try N settings first (seed)"
    )
    for name, kind, shown, help in _PLAIN:
        parser.add_argument(name, type=kind, metavar=shown, help=help)


def request_of(given: argparse.Namespace) -> Request:
    """What was asked, from a parsed command line."""
    from models.training.request import Request

    names = [name.lstrip("-").replace("-", "_") for name, *_ in _PLAIN]
    return Request(
        preset=given.preset,
        data=given.data,
        out=given.out,
        device=given.device,
        teacher=given.teacher,
        recordings=given.recordings,
        trials=given.search,
        **{name: getattr(given, name) for name in names},
    )
