"""`workstation analyse`: score every frame of every face, and go on where a run was left."""

import argparse
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

from workstation.cases.agreement import run_agrees
from workstation.cases.records import Run, RunOutcome
from workstation.commands.answers import FAILURE, INTERRUPTED, SUCCESS, Answer
from workstation.commands.groups import Commands, add_case, command, opened
from workstation.errors import WorkstationError

if TYPE_CHECKING:
    from workstation.analysis.detector import Detector, DetectorInfo
    from workstation.analysis.progress import Control, Event
    from workstation.analysis.settings import AnalysisSettings
    from workstation.cases.case import Case
    from workstation.commands.progress import Bars


def register(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = command(
        commands, common, "analyse", analyse, "find, follow and score faces; continues where it was"
    )
    add_case(parser)
    parser.add_argument("exhibits", metavar="EXHIBIT", nargs="*", help="E001 ...; all when none")
    add_engine(parser)
    parser.add_argument(
        "--again", action="store_true", help="a new run from scratch where one is complete"
    )


def add_engine(parser: argparse.ArgumentParser) -> None:
    """The options that choose the detector and what it runs on."""
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--detector", metavar="NAME", help="see: workstation detectors")
    parser.add_argument(
        "--workers",
        type=positive,
        metavar="N",
        help="chunks worked on at once (default: as suits the device)",
    )
    parser.add_argument(
        "--grid",
        type=positive,
        metavar="N",
        help="look for faces in every Nth frame only and interpolate between: faster, with other "
        "scores (default: look in every frame)",
    )


def positive(text: str) -> int:
    """A whole number from 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("a whole number from 1 is needed")
    return number


def analyse(arguments: argparse.Namespace) -> Answer:
    """Analyse the exhibits in turn; exit status 1 when one of them failed."""
    from workstation.analysis.detector import load_detector
    from workstation.analysis.device_faults import failed_before, said_of
    from workstation.analysis.progress import Control
    from workstation.commands.references import beside_references
    from workstation.commands.views import run_view

    control = Control()
    runs: list[dict[str, Any]] = []
    failures: list[dict[str, str]] = []
    lines: list[str] = []
    with opened(arguments) as case, cancelled_by_signals(control):
        info, settings = chosen_detector(arguments), chosen_settings(arguments)
        wanted, complete = exhibits_to_do(case, arguments, info, settings)
        lines += [
            f"{number}: already complete with this detector; --again makes a new run"
            for number in complete
        ]
        detector = load_detector(info, arguments.device) if wanted else None
        for number in wanted:
            if control.cancelled or detector is None:
                break
            if arguments.again:
                forget_kept(case, number, detector, settings)
            try:
                run = one_exhibit(case, number, detector, settings, control, arguments.workers)
            except WorkstationError as error:
                failures.append({"exhibit": number, "reason": str(error)})
                lines.append(f"{number}: FAILED: {error}")
                continue
            beside, beside_lines = beside_references(case, number)
            runs.append(run_view(case, run) | {"beside_references": beside})
            instead = [said_of(failed, run) for failed in failed_before(case, run)]
            lines += [*run_lines(runs[-1]), *(f"      {said}" for said in instead), *beside_lines]
    data = {"runs": runs, "failures": failures, "already_complete": complete}
    return Answer(data, lines, status_of(runs, failures, control.cancelled))


def status_of(runs: list[dict[str, Any]], failures: list[dict[str, str]], cancelled: bool) -> int:
    """The exit status of what was done."""
    if cancelled:
        return INTERRUPTED
    incomplete = any(run["outcome"] != RunOutcome.COMPLETE.value for run in runs)
    return FAILURE if failures or incomplete else SUCCESS


def chosen_detector(arguments: argparse.Namespace) -> "DetectorInfo":
    """The detector by name, or the default one.

    Raises:
        DetectorError: there is none, or none of that name.
    """
    from workstation.analysis.detector import default_detector, find_detector

    return find_detector(arguments.detector) if arguments.detector else default_detector()


def chosen_settings(arguments: argparse.Namespace) -> "AnalysisSettings":
    """The analysis settings that the options ask for."""
    from workstation.analysis.settings import AnalysisSettings

    if arguments.grid is None:
        return AnalysisSettings()
    return AnalysisSettings(grid=arguments.grid, interpolate=arguments.grid > 1)


def exhibits_to_do(
    case: "Case",
    arguments: argparse.Namespace,
    info: "DetectorInfo",
    settings: "AnalysisSettings",
) -> tuple[list[str], list[str]]:
    """Numbers of the exhibits to analyse, and of those that are complete already.

    A complete run that is no longer as the custody log says it was does not count.
    """
    if arguments.exhibits:
        numbers = [case.exhibits.get(number).number for number in arguments.exhibits]
    else:
        numbers = [exhibit.number for exhibit in case.exhibits.all()]
    if arguments.again:
        return numbers, []
    entries = case.custody.entries()
    complete = [
        number
        for number in numbers
        if any(
            same_work(run, info, settings) and run_agrees(case, run, entries)
            for run in case.runs.of_exhibit(number)
        )
    ]
    return [number for number in numbers if number not in complete], complete


def same_work(run: Run, info: "DetectorInfo", settings: "AnalysisSettings") -> bool:
    """Whether a complete run used these weights, and settings that give the same results."""
    weights = run.detector.get("weights", {}).get("sha256")
    shaping = settings.shaping()
    return (
        run.outcome is RunOutcome.COMPLETE
        and weights == info.weights_sha256
        and {name: run.settings.get(name) for name in shaping} == shaping
    )


def forget_kept(
    case: "Case", number: str, detector: "Detector", settings: "AnalysisSettings"
) -> None:
    """See to it that a repetition owes nothing to what an earlier run left in the cache."""
    from workstation.analysis.keeping import KeptChunks

    KeptChunks(case, case.exhibits.get(number), detector, settings).forget(faces=True)


def one_exhibit(
    case: "Case",
    number: str,
    detector: "Detector",
    settings: "AnalysisSettings",
    control: "Control",
    workers: int | None,
    *,
    keep: bool = True,
) -> Run:
    """Run the analysis of one exhibit on a thread pool, with a progress bar."""
    from workstation.analysis.chunk_executor import ChunkExecutor
    from workstation.analysis.devices import default_workers
    from workstation.analysis.pipeline import run_analysis
    from workstation.commands.progress import Bars

    workers = workers or default_workers(detector.torch_device)
    executor = ChunkExecutor(ThreadPoolExecutor(workers))
    try:
        with Bars("frame") as bars:
            return run_analysis(
                case,
                number,
                detector,
                settings,
                executor,
                workers=workers,
                announce=lambda event: show_progress(bars, event),
                control=control,
                keep=keep,
            )
    finally:
        executor.shutdown(wait=not control.cancelled, cancel_futures=True)


def show_progress(bars: "Bars", event: "Event") -> None:
    """Move the bar; a stretch that was scored has nothing to show on a command line."""
    from workstation.analysis.progress import Progress

    if isinstance(event, Progress):
        bars.show(f"{event.exhibit} {event.stage}", event.frames_done, event.frames)


def run_lines(run: dict[str, Any]) -> Iterator[str]:
    """What became of one run, in words."""
    yield f"{run['exhibit']}: {run['outcome']}, {run['frames_done']} of {run['frames']} frames"
    yield f"      {run['detector']} on {run['device']}, {run['precision']}, run {run['run']}"
    if run["outcome"] == RunOutcome.CANCELLED.value:
        yield "      Nothing scored is lost: the same command continues it."
    elif run["reason"]:
        yield f"      {run['reason']}"
    for found in run["findings"]:
        what = "whole exhibit" if found["track"] is None else f"face track {found['track']}"
        yield f"      {what}: {found['finding']}"
        yield from (f"         {reason}" for reason in found["reasons"])


@contextmanager
def cancelled_by_signals(control: "Control") -> Iterator[None]:
    """The first Ctrl+C (or SIGTERM) cancels cleanly, a second one interrupts at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def cancel(_number: int, _frame: FrameType | None) -> None:
        if control.cancelled:
            raise KeyboardInterrupt
        control.cancel()

    before = {number: signal.signal(number, cancel) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
