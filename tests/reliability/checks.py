"""What must hold of a case after a command on it was killed; each check tells what it found."""

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.reliability.ground import CLIP_ASKED, Ground, clip_of, report_of
from workstation.analysis.detector import Detector, default_detector, load_detector
from workstation.analysis.export import score_rows, scores_csv
from workstation.analysis.pipeline import run_analysis
from workstation.analysis.planning import plan_chunks
from workstation.analysis.replay import cache_key
from workstation.analysis.settings import AnalysisSettings
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.exports import read_back
from workstation.cases.outgoing import unnamed
from workstation.cases.records import FaceTable, Run, RunOutcome
from workstation.errors import CaseError
from workstation.evidence.intake import add_exhibit
from workstation.evidence.taking_clips import take_clip
from workstation.evidence.verification import verify_case
from workstation.report.signing import SigningIdentity
from workstation.report.verification import verify_report
from workstation.report.writer import write_report


class Lost(Exception):  # noqa: N818
    """Something that must hold does not."""


@dataclass(frozen=True)
class Before:
    """What a case held before the command: acts in the log, and the undisturbed table."""

    entries: int
    table: str


def must(holds: object, sentence: str) -> None:
    """Raise `Lost` with a sentence unless something holds."""
    if not holds:
        raise Lost(sentence)


def check(act: str, folder: Path, ground: Ground, before: Before) -> str:
    """Everything that must hold; what was found, in words.

    Raises:
        Lost: something does not.
    """
    found = {
        "create": _create,
        "intake": _intake,
        "analysis": _analysis,
        "report": _report,
        "clip": _clip,
    }
    try:
        with ground.at_home():
            return found[act](folder, ground, before)
    except Lost:
        raise
    except Exception as error:
        raise Lost(f"{type(error).__name__}: {error}") from error


def intact(case: Case, before: Before) -> None:
    """The log, the database and every file agree, and nothing that was in the log is gone."""
    outcome = verify_case(case)
    must(outcome.chain.intact, outcome.chain.problem)
    must(not outcome.disagreements, "; ".join(outcome.disagreements))
    unbound = [remark for remark in outcome.chain.remarks if "not bound" in remark]
    must(not unbound, "; ".join(unbound))
    must(outcome.intact, f"exhibits: {dict(outcome.exhibits)}")
    must(len(case.custody.entries()) > before.entries, "entries of the custody log are gone")
    known = {exhibit.stored_name.partition("/")[2] for exhibit in case.exhibits.all()}
    there = {path.name for path in case.exhibits_folder.iterdir()}
    must(there == known, f"exhibits folder holds {there}, the case lists {known}")


def completed(case: Case, engine: Executor, workers: int) -> Run:
    """Analyse the one exhibit to the end."""
    run = run_analysis(
        case,
        "E001",
        detector(),
        AnalysisSettings(),
        engine,
        workers=workers,
        announce=lambda _: None,
    )
    must(run.outcome is RunOutcome.COMPLETE, f"the run ended {run.outcome}")
    return run


def _create(folder: Path, ground: Ground, before: Before) -> str:
    try:
        with Case.open(folder) as case:
            intact(case, before)
            return "made"
    except CaseError:
        with Case.create(folder, number="1", examiner="A. Examiner") as case:
            intact(case, before)
        return "not made, and made again in the same folder"


def _intake(folder: Path, ground: Ground, before: Before) -> str:
    with Case.open(folder) as case:
        intact(case, before)
        kept = case.exhibits.all()
        if not kept:
            add_exhibit(case, ground.folder / "clip.mp4")
            intact(case, before)
        (exhibit,) = case.exhibits.all()
        must(exhibit.frames == len(case.exhibits.index(exhibit.number)), "frames differ")
        return "taken in" if kept else "not taken in, and taken in again"


