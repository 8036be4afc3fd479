"""Findings on one exhibit: whole exhibit, then each face track with plot, segments, key frames."""

from collections.abc import Sequence

from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, Image, Paragraph

from workstation.cases.records import FaceTable, FindingRecord, Segment
from workstation.report import fonts, plot, style, words
from workstation.report.card_figures import chief_figures
from workstation.report.context import ExhibitEvidence, ReportContext, RunEvidence
from workstation.report.pictures import Picture, PictureSource, clearest, face_at
from workstation.report.sections import references
from workstation.report.sections.method import limits

_UNREADABLE = "No key frame is shown: none could be read from the exhibit as it was taken in."
_UNLIKE = (
    " low where it was scored but unlike the training's faces, so that its score does not count,"
)
KEY_FRAMES_SHOWN = 6
TRACKS_SHOWN = 40
_CROP = 24 * mm
_COLUMN = (style.TEXT_WIDTH - 6 * mm) / 2
_PICTURE_HEIGHT = 52 * mm
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
    heading, whole = style.minor("Findings"), evidence.finding(None)
    story: list[Flowable] = [heading]
    if whole is not None:
        # One flowable that stays together keeps no other with itself.
        story = [_finding(heading, whole, f"{item.exhibit.number}, whole exhibit")]
    story += references.beside(context, item.exhibit.number)
    if not evidence.tracks:
        story.append(style.paragraph("No face was found in the frames that were analysed."))
    if not evidence.findings:
        story.append(style.paragraph("The analysis recorded no finding on this exhibit."))
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


def _beside(evidence: RunEvidence) -> list[Flowable]:
    """Limits printed beside the findings, small."""
    card = evidence.card
    texts = [str(text) for key in ("limits", "not_covered") for text in card.get(key) or ()]
    if not texts:
        return limits(card)
    measured = " ".join(chief_figures(card, "in the section “Method”"))
    listed = " ".join(text if text.endswith((".", "!", "?")) else f"{text}." for text in texts)
    return [
        style.gap(3),
        Paragraph(
            f'<font name="{fonts.BOLD}">Measured performance.</font>'
            f" {fonts.marked_up(measured or words.UNMEASURED)}",
            style.SMALL,
        ),
        Paragraph(
            f'<font name="{fonts.BOLD}">Limits.</font> {fonts.marked_up(listed)}'
            ' <a href="#statements">A score is not a probability.</a>',
            style.SMALL,
        ),
    ]


