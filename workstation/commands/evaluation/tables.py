"""The figures as one Markdown page."""

from collections.abc import Iterator, Sequence
from typing import Any

from workstation.cases.records import Finding

_KINDS = {
    "all": "Everything",
    "tier": "By how the label is known",
    "pool": "Pooled",
    "compression": "By compression",
    "method": "By method",
    "source": "By source",
    "person": "By the person filmed",
}


def markdown(content: dict[str, Any]) -> list[str]:
    """The page.

    Args:
        content: From `document.document`.
    """
    figures = content["figures"]
    parts = (
        _head(content),
        _main(figures["clips"], "Clips"),
        _decisions(figures["clips"]),
        _main(figures["frames"], "Frames"),
        _findings(figures),
        _lengths(figures["sequence_lengths"]),
        _ablation(figures["ablation"]),
        _reliability(figures),
        _robustness(figures["robustness"]),
        _failures(content["clips"]),
    )
    return [line for part in parts for line in part]


def _head(content: dict[str, Any]) -> Iterator[str]:
    detector, data, analysis = content["detector"], content["data"], content["analysis"]
    yield f"# {detector['title']} on {data['folder']}"
    yield ""
    yield (
        f"Detector {detector['name']}, version {detector['version']}, weights SHA-256 "
        f"{detector['weights_sha256']}; {analysis['device']}, {analysis['precision']}. "
        f"{data['clips']} clips ({data['real']} real, {data['fake']} fake) of {data['people']} "
        f"people filmed, {data['frames']} frames; {data['scored']} clips have a score."
    )
    yield ""
    yield (
        "Score of a clip: highest mean score among its face tracks long enough for a finding. "
        "Square brackets: 95 % intervals from a bootstrap over the people filmed; where few people "
        "stand behind a figure they say little. Scores are no probabilities."
    )
    for note in data["notes"]:
        yield ""
        yield f"**Note:** {note}"
    yield ""
    yield f"    {analysis['command']}"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """A Markdown table, behind an empty line."""
    yield ""
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(str(cell).replace("|", "/") for cell in row) + " |"


def figure(found: Sequence[float | None] | None) -> str:
    """Value and interval."""
    if found is None or found[0] is None:
        return "–"
    value, low, high = found
    bounds = "" if low is None or high is None else f" [{low:.2f}, {high:.2f}]"
    return f"{value:.2f}{bounds}"


def number(value: float | None, form: str = ".3f") -> str:
    """A figure without interval."""
    return "–" if value is None else format(value, form)


def _main(rows: Sequence[dict[str, Any]], level: str) -> Iterator[str]:
    yield ""
    yield f"## {level}"
    head = ("", "real / fake", "people", "AUC", "average precision", "equal error rate")
    for kind, title in _KINDS.items():
        mine = [row for row in rows if row["kind"] == kind]
        if mine:
            yield ""
            yield f"### {title}"
            yield from table(
                head,
                [
                    (
                        row["name"],
                        f"{row['real']} / {row['fake']}",
                        row["people"],
                        figure(row["auc"]),
                        figure(row["average_precision"]),
                        figure(row["equal_error_rate"]),
                    )
                    for row in mine
                ],
            )


