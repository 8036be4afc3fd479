"""The acts that are tried on a disk that fills up."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.reliability.checks import completed, must, signer
from tests.reliability.full_disk import Filled
from tests.reliability.ground import make_clip
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.errors import CaseError, WorkstationError

FRAMES = 24


def prepare(folder: Path, bases: set[str]) -> None:
    """Make the cases that acts start from: empty, filled with a clip, analysed."""
    (folder / "bases").mkdir(parents=True)
    make_clip(folder / "clip.mp4", FRAMES, padding=0)
    empty, filled, analysed = (folder / "bases" / name for name in ("empty", "filled", "analysed"))
    create(empty, folder)
    if bases & {"filled", "analysed"}:
        shutil.copytree(empty, filled)
        take_in(filled, folder)
    if "analysed" in bases:
        shutil.copytree(filled, analysed)
        analyse(analysed, folder)


def _clip(case: Path) -> Path:
    """The clip lies beside the case's folder, or one above."""
    near = case.parent / "clip.mp4"
    return near if near.exists() else case.parents[1] / "clip.mp4"


def create(case: Path, _out: Path) -> None:
    """Make a case; on one that is there, only look."""
    try:
        Case.create(case, number="1", examiner="A. Examiner").close()
    except CaseError as error:
        if "is a case already" not in str(error):
            raise


def take_in(case: Path, _out: Path) -> None:
    """Take in the clip, unless it is in."""
    from workstation.evidence.intake import DuplicateExhibit, add_exhibit

    with Case.open(case) as opened:
        try:
            add_exhibit(opened, _clip(case))
        except DuplicateExhibit:
            must(len(opened.exhibits.all()) == 1, "a duplicate of nothing")


def analyse(case: Path, _out: Path) -> None:
    """Analyse the exhibit."""
    with Case.open(case) as opened, ThreadPoolExecutor(1) as engine:
        completed(opened, engine, 1)


def keep_chunk(case: Path, _out: Path) -> None:
    """Keep a chunk's result in the cache."""
    with Case.open(case) as opened:
        opened.cache.put("key", 0, bytes(50_000))


def enter(case: Path, _out: Path) -> None:
    """Enter an act in the log that needs several pages."""
    with Case.open(case) as opened:
        before = len(opened.custody.entries())
        try:
            opened.custody.append(Act.LOG_VERIFIED, padding="x" * 20_000)
        except WorkstationError:
            must(len(opened.custody.entries()) == before, "half an entry")
            raise


def report(case: Path, out: Path) -> None:
    """Write the report."""
    from workstation.report.writer import write_report

    with Case.open(case) as opened:
        write_report(opened, out / "report.pdf", signer())


def export_frame(case: Path, out: Path) -> None:
    """Export a frame with its sidecar."""
    from workstation.evidence.taking_frames import take_frame

    with Case.open(case) as opened:
        take_frame(opened, "E001", 5, out / "frame.png")


def export_frames(case: Path, out: Path) -> None:
    """Export a stretch as pictures."""
    from workstation.evidence.taking_frames import take_frames

    with Case.open(case) as opened:
        take_frames(opened, "E001", 2, 4, out / "frames")


def export_clip(case: Path, out: Path) -> None:
    """Export a stretch as a copy of its packets."""
    from workstation.evidence.taking_clips import take_clip

    with Case.open(case) as opened:
        take_clip(opened, "E001", 2, 12, out / "clip.mp4")


def export_scores(case: Path, out: Path) -> None:
    """Export the scores."""
    from workstation.commands.scores import export

    with Case.open(case) as opened:
        (run,) = opened.runs.of_exhibit("E001")
        export(opened, run, "csv", out / "scores.csv")


ACTS = {
    act.name: act
    for act in (
        Filled("create", "", create),
        Filled("cache", "empty", keep_chunk),
        Filled("custody", "empty", enter),
        Filled("intake", "empty", take_in),
        Filled("frame", "filled", export_frame),
        Filled("frames", "filled", export_frames),
        Filled("clip", "filled", export_clip),
        Filled("scores", "analysed", export_scores),
        Filled("report", "analysed", report),
        Filled("analysis", "filled", analyse),
    )
}