def _analysis(folder: Path, ground: Ground, before: Before) -> str:
    with Case.open(folder) as case:
        intact(case, before)
        run = case.runs.latest("E001")
        kept = None if run is None else case.runs.faces(run.id)
        cached = _chunks_kept(case)
        engine = _Counting(2)
        with engine:
            done = completed(case, engine, 2)
        if run is not None and kept is not None and run.outcome is not RunOutcome.COMPLETE:
            must(done.id == run.id, "another run was begun")
            must(_same(kept, case.runs.faces(done.id)), "scores that were recorded changed")
            chunks = len(plan_chunks(case.exhibits.index("E001"), AnalysisSettings()))
            counted = f"{cached} chunks kept, {engine.chunks} done after, {chunks} in all"
            must(engine.chunks + cached == chunks, f"a finished chunk was done again: {counted}")
        must(table(case, done.id) == before.table, "the table differs from an undisturbed run's")
        intact(case, before)
        again = f"{cached} chunks kept, {engine.chunks} done after"
        return "no run yet" if kept is None else f"{len(kept)} scores kept, {again}"


def _report(folder: Path, ground: Ground, before: Before) -> str:
    path = report_of(folder)
    there = path.exists()
    with Case.open(folder) as case:
        intact(case, before)
        listed = bool(case.reports.all())
        if there:
            must(listed, "a report stands under its name that the log does not know")
            found = verify_report(path, case)
            must(found.valid, found.problem)
        waiting = _waiting(case, listed=listed, there=there)
        write_report(case, path, signer(), overwrite=True)
        must(verify_report(path, case).valid, "a second report does not hold")
        strangers = {file.name for file in path.parent.iterdir()} - {path.name}
        must(not strangers, f"left beside the report: {strangers}")
        intact(case, before)
    return _told(there, waiting)


def _clip(folder: Path, ground: Ground, before: Before) -> str:
    path = clip_of(folder)
    there = read_back(path).sha256 if path.exists() else ""
    with Case.open(folder) as case:
        intact(case, before)
        entries = [one for one in case.custody.entries() if one.act == Act.CLIP_EXPORTED]
        must(len(entries) <= 1, "a clip was entered twice")
        listed = entries[0].details["sha256"] if entries else ""
        must(there in ("", listed), "a clip stands under its name that the log does not know")
        waiting = _waiting(case, listed=bool(listed), there=bool(there))
        number, first, last = CLIP_ASKED
        whole = take_clip(case, number, int(first), int(last), path, overwrite=bool(there))
        must(there in ("", whole.file.sha256), "half a clip looks like a whole one")
        strangers = {file.name for file in path.parent.iterdir()} - {path.name}
        must(not strangers, f"left beside the clip: {strangers}")
        intact(case, before)
    return _told(bool(there), waiting)


def _waiting(case: Case, *, listed: bool, there: bool) -> bool:
    """Whether an export was finished and entered and lacks only its name, which must be said."""
    said = unnamed(case)
    must(len(said) == (listed and not there), f"of a name that lacks: {said}")
    return bool(said)


def _told(there: bool, waiting: bool) -> str:
    unnamed_yet = "entered and finished, without its name, and that is said"
    return "whole and listed" if there else unnamed_yet if waiting else "none, and exported again"


@cache
def detector() -> Detector:
    """The detector that ships, on the CPU."""
    return load_detector(default_detector(), "cpu")


@cache
def signer() -> SigningIdentity:
    """An identity that lives as long as this process."""
    return SigningIdentity.self_signed_for("A. Examiner")


def table(case: Case, run: int) -> str:
    """Every frame with its scores, as it is exported."""
    return scores_csv(list(score_rows(case, case.runs.get(run))))


class _Counting(ThreadPoolExecutor):
    """Counts the chunks it is given."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self.chunks = 0

    def submit(self, call: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        self.chunks += 1
        return super().submit(call, *given, **named)


def _chunks_kept(case: Case) -> int:
    """Chunks whose results lie in the case's cache."""
    key = cache_key(case.exhibits.get("E001"), detector(), AnalysisSettings())
    return len(case.cache.of_key(key))


def _same(kept: FaceTable, now: FaceTable) -> bool:
    held = now.where(np.isin(now.frame, kept.frame))
    return all(
        np.array_equal(getattr(kept, name), getattr(held, name), equal_nan=True)
        for name in ("frame", "track", "score", "box", "landmarks")
    )
