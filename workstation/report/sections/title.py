"""Title block: which case, who, when, and which report this is."""

from reportlab.platypus import Flowable

from workstation import __version__
from workstation.report import style, words
from workstation.report.context import ReportContext


def build(context: ReportContext) -> list[Flowable]:
    """The title and the facts that identify the report."""
    case = context.case
    signer = context.signer
    vouched = "self-signed" if signer.self_signed else "issued by a certificate authority"
    return [
        style.paragraph("Examination report", style.TITLE),
        style.paragraph("Examination of video for manipulation of faces", style.SUBTITLE),
        style.facts(
            [
                ("Case", case.number),
                ("Title", case.title),
                ("Examiner", case.examiner),
                ("Organisation", case.organisation),
                ("Date", words.utc(context.created_utc)),
                ("Report", context.number),
                ("Signed by", f"{signer.subject} (certificate {vouched})"),
                ("Software", f"Deepfake Forensics Workstation {__version__}"),
            ]
        ),
    ]
