"""`workstation evaluate`: a detector's figures on labelled clips, through the whole program.

The clips go into a case of their own below the output folder and take exactly the way an exhibit
takes, so that the figures hold for what an examiner gets. Interrupted, it goes on where it was.
"""

import argparse
import csv
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workstation.cases.records import Exhibit, Finding, FrameState, RunOutcome
from workstation.commands.analyse import (
    add_engine,
    chosen_detector,
    chosen_settings,
    one_exhibit,
    same_work,
)
from workstation.commands.answers import FAILURE, SUCCESS, Answer, say
from workstation.commands.groups import Commands, command, write_file
from workstation.errors import WorkstationError

if TYPE_CHECKING:
    from workstation.analysis.detector import DetectorInfo
    from workstation.cases.case import Case

MANIFEST = "manifest.csv"
COLUMNS = ("file", "label", "method", "source", "compression", "identity", "label_tier")
LABELS = ("real", "fake")


@dataclass(frozen=True)
class LabelledClip:
    """One row of the manifest."""

    file: str
    label: str
    method: str
    source: str
    compression: str
    identity: str
    label_tier: str

    @property
    def fake(self) -> bool:
        """Whether the clip is labelled as manipulated."""
        return self.label == "fake"

    @property
    def person(self) -> str:
        """Who was filmed: of a swap "585_599" or "actor01<-11" the first, whose recording it is."""
        return self.identity.split("<-")[0].split("_")[0] if self.fake else self.identity


@dataclass(frozen=True)
class ClipResult:
    """What the program said of one clip.

    Attributes:
        score: highest mean score among the face tracks long enough for a finding, 0..1, or None.
        finding: the exhibit's finding, or None when the run failed.
        states: frames per frame state; they sum to `frames`.
        failure: why there is no result, or "".
    """

    clip: LabelledClip
    frames: int
    score: float | None
    finding: str | None
    states: dict[str, int]
    failure: str = ""


@dataclass(frozen=True)
class Comparison:
    """One row of the table: some fakes against some reals, video level."""

    name: str
    reals: int
    fakes: int
    auc: float
    low: float
    high: float


def register(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    help = "measure a detector on labelled clips (a folder with manifest.csv)"
    parser = command(commands, common, "evaluate", evaluate, help)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="clips, manifest")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="case and results")
    add_engine(parser)


def evaluate(arguments: argparse.Namespace) -> Answer:
    """Analyse every clip and write `evaluation.json` and `evaluation.md`."""
    clips = read_manifest(arguments.data / MANIFEST)
    info = chosen_detector(arguments)
    results = analyse_clips(arguments, clips, info)
    figures = {
        "detector": info.name,
        "weights_sha256": info.weights_sha256,
        "data": arguments.data.name,
        "score": "per clip, the highest mean score among its face tracks",
        "interval": "95 %, bootstrap over the people filmed",
        "comparisons": [asdict(row) for row in compare(results)],
        "called_manipulated": called_manipulated(results),
        "findings": count_findings(results),
        "clips": [plain_result(result) for result in results],
    }
    write_file(
        arguments.out / "evaluation.json", json.dumps(figures, indent=2).encode(), "The evaluation"
    )
    lines = markdown(figures)
    text = "\n".join(lines) + "\n"
    write_file(arguments.out / "evaluation.md", text.encode(), "The evaluation")
    failed = any(result.failure for result in results)
    return Answer(figures, lines, FAILURE if failed else SUCCESS)


def read_manifest(path: Path) -> list[LabelledClip]:
    """The labelled clips of a folder.

    Raises:
        WorkstationError: there is no manifest, or it lacks columns or has unknown labels.
    """
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError) as error:
        raise WorkstationError(
            f"The labels cannot be read: {error}. A folder with {MANIFEST} is needed, with the "
            f"columns {', '.join(COLUMNS)}."
        ) from error
    try:
        clips = [LabelledClip(**{name: row[name] for name in COLUMNS}) for row in rows]
    except KeyError as error:
        raise WorkstationError(f"{path.name} has no column {error}.") from error
    strange = {clip.label for clip in clips} - set(LABELS)
    if strange or not clips:
        raise WorkstationError(f"{path.name} must label each clip as real or fake.")
    return clips


def analyse_clips(
    arguments: argparse.Namespace, clips: Sequence[LabelledClip], info: "DetectorInfo"
) -> list[ClipResult]:
    """Take every clip in and analyse it, in a case below the output folder."""
    from workstation.analysis.detector import load_detector
    from workstation.analysis.progress import Control

    detector, settings = load_detector(info, arguments.device), chosen_settings(arguments)
    results: list[ClipResult] = []
    with opened_or_created(arguments.out / "case") as case:
        for number, clip in enumerate(clips, start=1):
            say(arguments, f"{number} of {len(clips)}: {clip.file}")
            try:
                exhibit = taken_in(case, arguments.data / clip.file)
                runs = case.runs.of_exhibit(exhibit.number)
                done = (run for run in runs if same_work(run, info, settings))
                run = next(done, None) or one_exhibit(
                    case, exhibit.number, detector, settings, Control(), arguments.workers
                )
                if run.outcome is not RunOutcome.COMPLETE:
                    raise WorkstationError(f"the run ended {run.outcome}: {run.reason}")
                results.append(result_of(case, exhibit, run.id, clip))
            except WorkstationError as error:
                results.append(ClipResult(clip, 0, None, None, {}, str(error)))
    return results


