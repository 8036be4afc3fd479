"""What a hostile expert would try so that an altered report or case passes as intact."""

import io
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from asn1crypto import cms
from PIL import Image
from pyhanko.pdf_utils.generic import StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PageObject, copy_into_new_writer
from pyhanko.sign.signers import PdfSigner
from reportlab.pdfgen.canvas import Canvas

from tests.report.conftest import Signed, poppler
from tests.report.filled_case import Track, add, analyse, new_case
from tests.report.test_signing import Authority
from tests.report.test_verification import gap_of, judged
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.report import pades, seal
from workstation.report.signing import SigningIdentity
from workstation.report.verification import Timestamp, verify_report
from workstation.report.writer import write_report


def letter(text: str = "A letter") -> bytes:
    stream = io.BytesIO()
    canvas = Canvas(stream)
    canvas.drawString(100, 700, text)
    canvas.save()
    return stream.getvalue()


def updated(content: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """A report with an incremental update behind it, as editors and shadow attacks add them."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def with_page(writer: IncrementalPdfFileWriter) -> None:
    page = writer.add_object(StreamObject(stream_data=b"BT ET"))
    writer.insert_page(PageObject(page, media_box=(0, 0, 595, 842)))


def with_other_first_page(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    page["/Contents"] = writer.add_object(StreamObject(stream_data=b"BT ET"))
    writer.mark_update(writer.root["/Pages"]["/Kids"].raw_get(0))


def with_other_facts(writer: IncrementalPdfFileWriter) -> None:
    names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
    stream = names[1]["/EF"]["/F"]
    stream._data = b"{}"
    stream._encoded_data = None
    writer.mark_update(names[1]["/EF"].raw_get("/F"))


@pytest.mark.parametrize("change", [with_page, with_other_first_page, with_other_facts])
def test_pages_and_attachments_added_or_exchanged_in_an_update(
    signed: Signed, tmp_path: Path, change: Callable[[IncrementalPdfFileWriter], None]
) -> None:
    content = updated(signed.path.read_bytes(), change)
    assert len(content) > signed.path.stat().st_size
    assert "added after it was signed" in judged(content, tmp_path)


def sign_otherwise(monkeypatch: pytest.MonkeyPatch, **changed: object) -> None:
    """Let the next signatures be made with other settings than this program's."""
    genuine = pades.PdfSignatureMetadata
    monkeypatch.setattr(pades, "PdfSignatureMetadata", lambda **said: genuine(**said | changed))


def test_a_second_signature_over_changed_pages(
    signed: Signed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forger = SigningIdentity.self_signed_for("A. Examiner", "Laboratory for Digital Traces")
    content = updated(signed.path.read_bytes(), with_page)
    sign_otherwise(monkeypatch, field_name="Another", certify=False)
    monkeypatch.setattr(PdfSigner, "_enforce_certification_constraints", lambda *_: None)
    twice = forger.sign(content, b"{}").getvalue()
    assert "more than the one signature" in judged(twice, tmp_path)


def test_rewritten_without_its_signature(signed: Signed, tmp_path: Path) -> None:
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(signed.path.read_bytes())))
    out = io.BytesIO()
    writer.write(out)
    assert judged(out.getvalue(), tmp_path)


def test_signature_wrapping(signed: Signed, tmp_path: Path) -> None:
    """The signed bytes stay, moved apart; what a reader shows lies between them."""
    content = signed.path.read_bytes()
    second = gap_of(content)[1]
    rest = len(content) - second
    insert = b">" + letter()
    moved = content[:second] + insert + content[second:]
    written = f"{second} {rest}".encode()
    claimed = f"{second + len(insert)} {rest}".encode()
    assert content.count(written) == 1
    assert judged(moved, tmp_path)
    assert judged(moved.replace(written, claimed), tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"/ByteRange", b"/ByteRangX"),
        (b"/Contents <3", b"/Contents <0"),
        (b"/SubFilter /ETSI.CAdES.detached", b"/SubFilter /adbe.x509.rsa_sha1  "),
        (b"/Type /Sig", b"/Type /Nix"),
    ],
)
def test_universal_forgeries(signed: Signed, tmp_path: Path, old: bytes, new: bytes) -> None:
    content = signed.path.read_bytes()
    assert old in content
    assert judged(content.replace(old, new), tmp_path)


