"""The sections of the report, in order: an explicit table. A section is one file and one line here.

Every builder takes the gathered `ReportContext` and gives the flowables of its section.
"""

from collections.abc import Callable

from reportlab.platypus import Flowable

from workstation.report.context import ReportContext
from workstation.report.sections import (
    custody,
    exhibits,
    marks,
    method,
    references,
    software,
    statements,
    summary,
    title,
    verifying,
)

Section = Callable[[ReportContext], list[Flowable]]

SECTIONS: tuple[Section, ...] = (
    title.build,
    summary.build,
    statements.build,
    exhibits.build,
    marks.build,
    references.build,
    method.build,
    software.build,
    verifying.build,
    custody.build,
)
