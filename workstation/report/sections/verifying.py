"""How a stranger verifies the report."""

from reportlab.platypus import Flowable, Paragraph

from workstation.report import fonts, style
from workstation.report.context import ReportContext
from workstation.report.pades import ATTACHMENT

_COMMANDS = ("workstation verify REPORT.pdf --case FOLDER", "pdfsig REPORT.pdf")

_HOW = (
    "The PDF is signed (PAdES, ETSI EN 319 142-1) and certified against any later change. One"
    " changed byte makes the signature invalid. Both commands below verify it without a"
    " network; the"
    " second is part of the free package poppler-utils and independent of this program. With the"
    " case folder, the first also compares the hashes and scores in the report with those in the"
    " case, and hashes the exhibits' files."
)
_SELF_SIGNED = (
    "The certificate is self-signed: nobody but its holder vouches for the name in it. Ask the"
    " examiner for the fingerprint below over another channel, and compare."
)
_ISSUED = (
    "The certificate was issued by an authority; verify with that authority's root certificate."
)
_TIMESTAMPED = "A timestamp authority confirms when the report was signed."
_NOT_TIMESTAMPED = (
    "There is no timestamp from an authority: the time of signing is what the signer's computer"
    " claimed."
)
_ATTACHED = (
    f"The file {ATTACHMENT}, attached to the PDF and covered by the signature, holds the facts of"
    " this report in machine-readable form, with the custody log entry by entry. Characters"
    " that the"
    " typeface of this report does not hold are printed as code points, such as \\u{1F3A5}; the"
    " attachment holds them as they are."
)


def build(context: ReportContext) -> list[Flowable]:
    """Two commands, what they say, and the fingerprint to compare."""
    signer = context.signer
    vouching = _SELF_SIGNED if signer.self_signed else _ISSUED
    time = _TIMESTAMPED if context.timestamped else _NOT_TIMESTAMPED
    validity = f"{signer.valid_from:%Y-%m-%d} to {signer.valid_until:%Y-%m-%d}"
    content = [
        style.Heading(context.section("Verifying this report"), style.HEADING, "verifying"),
        style.paragraph(_HOW),
        *(Paragraph(fonts.marked_up(line, mono=True), style.COMMAND) for line in _COMMANDS),
        style.gap(3),
        style.paragraph(f"{vouching} {time}"),
        style.facts(
            [("Signed by", signer.subject), ("Certificate valid", validity)],
            digests=[("SHA-256 fingerprint", signer.fingerprint)],
        ),
        style.gap(4),
        style.paragraph(_ATTACHED),
    ]
    return [style.together(*content)]