def test_the_facts_of_a_report_under_other_pages(signed: Signed, tmp_path: Path) -> None:
    """Signed by somebody of the same name: intact only where the certificate is admitted to."""
    names = PdfFileReader(io.BytesIO(signed.path.read_bytes())).root["/Names"]["/EmbeddedFiles"]
    facts = names["/Names"][1]["/EF"]["/F"].data
    forger = SigningIdentity.self_signed_for("A. Examiner", "Laboratory for Digital Traces")
    content = forger.sign(letter("Nothing was found."), facts).getvalue()
    assert "certificates in it are not those" in judged(content, tmp_path)
    changed = json.loads(facts)
    changed["report"]["certificates_sha256"] = forger.certificate_fingerprints
    path = tmp_path / "forged.pdf"
    path.write_bytes(forger.sign(letter(), json.dumps(changed).encode()).getvalue())
    with Case.open(signed.folder, read_only=True) as case:
        found = verify_report(path, case)
    assert found.intact
    assert not found.valid
    assert [match.item for match in found.matches if not match.matches] == ["report"]


@pytest.fixture(scope="module")
def stamped(tmp_path_factory: pytest.TempPathFactory, identity: SigningIdentity) -> bytes:
    folder = tmp_path_factory.mktemp("stamped")
    with new_case(folder / "case") as case:
        stamper = Authority().timestamper()
        write_report(case, folder / "report.pdf", identity, timestamper=stamper)
    return (folder / "report.pdf").read_bytes()


def with_unsigned(content: bytes, attributes: cms.CMSAttributes | None) -> bytes:
    """Exchange what no signature covers."""
    first, second = gap_of(content)
    info = cms.ContentInfo.load(seal.signature_in(content[first:second]))
    info["content"]["signer_infos"][0]["unsigned_attrs"] = attributes
    written = info.dump(force=True).hex().upper().encode()
    return (
        content[:first] + b"<" + written.ljust(second - first - 2, b"0") + b">" + content[second:]
    )


def unsigned(content: bytes) -> cms.CMSAttributes:
    first, second = gap_of(content)
    info = cms.ContentInfo.load(seal.signature_in(content[first:second]))
    return info["content"]["signer_infos"][0]["unsigned_attrs"]


def test_a_timestamp_taken_off(stamped: bytes, tmp_path: Path) -> None:
    assert not judged(stamped, tmp_path)
    assert not judged(with_unsigned(stamped, unsigned(stamped)), tmp_path)
    assert "timestamp was removed" in judged(with_unsigned(stamped, None), tmp_path)


def test_a_timestamp_put_on(
    signed: Signed, stamped: bytes, identity: SigningIdentity, tmp_path: Path
) -> None:
    content = signed.path.read_bytes()
    assert len(with_unsigned(content, unsigned(stamped))) > len(content)  # there is no room
    facts = {
        "report": {
            "certificates_sha256": identity.certificate_fingerprints,
            "timestamped": False,
        }
    }
    stamper = Authority().timestamper()
    content = identity.sign(letter(), json.dumps(facts).encode(), stamper).getvalue()
    assert "timestamp was added" in judged(content, tmp_path)


def test_a_timestamp_of_another_signature(
    stamped: bytes, identity: SigningIdentity, tmp_path: Path
) -> None:
    with new_case(tmp_path / "case") as case:
        stamper = Authority().timestamper()
        write_report(case, tmp_path / "other.pdf", identity, timestamper=stamper)
    theirs = unsigned((tmp_path / "other.pdf").read_bytes())
    (tmp_path / "judged.pdf").write_bytes(with_unsigned(stamped, theirs))
    found = verify_report(tmp_path / "judged.pdf")
    assert found.timestamp is Timestamp.BROKEN
    assert not found.valid


def test_an_unvouched_timestamp_decides_nothing(stamped: bytes, tmp_path: Path) -> None:
    (tmp_path / "judged.pdf").write_bytes(stamped)
    found = verify_report(tmp_path / "judged.pdf")
    assert found.timestamp is Timestamp.UNKNOWN
    assert "can be exchanged" in " ".join(found.sentences)


