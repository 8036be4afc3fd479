"""Versions of the software that wrote the report."""

from reportlab.platypus import Flowable

from workstation.report import style
from workstation.report.context import ReportContext


def build(context: ReportContext) -> list[Flowable]:
    """Name and version of everything that took part in writing."""
    return [
        style.Heading(context.section("Software"), style.HEADING, "software"),
        style.paragraph(
            "This report was written with the versions below; those of each analysis are listed"
            " with"
            " its method."
        ),
        style.facts(list(context.versions.items())),
    ]
