"""The one place where colours, sizes and typefaces come from.

Tokens are read from `resources/themes/*.json`. Widgets that draw for themselves ask `current()` and
listen to `keeper().changed`; everything else follows the palette and the style sheet.
"""

import functools
import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from ui import style
from workstation.cases.marks import COLOURS

CHOICES = ("system", "dark", "light")
GRID = 8  # pixels; margins and gaps are multiples of it
SMALL, BASE, TITLE = 11, 13, 18  # pixels; the three type sizes

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Theme:
    """Named colour tokens, each "#rrggbb".

    Attributes:
        surface_0: behind the picture; surface_1 the window, surface_2 panels and fields,
            surface_3 hovered and selected rows.
        line: separators between areas; edge: outlines of controls (3:1 against surfaces).
        score_low: a score of 0; score_mid 0.5; score_high 1 (blue to orange by way of grey).
        inconclusive: the inconclusive zone; not_scored: stretches without a score.
        tracks: identity colours of face tracks, safe for colour-blind readers.
        runs: the run shown and runs laid over it; after M. Okabe and K. Ito (2008), so that they
            can be told apart by colour-blind readers.
    """

    name: str
    surface_0: str
    surface_1: str
    surface_2: str
    surface_3: str
    line: str
    edge: str
    text: str
    muted: str
    accent: str
    on_accent: str
    focus: str
    score_low: str
    score_mid: str
    score_high: str
    inconclusive: str
    not_scored: str
    danger: str
    tracks: tuple[str, ...]
    runs: tuple[str, ...]

    def colour(self, token: str, alpha: float = 1.0) -> QColor:
        """The colour of a token, with `alpha` from 0 to 1."""
        colour = QColor(getattr(self, token))
        colour.setAlphaF(alpha)
        return colour

    def track(self, number: int) -> QColor:
        """The identity colour of face track `number` (from 1); colours repeat, numbers do not."""
        return QColor(self.tracks[(number - 1) % len(self.tracks)])

    def mark(self, name: str) -> QColor:
        """The colour that a mark names, one of `workstation.cases.marks.COLOURS`.

        Raises:
            ValueError: no colour has that name.
        """
        return QColor(self.tracks[COLOURS.index(name)])

    def score(self, score: float) -> QColor:
        """The colour of a score in 0..1, not-scored colour for NaN.

        Interpolated in Oklab (B. Ottosson, 2020), so that equal steps look equal.
        """
        if score != score:
            return self.colour("not_scored")
        score = min(max(score, 0.0), 1.0)
        low, high, part = (
            (self.score_low, self.score_mid, score * 2)
            if score < 0.5
            else (self.score_mid, self.score_high, score * 2 - 1)
        )
        start, stop = _oklab(QColor(low)), _oklab(QColor(high))
        mixed = [a + (b - a) * part for a, b in zip(start, stop, strict=True)]
        return _from_oklab((mixed[0], mixed[1], mixed[2]))


def load(name: str) -> Theme:
    """Read a theme's tokens; `name` is "dark" or "light"."""
    text = (resources.files("resources") / "themes" / f"{name}.json").read_text("utf-8")
    tokens: dict[str, Any] = json.loads(text)
    for several in ("tracks", "runs"):
        tokens[several] = tuple(tokens[several])
    return Theme(**tokens)


class ThemeKeeper(QObject):
    """Holds the theme in force and announces when it changes."""

    changed = Signal(object)  # Theme

    def __init__(self) -> None:
        super().__init__()
        self.choice = "dark"
        self.theme = load("dark")

    def choose(self, choice: str) -> None:
        """Put a theme in force; `choice` is one of `CHOICES`."""
        self.choice = choice if choice in CHOICES else "dark"
        self.refresh()

    def refresh(self) -> None:
        """Apply the chosen theme to the application, following the system where that is chosen."""
        self.theme = load(_system() if self.choice == "system" else self.choice)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.setPalette(_palette(self.theme))
            application.setFont(text_font())
            application.setStyleSheet(style.sheet(self.theme))
        self.changed.emit(self.theme)

    def follow_system(self) -> None:
        """Change with the desktop's light or dark setting while "system" is chosen."""
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)

    def _system_changed(self) -> None:
        if self.choice == "system":
            self.refresh()


@functools.cache
def keeper() -> ThemeKeeper:
    """The one keeper of the theme in this process."""
    return ThemeKeeper()


def current() -> Theme:
    """The theme in force."""
    return keeper().theme


@functools.cache
def _families() -> tuple[str, str]:
    """Names of the text and the monospaced typeface, the program's own where they load."""
    text, mono = "", ""
    folder = resources.files("resources") / "fonts"
    files = sorted(folder.iterdir(), key=lambda file: file.name) if folder.is_dir() else []
    for file in files:
        if not file.name.lower().endswith((".ttf", ".otf")):
            continue
        number = QFontDatabase.addApplicationFontFromData(file.read_bytes())
        for family in QFontDatabase.applicationFontFamilies(number):
            if "mono" in family.lower():
                mono = mono or family
            else:
                text = text or family
    general = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()
    fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()
    return text or general, mono or fixed


def text_font(size: int = BASE, *, strong: bool = False) -> QFont:
    """The text face at `size` pixels."""
    font = QFont(_families()[0])
    font.setPixelSize(size)
    font.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
    return font


def mono_font(size: int = BASE) -> QFont:
    """The monospaced face for numbers, at `size` pixels."""
    font = QFont(_families()[1])
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setPixelSize(size)
    return font


def _system() -> str:
    scheme = QGuiApplication.styleHints().colorScheme()
    return "light" if scheme == Qt.ColorScheme.Light else "dark"


def _palette(theme: Theme) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    roles = {
        role.Window: "surface_1",
        role.WindowText: "text",
        role.Base: "surface_2",
        role.AlternateBase: "surface_1",
        role.ToolTipBase: "surface_3",
        role.ToolTipText: "text",
        role.Text: "text",
        role.PlaceholderText: "muted",
        role.Button: "surface_2",
        role.ButtonText: "text",
        role.BrightText: "danger",
        role.Link: "accent",
        role.LinkVisited: "accent",
        role.Highlight: "accent",
        role.HighlightedText: "on_accent",
        role.Light: "surface_3",
        role.Midlight: "surface_3",
        role.Mid: "line",
        role.Dark: "surface_0",
        role.Shadow: "surface_0",
    }
    for one, token in roles.items():
        palette.setColor(one, theme.colour(token))
    for one in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, one, theme.colour("not_scored"))
    return palette


def _oklab(colour: QColor) -> Triple:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.redF(), colour.greenF(), colour.blueF())
    )
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _from_oklab(lab: Triple) -> QColor:
    lightness, a, b = lab
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    parts = [
        12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
        for part in (min(max(value, 0.0), 1.0) for value in linear)
    ]
    return QColor.fromRgbF(*(min(max(part, 0.0), 1.0) for part in parts))
