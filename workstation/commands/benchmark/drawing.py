"""A benchmark as a picture: for each clip, which part of the time each stage takes."""

from typing import Any

from PIL import Image
from reportlab.graphics.shapes import Drawing, Rect, String
from reportlab.lib.colors import Color, black, white

from workstation.commands.picture import timeline_picture
from workstation.report import fonts

_WIDTH, _BAR, _ROW = 520.0, 16.0, 13.0


def stages_picture(data: dict[str, Any]) -> Image.Image:
    """Draw all clips below each other.

    Args:
        data: As `benchmark` gives it.

    Returns:
        RGB picture.
    """
    return timeline_picture([(_title(clip), _bars(clip)) for clip in data["clips"]])


def _title(clip: dict[str, Any]) -> str:
    words = f"{clip['name']}: {clip['frames_per_second']:.1f} frames/s"
    if "ratio" in clip:
        words += f", {clip['ratio']:.1f} times the straightforward pipeline"
    return words


def _bars(clip: dict[str, Any]) -> Drawing:
    """One bar per stage, with its name, seconds and share in words."""
    stages = sorted(clip["stages"].items(), key=lambda item: -item[1]["seconds"])
    drawing = Drawing(_WIDTH, len(stages) * _BAR + _ROW)
    most = max(stage["share"] for _, stage in stages) or 1.0
    for place, (name, stage) in enumerate(stages):
        bottom = drawing.height - (place + 1) * _BAR
        length = 260.0 * stage["share"] / most
        shade = Color(0.29, 0.42, 0.58)
        drawing.add(
            Rect(90, bottom, max(length, 0.5), _ROW - 2, fillColor=shade, strokeColor=white)
        )
        words = f"{stage['seconds']:.2f} s, {stage['share']:.0%}"
        if "alone_frames_per_second" in stage:
            words += f" (alone {stage['alone_frames_per_second']:.0f} frames/s)"
        drawing.add(_text(84, bottom + 2, name, "end"))
        drawing.add(_text(96 + length, bottom + 2, words, "start"))
    return drawing


def _text(x: float, y: float, text: str, anchor: str) -> String:
    fonts.register()
    return String(x, y, text, fontName=fonts.SANS, fontSize=8, fillColor=black, textAnchor=anchor)