def _finding(heading: Flowable, record: FindingRecord, title: str) -> Flowable:
    reasons = [style.paragraph(reason, style.CELL) for reason in record.reasons]
    return style.together(
        heading,
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
    if len(item.index) > 1 and not faces.scored.any():
        head = _track_head(item, evidence, track, faces, None, pictures)
        seen = plot.nothing_scored(faces, item.index.times)
        return [
            style.gap(8),
            style.together(head, style.gap(4), style.paragraph(seen, style.SMALL)),
        ]
    figure = context.figure()
    head = _track_head(item, evidence, track, faces, figure, pictures)
    if len(item.index) == 1:
        shown = _whole_picture(item, faces, figure, pictures)
        return [style.gap(8), style.together(head, style.gap(4), *shown)]
    plotted = _plot(figure, item, evidence, faces, segments)
    story: list[Flowable] = [style.gap(8), style.together(head, style.gap(4), *plotted)]
    if segments:
        story += _segments(context, item, faces, segments, pictures)
    return story


def _whole_picture(
    item: ExhibitEvidence, faces: FaceTable, figure: int, pictures: PictureSource
) -> list[Flowable]:
    picture = pictures.key_frame(0, faces.box[0])
    if picture is None:
        return [style.paragraph(f"Figure {figure}. {_UNREADABLE}", style.CAPTION)]
    track = int(faces.track[0])
    said = (
        f"score {words.score(float(faces.score[0]))}"
        if faces.scored[0]
        else "the face could not be scored"
    )
    caption = f"Figure {figure}. {item.exhibit.number}, track {track}: {said}. {_hashed(picture)}"
    return [
        picture.flowable(_COLUMN, _PICTURE_HEIGHT),
        style.paragraph(caption, style.CAPTION_ABOVE),
        style.paragraph(picture.pixels_sha256, style.FINE),
    ]


def _hashed(picture: Picture) -> str:
    return (
        f"SHA-256 of the frame's pixels (RGB, {picture.frame_width} × {picture.frame_height}),"
        " without the box:"
    )


def _track_head(
    item: ExhibitEvidence,
    evidence: RunEvidence,
    track: int,
    faces: FaceTable,
    figure: int | None,
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
        reasons = _own_reasons(record, evidence)
        words_column += [style.paragraph(reason, style.CELL) for reason in reasons]
        colour = style.FINDING_COLOURS[record.finding]
    statistics = f"{_statistics(faces, evidence.thresholds[1])}."
    statistics += "" if figure is None else f" Figure {figure}."
    words_column.append(style.paragraph(statistics, style.SMALL))
    crop = _crop(faces, pictures)
    return style.barred(words_column, colour, crop)


def _own_reasons(record: FindingRecord, evidence: RunEvidence) -> list[str]:
    """A track's reasons without what the detector does not cover: that stands above, once."""
    general = tuple(str(text) for text in evidence.card.get("not_covered") or () if text)
    return [reason for reason in record.reasons if not reason.endswith(general)]


def _statistics(faces: FaceTable, high: float) -> str:
    scores, scored = faces.score[faces.counted], int(faces.scored.sum())
    parts = [
        f"face seen in {words.count_of(len(faces), 'frame')}",
        f"scored in {words.number(scored)}",
    ]
    if len(scores) < scored:
        parts.append(f"unlike the training's faces in {words.number(scored - len(scores))} of them")
    if len(scores):
        parts.append(f"mean score {words.score(float(scores.mean()))}")
        parts.append(f"highest {words.score(float(scores.max()))}")
        above = words.share(int((scores > high).sum()), len(scores))
        which = "others" if len(scores) < scored else "scored frames"
        parts.append(f"{above} of the {which} above the upper threshold")
    return "; ".join(parts)


def _crop(faces: FaceTable, pictures: PictureSource) -> Image | None:
    position = clearest(faces)
    if position is None:
        return None
    picture = pictures.crop(int(faces.frame[position]), faces.box[position])
    return None if picture is None else picture.flowable(_CROP, _CROP)


def _plot(
    figure: int,
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
        f"Figure {figure}. Scores of {item.exhibit.number}, track {int(faces.track[0])},"
        f" over time. Dotted: lower threshold {low:.2f}; dashed: upper threshold {high:.2f}; grey"
        " field: inconclusive."
        + flagged
        + " Below the axis: solid where the face was scored,"
        + (_UNLIKE if (faces.outside > 0).any() else "")
        + " outlined where it was seen but too small or blurred, empty elsewhere."
        + (" Vertical lines: frames that could not be decoded." if evidence.undecodable else "")
    )
    blind = [(stretch.first, stretch.last) for stretch in evidence.undecodable]
    drawing = plot.timeline(faces, item.index.times, (low, high), segments, blind)
    return [drawing, style.paragraph(caption, style.CAPTION)]


def _taken(
    context: ReportContext,
    faces: FaceTable,
    segments: Sequence[Segment],
    pictures: PictureSource,
) -> dict[int, tuple[int, Picture]]:
    """Figure numbers and key frames of the segments with the highest peaks, by position."""
    shown = sorted(range(len(segments)), key=lambda i: -segments[i].peak)[:KEY_FRAMES_SHOWN]
    taken: dict[int, tuple[int, Picture]] = {}
    for position in sorted(shown):
        frame = segments[position].peak_frame
        face = face_at(faces, frame)
        picture = pictures.key_frame(frame, faces.box[face]) if face is not None else None
        if picture is not None:
            taken[position] = context.figure(), picture
    return taken


def _segments(
    context: ReportContext,
    item: ExhibitEvidence,
    faces: FaceTable,
    segments: Sequence[Segment],
    pictures: PictureSource,
) -> list[Flowable]:
    taken = _taken(context, faces, segments, pictures)
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
        CondPageBreak(30 * mm),
        style.minor(f"Flagged segments of track {segments[0].track}", kept=False),
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
        return _UNREADABLE
    return (
        f"Key frames are shown of {pictures} of {segments} segments: those with the highest peaks."
    )


def _key_frame(
    item: ExhibitEvidence, segment: Segment, position: int, figure: int, picture: Picture
) -> list[Flowable]:
    caption = (
        f"Figure {figure}. {item.exhibit.number}, frame {words.number(picture.frame)},"
        f" {words.clock(picture.time)}: track {segment.track}, score {words.score(segment.peak)},"
        f" peak of S{position + 1}. {_hashed(picture)}"
    )
    return [
        picture.flowable(_COLUMN, _PICTURE_HEIGHT),
        style.paragraph(caption, style.CAPTION_ABOVE),
        style.paragraph(picture.pixels_sha256, style.FINE),
    ]


def _pair(figures: Sequence[list[Flowable]]) -> Flowable:
    cells = [*figures, *([""] * (2 - len(figures)))]
    return style.together(
        style.grid(
            [cells],
            [_COLUMN + 6 * mm, _COLUMN],
            ("RIGHTPADDING", (0, 0), (0, -1), 6 * mm),
            ("TOPPADDING", (0, 0), (-1, -1), 8),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        )
    )
