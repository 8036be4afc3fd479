"""Summary of findings, first of all sections."""

from reportlab.platypus import Flowable, Paragraph

from workstation.cases.records import Finding, FrameState, RunOutcome, Verification
from workstation.report import fonts, style, words
from workstation.report.context import ExhibitEvidence, ReportContext, RunEvidence

_WIDTHS = (62.0, 66.0, 150.0, 84.0, style.TEXT_WIDTH - 362)


def build(context: ReportContext) -> list[Flowable]:
    """Findings per exhibit and track, then what each wording means and what it does not."""
    story: list[Flowable] = [
        style.Heading(context.section("Summary of findings"), style.HEADING, "summary")
    ]
    if not context.exhibits:
        story.append(style.paragraph("The case holds no exhibits; there are no findings."))
        return story
    rows = [row for item in context.exhibits for row in _rows(item)]
    story += [
        *_warnings(context),
        style.ruled_table(
            ("Exhibit", "Face track", "Finding", "Scored frames", "Mean score"),
            rows,
            _WIDTHS,
            numbers=(3, 4),
        ),
        style.gap(4),
        *(style.paragraph(text, style.SMALL) for text in _remarks(context)),
        *_meanings(context),
    ]
    return story


def _warnings(context: ReportContext) -> list[Flowable]:
    """What bears on every finding comes before them."""
    texts = [
        f"{item.exhibit.number} is {str(item.verification).upper()}: see its section before relying"
        " on its findings."
        for item in context.exhibits
        if item.verification is not Verification.INTACT
    ]
    texts = [*(f"ALTERED. {sentence}" for sentence in context.disagreements), *texts]
    if not context.chain.intact:
        texts.insert(0, f"The custody log is NOT INTACT. {context.chain.problem}")
    if not texts:
        return []
    lines = [style.paragraph(text, style.CELL_STRONG) for text in texts]
    return [style.barred(lines, style.HIGH), style.gap(8)]


def _rows(item: ExhibitEvidence) -> list[list[str | Flowable | list[Flowable]]]:
    link = Paragraph(
        f'<a href="#{item.anchor}">{fonts.marked_up(item.exhibit.number)}</a>', style.CELL
    )
    evidence = item.evidence
    if evidence is None:
        return [[link, "–", "no finding: not analysed", "0", "–"]]
    if not evidence.findings:
        outcome = evidence.run.outcome
        why = "no face scored" if outcome is RunOutcome.COMPLETE else f"analysis {outcome}"
        return [[link, "–", f"no finding: {why}", str(item.counts[FrameState.SCORED]), "–"]]
    ordered = sorted(evidence.findings, key=lambda record: record.track or 0)
    rows: list[list[str | Flowable | list[Flowable]]] = []
    for record in ordered:
        rows.append(
            [
                link if not rows else "",
                "whole exhibit" if record.track is None else f"track {record.track}",
                style.paragraph(str(record.finding), style.CELL_STRONG),
                *_figures(item, evidence, record.track),
            ]
        )
    return rows


def _figures(item: ExhibitEvidence, evidence: RunEvidence, track: int | None) -> tuple[str, str]:
    """Number of scored frames, and the mean score of a track."""
    if track is None:
        return words.number(item.counts[FrameState.SCORED]), "–"
    faces = evidence.of_track(track)
    scores = faces.score[faces.counted]
    mean = words.score(float(scores.mean())) if len(scores) else "–"
    return words.number(int(faces.scored.sum())), mean


def _remarks(context: ReportContext) -> list[str]:
    remarks = [
        "A frame with several scored faces counts once for the whole exhibit. A mean score is the"
        " mean over the scored frames of a track; it is not a probability."
    ]
    if any((evidence.faces.outside > 0).any() for _, evidence in context.analysed):
        remarks.append(
            "Frames in which a face is unlike those the detector was trained on are scored, but"
            " neither mean nor finding rests on them."
        )
    detectors = sorted({str(e.card.get("title", "unnamed")) for _, e in context.analysed})
    if detectors:
        remarks.append(f"Detector: {'; '.join(detectors)} (section “Method”).")
    if context.relative:
        compared = ", ".join(answer.exhibit for answer in context.relative)
        remarks.append(
            f"{compared}: compared with known authentic references as well; what that says stands"
            " beside the findings, in the section “Beside known authentic references”."
        )
    for item in context.exhibits:
        evidence = item.evidence
        if evidence is not None and evidence.run.outcome is not RunOutcome.COMPLETE:
            remarks.append(
                f"The analysis of {item.exhibit.number} did not run to its end"
                f" ({evidence.run.outcome}); its findings, if any, rest on"
                f" {words.number(evidence.run.frames_done)} of"
                f" {words.count_of(item.exhibit.frames, 'frame')}."
            )
    return remarks


def _meanings(context: ReportContext) -> list[Flowable]:
    present = {record.finding for _, evidence in context.analysed for record in evidence.findings}
    story: list[Flowable] = []
    for finding in Finding:
        if finding not in present:
            continue
        does, does_not = words.MEANING[finding]
        story.append(
            style.together(
                style.gap(5),
                style.barred(
                    [
                        style.paragraph(f"“{finding}”", style.CELL_STRONG),
                        Paragraph(f"<i>Means:</i> {fonts.marked_up(does)}", style.CELL),
                        Paragraph(f"<i>Does not mean:</i> {fonts.marked_up(does_not)}", style.CELL),
                    ],
                    style.FINDING_COLOURS[finding],
                ),
            )
        )
    return story
