"""Every clip through the whole program, in a case of the evaluation's own."""

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workstation.cases.plain_json import canonical
from workstation.cases.records import Exhibit, FaceTable, Run, RunOutcome
from workstation.commands.analyse import one_exhibit, same_work
from workstation.commands.answers import say
from workstation.commands.evaluation.clips import LabelledClip, LabelledClips
from workstation.commands.evaluation.rescoring import Rescorer
from workstation.errors import WorkstationError

if TYPE_CHECKING:
    from workstation.analysis.detector import Detector
    from workstation.analysis.settings import AnalysisSettings
    from workstation.cases.case import Case

CASE = "case"


@dataclass(frozen=True)
class TrackScores:
    """What one face track scored.

    Attributes:
        number: As in the run.
        enough: Whether enough of its faces count for a finding.
        frame: Numbers of the scored frames, int64 ``(T,)``.
        counted: Which of them a finding rests on, being like those of the training, bool ``(T,)``.
        scores: The program's, float32 ``(T,)``, 0..1.
        other: Scores of the same faces in other ways, by name (`rescoring`), ``(T',)`` each.
    """

    number: int
    enough: bool
    frame: NDArray[np.int64]
    counted: NDArray[np.bool_]
    scores: NDArray[np.float32]
    other: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def given(self, way: str = "") -> NDArray[np.float32]:
        """Scores in one way; the program's own for ""."""
        return self.other.get(way, self.scores[:0]) if way else self.scores

    def mean(self, way: str = "", first: int | None = None) -> float | None:
        """Mean score in one way over the faces that count, of frames before `first`; or None."""
        scores = self.given(way)
        wanted = self.counted[: len(scores)]
        if first is not None:
            wanted = wanted & (self.frame[: len(scores)] < first)
        return float(scores[wanted].mean(dtype=np.float64)) if wanted.any() else None


@dataclass(frozen=True)
class Quality:
    """Medians over the scored faces of a clip, and bits per pixel of the file; None if unknown."""

    sharpness: float | None = None
    face_size: float | None = None
    bits_per_pixel: float | None = None


@dataclass(frozen=True)
class ClipResult:
    """What the program said of one clip.

    Attributes:
        finding: The exhibit's finding, or None when the run failed.
        states: Frames per frame state; they sum to `frames`.
        failure: Why there is no result, or "".
    """

    clip: LabelledClip
    frames: int = 0
    seconds: float = 0.0
    finding: str | None = None
    states: dict[str, int] = field(default_factory=dict)
    tracks: tuple[TrackScores, ...] = ()
    quality: Quality = Quality()
    failure: str = ""

    def score(self, way: str = "", first: int | None = None) -> float | None:
        """The highest mean score among the tracks that are long enough for a finding, 0..1.

        Args:
            way: Which scores; the program's own for "".
            first: Only frames before this one; whole tracks when None.
        """
        means = [track.mean(way, first) for track in self.tracks if track.enough]
        return max((mean for mean in means if mean is not None), default=None)

    def frame_scores(self, way: str = "") -> NDArray[np.float64]:
        """For every frame with a scored face its highest score, ``(F,)``, in frame order."""
        mine = [track for track in self.tracks if len(track.given(way)) == len(track.frame)]
        if not mine:
            return np.zeros(0)
        frames = np.concatenate([track.frame for track in mine])
        _, place = np.unique(frames, return_inverse=True)
        highest = np.full(place.max(initial=-1) + 1, -np.inf)
        np.maximum.at(highest, place, np.concatenate([track.given(way) for track in mine]))
        return highest


@dataclass(frozen=True)
class Means:
    """What clips are analysed with; `ways` whether their faces are also scored in other ways."""

    detector: "Detector"
    settings: "AnalysisSettings"
    workers: int | None
    ways: bool = True


def analyse_clips(
    arguments: argparse.Namespace, data: LabelledClips, means: Means, folder: Path
) -> list[ClipResult]:
    """Take every clip in and analyse it; what is complete already is only read.

    Args:
        arguments: Of the command, for what is said while it works.
        data: The clips.
        means: Detector and settings.
        folder: Of the evaluation's case.

    Raises:
        WorkstationError: The case cannot be used. What is wrong with one clip is in its result.
    """
    results = []
    rescorer = Rescorer(means.detector, means.settings.gap_seconds) if means.ways else None
    with opened_or_created(folder) as case:
        for number, clip in enumerate(data.clips, start=1):
            say(arguments, f"{number} of {len(data.clips)}: {clip.file}")
            try:
                results.append(_one(case, data.folder / clip.file, clip, means, rescorer))
            except WorkstationError as error:
                results.append(ClipResult(clip, failure=str(error)))
    return results


