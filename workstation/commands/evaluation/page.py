"""The evaluation on one page of plots, A4, as PDF."""

import io
from collections.abc import Sequence
from typing import Any

from reportlab.graphics import renderPDF
from reportlab.graphics.shapes import Drawing
from reportlab.pdfgen.canvas import Canvas

from workstation.commands.evaluation.panel import Panel
from workstation.report import fonts, style

_SIDE = 42.0
_WIDTH = style.PAGE_WIDTH - 2 * _SIDE
_HALF = (_WIDTH - 52) / 2
_RIGHT = _SIDE + _HALF + 52
_HEIGHT = 118.0
_ROWS = tuple(style.PAGE_HEIGHT - 232 - row * 172 for row in range(4))
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_MOST_STRIPS, _MOST_ROWS = 22, 11


def page(content: dict[str, Any]) -> bytes:
    """Draw the page.

    Args:
        content: From `document.document`.

    Returns:
        A PDF.
    """
    fonts.register()
    drawing = Drawing(style.PAGE_WIDTH, style.PAGE_HEIGHT)
    figures = content["figures"]
    panels = (
        _roc(figures),
        _strips(content),
        _reliability(figures["reliability"]),
        _coverage(figures["coverage"]),
        _lengths(figures["sequence_lengths"]),
        _ablation(figures["ablation"]),
        _robustness(figures["robustness"]),
    )
    for panel in panels:
        drawing.add(panel.group)
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=(style.PAGE_WIDTH, style.PAGE_HEIGHT), invariant=1)
    canvas.setTitle(f"Evaluation of {content['detector']['title']}")
    _heading(canvas, content)
    renderPDF.draw(drawing, canvas, 0, 0)
    canvas.save()
    return stream.getvalue()


def _heading(canvas: Canvas, content: dict[str, Any]) -> None:
    detector, data = content["detector"], content["data"]
    top = style.PAGE_HEIGHT - 46
    canvas.setFillColor(style.INK)
    canvas.setFont(fonts.BOLD, 13)
    canvas.drawString(_SIDE, top, fonts.plain(f"{detector['title']} on {data['folder']}"))
    canvas.setFont(fonts.SANS, 7.5)
    canvas.setFillColor(style.MUTED)
    lines = (
        f"Version {detector['version']}, weights SHA-256 {detector['weights_sha256']}",
        f"{data['clips']} clips, {data['real']} real and {data['fake']} fake, of {data['people']} "
        f"people filmed; {data['frames']} frames; {data['scored']} clips have a score. Bars and "
        "bands: 95 % intervals, bootstrap over people.",
    )
    for number, line in enumerate(lines, start=1):
        canvas.drawString(_SIDE, top - 3 - 10 * number, fonts.plain(line))


def _roc(figures: dict[str, Any]) -> Panel:
    panel = Panel(_SIDE, _ROWS[0], _HALF, _HEIGHT, "ROC, clips")
    curve = figures["roc"]
    whole = next((row for row in figures["clips"] if row["kind"] == "all"), None)
    if not curve["points"] or whole is None:
        panel.nothing("both classes are needed")
        return panel
    panel.axes("false positive rate", "true positive rate", _SHARES, _SHARES)
    band = [row for row in curve["band"] if None not in row]
    panel.band([(x, low) for x, low, _ in band], [(x, high) for x, _, high in band])
    panel.line([(0, 0), (1, 1)], strokeColor=style.MUTED, strokeDashArray=[2, 2], strokeWidth=0.5)
    panel.line(_steps(curve["points"]))
    value, low, high = whole["auc"]
    place = (panel.x(0.98), panel.y(0.08))
    panel.text(place, f"AUC {value:.2f} [{low:.2f}, {high:.2f}]", "end", size=7.5)
    return panel


