"""Method: each detector that was used, its settings, its measured performance and its limits."""

from collections.abc import Mapping, Sequence
from typing import Any

from reportlab.platypus import Flowable

from workstation.report import style, words
from workstation.report.context import ExhibitEvidence, ReportContext, RunEvidence

_NAMES = ("name", "title", "data", "set", "dataset", "on")
_COLUMNS = {
    "real": ("n_real", "real", "reals"),
    "fake": ("n_fake", "fake", "fakes"),
    "auc": ("auc", "video_auc"),
    "interval": ("auc_interval", "interval", "auc_95", "ci95", "auc_ci95", "interval_95"),
}
_WIDTHS = (style.TEXT_WIDTH - 250, 50.0, 50.0, 50.0, 100.0)


def build(context: ReportContext) -> list[Flowable]:
    """One part per detector; runs with the same weights and settings share one."""
    story: list[Flowable] = [style.Heading(context.section("Method"), style.HEADING, "method")]
    if not context.analysed:
        story.append(style.paragraph("No exhibit was analysed, so no detector was used."))
        return story
    story.append(
        style.paragraph(
            "Every frame was decoded once, upright, in presentation order. Faces were found in"
            " frames"
            " on a regular grid and followed between them into face tracks. Each face was aligned,"
            " cut out and handed to the network; the sequence of crops of one track gave a"
            " score for"
            " every frame of it. Frames with damaged data, and faces too small or too blurred, were"
            " not scored."
        )
    )
    for users in _by_method(context):
        story += _detector(users)
    return story


def _by_method(context: ReportContext) -> list[list[tuple[ExhibitEvidence, RunEvidence]]]:
    groups: dict[str, list[tuple[ExhibitEvidence, RunEvidence]]] = {}
    for item, evidence in context.analysed:
        run = evidence.run
        key = (evidence.weights_sha256, run.settings, run.versions, run.device, run.precision)
        groups.setdefault(repr(key), []).append((item, evidence))
    return list(groups.values())


def _detector(users: Sequence[tuple[ExhibitEvidence, RunEvidence]]) -> list[Flowable]:
    evidence = users[0][1]
    card, run = evidence.card, evidence.run
    low, high = evidence.thresholds
    decision = card["decision"]
    exhibits = ", ".join(item.exhibit.number for item, _ in users)
    sequence = card.get("sequence")
    length = sequence.get("length") if isinstance(sequence, Mapping) else None
    title = str(card.get("title", card.get("name", "unnamed detector")))
    return [
        style.Heading(title, style.SUBHEADING, f"method-{run.id}", 1),
        style.facts(
            [
                ("Used on", exhibits),
                ("Detector", f"{card.get('name', '–')}, version {card.get('version', '–')}"),
                ("Network", _stated(card, "network")),
                ("Preprocessing", _stated(card, "preprocessing")),
                ("Sequence", f"{length} crops" if length else _stated(card, "sequence")),
                ("Face limits", _stated(card, "face_limits")),
                ("Thresholds", _thresholds(low, high, decision)),
                ("How chosen", str(decision.get("chosen", "not stated on the card"))),
                ("Device, precision", f"{run.device}; {run.precision}"),
                ("Settings", words.value(run.settings)),
                ("Software versions", words.value(run.versions)),
                ("Training", _stated(card, "training")),
                ("Licence", _stated(card, "licence")),
            ],
            digests=[("Weights SHA-256", evidence.weights_sha256)],
        ),
        *_performance(card),
        *limits(card),
    ]


def _stated(card: Mapping[str, Any], key: str) -> str:
    content = card.get(key)
    return words.value(content) if content not in (None, "", [], {}) else "not stated on the card"


def _thresholds(low: float, high: float, decision: Mapping[str, Any]) -> str:
    text = (
        f"mean score of a track below {low:.2f}: does not support manipulation; above {high:.2f}:"
        " supports manipulation; between: inconclusive"
    )
    if "minimum_frames" in decision:
        text += f"; fewer than {decision['minimum_frames']} scored frames: inconclusive"
    return text


def _performance(card: Mapping[str, Any]) -> list[Flowable]:
    heading = style.minor("Measured performance")
    evaluations = [entry for entry in card.get("evaluation") or () if isinstance(entry, Mapping)]
    if not evaluations:
        return [
            heading,
            style.paragraph(
                "The card of this detector states no measured performance: its error rates are"
                " unknown. Findings made with it carry no evidential weight."
            ),
        ]
    rows = [row for entry in evaluations for row in [_performance_row(entry)]]
    return [
        heading,
        style.ruled_table(
            ("Data", "Real", "Fake", "AUC", "95 % interval"), rows, _WIDTHS, numbers=(1, 2, 3, 4)
        ),
        style.gap(3),
        style.paragraph(
            "AUC is the share of pairs of one fake and one real recording in which the fake"
            " received"
            " the higher score: 1.00 separates all pairs, 0.50 is chance. The interval shows"
            " how far"
            " it may lie from the value on the whole population that the data were drawn from.",
            style.SMALL,
        ),
    ]


def _performance_row(entry: Mapping[str, Any]) -> list[str | Flowable | list[Flowable]]:
    left = dict(entry)
    name = next((str(left.pop(key)) for key in _NAMES if key in left), "unnamed data")
    found = {
        column: next((left.pop(key) for key in keys if key in left), None)
        for column, keys in _COLUMNS.items()
    }
    first: list[Flowable] = [style.paragraph(name, style.CELL)]
    if left:
        first.append(style.paragraph(words.value(left), style.SMALL))
    return [
        first,
        _figure(found["real"]),
        _figure(found["fake"]),
        _figure(found["auc"]),
        _interval(found["interval"]),
    ]


def _figure(content: Any) -> str:
    if content is None:
        return "–"
    return f"{content:.2f}" if isinstance(content, float) else words.value(content)


def _interval(content: Any) -> str:
    if isinstance(content, list | tuple) and len(content) == 2:
        return f"{float(content[0]):.2f} to {float(content[1]):.2f}"
    return _figure(content)


def limits(card: Mapping[str, Any]) -> list[Flowable]:
    """Limits and what is not covered, as the card states them."""
    story: list[Flowable] = []
    for title, key in (("Limits of this detector", "limits"), ("Not covered", "not_covered")):
        texts = [str(text) for text in card.get(key) or ()]
        story.append(style.minor(title))
        story += style.bullets(texts) if texts else [style.paragraph("None stated on the card.")]
    return story
