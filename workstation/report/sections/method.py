"""Method: each detector that was used, its settings, its measured performance and its limits."""

from collections.abc import Mapping, Sequence
from typing import Any

from reportlab.platypus import CondPageBreak, Flowable

from workstation.analysis.findings import Thresholds
from workstation.analysis.segments import SHORTEST_SECONDS, SMOOTHING_SECONDS
from workstation.analysis.trust import calibration_sentence
from workstation.report import style, words
from workstation.report.card_figures import Breakdown, Evaluation, evaluations
from workstation.report.context import ExhibitEvidence, ReportContext, RunEvidence

_ROOM = 130.0
_WIDTHS = (style.TEXT_WIDTH - 250, 50.0, 50.0, 50.0, 100.0)


def build(context: ReportContext) -> list[Flowable]:
    """One part per detector; runs with the same card and settings share one."""
    story: list[Flowable] = [style.Heading(context.section("Method"), style.HEADING, "method")]
    if not context.analysed:
        story.append(style.paragraph("No exhibit was analysed, so no detector was used."))
        return story
    story.append(
        style.paragraph(
            "The frames were decoded, turned upright, in presentation order. Faces were looked for"
            " and followed from frame to frame into face tracks. Each face was"
            " aligned, cut out and handed to the network; the sequence of crops of one track gave a"
            " score for each of them. Frames with damaged data, and faces too small or too blurred,"
            " were not scored."
        )
    )
    for users in _by_method(context):
        story += _detector(users)
    return story


def _by_method(context: ReportContext) -> list[list[tuple[ExhibitEvidence, RunEvidence]]]:
    groups: dict[str, list[tuple[ExhibitEvidence, RunEvidence]]] = {}
    for item, evidence in context.analysed:
        run = evidence.run
        key = (evidence.card, run.settings, run.versions, run.device, run.precision)
        groups.setdefault(repr(key), []).append((item, evidence))
    return list(groups.values())


def _detector(users: Sequence[tuple[ExhibitEvidence, RunEvidence]]) -> list[Flowable]:
    evidence = users[0][1]
    card, run = evidence.card, evidence.run
    low, high = evidence.thresholds
    exhibits = ", ".join(item.exhibit.number for item, _ in users)
    sequence = card.get("sequence")
    length = sequence.get("length") if isinstance(sequence, Mapping) else None
    title = str(card.get("title", card.get("name", "unnamed detector")))
    heading = style.Heading(title, style.SUBHEADING, f"method-{run.id}", 1)
    heading.keepWithNext = 0
    return [
        CondPageBreak(_ROOM),
        heading,
        style.facts(
            [
                ("Used on", exhibits),
                ("Detector", f"{card.get('name', '–')}, version {card.get('version', '–')}"),
                ("Faces sought", sought(run.settings, run.versions)),
                ("Network", _stated(card, "network")),
                ("Preprocessing", _stated(card, "preprocessing")),
                ("Sequence", f"{length} crops" if length else _stated(card, "sequence")),
                ("Face limits", _stated(card, "face_limits")),
                ("Thresholds", _thresholds(Thresholds.of_card(card))),
                ("Segments", _segments(low, high)),
                ("How chosen", str(card["decision"].get("chosen", "not stated on the card"))),
                ("Calibration", _calibration(card)),
                ("Training's faces", _ranges(card)),
                ("Device, precision", f"{run.device}; {run.precision}"),
                ("Settings", words.value(run.settings)),
                ("Software versions", words.value(run.versions)),
                ("Licence", _stated(card, "licence")),
                ("Terms", _stated(card, "terms")),
                *_training(card),
            ],
            digests=[("Weights SHA-256", evidence.weights_sha256)],
        ),
        *_performance(card),
        *limits(card),
    ]


def sought(settings: Mapping[str, Any], versions: Mapping[str, Any]) -> str:
    """Where faces were looked for: until method 2 interpolated, in method 3 all over each frame."""
    grid, method = settings.get("grid"), str(versions.get("analysis method", ""))
    if not isinstance(grid, int) or not method.isdigit():
        return "not recorded with the run"
    rows = f"Frame numbers that divide by {grid}, and the last, all over; the frames between"
    if settings.get("interpolate", int(method) < 3):
        return f"{rows} by interpolation where a face was plainly the same at both ends."
    if int(method) < 4 or grid == 1:
        return "Every frame, all over."
    return (
        f"{rows} about the places where those show a face or nearly do, and all over where one"
        " comes, goes or is lost. A face seen only between two of them can be missed."
    )


def _stated(card: Mapping[str, Any], key: str) -> str:
    content = card.get(key)
    return words.value(content) if content not in (None, "", [], {}) else "not stated on the card"


