"""The machine-readable facts of a report, embedded in the PDF and covered by its signature."""

import math
from dataclasses import asdict
from typing import Any

import rfc8785

from workstation.analysis.references import RelativeAnswer
from workstation.report.context import ExhibitEvidence, ReportContext, RunEvidence

SCHEMA = 1
"""Version of the attachment's layout; a verifier refuses a newer one."""


def report_facts(context: ReportContext) -> bytes:
    """The facts as canonical JSON (RFC 8785), UTF-8.

    Args:
        context: The gathered case.
    """
    facts = {
        "schema": SCHEMA,
        "report": {
            "identity": context.identity,
            "sequence": context.sequence,
            "created_utc": context.created_utc,
            "timestamped": context.timestamped,
            "certificates_sha256": context.signer.certificate_fingerprints,
        },
        "case": asdict(context.case),
        "custody": {
            "head": context.chain.head,
            "length": context.chain.entries,
            "intact": context.chain.intact,
            "disagreements": context.disagreements,
            "entries": [asdict(entry) for entry in context.custody],
        },
        "exhibits": [_exhibit(item) for item in context.exhibits],
        "runs": [_run(item, evidence) for item, evidence in context.analysed],
        "references": [_relative(answer) for answer in context.relative],
        "versions": dict(context.versions),
    }
    return rfc8785.dumps(_plain(facts))


def _exhibit(item: ExhibitEvidence) -> dict[str, Any]:
    exhibit = item.exhibit
    return {
        "number": exhibit.number,
        "original_name": exhibit.original_name,
        "media_type": exhibit.media_type,
        "size": exhibit.size,
        **asdict(exhibit.hashes),
        "frames": exhibit.frames,
        "verification": str(item.verification),
        "frame_states": {str(state): count for state, count in item.counts.items()},
    }


def _run(item: ExhibitEvidence, evidence: RunEvidence) -> dict[str, Any]:
    run = evidence.run
    low, high = evidence.thresholds
    return {
        "id": run.id,
        "exhibit": item.exhibit.number,
        "detector": str(evidence.card.get("name", "")),
        "weights_sha256": evidence.weights_sha256,
        "thresholds": {"low": low, "high": high},
        "settings": run.settings,
        "versions": run.versions,
        "device": run.device,
        "precision": run.precision,
        "started_utc": run.started_utc,
        "finished_utc": run.finished_utc,
        "outcome": str(run.outcome),
        "frames": run.frames,
        "frames_done": run.frames_done,
        "scores_sha256": evidence.scores_digest,
        "segments": [asdict(segment) for segment in evidence.segments],
        "findings": [asdict(finding) for finding in evidence.findings],
    }


def _relative(answer: RelativeAnswer) -> dict[str, Any]:
    """A questioned exhibit, its references and what they say; every figure is a mean logit."""
    return {
        "questioned": answer.exhibit,
        "run": None if answer.run is None else answer.run.id,
        "problem": answer.problem,
        "recordings": answer.recordings,
        "references": [
            {
                "id": one.reference.id,
                "reference": one.reference.reference,
                "kinds": [str(kind) for kind in one.reference.kinds],
                "how": one.reference.how,
                "recording": one.reference.recording,
                "sha256": one.sha256,
                "run": None if one.run is None else one.run.id,
                "track": one.track,
                "mean_logit": one.logit,
                "problem": one.problem,
            }
            for one in answer.references
        ],
        "tracks": [
            {"track": one.track, "frames": one.frames, **asdict(one.comparison)}
            for one in answer.tracks
        ],
    }


def _plain(content: Any) -> Any:
    """What canonical JSON can hold: no NaN, no lone surrogates, no integers beyond 2**53."""
    if isinstance(content, dict):
        return {_plain(str(key)): _plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    if isinstance(content, str):
        return content.encode("utf-8", "backslashreplace").decode()
    if isinstance(content, float) and not math.isfinite(content):
        return None
    if isinstance(content, int) and abs(content) > 2**53 - 1:
        return str(content)
    return content
