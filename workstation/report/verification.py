"""Verifying a report: separate facts, each with a sentence, and none that stands for another."""

import hashlib
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from asn1crypto import pem, x509
from pyhanko_certvalidator import ValidationContext

from workstation.cases.case import Case
from workstation.errors import ReportError
from workstation.evidence.verification import Announce
from workstation.report.attachment import SCHEMA
from workstation.report.matching import Match, match_case
from workstation.report.seal import Seal, SealError, open_seal
from workstation.report.shape import are_facts

_LARGEST = 2**30  # bytes; no report comes near it
_LARGEST_CERTIFICATES = 2**24  # bytes


class Trust(StrEnum):
    """Who vouches for the name in the certificate."""

    TRUSTED = "trusted"
    SELF_SIGNED = "self-signed"
    UNKNOWN = "issued by an authority that is not among the given trust roots"


class Timestamp(StrEnum):
    """Who vouches for the time of signing."""

    NONE = "not timestamped"
    TRUSTED = "timestamped by a trusted authority"
    UNKNOWN = "timestamped by an authority that is not among the given trust roots"
    BROKEN = "the timestamp does not match the signature"


@dataclass(frozen=True)
class Signer:
    """Who signed, as the certificate says; times in UTC."""

    subject: str
    fingerprint: str
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True)
class ReportVerification:
    """What is known about a report file. Nothing but `intact` is known of one that is not intact.

    Attributes:
        sha256: digest of the file.
        intact: the signature is cryptographically valid, covers the whole file, and not one byte
            was changed or added since.
        problem: why it is not intact, or "".
        trust_asked: whether trust roots were given, so that `valid` asks for trust.
        timestamp_time: time that the timestamp authority states, or None.
        claimed_time: time of signing as the signer's computer claimed it, or None.
        in_validity: whether the certificate was valid at the time of signing.
        identity: the report's number and identity, or "".
        matches: each item held against the case; empty when no case was given.
    """

    path: Path
    sha256: str
    intact: bool
    problem: str
    signer: Signer | None = None
    trust: Trust | None = None
    trust_asked: bool = False
    timestamp: Timestamp | None = None
    timestamp_time: datetime | None = None
    claimed_time: datetime | None = None
    in_validity: bool = False
    identity: str = ""
    matches: tuple[Match, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether nothing speaks against the report."""
        return (
            self.intact
            and self.in_validity
            and self.timestamp is not Timestamp.BROKEN
            and (self.trust is Trust.TRUSTED or not self.trust_asked)
            and all(match.matches for match in self.matches)
        )

    @property
    def sentences(self) -> tuple[str, ...]:
        """Every fact as a sentence, the most important first."""
        if not self.intact:
            return (f"The report is not intact: {self.problem}.",)
        return (
            "The report is intact: its signature is valid, covers the whole file, and nothing was"
            " changed since.",
            *_about_signer(self),
            *_about_time(self),
            *(match.sentence for match in self.matches),
        )


def verify_report(
    path: Path,
    case: Case | None = None,
    *,
    trust_roots: Sequence[Path] = (),
    files: Announce | None = None,
) -> ReportVerification:
    """Verify a report without a network; only given roots are trusted.

    Args:
        path: The PDF. Any file gives an answer, however damaged.
        case: The case to hold it against, or None.
        trust_roots: Certificates of authorities to trust, PEM or DER.
        files: Hears of the hashing of the case's exhibits; without it their files are not hashed.

    Raises:
        ReportError: The file or a trust root cannot be read at all.
        CaseError: The case cannot be read.
    """
    content = _content(path)
    digest = hashlib.sha256(content).hexdigest()
    roots = [root for file in trust_roots for root in _certificates(file)]
    try:
        seal = open_seal(content, ValidationContext(trust_roots=roots, allow_fetching=False))
        facts = _known_facts(seal.facts)
        signer = _signer(seal.certificate)
    except SealError as problem:
        return ReportVerification(path, digest, intact=False, problem=str(problem))
    matches = () if case is None else match_case(digest, facts, case, files)
    return _judge(path, digest, seal, signer, facts, bool(roots), matches)


def _content(path: Path) -> bytes:
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > _LARGEST:
            raise ReportError(
                f"{path.name} is no file that could be a report. Check the path and try again."
            )
        return path.read_bytes()
    except OSError as error:
        raise ReportError(
            f"{path.name} cannot be read: {error.strerror}. Check the path and try again."
        ) from error


def _known_facts(facts: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if facts is None:
        raise SealError("it is a signed PDF, but holds no facts of a report")
    schema = facts.get("schema")
    if not isinstance(schema, int) or schema > SCHEMA:
        raise SealError("it was made by a newer version of this program; verify it with that one")
    if not are_facts(facts):
        raise SealError("it is a signed PDF, but the facts in it are not those of a report")
    return facts


def _signer(certificate: x509.Certificate) -> Signer:
    try:
        return Signer(
            subject=_subject(certificate),
            fingerprint=hashlib.sha256(certificate.dump()).hexdigest(),
            valid_from=certificate.not_valid_before,
            valid_until=certificate.not_valid_after,
        )
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise SealError("the certificate of its signer is damaged") from error


def _judge(
    path: Path,
    digest: str,
    seal: Seal,
    signer: Signer,
    facts: Mapping[str, Any],
    trust_asked: bool,
    matches: tuple[Match, ...],
) -> ReportVerification:
    timestamp, stamped = _timestamp(seal)
    claimed = seal.status.signer_reported_dt
    # Anybody can put another authority's timestamp in the place of one that nobody vouches for.
    moment = stamped if timestamp is Timestamp.TRUSTED else claimed
    return ReportVerification(
        path=path,
        sha256=digest,
        intact=True,
        problem="",
        signer=signer,
        trust=_trust(seal),
        trust_asked=trust_asked,
        timestamp=timestamp,
        timestamp_time=stamped,
        claimed_time=claimed,
        in_validity=moment is not None and signer.valid_from <= moment <= signer.valid_until,
        identity=f"R{facts['report']['sequence']:03d} · {facts['report']['identity']}",
        matches=matches,
    )


def _trust(seal: Seal) -> Trust:
    if seal.status.trusted:
        return Trust.TRUSTED
    certificate = seal.certificate
    return Trust.SELF_SIGNED if certificate.subject == certificate.issuer else Trust.UNKNOWN


def _timestamp(seal: Seal) -> tuple[Timestamp, datetime | None]:
    token = seal.status.timestamp_validity
    if token is None:
        return Timestamp.NONE, None
    if not (token.valid and token.intact):
        return Timestamp.BROKEN, None
    return Timestamp.TRUSTED if token.trusted else Timestamp.UNKNOWN, token.timestamp


def _subject(certificate: x509.Certificate) -> str:
    name = certificate.subject.native
    parts = [str(name[key]) for key in ("common_name", "organization_name") if name.get(key)]
    return ", ".join(parts) or certificate.subject.human_friendly


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_CERTIFICATES)
        if pem.detect(content):
            found = [der for _, _, der in pem.unarmor(content, multiple=True)]
        else:
            found = [content]
        return [x509.Certificate.load(der, strict=True) for der in found]
    except (OSError, ValueError) as error:
        raise ReportError(
            f"{path.name} cannot be read as a certificate. Give a PEM or DER file."
        ) from error


def _about_signer(verification: ReportVerification) -> list[str]:
    signer = verification.signer
    if signer is None:
        return []
    vouched = {
        Trust.TRUSTED: "A given trust root vouches for the name.",
        Trust.SELF_SIGNED: "The certificate is self-signed: nobody but its holder vouches for the"
        " name. Compare the fingerprint with one that came to you another way.",
        Trust.UNKNOWN: "An authority issued the certificate that is not among the given trust"
        " roots:"
        " the name was not verified.",
    }
    valid = f"from {signer.valid_from:%Y-%m-%d} to {signer.valid_until:%Y-%m-%d}"
    sentences = [
        f"Signed by {signer.subject}; certificate valid {valid}, SHA-256 fingerprint"
        f" {signer.fingerprint}.",
    ]
    if verification.trust is not None:
        sentences.append(vouched[verification.trust])
    if not verification.in_validity:
        sentences.append("The certificate was not valid at the time of signing.")
    return sentences


def _about_time(verification: ReportVerification) -> list[str]:
    claimed = verification.claimed_time
    said = f"{claimed.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if claimed else "no time"
    stamped = verification.timestamp_time
    when = f"{stamped.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if stamped else ""
    sentences = {
        Timestamp.NONE: f"Not timestamped: that it was signed on {said} is what the signer's"
        f" computer"
        " claimed.",
        Timestamp.TRUSTED: f"Timestamped by a trusted authority: it existed on {when}.",
        Timestamp.UNKNOWN: f"Timestamped on {when} by an authority that is not among the given"
        f" trust roots: nobody vouches for that time, and such a timestamp can be exchanged for"
        f" another. The signer's computer claimed {said}.",
        Timestamp.BROKEN: "It carries a timestamp that does not match its signature.",
    }
    return [sentences[verification.timestamp]] if verification.timestamp is not None else []
