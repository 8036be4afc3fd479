"""The section on references, its facts in the attachment, and the verification of both."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.report.conftest import Signed
from tests.report.filled_case import Track, add, analyse, card, new_case
from workstation.cases.case import DATABASE_NAME, Case
from workstation.cases.records import ReferenceKind
from workstation.report.signing import SigningIdentity
from workstation.report.verification import verify_report
from workstation.report.writer import write_report

PART = {"deviation": 0.4, "degrees": 16, "measured_on": "22 authentic recordings"}
CARD = card(references={"same_platform": PART, "any_platform": PART})
PERSON, CAMERA, PLATFORM = ReferenceKind


@pytest.fixture(scope="module")
def compared(
    tmp_path_factory: pytest.TempPathFactory, identity: SigningIdentity, clip: Path
) -> Signed:
    folder = tmp_path_factory.mktemp("compared") / "case"
    path = folder / "reports" / "report.pdf"
    with new_case(folder) as case:
        for mean in (0.9, 0.3, 0.35, 0.25, 0.3):
            analyse(case, add(case, clip), [Track(1, 0, 40, mean)], detector=CARD)
        add(case, clip)
        how = "read from the camera's own card"
        for number in ("E002", "E003"):
            case.references.add("E001", number, [PERSON, PLATFORM], how)
        case.references.add("E001", "E004", [CAMERA], how)
        case.references.add("E001", "E005", [CAMERA], "a copy by messenger", copy_of="E004")
        case.references.add("E001", "E006", [PERSON], how)
        case.references.add("E002", "E003", [PERSON], how)
        case.references.revoke("E002", "E003", "chosen by mistake")
        record = write_report(case, path, identity)
    return Signed(path, folder, record)


def test_the_answer_stands_beside_the_finding(compared: Signed) -> None:
    text = compared.text()
    assert "Beside known authentic references: track 1 higher than its references" in text
    assert "E001 beside its references" in text
    assert "4 references of 3 recordings (2 same person, 2 same camera, 2 same platform)" in text
    assert "95 % prediction interval" in text
    assert "copy of E004" in text
    assert "read from the camera's own card" in text
    assert "E006 was not analysed" in text
    assert "revoked" in text
    assert "chosen by mistake" in text
    assert "It is no probability" in text
    assert text.count("Beside known authentic references") >= 3


def test_the_hash_of_each_reference_stands_with_it(compared: Signed) -> None:
    text = compared.text()
    part = text[text.index("Its references") : text.index("References that were revoked")]
    packed = part.replace(" ", "")
    with Case.open(compared.folder, read_only=True) as case:
        for number in ("E002", "E003", "E004", "E005", "E006"):
            assert case.exhibits.get(number).hashes.sha256 in packed


def test_without_references_there_is_no_section(signed: Signed) -> None:
    assert "known authentic" not in signed.text()


def test_a_report_is_held_against_the_references_of_the_case(
    compared: Signed, tmp_path: Path
) -> None:
    folder = tmp_path / "case"
    shutil.copytree(compared.folder, folder)
    with Case.open(folder) as case:
        case.references.revoke("E001", "E006", "not needed")
        found = verify_report(folder / "reports" / "report.pdf", case=case)
        assert all(match.matches for match in found.matches)
        assert any("reference for E001" in match.item for match in found.matches)
    with sqlite3.connect(folder / DATABASE_NAME) as raw:
        raw.execute("UPDATE known_authentic SET how = 'hearsay' WHERE reference = 'E002'")
    raw.close()
    with Case.open(folder) as case:
        found = verify_report(folder / "reports" / "report.pdf", case=case)
        wrong = [match.item for match in found.matches if not match.matches]
        assert "E002, reference for E001" in wrong
        assert "case records" in wrong
