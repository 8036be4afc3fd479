"""What the examiner added: findings with reasons, markers and clips and notes, groups of tracks."""

from collections.abc import Callable

from reportlab.platypus import Flowable

from workstation.analysis.grouping import PersonFigures, extents, figures
from workstation.cases.marks import Mark, MarkKind
from workstation.cases.people import Person
from workstation.cases.records import FindingRecord
from workstation.report import style, words
from workstation.report.context import ExhibitEvidence, ReportContext

_WIDTHS = (26.0, 40.0, 148.0, style.TEXT_WIDTH - 214)
_PEOPLE_WIDTHS = (100.0, 150.0, 52.0, 46.0, style.TEXT_WIDTH - 348)


def build(context: ReportContext) -> list[Flowable]:
    """The examiner's own findings, marks and groups; nothing where there are none."""
    if not context.marks:
        return []
    exhibits = {item.exhibit.number: item for item in context.exhibits}
    story: list[Flowable] = [
        style.Heading(context.section("Added by the examiner"), style.HEADING, "marks"),
        style.paragraph(
            "What this section says was added by the examiner named with it, at the time named"
            " with it. It stands beside what the detector scored and found, and changes nothing of"
            " that. Earlier wordings, and what was taken away, are in the custody log."
        ),
    ]
    findings = [mark for mark in context.marks if mark.kind is MarkKind.FINDING]
    if findings:
        story.append(style.minor("Findings of the examiner"))
        story += [_finding(mark, exhibits[mark.exhibit]) for mark in findings]
    for mark in context.marks:
        if mark.kind is MarkKind.GROUPING and mark.people:
            story += _grouping(mark, exhibits[mark.exhibit])
    others = (MarkKind.FINDING, MarkKind.GROUPING)
    rows = [_row(mark, exhibits[mark.exhibit]) for mark in context.marks if mark.kind not in others]
    if rows:
        story.append(style.minor("Marks", kept=False))
        head = ("No.", "Exhibit", "Where", "What, by whom and when")
        story.append(style.ruled_table(head, rows, _WIDTHS, numbers=(0,)))
    return story


def _finding(mark: Mark, item: ExhibitEvidence) -> Flowable:
    about = mark.exhibit if mark.track is None else f"{mark.exhibit}, face track {mark.track}"
    reasons = [style.paragraph(line, style.CELL) for line in mark.note.splitlines() if line.strip()]
    colour = style.FINDING_COLOURS[mark.finding] if mark.finding else style.RULE
    return style.together(
        style.gap(3),
        style.barred(
            [
                style.paragraph(f"{about} – finding of {_who(mark)}", style.LABEL),
                style.paragraph(str(mark.finding), style.FINDING),
                *reasons,
                style.paragraph(_detectors(mark, item), style.SMALL),
            ],
            colour,
        ),
    )


def _detectors(mark: Mark, item: ExhibitEvidence) -> str:
    """What the detector finds on the same, so that the two are read together."""
    evidence = item.evidence
    if evidence is None or (mark.run is not None and mark.run != evidence.run.id):
        return "This report rests on no finding of the detector on the same."
    record = evidence.finding(mark.track)
    said = str(record.finding) if record is not None else "none recorded"
    return f"The detector's finding: {said}."


def _row(mark: Mark, item: ExhibitEvidence) -> list[str | Flowable | list[Flowable]]:
    where = [] if mark.track is None else [f"track {mark.track}"]
    if mark.first is not None and mark.last is not None:
        frames = words.number(mark.first)
        times = item.index.times
        time = words.clock(float(times[mark.first])) if mark.first < len(times) else ""
        if mark.last != mark.first:
            frames += f"–{words.number(mark.last)}"
            time += f" – {words.clock(float(times[mark.last]))}" if mark.last < len(times) else ""
        where += [f"frame {frames}" if mark.first == mark.last else f"frames {frames}", time]
    named = f"{str(mark.kind).capitalize()}{f': {mark.name}' if mark.name else ''}"
    said = [style.paragraph(named, style.CELL_STRONG)]
    said += [style.paragraph(one, style.CELL) for one in mark.note.splitlines() if one.strip()]
    if mark.tags:
        said.append(style.paragraph(f"Tags: {', '.join(mark.tags)}", style.CELL))
    said.append(style.paragraph(_who(mark), style.SMALL))
    return [str(mark.number), mark.exhibit, ", ".join(where) or "whole exhibit", said]


def _grouping(mark: Mark, item: ExhibitEvidence) -> list[Flowable]:
    evidence = item.evidence
    if evidence is None or evidence.run.id != mark.run:
        said = "groups face tracks of a run on which this report does not rest; see the custody log"
        return [style.paragraph(f"{mark.exhibit}: {_who(mark)} {said}.", style.SMALL)]
    bounds = extents(evidence.faces)
    rows: list[list[str | Flowable | list[Flowable]]] = []
    for person in mark.people:
        if set(person.tracks) <= set(bounds):
            found = figures(person, evidence.faces, item.index.times)
            rows.append(_person(person, found, evidence.finding))
    return [
        style.minor(f"{mark.exhibit}: face tracks grouped by hand", kept=False),
        style.paragraph(
            f"Grouped by {_who(mark)}. The detector followed and scored each track on its own; mean"
            " and peak are counted over its scores, and no finding is made on a group.",
            style.SMALL,
        ),
        style.ruled_table(
            ("Person", "Parts of face tracks", "Mean", "Peak", "The detector on each track"),
            rows,
            _PEOPLE_WIDTHS,
            numbers=(2, 3),
        ),
    ]


def _person(
    person: Person, found: PersonFigures, finding: Callable[[int], FindingRecord | None]
) -> list[str | Flowable | list[Flowable]]:
    parts = "; ".join(
        f"track {piece.track}, frames {words.number(piece.first)}–{words.number(piece.last)}"
        for piece in person.pieces
    )
    records = {track: finding(track) for track in person.tracks}
    detector = "; ".join(
        f"{track}: {record.finding if record is not None else 'no finding'}"
        for track, record in records.items()
    )
    mean, peak = (words.score(value) if found.scored else "–" for value in (found.mean, found.peak))
    return [person.name or "not named", parts, mean, peak, detector]


def _who(mark: Mark) -> str:
    return f"{mark.examiner}, {words.utc(mark.time_utc)}"