def test_a_digest_for_which_two_files_can_be_made(
    identity: SigningIdentity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_otherwise(monkeypatch, md_algorithm="sha1")
    facts = {"report": {"certificates_sha256": identity.certificate_fingerprints}}
    content = identity.sign(letter(), json.dumps(facts).encode()).getvalue()
    assert judged(content, tmp_path)


def copied(signed: Signed, tmp_path: Path, *statements: str) -> Path:
    """A copy of the case, changed past the program by somebody who takes its guards away."""
    folder = shutil.copytree(signed.folder, tmp_path / "copy")
    with closing(sqlite3.connect(folder / "case.sqlite")) as raw, raw:
        guards = raw.execute("SELECT name, sql FROM sqlite_master WHERE type='trigger'").fetchall()
        for name, _ in guards:
            raw.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            assert raw.execute(statement).rowcount
        for _, sql in guards:
            raw.execute(sql)
    return folder


def wrong(signed: Signed, folder: Path, *, files: bool = False) -> list[str]:
    """What of the report does not match a case."""
    with Case.open(folder, read_only=True) as case:
        found = verify_report(signed.path, case, files=(lambda _: None) if files else None)
    assert found.intact
    assert found.valid == all(match.matches for match in found.matches)
    return [match.item for match in found.matches if not match.matches]


def test_a_copy_matches(signed: Signed, tmp_path: Path) -> None:
    assert wrong(signed, copied(signed, tmp_path), files=True) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE faces SET score = 0.1 WHERE frame = 3",
        "UPDATE faces SET x = x + 1 WHERE frame = 3",
        "UPDATE faces SET outside = 1 WHERE frame = 3",
        "DELETE FROM faces WHERE frame = 3",
        "UPDATE committed SET stop = stop - 1",
        "DELETE FROM undecodable",
        "UPDATE segments SET peak = 0.2",
        "UPDATE findings SET finding = 'does not support manipulation' WHERE position = 0",
        "UPDATE findings SET reasons = '[]'",
        "UPDATE runs SET detector = '{}'",
        "UPDATE runs SET outcome = 'cancelled'",
        "UPDATE runs SET exhibit = 'E002'",
        "UPDATE exhibits SET sha256 = replace(sha256, 'a', 'b') WHERE number = 'E001'",
        "UPDATE exhibits SET original_name = 'other.mp4' WHERE number = 'E001'",
        "UPDATE exhibits SET stored_name = (SELECT stored_name || 'x' FROM exhibits LIMIT 1) "
        "WHERE number = 'E001'",
        "UPDATE frame_indexes SET average_rate = 30 WHERE exhibit = 'E001'",
        "UPDATE facts SET examiner = 'B. Examiner'",
        "UPDATE facts SET number = '2026-999'",
        "UPDATE custody SET actor = 'B. Examiner' WHERE sequence = 1",
        "UPDATE custody SET time_utc = '2020-01-01T00:00:00.000Z' WHERE sequence = 2",
        "UPDATE reports SET sha256 = 'f'",
        "DELETE FROM reports",
        "DELETE FROM custody WHERE sequence = (SELECT max(sequence) FROM custody)",
        "DELETE FROM custody WHERE sequence = 2",
        "INSERT INTO marks SELECT NULL, 1, 'marker', 'E001', NULL, NULL, 1, 1, 'x', '', '[]', '', "
        "NULL, '[]', 0, 'B. Examiner', 'now'",
        "INSERT INTO known_authentic VALUES "
        "(1, 'E001', 'E002', '[\"same person\"]', 'x', 'y', 'now', NULL, '')",
    ],
)
def test_any_row_that_was_changed_shows(signed: Signed, tmp_path: Path, statement: str) -> None:
    assert wrong(signed, copied(signed, tmp_path, statement))


def test_the_entry_of_the_report_and_its_row_cut_off(signed: Signed, tmp_path: Path) -> None:
    last = "(SELECT max(sequence) FROM custody)"
    folder = copied(
        signed, tmp_path, f"DELETE FROM custody WHERE sequence = {last}", "DELETE FROM reports"
    )
    assert wrong(signed, folder) == ["report"]


