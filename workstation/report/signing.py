"""Who signs a report, and the PAdES signature itself.

The signature is PAdES (ETSI EN 319 142-1) baseline B-B, or B-T with a timestamp authority, and
certifies the document: no later change is allowed. RSA of 3072 bits, since every PDF reader in use
verifies it.
"""

import hashlib
import io
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from platformdirs import user_data_path
from pyhanko.sign.timestamps import TimeStamper

from workstation.errors import ReportError
from workstation.report.pades import sign_with

_APPLICATION = "deepfake-forensics-workstation"
_YEARS = 5
_LONGEST_NAME = 64
_LARGEST = 2**24  # bytes of a PKCS#12 file that is read

_PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class SigningIdentity:
    """A key with its certificate.

    Attributes:
        subject: the certificate's subject in words.
        fingerprint: SHA-256 of the certificate, lower-case hexadecimal.
        valid_from: start of the certificate's validity.
        valid_until: end of the certificate's validity.
        self_signed: whether nobody but the holder vouches for the name.
    """

    subject: str
    fingerprint: str
    valid_from: datetime
    valid_until: datetime
    self_signed: bool
    _key: _PrivateKey = field(repr=False)
    _certificate: x509.Certificate = field(repr=False)
    _chain: tuple[x509.Certificate, ...] = field(repr=False, default=())

    @classmethod
    def own(
        cls, name: str, organisation: str = "", folder: Path | None = None
    ) -> "SigningIdentity":
        """The self-signed identity kept on this computer, made on first use.

        There is one per name and organisation. One that has expired is set aside beside the new
        one: every identity that ever signed is kept.

        Args:
            name: The examiner.
            organisation: Their organisation, or "".
            folder: Where it is kept; the person's data folder by default.

        Raises:
            ReportError: It cannot be read, made or kept.
        """
        path = identity_path(name, organisation, folder)
        if os.path.exists(path):  # noqa: PTH110  # not where it cannot be seen: keeping it says so
            kept = _read(path, "")
            if kept.valid_until > datetime.now(UTC):
                return kept
            _set_aside(path, kept.fingerprint)
        made = cls.self_signed_for(name, organisation)
        made.keep(path)
        return made

    @classmethod
    def self_signed_for(cls, name: str, organisation: str = "") -> "SigningIdentity":
        """A new key with a self-signed certificate, kept nowhere yet.

        Args:
            name: The examiner.
            organisation: Their organisation, or "".
        """
        key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
        return cls._of(key, _self_signed(key, _subject(name, organisation)), ())

    @classmethod
    def from_pkcs12(cls, path: Path, passphrase: str = "") -> "SigningIdentity":
        """An identity from a PKCS#12 file, such as an organisation hands out.

        Args:
            path: The file.
            passphrase: Its passphrase, "" for none.

        Raises:
            ReportError: The file cannot be read, the passphrase is wrong, there is no key or
                certificate in it, or the certificate has expired or is not valid yet.
        """
        identity = _read(path, passphrase)
        identity.refuse_outdated()
        return identity

    @classmethod
    def _of(
        cls, key: _PrivateKey, certificate: x509.Certificate, chain: tuple[x509.Certificate, ...]
    ) -> "SigningIdentity":
        return cls(
            subject=subject_text(certificate.subject),
            fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
            valid_from=certificate.not_valid_before_utc,
            valid_until=certificate.not_valid_after_utc,
            self_signed=certificate.subject == certificate.issuer,
            _key=key,
            _certificate=certificate,
            _chain=chain,
        )

    def refuse_outdated(self) -> None:
        """Raise ReportError when the certificate has expired or is not valid yet."""
        now = datetime.now(UTC)
        if now > self.valid_until:
            raise ReportError(
                f"The certificate of {self.subject} expired on {self.valid_until:%Y-%m-%d}."
                " Sign with one that is valid."
            )
        if now < self.valid_from:
            raise ReportError(
                f"The certificate of {self.subject} is valid only from {self.valid_from:%Y-%m-%d}."
                " Check the computer's clock, or sign with another one."
            )

    def keep(self, path: Path) -> None:
        """Store key and certificate as a PKCS#12 file that only the owner can read.

        Args:
            path: The file; its folder is made.

        Raises:
            ReportError: It cannot be written.
        """
        content = pkcs12.serialize_key_and_certificates(
            self.subject.encode(), self._key, self._certificate, None, serialization.NoEncryption()
        )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Of one name, so that a key which a killed program left there does not stay for ever.
            waiting = path.with_name(f".{path.name}.part")
            waiting.unlink(missing_ok=True)
            # Readable by its owner only, before there is anything to read.
            descriptor = os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            waiting.replace(path)
        except OSError as error:
            raise ReportError(
                f"The signing identity could not be kept in {path.parent}: {error.strerror}."
                " Make the folder writable, or sign with a PKCS#12 file."
            ) from error

    @property
    def certificate_fingerprints(self) -> list[str]:
        """SHA-256 of every certificate that goes into the signature, the signer's first."""
        everyone = (self._certificate, *self._chain)
        return [certificate.fingerprint(hashes.SHA256()).hex() for certificate in everyone]

    def sign(
        self, pdf: bytes, attachment: bytes, timestamper: TimeStamper | None = None
    ) -> io.BytesIO:
        """Attach the machine-readable facts to a PDF and sign the whole.

        Args:
            pdf: The document.
            attachment: JSON, embedded as `report-facts.json` and covered by the signature.
            timestamper: A timestamp authority, or None.

        Raises:
            ReportError: The certificate is not valid now, or the authority did not answer.
        """
        self.refuse_outdated()
        der = serialization.Encoding.DER
        return sign_with(
            pdf,
            attachment,
            key=self._key.private_bytes(
                der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
            certificate=self._certificate.public_bytes(der),
            chain=[certificate.public_bytes(der) for certificate in self._chain],
            timestamper=timestamper,
        )


def identity_path(name: str, organisation: str = "", folder: Path | None = None) -> Path:
    """Where this computer keeps the self-signed identity of a person.

    Args:
        name: The examiner.
        organisation: Their organisation, or "".
        folder: Another folder than the one for signing identities in the person's data folder.
    """
    folder = folder or user_data_path(_APPLICATION, appauthor=False) / "signing-identities"
    subject = _subject(name, organisation).public_bytes()
    return folder / f"{hashlib.sha256(subject).hexdigest()[:16]}.p12"


def subject_text(name: x509.Name) -> str:
    """A certificate's name in words: common name, then organisation."""
    parts = [
        str(attribute.value)
        for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
        for attribute in name.get_attributes_for_oid(oid)
    ]
    return ", ".join(parts) or name.rfc4514_string() or "a certificate without a name"


def _subject(name: str, organisation: str) -> x509.Name:
    attributes = [
        x509.NameAttribute(NameOID.COMMON_NAME, _fitting(name) or "unnamed examiner"),
    ]
    if _fitting(organisation):
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, _fitting(organisation)))
    return x509.Name(attributes)


