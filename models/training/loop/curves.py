"""The curves of a training: a CSV file, and a picture redrawn while it runs."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.loop.errors import TrainingError

WIDTH, PANEL, LEFT, RIGHT, TOP, BOTTOM = 900, 240, 80, 20, 34, 34
_COLOURS = ((160, 82, 20), (20, 100, 180), (60, 130, 60), (130, 60, 140))
_INK, _GRID = (40, 40, 40), (222, 222, 222)


@dataclass(frozen=True)
class Panel:
    """One field of the picture: its title and the columns drawn in it, against the step."""

    title: str
    columns: tuple[str, ...]


class Curve:
    """Rows of figures, one file each for the table and for the picture.

    Args:
        path: The CSV file; the picture lies beside it, `.png`.
        columns: Its columns; "step" is one of them.
        panels: What the picture shows.

    Raises:
        TrainingError: The table that is there cannot be read.
    """

    def __init__(self, path: Path, columns: Sequence[str], panels: Sequence[Panel]) -> None:
        self.path, self._columns, self._panels = path, tuple(columns), tuple(panels)
        self.rows: list[dict[str, str]] = []
        if path.exists():
            try:
                with path.open(newline="") as stream:
                    self.rows = list(csv.DictReader(stream))
            except (OSError, csv.Error, UnicodeDecodeError) as error:
                raise TrainingError(
                    f"The curve {path} cannot be read: {error}. Move it away."
                ) from error

    def rewind(self, step: int) -> None:
        """Drop what a killed training wrote after its last saved state.

        Args:
            step: Of the state gone back to.

        Raises:
            TrainingError: The table cannot be written.
        """
        kept = [row for row in self.rows if float(row["step"]) <= step]
        if len(kept) != len(self.rows):
            self.rows = kept
            self._write()

    def add(self, row: Mapping[str, object]) -> None:
        """Add a row and draw the picture anew.

        Args:
            row: A figure for each column; a missing one is left empty.

        Raises:
            TrainingError: The files cannot be written.
        """
        self.rows.append({name: str(row.get(name, "")) for name in self._columns})
        self._write()
        picture = draw_curves(self.rows, self._panels, self.path.stem)
        cv2.imwrite(str(self.path.with_suffix(".png")), picture[:, :, ::-1])

    def _write(self) -> None:
        part = self.path.with_name(self.path.name + ".part")
        try:
            with part.open("w", newline="") as stream:
                writer = csv.DictWriter(stream, self._columns, extrasaction="ignore")
                writer.writeheader()
                writer.writerows(self.rows)
            part.replace(self.path)
        except OSError as error:
            raise TrainingError(f"The curve {self.path} cannot be written: {error}.") from error


def draw_curves(
    rows: Sequence[Mapping[str, str]], panels: Sequence[Panel], title: str
) -> NDArray[np.uint8]:
    """Draw figures against the step.

    Args:
        rows: As in the table.
        panels: Fields from top to bottom.
        title: Written above them.

    Returns:
        RGB uint8 ``(H, 900, 3)``.
    """
    picture = np.full((TOP + PANEL * len(panels), WIDTH, 3), 255, np.uint8)
    _write(picture, title, (LEFT, 22), 0.55)
    for number, panel in enumerate(panels):
        top = TOP + number * PANEL
        _draw_panel(picture[top : top + PANEL], rows, panel)
    return picture


def _draw_panel(
    picture: NDArray[np.uint8], rows: Sequence[Mapping[str, str]], panel: Panel
) -> None:
    """One field: grid, lines, legend."""
    lines = {name: _points(rows, name) for name in panel.columns}
    lines = {name: points for name, points in lines.items() if len(points)}
    place = _write(picture, panel.title, (LEFT, 16), 0.45) + 24
    if not lines:
        _write(picture, "nothing measured yet", (LEFT + 10, PANEL // 2), 0.45)
        return
    values = np.concatenate(list(lines.values()))
    low, high = values.min(axis=0), values.max(axis=0)
    high = np.where(high - low < 1e-12, low + 1.0, high)
    corner = np.array([LEFT, PANEL - BOTTOM], np.float64)
    reach = np.array([WIDTH - LEFT - RIGHT, -(PANEL - BOTTOM - 24)], np.float64)
    _draw_grid(picture, low, high, corner, reach)
    for number, (name, points) in enumerate(lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        drawn = np.rint(corner + (points - low) / (high - low) * reach).astype(np.int32)
        cv2.polylines(picture, [drawn.reshape(-1, 1, 2)], False, colour, 2, cv2.LINE_AA)
        for point in drawn:
            cv2.circle(picture, (int(point[0]), int(point[1])), 2, colour, -1, cv2.LINE_AA)
        label = f"{name} {points[-1, 1]:.4g}"
        place = _write(picture, label, (place, 16), 0.45, colour) + 18


def _draw_grid(
    picture: NDArray[np.uint8],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    corner: NDArray[np.float64],
    reach: NDArray[np.float64],
) -> None:
    """Lines at quarters, with their figures."""
    for part in (0.0, 0.25, 0.5, 0.75, 1.0):
        across, up = (round(float(v)) for v in corner + part * reach)
        left, right = int(corner[0]), int(corner[0] + reach[0])
        bottom, top = int(corner[1]), int(corner[1] + reach[1])
        cv2.line(picture, (left, up), (right, up), _GRID, 1)
        cv2.line(picture, (across, bottom), (across, top), _GRID, 1)
        step, value = low + part * (high - low)
        _write(picture, f"{value:.3g}", (6, up + 4), 0.4)
        _write(picture, f"{step:.0f}", (across - 14, PANEL - 14), 0.4)


def _points(rows: Sequence[Mapping[str, str]], name: str) -> NDArray[np.float64]:
    """Steps and finite figures of one column, float64 ``(N, 2)``."""
    found = [(row.get("step", ""), row.get(name, "")) for row in rows]
    pairs = [(float(step), float(value)) for step, value in found if step and value]
    finite = [pair for pair in pairs if all(math.isfinite(value) for value in pair)]
    return np.array(finite, np.float64).reshape(-1, 2)


def _write(
    picture: NDArray[np.uint8],
    text: str,
    place: tuple[int, int],
    size: float,
    colour: tuple[int, int, int] = _INK,
) -> int:
    """Write a text; gives the column it ends at."""
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(picture, text, place, font, size, colour, 1, cv2.LINE_AA)
    return place[0] + int(cv2.getTextSize(text, font, size, 1)[0][0])
