"""The evaluation as one JSON document; `docs/evaluation.md` describes it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from workstation.commands.evaluation import comparing, figures, trust
from workstation.commands.evaluation.clips import LabelledClip, LabelledClips
from workstation.commands.evaluation.rescoring import FRAMES_ALONE
from workstation.commands.evaluation.running import ClipResult, Means, TrackScores

if TYPE_CHECKING:
    from models.training.datasets import Recording

FORMAT = 2


def document(
    data: LabelledClips,
    results: Sequence[ClipResult],
    means: Means,
    robustness: dict[str, Any] | None,
    command: str,
) -> dict[str, Any]:
    """Everything that was measured.

    Args:
        data: What was measured on.
        results: Of every clip.
        means: With what.
        robustness: Of altered clips, or None where that was not asked for.
        command: The command, without places.
    """
    info, card = means.detector.info, dict(means.detector.info.card)
    return {
        "format": FORMAT,
        "detector": {
            "name": info.name,
            "title": info.title,
            "version": card["version"],
            "weights_sha256": info.weights_sha256,
            "decision": card["decision"],
            "sequence": card["sequence"],
            "calibration": card.get("calibration"),
        },
        "analysis": {
            "device": means.detector.device,
            "precision": means.detector.precision,
            "settings": means.settings.to_json(),
            "command": command,
        },
        "data": _data(data, results, card),
        "figures": _figures(results, card, robustness),
        "clips": [_clip(result) for result in results],
    }


def people_trained_on(card: Mapping[str, Any], recordings: Iterable["Recording"]) -> list[str]:
    """A sentence where some of the people shown are among those the card lists; else nothing."""
    stated = card.get("training", {}).get("identities")
    known = {str(name) for name in stated} if isinstance(stated, list) else set()
    shown = {name for one in recordings for name in (one.target, one.donor) if name}
    both = sorted(shown & known)
    if not both:
        return []
    return [
        f"{len(both)} of the {len(shown)} people shown are in the training of this detector as "
        f"well, such as {both[0]}: these figures say nothing about other people."
    ]


def _data(
    data: LabelledClips, results: Sequence[ClipResult], card: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "folder": data.folder.resolve().name,
        "kind": data.kind,
        "clips": len(results),
        "real": sum(not result.clip.fake for result in results),
        "fake": sum(result.clip.fake for result in results),
        "people": len({result.clip.person for result in results}),
        "scored": sum(result.score() is not None for result in results),
        "failed": sum(bool(result.failure) for result in results),
        "frames": sum(result.frames for result in results),
        "notes": [
            *data.notes,
            *people_trained_on(card, (result.clip.recording for result in results)),
        ],
    }


def _figures(
    results: Sequence[ClipResult], card: dict[str, Any], robustness: dict[str, Any] | None
) -> dict[str, Any]:
    zone = (card["decision"]["low"], card["decision"]["high"])
    clip_cases, frame_cases = figures.clip_cases, figures.frame_cases
    return {
        "clips": figures.rows(results, zone, clip_cases, figures.DRAWS),
        "frames": figures.rows(results, zone, frame_cases, figures.FRAME_DRAWS),
        "roc": figures.roc(clip_cases(results)),
        "findings": figures.count_findings(results),
        "called_manipulated": figures.called_manipulated(results),
        "false_positives": figures.false_positives(results),
        "above_original": figures.above_original(results),
        "sequence_lengths": comparing.sequence_lengths(results),
        "ablation": comparing.ablation(results),
        "robustness": robustness,
        "coverage": trust.coverage(results, card),
        "reliability": trust.reliability(results, card),
        "sharpness": figures.against_sharpness(results),
    }


def labels(clip: LabelledClip) -> dict[str, Any]:
    """What is said of a clip before it is looked at."""
    recording = clip.recording
    return {
        "file": clip.file,
        "label": clip.label,
        "fake": clip.fake,
        "method": recording.method,
        "source": recording.source,
        "compression": recording.compression,
        "tier": clip.tier,
        "person": recording.target,
        "donor": recording.donor,
        "original": recording.clip,
    }


def _clip(result: ClipResult) -> dict[str, Any]:
    quality = result.quality
    return {
        **labels(result.clip),
        "frames": result.frames,
        "seconds": round(result.seconds, 3),
        "states": result.states,
        "finding": result.finding,
        "failure": result.failure,
        "score": _six(result.score()),
        "frame_score": _six(result.score(FRAMES_ALONE)),
        "quality": {
            "sharpness": _six(quality.sharpness),
            "face_size": _six(quality.face_size),
            "bits_per_pixel": _six(quality.bits_per_pixel),
        },
        "tracks": [_track(track) for track in result.tracks],
    }


def _track(track: TrackScores) -> dict[str, Any]:
    starts = np.flatnonzero(np.diff(track.frame, prepend=-2) > 1)
    lengths = np.diff(np.append(starts, len(track.frame)))
    return {
        "track": track.number,
        "enough": track.enough,
        "scored": len(track.scores),
        "counted": int(track.counted.sum()),
        "mean": _six(track.mean()),
        "peak": _six(float(track.scores.max())),
        "runs": [[int(track.frame[a]), int(n)] for a, n in zip(starts, lengths, strict=True)],
        "scores": [round(float(score), 6) for score in track.scores],
    }


def _six(value: float | None) -> float | None:
    return None if value is None else round(float(value), 6)


def as_text(content: dict[str, Any]) -> str:
    """The document as JSON: indented, but each clip and each row of a table on a line of its own.

    Args:
        content: From `document`.
    """
    parts = []
    for name, part in content.items():
        if isinstance(part, list):
            text = "[\n" + ",\n".join("  " + _line(entry) for entry in part) + "\n ]"
        elif name == "figures":
            inner = (f'  "{figure}": {_rows(value)}' for figure, value in part.items())
            text = "{\n" + ",\n".join(inner) + "\n }"
        else:
            text = json.dumps(part, indent=1, ensure_ascii=False).replace("\n", "\n ")
        parts.append(f' "{name}": {text}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _rows(part: Any) -> str:
    if isinstance(part, list) and part and isinstance(part[0], dict):
        return "[\n" + ",\n".join("   " + _line(row) for row in part) + "\n  ]"
    return _line(part)


def _line(part: Any) -> str:
    return json.dumps(part, ensure_ascii=False, allow_nan=False)
