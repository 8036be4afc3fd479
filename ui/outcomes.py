"""What the window says when a job has ended."""

from dataclasses import dataclass
from typing import Any

from ui import messages, wording
from ui.jobs import Job, JobState
from workstation.cases.records import Verification

WHAT_NOW = (
    "Leave the case folder as it is, note the time, and compare with the source or a backup; "
    "findings and reports made before apply to the file as it was taken in."
)


@dataclass(frozen=True)
class Outcome:
    """A sentence about an ended job; `danger` where evidence or work is at stake."""

    sentence: str
    danger: bool = False


def outcome(job: Job) -> Outcome | None:
    """What to say, None where the job's effect can be seen anyway."""
    if job.state is JobState.FAILED:
        return _failure(job)
    if job.state is not JobState.DONE:
        return None
    if job.kind == "verification":
        return _verified(job)
    if job.kind == "export":
        return Outcome(str(job.result))
    if job.kind == "shots":
        found = wording.counted(len(job.result), "shot change", "shot changes")
        return Outcome(f"{found} found; the timeline shows where.")
    if job.kind == "analysis" and job.remarks:
        return Outcome(" ".join(job.remarks))
    if job.kind == "scores":
        return Outcome(f"The scores were written to {job.result}.")
    return None


def _failure(job: Job) -> Outcome | None:
    if job.error is None:
        return Outcome(f"{job.title} failed: {job.result.reason}", danger=True)
    message = messages.message_for(job.error)
    if message.fault:
        return None
    refused = f"{job.subject} was refused. " if job.kind == "intake" else ""
    return Outcome(refused + message.sentence, danger=True)


def _verified(job: Job) -> Outcome:
    if isinstance(job.result, Verification):
        return _one_verified(job.subject, job.result)
    return _case_verified(job.result)


def _one_verified(number: str, found: Verification) -> Outcome:
    if found is Verification.INTACT:
        return Outcome(f"{number} is intact: its SHA-256 equals the acquisition hash.")
    if found is Verification.MISSING:
        return Outcome(f"{number} is missing from the case folder. {WHAT_NOW}", danger=True)
    said = f"{number} was altered: its SHA-256 no longer equals the acquisition hash."
    return Outcome(f"{said} {WHAT_NOW}", danger=True)


def _case_verified(found: Any) -> Outcome:
    numbers = {one: [n for n, v in found.exhibits.items() if v is one] for one in Verification}
    listed = ", ".join(
        f"{len(some)} {one}" + (f" ({', '.join(some)})" if one is not Verification.INTACT else "")
        for one, some in numbers.items()
        if some
    )
    exhibits = f"Exhibits: {listed}." if listed else "The case has no exhibits."
    if not found.chain.intact:
        return Outcome(
            f"The custody log is broken: {found.chain.problem} {exhibits} {WHAT_NOW}", danger=True
        )
    log = wording.counted(found.chain.entries, "entry", "entries")
    said = " ".join([f"The custody log is intact ({log}).", *found.chain.remarks, exhibits])
    if found.disagreements:
        return Outcome(f"{' '.join(found.disagreements)} {said} {WHAT_NOW}", danger=True)
    if len(numbers[Verification.INTACT]) == len(found.exhibits):
        return Outcome(said)
    return Outcome(f"{said} {WHAT_NOW}", danger=True)
