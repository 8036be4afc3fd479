"""Each exhibit: what it is, whether it is intact, what became of its frames, and what was found."""

import io
from collections.abc import Mapping
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, Image

from workstation.cases.records import FrameState, Run, RunOutcome, Verification
from workstation.evidence.picture_size import is_small_jpeg
from workstation.report import style, words
from workstation.report.context import ExhibitEvidence, ReportContext, RunEvidence
from workstation.report.pictures import open_pictures
from workstation.report.sections import findings

_THUMBNAIL = 40 * mm
_FIRST = (
    *("format_title", "format", "codec", "width", "height", "rotation", "duration_s"),
    *("frame_rate", "average_frame_rate", "variable_frame_rate", "bit_rate", "created", "encoder"),
)
_SKIPPED = {"warnings"}


def build(context: ReportContext) -> list[Flowable]:
    """One part per exhibit, in order of their numbers."""
    story: list[Flowable] = [style.Heading(context.section("Exhibits"), style.HEADING, "exhibits")]
    if not context.exhibits:
        story.append(style.paragraph("The case holds no exhibits."))
    for position, item in enumerate(context.exhibits):
        if position:
            story.append(CondPageBreak(90 * mm))
        story += _exhibit(context, item)
    return story


def _exhibit(context: ReportContext, item: ExhibitEvidence) -> list[Flowable]:
    exhibit = item.exhibit
    story: list[Flowable] = [
        style.Heading(
            f"{exhibit.number}\u00a0\u00a0{exhibit.original_name}", style.SUBHEADING, item.anchor, 1
        ),
        _identity(item),
        *_verification(item),
        style.minor("Container facts, as the file states them"),
        style.facts(_container(exhibit.facts)),
        *_remarks(item),
        *_frames(item),
    ]
    if item.evidence is None:
        story += [
            style.minor("Findings"),
            style.paragraph(
                "Not analysed: no detector was run on this exhibit. There is no finding."
            ),
        ]
        return story
    story += _runs(item, item.evidence)
    with open_pictures(item) as pictures:
        story += findings.build(context, item, item.evidence, pictures)
    return story


def _identity(item: ExhibitEvidence) -> Flowable:
    exhibit = item.exhibit
    rows = [
        ("Original name", exhibit.original_name),
        ("Kind", exhibit.media_type),
        ("Size", words.size(exhibit.size)),
        ("Taken in", words.utc(exhibit.added_utc)),
        ("Frames", words.number(exhibit.frames)),
    ]
    digests = [
        ("SHA-256", exhibit.hashes.sha256),
        ("SHA-1", exhibit.hashes.sha1),
        ("MD5", exhibit.hashes.md5),
    ]
    if not is_small_jpeg(exhibit.thumbnail):
        return style.facts(rows, digests=digests)
    picture = Image(io.BytesIO(exhibit.thumbnail))
    scale = min(_THUMBNAIL / picture.imageWidth, _THUMBNAIL * 0.75 / picture.imageHeight)
    picture.drawWidth, picture.drawHeight = picture.imageWidth * scale, picture.imageHeight * scale
    picture.hAlign = "RIGHT"
    left = style.facts(rows, width=style.TEXT_WIDTH - _THUMBNAIL - 8)
    return style.grid(
        [[left, picture], [style.facts([], digests=digests), ""]],
        [style.TEXT_WIDTH - _THUMBNAIL, _THUMBNAIL],
        ("SPAN", (0, 1), (1, 1)),
    )


def _verification(item: ExhibitEvidence) -> list[Flowable]:
    sentence = words.VERIFICATION_SENTENCES[item.verification]
    if item.verification is Verification.INTACT:
        return [style.facts([("Verification", sentence)])]
    return [
        style.gap(4),
        style.barred(
            [style.paragraph(f"{item.exhibit.number} is {sentence}.", style.CELL_STRONG)],
            style.HIGH,
        ),
    ]


