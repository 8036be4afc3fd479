"""`workstation demo`: the whole job on the bundled clip, to see what the program does."""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import resources
from workstation.commands.analyse import add_engine
from workstation.commands.answers import FAILURE, SUCCESS, Answer, say
from workstation.commands.groups import Commands, command
from workstation.errors import CaseError

if TYPE_CHECKING:
    from workstation.cases.case import Case
    from workstation.cases.records import ReportRecord, Run
    from workstation.report.verification import ReportVerification

CLIP = resources.FOLDER / "demonstration" / "demonstration.mp4"
FOLDER = "demo-case"
EXAMINER = "A. Examiner"


def register(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = command(
        commands, common, "demo", demo, "the whole job on a clip made for demonstration"
    )
    parser.add_argument(
        "case", metavar="DIR", nargs="?", type=Path, help=f"new case folder (default {FOLDER})"
    )
    add_engine(parser)


def demo(arguments: argparse.Namespace) -> Answer:
    """Case, exhibit, analysis, timeline, scores, signed report, verification."""
    from workstation.cases.case import Case
    from workstation.evidence.intake import add_exhibit

    folder = (arguments.case or fresh_folder(Path.cwd() / FOLDER)).absolute()
    with Case.create(
        folder, number="DEMONSTRATION", title="Demonstration clip", examiner=EXAMINER
    ) as case:
        say(arguments, f"case: {folder}")
        exhibit = add_exhibit(case, CLIP)
        say(
            arguments, f"exhibit: {exhibit.number}, {exhibit.original_name}, made for demonstration"
        )
        say(arguments, f"      {exhibit.frames} frames, SHA-256 {exhibit.hashes.sha256}")
        run = analysed(case, exhibit.number, arguments)
        timeline = None if run is None else drawn(case, run, arguments)
        scores = None if run is None else exported(case, run)
        record, verification = reported(case, folder / "reports" / "demonstration.pdf")
    report = folder / "reports" / "demonstration.pdf"
    for sentence in verification.sentences:
        say(arguments, f"      {sentence}")
    if timeline is not None:
        say(arguments, f"scores: {scores}")
        say(arguments, f"timeline: {timeline}")
    offer_window(folder, arguments)
    data = {
        "case": str(folder),
        "run": None if run is None else run.id,
        "scores": None if scores is None else str(scores),
        "timeline": None if timeline is None else str(timeline),
        "report": str(report),
        "report_sha256": record.sha256,
        "verified": verification.valid,
    }
    return Answer(data, [f"report: {report}"], SUCCESS if verification.valid else FAILURE)


def fresh_folder(wanted: Path) -> Path:
    """`wanted`, or the first of `wanted-2`, `wanted-3`, ... that does not exist.

    Raises:
        CaseError: a thousand of them exist.
    """
    for number in range(1, 1000):
        folder = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        if not folder.exists():
            return folder
    raise CaseError("There are a thousand demonstration cases here. Remove some of them.")


def analysed(case: "Case", number: str, arguments: argparse.Namespace) -> "Run | None":
    """The run, told in words; None when no detector is installed, and then nothing is scored."""
    from workstation.analysis.detector import available_detectors, load_detector
    from workstation.analysis.progress import Control
    from workstation.commands.analyse import (
        cancelled_by_signals,
        chosen_detector,
        chosen_settings,
        one_exhibit,
        run_lines,
    )
    from workstation.commands.views import run_view

    if not available_detectors():
        say(arguments, "not analysed: no detector is installed, so nothing is scored")
        return None
    detector = load_detector(chosen_detector(arguments), arguments.device)
    control = Control()
    with cancelled_by_signals(control):
        run = one_exhibit(
            case, number, detector, chosen_settings(arguments), control, arguments.workers
        )
    if control.cancelled:
        raise KeyboardInterrupt
    for line in run_lines(run_view(case, run)):
        say(arguments, line)
    say(
        arguments,
        "      A finding is not proof, and a score is not a probability. The limits of the",
    )
    say(arguments, "      detector are in the report; seconds 4 to 8 of the clip are altered.")
    return run


def drawn(case: "Case", run: "Run", arguments: argparse.Namespace) -> Path | None:
    """The picture of the timeline, or None when no face was found."""
    from workstation.commands.picture import save, timeline_picture
    from workstation.commands.timelines import timelines

    drawings = timelines(case, run)
    if not drawings:
        say(arguments, "no timeline: no face was found")
        return None
    path = case.folder / f"timeline-{run.exhibit}.png"
    save(timeline_picture(drawings), path)
    return path


def exported(case: "Case", run: "Run") -> Path:
    """The scores as CSV in the case folder."""
    from workstation.commands.scores import export

    path = case.folder / f"scores-{run.exhibit}.csv"
    export(case, run, "csv", path)
    return path


def reported(case: "Case", path: Path) -> "tuple[ReportRecord, ReportVerification]":
    """The report, signed by an identity that lives and dies with this case, and verified."""
    from workstation.report.signing import SigningIdentity
    from workstation.report.verification import verify_report
    from workstation.report.writer import write_report

    signer = SigningIdentity.self_signed_for(EXAMINER, "Demonstration")
    record = write_report(case, path, signer)
    return record, verify_report(path, case)


def offer_window(folder: Path, arguments: argparse.Namespace) -> None:
    """Ask whether to open the case in the window, where there is a display and somebody to ask."""
    display = sys.platform in ("win32", "darwin") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    window = shutil.which("workstation-gui")
    asked = sys.stdin.isatty() and sys.stdout.isatty() and not arguments.json
    if not (display and window and asked):
        return
    if input("Open the case in the window? [y/N] ").strip().lower() in ("y", "yes"):
        subprocess.Popen([window, str(folder)], start_new_session=True)
