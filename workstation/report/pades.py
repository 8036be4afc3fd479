"""The one place that drives pyHanko to sign: attachment, certification signature, timestamp."""

import io
import logging
from collections.abc import Sequence

from asn1crypto import keys, x509
from pyhanko.pdf_utils.embed import EmbeddedFileObject, EmbeddedFileParams, FileSpec, embed_file
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.timestamps import HTTPTimeStamper, TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from workstation.errors import ReportError

ATTACHMENT = "report-facts.json"
_FIELD = "Signature"
_TIMEOUT_S = 30

# pyHanko logs what it also returns or raises; here its answers are read, so the log stays quiet.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


def timestamp_authority(url: str) -> TimeStamper:
    """A timestamp authority (RFC 3161) that is asked over the network while signing.

    Args:
        url: Its address.
    """
    return HTTPTimeStamper(url, timeout=_TIMEOUT_S)


def sign_with(
    pdf: bytes,
    attachment: bytes,
    *,
    key: bytes,
    certificate: bytes,
    chain: Sequence[bytes],
    timestamper: TimeStamper | None,
) -> io.BytesIO:
    """Attach facts to a PDF and certify it; no later change is allowed.

    Args:
        pdf: The document.
        attachment: JSON, embedded as `ATTACHMENT`.
        key: PKCS#8, DER.
        certificate: The signer's, DER.
        chain: Certificates of those who vouch for the signer, DER.
        timestamper: A timestamp authority, or None.

    Raises:
        ReportError: The authority did not answer, or the key cannot sign.
    """
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple([x509.Certificate.load(content) for content in chain])
    signer = SimpleSigner(
        signing_cert=x509.Certificate.load(certificate),
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=store,
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    _attach(writer, attachment)
    metadata = PdfSignatureMetadata(
        field_name=_FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        reason="Examination report",
    )
    try:
        signed = PdfSigner(metadata, signer, timestamper=timestamper).sign_pdf(writer)
    except (TimestampRequestError, OSError) as error:
        raise ReportError(
            f"The timestamp authority did not give a timestamp ({error}). Check its address and the"
            " network, or sign without a timestamp. No report was written."
        ) from error
    except SigningError as error:
        raise ReportError(
            f"The report could not be signed: {error}. No report was written."
        ) from error
    return io.BytesIO(signed.getvalue())


def _attach(writer: IncrementalPdfFileWriter, attachment: bytes) -> None:
    content = EmbeddedFileObject.from_file_data(
        writer, attachment, mime_type="application/json", params=EmbeddedFileParams()
    )
    embed_file(
        writer,
        FileSpec(
            file_spec_string=ATTACHMENT,
            file_name=ATTACHMENT,
            embedded_data=content,
            description="The facts of this report, machine-readable",
        ),
    )
