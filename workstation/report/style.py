"""How the report looks: page, colours, paragraph styles, tables."""

from collections.abc import Sequence
from typing import Any

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Paragraph, Spacer, Table, TableStyle

from workstation.cases.records import Finding
from workstation.report import fonts, words

fonts.register()

PAGE_WIDTH, PAGE_HEIGHT = A4
MARGIN_SIDE = 25 * mm
MARGIN_TOP = 24 * mm
MARGIN_BOTTOM = 27 * mm
TEXT_WIDTH = PAGE_WIDTH - 2 * MARGIN_SIDE
LABEL_WIDTH = 36 * mm

INK = HexColor(0x1B1F24)
MUTED = HexColor(0x59606A)
RULE = HexColor(0xC3C8CE)
SURFACE = HexColor(0xF3F4F6)
LOW = HexColor(0x2A6496)
MIDDLE = HexColor(0x7A8088)
HIGH = HexColor(0xB4530F)

FINDING_COLOURS: dict[Finding, Color] = {
    Finding.SUPPORTS: HIGH,
    Finding.INCONCLUSIVE: MIDDLE,
    Finding.DOES_NOT_SUPPORT: LOW,
}


def _style(name: str, **changes: Any) -> ParagraphStyle:
    base: dict[str, Any] = {
        "fontName": fonts.SANS,
        "fontSize": 9.25,
        "leading": 13,
        "textColor": INK,
        "bulletFontName": fonts.SANS,
        "allowWidows": 0,
        "allowOrphans": 0,
    }
    return ParagraphStyle(name, **(base | changes))


BODY = _style("body", spaceAfter=5)
TITLE = _style("title", fontName=fonts.BOLD, fontSize=20, leading=25, spaceAfter=2)
SUBTITLE = _style("subtitle", fontSize=11, leading=15, textColor=MUTED, spaceAfter=10)
HEADING = _style(
    "heading", fontName=fonts.BOLD, fontSize=13.5, leading=18, spaceBefore=16, spaceAfter=6
)
SUBHEADING = _style(
    "subheading", fontName=fonts.BOLD, fontSize=10.5, leading=14, spaceBefore=11, spaceAfter=4
)
MINOR = _style("minor", fontName=fonts.BOLD, spaceBefore=8, spaceAfter=3)
CELL = _style("cell", fontSize=8.5, leading=11.5)
NUMBER = _style("number", fontSize=8.5, leading=11.5, alignment=TA_RIGHT)
HEAD = _style("head", fontSize=8, leading=11, textColor=MUTED)
HEAD_NUMBER = _style("head number", fontSize=8, leading=11, textColor=MUTED, alignment=TA_RIGHT)
LABEL = _style("label", fontSize=8.5, leading=11.5, textColor=MUTED)
COMMAND = _style(
    "command", fontName=fonts.MONO, fontSize=8.5, leading=12, leftIndent=10, spaceAfter=2
)
CELL_STRONG = _style("strong cell", fontName=fonts.BOLD, fontSize=8.5, leading=11.5)
DIGEST = _style("digest", fontName=fonts.MONO, fontSize=7.2, leading=11.5, splitLongWords=1)
SMALL = _style("small", fontSize=7.5, leading=10, textColor=MUTED, spaceAfter=2)
FINE = _style("fine", fontName=fonts.MONO, fontSize=6, leading=8, textColor=MUTED, splitLongWords=1)
CAPTION = _style("caption", fontSize=8, leading=10.75, textColor=MUTED, spaceBefore=3, spaceAfter=9)
CAPTION_ABOVE = _style("caption above", fontSize=8, leading=10.75, textColor=MUTED, spaceBefore=3)
BULLET = _style("bullet", leftIndent=10, bulletIndent=0, spaceAfter=2.5)
FINDING = _style("finding", fontName=fonts.BOLD, fontSize=11, leading=14)


_LONGEST_HEADING = 400  # characters; one that needs a page cannot be set


class Heading(Paragraph):  # type: ignore[misc]  # reportlab is untyped
    """A heading that is also a bookmark and a link target."""

    def __init__(self, text: str, style: ParagraphStyle, anchor: str, level: int = 0) -> None:
        text = words.shortened(text, _LONGEST_HEADING)
        super().__init__(f'<a name="{anchor}"/>{fonts.marked_up(text)}', style)
        self._entry = (fonts.plain(text), f"outline-{anchor}", level)
        self.keepWithNext = 1

    def draw(self) -> None:
        """Draw the heading and enter it in the outline."""
        title, key, level = self._entry
        self.canv.bookmarkPage(key)
        self.canv.addOutlineEntry(title, key, level, closed=level > 0)
        super().draw()


