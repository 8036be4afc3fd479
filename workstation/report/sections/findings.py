"""Findings on one exhibit: whole exhibit, then each face track with plot, segments, key frames."""

from collections.abc import Mapping, Sequence
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Image, Paragraph, Table, TableStyle

from workstation.cases.records import FaceTable, FindingRecord, Segment
from workstation.report import fonts, plot, style, words
from workstation.report.context import ExhibitEvidence, ReportContext, RunEvidence
from workstation.report.pictures import Picture, PictureSource, clearest, face_at
from workstation.report.sections.method import limits

KEY_FRAMES_SHOWN = 6
TRACKS_SHOWN = 40
_CROP = 24 * mm
_COLUMN = (style.TEXT_WIDTH - 6 * mm) / 2
_PICTURE_HEIGHT = 58 * mm
_SEGMENT_WIDTHS = (38.0, 106.0, 148.0, 46.0, 46.0, style.TEXT_WIDTH - 384)


def build(
    context: ReportContext, item: ExhibitEvidence, evidence: RunEvidence, pictures: PictureSource
) -> list[Flowable]:
    """Everything found on one exhibit.

    Args:
        context: Gives figure numbers.
        item: The exhibit.
        evidence: Its run.
        pictures: Reads key frames and crops.
    """
    story: list[Flowable] = [style.minor("Findings")]
    whole = evidence.finding(None)
    if whole is not None:
        story.append(_finding(whole, f"{item.exhibit.number}, whole exhibit"))
    if not evidence.findings:
        story.append(style.paragraph(_nothing(evidence)))
    story += _beside(evidence)
    for track in evidence.tracks[:TRACKS_SHOWN]:
        story += _track(context, item, evidence, track, pictures)
    hidden = len(evidence.tracks) - TRACKS_SHOWN
    if hidden > 0:
        story.append(
            style.paragraph(
                f"{words.count_of(hidden, 'further face track')} without a plot here:"
                " findings on all tracks are in the summary, scores in the case."
            )
        )
    return story


def _nothing(evidence: RunEvidence) -> str:
    if not evidence.tracks:
        return "No face was found in the frames that were analysed. There is no finding."
    return "The analysis recorded no finding on this exhibit."


def _beside(evidence: RunEvidence) -> list[Flowable]:
    """Limits printed beside the findings, small."""
    card = evidence.card
    texts = [str(text) for key in ("limits", "not_covered") for text in card.get(key) or ()]
    if not texts:
        return limits(card)
    listed = " ".join(text if text.endswith((".", "!", "?")) else f"{text}." for text in texts)
    return [
        style.gap(3),
        Paragraph(
            f'<font name="{fonts.BOLD}">Limits.</font> {fonts.marked_up(listed)}'
            ' <a href="#statements">A score is not a probability.</a>',
            style.SMALL,
        ),
    ]


def _finding(record: FindingRecord, title: str) -> Flowable:
    reasons = [style.paragraph(reason, style.CELL) for reason in record.reasons]
    return style.together(
        style.gap(3),
        style.barred(
            [
                style.paragraph(title, style.LABEL),
                style.paragraph(str(record.finding), style.FINDING),
                *reasons,
            ],
            style.FINDING_COLOURS[record.finding],
        ),
    )


def _track(
    context: ReportContext,
    item: ExhibitEvidence,
    evidence: RunEvidence,
    track: int,
    pictures: PictureSource,
) -> list[Flowable]:
    faces = evidence.of_track(track)
    segments = [segment for segment in evidence.segments if segment.track == track]
    head = _track_head(item, evidence, track, faces, pictures)
    story: list[Flowable] = [style.gap(8)]
    if len(item.index) > 1:
        story += [
            style.together(head, style.gap(4), *_plot(context, item, evidence, faces, segments))
        ]
    else:
        story += [head, style.paragraph(_single_score(faces), style.CELL)]
    if segments:
        story += _segments(context, item, faces, segments, pictures)
    return story


def _single_score(faces: FaceTable) -> str:
    if not len(faces) or not faces.scored[0]:
        return "The face in this picture could not be scored."
    return f"Score of the face in this picture: {words.score(float(faces.score[0]))}."


