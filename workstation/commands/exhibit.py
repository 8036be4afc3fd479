"""`workstation exhibit`: take files into a case and list them."""

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workstation.commands.answers import FAILURE, SUCCESS, Answer, table
from workstation.commands.groups import Commands, add_case, command, opened
from workstation.commands.references import register_acts
from workstation.errors import ExhibitError

if TYPE_CHECKING:
    from workstation.commands.progress import Bars
    from workstation.evidence.intake import IntakeProgress


def register(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add the commands."""
    group = commands.add_parser("exhibit", help="add or list exhibits")
    acts = group.add_subparsers(metavar="ACT", required=True)
    parser = command(acts, common, "add", add, "copy files into the case, hash and index them")
    add_case(parser)
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="video or picture")
    add_case(command(acts, common, "list", show, "the exhibits and how far their analysis is"))
    register_acts(acts, common)


def add(arguments: argparse.Namespace) -> Answer:
    """Take in every file that can be; exit status 1 when one was refused."""
    from workstation.commands.progress import BYTES, Bars
    from workstation.commands.views import exhibit_view
    from workstation.evidence.intake import add_exhibit

    added: list[dict[str, Any]] = []
    refused: list[dict[str, str]] = []
    lines: list[str] = []
    with opened(arguments) as case:
        for source in arguments.files:
            try:
                with Bars(BYTES) as bars:
                    exhibit = add_exhibit(case, source, announce=partial(show_copying, bars))
            except ExhibitError as error:
                refused.append({"file": str(source), "reason": str(error)})
                lines.append(f"REFUSED  {source}: {error}")
                continue
            added.append(exhibit_view(case, exhibit))
            lines.append(f"{exhibit.number}  {source.name}: {count(exhibit.frames)}")
            lines.append(f"      SHA-256 {exhibit.hashes.sha256}")
            lines += [f"      note: {text}" for text in exhibit.facts.get("warnings") or ()]
    data = {"added": added, "refused": refused}
    return Answer(data, lines, FAILURE if refused else SUCCESS)


def count(frames: int) -> str:
    """A number of frames, with its noun."""
    return "1 frame" if frames == 1 else f"{frames} frames"


def show_copying(bars: "Bars", progress: "IntakeProgress") -> None:
    """Move the bar."""
    bars.show(progress.step, progress.done, progress.total)


def show(arguments: argparse.Namespace) -> Answer:
    """List the exhibits."""
    from workstation.commands.views import exhibit_view

    with opened(arguments, read_only=True) as case:
        data = [exhibit_view(case, exhibit) for exhibit in case.exhibits.all()]
    return Answer(data, exhibit_lines(data))


def exhibit_lines(exhibits: Any) -> list[str]:
    """The exhibits as a table of text, their hashes below it."""
    listed: Sequence[dict[str, Any]] = exhibits
    if not listed:
        return ["No exhibits yet. Add one with: workstation exhibit add DIR FILE"]
    rows = [
        (
            view["number"],
            view["frames"],
            progress_words(view),
            view["finding"] or "-",
            view["original_name"],
        )
        for view in listed
    ]
    lines = table(("Exhibit", "Frames", "State", "Finding", "Name"), rows)
    return [*lines, "", *(f"{view['number']}  SHA-256 {view['sha256']}" for view in listed)]


def progress_words(view: dict[str, Any]) -> str:
    """The state, and how far it came when it is not finished."""
    if view["run"] is None or view["state"] == "complete":
        return str(view["state"])
    return f"{view['state']}, {view['frames_done']} of {view['frames']} frames"
