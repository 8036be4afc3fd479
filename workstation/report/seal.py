"""The signature of a report taken apart, strictly: every byte of the file must be accounted for.

A PDF signature leaves one gap in what it covers, the place of the signature itself. Readers
tolerate changes there that alter nothing signed (padding, letter case of hexadecimal digits,
unsigned fields of the CMS structure, RFC 5652). A report tolerates none: what the signer wrote is
the only spelling.
"""

import hashlib
import io
import json
import zlib
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms, parser, x509
from pyhanko.pdf_utils.generic import StreamObject
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    PdfSignatureStatus,
    validate_pdf_signature,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

from workstation.report.pades import ATTACHMENT

_LARGEST_FACTS = 2**28  # bytes


class SealError(Exception):
    """Why a file is no intact report, as the end of the sentence "The report is not intact: …"."""


@dataclass(frozen=True)
class Seal:
    """An intact signature and what it covers.

    Attributes:
        status: pyHanko's findings on signature, trust and timestamp.
        signature_sha256: digest of the CMS structure.
        facts: the attached facts, or None when the PDF holds none.
    """

    status: PdfSignatureStatus
    certificate: x509.Certificate
    signature_sha256: str
    facts: dict[str, Any] | None


def open_seal(content: bytes, context: ValidationContext) -> Seal:
    """Take a signed PDF apart.

    Args:
        content: The whole file.
        context: Whom to trust.

    Raises:
        SealError: Anything at all is not as the signer left it.
    """
    if not content.startswith(b"%PDF-"):
        raise SealError("the file is not a PDF")
    try:
        return _open(content, context)
    except SealError:
        raise
    except RecursionError as error:
        raise SealError("its structure is damaged") from error
    except Exception as error:
        # The file may be hostile: whatever pyHanko or asn1crypto stumbles over is damage to it.
        raise SealError("its structure or its signature is damaged") from error


def _open(content: bytes, context: ValidationContext) -> Seal:
    reader = PdfFileReader(io.BytesIO(content))
    signatures = list(reader.embedded_signatures)
    if not signatures:
        raise SealError("it carries no signature")
    if len(signatures) > 1:
        raise SealError("it carries more than the one signature it was made with")
    signature = signatures[0]
    der = _covered(content, [int(number) for number in signature.byte_range])
    timestamped = _refuse_unsigned_freedom(der)
    status = validate_pdf_signature(
        signature,
        signer_validation_context=context,
        key_usage_settings=KeyUsageConstraints(
            key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False
        ),
        skip_diff=True,
    )
    if not (status.intact and status.valid):
        raise SealError("its content does not match its signature")
    facts = _attached(reader)
    _refuse_other_certificates(signature, facts)
    _refuse_other_timestamp(timestamped, facts)
    return Seal(status, signature.signer_cert, hashlib.sha256(der).hexdigest(), facts)


def _covered(content: bytes, byte_range: list[int]) -> bytes:
    """The CMS structure in the one gap of the signed ranges; there is no other gap."""
    if len(byte_range) != 4 or byte_range[0] != 0:
        raise SealError("its signature does not cover the whole file")
    _, first, second, rest = byte_range
    if not 0 < first < second or rest < 0 or second + rest > len(content):
        raise SealError("it was cut off, or its signature does not cover the whole file")
    if second + rest < len(content):
        raise SealError(f"{len(content) - second - rest} bytes were added after it was signed")
    return signature_in(content[first:second])


def signature_in(gap: bytes) -> bytes:
    """The CMS structure (DER) written in the gap of a signed PDF.

    Args:
        gap: From ``<`` to ``>``.

    Raises:
        SealError: There is anything in the gap but capital hexadecimal digits and zeros after them.
    """
    if len(gap) < 4 or gap[:1] != b"<" or gap[-1:] != b">":
        raise SealError("the place of its signature is damaged")
    try:
        written = bytes.fromhex(gap[1:-1].decode("ascii"))
        _, _, _, header, body, trailer = parser.parse(written, strict=False)
    except ValueError as error:
        raise SealError("its signature is damaged") from error
    der = header + body + trailer
    if gap[1:-1] != der.hex().upper().encode() + b"0" * (len(gap) - 2 - 2 * len(der)):
        raise SealError("there is something beside its signature")
    return bytes(der)


