"""Verifying reports: whole ones, damaged ones, foreign ones, and against a case."""

import io
import random
import shutil
from pathlib import Path

import pytest
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from reportlab.pdfgen.canvas import Canvas

from tests.report.conftest import Signed, poppler
from tests.report.filled_case import Track, add, analyse, new_case
from workstation.cases.case import Case
from workstation.errors import ReportError
from workstation.report.signing import SigningIdentity
from workstation.report.verification import Timestamp, Trust, verify_report
from workstation.report.writer import write_report

FLIPS = 40
VALID = "Signature is Valid."


def gap_of(content: bytes) -> tuple[int, int]:
    """First position of the signature's place, and the one after it."""
    (signature,) = PdfFileReader(io.BytesIO(content)).embedded_signatures
    _, first, second, _ = (int(number) for number in signature.byte_range)
    return first, second


def judged(content: bytes, folder: Path) -> str:
    """Why a file is not intact, or "" when it is."""
    path = folder / "judged.pdf"
    path.write_bytes(content)
    verification = verify_report(path)
    assert verification.valid == verification.intact == (not verification.problem)
    assert len(verification.sentences) == 1 or verification.intact
    return verification.problem


def test_a_whole_report(signed: Signed, signed_case: Case, identity: SigningIdentity) -> None:
    verification = verify_report(signed.path, signed_case)
    assert verification.intact
    assert verification.valid
    assert verification.sha256 == signed.record.sha256
    assert verification.trust is Trust.SELF_SIGNED
    assert verification.timestamp is Timestamp.NONE
    assert verification.in_validity
    assert verification.signer is not None
    assert verification.signer.fingerprint == identity.fingerprint
    assert verification.signer.subject == identity.subject == signed.record.signer
    items = [match.item for match in verification.matches]
    assert items == ["case number", "report", "custody log", "E001", "E002", "E001, run 1"]
    assert all(match.matches for match in verification.matches)
    assert identity.fingerprint in " ".join(verification.sentences)
    assert "self-signed" in " ".join(verification.sentences)


def test_without_a_case_nothing_is_matched(signed: Signed) -> None:
    verification = verify_report(signed.path)
    assert verification.valid
    assert verification.matches == ()


def test_pdfsig_agrees(signed: Signed, tmp_path: Path) -> None:
    said = poppler("pdfsig", str(signed.path))
    assert VALID in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    content = bytearray(signed.path.read_bytes())
    content[len(content) // 3] ^= 1
    assert judged(bytes(content), tmp_path)
    assert VALID not in poppler("pdfsig", str(tmp_path / "judged.pdf"))


def test_one_flipped_byte_anywhere(signed: Signed, tmp_path: Path) -> None:
    content = signed.path.read_bytes()
    first, second = gap_of(content)
    choose = random.Random(7)
    positions = [choose.randrange(len(content)) for _ in range(FLIPS // 2)]
    positions += [choose.randrange(first, second) for _ in range(FLIPS // 2)]
    for position in [0, 6, first, first + 1, second - 1, len(content) - 1, *positions]:
        damaged = bytearray(content)
        damaged[position] ^= 1 << choose.randrange(8)
        assert judged(bytes(damaged), tmp_path), position


def test_no_other_spelling_of_the_signature(signed: Signed, tmp_path: Path) -> None:
    content = signed.path.read_bytes()
    first, second = gap_of(content)
    place = content[first:second]
    for other in (place.lower(), place[:-3] + b"01>", place[:-3] + b"  >"):
        assert other != place
        assert judged(content[:first] + other + content[second:], tmp_path)


@pytest.mark.parametrize("keep", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_cut_off(signed: Signed, tmp_path: Path, keep: float) -> None:
    content = signed.path.read_bytes()
    assert judged(content[: int(keep * len(content))], tmp_path)


@pytest.mark.parametrize("tail", [b"\n", b"\0", b"%%EOF\n", b"anything else"])
def test_appended_bytes(signed: Signed, tmp_path: Path, tail: bytes) -> None:
    assert judged(signed.path.read_bytes() + tail, tmp_path)


def test_bytes_before_it(signed: Signed, tmp_path: Path) -> None:
    assert judged(b"\n" + signed.path.read_bytes(), tmp_path)
    assert judged(b"%PDF-1.4\n" + signed.path.read_bytes(), tmp_path)


def test_an_incremental_update(signed: Signed, tmp_path: Path) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(signed.path.read_bytes()))
    writer.root[pdf_name("/Note")] = pdf_string("changed")
    writer.update_root()
    changed = io.BytesIO()
    writer.write(changed)
    assert "added after" in judged(changed.getvalue(), tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-", b"%PDF-1.7\n%%EOF\n", b"just text", b"\xff" * 1000]
)
def test_no_report_at_all(content: bytes, tmp_path: Path) -> None:
    assert judged(content, tmp_path)


def test_an_unsigned_pdf(tmp_path: Path) -> None:
    stream = io.BytesIO()
    canvas = Canvas(stream)
    canvas.drawString(100, 700, "Examination report")
    canvas.save()
    assert judged(stream.getvalue(), tmp_path) == "it carries no signature"


@pytest.mark.parametrize(
    ("attachment", "reason"),
    [
        (b'{"schema": 1}', "damaged"),
        (b"[]", "no facts of a report"),
        (b"no JSON", "damaged"),
        (b'{"schema": 99, "report": {"certificates_sha256": ["%s"]}}', "newer version"),
    ],
)
def test_a_foreign_signed_pdf(
    identity: SigningIdentity, tmp_path: Path, attachment: bytes, reason: str
) -> None:
    stream = io.BytesIO()
    canvas = Canvas(stream)
    canvas.drawString(100, 700, "A letter")
    canvas.save()
    facts = attachment.replace(b"%s", identity.fingerprint.encode())
    assert reason in judged(identity.sign(stream.getvalue(), facts).getvalue(), tmp_path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cannot be read"):
        verify_report(tmp_path / "missing.pdf")


def test_signed_again_by_someone_else(
    signed: Signed, signed_case: Case, clip: Path, tmp_path: Path
) -> None:
    forger = SigningIdentity.self_signed_for("A. Examiner", "Laboratory for Digital Traces")
    with new_case(tmp_path / "forged") as forged:
        analyse(forged, add(forged, clip), [Track(1, 0, 40, 0.1)])
        write_report(forged, tmp_path / "report.pdf", forger)
    verification = verify_report(tmp_path / "report.pdf", signed_case)
    assert verification.intact
    assert not verification.valid
    wrong = {match.item for match in verification.matches if not match.matches}
    assert {"report", "custody log", "E001, run 1"} <= wrong


def test_another_case(signed: Signed, tmp_path: Path) -> None:
    with new_case(tmp_path / "other", number="2026-115") as other:
        verification = verify_report(signed.path, other)
    assert verification.intact
    assert not verification.valid
    assert not any(match.matches for match in verification.matches)
    assert "The case has no exhibit E001." in verification.sentences


def test_scores_changed_in_the_case(signed: Signed, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(signed.folder, folder)
    with Case.open(folder) as case:
        run = case.runs.latest("E001")
        assert run is not None
        case.runs.commit_stretch(run.id, 0, 1, case.runs.faces(run.id, 5, 5), [])
        verification = verify_report(signed.path, case)
    assert verification.intact
    assert [match.item for match in verification.matches if not match.matches] == [
        "case records",
        "E001, run 1",
    ]
