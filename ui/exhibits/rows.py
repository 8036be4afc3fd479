"""What the list of exhibits says about each exhibit, worked out without any widget."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ui import messages, wording
from ui.jobs import Job, JobState
from ui.reading import ExhibitLine
from workstation.cases.records import Finding, Run, RunOutcome, Verification
from workstation.commands.answers import one_line

FINDING_ICONS = {
    Finding.SUPPORTS: ("circle", "score_high"),
    Finding.INCONCLUSIVE: ("circle-half-full", "inconclusive"),
    Finding.DOES_NOT_SUPPORT: ("circle-outline", "score_low"),
}
KNOWN_AUTHENTIC = "known authentic"


@dataclass(frozen=True)
class ExhibitRow:
    """One row: an exhibit of the case, or a file on its way in or refused.

    Attributes:
        number: exhibit number, "" for a file that is none yet.
        state: one short sentence.
        icon: name of the icon beside it, and the colour token it is drawn in.
        part: progress from 0 to 1, None where there is none to show.
        tip: the whole truth, for the tooltip.
        thumbnail: JPEG, or b"".
        badge: what it is taken as, such as "known authentic", or "".
        job: the intake that was refused or is under way.
    """

    number: str
    name: str
    state: str
    icon: str
    token: str = "muted"
    part: float | None = None
    tip: str = ""
    thumbnail: bytes = field(default=b"", compare=False, repr=False)
    job: Job | None = None
    badge: str = ""


def compose(
    lines: Sequence[ExhibitLine], jobs: Iterable[Job], refused: Iterable[Job] = ()
) -> list[ExhibitRow]:
    """Rows for the exhibits, then for files being added, then for files refused."""
    jobs = list(jobs)
    analyses = {job.subject: job for job in jobs if job.kind == "analysis"}
    rows = [exhibit_row(line, analyses.get(line.exhibit.number)) for line in lines]
    rows += [_intake_row(job) for job in jobs if job.kind == "intake"]
    return rows + [_refused_row(job) for job in refused]


def exhibit_row(line: ExhibitLine, job: Job | None) -> ExhibitRow:
    """The row of an exhibit whose analysis may be under way as `job`."""
    state, icon, token, part = _altered(line) or _job_state(job) or _run_state(line)
    tip = [
        f"{line.exhibit.number} · {one_line(line.exhibit.original_name)}",
        f"{wording.counted(line.exhibit.frames, 'frame')}, {wording.size(line.exhibit.size)}",
        f"Acquisition hash SHA-256 {line.exhibit.hashes.sha256}",
        state,
    ]
    if line.run is not None and line.run.reason:
        tip.append(line.run.reason)
    tip += [str(warning) for warning in line.exhibit.facts.get("warnings", ())]
    if line.reference_for:
        tip.append(f"Taken as known authentic, as a reference for {', '.join(line.reference_for)}")
    return ExhibitRow(
        line.exhibit.number,
        one_line(line.exhibit.original_name),
        state,
        icon,
        token,
        part,
        "\n".join(tip),
        line.exhibit.thumbnail,
        badge=KNOWN_AUTHENTIC if line.reference_for else "",
    )


_State = tuple[str, str, str, float | None]


def _altered(line: ExhibitLine) -> _State | None:
    if line.verification == Verification.ALTERED:
        return "altered since it was taken in", "alert-outline", "danger", None
    if line.verification == Verification.MISSING:
        return "the copy is missing", "alert-outline", "danger", None
    return None


def _job_state(job: Job | None) -> _State | None:
    if job is None:
        return None
    part = job.progress.part
    percent = f" at {wording.percent(part)}" if part else ""
    if job.cancelled:
        return "stopping", "timer-sand", "muted", part
    if job.state is JobState.WAITING:
        return "waiting for analysis", "clock-outline", "muted", None
    if job.state is JobState.PAUSED:
        return f"paused{percent}", "pause-circle-outline", "muted", part
    left = job.progress.seconds_left
    if left is not None and job.progress.stage == "scoring":
        return f"{wording.time_left(left)} left", "progress-clock", "accent", part
    return job.progress.stage or "starting", "progress-clock", "accent", part


def _run_state(line: ExhibitLine) -> _State:
    run = line.run
    if run is None:
        return "not analysed", "circle-small", "muted", None
    if run.outcome is RunOutcome.COMPLETE:
        return _complete(line)
    if run.outcome is RunOutcome.FAILED:
        return "analysis failed", "alert-outline", "danger", None
    return f"{run.outcome} at {_percent(run)}", "pause-circle-outline", "muted", _part(run)


def _complete(line: ExhibitLine) -> _State:
    if line.finding is None:
        return "analysed, no finding", "circle-small", "muted", None
    icon, token = FINDING_ICONS[line.finding.finding]
    words = str(line.finding.finding)
    if line.undecodable:
        lost = f"{wording.number(line.undecodable)} not decoded"
        return f"{words} · {lost}", "alert-outline", token, None
    if line.finding.statistics.get("scored") == 0:
        words += " · nothing scored"
    return words, icon, token, None


def _part(run: Run) -> float:
    return run.frames_done / run.frames if run.frames else 0.0


def _percent(run: Run) -> str:
    return wording.percent(_part(run))


def _intake_row(job: Job) -> ExhibitRow:
    part = job.progress.part
    state = job.progress.stage or "waiting to be added"
    if part:
        state = f"{state} · {wording.percent(part)}"
    if job.cancelled:
        state = "stopping"
    return ExhibitRow("", job.subject, state, "tray-arrow-down", "accent", part, job.title, job=job)


def _refused_row(job: Job) -> ExhibitRow:
    sentence = messages.message_for(job.error).sentence if job.error else ""
    return ExhibitRow(
        "", job.subject, "refused: " + sentence, "alert-outline", "danger", None, sentence, job=job
    )