def paragraph(text: str, style: ParagraphStyle = BODY) -> Paragraph:
    """A paragraph of plain text (nothing in it is markup)."""
    return Paragraph(fonts.marked_up(text, mono=style.fontName == fonts.MONO), style)


def bullets(texts: Sequence[str]) -> list[Flowable]:
    """One bulleted paragraph per text."""
    return [Paragraph(fonts.marked_up(text), BULLET, bulletText="•") for text in texts]


def minor(text: str, *, kept: bool = True) -> Paragraph:
    """A small heading that stays with what follows, unless that may be longer than a page."""
    heading = paragraph(text, MINOR)
    heading.keepWithNext = int(kept)
    return heading


def grid(
    cells: Sequence[Sequence[Any]],
    widths: Sequence[float],
    *commands: tuple[Any, ...],
    **options: Any,
) -> Table:
    """A table without rules, padding or colours but those of the commands.

    Args:
        cells: Rows of flowables, lists of them, or "".
        widths: Column widths in points.
        *commands: Table style commands, applied after the plain ones.
        **options: Passed to reportlab's table.
    """
    everywhere = (0, 0), (-1, -1)
    # A metadata field may be longer than a page: its row goes on overleaf.
    table = Table(
        [list(row) for row in cells],
        colWidths=list(widths),
        hAlign="LEFT",
        splitInRow=1,
        **options,
    )
    paddings = [(f"{side}PADDING", *everywhere, 0) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]
    plain = [("FONTNAME", *everywhere, fonts.SANS), ("VALIGN", *everywhere, "TOP"), *paddings]
    table.setStyle(TableStyle([*plain, *commands]))
    return table


def facts(
    rows: Sequence[tuple[str, str]],
    *,
    digests: Sequence[tuple[str, str]] = (),
    width: float = TEXT_WIDTH,
) -> Table:
    """A two-column list of labels and values; digests are set in the monospaced face."""
    cells = [[paragraph(label, LABEL), paragraph(value or "–", CELL)] for label, value in rows]
    cells += [[paragraph(label, LABEL), paragraph(value, DIGEST)] for label, value in digests]
    return grid(
        cells,
        [LABEL_WIDTH, width - LABEL_WIDTH],
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), 1),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
    )


def ruled_table(
    head: Sequence[str],
    rows: Sequence[Sequence[str | Flowable | list[Flowable]]],
    widths: Sequence[float],
    numbers: Sequence[int] = (),
    total: bool = False,
) -> Table:
    """A table with horizontal rules only; its head is repeated on every page.

    Args:
        head: Column headings.
        rows: Cells, text or flowables.
        widths: Column widths in points; they add up to at most the text width.
        numbers: Columns set flush right.
        total: Whether the last row is a sum, set off by a rule.
    """
    cells: list[list[Any]] = [
        [paragraph(text, HEAD_NUMBER if i in numbers else HEAD) for i, text in enumerate(head)]
    ]
    for row in rows:
        cells.append(
            [
                paragraph(cell, NUMBER if i in numbers else CELL) if isinstance(cell, str) else cell
                for i, cell in enumerate(row)
            ]
        )
    commands: list[tuple[Any, ...]] = [
        ("RIGHTPADDING", (0, 0), (-2, -1), 10),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ("LINEBELOW", (0, 1), (-1, -2), 0.35, RULE),
        ("LINEBELOW", (0, 0), (-1, 0), 0.7, INK),
        ("LINEBELOW", (0, -1), (-1, -1), 0.7, INK),
    ]
    if total:
        commands.append(("LINEABOVE", (0, -1), (-1, -1), 0.7, INK))
    return grid(cells, widths, *commands, repeatRows=1)


def barred(content: Sequence[Flowable], colour: Color, beside: Flowable | None = None) -> Table:
    """Content beside a thin vertical bar of one colour; the words carry the meaning.

    Args:
        content: What stands beside the bar.
        colour: The bar's.
        beside: A picture at the right edge, or None.
    """
    room = beside.drawWidth if beside is not None else 0.0
    return grid(
        [[list(content), beside or ""]],
        [TEXT_WIDTH - room, room],
        ("LINEBEFORE", (0, 0), (0, -1), 2.5, colour),
        ("LEFTPADDING", (0, 0), (0, -1), 9),
        ("RIGHTPADDING", (0, 0), (0, -1), 10 if room else 0),
        ("TOPPADDING", (0, 0), (0, -1), 1),
        ("BOTTOMPADDING", (0, 0), (0, -1), 2),
    )


def together(*content: Flowable) -> KeepTogether:
    """Flowables that stay on one page where they fit."""
    return KeepTogether(list(content))


def gap(points: float = 8) -> Spacer:
    """Vertical white space."""
    return Spacer(1, points)