def _refuse_unsigned_freedom(der: bytes) -> bool:
    """Fields of the CMS structure that no signature protects must be what pyHanko writes.

    Returns:
        Whether there is a timestamp.
    """
    info = cms.ContentInfo.load(der, strict=True)
    signed = info["content"]
    (signer,) = signed["signer_infos"]
    (algorithm,) = signed["digest_algorithms"]
    unsigned = signer["unsigned_attrs"]
    kinds = [attribute["type"].native for attribute in unsigned] if unsigned else []
    as_written = (
        info["content_type"].native == "signed_data",
        signed["version"].native == "v1",
        signer["version"].native == "v1",
        algorithm.dump() == signer["digest_algorithm"].dump(),
        algorithm["algorithm"].native == "sha256",  # never one for which two files can be made
        signed["encap_content_info"]["content_type"].native == "data",
        signed["encap_content_info"]["content"].native is None,
        not signed["crls"],
        kinds in ([], ["signature_time_stamp_token"]),
        _is_canonical(der),
    )
    if not all(as_written):
        raise SealError("its signature was altered")
    return bool(kinds)


def _is_canonical(content: bytes) -> bool:
    """Whether every length in it is spelled as DER demands (X.690, 10.1), at every depth.

    Zeros within a structure would read as end-of-contents marks, which DER does not have.
    """
    position = 0
    while position < len(content):
        kind, constructed, tag, header, body, trailer = parser.parse(content[position:])
        spelled = parser.emit(kind, constructed, tag, body) == header + body
        if not spelled or trailer or (kind, tag) == (0, 0):
            return False
        if constructed and not _is_canonical(body):
            return False
        position += len(header) + len(body)
    return True


def _attached(reader: PdfFileReader) -> dict[str, Any] | None:
    try:
        names = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
    except KeyError:
        return None
    for position in range(0, len(names), 2):
        if str(names[position]) == ATTACHMENT:
            facts = json.loads(_unpacked(names[position + 1]["/EF"]["/F"]))
            return facts if isinstance(facts, dict) else None
    return None


def _unpacked(stream: StreamObject) -> bytes:
    """The attachment, as far as it is of a size that facts can have."""
    if stream.get("/Filter") != "/FlateDecode" or "/DecodeParms" in stream:
        raise SealError("the facts in it are packed in a way that reports do not use")
    data = zlib.decompressobj().decompress(stream.encoded_data, _LARGEST_FACTS + 1)
    if len(data) > _LARGEST_FACTS:
        raise SealError("the facts in it are larger than those of any report")
    return data


def _refuse_other_certificates(
    signature: EmbeddedPdfSignature, facts: dict[str, Any] | None
) -> None:
    """The signed facts name the certificates that go with the signature."""
    if facts is None:
        return
    certificates = [signature.signer_cert, *signature.other_embedded_certs]
    found = {hashlib.sha256(certificate.dump()).hexdigest() for certificate in certificates}
    if found != set(facts["report"]["certificates_sha256"]):
        raise SealError("the certificates in it are not those it was signed with")


def _refuse_other_timestamp(timestamped: bool, facts: dict[str, Any] | None) -> None:
    """A timestamp is not signed, and could be taken off or put on; the signed facts tell."""
    said = None if facts is None else facts["report"].get("timestamped")
    if isinstance(said, bool) and said is not timestamped:
        what = "was removed" if said else "was added to its signature"
        raise SealError(f"a timestamp {what} after it was made")


def signature_sha256(content: bytes) -> str:
    """SHA-256 of the signature (the CMS structure, DER, without its padding) of a PDF just signed.

    Args:
        content: A PDF with one signature.
    """
    (signature,) = PdfFileReader(io.BytesIO(content)).embedded_signatures
    der = _covered(content, [int(number) for number in signature.byte_range])
    return hashlib.sha256(der).hexdigest()
