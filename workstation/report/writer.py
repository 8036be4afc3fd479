"""Writing a report: gather, lay out, sign, record; a whole file appears or none."""

import hashlib
from pathlib import Path

from pyhanko.sign.timestamps import TimeStamper
from reportlab.platypus import Flowable

from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.exports import refuse_place
from workstation.cases.outgoing import Outgoing, outgoing
from workstation.cases.records import CustodyEntry, ReportRecord
from workstation.errors import CaseError, ReportError, WorkstationError
from workstation.report.attachment import report_facts
from workstation.report.context import Announce, ReportContext, ReportProgress, gather
from workstation.report.document import build_pdf
from workstation.report.seal import signature_sha256
from workstation.report.sections import SECTIONS
from workstation.report.signing import SigningIdentity


def write_report(
    case: Case,
    output: Path,
    signer: SigningIdentity,
    *,
    announce: Announce | None = None,
    timestamper: TimeStamper | None = None,
    overwrite: bool = False,
) -> ReportRecord:
    """Write and sign a report on everything in a case, and record it.

    Every exhibit is hashed again first. The report prints the custody log as it stands then; the
    digest of the signed file is the next entry of the log.

    Args:
        case: Open for writing.
        output: The PDF to make.
        signer: Who signs.
        announce: Hears of every step, on this thread.
        timestamper: A timestamp authority (`pades.timestamp_authority`), or None to stay offline.
        overwrite: Whether an existing file may be replaced.

    Raises:
        ReportError: The case is read-only, the file exists or cannot be written, or it could not be
            signed. No file was made, and an existing one is as it was.
        CaseError: The case cannot be read or written.
    """
    tell = announce or _say_nothing
    try:
        refuse_place(output, "A report")
    except WorkstationError as error:
        raise ReportError(str(error)) from error
    output = output.resolve()
    _refuse(case, output, overwrite)
    signer.refuse_outdated()
    context = gather(case, signer, timestamper is not None, tell)
    pdf, pages = build_pdf(context, _story(context, tell))
    tell(ReportProgress("signing", len(SECTIONS), len(SECTIONS)))
    signed = signer.sign(pdf, report_facts(context), timestamper).getvalue()
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with outgoing(case) as out:
            out.write(output, signed, "The report", overwrite=overwrite)
            return _record(case, context, output, out, signed, pages)
    except OSError as error:
        raise ReportError(
            f"The folder {output.parent} could not be made: {error.strerror or error}. Choose "
            "another folder, then export again."
        ) from error
    except CaseError:
        raise
    except WorkstationError as error:
        raise ReportError(str(error)) from error


def _say_nothing(progress: ReportProgress) -> None:
    """Nobody listens."""


def _refuse(case: Case, output: Path, overwrite: bool) -> None:
    if case.read_only:
        raise ReportError(
            "The case is open read-only, so the report could not be entered in its custody log."
            " Open the case for writing and export the report again."
        )
    if output.is_dir():
        raise ReportError(f"{output} is a folder. Name a PDF file to write the report to.")
    if output.exists() and not overwrite:
        raise ReportError(
            f"{output.name} exists already and was left as it is. Choose another name, or ask for"
            " it to be replaced."
        )
    if case.owns(output):
        raise ReportError(
            "A report cannot be written among the exhibits or over the case's own files."
            " Choose another place."
        )


def _story(context: ReportContext, announce: Announce) -> list[Flowable]:
    story: list[Flowable] = []
    for position, build in enumerate(SECTIONS):
        announce(ReportProgress("laying out the report", position, len(SECTIONS)))
        story += build(context)
    return story


def _record(
    case: Case,
    context: ReportContext,
    output: Path,
    out: Outgoing,
    signed: bytes,
    pages: int,
) -> ReportRecord:
    """Enter the report in the case, then give the file its name."""
    digest = hashlib.sha256(signed).hexdigest()
    folder = case.folder.resolve()
    inside = output.is_relative_to(folder)
    path = output.relative_to(folder).as_posix() if inside else str(output)
    records = []

    def enter() -> CustodyEntry:
        with case.transaction():
            entry = case.custody.append(
                Act.REPORT_SIGNED,
                f"R{context.sequence:03d}",
                path=path,
                written_as=out.written_as,
                identity=context.identity,
                sha256=digest,
                signature_sha256=signature_sha256(signed),
                signer=context.signer.subject,
                certificate_sha256=context.signer.fingerprint,
                custody_head=context.chain.head,
                pages=pages,
            )
            head, signer = context.chain.head, context.signer.subject
            records.append(case.reports.add(path, digest, signer, head))
        return entry

    out.enter(enter)
    return records[0]