def opened_or_created(folder: Path) -> "Case":
    """The evaluation's own case."""
    from workstation.cases.case import Case

    if (folder / "case.sqlite").exists():
        return Case.open(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkstationError(f"{folder.parent} cannot be made: {error}. Name another.") from error
    return Case.create(folder, number="evaluation", examiner="evaluation")


def taken_in(case: "Case", source: Path) -> Exhibit:
    """The exhibit of a clip, added if it is not there yet."""
    from workstation.evidence.intake import DuplicateExhibit, add_exhibit

    try:
        return add_exhibit(case, source)
    except DuplicateExhibit as known:
        return case.exhibits.get(known.number)


def _one(
    case: "Case", source: Path, clip: LabelledClip, means: Means, rescorer: Rescorer | None
) -> ClipResult:
    from workstation.analysis.progress import Control
    from workstation.analysis.replay import seen_tracks

    exhibit = taken_in(case, source)
    detector, settings = means.detector, means.settings
    run = _complete_run(case, exhibit, means)
    tracks = seen_tracks(case, exhibit, detector, settings) if run is not None else None
    if run is None or (rescorer is not None and tracks is None):
        run = one_exhibit(
            case, exhibit.number, detector, settings, Control(), means.workers, keep=True
        )
        tracks = seen_tracks(case, exhibit, detector, settings)
    if run.outcome is not RunOutcome.COMPLETE:
        raise WorkstationError(f"the run ended {run.outcome}: {run.reason}")
    others = {}
    if rescorer is not None:
        others = {track.number: rescorer.ways(track) for track in tracks or ()}
    return result_of(case, exhibit, run, clip, others)


def _complete_run(case: "Case", exhibit: Exhibit, means: Means) -> Run | None:
    """The newest complete run with this very card, weights and settings."""
    card = canonical(dict(means.detector.info.card))
    for run in reversed(case.runs.of_exhibit(exhibit.number)):
        if same_work(run, means.detector.info, means.settings) and canonical(run.detector) == card:
            return run
    return None


def result_of(
    case: "Case",
    exhibit: Exhibit,
    run: Run,
    clip: LabelledClip,
    others: dict[int, dict[str, NDArray[np.float32]]],
) -> ClipResult:
    """Read a complete run's result back from the case.

    Args:
        case: The case.
        exhibit: The clip in it.
        run: Complete.
        clip: The labels.
        others: Scores in other ways, by track.

    Raises:
        WorkstationError: A frame is not accounted for.
    """
    from workstation.analysis.findings import Thresholds
    from workstation.analysis.states import ORDER, frame_states

    faces, committed = case.runs.faces(run.id), case.runs.committed_to(run.id)
    lost = case.runs.undecodable(run.id)
    states = Counter(str(ORDER[s]) for s in frame_states(run.frames, committed, faces, lost))
    if sum(states.values()) != exhibit.frames or committed != exhibit.frames:
        raise WorkstationError(f"only {committed} of {exhibit.frames} frames are accounted for")
    enough = Thresholds.of_card(run.detector).minimum_frames
    whole = next(record for record in case.runs.findings(run.id) if record.track is None)
    times = case.exhibits.index(exhibit.number).times
    return ClipResult(
        clip,
        exhibit.frames,
        float(times[-1]) if len(times) else 0.0,
        whole.finding.value,
        dict(states),
        tuple(_tracks(faces, enough, others)),
        _quality(exhibit, faces, times),
    )


def _tracks(
    faces: FaceTable, enough: int, others: dict[int, dict[str, NDArray[np.float32]]]
) -> Sequence[TrackScores]:
    found = []
    for number in np.unique(faces.track[faces.scored]).tolist():
        mine = (faces.track == number) & faces.scored
        counted = faces.counted[mine]
        long = int(counted.sum()) >= enough
        given = others.get(number, {})
        found.append(
            TrackScores(number, long, faces.frame[mine], counted, faces.score[mine], given)
        )
    return found


def _quality(exhibit: Exhibit, faces: FaceTable, times: NDArray[np.float64]) -> Quality:
    if not faces.scored.any():
        return Quality()
    sharp = faces.sharpness[faces.scored]
    sharp = sharp[np.isfinite(sharp)]
    width, height = exhibit.facts.get("width"), exhibit.facts.get("height")
    pixels = (width or 0) * (height or 0) * len(times)
    return Quality(
        float(np.median(sharp)) if len(sharp) else None,
        float(np.median(faces.box[faces.scored][:, 2:].min(axis=1))),
        8 * exhibit.size / pixels if pixels else None,
    )