def opened_or_created(folder: Path) -> "Case":
    """The evaluation's own case."""
    from workstation.cases.case import Case

    if (folder / "case.sqlite").exists():
        return Case.open(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    return Case.create(folder, number="evaluation", examiner="evaluation")


def taken_in(case: "Case", source: Path) -> Exhibit:
    """The exhibit of a clip, added if it is not there yet."""
    from workstation.evidence.intake import DuplicateExhibit, add_exhibit

    try:
        return add_exhibit(case, source)
    except DuplicateExhibit as known:
        return case.exhibits.get(known.number)


def result_of(case: "Case", exhibit: Exhibit, run: int, clip: LabelledClip) -> ClipResult:
    """Read a complete run's result back from the case."""
    from workstation.analysis.export import score_rows
    from workstation.analysis.findings import Thresholds

    findings = case.runs.findings(run)
    whole = next(record for record in findings if record.track is None)
    enough = Thresholds.of_card(case.runs.get(run).detector).minimum_frames
    means = [
        record.statistics["mean"]
        for record in findings
        if record.track is not None and record.statistics["scored"] >= enough
    ]
    per_frame: dict[int, str] = {}
    for row in score_rows(case, case.runs.get(run)):
        if per_frame.get(row.frame) != FrameState.SCORED:
            per_frame[row.frame] = row.state
    if len(per_frame) != exhibit.frames:
        raise WorkstationError(
            f"{exhibit.frames - len(per_frame)} of {exhibit.frames} frames are not accounted for"
        )
    states = Counter(per_frame.values())
    score = max(means) if means else None
    return ClipResult(clip, exhibit.frames, score, whole.finding.value, dict(states))


def compare(results: Sequence[ClipResult]) -> list[Comparison]:
    """AUC of chosen fakes against chosen reals, for every group that has both."""
    scored = [result for result in results if result.score is not None]
    rows = []
    for name, fakes, reals in selections(scored):
        if fakes and reals:
            rows.append(comparison(name, fakes, reals))
    return rows


def selections(
    results: Sequence[ClipResult],
) -> list[tuple[str, list[ClipResult], list[ClipResult]]]:
    """Named groups: each source with its own reals, then each method, then everything."""
    fakes = [result for result in results if result.clip.fake]
    reals = [result for result in results if not result.clip.fake]
    groups = []
    for compression in sorted({result.clip.compression for result in fakes}):
        mine = [fake for fake in fakes if fake.clip.compression == compression]
        same = [real for real in reals if real.clip.compression == compression] or reals
        against = compression if same is not reals else "any compression"
        methods = sorted({fake.clip.method for fake in mine})
        if len(methods) > 1:
            groups.append((f"all methods, {compression}, reals {against}", mine, same))
        for method in methods:
            chosen = [fake for fake in mine if fake.clip.method == method]
            groups.append((f"{method}, {compression}, reals {against}", chosen, same))
    groups.append(("all fakes, all reals", fakes, reals))
    return groups


def comparison(name: str, fakes: Sequence[ClipResult], reals: Sequence[ClipResult]) -> Comparison:
    """AUC with its interval."""
    import numpy as np

    from models.training.metrics import bootstrap_auc

    both = [*reals, *fakes]
    interval = bootstrap_auc(
        np.array([result.score for result in both], np.float64),
        np.array([result.clip.fake for result in both]),
        np.array([result.clip.person for result in both]),
    )
    return Comparison(name, len(reals), len(fakes), interval.value, interval.low, interval.high)


def called_manipulated(results: Sequence[ClipResult]) -> dict[str, dict[str, float]]:
    """How many clips of each label were called manipulated, with exact binomial 95 % intervals."""
    from models.training.metrics import exact_interval

    table: dict[str, dict[str, float]] = {}
    for label in LABELS:
        given = [result.finding for result in results if result.clip.label == label]
        if given:
            count = given.count(Finding.SUPPORTS.value)
            share = exact_interval(count, len(given))
            table[label] = {
                "count": count,
                "clips": len(given),
                "low": share.low,
                "high": share.high,
            }
    return table


def count_findings(results: Sequence[ClipResult]) -> dict[str, dict[str, int]]:
    """How often each finding was given, per source and method."""
    counts: dict[str, Counter[str]] = {}
    for result in results:
        clip = result.clip
        of = clip.method if clip.fake else f"real, {clip.source}"
        finding = result.finding or "no result"
        counts.setdefault(f"{of}, {clip.compression}", Counter())[finding] += 1
    return {name: dict(count) for name, count in sorted(counts.items())}


def plain_result(result: ClipResult) -> dict[str, Any]:
    """One clip's result as plain JSON."""
    return asdict(result) | {"clip": result.clip.file, "label": result.clip.label}


def markdown(figures: dict[str, Any]) -> list[str]:
    """The figures as Markdown tables."""
    lines = [
        f"Detector {figures['detector']}, weights SHA-256 {figures['weights_sha256']}.",
        "",
        "| fakes against reals | fakes / reals | AUC | 95 % interval |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {row['name']} | {row['fakes']} / {row['reals']} | {row['auc']:.2f} "
        f"| {row['low']:.2f} to {row['high']:.2f} |"
        for row in figures["comparisons"]
    ]
    lines += [
        "",
        "| label | called manipulated | 95 % interval, clips independent |",
        "|---|---|---|",
    ]
    lines += [
        f"| {label} | {row['count']} of {row['clips']} | {row['low']:.0%} to {row['high']:.0%} |"
        for label, row in figures["called_manipulated"].items()
    ]
    lines += ["", "| clips | findings |", "|---|---|"]
    for name, counts in figures["findings"].items():
        said = ", ".join(f"{count} {finding}" for finding, count in sorted(counts.items()))
        lines.append(f"| {name} | {said} |")
    failures = [
        f"{clip['clip']}: {clip['failure']}" for clip in figures["clips"] if clip["failure"]
    ]
    return [*lines, *(["", *failures] if failures else [])]
