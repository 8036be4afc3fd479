"""`workstation report`: write the report of a case and sign it."""

import argparse
import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.commands.answers import Answer
from workstation.commands.groups import Commands, add_case, command, opened
from workstation.errors import ReportError

if TYPE_CHECKING:
    from workstation.cases.case import Case
    from workstation.report.signing import SigningIdentity

PASSPHRASE_VARIABLE = "WORKSTATION_PASSPHRASE"

_LONGEST_PASSPHRASE = 4096  # characters


def register(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = command(commands, common, "report", report, "write the signed PDF report")
    add_case(parser)
    parser.add_argument("--output", metavar="FILE.pdf", type=Path, required=True)
    parser.add_argument("--overwrite", action="store_true", help="replace an existing file")
    identity = parser.add_mutually_exclusive_group()
    identity.add_argument(
        "--pkcs12", metavar="FILE", type=Path, help="sign with the key and certificate in a file"
    )
    identity.add_argument(
        "--self-signed",
        action="store_true",
        help="sign with an identity of your own, made on first use (the default)",
    )
    parser.add_argument(
        "--passphrase-file",
        metavar="FILE",
        type=Path,
        help=f"passphrase of --pkcs12; else from {PASSPHRASE_VARIABLE}, else asked for",
    )


def report(arguments: argparse.Namespace) -> Answer:
    """Write and sign the report."""
    from workstation.commands.progress import Bars
    from workstation.commands.views import report_view
    from workstation.report.writer import write_report

    with opened(arguments) as case, Bars("step") as bars:
        signer = chosen_signer(case, arguments)
        record = write_report(
            case,
            arguments.output,
            signer,
            announce=lambda progress: bars.show(progress.step, progress.done, progress.total),
            overwrite=arguments.overwrite,
        )
    lines = [
        f"Report written to {arguments.output}",
        f"      SHA-256 {record.sha256}",
        f"      signed by {record.signer}{' (self-signed)' if signer.self_signed else ''}",
    ]
    return Answer(report_view(record), lines)


def chosen_signer(case: "Case", arguments: argparse.Namespace) -> "SigningIdentity":
    """The identity from the PKCS#12 file, or the examiner's own self-signed one.

    Raises:
        ReportError: it cannot be read, or the passphrase is missing or wrong.
    """
    from workstation.report.signing import SigningIdentity

    if arguments.pkcs12 is None:
        return SigningIdentity.own(case.facts.examiner, case.facts.organisation)
    return SigningIdentity.from_pkcs12(arguments.pkcs12, passphrase(arguments))


def passphrase(arguments: argparse.Namespace) -> str:
    """The passphrase, from a file, the environment or the terminal; never from an argument.

    Raises:
        ReportError: the file cannot be read, or there is nobody to ask.
    """
    if arguments.passphrase_file is not None:
        try:
            with arguments.passphrase_file.open(encoding="utf-8") as file:
                text: str = file.read(_LONGEST_PASSPHRASE + 1)
        except (OSError, UnicodeDecodeError) as error:
            raise ReportError(
                f"The passphrase file {arguments.passphrase_file} cannot be read. "
                "Name another file."
            ) from error
        if len(text) > _LONGEST_PASSPHRASE:
            raise ReportError(
                f"The file {arguments.passphrase_file} is too long for a passphrase. Name another."
            )
        return text.rstrip("\r\n")
    if PASSPHRASE_VARIABLE in os.environ:
        return os.environ[PASSPHRASE_VARIABLE]
    if sys.stdin.isatty():
        return getpass.getpass(f"Passphrase of {arguments.pkcs12.name}: ")
    raise ReportError(
        f"The passphrase of {arguments.pkcs12.name} is needed. Name a --passphrase-file, or set "
        f"{PASSPHRASE_VARIABLE}."
    )
