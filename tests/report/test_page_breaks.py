"""What belongs together stays on one page."""

from io import BytesIO

import pytest
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, SimpleDocTemplate, Spacer

from workstation.cases.records import Finding, FindingRecord
from workstation.report.sections.findings import _finding, _pair
from workstation.report.words import frames

HIGH, MARGIN = 600, 50


class Seen(Flowable):
    """Says on which page it is drawn."""

    def __init__(self, pages, height):
        super().__init__()
        self.width, self.height, self._pages = 10, height, pages

    def draw(self):
        self._pages.append(self.canv.getPageNumber())


def drawn(left, content):
    """Draw behind so much that only `left` points of the first page are left."""
    room = HIGH - 2 * MARGIN - 12 - left  # reportlab's frames pad by six points
    pages = SimpleDocTemplate(
        BytesIO(),
        pagesize=(210 * mm, HIGH),
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        leftMargin=20,
        rightMargin=20,
    )
    pages.build([Spacer(1, room), content])


@pytest.mark.parametrize(("left", "page"), [(30, 2), (300, 1)])
def test_the_heading_of_findings_is_never_alone_at_the_end_of_a_page(left, page):
    pages = []
    record = FindingRecord(None, Finding.INCONCLUSIVE, ("A reason.", "Another."), {})
    drawn(left, _finding(Seen(pages, 20), record, "E001, whole exhibit"))
    assert pages == [page]


@pytest.mark.parametrize(("left", "page"), [(110, 2), (300, 1)])
def test_a_key_frame_stays_with_its_caption(left, page):
    pages = []
    drawn(left, _pair([[Seen(pages, 90), Seen(pages, 40)]]))
    assert pages == [page, page]


def test_one_frame_is_no_stretch():
    assert frames(99, 99) == "Frame 99"
    assert frames(999, 1234) == "Frames 999 to 1\u2009234"