def _container(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Container facts as rows; the parts of a list, such as the streams, are numbered."""
    rows: list[tuple[str, str]] = []
    ordered = [*(key for key in _FIRST if key in facts), *(k for k in facts if k not in _FIRST)]
    for key in ordered:
        content = facts[key]
        if key in _SKIPPED or content in (None, "", [], {}):
            continue
        label = words.label(str(key)).capitalize()
        if isinstance(content, list) and all(isinstance(part, Mapping) for part in content):
            rows += [
                (f"{label} {position}" if len(content) > 1 else label, words.value(part))
                for position, part in enumerate(content, 1)
            ]
        else:
            rows.append((label, words.field(str(key), content)))
    return rows


def _remarks(item: ExhibitEvidence) -> list[Flowable]:
    warnings = item.exhibit.facts.get("warnings") or []
    texts = [warnings] if isinstance(warnings, str) else [str(text) for text in warnings]
    if item.index.remark:
        texts.append(item.index.remark)
    texts = list(dict.fromkeys(texts))
    return [style.minor("Remarks on the file"), *style.bullets(texts)] if texts else []


def _frames(item: ExhibitEvidence) -> list[Flowable]:
    total = item.exhibit.frames
    rows: list[list[str | Flowable | list[Flowable]]] = [
        [str(state), words.number(count), words.share(count, total)]
        for state, count in item.counts.items()
    ]
    rows.append(["all frames", words.number(sum(item.counts.values())), words.share(total, total)])
    story: list[Flowable] = [
        style.together(
            style.minor("Frames accounted for"),
            style.ruled_table(
                ("State", "Frames", "Share"), rows, (200.0, 70.0, 60.0), numbers=(1, 2), total=True
            ),
        )
    ]
    if item.evidence is not None and item.evidence.undecodable:
        stretches = [
            f"{words.frames(s.first, s.last)} could not be decoded: {s.reason}"
            for s in item.evidence.undecodable
        ]
        shown = stretches[:20]
        if len(stretches) > len(shown):
            shown.append(f"{len(stretches) - len(shown)} more such stretches.")
        story += [style.gap(4), *style.bullets(shown)]
    if item.counts[FrameState.NOT_ANALYSED] and item.evidence is not None:
        story.append(
            style.paragraph("Frames not analysed support no statement about what they show.")
        )
    return story


def _runs(item: ExhibitEvidence, evidence: RunEvidence) -> list[Flowable]:
    run = evidence.run
    low, high = evidence.thresholds
    reason = f" ({run.reason})" if run.reason else ""
    story: list[Flowable] = [
        style.together(
            style.minor("Analysis"),
            style.facts(
                [
                    ("Detector", str(evidence.card.get("title", evidence.card.get("name", "–")))),
                    ("Run", f"{run.id}, {run.outcome}{reason}"),
                    (
                        "From, to",
                        f"{words.utc(run.started_utc)}, {words.utc(run.finished_utc or '–')}",
                    ),
                    ("Device, precision", f"{run.device}; {run.precision}"),
                    ("Thresholds", f"lower {low:.2f}, upper {high:.2f}"),
                ],
                digests=[
                    ("Weights SHA-256", evidence.weights_sha256),
                    ("Scores SHA-256", evidence.scores_digest),
                ],
            ),
        )
    ]
    if run.outcome is not RunOutcome.COMPLETE:
        story.append(
            style.paragraph(
                f"This analysis did not run to its end: {words.number(run.frames_done)} of"
                f" {words.count_of(run.frames, 'frame')} were analysed."
            )
        )
    return story + _other_runs(item, run)


def _other_runs(item: ExhibitEvidence, reported: Run) -> list[Flowable]:
    """Every run is disclosed, also those the report does not rest on."""
    others = [run for run in item.all_runs if run.id != reported.id]
    if not others:
        return []
    return [
        style.minor("Other runs on this exhibit, not reported here"),
        *style.bullets(
            [
                f"Run {run.id}: {run.detector.get('title', 'unnamed detector')},"
                f" {words.utc(run.started_utc)}, {run.outcome},"
                f" {words.number(run.frames_done)} of {words.count_of(run.frames, 'frame')}"
                for run in others
            ]
        ),
    ]
