"""A time axis that reads hh:mm:ss.mmm and a score axis that ends at 0 and 1."""

import pyqtgraph as pg
from PySide6.QtGui import QFontMetricsF

from ui import theme
from ui.player.readings import time_text

STEPS = (
    *(part * 10.0**power for power in (-3, -2, -1) for part in (1, 2, 5)),
    *(1.0, 2.0, 5.0, 10.0, 15.0, 30.0),
    *(60.0 * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(3600.0 * hours for hours in (1, 2, 6, 12, 24)),
)


class TimeAxis(pg.AxisItem):
    """Ticks at round times; milliseconds where they are told apart."""

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, float]]:
        """The smallest round step whose labels do not touch."""
        metrics = QFontMetricsF(theme.mono_font(theme.SMALL))
        wide = metrics.horizontalAdvance(time_text(0.0)) + 3 * theme.GRID
        least = (maxVal - minVal) * wide / max(size, 1.0)
        return [(next((step for step in STEPS if step >= least), STEPS[-1]), 0.0)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Ticks as hh:mm:ss, or with milliseconds below whole seconds."""
        decimals = 0 if spacing >= 1.0 else 3
        return [time_text(value * scale, decimals) for value in values]


class ThresholdAxis(pg.AxisItem):
    """Right of the plot: the two scores between which a finding is inconclusive."""

    def __init__(self) -> None:
        super().__init__("right")
        self.enableAutoSIPrefix(False)
        self.setWidth(40)
        self.show_thresholds()

    def show_thresholds(self, *scores: float) -> None:
        """Name these scores."""
        self.setTicks([[(score, f"{score:.2f}") for score in scores]])


def score_axis() -> pg.AxisItem:
    """An axis from 0.00 to 1.00, whatever the margins above and below."""
    axis = pg.AxisItem("left")
    axis.enableAutoSIPrefix(False)
    axis.setLabel("score (not a probability)")
    axis.setTicks([[(tick, f"{tick:.2f}") for tick in (0.0, 0.25, 0.5, 0.75, 1.0)]])
    axis.setWidth(64)
    return axis