def _training(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the card says of the training, a row for each fact."""
    content = card.get("training")
    if not isinstance(content, Mapping) or not content:
        return [("Training", "not stated on the card")]
    facts = [(words.label(str(key)), words.value(content[key])) for key in content]
    people = content.get("identities")
    if isinstance(people, list | tuple):
        listed = f"{words.count_of(len(people), 'person', 'people')}, listed on the card"
        facts = [(name, listed if name == "identities" else fact) for name, fact in facts]
    return [("Training: " + name, fact) for name, fact in facts]


def _segments(low: float, high: float) -> str:
    return (
        f"flagged where scores, averaged over {SMOOTHING_SECONDS} s, rise above {high:.2f}, until"
        f" they fall below {(low + high) / 2:.2f}; at least {SHORTEST_SECONDS} s long"
    )


def _calibration(card: Mapping[str, Any]) -> str:
    section = card.get("calibration")
    if section is None:
        return "not calibrated: no likelihood ratio is given"
    line = f"{section['intercept']:.3g} + {section['slope']:.3g} × log odds of the mean score"
    if section["quality_slope"]:
        line += f" + {section['quality_slope']:.3g} × logarithm of the median sharpness"
    return (
        f"natural logarithm of the likelihood ratio: {line}. {calibration_sentence(section)}"
        f" Recordings: {section['material']}. {words.value(section['figures'])}"
    )


def _ranges(card: Mapping[str, Any]) -> str:
    section = card.get("domain")
    if section is None:
        return "ranges not stated on the card: no face was held against them"
    ranges = "; ".join(
        f"{name} {'any' if low is None else f'{low:g}'} to {'any' if high is None else f'{high:g}'}"
        for name, (low, high) in section["ranges"].items()
    )
    return (
        f"{ranges}. At least {100 * section['share']:g} % of the training's faces lie within each"
        f" range. {section['material']} A face outside one of them is scored, but no finding rests"
        " on it."
    )


def _thresholds(rule: Thresholds) -> str:
    text = (
        f"mean score of a track below {rule.low:.2f}: does not support manipulation; above"
        f" {rule.high:.2f}: supports manipulation; between: inconclusive"
    )
    text += f"; fewer than {rule.minimum_frames} scored frames: inconclusive"
    text += "; low mean where most frames could not be scored: inconclusive"
    text += "; low mean with a flagged segment of at least one second: inconclusive"
    if rule.card.get("calibration") is not None:
        text += "; outside the zone without a likelihood ratio of 2 or 1/2 at least: inconclusive"
    if rule.card.get("domain") is not None:
        text += "; most scored frames unlike the training's faces: inconclusive"
    return text


def _performance(card: Mapping[str, Any]) -> list[Flowable]:
    heading = style.minor("Measured performance")
    measured = evaluations(card)
    if not measured:
        return [heading, style.paragraph(words.UNMEASURED)]
    story: list[Flowable] = [heading]
    rows = [_performance_row(entry) for entry in measured if entry.auc != "–" or not entry.tables]
    if rows:
        story += [
            style.ruled_table(
                ("Data", "Real", "Fake", "AUC", "95 % interval"), rows, _WIDTHS, (1, 2, 3, 4)
            ),
            style.gap(3),
            style.paragraph(words.AUC_STATEMENT, style.SMALL),
        ]
    for entry in measured:
        for table in entry.tables:
            story += _table(entry, table)
    return story


def _table(entry: Evaluation, table: Breakdown) -> list[Flowable]:
    count = len(table.columns) - 1
    narrow = min(80.0, 0.65 * style.TEXT_WIDTH / max(count, 1))
    title = entry.name if entry.auc == "–" else f"{entry.name}: {table.title}"
    return [
        style.gap(4),
        style.paragraph(title, style.CELL_STRONG),
        style.ruled_table(
            [column[:1].upper() + column[1:] for column in table.columns],
            table.rows,
            [style.TEXT_WIDTH - count * narrow, *([narrow] * count)],
            numbers=range(1, count + 1),
        ),
        *([style.paragraph(entry.rest, style.SMALL)] if entry.rest and entry.auc == "–" else []),
    ]


def _performance_row(evaluation: Evaluation) -> list[str | Flowable | list[Flowable]]:
    first: list[Flowable] = [style.paragraph(evaluation.name, style.CELL)]
    if evaluation.rest:
        first.append(style.paragraph(evaluation.rest, style.SMALL))
    return [first, evaluation.real, evaluation.fake, evaluation.auc, evaluation.interval]


def limits(card: Mapping[str, Any]) -> list[Flowable]:
    """Limits and what is not covered, as the card states them."""
    story: list[Flowable] = []
    for title, key in (("Limits of this detector", "limits"), ("Not covered", "not_covered")):
        texts = [str(text) for text in card.get(key) or ()]
        story.append(style.minor(title))
        story += style.bullets(texts) if texts else [style.paragraph("None stated on the card.")]
    return story
