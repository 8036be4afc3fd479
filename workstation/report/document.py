"""Laying the sections out on pages: frame, footer with identity and page x of y, bookmarks."""

import io
from collections.abc import Sequence
from typing import Any

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from workstation import __version__
from workstation.report import fonts, style
from workstation.report.context import ReportContext

_FOOTER = 7.5
_LONGEST_NUMBER = 40


class _NumberedCanvas(Canvas):  # type: ignore[misc]  # reportlab is untyped
    """Holds the pages back until their count is known, then draws every footer."""

    def __init__(self, *args: Any, footer: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._footer = footer
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802, reportlab's name
        """Keep the page for later."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write every page with its footer."""
        pages = self._pages
        for number, page in enumerate(pages, 1):
            self.__dict__.update(page)
            self._draw_footer(f"page {number} of {len(pages)}")
            super().showPage()
        super().save()

    def _draw_footer(self, page: str) -> None:
        y = style.MARGIN_BOTTOM - 11 * mm
        right = style.PAGE_WIDTH - style.MARGIN_SIDE
        self.setStrokeColor(style.RULE)
        self.setLineWidth(0.35)
        self.line(style.MARGIN_SIDE, y + 11, right, y + 11)
        self.setFont(fonts.SANS, _FOOTER)
        self.setFillColor(style.MUTED)
        self.drawString(style.MARGIN_SIDE, y, self._footer)
        self.drawRightString(right, y, page)


def build_pdf(context: ReportContext, story: Sequence[Flowable]) -> tuple[bytes, int]:
    """Lay the story out.

    Args:
        context: Names the document and its footer.
        story: The flowables of all sections.

    Returns:
        The unsigned PDF and its number of pages.
    """
    fonts.register()
    stream = io.BytesIO()
    document = _template(stream, context)
    footer = f"Case {_short(context.case.number)} · Report {context.number}"

    def numbered(*args: Any, **options: Any) -> _NumberedCanvas:
        return _NumberedCanvas(*args, footer=footer, **options)

    document.build(list(story), canvasmaker=numbered)
    return stream.getvalue(), document.page


def _template(stream: io.BytesIO, context: ReportContext) -> BaseDocTemplate:
    document = BaseDocTemplate(
        stream,
        pagesize=(style.PAGE_WIDTH, style.PAGE_HEIGHT),
        title=fonts.plain(f"Examination report, case {context.case.number}"),
        author=fonts.plain(context.case.examiner),
        subject=f"Report {context.number}",
        creator=f"Deepfake Forensics Workstation {__version__}",
        lang="en",
        pageCompression=1,
        initialFontName=fonts.SANS,
    )
    frame = Frame(
        style.MARGIN_SIDE,
        style.MARGIN_BOTTOM,
        style.TEXT_WIDTH,
        style.PAGE_HEIGHT - style.MARGIN_TOP - style.MARGIN_BOTTOM,
        leftPadding=0,
        rightPadding=0,
        topPadding=0,
        bottomPadding=0,
    )
    document.addPageTemplates(PageTemplate(frames=[frame]))
    return document


def _short(number: str) -> str:
    shown = fonts.plain(number)
    return shown if len(shown) <= _LONGEST_NUMBER else shown[: _LONGEST_NUMBER - 1] + "…"