def _fitting(text: str) -> str:
    """Text cut to what X.520 allows in a name."""
    return text.strip().encode("utf-8", "ignore")[:_LONGEST_NAME].decode("utf-8", "ignore").strip()


def _self_signed(key: _PrivateKey, subject: x509.Name) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    now = datetime.now(UTC).replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .add_extension(usage, critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _read(path: Path, passphrase: str) -> SigningIdentity:
    shown = path.name
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST)
    except OSError as error:
        raise ReportError(
            f"The PKCS#12 file {shown} cannot be read: {error.strerror}. Choose another file."
        ) from error
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(
            content, passphrase.encode() or None
        )
    except ValueError as error:
        raise ReportError(
            f"{shown} cannot be opened: the passphrase is wrong, or it is not a PKCS#12 file."
            " Type the passphrase again, or choose another file."
        ) from error
    if key is None or certificate is None:
        raise ReportError(
            f"{shown} holds no private key with its certificate, so nothing can be signed with it."
            " Choose the file that was issued for signing."
        )
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ReportError(
            f"The key in {shown} is of a kind that PDF readers do not verify."
            " Use an RSA or an elliptic-curve key."
        )
    return SigningIdentity._of(key, certificate, tuple(others))


def _set_aside(path: Path, fingerprint: str) -> None:
    try:
        path.rename(path.with_name(f"{path.stem}-{fingerprint[:12]}{path.suffix}"))
    except OSError as error:
        raise ReportError(
            f"The earlier signing identity in {path.parent} could not be set aside:"
            f" {error.strerror}. Make the folder writable, or sign with a PKCS#12 file."
        ) from error