def _steps(points: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    return [(x, y) for x, y in points]


def _strips(content: dict[str, Any]) -> Panel:
    """Every clip's score, a line for each source and method."""
    left, height = _RIGHT + 92, _ROWS[0] + _HEIGHT - _ROWS[1]
    panel = Panel(left, _ROWS[1], _WIDTH + _SIDE - left, height, "")
    panel.text((_RIGHT, _ROWS[0] + _HEIGHT + 7), "Scores of clips", font=fonts.BOLD, size=8)
    kinds: dict[tuple[bool, str], list[float]] = {}
    for clip in content["clips"]:
        said = "" if clip["compression"] == "?" else f" {clip['compression']}"
        name = f"{clip['method'] if clip['fake'] else clip['source']}{said}"
        scores = kinds.setdefault((clip["fake"], name), [])
        scores += [] if clip["score"] is None else [clip["score"]]
    listed = sorted(kinds)[:_MOST_STRIPS]
    panel.up = (0.0, float(len(listed)))
    decision = content["detector"]["decision"]
    panel.field_between(decision["low"], decision["high"])
    panel.axes("score; grey: inconclusive", "", _SHARES, ())
    panel.upright(decision["low"], f"{decision['low']:.2f}")
    panel.upright(decision["high"], f"{decision['high']:.2f}")
    for number, (fake, name) in enumerate(listed):
        y = len(listed) - number - 0.5
        label = f"{'fake' if fake else 'real'}: {name}"
        short = label if len(label) < 36 else label[:34] + "…"
        panel.text((left - 5, panel.y(y) - 2.2), short, "end")
        for score in kinds[fake, name]:
            panel.dot((score, y), hollow=not fake)
    if len(kinds) > len(listed):
        place = (_RIGHT, panel.bottom - 18)
        panel.text(place, f"{len(kinds) - len(listed)} more kinds in the table")
    return panel


def _reliability(part: dict[str, Any]) -> Panel:
    panel = Panel(_SIDE, _ROWS[1], _HALF, _HEIGHT, "Reliability, clips")
    after = (part["after"], "calibrated") if part["after"] else (part["left_out"], "refitted")
    shown = [(part["before"], "scores as they are", True), (*after, False)]
    shown = [entry for entry in shown if entry[0]]
    if not shown:
        panel.nothing("both classes are needed")
        return panel
    panel.axes("said, at even odds", "share of fakes", _SHARES, _SHARES)
    panel.line([(0, 0), (1, 1)], strokeColor=style.MUTED, strokeDashArray=[2, 2], strokeWidth=0.5)
    for found, _, hollow in shown:
        points = [(row["said"], row["share"]) for row in found["bins"]]
        panel.line(points, strokeWidth=0.4)
        for point, row in zip(points, found["bins"], strict=True):
            panel.dot(point, hollow, 1.2 + 0.3 * row["cases"] ** 0.5)
    keys = [
        (f"{name}: ECE {found['ece'][0]:.2f}, Cllr {found['cllr'][0]:.2f}", hollow)
        for found, name, hollow in shown
    ]
    panel.key(keys)
    return panel


def _coverage(part: dict[str, Any]) -> Panel:
    panel = Panel(_SIDE, _ROWS[2], _HALF, _HEIGHT, "Error as the inconclusive zone widens")
    curves = [("scores", part["scores"], True), ("calibrated", part["calibrated"], False)]
    curves = [entry for entry in curves if entry[1]]
    if not curves:
        panel.nothing("no clip has a score")
        return panel
    most = max(point["error"] for _, points, _ in curves for point in points)
    panel.up = (0.0, max(0.1, round(most + 0.05, 1)))
    ticks = [panel.up[1] * step / 4 for step in range(5)]
    panel.axes("clips concluded", "share of these wrong", _SHARES, [round(t, 3) for t in ticks])
    for _, points, hollow in curves:
        places = [(point["coverage"], point["error"]) for point in points]
        panel.line(places, strokeDashArray=[3, 1.5] if hollow else None)
        for place in places[:: max(1, len(places) // 10)]:
            panel.dot(place, hollow, 1.4)
    panel.key([(name, hollow) for name, _, hollow in curves])
    return panel


def _lengths(part: dict[str, Any]) -> Panel:
    panel = Panel(_RIGHT, _ROWS[2], _HALF, _HEIGHT, "Sequence length, AUC of clips")
    rows = [row for row in part["lengths"] if row["whole_clip"]["auc"]]
    if not rows:
        panel.nothing("both classes are needed")
        return panel
    panel.across = (0.0, 110.0)
    panel.axes("face crops", "", [row["length"] for row in rows], _SHARES)
    for row in rows:
        panel.bar(row["length"] - 1.2, row["whole_clip"]["auc"])
        panel.bar(row["length"] + 1.2, row["first_faces"]["auc"], hollow=True)
    panel.key([("whole clip, in such sequences", False), ("first faces of a track only", True)])
    return panel


def _ablation(rows: Sequence[dict[str, Any]]) -> Panel:
    left = _SIDE + 112
    panel = Panel(left, _ROWS[3], _SIDE + _HALF - left, _HEIGHT, "")
    title = "LSTM's AUC minus that without it"
    panel.text((_SIDE, _ROWS[3] + _HEIGHT + 7), title, font=fonts.BOLD, size=8)
    shown = [row for row in rows if row["level"] == "clips" and row["lstm_minus"]][:_MOST_ROWS]
    if not shown:
        panel.nothing("both classes are needed")
        return panel
    ends = [v for r in shown for found in r["lstm_minus"].values() for v in found if v is not None]
    most = max(0.1, round(max(abs(value) for value in ends) + 0.05, 1))
    panel.across, panel.up = (-most, most), (0.0, float(len(shown)))
    panel.axes("difference of AUC", "", [-most, 0.0, most], ())
    panel.key([("minus each frame alone", False), ("minus frames shuffled", True)], _SIDE)
    panel.upright(0.0, "")
    for number, row in enumerate(shown):
        y = len(shown) - number - 0.5
        panel.stretch(y + 0.15, row["lstm_minus"]["frames_alone"])
        panel.stretch(y - 0.15, row["lstm_minus"]["shuffled"], hollow=True)
        label = row["name"].split(",")[0]
        panel.text((left - 5, panel.y(y) - 2.2), label, "end")
    return panel


def _robustness(part: dict[str, Any] | None) -> Panel:
    left = _RIGHT + 60
    panel = Panel(left, _ROWS[3], _WIDTH + _SIDE - left, _HEIGHT, "")
    panel.text((_RIGHT, _ROWS[3] + _HEIGHT + 7), "Altered clips", font=fonts.BOLD, size=8)
    rows = [row for row in (part["variants"] if part else []) if row["clips"]]
    if part is None or not rows:
        panel.nothing("not measured (--robustness)")
        return panel
    panel.up = (0.0, float(len(rows)))
    panel.axes("AUC; bold: how far scores move, median", "", _SHARES, ())
    panel.key([("altered", False), ("the same frames as they were", True)], _RIGHT)
    for number, row in enumerate(rows):
        y = len(rows) - number - 0.5
        panel.stretch(y + 0.15, row["auc"])
        panel.stretch(y - 0.15, row["auc_before"], hollow=True)
        panel.text((left - 5, panel.y(y) - 2.2), row["name"], "end")
        said = f"{row['moved_median']:.3f}"
        panel.text((left + 3, panel.y(y) - 2.2), said, font=fonts.BOLD)
    return panel
