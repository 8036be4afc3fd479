"""`python -m models.training`: material in, weights with a card out.

It needs torch, torchvision, numpy, OpenCV and safetensors, and nothing else of this program.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from models.training.face_options import add_face_options
from models.training.options import add_options, request_of


def main(arguments: list[str] | None = None) -> None:
    """Run one step of a training, or all of them.

    Args:
        arguments: Command line without the program's name; the process's own by default.

    Raises:
        SystemExit: With status 1 and a sentence where data, settings or machine do not allow it;
            with status 130 where it was interrupted.
    """
    given = _parser().parse_args(arguments)
    from models.card import CardError
    from models.training.datasets import DataError
    from models.training.loop.errors import TrainingError, TrainingStopped
    from models.weights import WeightsError

    try:
        given.out.mkdir(parents=True, exist_ok=True)
        _run(given)
    except (TrainingStopped, KeyboardInterrupt) as stopped:
        print(f"{stopped or 'Interrupted.'} The same command goes on from there.", file=sys.stderr)
        raise SystemExit(130) from None
    except (TrainingError, DataError, CardError, WeightsError, OSError) as error:
        print(f"python -m models.training: {error}", file=sys.stderr)
        raise SystemExit(1) from None


def _run(given: argparse.Namespace) -> None:
    from models.training import stages
    from models.training.loop.errors import TrainingError
    from models.training.material import prepare

    step = "measure" if given.measure else given.step or "all"
    request = request_of(given)
    if step == "faces":
        _faces(given)
    elif step == "evaluate":
        stages.measure(given.card, given.clips, given.out)
    elif step == "measure":
        from models.training.measure import measure

        print("\n".join(measure(request).lines()))
    elif step in ("train", "all"):
        print(stages.train(request))
    elif request.labelled:
        raise TrainingError(f"The preset {request.preset} has one step only: “all”.")
    elif step == "temporal":
        print(stages.temporal(request))
    elif step == "prepare":
        prepare(request)
    else:
        stages.frames(request)


def _faces(given: argparse.Namespace) -> None:
    import torch

    from models.training.faces import faces

    summary = faces(
        given.data,
        given.out,
        protocol=given.protocol,
        dataset=given.dataset,
        limit=given.limit,
        split=given.split,
        one_class=given.one_class,
        workers=given.workers or 1,
        device="cuda" if given.device != "cpu" and torch.cuda.is_available() else "cpu",
    )
    print("\n".join(summary.lines()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models.training", description=__doc__)
    add_options(parser, required=False)
    parser.add_argument(
        "--measure", action="store_true", help="how fast pairs are made and used; trains nothing"
    )
    steps = parser.add_subparsers(dest="step", metavar="STEP", help="all of them by default")
    steps.add_parser("all", help="everything the preset needs")
    steps.add_parser("prepare", help="stills, and recordings: find, align and pack the faces")
    steps.add_parser("frames", help="stills: stage one, trunk and frame head")
    steps.add_parser("temporal", help="stills: stage two, the LSTM, then weights and card")
    steps.add_parser("train", help="the same as all")
    faces = steps.add_parser("faces", help="labelled videos: cut the faces into a store")
    add_face_options(faces)
    evaluate = steps.add_parser("evaluate", help="measure weights on labelled clips")
    evaluate.add_argument("card", type=Path)
    evaluate.add_argument("--clips", type=Path, required=True)
    return parser


if __name__ == "__main__":
    main()