def _track_head(
    item: ExhibitEvidence,
    evidence: RunEvidence,
    track: int,
    faces: FaceTable,
    pictures: PictureSource,
) -> Flowable:
    record = evidence.finding(track)
    title = f"{item.exhibit.number}, face track {track}"
    words_column: list[Flowable] = [style.paragraph(title, style.LABEL)]
    if record is None:
        words_column.append(style.paragraph("no finding recorded", style.CELL_STRONG))
        colour = style.RULE
    else:
        words_column.append(style.paragraph(str(record.finding), style.FINDING))
        words_column += [style.paragraph(reason, style.CELL) for reason in record.reasons]
        colour = style.FINDING_COLOURS[record.finding]
    words_column.append(style.paragraph(_statistics(faces, record), style.SMALL))
    crop = _crop(faces, pictures)
    table = Table([[words_column, crop or ""]], colWidths=[style.TEXT_WIDTH - _CROP, _CROP])
    table.hAlign = "LEFT"
    table.setStyle(
        TableStyle(
            [
                ("LINEBEFORE", (0, 0), (0, -1), 2.5, colour),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("ALIGN", (1, 0), (1, 0), "RIGHT"),
                ("LEFTPADDING", (0, 0), (0, -1), 9),
                ("LEFTPADDING", (1, 0), (1, -1), 0),
                ("RIGHTPADDING", (0, 0), (0, -1), 10),
                ("RIGHTPADDING", (1, 0), (1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 1),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ]
        )
    )
    return table


def _statistics(faces: FaceTable, record: FindingRecord | None) -> str:
    scores = faces.score[faces.scored]
    parts = [
        f"face seen in {words.count_of(len(faces), 'frame')}",
        f"scored in {words.number(len(scores))}",
    ]
    if len(scores):
        parts.append(f"mean score {words.score(float(scores.mean()))}")
        parts.append(f"highest {words.score(float(scores.max()))}")
    known = ("mean", "peak", "scored", "faces")
    extra: Mapping[str, Any] = record.statistics if record is not None else {}
    parts += [
        f"{words.label(key)} {words.value(content)}"
        for key, content in extra.items()
        if key not in known and isinstance(content, int | float | str)
    ]
    return "; ".join(parts)


def _crop(faces: FaceTable, pictures: PictureSource) -> Image | None:
    position = clearest(faces)
    if position is None:
        return None
    picture = pictures.crop(int(faces.frame[position]), faces.box[position])
    return None if picture is None else picture.flowable(_CROP, _CROP)


def _plot(
    context: ReportContext,
    item: ExhibitEvidence,
    evidence: RunEvidence,
    faces: FaceTable,
    segments: Sequence[Segment],
) -> list[Flowable]:
    low, high = evidence.thresholds
    flagged = (
        f" Hatched: flagged segments, S1 to S{len(segments)}."
        if len(segments) > 1
        else " Hatched: the flagged segment, S1."
        if segments
        else ""
    )
    caption = (
        f"Figure {context.figure()}. Scores of {item.exhibit.number}, track {int(faces.track[0])},"
        f" over time. Dotted: lower threshold {low:.2f}; dashed: upper threshold {high:.2f}; grey"
        " field: inconclusive." + flagged + " Below the axis: solid where the face was scored,"
        " outlined where it was seen but too small or blurred, empty elsewhere."
        + (" Vertical lines: frames that could not be decoded." if evidence.undecodable else "")
    )
    blind = [(stretch.first, stretch.last) for stretch in evidence.undecodable]
    drawing = plot.timeline(faces, item.index.times, (low, high), segments, blind)
    return [drawing, style.paragraph(caption, style.CAPTION)]


def _segments(
    context: ReportContext,
    item: ExhibitEvidence,
    faces: FaceTable,
    segments: Sequence[Segment],
    pictures: PictureSource,
) -> list[Flowable]:
    shown = sorted(range(len(segments)), key=lambda i: -segments[i].peak)[:KEY_FRAMES_SHOWN]
    taken: dict[int, tuple[int, Picture]] = {}
    for position in sorted(shown):
        segment = segments[position]
        face = face_at(faces, segment.peak_frame)
        picture = (
            pictures.key_frame(segment.peak_frame, faces.box[face]) if face is not None else None
        )
        if picture is not None:
            taken[position] = context.figure(), picture
    times = item.index.times
    rows: list[list[str | Flowable | list[Flowable]]] = [
        [
            f"S{position + 1}",
            f"{words.number(s.first)}–{words.number(s.last)}",
            f"{words.clock(float(times[s.first]))} – {words.clock(float(times[s.last]))}",
            words.score(s.mean),
            words.score(s.peak),
            f"{words.number(s.peak_frame)}"
            + (f" (Figure {taken[position][0]})" if position in taken else ""),
        ]
        for position, s in enumerate(segments)
    ]
    story: list[Flowable] = [
        style.minor(f"Flagged segments of track {segments[0].track}"),
        style.ruled_table(
            ("No.", "Frames", "Time", "Mean", "Peak", "Peak frame"),
            rows,
            _SEGMENT_WIDTHS,
            numbers=(3, 4, 5),
        ),
    ]
    if len(segments) > len(taken):
        story.append(style.paragraph(_without_pictures(len(segments), len(taken)), style.SMALL))
    figures = [
        _key_frame(item, segments[position], position, figure, picture)
        for position, (figure, picture) in taken.items()
    ]
    for start in range(0, len(figures), 2):
        story.append(_pair(figures[start : start + 2]))
    return story


def _without_pictures(segments: int, pictures: int) -> str:
    if not pictures:
        return "No key frame could be read from the exhibit."
    return (
        f"Key frames are shown of {pictures} of {segments} segments: those with the highest peaks."
    )


def _key_frame(
    item: ExhibitEvidence, segment: Segment, position: int, figure: int, picture: Picture
) -> list[Flowable]:
    caption = (
        f"Figure {figure}. {item.exhibit.number}, frame {words.number(picture.frame)},"
        f" {words.clock(picture.time)}: track {segment.track}, score {words.score(segment.peak)},"
        f" peak of S{position + 1}. SHA-256 of the frame's pixels (RGB, {picture.frame_width} ×"
        f" {picture.frame_height}), without the box:"
    )
    return [
        picture.flowable(_COLUMN, _PICTURE_HEIGHT),
        style.paragraph(caption, style.CAPTION_ABOVE),
        style.paragraph(picture.pixels_sha256, style.FINE),
    ]


def _pair(figures: Sequence[list[Flowable]]) -> Table:
    cells = [*figures, *([""] * (2 - len(figures)))]
    table = Table([cells], colWidths=[_COLUMN + 6 * mm, _COLUMN], hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (0, -1), 6 * mm),
                ("RIGHTPADDING", (1, 0), (1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 8),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
            ]
        )
    )
    return table