def test_an_older_database_put_back(identity: SigningIdentity, clip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "case"
    with new_case(folder) as case:
        add(case, clip)
    shutil.copy(folder / "case.sqlite", tmp_path / "older.sqlite")
    with Case.open(folder) as case:
        analyse(case, case.exhibits.get("E001"), [Track(1, 0, 40, 0.1)])
        record = write_report(case, tmp_path / "report.pdf", identity)
    shutil.copy(tmp_path / "older.sqlite", folder / "case.sqlite")
    put_back = Signed(tmp_path / "report.pdf", folder, record)
    assert {"report", "custody log", "E001, run 1"} <= set(wrong(put_back, folder))
    with Case.open(folder, read_only=True) as case:
        assert "older or another copy" in " ".join(case.custody.verify().remarks)


@pytest.mark.parametrize("how", ["exchanged", "missing", "one bit"])
def test_an_exhibits_file_exchanged_after_it_was_verified(
    signed: Signed, tmp_path: Path, how: str
) -> None:
    folder = copied(signed, tmp_path)
    path = next((folder / "exhibits").glob("E001*"))
    content = bytearray(path.read_bytes())
    path.chmod(0o644)
    content[len(content) // 2] ^= 1
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes(content if how == "one bit" else b"another film")
    assert wrong(signed, folder) == []  # records and log are as they were
    assert wrong(signed, folder, files=True) == ["E001, file"]


def test_a_report_of_another_case_of_the_same_number(signed: Signed, tmp_path: Path) -> None:
    with new_case(tmp_path / "other") as other:
        number = other.facts.number
    with Case.open(signed.folder, read_only=True) as case:
        assert case.facts.number == number
    assert {"report", "custody log"} <= set(wrong(signed, tmp_path / "other"))


def test_an_entry_forged_for_a_forged_report_tells_by_the_certificate(
    signed: Signed, tmp_path: Path, identity: SigningIdentity
) -> None:
    """The limit that the documents admit: who writes the folder can enter a report of their own."""
    folder = copied(signed, tmp_path)
    forger = SigningIdentity.self_signed_for("A. Examiner", "Laboratory for Digital Traces")
    with Case.open(folder) as case:
        write_report(case, tmp_path / "forged.pdf", forger)
        found = verify_report(tmp_path / "forged.pdf", case)
        said = [e for e in case.custody.entries() if e.act == Act.REPORT_SIGNED]
    assert found.valid
    assert found.signer is not None
    assert found.signer.fingerprint not in (identity.fingerprint,)
    assert said[-1].details["certificate_sha256"] != said[0].details["certificate_sha256"]
    assert "Compare the fingerprint" in " ".join(found.sentences)


def test_what_a_case_says_of_its_log_names_no_file(
    signed: Signed, tmp_path: Path, identity: SigningIdentity
) -> None:
    """A report's temporary file is named after the log's first entry, which is anybody's word."""
    folder = copied(signed, tmp_path, "UPDATE custody SET sha256 = '/../../' WHERE sequence = 1")
    (folder / "reports" / ".report-").mkdir()
    theirs = folder / "-theirs.part"
    theirs.write_text("theirs")
    with Case.open(folder) as case:
        write_report(case, folder / "reports" / "another.pdf", identity)
    assert theirs.read_text() == "theirs"


@pytest.mark.parametrize("content", [b"%!PS-Adobe-3.0 EPSF-3.0\n", b"GIF89a", b"\xff\xd8\xff\xe0"])
def test_no_thumbnail_from_elsewhere_is_decoded_that_is_no_small_jpeg(
    signed: Signed,
    tmp_path: Path,
    identity: SigningIdentity,
    content: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Pillow would take it for whatever it is, and run another program for some of it."""
    changed = f"UPDATE exhibits SET thumbnail = x'{content.hex()}'"
    opened = []
    genuine = Image.open
    monkeypatch.setattr(Image, "open", lambda f, *a, **k: opened.append(f) or genuine(f, *a, **k))
    with Case.open(copied(signed, tmp_path, changed)) as case:
        write_report(case, tmp_path / "report.pdf", identity)
    assert content not in [file.getvalue() for file in opened if isinstance(file, io.BytesIO)]
    assert "ALTERED" in " ".join(poppler("pdftotext", str(tmp_path / "report.pdf"), "-").split())
