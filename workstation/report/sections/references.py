"""Each questioned exhibit beside its references; nothing where no exhibit has any."""

from reportlab.lib.colors import Color
from reportlab.platypus import CondPageBreak, Flowable

from workstation.analysis import relative_words
from workstation.analysis.comparison import Relation
from workstation.analysis.references import ReferenceScore, RelativeAnswer, TrackComparison
from workstation.cases.records import Reference
from workstation.report import strip, style, words
from workstation.report.context import ReportContext

ANCHOR = "references"
_WIDTHS = (38.0, 72.0, 50.0, 44.0, 76.0, style.TEXT_WIDTH - 280)
_COLOURS: dict[Relation, Color] = {
    Relation.HIGHER: style.HIGH,
    Relation.LIKE: style.MIDDLE,
    Relation.LOWER: style.LOW,
    Relation.TOO_FEW: style.RULE,
}
_WHY = (
    "Scores lie higher or lower with every camera, platform and person. The examiner took the"
    " exhibits named here as known authentic. Each face track of the questioned exhibit is held"
    " against Student's t prediction interval for one more authentic recording like its references."
)


def build(context: ReportContext) -> list[Flowable]:
    """One part per questioned exhibit, then what was revoked."""
    if not context.relative and not context.revoked:
        return []
    story: list[Flowable] = [
        style.Heading(context.section("Beside known authentic references"), style.HEADING, ANCHOR),
        style.paragraph(f"{_WHY} {relative_words.UNITS} {relative_words.BESIDE}"),
    ]
    for answer in context.relative:
        story += _answer(context, answer)
    if context.revoked:
        story += [
            style.minor("References that were revoked"),
            *style.bullets([_revoked(one) for one in context.revoked]),
        ]
    return story


def beside(context: ReportContext, number: str) -> list[Flowable]:
    """The relative answers on an exhibit in one line each, to stand beside its finding."""
    answer = next((one for one in context.relative if one.exhibit == number), None)
    if answer is None:
        return []
    said = [f"track {one.track} {one.comparison.relation}" for one in answer.tracks]
    told = "; ".join(said) if said else "no comparison"
    counted = relative_words.references_counted(answer)
    return [
        style.gap(4),
        style.paragraph(
            f"Beside known authentic references: {told}. {counted}; see the section “Beside known"
            " authentic references”. This changes nothing about the finding.",
            style.CELL,
        ),
    ]


def _answer(context: ReportContext, answer: RelativeAnswer) -> list[Flowable]:
    title = f"{answer.exhibit} beside its references"
    story: list[Flowable] = [
        CondPageBreak(230),
        style.Heading(title, style.SUBHEADING, f"references-{answer.exhibit}", 1),
    ]
    if answer.problem:
        story.append(style.paragraph(answer.problem))
    for one in answer.tracks:
        story += _track(context, answer, one)
    story += [
        style.gap(4),
        *(style.paragraph(text, style.SMALL) for text in relative_words.meanings(answer)),
        style.minor("Its references"),
        _table(answer),
        style.gap(4),
    ]
    texts = [text for one in answer.references for text in (one.problem, *one.remarks) if text]
    limits = relative_words.limits(answer) if answer.tracks else []
    return [*story, *style.bullets([*texts, *limits])]


def _track(context: ReportContext, answer: RelativeAnswer, one: TrackComparison) -> list[Flowable]:
    found = one.comparison
    sentence = relative_words.track_sentence(answer, one)
    content: list[Flowable] = [
        style.paragraph(f"{answer.exhibit}, face track {one.track}", style.LABEL),
        style.paragraph(str(found.relation), style.FINDING),
        style.paragraph(f"{sentence} {words.count_of(one.frames, 'scored frame')}.", style.CELL),
    ]
    parts: list[Flowable] = [style.barred(content, _COLOURS[found.relation])]
    if found.references:
        caption = (
            f"Figure {context.figure()}. {answer.exhibit}, track {one.track} (filled diamond) among"
            " its references (circles). Framed: 95 % prediction interval. The axis gives scores,"
            " spaced by their logits."
        )
        parts += [style.gap(3), strip.strip(found), style.paragraph(caption, style.CAPTION)]
    return [style.gap(3), style.together(*parts)]


def _table(answer: RelativeAnswer) -> Flowable:
    rows = [_row(one) for one in answer.references]
    head = ("Exhibit", "In common", "Recording", "Track", "Mean logit", "How it is known")
    return style.ruled_table(head, rows, _WIDTHS, numbers=(4,))


def _row(one: ReferenceScore) -> list[str | Flowable | list[Flowable]]:
    reference = one.reference
    own = reference.recording == reference.reference
    known: list[Flowable] = [style.paragraph(reference.how, style.CELL)]
    if one.sha256:
        known.append(style.paragraph(f"SHA-256 {one.sha256}", style.FINE))
    return [
        reference.reference,
        ", ".join(reference.kinds),
        "its own" if own else f"copy of {reference.recording}",
        "–" if one.track is None else f"{one.track}",
        "–" if one.logit is None else relative_words.both(one.logit),
        known,
    ]


def _revoked(one: Reference) -> str:
    return (
        f"{one.reference}, for {one.questioned} ({', '.join(one.kinds)}): added"
        f" {words.utc(one.added_utc)}, revoked {words.utc(one.revoked_utc or '')}:"
        f" {one.revoked_why}"
    )
