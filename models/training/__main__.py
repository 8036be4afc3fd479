"""`python -m models.training`: stills in, weights with a card out."""

from __future__ import annotations

import argparse
from pathlib import Path

from models.training.presets import PRESETS


def main(arguments: list[str] | None = None) -> None:
    """Run one step of a training, or all of them.

    Args:
        arguments: Command line without the program's name; the process's own by default.

    Raises:
        OSError: A file cannot be read or written.
    """
    given = _parser().parse_args(arguments)
    from models.training import stages

    out: Path = given.out
    out.mkdir(parents=True, exist_ok=True)
    if given.step == "evaluate":
        stages.measure(given.card, given.clips, out)
        return
    if given.step in ("prepare", "all"):
        stages.prepare(given.data, out)
    if given.step in ("frames", "train", "all"):
        stages.frames(given.preset, given.data, out)
    if given.step in ("temporal", "train", "all"):
        stages.temporal(given.preset, out)
        print(stages.card_path(given.preset, out))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models.training", description=__doc__)
    parser.add_argument("--preset", choices=sorted(PRESETS), default="cpu")
    parser.add_argument("--data", type=Path, default=Path("data"), help="archives of stills")
    parser.add_argument("--out", type=Path, required=True, help="store, checkpoints, weights")
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("prepare", help="find, align and pack the faces")
    steps.add_parser("frames", help="stage one: trunk and frame head")
    steps.add_parser("temporal", help="stage two: the LSTM, then weights and card")
    steps.add_parser("train", help="both stages")
    steps.add_parser("all", help="prepare and train")
    evaluate = steps.add_parser("evaluate", help="measure weights on labelled clips")
    evaluate.add_argument("card", type=Path)
    evaluate.add_argument("--clips", type=Path, required=True)
    return parser


if __name__ == "__main__":
    main()
