"""Signing identities: made, kept, read, refused; and signatures with chains and timestamps."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper, HTTPTimeStamper, TimestampRequestError

from workstation.cases.case import Case
from workstation.errors import ReportError
from workstation.report import signing
from workstation.report.pades import timestamp_authority
from workstation.report.signing import SigningIdentity, identity_path
from workstation.report.verification import Timestamp, Trust, verify_report
from workstation.report.writer import write_report

PASSPHRASE = "correct horse"


def name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


class Authority:
    """A certificate authority of its own; elliptic-curve keys, because they are made at once."""

    def __init__(self) -> None:
        self.key = _new_key()
        self.subject = name("Test authority")
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self.certificate = self._sign(
            self.key.public_key(), self.subject, usage, x509.BasicConstraints(True, None)
        )

    def issue(
        self, common: str, start: timedelta, end: timedelta, timestamping: bool = False
    ) -> tuple[ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, x509.Certificate]:
        key = rsa.generate_private_key(65537, 2048) if timestamping else _new_key()
        usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
        constraints = x509.BasicConstraints(False, None)
        certificate = self._sign(
            key.public_key(), name(common), usage, constraints, start, end, timestamping
        )
        return key, certificate

    def _sign(
        self,
        key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
        subject: x509.Name,
        usage: x509.KeyUsage,
        constraints: x509.BasicConstraints,
        start: timedelta = timedelta(days=-1),
        end: timedelta = timedelta(days=30),
        timestamping: bool = False,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + start)
            .not_valid_after(now + end)
            .add_extension(usage, True)
            .add_extension(constraints, True)
        )
        if timestamping:
            purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(purpose, True)
        return builder.sign(self.key, hashes.SHA256())

    def pem(self, folder: Path) -> Path:
        path = folder / "authority.pem"
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def pkcs12(
        self, folder: Path, start: float = -1, end: float = 30, with_root: bool = True
    ) -> Path:
        key, certificate = self.issue("B. Examiner", timedelta(days=start), timedelta(days=end))
        path = folder / "issued.p12"
        encryption = serialization.BestAvailableEncryption(PASSPHRASE.encode())
        others = [self.certificate] if with_root else None
        path.write_bytes(
            pkcs12.serialize_key_and_certificates(b"key", key, certificate, others, encryption)
        )
        return path

    def timestamper(self) -> DummyTimeStamper:
        key, certificate = self.issue(
            "Test timestamps", timedelta(days=-1), timedelta(days=30), timestamping=True
        )
        der = serialization.Encoding.DER
        return DummyTimeStamper(
            asn1_x509.Certificate.load(certificate.public_bytes(der)),
            keys.PrivateKeyInfo.load(
                key.private_bytes(
                    der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
            ),
            include_nonce=True,
        )


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def test_an_own_identity_is_made_once_and_private(tmp_path: Path) -> None:
    first = SigningIdentity.own("A. Examiner", "A laboratory", tmp_path / "new")
    again = SigningIdentity.own("A. Examiner", "A laboratory", tmp_path / "new")
    path = identity_path("A. Examiner", "A laboratory", tmp_path / "new")
    assert again.fingerprint == first.fingerprint
    assert first.self_signed
    assert first.subject == "A. Examiner, A laboratory"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_an_expired_identity_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "_YEARS", 0)
    expired = SigningIdentity.self_signed_for("A. Examiner")
    expired.keep(identity_path("A. Examiner", folder=tmp_path))
    monkeypatch.setattr(signing, "_YEARS", 5)
    made = SigningIdentity.own("A. Examiner", folder=tmp_path)
    assert made.fingerprint != expired.fingerprint
    assert len(list(tmp_path.iterdir())) == 2
    with pytest.raises(ReportError, match="expired on"):
        expired.sign(b"", b"")


def test_names_of_any_length_and_none() -> None:
    identity = SigningIdentity.self_signed_for("É" * 300, "")
    assert identity.subject == "É" * 32
    assert SigningIdentity.self_signed_for(" ").subject == "unnamed examiner"


def test_an_unwritable_folder(tmp_path: Path, identity: SigningIdentity) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match="Make the folder writable"):
        identity.keep(tmp_path / "file" / "identity.p12")


def test_wrong_passphrase(tmp_path: Path, authority: Authority) -> None:
    path = authority.pkcs12(tmp_path)
    for passphrase in ("wrong", ""):
        with pytest.raises(ReportError, match="passphrase is wrong"):
            SigningIdentity.from_pkcs12(path, passphrase)


def test_no_pkcs12_file(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cannot be read"):
        SigningIdentity.from_pkcs12(tmp_path / "missing.p12")
    with (tmp_path / "huge.p12").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(ReportError, match="not a PKCS#12 file"):
        SigningIdentity.from_pkcs12(tmp_path / "huge.p12")
    (tmp_path / "text.p12").write_text("not a key")
    with pytest.raises(ReportError, match="not a PKCS#12 file"):
        SigningIdentity.from_pkcs12(tmp_path / "text.p12")


def test_no_key_in_it(tmp_path: Path, authority: Authority) -> None:
    path = tmp_path / "certificates.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            None, None, None, [authority.certificate], serialization.NoEncryption()
        )
    )
    with pytest.raises(ReportError, match="holds no private key"):
        SigningIdentity.from_pkcs12(path)


def test_a_key_that_readers_do_not_verify(tmp_path: Path) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name("A. Examiner"))
        .issuer_name(name("A. Examiner"))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, None)
    )
    path = tmp_path / "edwards.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"", key, certificate, None, serialization.NoEncryption()
        )
    )
    with pytest.raises(ReportError, match="RSA or an elliptic-curve key"):
        SigningIdentity.from_pkcs12(path)


@pytest.mark.parametrize(
    ("start", "end", "sentence"), [(-30, -1, "expired on"), (1, 30, "valid only from")]
)
def test_outdated_certificates(
    tmp_path: Path, authority: Authority, start: float, end: float, sentence: str
) -> None:
    path = authority.pkcs12(tmp_path, start, end)
    with pytest.raises(ReportError, match=sentence):
        SigningIdentity.from_pkcs12(path, PASSPHRASE)


@pytest.mark.parametrize("with_root", [True, False])
def test_an_issued_certificate_is_trusted_by_its_root_only(
    case: Case, tmp_path: Path, authority: Authority, with_root: bool
) -> None:
    issued = SigningIdentity.from_pkcs12(
        authority.pkcs12(tmp_path, with_root=with_root), PASSPHRASE
    )
    assert not issued.self_signed
    path = tmp_path / "report.pdf"
    write_report(case, path, issued)
    unknown = verify_report(path, case)
    assert unknown.valid
    assert unknown.trust is Trust.UNKNOWN
    trusted = verify_report(path, case, trust_roots=[authority.pem(tmp_path)])
    assert trusted.valid
    assert trusted.trust is Trust.TRUSTED
    stranger = verify_report(path, case, trust_roots=[Authority().pem(tmp_path)])
    assert stranger.intact
    assert not stranger.valid


def test_a_timestamp(
    case: Case, identity: SigningIdentity, tmp_path: Path, authority: Authority
) -> None:
    path = tmp_path / "report.pdf"
    write_report(case, path, identity, timestamper=authority.timestamper())
    unknown = verify_report(path)
    assert unknown.valid
    assert unknown.timestamp is Timestamp.UNKNOWN
    assert unknown.timestamp_time is not None
    assert abs((unknown.timestamp_time - datetime.now(UTC)).total_seconds()) < 60
    trusted = verify_report(path, trust_roots=[authority.pem(tmp_path)])
    assert trusted.timestamp is Timestamp.TRUSTED
    assert trusted.trust is Trust.SELF_SIGNED


def test_no_answer_from_the_authority(
    case: Case, identity: SigningIdentity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(self: object, request: object) -> None:
        raise TimestampRequestError("no route to host")

    monkeypatch.setattr(HTTPTimeStamper, "async_request_tsa_response", silent)
    with pytest.raises(ReportError, match="No report was written"):
        write_report(
            case,
            tmp_path / "report.pdf",
            identity,
            timestamper=timestamp_authority("http://timestamps.invalid"),
        )
    assert not (tmp_path / "report.pdf").exists()
    assert case.reports.all() == []


def test_unreadable_trust_root(tmp_path: Path, case: Case, identity: SigningIdentity) -> None:
    path = tmp_path / "report.pdf"
    write_report(case, path, identity)
    (tmp_path / "root.pem").write_text("no certificate")
    with pytest.raises(ReportError, match="PEM or DER"):
        verify_report(path, trust_roots=[tmp_path / "root.pem"])
