"""What scores and findings are and are not, and the limits that hold for all of them."""

from reportlab.platypus import Flowable

from workstation.report import style, words
from workstation.report.context import ReportContext


def build(context: ReportContext) -> list[Flowable]:
    """The statement on scores, the propositions, and the general limits."""
    return [
        style.Heading(context.section("How to read this report"), style.HEADING, "statements"),
        style.paragraph(words.SCORE_STATEMENT),
        style.paragraph(words.PROPOSITIONS),
        *_ratios(context),
        style.paragraph(words.OTHER_EVIDENCE),
        *style.bullets(words.GENERAL_LIMITS),
    ]


def _ratios(context: ReportContext) -> list[Flowable]:
    """What a likelihood ratio is, where one is given."""
    given = any(evidence.card.get("calibration") for _, evidence in context.analysed)
    return [style.paragraph(words.RATIO_STATEMENT)] if given else []
