"""Records as plain JSON, and the words for the state of an exhibit."""

from typing import Any

from workstation.cases.case import Case
from workstation.cases.lock import is_held
from workstation.cases.records import (
    CaseFacts,
    CustodyEntry,
    Exhibit,
    FindingRecord,
    ReportRecord,
    Run,
    RunOutcome,
    Segment,
    chosen_run,
)

ANALYSING_OR_NOT = "analysing or interrupted"
"""Of a run without an end, where it cannot be known whether a program has the case."""

FACTS = ("format", "codec", "width", "height", "rotation", "duration_s", "frame_rate", "warnings")


def case_view(facts: CaseFacts) -> dict[str, Any]:
    """A case's facts."""
    return {
        "number": facts.number,
        "title": facts.title,
        "examiner": facts.examiner,
        "organisation": facts.organisation,
        "created_utc": facts.created_utc,
    }


def exhibit_view(case: Case, exhibit: Exhibit) -> dict[str, Any]:
    """An exhibit with its hashes, its main container facts and how far its analysis is."""
    latest = case.runs.latest(exhibit.number)
    under_way = latest is not None and latest.outcome is RunOutcome.RUNNING
    run = latest if under_way else chosen_run(case.runs.of_exhibit(exhibit.number))
    return {
        "number": exhibit.number,
        "original_name": exhibit.original_name,
        "stored_name": exhibit.stored_name,
        "media_type": exhibit.media_type,
        "size": exhibit.size,
        "sha256": exhibit.hashes.sha256,
        "md5": exhibit.hashes.md5,
        "sha1": exhibit.hashes.sha1,
        "added_utc": exhibit.added_utc,
        "frames": exhibit.frames,
        **{name: exhibit.facts.get(name) for name in FACTS},
        "state": state_of(case, run),
        "frames_done": run.frames_done if run else 0,
        "run": run.id if run else None,
        "finding": finding_of(case, run),
    }


def state_of(case: Case, run: Run | None) -> str:
    """How far an exhibit is: "not analysed", "analysing", or how the run that counts ended.

    Where it cannot be known whether a program works on the run, both are said.
    """
    if run is None:
        return "not analysed"
    if run.outcome is not RunOutcome.RUNNING:
        return run.outcome.value
    held = is_held(case.folder)
    if held is None:
        return ANALYSING_OR_NOT
    return "analysing" if held else RunOutcome.INTERRUPTED.value


def finding_of(case: Case, run: Run | None) -> str | None:
    """The finding on the whole exhibit, or None before the run is complete."""
    if run is None or run.outcome is not RunOutcome.COMPLETE:
        return None
    whole = [record for record in case.runs.findings(run.id) if record.track is None]
    return whole[0].finding.value if whole else None


def run_view(case: Case, run: Run) -> dict[str, Any]:
    """A run with its findings and segments."""
    return {
        "run": run.id,
        "exhibit": run.exhibit,
        "detector": run.detector.get("name"),
        "device": run.device,
        "precision": run.precision,
        "started_utc": run.started_utc,
        "finished_utc": run.finished_utc,
        "outcome": run.outcome.value,
        "reason": run.reason,
        "frames": run.frames,
        "frames_done": run.frames_done,
        "findings": [finding_view(record) for record in case.runs.findings(run.id)],
        "segments": [segment_view(segment) for segment in case.runs.segments(run.id)],
    }


def finding_view(record: FindingRecord) -> dict[str, Any]:
    """A finding with its reasons; `track` is null for the whole exhibit."""
    return {
        "track": record.track,
        "finding": record.finding.value,
        "reasons": list(record.reasons),
        "statistics": dict(record.statistics),
    }


def segment_view(segment: Segment) -> dict[str, Any]:
    """A flagged stretch, `first` to `last` inclusive."""
    return {
        "track": segment.track,
        "first": segment.first,
        "last": segment.last,
        "mean": round(segment.mean, 4),
        "peak": round(segment.peak, 4),
        "peak_frame": segment.peak_frame,
    }


def entry_view(entry: CustodyEntry) -> dict[str, Any]:
    """A custody entry."""
    return {
        "sequence": entry.sequence,
        "time_utc": entry.time_utc,
        "actor": entry.actor,
        "act": entry.act,
        "subject": entry.subject,
        "details": dict(entry.details),
        "previous_sha256": entry.previous_sha256,
        "sha256": entry.sha256,
    }


def report_view(record: ReportRecord) -> dict[str, Any]:
    """A report that was written and signed."""
    return {
        "path": record.path,
        "sha256": record.sha256,
        "signer": record.signer,
        "created_utc": record.created_utc,
        "custody_head": record.custody_head,
    }
