"""`workstation evaluate`: a detector's figures on labelled clips, through the whole program.

The clips go into a case of their own below the output folder and take exactly the way an exhibit
takes, so that the figures hold for what an examiner gets. Interrupted, it goes on where it was;
what was seen of each clip is kept, so that a card with other thresholds is measured in seconds.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workstation.commands.analyse import add_engine, chosen_detector, chosen_settings, positive
from workstation.commands.answers import FAILURE, SUCCESS, Answer, say
from workstation.commands.groups import Commands, command, write_file

if TYPE_CHECKING:
    from workstation.analysis.detector import DetectorInfo

SIDES = ("train", "validation", "test")
CLIPS, FRAMES = 12, 60
"""How many clips, and how many frames of each, are altered where nothing else is said."""


def register(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    help = "measure a detector on labelled clips"
    parser = command(commands, common, "evaluate", evaluate, help)
    parser.add_argument("named", metavar="DETECTOR", nargs="?", help="name, or path of a card")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="labelled clips")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="case and results")
    add_engine(parser)
    parser.add_argument("--side", choices=SIDES, default="", help="of the official split only")
    parser.add_argument("--one-class", action="store_true", help="allow real or fake clips alone")
    parser.add_argument("--robustness", action="store_true", help="measure altered copies as well")
    parser.add_argument(
        "--robustness-clips",
        type=positive,
        default=CLIPS,
        metavar="N",
        help=f"how many clips to alter (default {CLIPS})",
    )
    parser.add_argument(
        "--frames",
        type=positive,
        default=FRAMES,
        metavar="N",
        help=f"how many frames of an altered clip (default {FRAMES})",
    )
    parser.add_argument(
        "--card", action="store_true", help="also write a copy of the card with these figures"
    )


def evaluate(arguments: argparse.Namespace) -> Answer:
    """Analyse every clip, and write `evaluation.json`, `.md` and `.pdf`."""
    from workstation.analysis.detector import load_detector
    from workstation.analysis.devices import settle_rounding
    from workstation.commands.evaluation.clips import read_clips
    from workstation.commands.evaluation.document import document
    from workstation.commands.evaluation.robustness import robustness
    from workstation.commands.evaluation.running import CASE, Means, analyse_clips
    from workstation.commands.evaluation.tables import markdown

    data = read_clips(arguments.data, arguments.side, one_class=arguments.one_class)
    detector = load_detector(measured_detector(arguments), arguments.device)
    settle_rounding(detector.torch_device)
    means = Means(detector, chosen_settings(arguments), arguments.workers)
    results = analyse_clips(arguments, data, means, arguments.out / CASE)
    altered = robustness(arguments, data, results, means) if arguments.robustness else None
    say(arguments, "working out the figures")
    content = document(data, results, means, altered, written_command(arguments))
    lines = markdown(content)
    write_outputs(arguments, content, lines)
    failed = any(result.failure for result in results)
    return Answer(content, lines, FAILURE if failed else SUCCESS)


def measured_detector(arguments: argparse.Namespace) -> "DetectorInfo":
    """The detector named by its card's path or by its name, or the default one.

    Raises:
        DetectorError: There is none, or none of that name.
    """
    from workstation.analysis.detector import find_detector, read_detector

    named = arguments.named or arguments.detector
    if named is None:
        return chosen_detector(arguments)
    path = Path(named)
    return read_detector(path) if path.suffix == ".json" or path.is_file() else find_detector(named)


def written_command(arguments: argparse.Namespace) -> str:
    """The command that repeats the measurement, without the places of this computer."""
    words = ["workstation evaluate", Path(arguments.named or arguments.detector or "").name]
    words += ["--data DATA --out OUT"]
    words += [f"--grid {arguments.grid}"] if arguments.grid else []
    words += [f"--side {arguments.side}"] if arguments.side else []
    if arguments.robustness:
        words += [f"--robustness --robustness-clips {arguments.robustness_clips}"]
        words += [f"--frames {arguments.frames}"]
    return " ".join(word for word in words if word)


def write_outputs(arguments: argparse.Namespace, content: dict[str, Any], lines: list[str]) -> None:
    """Everything that an evaluation leaves behind but its case.

    Raises:
        WorkstationError: A file cannot be written.
    """
    from workstation.commands.evaluation.document import as_text
    from workstation.commands.evaluation.on_card import card_with_figures
    from workstation.commands.evaluation.page import page

    out, what = arguments.out, "The evaluation"
    write_file(out / "evaluation.json", as_text(content).encode(), what)
    write_file(out / "evaluation.md", ("\n".join(lines) + "\n").encode(), what)
    write_file(out / "evaluation.pdf", page(content), what)
    if arguments.card:
        info = measured_detector(arguments)
        write_file(out / info.card_path.name, card_with_figures(info, content), "The card")