def _decisions(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Accuracy and the like at the card's upper threshold and at 0.5, for the pooled groups."""
    mine = [row for row in rows if row["kind"] in ("all", "tier", "pool", "compression")]
    if not mine:
        return
    yield ""
    yield "### Decisions on clips"
    head = ("", "called above", "TP / FP / TN / FN", "accuracy", "precision", "recall", "F1")
    cells = []
    for row in mine:
        for name in ("at_upper", "at_half"):
            at = row[name]
            counts = " / ".join(str(at["confusion"][key]) for key in _CONFUSION)
            said = [figure(at[key]) for key in ("accuracy", "precision", "recall", "f1")]
            cells.append((row["name"], number(at["threshold"], ".2f"), counts, *said))
    yield from table(head, cells)


_CONFUSION = ("true_positives", "false_positives", "true_negatives", "false_negatives")


def _findings(figures: dict[str, Any]) -> Iterator[str]:
    words = [*(finding.value for finding in Finding), "no result"]
    yield ""
    yield "## Findings"
    rows = [
        (row["name"], row["label"], *(row[word] for word in words)) for row in figures["findings"]
    ]
    yield from table(("clips", "label", *words), rows)
    yield ""
    yield "### Authentic clips called manipulated"
    yield from table(
        ("source", "called manipulated", "people", "95 % interval, exact, clips independent"),
        [_called(row["source"], row) for row in figures["false_positives"]],
    )
    pairs = figures["above_original"]
    yield ""
    yield (
        f"A fake scores above its own original in {pairs['above']} of {pairs['pairs']} pairs "
        f"({figure(pairs['share'])}): "
        + ", ".join(f"{row['name']} {row['above']} of {row['pairs']}" for row in pairs["by_method"])
        + "."
    )


def _called(name: str, row: dict[str, Any]) -> tuple[object, ...]:
    share = f"{row['low']:.0%} to {row['high']:.0%}"
    return name, f"{row['count']} of {row['clips']}", row["people"], share


def _lengths(part: dict[str, Any]) -> Iterator[str]:
    if not part["lengths"]:
        return
    yield ""
    yield "## Sequence lengths"
    yield from table(
        (
            "faces",
            "AUC, whole clip in such sequences",
            "balanced accuracy at 0.5",
            "AUC, first faces only",
            "balanced accuracy at 0.5",
            "published accuracy, other data",
        ),
        [
            (
                row["length"],
                figure(row["whole_clip"]["auc"]),
                figure(row["whole_clip"]["balanced_accuracy"]),
                figure(row["first_faces"]["auc"]),
                figure(row["first_faces"]["balanced_accuracy"]),
                f"{row['published_accuracy']:.2%}",
            )
            for row in part["lengths"]
        ],
    )
    yield ""
    yield f"Published: {part['published_by']}"


def _ablation(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    mine = [row for row in rows if row["auc"] is not None]
    if not mine:
        return
    yield ""
    yield "## What the LSTM adds"
    ways = ("lstm", "frames_alone", "shuffled")
    yield from table(
        (
            "",
            "level",
            *("AUC, " + way.replace("_", " ") for way in ways),
            "LSTM minus frames alone",
            "LSTM minus shuffled",
        ),
        [
            (
                row["name"],
                row["level"],
                *(figure(row["auc"][way]) for way in ways),
                *(figure(row["lstm_minus"][way]) for way in ways[1:]),
            )
            for row in mine
        ],
    )


_CALIBRATED = {
    "before": "scores as they are",
    "after": "by the card's calibration",
    "left_out": "refitted on these clips, each without the person measured",
}


def _reliability(figures: dict[str, Any]) -> Iterator[str]:
    part = figures["reliability"]
    yield ""
    yield "## Calibration"
    rows = [
        (name, *(figure(part[key][of]) for of in ("ece", "ece_by_chance", "cllr", "min_cllr")))
        for key, name in _CALIBRATED.items()
        if part[key]
    ]
    columns = ("calibration error", "by chance", "Cllr, bits", "least Cllr of this order")
    yield from table(("", *columns), rows)
    if rows:
        yield ""
        yield "By chance: the calibration error of perfect likelihood ratios in as few recordings."
    if part["fitted_on"]:
        yield ""
        yield f"The card's calibration was fitted on: {part['fitted_on']}"
    if part["left_out_note"]:
        yield ""
        yield f"Refitted without the person measured: not possible. {part['left_out_note']}"
    sharp = figures["sharpness"]
    yield ""
    yield (
        f"Score against sharpness among {sharp['clips']} authentic clips, rank correlation: "
        f"{figure(sharp['spearman'])} (below zero: softer faces score higher)."
    )


def _robustness(part: dict[str, Any] | None) -> Iterator[str]:
    if part is None:
        return
    yield ""
    yield "## Altered clips"
    yield ""
    yield f"{len(part['clips'])} clips, the first {part['frames']} frames of each."
    yield from table(
        ("", "clips", "score moves, median", "95th percentile", "AUC before", "AUC", "change"),
        [
            (
                row["how"],
                f"{row['clips']}, {row['without_score']} without a score",
                number(row.get("moved_median")),
                number(row.get("moved_95th")),
                *(figure(row.get(key)) for key in ("auc_before", "auc", "auc_change")),
            )
            for row in part["variants"]
        ],
    )


def _failures(clips: Sequence[dict[str, Any]]) -> Iterator[str]:
    failed = [clip for clip in clips if clip["failure"]]
    if failed:
        yield ""
        yield "## Clips without a result"
        yield from table(("clip", "why"), [(clip["file"], clip["failure"]) for clip in failed])
