"""`workstation train`: a detector of one's own, by one of the presets; goes on where it stopped."""

import argparse
import os
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from models.training.options import add_options, request_of
from workstation.commands.answers import Answer
from workstation.commands.groups import Commands, command
from workstation.errors import WorkstationError

if TYPE_CHECKING:
    from models.training.request import Request

KEPT = "What was saved is kept; mend this and call the same command again."


def register(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = command(commands, common, "train", train, "train a detector by one of the presets")
    add_options(parser, required=True)
    parser.add_argument(
        "--measure", action="store_true", help="how fast pairs are made and used; trains nothing"
    )


def train(arguments: argparse.Namespace) -> Answer:
    """Train, or go on training, and name the card; exit status 130 where it was stopped."""
    from models.card import CardError
    from models.training.datasets import DataError
    from models.training.loop.errors import TrainingError, TrainingStopped
    from models.weights import WeightsError

    request = request_of(arguments)
    try:
        request.out.mkdir(parents=True, exist_ok=True)
        # What a training tells on its way is no answer.
        with redirect_stdout(sys.stderr):
            return measured(request) if arguments.measure else trained(request)
    except TrainingStopped as stopped:
        print(f"{stopped} The same command goes on from there.", file=sys.stderr, flush=True)
        raise KeyboardInterrupt from stopped
    except (TrainingError, DataError, CardError, WeightsError) as error:
        raise WorkstationError(str(error)) from error
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        place = error.filename or request.out
        raise WorkstationError(f"The training cannot go on: {reason} ({place}). {KEPT}") from error


def trained(request: "Request") -> Answer:
    """Train to the end."""
    from models.card import read_card
    from models.training.stages import train

    path = train(request)
    card = read_card(path)
    data = {
        "card": str(path),
        "weights": str(path.parent / card.weights.file),
        "weights_sha256": card.weights.sha256,
        "held_out_auc": card.training.get("held_out_auc"),
    }
    return Answer(
        data,
        [
            f"card: {path}",
            f"weights SHA-256 {card.weights.sha256}",
            "Measure it on labelled clips before use: workstation evaluate.",
        ],
    )


def measured(request: "Request") -> Answer:
    """How fast pairs are made and used."""
    from models.training.measure import measure

    speed = measure(request)
    data = {
        "pairs_per_second_per_worker": round(speed.made, 2),
        "workers": speed.workers,
        "steps_per_second": round(speed.steps, 3),
        "pairs_per_step": speed.pairs,
        "echo": speed.echo,
        "supply_over_use": round(speed.ratio, 3),
        "device": speed.device,
    }
    return Answer(data, speed.lines())
