"""`workstation verify`: is a report as it was signed, and does it match its case?"""

import argparse
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workstation.commands.answers import FAILURE, SUCCESS, Answer
from workstation.commands.groups import Commands, command

if TYPE_CHECKING:
    from workstation.report.verification import ReportVerification


def register(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = command(
        commands, common, "verify", verify, "is a report intact, who signed it, does it match"
    )
    parser.add_argument("report", metavar="FILE.pdf", type=Path)
    parser.add_argument(
        "--case", metavar="DIR", type=Path, help="hold it against the case and its files, too"
    )
    parser.add_argument(
        "--trust",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="certificate of an authority you trust (PEM or DER); then the signer must be trusted",
    )


def verify(arguments: argparse.Namespace) -> Answer:
    """Verify a report; exit status 1 when anything speaks against it."""
    from workstation.cases.case import Case
    from workstation.commands.progress import BYTES, Bars
    from workstation.report.verification import verify_report

    with ExitStack() as stack:
        case = None
        if arguments.case is not None:
            case = stack.enter_context(Case.open(arguments.case, read_only=True))
        bars = stack.enter_context(Bars(BYTES))
        found = verify_report(
            arguments.report,
            case,
            trust_roots=arguments.trust,
            files=lambda progress: bars.show(progress.exhibit, progress.done, progress.total),
        )
    word = "VALID" if found.valid else "NOT VALID"
    lines = [f"{word}: {arguments.report}", *(f"      {text}" for text in found.sentences)]
    return Answer(verification_view(found), lines, SUCCESS if found.valid else FAILURE)


def verification_view(found: "ReportVerification") -> dict[str, Any]:
    """The separate facts as plain JSON; null is "not known"."""
    signer = found.signer
    return {
        "valid": found.valid,
        "intact": found.intact,
        "problem": found.problem,
        "sha256": found.sha256,
        "identity": found.identity,
        "signer": None
        if signer is None
        else {
            "subject": signer.subject,
            "fingerprint": signer.fingerprint,
            "valid_from": moment(signer.valid_from),
            "valid_until": moment(signer.valid_until),
        },
        "trust": None if found.trust is None else found.trust.value,
        "in_validity": found.in_validity,
        "timestamp": None if found.timestamp is None else found.timestamp.value,
        "timestamp_time": moment(found.timestamp_time),
        "claimed_time": moment(found.claimed_time),
        "matches": [
            {"item": match.item, "matches": match.matches, "sentence": match.sentence}
            for match in found.matches
        ],
        "sentences": list(found.sentences),
    }


def moment(time: datetime | None) -> str | None:
    """A time as ISO 8601."""
    return None if time is None else time.isoformat()
