"""What can go wrong in the world, each with a sentence the examiner can act on.

A `WorkstationError` is the world's fault (a damaged file, a full disk, a locked case): its text
goes to the examiner as it stands. Any other exception is a fault of this program.
"""


class WorkstationError(Exception):
    """The world's fault, said in one or two sentences that name what to do."""


class CaseError(WorkstationError):
    """A case cannot be created, opened or written."""


class CaseTaken(CaseError):  # noqa: N818
    """A case cannot be made in a folder because something is in it already."""


class CaseNotWritable(CaseError):  # noqa: N818
    """The case can be read but not written.

    Attributes:
        why: the sentence without what to do about it.
    """

    def __init__(self, why: str, what_to_do: str) -> None:
        super().__init__(f"{why} {what_to_do}")
        self.why = why


class CaseLocked(CaseNotWritable):
    """The case is open for writing elsewhere; the sentence says who has it."""


class CaseUnwritable(CaseNotWritable):
    """The case folder cannot be written; the sentence says why."""


class ExhibitError(WorkstationError):
    """A file cannot be taken in as an exhibit, or an exhibit cannot be read."""


class DecodeError(ExhibitError):
    """A stretch of an exhibit could not be decoded."""


class DetectorError(WorkstationError):
    """No detector, or one whose card or weights cannot be trusted."""


class AnalysisError(WorkstationError):
    """An analysis cannot start or go on."""


class ReportError(WorkstationError):
    """A report cannot be written, signed or verified."""
