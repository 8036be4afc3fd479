"""`workstation export`: take a frame, a clip, frames or a timeline along."""

import argparse
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workstation.commands.answers import Answer
from workstation.commands.groups import Commands, add_case, command, opened
from workstation.errors import AnalysisError, WorkstationError

if TYPE_CHECKING:
    from workstation.cases.case import Case
    from workstation.cases.records import Run

FOOT = "Scores are a detector's output from 0 to 1 and not probabilities."


def register(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add the commands."""
    group = commands.add_parser("export", help="take frames, clips and timelines along")
    acts = group.add_subparsers(metavar="WHAT", required=True)
    one = _exporting(acts, common, "frame", frame, "a frame as PNG, with a JSON beside it")
    one.add_argument("frame", metavar="FRAME", type=int, help="number of the frame, from 0")
    _output(one, "the PNG", replaces=True)
    copy = _exporting(acts, common, "clip", clip, "a stretch as a copy of its packets")
    _stretch(copy)
    _output(copy, "the video; best in the exhibit's own container", replaces=True)
    many = _exporting(acts, common, "frames", frames, "every frame of a stretch as PNG")
    _stretch(many)
    _output(many, "a new folder", replaces=False)
    drawn = _exporting(acts, common, "timeline", timeline, "the scores over time, PNG or SVG")
    drawn.add_argument("--run", type=int, metavar="ID", help="default: what a report rests on")
    _output(drawn, "ends in .png or .svg", replaces=True)


def frame(arguments: argparse.Namespace) -> Answer:
    """Write one frame and its sidecar."""
    from workstation.evidence.taking_frames import take_frame

    with opened(arguments) as case:
        taken = take_frame(
            case,
            arguments.exhibit,
            arguments.frame,
            arguments.output,
            overwrite=arguments.overwrite,
        )
    data = {
        "output": str(taken.picture.path),
        "sha256": taken.picture.sha256,
        "sidecar": str(taken.sidecar.path),
        "sidecar_sha256": taken.sidecar.sha256,
        **taken.facts,
    }
    where = f"frame {arguments.frame} at {taken.facts['time_s']:.3f} s"
    return Answer(
        data,
        [
            f"{arguments.exhibit}: {where} written to {taken.picture.path}",
            f"      SHA-256 {taken.picture.sha256}",
        ],
    )


def clip(arguments: argparse.Namespace) -> Answer:
    """Write a stretch as a copy of its packets."""
    from workstation.commands.progress import Bars
    from workstation.evidence.taking_clips import take_clip

    with opened(arguments) as case, Bars("frame") as bars:
        taken = take_clip(
            case,
            arguments.exhibit,
            arguments.first,
            arguments.last,
            arguments.output,
            overwrite=arguments.overwrite,
            announce=lambda done, total: bars.show("copying", done, total),
        )
    data = {
        "output": str(taken.file.path),
        "sha256": taken.file.sha256,
        "first": arguments.first,
        "last": arguments.last,
        "from_key_frame": taken.first,
        "frames": taken.frames,
        "packets": taken.packets,
        "packets_equal": taken.equal,
        "streams": list(taken.streams),
    }
    return Answer(
        data,
        [
            f"{arguments.exhibit}: written to {taken.file.path}",
            f"      {taken.sentence}",
            f"      SHA-256 {taken.file.sha256}",
        ],
    )


def frames(arguments: argparse.Namespace) -> Answer:
    """Write every frame of a stretch."""
    from workstation.commands.progress import Bars
    from workstation.evidence.taking_frames import take_frames

    with opened(arguments) as case, Bars("frame") as bars:
        taken = take_frames(
            case,
            arguments.exhibit,
            arguments.first,
            arguments.last,
            arguments.output,
            announce=lambda done, total: bars.show("writing frames", done, total),
        )
    data = {
        "output": str(taken.folder),
        "pictures": taken.pictures,
        "undecodable": [[one.first, one.last, one.reason] for one in taken.lost],
        "sidecar": str(taken.sidecar.path),
        "sidecar_sha256": taken.sidecar.sha256,
    }
    lost = [
        f"      frames {one.first} to {one.last} could not be decoded: {one.reason}"
        for one in taken.lost
    ]
    said = f"{arguments.exhibit}: {taken.pictures} frames written to {taken.folder}"
    return Answer(data, [said, *lost])


def timeline(arguments: argparse.Namespace) -> Answer:
    """Write the report's drawing of the scores over time."""
    from workstation.cases.exports import refuse
    from workstation.cases.outgoing import write_timeline
    from workstation.commands.scores import chosen_run

    form = arguments.output.suffix.lower()
    if form not in (".png", ".svg"):
        raise WorkstationError("A timeline is written as .png or .svg. Name the file accordingly.")
    with opened(arguments) as case:
        run = chosen_run(case, arguments.exhibit, arguments.run)
        refuse(case, arguments.output, "The picture of the timeline", overwrite=arguments.overwrite)
        written = write_timeline(
            case,
            run.exhibit,
            [run.id],
            arguments.output,
            drawing(case, run, form),
            overwrite=arguments.overwrite,
        )
    data = {
        "exhibit": run.exhibit,
        "run": run.id,
        "output": str(written.path),
        "sha256": written.sha256,
    }
    said = f"{run.exhibit}: timeline of run {run.id} written to {written.path}"
    return Answer(data, [said, f"      SHA-256 {written.sha256}"])


def drawing(case: "Case", run: "Run", form: str) -> bytes:
    """The timelines of every face track of a run.

    Args:
        case: the case.
        run: one of its runs.
        form: ".png" or ".svg".

    Raises:
        AnalysisError: the run found no face.
    """
    from workstation.commands.picture import timeline_picture
    from workstation.commands.timelines import timelines, timelines_svg

    drawings = timelines(case, run)
    if not drawings:
        raise AnalysisError(f"Run {run.id} found no face in {run.exhibit}: there is no timeline.")
    if form == ".svg":
        exhibit = case.exhibits.get(run.exhibit)
        foot = f"Case {case.facts.number} · {run.exhibit} · SHA-256 {exhibit.hashes.sha256} · "
        return timelines_svg(drawings, f"{foot}run {run.id} · {FOOT}")
    buffer = io.BytesIO()
    timeline_picture(drawings).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _exporting(
    acts: Any, common: argparse.ArgumentParser, name: str, act: Any, help: str
) -> argparse.ArgumentParser:
    parser = command(acts, common, name, act, help)
    add_case(parser)
    parser.add_argument("exhibit", metavar="EXHIBIT", help="E001 ...")
    return parser


def _stretch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("first", metavar="FIRST", type=int, help="number of the first frame")
    parser.add_argument("last", metavar="LAST", type=int, help="number of the last frame")


def _output(parser: argparse.ArgumentParser, help: str, *, replaces: bool) -> None:
    parser.add_argument("--output", metavar="PATH", type=Path, required=True, help=help)
    if replaces:
        parser.add_argument("--overwrite", action="store_true", help="replace a file that is there")
