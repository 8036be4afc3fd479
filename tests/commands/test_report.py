"""`workstation report` and `workstation verify`."""

import json
import shutil
import subprocess

import pytest

from workstation.report.signing import SigningIdentity


@pytest.fixture
def signed(analysed, answer, tmp_path):
    path = tmp_path / "report.pdf"
    answer("report", analysed, "--output", path, "--self-signed")
    return path


def test_signed_and_verified(analysed, signed, answer, call):
    verified = answer("verify", signed, "--case", analysed)
    assert verified["valid"] is True
    assert verified["intact"] is True
    assert verified["trust"] == "self-signed"
    assert verified["timestamp"] == "not timestamped"
    assert verified["signer"]["subject"].startswith("A. Examiner")
    assert all(match["matches"] for match in verified["matches"])
    assert call("verify", signed)[1].startswith("VALID: ")
    assert answer("custody", analysed)["entries"][-1]["act"] == "report signed"
    assert len(answer("case", "show", analysed)["reports"]) == 1


def test_one_flipped_byte(signed, call):
    content = bytearray(signed.read_bytes())
    content[len(content) // 2] ^= 1
    signed.write_bytes(content)
    status, out, _ = call("verify", signed, "--json")
    assert status == 1
    assert json.loads(out)["intact"] is False
    assert call("verify", signed)[1].startswith("NOT VALID: ")


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="pdfsig (poppler-utils) is not there")
def test_pdfsig_agrees(signed):
    def told() -> str:
        return subprocess.run(["pdfsig", signed], capture_output=True, text=True).stdout

    assert "Signature is Valid" in told()
    content = bytearray(signed.read_bytes())
    content[len(content) // 2] ^= 1
    signed.write_bytes(content)
    assert "Signature is Valid" not in told()


def test_a_report_does_not_match_another_case(signed, call, answer, tmp_path):
    other = tmp_path / "other"
    answer("case", "create", other, "--number", "2026-2", "--examiner", "A. Examiner")
    status, out, _ = call("verify", signed, "--case", other, "--json")
    assert status == 1
    assert json.loads(out)["intact"] is True
    assert json.loads(out)["valid"] is False


def test_an_existing_file_is_left_alone(analysed, signed, call, answer):
    before = signed.read_bytes()
    assert call("report", analysed, "--output", signed)[0] == 1
    assert signed.read_bytes() == before
    answer("report", analysed, "--output", signed, "--overwrite")
    assert signed.read_bytes() != before


def test_pkcs12_with_a_passphrase(filled, call, answer, tmp_path, monkeypatch):
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

    identity = SigningIdentity.self_signed_for("B. Signer", "An Office")
    bundle = pkcs12.serialize_key_and_certificates(
        b"b", identity._key, identity._certificate, None, BestAvailableEncryption(b"open sesame")
    )
    file = tmp_path / "identity.p12"
    file.write_bytes(bundle)
    words = ["report", filled, "--output", tmp_path / "r.pdf", "--pkcs12", file]

    assert "passphrase" in call(*words)[2].lower()
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("wrong\n")
    assert call(*words, "--passphrase-file", passphrase)[0] == 1
    assert "cannot be read" in call(*words, "--passphrase-file", tmp_path / "none")[2]
    passphrase.write_text("open sesame " * 1000)
    assert "too long for a passphrase" in call(*words, "--passphrase-file", passphrase)[2]
    monkeypatch.setenv("WORKSTATION_PASSPHRASE", "open sesame")
    record = answer(*words)
    assert "B. Signer" in record["signer"]
    passphrase.write_text("open sesame\n")
    answer(*words, "--passphrase-file", passphrase, "--overwrite")


def test_one_identity_only(filled, call, tmp_path):
    words = ["--pkcs12", tmp_path / "x.p12", "--self-signed"]
    assert call("report", filled, "--output", tmp_path / "r.pdf", *words)[0] == 2


def test_what_is_no_report(call, tmp_path):
    path = tmp_path / "text.pdf"
    path.write_text("no PDF")
    assert call("verify", path)[0] == 1
    assert call("verify", tmp_path / "none.pdf")[0] == 1
