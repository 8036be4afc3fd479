r"""The report's embedded typeface, and text that it can always show.

Characters that the typeface does not hold, and characters that would change the order or the look
of the others (right-to-left marks, zero-width signs, control characters), are printed as code
points, ``\u{1F3A5}``: a file name in evidence is shown as what it is, and never as empty boxes.
"""

import unicodedata
from functools import cache
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import STATE_DEFAULTS
from reportlab.lib.fonts import addMapping
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

import resources
from workstation.report import words

SANS = "PlexSans"
BOLD = "PlexSans-SemiBold"
ITALIC = "PlexSans-Italic"
MONO = "PlexMono"

_FILES = {
    SANS: "IBMPlexSans-Regular.ttf",
    BOLD: "IBMPlexSans-SemiBold.ttf",
    ITALIC: "IBMPlexSans-Italic.ttf",
    MONO: "IBMPlexMono-Regular.ttf",
}
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@cache
def register() -> None:
    """Make the typeface known to reportlab; called once, does nothing afterwards."""
    for name, file in _FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(resources.FOLDER / "fonts" / file)))
    # Every drawing sets this font before its first stroke; the default one is not embedded.
    STATE_DEFAULTS["fontName"] = SANS
    for bold, italic, name in ((0, 0, SANS), (1, 0, BOLD), (0, 1, ITALIC), (1, 1, BOLD)):
        addMapping(SANS, bold, italic, name)
        addMapping(MONO, bold, italic, MONO)


@cache
def _covered() -> frozenset[int]:
    """Code points that every face of the text family can show."""
    register()
    faces = [pdfmetrics.getFont(name).face.charToGlyph for name in (SANS, BOLD, ITALIC)]
    return frozenset(set(faces[0]).intersection(*faces[1:]))


@cache
def _covered_by_mono() -> frozenset[int]:
    register()
    return frozenset(pdfmetrics.getFont(MONO).face.charToGlyph)


def plain(text: str, *, mono: bool = False) -> str:
    """Text with every character the typeface cannot show written as its code point.

    Args:
        text: Anything, lone surrogates included.
        mono: Whether the monospaced face has to show it.
    """
    covered = _covered_by_mono() if mono else _covered()

    def shown(character: str) -> str:
        if ord(character) in covered and unicodedata.category(character) not in _HIDDEN:
            return character
        return f"\\u{{{ord(character):04X}}}"

    return "".join(shown(character) for character in text)


def marked_up(text: str, *, mono: bool = False) -> str:
    """`plain` text, escaped for a reportlab paragraph; of megabytes of it, the beginning."""
    return escape(plain(words.shortened(text), mono=mono))


def width(text: str, font: str, size: float) -> float:
    """Width of a line of text in points."""
    register()
    return float(pdfmetrics.stringWidth(text, font, size))
